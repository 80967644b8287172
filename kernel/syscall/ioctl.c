/*
 * ioctl(2): what is the same for every file, here; the rest is the object's.
 *
 * Source: ioctl(2), ioctl_fat(2), ioctl_iflags(2), ioctl_ficlonerange(2),
 * ioctl_fideduperange(2)
 */
#include <linux/fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>

#include "abi/ioctl.h"
#include "core/cred.h"
#include "fs/fdtable.h"
#include "fs/file.h"
#include "fs/fileattr.h"
#include "fs/inode.h"
#include "fs/superblock.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/user.h"
#include "proc/process.h"
#include "syscall/fd.h"
#include "syscall/syscalls.h"

/* --- chattr(1) ----------------------------------------------------------- */

static long flags_get(struct file *file, void __user *uarg)
{
	u32 flags;
	int err = file_flags_get(file, &flags);

	return err ? err : put_user_s32((s32)flags, uarg);
}

static long flags_set(struct file *file, void __user *uarg)
{
	u32 flags, now;
	int err = file_flags_get(file, &now);

	if (err)
		return err;
	if (get_user_u32(&flags, uarg))
		return -EFAULT;
	return file_flags_set(current_caller(), file, flags);
}

/* The same under other names. */
static const struct {
	u32 flag, xflag;
} xflag_map[] = {
	{ FS_IMMUTABLE_FL, FS_XFLAG_IMMUTABLE },
	{ FS_APPEND_FL, FS_XFLAG_APPEND },
	{ FS_NODUMP_FL, FS_XFLAG_NODUMP },
	{ FS_NOATIME_FL, FS_XFLAG_NOATIME },
};

static long xflags_get(struct file *file, void __user *uarg)
{
	struct fsxattr fa = { 0 };
	u32 flags;
	int err = file_flags_get(file, &flags);

	if (err)
		return err;
	for (unsigned i = 0; i < ARRAY_SIZE(xflag_map); i++)
		if (flags & xflag_map[i].flag)
			fa.fsx_xflags |= xflag_map[i].xflag;
	return copy_to_user(uarg, &fa, sizeof(fa));
}

static long xflags_set(struct file *file, void __user *uarg)
{
	struct fsxattr fa;
	u32 flags;
	int err = file_flags_get(file, &flags);

	if (!err)
		err = copy_from_user(&fa, uarg, sizeof(fa));
	if (err)
		return err;
	flags = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(xflag_map); i++) {
		if (fa.fsx_xflags & xflag_map[i].xflag)
			flags |= xflag_map[i].flag;
		fa.fsx_xflags &= ~xflag_map[i].xflag;
	}
	if (fa.fsx_xflags || fa.fsx_extsize || fa.fsx_cowextsize || fa.fsx_projid)
		return -EOPNOTSUPP;
	return file_flags_set(current_caller(), file, flags);
}

/* --- Sharing of blocks, which no file system here has -------------------- */

static int check_kinds(const struct inode *a, const struct inode *b)
{
	if (inode_is_dir(a) || inode_is_dir(b))
		return -EISDIR;
	return inode_is_reg(a) && inode_is_reg(b) ? 0 : -EINVAL;
}

static long clone_range(struct file *dst, int fd)
{
	struct fd_ref ref = fd_get(current_fds(), fd);
	struct file *src = ref.file;
	long ret = -EBADF;

	if (!src)
		return ret;
	if (!src->inode || !dst->inode || src->inode->sb != dst->inode->sb)
		ret = -EXDEV;
	else
		ret = check_kinds(src->inode, dst->inode);
	if (!ret)
		ret = (src->mode & FMODE_READ) && (dst->mode & FMODE_WRITE) &&
				      !(dst->flags & O_APPEND) ?
			      -EOPNOTSUPP :
			      -EBADF;
	fd_put(ref);
	return ret;
}

