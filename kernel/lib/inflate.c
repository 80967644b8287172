/*
 * deflate and gzip decoding.
 *
 * A stream is blocks: stored, or Huffman-coded with fixed or transmitted codes.  Symbols of
 * the literal/length code are a byte of output, the end of the block, or the length of a
 * copy from earlier output, whose distance (up to 32 KiB) follows in the distance code.
 *
 * Bits come from a 64-bit hold, refilled with one 8-byte load per symbol pair; the longest
 * pair takes 48 bits, and a refill leaves 56 or more, or all there are.  `count` going
 * below 0 means that the input ended.  Codes are decoded by a table of the first 10 (8)
 * bits, longer codes through a second level.  Output collects in a buffer of two windows; when
 * it is nearly full its new part goes to the sink and the last window moves to the front.
 *
 * All sizes are checked: a corrupt stream ends in -EINVAL, never outside the buffers.
 * Source: RFC 1951, RFC 1952.
 */
#include "lib/inflate.h"
#include "lib/annotate.h"
#include "lib/bitops.h"
#include "lib/errno.h"
#include "lib/string.h"

#define MAX_BITS       15
#define LITLEN_SYMBOLS 288
#define DIST_SYMBOLS   32
#define LITLEN_ROOT    10
#define DIST_ROOT      8
#define LITLEN_TABLE   1334 /* zlib's `enough 286 10 15`; checked when built all the same */
#define DIST_TABLE     402  /* `enough 30 8 15` */
#define MAX_MATCH      258
#define BUFFER	       (2 * INFLATE_WINDOW + MAX_MATCH + 8)

enum entry_op { OP_LITERAL, OP_END, OP_INVALID, OP_BASE = 16, OP_SUBTABLE = 64 };

/* OP_BASE + n: value plus n extra bits.  OP_SUBTABLE + n: the second level is at table[value],
 * indexed by n bits. */
struct entry {
	u8 bits; /* to take from the hold (of this level only) */
	u8 op;
	u16 value;
};

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

static const u16 length_base[29] = { 3,	 4,  5,	 6,   7,   8,	9,   10,  11, 13,
				     15, 17, 19, 23,  27,  31,	35,  43,  51, 59,
				     67, 83, 99, 115, 131, 163, 195, 227, 258 };
static const u8 length_extra[29] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
				     2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0 };
static const u16 dist_base[30] = { 1,	 2,    3,    4,	   5,	 7,    9,    13,    17,	   25,
				   33,	 49,   65,   97,   129,	 193,  257,  385,   513,   769,
				   1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577 };

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

/* ---- code tables ---- */

static struct entry symbol_entry(unsigned symbol, bool is_dist)
{
	if (is_dist) {
		if (symbol >= 30)
			return (struct entry){ .op = OP_INVALID };
		return (struct entry){ .op = OP_BASE + (symbol < 4 ? 0 : symbol / 2 - 1),
				       .value = dist_base[symbol] };
	}
	if (symbol < 256)
		return (struct entry){ .op = OP_LITERAL, .value = symbol };
	if (symbol == 256)
		return (struct entry){ .op = OP_END };
	if (symbol - 257 >= ARRAY_SIZE(length_base))
		return (struct entry){ .op = OP_INVALID };
	return (struct entry){ .op = OP_BASE + length_extra[symbol - 257],
			       .value = length_base[symbol - 257] };
}

static unsigned reverse_bits(unsigned code, unsigned n)
{
	unsigned r = 0;

	while (n--) {
		r = r << 1 | (code & 1);
		code >>= 1;
	}
	return r;
}

/*
 * Makes the decoding table of a canonical code.  @plain: the symbols themselves are the
 * values (the code for code lengths).  -EINVAL: lengths that form no prefix code.  Incomplete
 * ones are allowed as in zlib: no code at all, or (not @plain) one code of one bit.
 */
