/*
 * Opening files: the checks, then the struct file.  Making one on the way is open_create.c.
 *
 * Source: open(2), openat2(2)
 */
#include "fs/open_internal.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

#include "core/caller.h"
#include "core/cred.h"
#include "fs/dentry.h"
#include "fs/devfs/devfs.h"
#include "fs/mount.h"
#include "fs/namei_internal.h"
#include "fs/poll.h"
#include "fs/superblock.h"
#include "lib/errno.h"

/* Only select(2) asks: to it such a descriptor is open, and no file. */
static u32 path_only_poll(struct file *file, struct poll_table *pt)
{
	return EPOLLNVAL;
}

static const struct file_ops path_only_ops = { .name = "path", .poll = path_only_poll };

u32 open_mask(u32 flags)
{
	static const u8 masks[4] = { MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE,
				     MAY_READ | MAY_WRITE };
	u32 mask = masks[flags & O_ACCMODE];

	return flags & O_TRUNC ? mask | MAY_WRITE : mask;
}

int open_check(const struct caller *caller, const struct path *path, struct inode *inode, u32 flags)
{
	u32 mask = open_mask(flags);
	int err;

	switch (inode->mode & S_IFMT) {
	case S_IFLNK:
		return -ELOOP;
	case S_IFDIR:
		if ((mask & MAY_WRITE) || (flags & O_CREAT))
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

int open_finish(const struct caller *caller, struct path *path, u32 flags, struct file **out)
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
	if (unlikely(flags & O_DIRECT)) {
		err = -EINVAL; /* no file system here goes past the page cache */
		goto out_free;
	}
	if (likely(inode_is_reg(inode))) {
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
			err = inode_truncate(caller, inode, 0);
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

/* --- Entry points -------------------------------------------------------- */

int open_plain(const struct caller *caller, const struct path *base, const char *name, u32 flags,
	       unsigned lookup, struct file **out)
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
	if (unlikely(flags & __O_TMPFILE))
		return open_tmpfile(caller, base, name, flags, mode, lookup, out);
	if (flags & O_CREAT)
		return open_create(caller, base, name, flags, mode, lookup, out);
	return open_plain(caller, base, name, flags, lookup, out);
}

int vfs_open(const struct caller *caller, const struct path *base, const char *name, u32 flags,
	     u32 mode, struct file **out)
{
	return vfs_open_lookup(caller, base, name, flags, mode, 0, out);
}
