/*
 * Opening files that may have to be made: O_CREAT and O_TMPFILE.
 *
 * With O_CREAT the directory is looked up, then the name in it: without its lock, and again
 * under the lock when nothing was found.  A symbolic link that leads nowhere is created
 * through, so links at the end are followed here, one at a time.
 *
 * Source: open(2)
 */
#include "fs/open_internal.h"

#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/stat.h>

#include "core/caller.h"
#include "core/cred.h"
#include "fs/dentry.h"
#include "fs/fs_context.h"
#include "fs/mount.h"
#include "fs/namei_internal.h"
#include "fs/superblock.h"
#include "lib/errno.h"
#include "mem/slab.h"

/* --- O_CREAT ------------------------------------------------------------- */

/*
 * protected_fifos and protected_regular of proc(5): who means to create a file in a directory
 * that others may write shall not be given what one of them has put there.
 */
static int create_over_check(const struct caller *caller, const struct inode *dir,
			     const struct inode *inode)
{
	u32 mode = READ_ONCE(dir->mode);
	int level = 0;

	if (likely(!(mode & S_ISVTX)))
		return 0;
	if (inode_is_reg(inode))
		level = READ_ONCE(fs_protected.regular);
	else if (S_ISFIFO(inode->mode))
		level = READ_ONCE(fs_protected.fifos);
	if (!level || inode->uid == dir->uid || inode->uid == caller->cred->fsuid)
		return 0;
	if ((mode & S_IWOTH) || ((mode & S_IWGRP) && level > 1))
		return -EACCES;
	return 0;
}

/* A file that is there already, or a link to follow.  Takes over dentry. */
static int open_existing(const struct caller *caller, const struct path_parent *parent,
			 struct dentry *dentry, u32 flags, unsigned lookup, struct file **out,
			 char **link)
{
	struct path path = { parent->path.mount, dentry };
	struct inode *inode = dentry->inode;
	int err;

	if (flags & O_EXCL) {
		err = (lookup & LOOKUP_NO_XDEV) && mount_covering(path.mount, dentry) ? -EXDEV :
											-EEXIST;
		dentry_put(dentry);
		return err;
	}
	mount_get(path.mount);
	if (unlikely(dentry->flags & DENTRY_MOUNTED)) {
		/* Rare: let the walk cross it. */
		path_put(&path);
		return -EAGAIN;
	}
	if (inode_is_link(inode)) {
		err = link_follow_check(caller, parent->path.dentry->inode, inode);
		if ((flags & O_NOFOLLOW) || (lookup & LOOKUP_NO_SYMLINKS))
			err = -ELOOP;
		else if (!err && inode->ops->follow)
			err = -EAGAIN;
		else if (!err)
			err = inode_read_link(inode, caller, link);
		if (!err)
			err = 1;
		path_put(&path);
		return err;
	}
	err = create_over_check(caller, parent->path.dentry->inode, inode);
	if (!err)
		err = open_check(caller, &path, inode, flags);
	if (err) {
		path_put(&path);
		return err;
	}
	return open_finish(caller, &path, flags, out);
}

static int new_file(const struct caller *caller, const struct path_parent *parent,
		    struct dentry *dentry, u32 mode)
{
	mode = S_IFREG | (mode & ~READ_ONCE(caller->fs->umask) & 07777);
	return dir_make(caller, &parent->path, dentry, mode, 0, NULL);
}

/*
 * Where a miss in the cache is a miss, all that takes long comes before the directory is
 * locked.  -EEXIST: there is such a name by now.
 */
static int create_in_memory(const struct caller *caller, struct path_parent *parent, u32 mode,
			    struct dentry **out)
{
	struct inode *dir = parent->path.dentry->inode;
	struct dentry *dentry;
	int err;

	if (READ_ONCE(dir->flags) & INODE_DEAD)
		return -ENOENT;
	if (parent->last.len > NAME_MAX)
		return -ENAMETOOLONG;
	dentry = dentry_new(parent->path.dentry, &parent->last);
	if (!dentry)
		return -ENOMEM;
	err = new_file(caller, parent, dentry, mode);
	if (!err) {
		mutex_lock(&parent->path.dentry->inode->lock);
		err = dir->flags & INODE_DEAD ? -ENOENT : dir_enter_locked(&parent->path, dentry);
		dir_unlock(&parent->path);
	}
	if (err)
		dentry_put(dentry);
	else
		*out = dentry;
	return err;
}

/* Asks the file system.  -EEXIST: *out is what is there. */
static int create_elsewhere(const struct caller *caller, struct path_parent *parent, u32 mode,
			    struct dentry **out)
{
	int err = dir_lookup_lock(&parent->path, &parent->last, out);

