/* Between fs/open.c and fs/open_create.c. */
#pragma once
#include "fs/vfs.h"

#ifndef __O_TMPFILE
#define __O_TMPFILE 020000000
#endif

/* MAY_READ and MAY_WRITE, as the flags of open(2) ask for. */
u32 open_mask(u32 flags);
/* Type, permission and mount checks of an open that does not create. */
int open_check(const struct caller *caller, const struct path *path, struct inode *inode, u32 flags)
	__must_check;
/* The file for a path that passed the checks.  Takes over the references of *path whether it
 * succeeds or not. */
int open_finish(const struct caller *caller, struct path *path, u32 flags, struct file **out)
	__must_check;
/* Without O_CREAT and O_TMPFILE, with O_CREAT, with O_TMPFILE. */
int open_plain(const struct caller *caller, const struct path *base, const char *name, u32 flags,
	       unsigned lookup, struct file **out) __must_check;
int open_create(const struct caller *caller, const struct path *base, const char *name, u32 flags,
		u32 mode, unsigned lookup, struct file **out) __must_check;
int open_tmpfile(const struct caller *caller, const struct path *base, const char *name, u32 flags,
		 u32 mode, unsigned lookup, struct file **out) __must_check;
