/*
 * xattr.c - who may get and set extended attributes.  xattr(7), capabilities(7).
 */
#include "fs/vfs.h"
#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <linux/xattr.h>
#include "core/caller.h"
#include "core/cred.h"
#include "fs/dentry.h"
#include "fs/namei_internal.h"
#include "lib/errno.h"
#include "lib/string.h"

static int xattr_permission(const struct caller *caller, struct inode *inode, const char *name,
			    u32 mask)
{
	int err;

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
	if (str_starts(name, "security.") || str_starts(name, "system."))
		return 0;
	err = inode_permission(caller, inode, mask);
	return err ? err : -EOPNOTSUPP;
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
	int err;

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
