/*
 * dirops.c - directories under their lock, and names that end: unlink, rmdir.
 *
 * Every change of a directory finds the parent without locks, locks it, looks
 * the last component up again under the lock, checks, and calls the file
 * system.  What creates a name is in create.c, rename in rename.c.
 *
 * Source: the man pages of these calls; inode(7) for set-group-ID and sticky
 */
#include "fs/vfs.h"
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/stat.h>
#include "core/caller.h"
#include "core/cred.h"
#include "fs/dcache_internal.h"
#include "fs/mount.h"
#include "fs/namei_internal.h"
#include "fs/superblock.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"

int dir_lookup_locked(struct dentry *parent, struct name *name, struct dentry **out)
{
	struct inode *dir = parent->inode;
	struct dentry *d;
	int err;

	if (name->len > NAME_MAX) /* no walk went through it */
		return -ENAMETOOLONG;
	d = dentry_lookup(parent, name);
	if (d && d->inode && (d->inode->flags & INODE_REVALIDATE) &&
	    !d->inode->ops->revalidate(d->inode, d)) {
		dentry_drop(d);
		dentry_put(d);
		d = NULL;
	}
	if (!d) {
		d = dentry_new(parent, name);
		if (!d)
			return -ENOMEM;
		if (dir->ops && dir->ops->lookup && !(dir->sb->flags & SB_MEMORY)) {
			err = dir->ops->lookup(dir, d);
			if (err) {
				dentry_put(d);
				return err;
			}
			if (d->inode || !(d->flags & DENTRY_DONTCACHE))
				dentry_hash(d);
		}
	}
	/* procfs: what is not there cannot be made, whatever is asked for. */
	if (!d->inode && (d->flags & DENTRY_DONTCACHE)) {
		dentry_put(d);
		return -ENOENT;
	}
	*out = d;
	return 0;
}

/* Locked or not as its result says, which the analysis checks in callers only. */
int dir_lookup_lock(const struct path *dir, struct name *name, struct dentry **out) NO_THREAD_SAFETY
{
	struct inode *inode = dir->dentry->inode;
	int err;

	mutex_lock(&inode->lock);
	err = inode->flags & INODE_DEAD ? -ENOENT : dir_lookup_locked(dir->dentry, name, out);
	if (err)
		mutex_unlock(&inode->lock);
	return err;
}

int dir_find_lock(const struct path *dir, struct name *name, struct dentry **out) NO_THREAD_SAFETY
{
	struct inode *inode = dir->dentry->inode;
	struct dentry *d;
	u32 seq;

	if (!(inode->sb->flags & SB_MEMORY))
		return dir_lookup_lock(dir, name, out);
	seq = seq_read_begin(&dcache.seq);
	d = dentry_lookup(dir->dentry, name);
	if (!d)
		return dir_lookup_lock(dir, name, out);
	mutex_lock(&inode->lock);
	/* Nothing was renamed since, and it still is a name: so it is this one. */
	if (likely((READ_ONCE(d->flags) & DENTRY_HASHED) && !seq_read_retry(&dcache.seq, seq))) {
		*out = d;
		return 0;
	}
	mutex_unlock(&inode->lock);
	dentry_put(d);
	return dir_lookup_lock(dir, name, out);
}

