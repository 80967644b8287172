/*
 * setattr.c - attributes changed: chmod, chown, utimes, truncate, fallocate.
 *
 * Each checks that the mount is writable and that the caller may, then changes
 * all of it at once under the inode's lock.  Whoever changes owner or size
 * takes the set-user-ID and set-group-ID bits away.
 *
 * Source: the man pages of these calls; inode(7)
 */
#include "fs/vfs.h"
#include <linux/capability.h>
#include <linux/falloc.h>
#include <linux/fcntl.h>
#include <linux/stat.h>
#include "core/caller.h"
#include "core/cred.h"
#include "core/rlimit.h"
#include "fs/dentry.h"
#include "fs/mount.h"
#include "fs/namei_internal.h"
#include "fs/superblock.h"
#include "lib/errno.h"

/* Clears set-user-ID and, where the group may execute, set-group-ID. */
static u32 mode_without_suid(u32 mode)
{
	mode &= ~S_ISUID;
	if (mode & S_IXGRP)
		mode &= ~S_ISGID;
	return mode;
}

static int setattr_locked(struct inode *inode, struct inode_attr *attr) REQUIRES(&inode->lock)
{
	if (!(attr->valid & ATTR_CTIME)) {
		attr->valid |= ATTR_CTIME;
		attr->ctime = inode_now();
	}
	return inode->ops && inode->ops->setattr ? inode->ops->setattr(inode, attr) :
						   inode_setattr_default(inode, attr);
}

int vfs_setattr(const struct caller *caller, const struct path *path, struct inode_attr *attr)
{
	struct inode *inode = path->dentry->inode;
	int err = mount_writable(path->mount);

	if (err)
		return err;
	if (inode->flags & (INODE_IMMUTABLE | INODE_APPEND))
		return -EPERM;
	mutex_lock(&inode->lock);
	err = setattr_locked(inode, attr);
	mutex_unlock(&inode->lock);
	return err;
}

int vfs_chmod(const struct caller *caller, const struct path *path, u32 mode)
{
	struct inode *inode = path->dentry->inode;
	struct inode_attr attr = { .valid = ATTR_MODE, .mode = mode & 07777 };
	int err = mount_writable(path->mount);

	if (err)
		return err;
	if (inode_is_link(inode))
		return -EOPNOTSUPP;
	if (!inode_owner_or_capable(caller, inode))
		return -EPERM;
	if ((mode & S_ISGID) && !cred_in_group(caller->cred, inode->gid) &&
	    !cred_capable(caller->cred, CAP_FSETID))
		attr.mode &= ~S_ISGID;
	return vfs_setattr(caller, path, &attr);
}

int vfs_chown(const struct caller *caller, const struct path *path, u32 uid, u32 gid)
{
	struct inode *inode = path->dentry->inode;
	const struct cred *cred = caller->cred;
	struct inode_attr attr = { 0 };
	bool capable = cred_capable(cred, CAP_CHOWN);
	int err = mount_writable(path->mount);

	if (err)
		return err;
	if (uid != (u32)-1) {
		if (!capable && !(cred->fsuid == inode->uid && uid == inode->uid))
			return -EPERM;
		attr.valid |= ATTR_UID;
		attr.uid = uid;
	}
	if (gid != (u32)-1) {
		if (!capable &&
		    !(cred->fsuid == inode->uid && (gid == inode->gid || cred_in_group(cred, gid))))
			return -EPERM;
		attr.valid |= ATTR_GID;
		attr.gid = gid;
	}
	if (!inode_is_dir(inode) && (inode->mode & (S_ISUID | S_ISGID))) {
		attr.valid |= ATTR_MODE;
		attr.mode = mode_without_suid(inode->mode);
	}
	return vfs_setattr(caller, path, &attr);
}

int vfs_utimes(const struct caller *caller, const struct path *path, const s64 times[2])
{
	struct inode *inode = path->dentry->inode;
	struct inode_attr attr = { .valid = ATTR_CTIME, .ctime = inode_now() };
	bool all_now = times[0] == VFS_UTIME_NOW && times[1] == VFS_UTIME_NOW;
	int err;

	if (times[0] == VFS_UTIME_INVALID || times[1] == VFS_UTIME_INVALID)
		return -EINVAL;
	if (times[0] == VFS_UTIME_OMIT && times[1] == VFS_UTIME_OMIT)
		return 0;
	err = mount_writable(path->mount);
	if (err)
		return err;
	if (!inode_owner_or_capable(caller, inode)) {
		if (!all_now)
			return -EPERM;
		err = inode_permission(caller, inode, MAY_WRITE);
		if (err)
			return err;
	}
	if (times[0] != VFS_UTIME_OMIT) {
		attr.valid |= ATTR_ATIME;
		attr.atime = times[0] == VFS_UTIME_NOW ? attr.ctime : times[0];
	}
	if (times[1] != VFS_UTIME_OMIT) {
		attr.valid |= ATTR_MTIME;
		attr.mtime = times[1] == VFS_UTIME_NOW ? attr.ctime : times[1];
	}
	return vfs_setattr(caller, path, &attr);
}

