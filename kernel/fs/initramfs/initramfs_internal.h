/* The walk over the archives, between initramfs.c and entry.c.  Boot only: one thread. */
#pragma once
#include "fs/path.h"
#include "lib/types.h"

struct cpio_entry;
struct first_link;

#define LINK_BUCKETS 64

struct unpack {
	const struct path *root;
	struct path dir;      /* referenced: of the last entry; NULL: none */
	const char *dir_name; /* in the archive or, at its end, stale: compared */
	size_t dir_len;
	struct first_link *links[LINK_BUCKETS]; /* by inode number, of this archive */
	char *name;				/* PATH_MAX bytes of scratch */
	unsigned entries;
};

/* One entry of an archive, made a file.  @e points into the archive, which stays.  ENOMEM and
 * ENOSPC are worth giving up for; all else concerns this entry only. */
int unpack_entry(struct unpack *u, const struct cpio_entry *e) __must_check;
/* The end of an archive: inode numbers and the last directory mean nothing in the next. */
void unpack_forget(struct unpack *u);
