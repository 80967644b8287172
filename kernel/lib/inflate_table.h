/* Decoding tables of deflate's codes (inflate_table.c), for inflate.c. */
#pragma once
#include "lib/annotate.h"
#include "lib/types.h"

#define LITLEN_SYMBOLS 288
#define DIST_SYMBOLS   32
#define LITLEN_ROOT    10
#define DIST_ROOT      8
#define LITLEN_TABLE   1334 /* zlib's `enough 286 10 15`; checked when built all the same */
#define DIST_TABLE     402  /* `enough 30 8 15` */

enum entry_op { OP_LITERAL, OP_END, OP_INVALID, OP_BASE = 16, OP_SUBTABLE = 64 };

/* OP_BASE + n: value plus n extra bits.  OP_SUBTABLE + n: the second level is at table[value],
 * indexed by n bits. */
struct entry {
	u8 bits; /* to take from the hold (of this level only) */
	u8 op;
	u16 value;
};

/*
 * Makes the decoding table of a canonical code of @n symbols; @sorted is room for them.  @plain: the
 * symbols themselves are the values (the code for code lengths).  -EINVAL: lengths that form
 * no prefix code.  Incomplete ones are allowed as in zlib: no code at all, or (not @plain) one
 * code of one bit.
 */
int inflate_table_build(u16 *sorted, const u8 *lengths, unsigned n, struct entry *table,
			unsigned table_size, unsigned root, bool is_dist, bool plain) __must_check;
