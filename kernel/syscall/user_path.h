/*
 * Path arguments of system calls: the string, and the directory that a
 * relative one starts from.  For syscall/ only.
 */
#pragma once
#include <linux/fcntl.h>
#include <linux/limits.h>

#include "core/caller.h"
#include "fs/fdtable.h"
#include "fs/file.h"
#include "fs/path.h"
#include "lib/errno.h"
#include "mem/slab.h"
#include "mem/user.h"
#include "proc/process.h"

#define USER_PATH_INLINE 232

struct user_path {
	const char *str;
	char *heap; /* NULL: it fits into buf */
	char buf[USER_PATH_INLINE];
};

int user_path_get_long(struct user_path *path, const char __user *ustr);

/* @lookup: LOOKUP_EMPTY, or "" is -ENOENT, whatever else is wrong.  -EFAULT, -ENAMETOOLONG,
 * -ENOMEM */
static inline int user_path_get_lookup(struct user_path *path, const char __user *ustr,
				       unsigned lookup)
{
	long len = strncpy_from_user(path->buf, ustr, sizeof(path->buf));

	path->heap = NULL;
	path->str = path->buf;
	if (likely(len > 0))
		return 0;
	if (len == 0)
		return lookup & LOOKUP_EMPTY ? 0 : -ENOENT;
	return user_path_get_long(path, ustr);
}

static inline int user_path_get(struct user_path *path, const char __user *ustr)
{
	return user_path_get_lookup(path, ustr, 0);
}

static inline void user_path_put(struct user_path *path)
{
	if (unlikely(path->heap))
		kfree(path->heap);
}

/* Where an *at call starts: at is NULL for the working directory. */
struct user_base {
	const struct path *at;
	struct fd_ref ref;
};

/* -EBADF; -ENOTDIR: a file without a path.  Absolute names ignore dfd. */
static inline int user_base_get(struct user_base *base, int dfd, const char *name)
{
	base->at = NULL;
	base->ref = (struct fd_ref){ NULL, false };
	if (likely(dfd == AT_FDCWD || name[0] == '/'))
		return 0;
	base->ref = fd_get_raw(current_fds(), dfd);
	if (!base->ref.file)
		return -EBADF;
	if (!base->ref.file->path.dentry) {
		fd_put(base->ref);
		return -ENOTDIR;
	}
	base->at = &base->ref.file->path;
	return 0;
}

static inline void user_base_put(struct user_base *base)
{
	fd_put(base->ref);
}

/* A path lookup for a system call: follow according to AT_SYMLINK_NOFOLLOW,
 * AT_EMPTY_PATH; other flags are the caller's business. */
int user_path_lookup(int dfd, const char __user *ustr, unsigned lookup, struct path *out)
	__must_check;

/* The same by AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH; -EINVAL: another flag. */
int user_path_lookup_at(int dfd, const char __user *ustr, int flags, struct path *out) __must_check;

/* An open file that has a path.  -EBADF; -EINVAL: it has none (a pipe, a socket). */
int user_fd_path(int fd, bool o_path_ok, struct fd_ref *ref) __must_check;
