/*
 * cpio "newc" (070701) and "crc" (070702) headers, read in place.
 *
 *	struct cpio_reader r;
 *	cpio_init(&r, base, len);
 *	while ((err = cpio_next(&r, &e)) > 0) ...
 */
#pragma once

#include "lib/annotate.h"
#include "lib/types.h"

struct cpio_reader {
	const u8 *base;
	size_t len;
	size_t pos; /* of the next header */
};

struct cpio_entry {
	const char *name; /* NUL-terminated, inside the archive */
	size_t name_len;  /* without the NUL(s) that end or pad it */
	const u8 *data;	  /* inside the archive */
	size_t size;
	u32 ino, mode, uid, gid, nlink, mtime;
	u32 dev_major, dev_minor, rdev_major, rdev_minor;
	u32 check;
	bool has_check; /* 070702: check is the sum of the data bytes */
};

void cpio_init(struct cpio_reader *r, const void *base, size_t len);
/* Return 1 and an entry; 0 at the end: TRAILER!!! (pos is behind it), end of input, or
 * something that is no cpio header (pos stays on it); -EINVAL for a corrupt header. */
int cpio_next(struct cpio_reader *r, struct cpio_entry *e) __must_check;
bool cpio_magic(const void *p, size_t len);
