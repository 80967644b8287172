/*
 * The decoding tables of deflate's Huffman codes.
 *
 * A table is indexed by the next bits of the stream, as many as its root has: 10 for the
 * literal/length code, 8 for distances.  An entry says what the code there means and how many
 * bits it takes; where longer codes begin so, it points to a second level behind the first.
 *
 * Source: RFC 1951, 3.2.
 */
#include "lib/inflate_table.h"
#include "lib/errno.h"

#define MAX_BITS 15

static const u16 length_base[29] = { 3,	 4,  5,	 6,   7,   8,	9,   10,  11, 13,
				     15, 17, 19, 23,  27,  31,	35,  43,  51, 59,
				     67, 83, 99, 115, 131, 163, 195, 227, 258 };
static const u8 length_extra[29] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
				     2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0 };
static const u16 dist_base[30] = { 1,	 2,    3,    4,	   5,	 7,    9,    13,    17,	   25,
				   33,	 49,   65,   97,   129,	 193,  257,  385,   513,   769,
				   1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577 };

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

int inflate_table_build(u16 *sorted, const u8 *lengths, unsigned n, struct entry *table,
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
			sorted[offset[lengths[i]]++] = i;
	if (left > 0)
		for (unsigned i = 0; i < 1U << root; i++)
			table[i] = (struct entry){ .bits = 1, .op = OP_INVALID };

	for (unsigned len = 1; len <= longest; len++, code <<= 1) {
		for (unsigned k = 0; k < count[len]; k++, code++, index++) {
			unsigned rev = reverse_bits(code, len);
			unsigned symbol = sorted[index];
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
