/*
 * A place in the name space: a dentry seen through a mount.  Path walk turns
 * a string into one (fs/namei.c).
 */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"

struct caller; /* core/caller.h */
struct dentry; /* fs/dentry.h */
struct file;   /* fs/file.h */
struct inode;  /* fs/inode.h */
struct mount;  /* fs/mount.h */

struct path {
	struct mount *mount;
	struct dentry *dentry;
};

enum {
	LOOKUP_FOLLOW = 1 << 0,	     /* follow a symbolic link at the end */
	LOOKUP_DIRECTORY = 1 << 1,   /* -ENOTDIR unless a directory */
	LOOKUP_PARENT = 1 << 2,	     /* stop before the last component */
	LOOKUP_EMPTY = 1 << 3,	     /* AT_EMPTY_PATH: "" names the base */
	LOOKUP_NO_SYMLINKS = 1 << 4, /* openat2 RESOLVE_* from here on */
	LOOKUP_NO_MAGICLINKS = 1 << 5,
	LOOKUP_NO_XDEV = 1 << 6,
	LOOKUP_BENEATH = 1 << 7,
	LOOKUP_IN_ROOT = 1 << 8,
	LOOKUP_CACHED = 1 << 9,				 /* -EAGAIN where it would sleep */
	LOOKUP_FROM = 1 << 10,				 /* path_lookup_parent_from() */
	LOOKUP_SCOPED = LOOKUP_BENEATH | LOOKUP_IN_ROOT, /* the base is what "/" and ".." end at */
};

/* What the last component of a LOOKUP_PARENT walk is. */
enum last_type { LAST_NORMAL, LAST_ROOT, LAST_DOT, LAST_DOTDOT };

/* A component: points into the caller's string, which must outlive it. */
struct name {
	const char *str;
	u32 len;
	u32 hash;
};

/* Result of a LOOKUP_PARENT walk; release with path_parent_put(). */
struct path_parent {
	struct path path; /* referenced: the directory */
	struct name last;
	enum last_type type;
	bool trailing_slash;
	char *owned; /* holds `last` after a symlink, or NULL */
};

/* @base NULL means the caller's working directory. */
int path_lookup(const struct caller *caller, const struct path *base, const char *name,
		unsigned flags, struct path *out) __must_check;
/* With LOOKUP_FROM the name is the text of a link in the directory @from, which a walk from @base
 * has come to: so LOOKUP_SCOPED still means @base. */
int path_lookup_parent_from(const struct caller *caller, const struct path *base,
			    const struct path *from, const char *name, unsigned flags,
			    struct path_parent *out) __must_check;
static inline int __must_check path_lookup_parent(const struct caller *caller,
						  const struct path *base, const char *name,
						  unsigned flags, struct path_parent *out)
{
	return path_lookup_parent_from(caller, base, NULL, name, flags, out);
}
void path_parent_put(struct path_parent *parent);
/* All but the path. */
void path_parent_fini(struct path_parent *parent);

/* As path_lookup, but a magic link (/proc/self/fd/3) may lead to a file that
 * has no path, such as a pipe: then *anon is a reference to it. */
int path_lookup_file(const struct caller *caller, const struct path *base, const char *name,
		     unsigned flags, struct path *out, struct file **anon) __must_check;

/* Finds the inode without taking any reference and calls @fn before the walk
 * can be invalidated; @fn must not sleep.  -EAGAIN: use path_lookup. */
int path_peek(const struct caller *caller, const struct path *base, const char *name,
	      unsigned flags, int (*fn)(const struct path *where, struct inode *inode, void *arg),
	      void *arg) __must_check;

void path_get(const struct path *path);
void path_put(const struct path *path);
static inline bool path_equal(const struct path *a, const struct path *b)
{
	return a->mount == b->mount && a->dentry == b->dentry;
}

/* The name of @path below @root, written to the end of @buf.  Returns a
 * pointer into buf, or NULL if it does not fit.  *unreachable, *deleted tell
 * what d_path marks with "(unreachable)" and " (deleted)". */
char *path_name(const struct path *path, const struct path *root, char *buf, size_t size,
		bool *unreachable, bool *deleted);
/* From the root of its file system; "//deleted" appended.  At least 16 bytes; NULL: too long. */
char *dentry_name(const struct dentry *dentry, char *buf, size_t size);
/* Its last part alone, cut to @size with its NUL. */
void dentry_last_name(const struct dentry *dentry, char *buf, size_t size);
/* As readlink of /proc/self/fd shows it, " (deleted)" appended. */
char *path_name_link(const struct path *path, const struct path *root, char *buf, size_t size);
