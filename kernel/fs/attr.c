/*
 * Attributes by path or file: stat, chmod, chown, truncate, utimes, access,
 * readlink, statfs, xattr, chdir, chroot.
 *
 * stat of a cached name takes no lock and no reference: path_peek() fills the
 * kstat inside the walk's segment.
 */
#include "fs/vfs.h"

#include <linux/capability.h>
#include <linux/falloc.h>
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/memfd.h>
#include <linux/stat.h>
#include <linux/xattr.h>

#include "core/caller.h"
#include "core/cred.h"
#include "core/rlimit.h"
#include "fs/dentry.h"
#include "fs/fs_context.h"
#include "fs/mount.h"
#include "fs/namei_internal.h"
#include "fs/superblock.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "vm/page_cache.h"

/* --- Looking ------------------------------------------------------------- */

static int stat_peek(const struct path *where, struct inode *inode, void *arg)
{
	struct kstat *stat = arg;

	inode_getattr(inode, stat);
	stat->mount_id = where->mount->id;
	if (unlikely(where->dentry == where->mount->root))
		stat->attributes |= STATX_ATTR_MOUNT_ROOT;
	return 0;
}

int vfs_stat_path(const struct path *path, struct kstat *out)
{
	return stat_peek(path, path->dentry->inode, out);
}

int vfs_stat(const struct caller *caller, const struct path *base, const char *name,
	     unsigned lookup, struct kstat *out)
{
	struct file *anon;
	struct path path;
	int err = path_peek(caller, base, name, lookup, stat_peek, out);

	if (likely(err != -EAGAIN) || (lookup & LOOKUP_CACHED))
		return err;
	err = path_lookup_file(caller, base, name, lookup, &path, &anon);
	if (err)
		return err;
	if (anon) {
		err = file_getattr(anon, out);
		file_put(anon);
		return err;
	}
	vfs_stat_path(&path, out);
	path_put(&path);
	return 0;
}

struct access_args {
	const struct caller *caller;
	u32 mask;
};

static int access_peek(const struct path *where, struct inode *inode, void *arg)
{
	const struct access_args *args = arg;
	u32 type = inode->mode & S_IFMT;
	int err;

	if (args->mask == 0)
		return 0;
	if ((args->mask & MAY_EXEC) && type == S_IFREG && (where->mount->flags & MNT_NOEXEC))
		return -EACCES;
	err = inode_permission(args->caller, inode, args->mask);
	if (err)
		return err;
	if ((args->mask & MAY_WRITE) && (type == S_IFREG || type == S_IFDIR || type == S_IFLNK))
		return mount_writable(where->mount);
	return 0;
}

int vfs_access(const struct caller *caller, const struct path *base, const char *name, u32 mask,
	       unsigned lookup)
{
	struct access_args args = { caller, mask };
	struct file *anon;
	struct path path;
	int err = path_peek(caller, base, name, lookup, access_peek, &args);

	if (likely(err != -EAGAIN))
		return err;
	err = path_lookup_file(caller, base, name, lookup, &path, &anon);
	if (err)
		return err;
	if (anon)
		file_put(anon);
	else
		path_put(&path);
	return 0;
}

static int link_peek(const struct path *where, struct inode *inode, void *arg)
{
	struct name *out = arg; /* str, len: the buffer; len becomes bytes */
	size_t len;

	if (!inode_is_link(inode))
		return -EINVAL;
	if (!inode->link)
		return -EAGAIN;
	len = min_t(size_t, strlen(inode->link), out->len);
	memcpy((char *)out->str, inode->link, len);
	out->hash = len;
	inode_touch_atime(where->mount, inode);
	return 0;
}

