/* CRC-32 as gzip and Ethernet use it, four bytes per step.  The tables (4 KiB) are made on first
 * use, since most boots never need them; two CPUs making them write the same values. */
#include "lib/atomic.h"
#include "lib/bitops.h"
#include "lib/inflate.h"

static u32 table[4][256];
static bool ready;

static __cold void make_tables(void)
{
	for (u32 i = 0; i < 256; i++) {
		u32 c = i;

		for (int k = 0; k < 8; k++)
			c = c >> 1 ^ (c & 1 ? 0xedb88320 : 0);
		table[0][i] = c;
	}
	for (int t = 1; t < 4; t++)
		for (u32 i = 0; i < 256; i++)
			table[t][i] = table[t - 1][i] >> 8 ^ table[0][table[t - 1][i] & 0xff];
	store_release(&ready, true);
}

u32 crc32(u32 crc, const void *data, size_t len)
{
	const u8 *p = data;

	if (!load_acquire(&ready))
		make_tables();
	crc = ~crc;
	for (; len >= 4; len -= 4, p += 4) {
		crc ^= get_le32(p);
		crc = table[3][crc & 0xff] ^ table[2][crc >> 8 & 0xff] ^
		      table[1][crc >> 16 & 0xff] ^ table[0][crc >> 24];
	}
	while (len--)
		crc = crc >> 8 ^ table[0][(crc ^ *p++) & 0xff];
	return ~crc;
}
