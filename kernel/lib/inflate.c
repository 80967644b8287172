/*
 * deflate decoding (gzip.c has what gzip wraps round it).
 *
 * A stream is blocks: stored, or Huffman-coded with fixed or transmitted codes.  Symbols of
 * the literal/length code are a byte of output, the end of the block, or the length of a
 * copy from earlier output, whose distance (up to 32 KiB) follows in the distance code.
 *
 * Bits come from a 64-bit hold, refilled with one 8-byte load per symbol pair; the longest
 * pair takes 48 bits, and a refill leaves 56 or more, or all there are.  `count` going
 * below 0 means that the input ended.  Codes are decoded by tables (inflate_table.c).
 * Output collects in a buffer of two windows; when it is nearly full its new part goes to the
 * sink and the last window moves to the front.
 *
 * All sizes are checked: a corrupt stream ends in -EINVAL, never outside the buffers.
 * Source: RFC 1951.
 */
#include "lib/inflate.h"
#include "lib/annotate.h"
#include "lib/bitops.h"
#include "lib/errno.h"
#include "lib/inflate_table.h"
#include "lib/string.h"

#define MAX_MATCH 258
#define BUFFER	  (2 * INFLATE_WINDOW + MAX_MATCH + 8)

struct inflate {
	const u8 *next, *end; /* input */
	u64 hold;
	int count;	      /* valid bits in hold; more may be there */
	size_t used, flushed; /* of buffer: filled, given to the sink */
	inflate_sink_fn *sink;
	void *arg;
	bool fixed_built; /* the tables hold the fixed codes */
	struct entry litlen[LITLEN_TABLE], dist[DIST_TABLE];
	u8 lengths[LITLEN_SYMBOLS + DIST_SYMBOLS];
	u16 sorted[LITLEN_SYMBOLS];
	u8 buffer[BUFFER];
};

size_t inflate_state_size(void)
{
	return sizeof(struct inflate);
}

/* ---- bits ---- */

static __always_inline void refill(struct inflate *s)
{
	if (likely(s->end - s->next >= 8)) {
		s->hold |= get_le64(s->next) << s->count;
		s->next += (63 - s->count) >> 3;
		s->count |= 56;
		return;
	}
	while (s->count <= 56 && s->next < s->end) {
		/* Bits above count may be there already, from a load as above: the same ones. */
		s->hold |= (u64)*s->next++ << s->count;
		s->count += 8;
	}
}

static __always_inline u32 take(struct inflate *s, unsigned n)
{
	u32 v = s->hold & ((1ULL << n) - 1);

	s->hold >>= n;
	s->count -= n;
	return v;
}

/* ---- codes ---- */

static __always_inline struct entry decode(struct inflate *s, const struct entry *table,
					   unsigned root)
{
	struct entry e = table[s->hold & ((1U << root) - 1)];

	if (unlikely(e.op >= OP_SUBTABLE)) {
		take(s, root);
		e = table[e.value + (s->hold & ((1U << (e.op - OP_SUBTABLE)) - 1))];
	}
	take(s, e.bits);
	return e;
}

/* ---- output ---- */

/* Gives the sink what is new and makes room for the longest match. */
static int flush(struct inflate *s)
{
	int err = 0;

	if (s->used > s->flushed)
		err = s->sink(s->arg, s->buffer + s->flushed, s->used - s->flushed);
	if (err < 0)
		return err;
	if (s->used > INFLATE_WINDOW) {
		memmove(s->buffer, s->buffer + s->used - INFLATE_WINDOW, INFLATE_WINDOW);
		s->used = INFLATE_WINDOW;
	}
	s->flushed = s->used;
	return 0;
}

/* @dist <= used, used + len + 8 <= BUFFER. */
static __always_inline void copy_match(struct inflate *s, unsigned dist, unsigned len)
{
	u8 *out = s->buffer + s->used;
	const u8 *from = out - dist;

	s->used += len;
	if (dist >= 8) {
		/* May write up to 7 bytes past the match: later output covers them. */
		for (int left = len; left > 0; left -= 8, out += 8, from += 8)
			__builtin_memcpy(out, from, 8);
	} else {
		while (len--)
			*out++ = *from++;
	}
}

/* ---- blocks ---- */

static int stored_block(struct inflate *s)
{
	u32 len;

	/* Whole bytes go back to the input; the rest of the current one is padding. */
	s->next -= s->count >> 3;
	s->hold = 0;
	s->count = 0;
	if (s->end - s->next < 4)
		return -ENODATA;
	len = get_le16(s->next);
	if (len != (u16)~get_le16(s->next + 2))
		return -EINVAL;
	s->next += 4;
	while (len) {
		size_t room = 2 * INFLATE_WINDOW - s->used, n;
		int err;

		if (!room) {
			err = flush(s);
			if (err)
				return err;
			continue;
		}
		if (s->next == s->end)
			return -ENODATA;
		n = min_t(size_t, len, min_t(size_t, room, s->end - s->next));
		memcpy(s->buffer + s->used, s->next, n);
		s->used += n;
		s->next += n;
		len -= n;
	}
	return 0;
}