/* An empty name reads the base itself, as readlinkat(fd, "") does. */
long vfs_readlink(const struct caller *caller, const struct path *base, const char *name, char *buf,
		  size_t size)
{
	struct name result = { buf, min_t(size_t, size, PATH_MAX), 0 };
	unsigned lookup = base ? LOOKUP_EMPTY : 0;
	struct inode *inode;
	struct path path;
	long ret;

	ret = path_peek(caller, base, name, lookup, link_peek, &result);
	if (ret == 0)
		return result.hash;
	if (ret == -EINVAL && *name == '\0')
		return -ENOENT;
	if (ret != -EAGAIN)
		return ret;
	ret = path_lookup(caller, base, name, lookup, &path);
	if (ret)
		return ret;
	inode = path.dentry->inode;
	ret = inode->ops && inode->ops->readlink ? inode->ops->readlink(inode, caller, buf, size) :
						   -EINVAL;
	path_put(&path);
	return ret;
}

int vfs_statfs(const struct path *path, struct kstatfs *out)
{
	struct superblock *sb = path->dentry->sb;
	u32 flags = path->mount->flags;
	int err = 0;

	memset(out, 0, sizeof(*out));
	out->type = sb->magic;
	out->block_size = out->fragment_size = PAGE_SIZE;
	out->name_max = NAME_MAX;
	if (sb->ops->statfs)
		err = sb->ops->statfs(sb, out);
	out->flags = 0x20; /* ST_VALID */
	if ((flags & MNT_RDONLY) || (sb->flags & SB_RDONLY))
		out->flags |= 1;
	if (flags & MNT_NOSUID)
		out->flags |= 2;
	if (flags & MNT_NODEV)
		out->flags |= 4;
	if (flags & MNT_NOEXEC)
		out->flags |= 8;
	if (flags & MNT_NOATIME)
		out->flags |= 0x400;
	if (flags & MNT_NODIRATIME)
		out->flags |= 0x800;
	if (flags & MNT_RELATIME)
		out->flags |= 0x1000;
	return err;
}

/* --- Changing ------------------------------------------------------------ */

/* Clears set-user-ID and, where the group may execute, set-group-ID. */
static u32 mode_without_suid(u32 mode)
{
	mode &= ~S_ISUID;
	if (mode & S_IXGRP)
		mode &= ~S_ISGID;
	return mode;
}

static int setattr_locked(struct inode *inode, struct inode_attr *attr)
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

/* Also for O_TRUNC.  Takes the inode lock; permission has been checked. */
int vfs_ftruncate_locked(const struct caller *caller, struct inode *inode, u64 size)
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
	err = vfs_ftruncate_locked(caller, inode, size);
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
	return vfs_ftruncate_locked(caller, inode, size);
}

long vfs_fallocate(struct file *file, int mode, u64 offset, u64 len)
{
	struct inode *inode = file->inode;
	u64 end;

	if ((s64)offset < 0 || (s64)len <= 0)
		return -EINVAL;
	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_NO_HIDE_STALE |
		     FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_ZERO_RANGE | FALLOC_FL_INSERT_RANGE |
		     FALLOC_FL_UNSHARE_RANGE))
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

/* --- Extended attributes ------------------------------------------------- */

static int xattr_permission(const struct caller *caller, struct inode *inode, const char *name,
			    u32 mask)
{
	/* A name space alone is no name. */
	if (str_eq(name, "trusted.") || str_eq(name, "security."))
		return -EINVAL;
	if (str_starts(name, "trusted.")) {
		if (!cred_capable(caller->cred, CAP_SYS_ADMIN))
			return mask & MAY_WRITE ? -EPERM : -ENODATA;
		return 0;
	}
	if (str_starts(name, "user.")) {
		if (!inode_is_reg(inode) && !inode_is_dir(inode))
			return mask & MAY_WRITE ? -EPERM : -ENODATA;
		if (inode_is_dir(inode) && (inode->mode & S_ISVTX) && (mask & MAY_WRITE) &&
		    !inode_owner_or_capable(caller, inode))
			return -EPERM;
		return inode_permission(caller, inode, mask);
	}
	/* Without a security module only the marks of integrity are guarded. */
	if (str_eq(name, "security.ima") || str_eq(name, "security.evm"))
		return mask & MAY_WRITE && !cred_capable(caller->cred, CAP_SYS_ADMIN) ? -EPERM : 0;
	if (str_eq(name, "security.capability"))
		return mask & MAY_WRITE && !cred_capable(caller->cred, CAP_SETFCAP) ? -EPERM : 0;
	if (str_starts(name, "security."))
		return 0;
	return -EOPNOTSUPP;
}

