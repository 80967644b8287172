/*
 * cpio newc headers, in place.
 *
 *	"070701"  13 fields of 8 hexadecimal digits   name NUL   data
 *	0         6                                   110        4-aligned, next 4-aligned
 *
 * The name may be padded with more NULs than one (namesize counts them), so that the data
 * can be page-aligned.  A boot reads thousands of headers, so a field is decoded as one
 * 64-bit word: 8 digits in about 25 instructions, validity included.
 * Source: cpio(5), Linux Documentation/driver-api/early-userspace/buffer-format.rst.
 */
#include "lib/cpio.h"
#include "lib/bitops.h"
#include "lib/errno.h"
#include "lib/string.h"

#define HEADER_SIZE 110
#define ONES	    0x0101010101010101ULL

enum {
	F_INO,
	F_MODE,
	F_UID,
	F_GID,
	F_NLINK,
	F_MTIME,
	F_FILESIZE,
	F_DEVMAJOR,
	F_DEVMINOR,
	F_RDEVMAJOR,
	F_RDEVMINOR,
	F_NAMESIZE,
	F_CHECK,
	F_COUNT
};

static inline bool parse_hex8(const u8 *p, u32 *out)
{
	u64 text = get_le64(p);
	u64 v = text | 0x20 * ONES; /* lower case; digits have the bit already */

	if (text == 0x30 * ONES) { /* half of all fields are zero */
		*out = 0;
		return true;
	}
	u64 nibbles = (v & 0x0f * ONES) + ((v >> 6) & ONES) * 9;
	/* What these nibbles look like in text: anything else was no digit. */
	u64 letters = ((nibbles + 6 * ONES) >> 4) & ONES;

	if (nibbles & 0xf0 * ONES || nibbles + 0x30 * ONES + letters * 39 != v)
		return false;
	v = bswap64(nibbles);
	v = (v | v >> 4) & 0x00ff00ff00ff00ffULL;
	v = (v | v >> 8) & 0x0000ffff0000ffffULL;
	*out = v | v >> 16;
	return true;
}

/* The length of a name that ends in NUL within size bytes. */
static size_t name_length(const char *name, size_t size)
{
	size_t len = 0;

	for (; len + 8 <= size; len += 8) {
		u64 word = get_le64((const u8 *)name + len);

		if ((word - ONES) & ~word & 0x80 * ONES)
			break;
	}
	while (name[len])
		len++;
	return len;
}

bool cpio_magic(const void *p, size_t len)
{
	const u8 *b = p;

	return len >= 6 && get_le32(b) == 0x37303730 && b[4] == '0' && (b[5] == '1' || b[5] == '2');
}

void cpio_init(struct cpio_reader *r, const void *base, size_t len)
{
	*r = (struct cpio_reader){ .base = base, .len = len };
}

int cpio_next(struct cpio_reader *r, struct cpio_entry *e)
{
	const u8 *h = r->base + r->pos;
	size_t left = r->len - r->pos, data;
	u32 f[F_COUNT];

	if (left < HEADER_SIZE || !cpio_magic(h, left))
		return left >= 6 && cpio_magic(h, left) ? -EINVAL : 0;
	for (int i = 0; i < F_COUNT; i++)
		if (!parse_hex8(h + 6 + 8 * i, &f[i]))
			return -EINVAL;
	/* All sums in 64 bits of at most 32-bit parts: none overflows. */
	if (f[F_NAMESIZE] == 0 || HEADER_SIZE + (u64)f[F_NAMESIZE] > left)
		return -EINVAL;
	data = ALIGN_UP(HEADER_SIZE + (u64)f[F_NAMESIZE], 4);
	if (f[F_FILESIZE] && data + f[F_FILESIZE] > left)
		return -EINVAL;

	e->name = (const char *)h + HEADER_SIZE;
	if (e->name[f[F_NAMESIZE] - 1])
		return -EINVAL;
	e->name_len = name_length(e->name, f[F_NAMESIZE]);
	e->data = h + min(data, left);
	e->size = f[F_FILESIZE];
	e->ino = f[F_INO];
	e->mode = f[F_MODE];
	e->uid = f[F_UID];
	e->gid = f[F_GID];
	e->nlink = f[F_NLINK];
	e->mtime = f[F_MTIME];
	e->dev_major = f[F_DEVMAJOR];
	e->dev_minor = f[F_DEVMINOR];
	e->rdev_major = f[F_RDEVMAJOR];
	e->rdev_minor = f[F_RDEVMINOR];
	e->check = f[F_CHECK];
	e->has_check = h[5] == '2';
	r->pos += min(ALIGN_UP(data + e->size, 4), left);
	return e->name_len == 10 && e->name[0] == 'T' && !memcmp(e->name, "TRAILER!!!", 10) ? 0 : 1;
}