void inode_new_owner(const struct caller *caller, const struct inode *dir, struct inode_new *new)
{
	new->uid = caller->cred->fsuid;
	if (dir->mode & S_ISGID) {
		new->gid = dir->gid;
		if ((new->mode &S_IFMT) == S_IFDIR)
			new->mode |= S_ISGID;
		else if ((new->mode &(S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
			 !cred_in_group(caller->cred, new->gid) &&
			 !cred_capable(caller->cred, CAP_FSETID))
			new->mode &= ~S_ISGID;
	} else {
		new->gid = caller->cred->fsgid;
	}
}

void dir_changed(struct inode *dir)
{
	s64 now = inode_now();

	WRITE_ONCE(dir->mtime, now);
	WRITE_ONCE(dir->ctime, now);
}

int dir_make(const struct caller *caller, const struct path *dir, struct dentry *dentry, u32 mode,
	     u64 rdev, const char *link)
{
	struct inode *inode = dir->dentry->inode, *made;
	struct inode_new new = {
		.mode = mode,
		.rdev = rdev,
		.link = link,
		.link_len = link ? strlen(link) : 0,
	};
	int err;

	err = mount_writable(dir->mount);
	if (err)
		return err;
	err = inode_permission(caller, inode, MAY_WRITE | MAY_EXEC);
	if (err)
		return err;
	/* Character device 0:0 is a whiteout: it opens nothing. */
	if (((mode & S_IFMT) == S_IFBLK || ((mode & S_IFMT) == S_IFCHR && rdev != 0)) &&
	    !cred_capable(caller->cred, CAP_MKNOD))
		return -EPERM;
	if (!inode->ops || !inode->ops->make)
		return (mode & S_IFMT) == S_IFREG ? -EACCES : -EPERM;
	inode_new_owner(caller, inode, &new);
	err = inode->ops->make(inode, &new, &made);
	if (!err)
		dentry_set_inode(dentry, made);
	return err;
}

int dir_enter_locked(const struct path *dir, struct dentry *dentry)
{
	struct inode *inode = dir->dentry->inode;
	int err = inode->ops->create(inode, dentry);

	if (!err)
		dir_changed(inode);
	return err;
}

int inode_read_link(struct inode *inode, const struct caller *caller, char **out)
{
	char *text = kmalloc(PATH_MAX);
	long len;

	if (!text)
		return -ENOMEM;
	if (inode->link) {
		len = strlcpy(text, inode->link, PATH_MAX);
	} else {
		len = inode->ops->readlink ?
			      inode->ops->readlink(inode, caller, text, PATH_MAX - 1) :
			      -EINVAL;
		if (len >= 0)
			text[len] = '\0';
	}
	if (len < 0) {
		kfree(text);
		return len;
	}
	*out = text;
	return 0;
}

void path_parent_put(struct path_parent *parent)
{
	path_put(&parent->path);
	path_parent_fini(parent);
}

/* A sticky directory: only the owners of file or directory remove from it. */
static bool sticky_forbids(const struct caller *caller, const struct inode *dir,
			   const struct inode *inode)
{
	u32 fsuid = caller->cred->fsuid;

	return (dir->mode & S_ISVTX) && inode->uid != fsuid && dir->uid != fsuid &&
	       !cred_capable(caller->cred, CAP_FOWNER);
}

int dir_may_delete(const struct caller *caller, struct inode *dir, struct inode *inode,
		   bool want_dir)
{
	int err = inode_permission(caller, dir, MAY_WRITE | MAY_EXEC);

	if (err)
		return err;
	if ((dir->flags & INODE_APPEND) || sticky_forbids(caller, dir, inode) ||
	    (inode->flags & (INODE_APPEND | INODE_IMMUTABLE)))
		return -EPERM;
	if (want_dir && !inode_is_dir(inode))
		return -ENOTDIR;
	if (!want_dir && inode_is_dir(inode))
		return -EISDIR;
	return 0;
}

static int vfs_remove(const struct caller *caller, const struct path *base, const char *name,
		      bool want_dir)
{
	struct path_parent parent;
	struct dentry *dentry;
	struct inode *dir, *inode;
	int err;

	err = path_lookup_parent(caller, base, name, 0, &parent);
	if (err)
		return err;
	if (parent.type != LAST_NORMAL) {
		if (!want_dir)
			err = -EISDIR;
		else
			err = parent.type == LAST_DOT	 ? -EINVAL :
			      parent.type == LAST_DOTDOT ? -ENOTEMPTY :
							   -EBUSY;
		goto out_put_parent;
	}
	err = mount_writable(parent.path.mount);
	if (err)
		goto out_put_parent;
	dir = parent.path.dentry->inode;
	err = dir_find_lock(&parent.path, &parent.last, &dentry);
	if (err)
		goto out_put_parent;
	inode = dentry->inode;
	err = -ENOENT;
	if (!inode)
		goto out_unlock;
	if (!want_dir && parent.trailing_slash) {
		err = inode_is_dir(inode) ? -EISDIR : -ENOTDIR;
		goto out_unlock;
	}
	err = dir_may_delete(caller, dir, inode, want_dir);
	if (err)
		goto out_unlock;
	err = -EBUSY;
	if (dentry->flags & DENTRY_MOUNTED)
		goto out_unlock;
	err = -EPERM;
	if (!dir->ops || (want_dir ? !dir->ops->rmdir : !dir->ops->unlink))
		goto out_unlock;
	mutex_lock(&inode->lock);
	if (want_dir) {
		err = dentry_has_children(dentry) && (dir->sb->flags & SB_MEMORY) ?
			      -ENOTEMPTY :
			      dir->ops->rmdir(dir, dentry);
		if (!err) {
			inode->flags |= INODE_DEAD;
			inode_clear_links(inode);
			dir->nlink--;
		}
	} else {
		err = dir->ops->unlink(dir, dentry);
		if (!err)
			inode_drop_link(inode);
	}
	if (!err) {
		WRITE_ONCE(inode->ctime, inode_now());
		dir_changed(dir);
		dentry_unlink(dentry);
	}
	mutex_unlock(&inode->lock);
out_unlock:
	dir_unlock(&parent.path);
	dentry_put(dentry);
out_put_parent:
	path_parent_put(&parent);
	return err;
}

int vfs_unlink(const struct caller *caller, const struct path *base, const char *name)
{
	return vfs_remove(caller, base, name, false);
}

int vfs_rmdir(const struct caller *caller, const struct path *base, const char *name)
{
	return vfs_remove(caller, base, name, true);
}
