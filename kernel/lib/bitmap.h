/* Arrays of bits in u64 words. */
#pragma once

#include "lib/types.h"

#define BITMAP_WORDS(nbits)	    (((nbits) + 63) / 64)
#define DECLARE_BITMAP(name, nbits) u64 name[BITMAP_WORDS(nbits)]

static inline void bitmap_set(u64 *map, size_t i)
{
	map[i / 64] |= 1ULL << (i % 64);
}
static inline void bitmap_clear(u64 *map, size_t i)
{
	map[i / 64] &= ~(1ULL << (i % 64));
}
static inline bool bitmap_test(const u64 *map, size_t i)
{
	return map[i / 64] >> (i % 64) & 1;
}
/* The first set (or clear) bit at or after @from; @nbits if none. */
size_t bitmap_find_set(const u64 *map, size_t nbits, size_t from);
size_t bitmap_find_clear(const u64 *map, size_t nbits, size_t from);
size_t bitmap_count(const u64 *map, size_t nbits);
void bitmap_set_range(u64 *map, size_t from, size_t n);
void bitmap_clear_range(u64 *map, size_t from, size_t n);