long vfs_getxattr(const struct caller *caller, const struct path *path, const char *name, void *buf,
		  size_t size)
{
	struct inode *inode = path->dentry->inode;
	int err = xattr_permission(caller, inode, name, MAY_READ);
	long ret;

	if (err)
		return err;
	if (!inode->ops || !inode->ops->getxattr)
		return -EOPNOTSUPP;
	mutex_lock(&inode->lock);
	ret = inode->ops->getxattr(inode, name, buf, size);
	mutex_unlock(&inode->lock);
	return ret;
}

/* capabilities(7), "File capability extended attribute versioning". */
static bool file_caps_valid(const void *value, size_t size)
{
	u32 revision;

	if (size < sizeof(revision))
		return false;
	memcpy(&revision, value, sizeof(revision));
	switch (revision & VFS_CAP_REVISION_MASK) {
	case VFS_CAP_REVISION_2:
		return size == XATTR_CAPS_SZ_2;
	case VFS_CAP_REVISION_3:
		return size == XATTR_CAPS_SZ_3;
	}
	return false;
}

static int change_xattr(const struct caller *caller, const struct path *path, const char *name,
			const void *value, size_t size, int flags)
{
	struct inode *inode = path->dentry->inode;
	int err = mount_writable(path->mount);

	if (err)
		return err;
	if (inode->flags & (INODE_IMMUTABLE | INODE_APPEND))
		return -EPERM;
	if (value && str_eq(name, "security.capability") && !file_caps_valid(value, size))
		return -EINVAL;
	err = xattr_permission(caller, inode, name, MAY_WRITE);
	if (err)
		return err;
	if (!inode->ops || !inode->ops->setxattr)
		return -EOPNOTSUPP;
	mutex_lock(&inode->lock);
	err = inode->ops->setxattr(inode, name, value, size, flags);
	if (!err)
		WRITE_ONCE(inode->ctime, inode_now());
	mutex_unlock(&inode->lock);
	return err;
}

int vfs_setxattr(const struct caller *caller, const struct path *path, const char *name,
		 const void *value, size_t size, int flags)
{
	return change_xattr(caller, path, name, value, size, flags);
}

int vfs_removexattr(const struct caller *caller, const struct path *path, const char *name)
{
	return change_xattr(caller, path, name, NULL, 0, XATTR_REPLACE);
}

long vfs_listxattr(const struct caller *caller, const struct path *path, char *buf, size_t size)
{
	struct inode *inode = path->dentry->inode;
	long ret = 0;

	if (!inode->ops || !inode->ops->listxattr)
		return 0;
	mutex_lock(&inode->lock);
	ret = inode->ops->listxattr(inode, buf, size, cred_capable(caller->cred, CAP_SYS_ADMIN));
	mutex_unlock(&inode->lock);
	return ret;
}

/* --- Working directory and root ------------------------------------------ */

int vfs_chdir(const struct caller *caller, const char *name)
{
	struct path path;
	int err = path_lookup(caller, NULL, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (err)
		return err;
	err = inode_permission(caller, path.dentry->inode, MAY_EXEC);
	if (!err)
		fs_context_set_cwd(caller->fs, &path);
	path_put(&path);
	return err;
}

int vfs_chroot(const struct caller *caller, const char *name)
{
	struct path path;
	int err = path_lookup(caller, NULL, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (err)
		return err;
	err = inode_permission(caller, path.dentry->inode, MAY_EXEC);
	if (!err && !cred_capable(caller->cred, CAP_SYS_CHROOT))
		err = -EPERM;
	if (!err)
		fs_context_set_root(caller->fs, &path);
	path_put(&path);
	return err;
}