/* --- Sizes --------------------------------------------------------------- */

int inode_truncate(const struct caller *caller, struct inode *inode, u64 size)
{
	struct inode_attr attr = { .valid = ATTR_SIZE, .size = size };
	int err = -EPERM;

	if (size > inode->sb->max_file_size)
		return -EFBIG;
	if (size > inode->size && caller->limits && size > rlimit_cur(caller->limits, RLIMIT_FSIZE))
		return -EFBIG;
	mutex_lock(&inode->lock);
	if (inode->seals & (F_SEAL_SHRINK | F_SEAL_GROW)) {
		if ((inode->seals & F_SEAL_SHRINK) && size < inode->size)
			goto out_unlock;
		if ((inode->seals & F_SEAL_GROW) && size > inode->size)
			goto out_unlock;
	}
	attr.valid |= ATTR_MTIME;
	attr.mtime = inode_now();
	if (inode->mode & (S_ISUID | S_ISGID) && caller->cred &&
	    !cred_capable(caller->cred, CAP_FSETID)) {
		attr.valid |= ATTR_MODE;
		attr.mode = mode_without_suid(inode->mode);
	}
	err = setattr_locked(inode, &attr);
out_unlock:
	mutex_unlock(&inode->lock);
	return err;
}

int vfs_truncate(const struct caller *caller, const struct path *path, u64 size)
{
	struct inode *inode = path->dentry->inode;
	int err;

	if (inode_is_dir(inode))
		return -EISDIR;
	if (!inode_is_reg(inode))
		return -EINVAL;
	err = mount_writable(path->mount);
	if (!err)
		err = inode_permission(caller, inode, MAY_WRITE);
	if (!err && (inode->flags & INODE_APPEND))
		err = -EPERM;
	if (!err)
		err = inode_get_write(inode);
	if (err)
		return err;
	err = inode_truncate(caller, inode, size);
	inode_put_write(inode);
	return err;
}

int vfs_ftruncate(const struct caller *caller, struct file *file, u64 size)
{
	struct inode *inode = file->inode;

	if (!(file->mode & FMODE_WRITE) || !inode || !inode_is_reg(inode))
		return -EINVAL;
	if (inode->flags & INODE_APPEND)
		return -EPERM;
	return inode_truncate(caller, inode, size);
}

long vfs_fallocate(struct file *file, int mode, u64 offset, u64 len)
{
	struct inode *inode = file->inode;
	u64 end;

	if ((s64)offset < 0 || (s64)len <= 0)
		return -EINVAL;
	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_COLLAPSE_RANGE |
		     FALLOC_FL_ZERO_RANGE | FALLOC_FL_INSERT_RANGE | FALLOC_FL_UNSHARE_RANGE))
		return -EOPNOTSUPP;
	if ((mode & FALLOC_FL_PUNCH_HOLE) && !(mode & FALLOC_FL_KEEP_SIZE))
		return -EOPNOTSUPP;
	if ((mode & FALLOC_FL_PUNCH_HOLE) && (mode & FALLOC_FL_ZERO_RANGE))
		return -EOPNOTSUPP;
	if ((mode & FALLOC_FL_COLLAPSE_RANGE) && (mode & ~FALLOC_FL_COLLAPSE_RANGE))
		return -EINVAL;
	if ((mode & FALLOC_FL_INSERT_RANGE) && (mode & ~FALLOC_FL_INSERT_RANGE))
		return -EINVAL;
	if (!(file->mode & FMODE_WRITE))
		return -EBADF;
	if (((inode ? inode->mode : file->ops->mode) & S_IFMT) == S_IFIFO)
		return -ESPIPE;
	if (!inode)
		return -ENODEV;
	if (inode_is_dir(inode))
		return -EISDIR;
	if (!inode_is_reg(inode))
		return -ENODEV;
	if ((mode & ~FALLOC_FL_KEEP_SIZE) && (inode->flags & INODE_APPEND))
		return -EPERM;
	if (inode->flags & INODE_IMMUTABLE)
		return -EPERM;
	end = offset + len;
	if (end > inode->sb->max_file_size || (s64)end < 0)
		return -EFBIG;
	if (!file->ops->fallocate)
		return -EOPNOTSUPP;
	return file->ops->fallocate(file, mode, offset, len);
}
