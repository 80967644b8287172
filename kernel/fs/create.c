/*
 * create.c - names that begin: mknod, mkdir, symlink, link.
 *
 * Source: the man pages of these calls; proc(5) for protected_hardlinks
 */
#include "fs/vfs.h"
#include <linux/stat.h>
#include "core/caller.h"
#include "fs/dentry.h"
#include "fs/fs_context.h"
#include "fs/mount.h"
#include "fs/namei_internal.h"
#include "lib/errno.h"

/*
 * Where a new name is to be: its parent, locked, and a dentry without an inode.  "." and ".."
 * are there already; only a directory's name may end with a slash.
 */
static int new_name_lock(const struct caller *caller, const struct path *base, const char *name,
			 bool is_dir, struct path_parent *parent, struct dentry **out)
	TRY_ACQUIRE(0, parent->path.dentry->inode->lock)
{
	int err = path_lookup_parent(caller, base, name, 0, parent);

	if (err)
		return err;
	err = -EEXIST;
	if (parent->type != LAST_NORMAL)
		goto out_put_parent;
	err = dir_lookup_lock(&parent->path, &parent->last, out);
	if (err)
		goto out_put_parent;
	err = (*out)->inode ? -EEXIST : parent->trailing_slash && !is_dir ? -ENOENT : 0;
	if (!err)
		return 0;
	dir_unlock(&parent->path);
	dentry_put(*out);
out_put_parent:
	path_parent_put(parent);
	return err;
}

static void new_name_unlock(struct path_parent *parent, struct dentry *dentry)
	RELEASE(parent->path.dentry->inode->lock)
{
	dir_unlock(&parent->path);
	dentry_put(dentry);
	path_parent_put(parent);
}

static int vfs_create_node(const struct caller *caller, const struct path *base, const char *name,
			   u32 mode, u64 rdev, const char *link, struct path *out)
{
	struct path_parent parent;
	struct dentry *dentry;
	int err;

	err = new_name_lock(caller, base, name, (mode & S_IFMT) == S_IFDIR, &parent, &dentry);
	if (err)
		return err;
	err = dir_make(caller, &parent.path, dentry, mode, rdev, link);
	if (!err)
		err = dir_enter_locked(&parent.path, dentry);
	if (!err && out) {
		*out = (struct path){ parent.path.mount, dentry };
		path_get(out);
	}
	new_name_unlock(&parent, dentry);
	return err;
}

int vfs_mknod_check(u32 mode)
{
	switch (mode & S_IFMT) {
	case 0:
	case S_IFREG:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return 0;
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
}

int vfs_mknod_path(const struct caller *caller, const struct path *base, const char *name, u32 mode,
		   u64 dev, struct path *out)
{
	if (!(mode & S_IFMT))
		mode |= S_IFREG;
	if (!S_ISCHR(mode) && !S_ISBLK(mode))
		dev = 0;
	mode = (mode & S_IFMT) | (mode & 07777 & ~READ_ONCE(caller->fs->umask));
	return vfs_create_node(caller, base, name, mode, dev, NULL, out);
}

int vfs_mknod(const struct caller *caller, const struct path *base, const char *name, u32 mode,
	      u64 dev)
{
	return vfs_mknod_path(caller, base, name, mode, dev, NULL);
}

int vfs_mkdir(const struct caller *caller, const struct path *base, const char *name, u32 mode)
{
	mode &= 01777 & ~READ_ONCE(caller->fs->umask);
	return vfs_create_node(caller, base, name, S_IFDIR | mode, 0, NULL, NULL);
}

int vfs_symlink(const struct caller *caller, const char *target, const struct path *base,
		const char *name)
{
	if (!*target)
		return -ENOENT;
	return vfs_create_node(caller, base, name, S_IFLNK | 0777, 0, target, NULL);
}

/* protected_hardlinks of proc(5): a file of another's must be a harmless one. */
static int link_source_check(const struct caller *caller, struct inode *inode)
{
	u32 mode = READ_ONCE(inode->mode);

	if (!fs_protected.hardlinks || inode_owner_or_capable(caller, inode))
		return 0;
	if (!inode_is_reg(inode) || (mode & S_ISUID) ||
	    (mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) ||
	    inode_permission(caller, inode, MAY_READ | MAY_WRITE))
		return -EPERM;
	return 0;
}

int vfs_link(const struct caller *caller, const struct path *old, const struct path *base,
	     const char *name)
{
	struct inode *inode = old->dentry->inode, *dir;
	struct path_parent parent;
	struct dentry *dentry;
	int err;

	err = new_name_lock(caller, base, name, false, &parent, &dentry);
	if (err)
		return err;
	dir = parent.path.dentry->inode;
	err = mount_writable(parent.path.mount);
	if (err)
		goto out_unlock;
	err = -EXDEV;
	if (old->mount != parent.path.mount)
		goto out_unlock;
	err = link_source_check(caller, inode);
	if (err)
		goto out_unlock;
	err = inode_permission(caller, dir, MAY_WRITE | MAY_EXEC);
	if (err)
		goto out_unlock;
	err = -EPERM;
	if (inode_is_dir(inode) || !dir->ops || !dir->ops->link ||
	    (inode->flags & (INODE_APPEND | INODE_IMMUTABLE)))
		goto out_unlock;

	mutex_lock(&inode->lock);
	err = -ENOENT;
	if (inode->nlink == 0 && !(inode->flags & INODE_LINKABLE))
		goto out_unlock_inode;
	err = dir->ops->link(dir, dentry, inode);
	if (!err) {
		if (inode->flags & INODE_LINKABLE)
			__atomic_and_fetch(&inode->flags, ~INODE_LINKABLE, __ATOMIC_RELAXED);
		inode_add_link(inode);
		WRITE_ONCE(inode->ctime, inode_now());
		dir_changed(dir);
	}
out_unlock_inode:
	mutex_unlock(&inode->lock);
out_unlock:
	new_name_unlock(&parent, dentry);
	return err;
}
