/*
 * tmpfs: extended attributes, as a list; trusted.* and security.*, as Linux
 * 6.1's tmpfs has them.  All with the inode locked.
 *
 * Linux 6.1 lets them take all memory.  Here they are limited with the inodes, and a
 * setxattr(2) too many is ENOSPC.
 */
#include <linux/limits.h>
#include <linux/xattr.h>

#include "fs/tmpfs/tmpfs_internal.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"

static struct tmpfs_xattr **find(struct inode *inode, const char *name)
{
	struct tmpfs_xattr **p = (struct tmpfs_xattr **)&inode->priv;

	while (*p && strcmp((*p)->name, name) != 0)
		p = &(*p)->next;
	return p;
}

static bool supported(const char *name)
{
	return str_starts(name, "trusted.") || str_starts(name, "security.");
}

long tmpfs_getxattr(struct inode *inode, const char *name, void *buf, size_t size)
{
	struct tmpfs_xattr *x;

	if (!supported(name))
		return -EOPNOTSUPP;
	x = *find(inode, name);
	if (!x)
		return -ENODATA;
	if (size == 0)
		return x->size;
	if (size < x->size)
		return -ERANGE;
	memcpy(buf, x->value, x->size);
	return x->size;
}

#define BYTES_PER_INODE 1024

static size_t xattr_bytes(const struct tmpfs_xattr *x)
{
	return sizeof(*x) + strlen(x->name) + x->size;
}

static int xattr_charge(const struct inode *inode, const struct tmpfs_xattr *x)
{
	struct tmpfs_super *super = inode->sb->priv;
	u64 limit = READ_ONCE(super->max_inodes) * BYTES_PER_INODE;

	if ((u64)atomic64_add_return(&super->xattr_bytes, xattr_bytes(x)) <= limit || !limit)
		return 0;
	atomic64_sub(&super->xattr_bytes, xattr_bytes(x));
	return -ENOSPC;
}

static void xattr_free(const struct inode *inode, struct tmpfs_xattr *x)
{
	struct tmpfs_super *super = inode->sb->priv;

	atomic64_sub(&super->xattr_bytes, xattr_bytes(x));
	kfree(x->value);
	kfree(x);
}

int tmpfs_setxattr(struct inode *inode, const char *name, const void *value, size_t size, int flags)
{
	struct tmpfs_xattr **p, *old, *new;
	int err;

	if (!supported(name))
		return -EOPNOTSUPP;
	p = find(inode, name);
	old = *p;
	if (old && (flags & XATTR_CREATE))
		return -EEXIST;
	if (!old && (flags & XATTR_REPLACE))
		return -ENODATA;
	if (!value) {
		*p = old->next;
		xattr_free(inode, old);
		return 0;
	}
	new = kmalloc(sizeof(*new) + strlen(name) + 1);
	if (!new)
		return -ENOMEM;
	new->size = size;
	strcpy(new->name, name);
	new->value = kmemdup(size ? value : "", size ? size : 1);
	err = new->value ? xattr_charge(inode, new) : -ENOMEM;
	if (err) {
		kfree(new->value);
		kfree(new);
		return err;
	}
	new->next = old ? old->next : NULL;
	*p = new;
	if (old)
		xattr_free(inode, old);
	return 0;
}

long tmpfs_listxattr(struct inode *inode, char *buf, size_t size, bool trusted)
{
	size_t used = 0;

	for (struct tmpfs_xattr *x = inode->priv; x; x = x->next) {
		size_t len = strlen(x->name) + 1;

		if (!trusted && str_starts(x->name, "trusted."))
			continue;
		if (size) {
			if (used + len > size)
				return -ERANGE;
			memcpy(buf + used, x->name, len);
		}
		used += len;
	}
	return used;
}

void tmpfs_free_xattrs(struct inode *inode)
{
	struct tmpfs_xattr *x = inode->priv, *next;

	for (; x; x = next) {
		next = x->next;
		xattr_free(inode, x);
	}
	inode->priv = NULL;
}