static long dedupe_range(struct file *file, const void __user *uarg)
{
	struct file_dedupe_range range;
	int err = copy_from_user(&range, uarg, sizeof(range));

	if (err)
		return err;
	err = file->inode ? check_kinds(file->inode, file->inode) : -EINVAL;
	return err ? err : -EOPNOTSUPP;
}

/* Of all files, after those of descriptors.  -ENOIOCTLCMD: not one of these. */
static long ioctl_file(struct file *file, unsigned cmd, void __user *uarg)
{
	struct file_clone_range range;

	switch (cmd) {
	case FS_IOC_GETFLAGS:
		return flags_get(file, uarg);
	case FS_IOC_SETFLAGS:
		return flags_set(file, uarg);
	case FS_IOC_FSGETXATTR:
		return xflags_get(file, uarg);
	case FS_IOC_FSSETXATTR:
		return xflags_set(file, uarg);
	case FIFREEZE: /* nothing to be frozen, so nothing frozen */
	case FITHAW:
		if (!cred_capable(current_cred(), CAP_SYS_ADMIN))
			return -EPERM;
		return cmd == FIFREEZE ? -EOPNOTSUPP : -EINVAL;
	case FICLONE:
		return clone_range(file, (int)(unsigned long)uarg);
	case FICLONERANGE:
		if (copy_from_user(&range, uarg, sizeof(range)))
			return -EFAULT;
		return clone_range(file, (int)range.src_fd);
	case FIDEDUPERANGE:
		return dedupe_range(file, uarg);
	case FS_IOC_FIEMAP:
		return -EOPNOTSUPP;
	}
	return -ENOIOCTLCMD;
}

/* --- ioctl(2) ------------------------------------------------------------ */

static long ioctl_flag(int fd, struct file *file, u32 flag, const int __user *uarg)
{
	u32 on;

	if (get_user_u32(&on, uarg))
		return -EFAULT;
	if (flag == FASYNC && !file->ops->sigio && !!on != !!(file->flags & FASYNC))
		return -ENOTTY;
	return fd_set_flags(fd, file, on ? file->flags | flag : file->flags & ~flag);
}

long sys_ioctl(int fd, unsigned cmd, u64 arg)
{
	struct fdtable *fds = current_fds();
	struct fd_ref ref = fd_get(fds, fd);
	struct inode *inode;
	long ret;

	if (!ref.file)
		return -EBADF;
	inode = ref.file->inode;
	switch (cmd) {
	case FIOCLEX:
		ret = fdtable_set_cloexec(fds, fd, true);
		goto out;
	case FIONCLEX:
		ret = fdtable_set_cloexec(fds, fd, false);
		goto out;
	case FIONBIO:
		ret = ioctl_flag(fd, ref.file, O_NONBLOCK, (const int __user *)arg);
		goto out;
	case FIOASYNC:
		ret = ioctl_flag(fd, ref.file, FASYNC, (const int __user *)arg);
		goto out;
	case FIOQSIZE:
		ret = inode && (inode_is_reg(inode) || inode_is_dir(inode) ||
				inode_is_link(inode)) ?
			      put_user_u64(inode->size, (void __user *)arg) :
			      -ENOTTY;
		goto out;
	case FIGETBSZ:
		ret = put_user_s32(inode ? inode->sb->block_size : PAGE_SIZE, (void __user *)arg);
		goto out;
	case FIBMAP: /* no file system here has blocks */
		if (!inode || !inode_is_reg(inode))
			break;
		ret = cred_capable(current_cred(), CAP_SYS_RAWIO) ? -EINVAL : -EPERM;
		goto out;
	case FIONREAD:
		if (inode && inode_is_reg(inode)) {
			ret = put_user_s32(inode->size - ref.file->pos, (void __user *)arg);
			goto out;
		}
	}
	ret = ioctl_file(ref.file, cmd, (void __user *)arg);
	if (ret == -ENOIOCTLCMD && ref.file->ops->ioctl)
		ret = ref.file->ops->ioctl(ref.file, cmd, arg);
	if (ret == -ENOIOCTLCMD)
		ret = -ENOTTY;
out:
	fd_put(ref);
	return ret;
}
