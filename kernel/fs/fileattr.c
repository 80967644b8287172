/*
 * The flags of a file beside its mode: immutable, append-only, and two that
 * are hints for backup programs and for access times.
 *
 * Source: ioctl_iflags(2)
 */
#include "fs/fileattr.h"

#include <linux/fs.h>

#include "core/caller.h"
#include "core/cred.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "fs/superblock.h"
#include "lib/errno.h"

static const struct {
	u32 flag, inode_flag;
} flag_map[] = {
	{ FS_IMMUTABLE_FL, INODE_IMMUTABLE },
	{ FS_APPEND_FL, INODE_APPEND },
	{ FS_NODUMP_FL, INODE_NODUMP },
	{ FS_NOATIME_FL, INODE_NOATIME },
};

static bool has_flags(const struct file *file)
{
	const struct inode *inode = file->inode;

	return inode && (inode->sb->flags & SB_FILEATTR) &&
	       (inode_is_reg(inode) || inode_is_dir(inode));
}

int file_flags_get(struct file *file, u32 *flags)
{
	*flags = 0;
	if (!has_flags(file))
		return -ENOTTY;
	for (unsigned i = 0; i < ARRAY_SIZE(flag_map); i++)
		if (file->inode->flags & flag_map[i].inode_flag)
			*flags |= flag_map[i].flag;
	return 0;
}

int file_flags_set(const struct caller *caller, struct file *file, u32 flags)
{
	struct inode *inode = file->inode;
	u32 set = 0, all = 0, changed;
	int err;

	if (!has_flags(file))
		return -ENOTTY;
	err = mount_writable(file->path.mount);
	if (err)
		return err;
	if (!inode_owner_or_capable(caller, inode))
		return -EPERM;
	for (unsigned i = 0; i < ARRAY_SIZE(flag_map); i++) {
		all |= flag_map[i].inode_flag;
		if (flags & flag_map[i].flag)
			set |= flag_map[i].inode_flag;
		flags &= ~flag_map[i].flag;
	}
	mutex_lock(&inode->lock);
	changed = (inode->flags ^ set) & all;
	err = -EPERM;
	if ((changed & (INODE_IMMUTABLE | INODE_APPEND)) &&
	    !cred_capable(caller->cred, CAP_LINUX_IMMUTABLE))
		goto out_unlock;
	err = -EOPNOTSUPP;
	if (flags)
		goto out_unlock;
	err = 0;
	/* One bit of the word is set and cleared without the lock (INODE_ATIME_OLD). */
	__atomic_xor_fetch(&inode->flags, changed, __ATOMIC_RELAXED);
	WRITE_ONCE(inode->ctime, inode_now());
out_unlock:
	mutex_unlock(&inode->lock);
	return err;
}
