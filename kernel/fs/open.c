/*
 * Opening files, and making them on the way (O_CREAT, O_TMPFILE).
 *
 * Source: open(2), openat2(2)
 */
#include "fs/vfs.h"

#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/stat.h>

#include "core/caller.h"
#include "core/cred.h"
#include "fs/dentry.h"
#include "fs/devfs/devfs.h"
#include "fs/fs_context.h"
#include "fs/mount.h"
#include "fs/namei_internal.h"
#include "fs/superblock.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"

#ifndef __O_TMPFILE
#define __O_TMPFILE 020000000
#endif
#define MAX_LINKS 40

static const struct file_ops path_only_ops = { .name = "path" };

static u32 open_mask(u32 flags)
{
	static const u8 masks[4] = { MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE,
				     MAY_READ | MAY_WRITE };
	u32 mask = masks[flags & O_ACCMODE];

	return flags & O_TRUNC ? mask | MAY_WRITE : mask;
}

/* Type, permission and mount checks of an open that does not create. */
static int open_check(const struct caller *caller, const struct path *path, struct inode *inode,
		      u32 flags)
{
	u32 mask = open_mask(flags);
	int err;

	switch (inode->mode & S_IFMT) {
	case S_IFLNK:
		return -ELOOP;
	case S_IFDIR:
		if (mask & MAY_WRITE)
			return -EISDIR;
		break;
	case S_IFCHR:
	case S_IFBLK:
		if ((path->mount->flags & MNT_NODEV) || (path->mount->sb->flags & SB_NODEV))
			return -EACCES;
		flags &= ~O_TRUNC;
		break;
	case S_IFIFO:
	case S_IFSOCK:
		flags &= ~O_TRUNC;
		break;
	default:
		if (mask & MAY_WRITE) {
			err = mount_writable(path->mount);
			if (err)
				return err;
		}
	}
	err = inode_permission(caller, inode, mask);
	if (unlikely(err))
		return err;
	if (unlikely(inode->flags & INODE_APPEND) && (mask & MAY_WRITE) &&
	    (!(flags & O_APPEND) || (flags & O_TRUNC)))
		return -EPERM;
	if (unlikely(flags & O_NOATIME) && !inode_owner_or_capable(caller, inode))
		return -EPERM;
	return 0;
}

static int open_writer(struct file *file, struct inode *inode)
{
	int err = mount_get_write(file->path.mount);

	if (err)
		return err;
	err = inode_get_write(inode);
	if (err)
		mount_put_write(file->path.mount);
	else
		file->mode |= FMODE_WRITER;
	return err;
}

/*
 * The file for a path that passed the checks.  Takes over the references of
 * *path whether it succeeds or not.
 */
static int open_finish(const struct caller *caller, struct path *path, u32 flags, struct file **out)
{
	struct inode *inode = path->dentry->inode;
	struct file *file;
	int err = file_alloc(caller->cred, flags, &file);

	if (unlikely(err)) {
		path_put(path);
		return err;
	}
	file->path = *path;
	file->inode = inode;
	file->ops = inode->file_ops;
	inode_check_atime(inode);
	if (likely(inode_is_reg(inode))) {
		if (unlikely(flags & O_DIRECT) && !(file->ops->flags & FILE_DIRECT_OK)) {
			err = -EINVAL;
			goto out_free;
		}
		if (file->mode & FMODE_WRITE) {
			err = open_writer(file, inode);
			if (err)
				goto out_free;
		}
	} else if (!inode_is_dir(inode)) {
		err = -ENXIO;
		switch (inode->mode & S_IFMT) {
		case S_IFCHR:
			/* Terminals ask whether they may become the controlling one. */
			file->flags |= flags & O_NOCTTY;
			err = chrdev_open(inode, file);
			file->flags &= ~O_NOCTTY;
			break;
		case S_IFBLK:
			if (special_block)
				err = special_block->open(inode, file);
			break;
		case S_IFIFO:
			if (special_fifo)
				err = special_fifo->open(inode, file);
			break;
		}
		if (err)
			goto out_free;
		*out = file;
		return 0;
	}
	if (unlikely(!file->ops)) {
		err = -ENXIO;
		goto out_free;
	}
	if (unlikely(inode->ops && inode->ops->open)) {
		err = inode->ops->open(inode, file);
		if (err)
			goto out_free;
	}
	if (unlikely((flags & O_TRUNC) && inode_is_reg(inode))) {
		err = inode_get_write(inode); /* also where it is opened to be read */
		if (!err) {
			err = vfs_ftruncate_locked(caller, inode, 0);
			inode_put_write(inode);
		}
		if (err) {
			file_put(file);
			return err;
		}
	}
	*out = file;
	return 0;

out_free:
	file_free_unopened(file);
	return err;
}