static int fixed_codes(struct inflate *s)
{
	int err;

	if (s->fixed_built)
		return 0;
	memset(s->lengths, 8, 144);
	memset(s->lengths + 144, 9, 112);
	memset(s->lengths + 256, 7, 24);
	memset(s->lengths + 280, 8, 8);
	err = inflate_table_build(s->sorted, s->lengths, LITLEN_SYMBOLS, s->litlen, LITLEN_TABLE,
				  LITLEN_ROOT, false, false);
	if (err)
		return err;
	memset(s->lengths, 5, DIST_SYMBOLS);
	err = inflate_table_build(s->sorted, s->lengths, DIST_SYMBOLS, s->dist, DIST_TABLE,
				  DIST_ROOT, true, false);
	s->fixed_built = err == 0;
	return err;
}

static int dynamic_codes(struct inflate *s)
{
	static const u8 order[19] = { 16, 17, 18, 0, 8,	 7, 9,	6, 10, 5,
				      11, 4,  12, 3, 13, 2, 14, 1, 15 };
	unsigned nlit, ndist, ncode, n = 0;
	int err;

	s->fixed_built = false;
	refill(s);
	nlit = take(s, 5) + 257;
	ndist = take(s, 5) + 1;
	ncode = take(s, 4) + 4;
	if (nlit > 286 || ndist > 30)
		return -EINVAL;
	memset(s->lengths, 0, 19);
	for (unsigned i = 0; i < ncode; i++) {
		refill(s);
		s->lengths[order[i]] = take(s, 3);
		if (s->count < 0)
			return -ENODATA;
	}
	err = inflate_table_build(s->sorted, s->lengths, 19, s->litlen, LITLEN_TABLE, 7, false,
				  true);
	if (err)
		return err;
	while (n < nlit + ndist) {
		unsigned repeat = 1, value;
		struct entry e;

		refill(s);
		e = decode(s, s->litlen, 7);
		if (e.op != OP_LITERAL)
			return s->count < 0 ? -ENODATA : -EINVAL;
		value = e.value;
		if (value == 16) {
			if (!n)
				return -EINVAL;
			value = s->lengths[n - 1];
			repeat = 3 + take(s, 2);
		} else if (value == 17) {
			value = 0;
			repeat = 3 + take(s, 3);
		} else if (value == 18) {
			value = 0;
			repeat = 11 + take(s, 7);
		}
		if (s->count < 0)
			return -ENODATA;
		if (n + repeat > nlit + ndist)
			return -EINVAL;
		memset(s->lengths + n, value, repeat);
		n += repeat;
	}
	if (!s->lengths[256]) /* no way to end the block */
		return -EINVAL;
	err = inflate_table_build(s->sorted, s->lengths, nlit, s->litlen, LITLEN_TABLE, LITLEN_ROOT,
				  false, false);
	if (err)
		return err;
	return inflate_table_build(s->sorted, s->lengths + nlit, ndist, s->dist, DIST_TABLE,
				   DIST_ROOT, true, false);
}

static int coded_block(struct inflate *s)
{
	for (;;) {
		struct entry e;
		unsigned len, dist;

		if (unlikely(s->used >= 2 * INFLATE_WINDOW)) {
			int err = flush(s);

			if (err)
				return err;
		}
		refill(s);
		e = decode(s, s->litlen, LITLEN_ROOT);
		if (unlikely(s->count < 0))
			return -ENODATA;
		if (e.op == OP_LITERAL) {
			s->buffer[s->used++] = e.value;
			continue;
		}
		if (e.op == OP_END)
			return 0;
		if (e.op == OP_INVALID)
			return -EINVAL;
		len = e.value + take(s, e.op - OP_BASE);
		e = decode(s, s->dist, DIST_ROOT);
		if (e.op < OP_BASE)
			return s->count < 0 ? -ENODATA : -EINVAL;
		dist = e.value + take(s, e.op - OP_BASE);
		if (unlikely(s->count < 0))
			return -ENODATA;
		if (unlikely(dist > s->used))
			return -EINVAL;
		copy_match(s, dist, len);
	}
}

int inflate_raw(struct inflate *s, const void *src, size_t len, size_t *consumed,
		inflate_sink_fn *sink, void *arg)
{
	int err = 0;
	bool last;

	s->next = src;
	s->end = s->next + len;
	s->hold = 0;
	s->count = 0;
	s->used = s->flushed = 0;
	s->sink = sink;
	s->arg = arg;
	s->fixed_built = false;

	do {
		unsigned type;

		refill(s);
		last = take(s, 1);
		type = take(s, 2);
		if (s->count < 0)
			return -ENODATA;
		if (type == 0)
			err = stored_block(s);
		else if (type == 3)
			err = -EINVAL;
		else
			err = type == 1 ? fixed_codes(s) : dynamic_codes(s);
		if (!err && type != 0)
			err = coded_block(s);
	} while (!err && !last);
	if (!err)
		err = flush(s);
	*consumed = s->next - (s->count > 0 ? s->count >> 3 : 0) - (const u8 *)src;
	return err;
}