static int build(struct inflate *s, const u8 *lengths, unsigned n, struct entry *table,
		 unsigned table_size, unsigned root, bool is_dist, bool plain)
{
	u16 count[MAX_BITS + 1] = { 0 }, offset[MAX_BITS + 1];
	unsigned longest = MAX_BITS, code = 0, used = 1 << root, index = 0;
	unsigned sub_start = 0, sub_bits = 0, sub_prefix = ~0U;
	int left = 1;

	for (unsigned i = 0; i < n; i++)
		count[lengths[i]]++;
	while (longest > 0 && !count[longest])
		longest--;
	for (unsigned len = 1; len <= MAX_BITS; len++) {
		left = left * 2 - count[len];
		if (left < 0)
			return -EINVAL;
	}
	if (left > 0 && longest > 0 && (plain || longest != 1))
		return -EINVAL;
	offset[1] = 0;
	for (unsigned len = 1; len < MAX_BITS; len++)
		offset[len + 1] = offset[len] + count[len];
	for (unsigned i = 0; i < n; i++)
		if (lengths[i])
			s->sorted[offset[lengths[i]]++] = i;
	if (left > 0)
		for (unsigned i = 0; i < 1U << root; i++)
			table[i] = (struct entry){ .bits = 1, .op = OP_INVALID };

	for (unsigned len = 1; len <= longest; len++, code <<= 1) {
		for (unsigned k = 0; k < count[len]; k++, code++, index++) {
			unsigned rev = reverse_bits(code, len);
			unsigned symbol = s->sorted[index];
			struct entry e = plain ? (struct entry){ .value = symbol } :
						 symbol_entry(symbol, is_dist);

			if (len <= root) {
				e.bits = len;
				for (unsigned i = rev; i < 1U << root; i += 1U << len)
					table[i] = e;
				continue;
			}
			if ((rev & ((1U << root) - 1)) != sub_prefix) {
				/* A new second level: as wide as the codes that share the prefix need. */
				int room;

				sub_prefix = rev & ((1U << root) - 1);
				sub_start = used;
				sub_bits = len - root;
				room = (1 << sub_bits) - (count[len] - k);
				while (room > 0 && root + sub_bits < longest) {
					sub_bits++;
					room = room * 2 - count[root + sub_bits];
				}
				used += 1U << sub_bits;
				if (used > table_size)
					return -EINVAL;
				table[sub_prefix] = (struct entry){ .bits = root,
								    .op = OP_SUBTABLE + sub_bits,
								    .value = sub_start };
			}
			e.bits = len - root;
			for (unsigned i = rev >> root; i < 1U << sub_bits; i += 1U << e.bits)
				table[sub_start + i] = e;
		}
	}
	return 0;
}

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
	err = build(s, s->lengths, LITLEN_SYMBOLS, s->litlen, LITLEN_TABLE, LITLEN_ROOT, false,
		    false);
	if (err)
		return err;
	memset(s->lengths, 5, DIST_SYMBOLS);
	err = build(s, s->lengths, DIST_SYMBOLS, s->dist, DIST_TABLE, DIST_ROOT, true, false);
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
	err = build(s, s->lengths, 19, s->litlen, LITLEN_TABLE, 7, false, true);
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
	err = build(s, s->lengths, nlit, s->litlen, LITLEN_TABLE, LITLEN_ROOT, false, false);
	if (err)
		return err;
	return build(s, s->lengths + nlit, ndist, s->dist, DIST_TABLE, DIST_ROOT, true, false);
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

/* ---- gzip ---- */

enum { GZ_TEXT = 1, GZ_HCRC = 2, GZ_EXTRA = 4, GZ_NAME = 8, GZ_COMMENT = 16, GZ_RESERVED = 0xe0 };

bool gzip_magic(const void *src, size_t len)
{
	const u8 *p = src;

	return len >= 3 && p[0] == 0x1f && p[1] == 0x8b && p[2] == 8;
}

/* Length of the header; -EINVAL or -ENODATA. */
static long gzip_header(const u8 *p, size_t len)
{
	size_t pos = 10;

	if (len < 10)
		return -ENODATA;
	if (!gzip_magic(p, len) || p[3] & GZ_RESERVED)
		return -EINVAL;
	if (p[3] & GZ_EXTRA) {
		if (len - pos < 2)
			return -ENODATA;
		pos += 2 + get_le16(p + pos);
		if (pos > len)
			return -ENODATA;
	}
	for (int flag = GZ_NAME; flag <= GZ_COMMENT; flag <<= 1) {
		const u8 *nul;

		if (!(p[3] & flag))
			continue;
		nul = memchr(p + pos, 0, len - pos);
		if (!nul)
			return -ENODATA;
		pos = nul + 1 - p;
	}
	if (p[3] & GZ_HCRC)
		pos += 2;
	return pos > len ? -ENODATA : (long)pos;
}

struct gzip_sink {
	inflate_sink_fn *sink;
	void *arg;
	u32 crc, size;
};

static int gzip_sink(void *arg, const u8 *data, size_t len)
{
	struct gzip_sink *g = arg;

	g->crc = crc32(g->crc, data, len);
	g->size += len;
	return g->sink(g->arg, data, len);
}

int inflate_gzip(struct inflate *s, const void *src, size_t len, size_t *consumed,
		 inflate_sink_fn *sink, void *arg)
{
	struct gzip_sink g = { .sink = sink, .arg = arg };
	const u8 *p = src;
	long header = gzip_header(p, len);
	int err;

	*consumed = 0;
	if (header < 0)
		return header;
	err = inflate_raw(s, p + header, len - header, consumed, gzip_sink, &g);
	*consumed += header;
	if (err)
		return err;
	if (len - *consumed < 8)
		return -ENODATA;
	p += *consumed;
	*consumed += 8;
	return get_le32(p) == g.crc && get_le32(p + 4) == g.size ? 0 : -EBADMSG;
}