	if (err)
		return err;
	err = (*out)->inode ? -EEXIST : new_file(caller, parent, *out, mode);
	if (!err)
		err = dir_enter_locked(&parent->path, *out);
	dir_unlock(&parent->path);
	if (err && err != -EEXIST)
		dentry_put(*out);
	return err;
}

static int open_create_once(const struct caller *caller, const struct path *base,
			    const struct path *from, const char *name, u32 flags, u32 mode,
			    unsigned lookup, struct file **out, struct path_parent *parent,
			    char **link)
{
	bool in_memory;
	struct dentry *dentry;
	int err;

	err = path_lookup_parent_from(caller, base, from, name,
				      (lookup & ~LOOKUP_FOLLOW) | (from ? LOOKUP_FROM : 0), parent);
	if (err)
		return err;
	if (parent->type != LAST_NORMAL) {
		err = flags & O_EXCL ? -EEXIST : -EISDIR;
		goto out_put;
	}
	if (parent->trailing_slash) { /* it names a directory */
		err = -EISDIR;
		goto out_put;
	}
	in_memory = parent->path.dentry->sb->flags & SB_MEMORY;
	do {
		dentry = dentry_lookup(parent->path.dentry, &parent->last);
		if (dentry && dentry->inode && !(dentry->inode->flags & INODE_REVALIDATE)) {
			err = -EEXIST;
			break;
		}
		if (dentry)
			dentry_put(dentry);
		err = in_memory ? create_in_memory(caller, parent, mode, &dentry) :
				  create_elsewhere(caller, parent, mode, &dentry);
	} while (err == -EEXIST && in_memory);
	if (err == -EEXIST) {
		err = open_existing(caller, parent, dentry, flags, lookup, out, link);
	} else if (!err) {
		struct path path = { parent->path.mount, dentry };

		mount_get(path.mount);
		/* Whatever its mode says, its creator may use it as asked for. */
		err = open_finish(caller, &path, flags & ~O_TRUNC, out);
	}
out_put:
	if (err != 1) {
		path_put(&parent->path);
		path_parent_fini(parent);
	}
	return err;
}

/* Symbolic links at the end are followed by hand. */
int open_create(const struct caller *caller, const struct path *base, const char *name, u32 flags,
		u32 mode, unsigned lookup, struct file **out)
{
	struct path_parent parent, previous;
	char *link = NULL, *next;
	int links = 0, err;

	for (;;) {
		next = NULL;
		err = open_create_once(caller, base, links ? &previous.path : NULL,
				       link ? link : name, flags, mode, lookup, out, &parent,
				       &next);
		if (err == -EAGAIN) /* a mount point or magic link at the end */
			err = open_plain(caller, base, name, flags, lookup | LOOKUP_FOLLOW, out);
		if (links) {
			path_put(&previous.path);
			path_parent_fini(&previous);
		}
		kfree(link);
		link = next;
		if (err != 1)
			return err;
		previous = parent;
		if (++links > MAX_LINKS) {
			path_put(&previous.path);
			path_parent_fini(&previous);
			kfree(link);
			return -ELOOP;
		}
	}
}

/* --- O_TMPFILE ----------------------------------------------------------- */

int open_tmpfile(const struct caller *caller, const struct path *base, const char *name, u32 flags,
		 u32 mode, unsigned lookup, struct file **out)
{
	struct name anon = { "#tmpfile", 8, 0 };
	struct inode_new new = {
		.mode = S_IFREG | (mode & ~READ_ONCE(caller->fs->umask) & 07777),
	};
	struct path dir, path;
	struct inode *inode;
	int err;

	err = path_lookup(caller, base, name, lookup | LOOKUP_DIRECTORY, &dir);
	if (err)
		return err;
	err = mount_writable(dir.mount);
	if (!err)
		err = inode_permission(caller, dir.dentry->inode, MAY_WRITE | MAY_EXEC);
	if (!err && (!dir.dentry->inode->ops || !dir.dentry->inode->ops->make))
		err = -EOPNOTSUPP;
	if (err)
		goto out_put_dir;
	inode_new_owner(caller, dir.dentry->inode, &new);
	err = dir.dentry->inode->ops->make(dir.dentry->inode, &new, &inode);
	if (err)
		goto out_put_dir;
	inode_clear_links(inode);
	path.dentry = dentry_new(dir.dentry, &anon);
	if (!path.dentry) {
		inode_put(inode);
		err = -ENOMEM;
		goto out_put_dir;
	}
	dentry_set_inode(path.dentry, inode);
	if (!(flags & O_EXCL))
		inode->flags |= INODE_LINKABLE;
	path.mount = dir.mount;
	mount_get(path.mount);
	err = open_finish(caller, &path, flags & ~(O_TRUNC | O_EXCL), out);
out_put_dir:
	path_put(&dir);
	return err;
}
