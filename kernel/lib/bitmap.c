/* Searches and ranges over bitmaps, a word at a time. */
#include "lib/bitmap.h"
#include "lib/bitops.h"

/* @flip: ~0 to look for clear bits. */
static size_t find(const u64 *map, size_t nbits, size_t from, u64 flip)
{
	u64 word;

	if (from >= nbits)
		return nbits;
	word = (map[from / 64] ^ flip) & (~0ULL << (from % 64));
	for (size_t i = from / 64;;) {
		if (word)
			return min(i * 64 + bit_ctz(word), nbits);
		if (++i >= BITMAP_WORDS(nbits))
			return nbits;
		word = map[i] ^ flip;
	}
}

size_t bitmap_find_set(const u64 *map, size_t nbits, size_t from)
{
	return find(map, nbits, from, 0);
}

size_t bitmap_find_clear(const u64 *map, size_t nbits, size_t from)
{
	return find(map, nbits, from, ~0ULL);
}

size_t bitmap_count(const u64 *map, size_t nbits)
{
	size_t n = 0;

	for (size_t i = 0; i < nbits / 64; i++)
		n += bit_count(map[i]);
	if (nbits % 64)
		n += bit_count(map[nbits / 64] & ((1ULL << (nbits % 64)) - 1));
	return n;
}

static u64 range_mask(size_t from, size_t end)
{
	u64 mask = ~0ULL << (from % 64);

	if (end - ALIGN_DOWN(from, 64) < 64)
		mask &= (1ULL << (end % 64)) - 1;
	return mask;
}

void bitmap_set_range(u64 *map, size_t from, size_t n)
{
	for (size_t end = from + n; from < end; from = ALIGN_DOWN(from, 64) + 64)
		map[from / 64] |= range_mask(from, end);
}

void bitmap_clear_range(u64 *map, size_t from, size_t n)
{
	for (size_t end = from + n; from < end; from = ALIGN_DOWN(from, 64) + 64)
		map[from / 64] &= ~range_mask(from, end);
}