static int open_path_only(const struct caller *caller, struct path *path, u32 flags,
			  struct file **out)
{
	struct file *file;
	int err = file_alloc(caller->cred, flags & (O_PATH | O_DIRECTORY | O_NOFOLLOW), &file);

	if (err) {
		path_put(path);
		return err;
	}
	file->flags = flags & (O_PATH | O_DIRECTORY | O_NOFOLLOW);
	file->mode = FMODE_PATH;
	file->path = *path;
	file->inode = path->dentry->inode;
	file->ops = &path_only_ops;
	*out = file;
	return 0;
}

int vfs_open_path(const struct caller *caller, const struct path *path, u32 flags,
		  struct file **out)
{
	struct path own = *path;
	int err;

	if (flags & O_PATH) {
		path_get(&own);
		return open_path_only(caller, &own, flags, out);
	}
	err = open_check(caller, path, path->dentry->inode, flags);
	if (err)
		return err;
	path_get(&own);
	return open_finish(caller, &own, flags, out);
}

int vfs_open_exec(const struct caller *caller, const struct path *base, const char *name,
		  unsigned lookup, struct file **out)
{
	struct path path;
	struct inode *inode;
	int err = path_lookup(caller, base, name, lookup, &path);

	if (err)
		return err;
	inode = path.dentry->inode;
	if (inode_is_link(inode))
		err = -ELOOP;
	else if (!inode_is_reg(inode) || (path.mount->flags & MNT_NOEXEC) ||
		 (path.mount->sb->flags & SB_NOEXEC))
		err = -EACCES;
	else
		err = inode_permission(caller, inode, MAY_EXEC);
	if (err) {
		path_put(&path);
		return err;
	}
	err = open_finish(caller, &path, O_RDONLY | O_LARGEFILE, out);
	if (!err)
		(*out)->mode |= FMODE_EXEC;
	return err;
}

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
		dentry_put(dentry);
		return -EEXIST;
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
	if (inode_is_dir(inode)) {
		path_put(&path);
		return -EISDIR;
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

/* Makes it.  Takes over dentry; the directory is locked and unlocked here. */
static int open_new(const struct caller *caller, const struct path_parent *parent,
		    struct dentry *dentry, u32 flags, u32 mode, struct file **out)
	RELEASE(parent->path.dentry->inode->lock)
{
	struct path path = { parent->path.mount, dentry };
	int err;

	err = dir_create_locked(caller, &parent->path, dentry,
				S_IFREG | (mode & ~READ_ONCE(caller->fs->umask) & 07777), 0, NULL);
	dir_unlock(&parent->path);
	if (err) {
		dentry_put(dentry);
		return err;
	}
	mount_get(path.mount);
	/* Whatever its mode says, its creator may use it as asked for. */
	return open_finish(caller, &path, flags & ~O_TRUNC, out);
}

static int open_create_once(const struct caller *caller, const struct path *base, const char *name,
			    u32 flags, u32 mode, unsigned lookup, struct file **out,
			    struct path_parent *parent, char **link)
{
	struct dentry *dentry;
	int err;

	err = path_lookup_parent(caller, base, name, lookup & ~LOOKUP_FOLLOW, parent);
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
	dentry = dentry_lookup(parent->path.dentry, &parent->last);
	if (dentry && dentry->inode && !(dentry->inode->flags & INODE_REVALIDATE)) {
		err = open_existing(caller, parent, dentry, flags, lookup, out, link);
		goto out_put;
	}
	if (dentry)
		dentry_put(dentry);
	err = dir_lookup_lock(&parent->path, &parent->last, &dentry);
	if (err)
		goto out_put;
	if (dentry->inode) {
		dir_unlock(&parent->path);
		err = open_existing(caller, parent, dentry, flags, lookup, out, link);
		goto out_put;
	}
	err = open_new(caller, parent, dentry, flags, mode, out);
out_put:
	if (err != 1) {
		path_put(&parent->path);
		path_parent_fini(parent);
	}
	return err;
}

static int open_plain(const struct caller *caller, const struct path *base, const char *name,
		      u32 flags, unsigned lookup, struct file **out);

/* Follows symbolic links at the end by hand: a dangling one is created through. */
static __noinline int open_create(const struct caller *caller, const struct path *base,
				  const char *name, u32 flags, u32 mode, unsigned lookup,
				  struct file **out)
{
	struct path_parent parent, previous;
	char *link = NULL, *next;
	int links = 0, err;

	for (;;) {
		next = NULL;
		err = open_create_once(caller, links ? &previous.path : base, link ? link : name,
				       flags, mode, lookup, out, &parent, &next);
		if (err == -EAGAIN) /* a mount point or magic link at the end */
			err = open_plain(caller, links ? &previous.path : base, link ? link : name,
					 flags & ~O_CREAT, lookup | LOOKUP_FOLLOW, out);
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

static int open_tmpfile(const struct caller *caller, const struct path *base, const char *name,
			u32 flags, u32 mode, unsigned lookup, struct file **out)
{
	struct name anon = { "#tmpfile", 8, 0 };
	struct inode_new new = {
		.mode = S_IFREG | (mode & ~READ_ONCE(caller->fs->umask) & 07777),
	};
	struct path dir, path;
	struct inode *inode;
	int err;

	if (!(open_mask(flags) & MAY_WRITE))
		return -EINVAL;
	err = path_lookup(caller, base, name, lookup | LOOKUP_DIRECTORY, &dir);
	if (err)
		return err;
	err = mount_writable(dir.mount);
	if (!err)
		err = inode_permission(caller, dir.dentry->inode, MAY_WRITE | MAY_EXEC);
	if (!err && (!dir.dentry->inode->ops || !dir.dentry->inode->ops->tmpfile))
		err = -EOPNOTSUPP;
	if (err)
		goto out_put_dir;
	inode_new_owner(caller, dir.dentry->inode, &new);
	err = dir.dentry->inode->ops->tmpfile(dir.dentry->inode, &new, &inode);
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

/* --- Entry points -------------------------------------------------------- */

static int open_plain(const struct caller *caller, const struct path *base, const char *name,
		      u32 flags, unsigned lookup, struct file **out)
{
	struct file *anon;
	struct path path;
	int err;

	err = path_lookup_file(caller, base, name, lookup, &path, &anon);
	if (unlikely(err))
		return err;
	if (unlikely(anon)) {
		if (flags & O_PATH)
			err = -ENXIO;
		else if (flags & O_DIRECTORY)
			err = -ENOTDIR;
		else if (!anon->ops->reopen)
			err = -ENXIO;
		else
			err = anon->ops->reopen(anon, flags, out);
		file_put(anon);
		return err;
	}
	if (unlikely(flags & O_PATH))
		return open_path_only(caller, &path, flags, out);
	err = open_check(caller, &path, path.dentry->inode, flags);
	if (unlikely(err)) {
		path_put(&path);
		return err;
	}
	return open_finish(caller, &path, flags, out);
}

int vfs_open_lookup(const struct caller *caller, const struct path *base, const char *name,
		    u32 flags, u32 mode, unsigned lookup, struct file **out)
{
	if (!(flags & O_NOFOLLOW))
		lookup |= LOOKUP_FOLLOW;
	if (flags & O_DIRECTORY)
		lookup |= LOOKUP_DIRECTORY;
	if (unlikely(flags & O_PATH))
		flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	if (unlikely(flags & __O_TMPFILE))
		return open_tmpfile(caller, base, name, flags, mode, lookup, out);
	if (flags & O_CREAT) {
		if (flags & O_DIRECTORY) /* 6.1: O_CREAT | O_DIRECTORY */
			return -EINVAL;
		return open_create(caller, base, name, flags, mode, lookup, out);
	}
	return open_plain(caller, base, name, flags, lookup, out);
}

int vfs_open(const struct caller *caller, const struct path *base, const char *name, u32 flags,
	     u32 mode, struct file **out)
{
	return vfs_open_lookup(caller, base, name, flags, mode, 0, out);
}
