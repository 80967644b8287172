/*
 * Descriptors: close, dup, fcntl, flock; and what fs/ asks about the caller.
 */
#include <linux/close_range.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/memfd.h>

#include "abi/ioctl.h"
#include "core/cred.h"
#include "core/rlimit.h"
#include "fs/fdtable.h"
#include "fs/flock.h"
#include "fs/sigio.h"
#include "fs/superblock.h"
#include "fs/tmpfs/tmpfs.h"
#include "fs/vfs.h"
#include "ipc/pipe.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "mem/user.h"
#include "proc/process.h"
#include "syscall/fd.h"
#include "syscall/syscalls.h"
#include "vm/page_cache.h"

const struct cred *file_current_cred(void)
{
	struct task *task = current->owner;

	return likely(task) ? task->caller.cred : &cred_root;
}

u64 fdtable_limit(void)
{
	struct task *task = current->owner;

	return likely(task) ? rlimit_cur(task->caller.limits, RLIMIT_NOFILE) : 1024;
}

u64 file_size_limit(void)
{
	struct task *task = current->owner;

	return likely(task) ? rlimit_cur(task->caller.limits, RLIMIT_FSIZE) : U64_MAX;
}

/* --- close, dup ---------------------------------------------------------- */

long sys_close(int fd)
{
	int ret = fdtable_close(current_fds(), fd);

	/* The descriptor is gone: the call cannot be restarted. */
	if (unlikely(ret == -ERESTARTSYS || ret == -ERESTARTNOINTR))
		ret = -EINTR;
	return ret;
}

long sys_close_range(unsigned first, unsigned last, unsigned flags)
{
	int err = 0;

	if (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) || first > last)
		return -EINVAL;
	if (flags & CLOSE_RANGE_UNSHARE)
		err = task_unshare_fds(current_task());
	if (err)
		return err;
	return fdtable_close_range(current_fds(), first, last, flags & CLOSE_RANGE_CLOEXEC);
}

static long dup_from(int fd, u32 min, bool cloexec)
{
	struct fdtable *fds = current_fds();
	struct fd_ref ref = fd_get_raw(fds, fd);
	int new;

	if (!ref.file)
		return -EBADF;
	new = fdtable_reserve_from(fds, min);
	if (new >= 0) {
		file_get(ref.file);
		fdtable_install(fds, new, ref.file, cloexec);
	}
	fd_put(ref);
	return new;
}

long sys_dup(int fd)
{
	long new = dup_from(fd, 0, false);

	return new == -EINVAL ? -EMFILE : new; /* RLIMIT_NOFILE is 0 */
}

static long dup_to(int old, int new, bool cloexec)
{
	struct fdtable *fds = current_fds();
	struct fd_ref ref = fd_get_raw(fds, old);
	int ret;

	if (!ref.file)
		return -EBADF;
	ret = fdtable_dup2(fds, ref.file, new, cloexec);
	fd_put(ref);
	return ret;
}

long sys_dup2(int old, int new)
{
	if (old == new) {
		struct fd_ref ref = fd_get_raw(current_fds(), old);

		if (!ref.file)
			return -EBADF;
		fd_put(ref);
		return new;
	}
	return dup_to(old, new, false);
}

long sys_dup3(int old, int new, int flags)
{
	if (flags & ~O_CLOEXEC || old == new)
		return -EINVAL;
	return dup_to(old, new, flags & O_CLOEXEC);
}

/* --- F_SETFL ------------------------------------------------------------- */

/* O_ASYNC is sigio_register()'s: only objects that signal have it. */
#define SETFL_MASK (O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME)

long fd_set_flags(int fd, struct file *file, u32 arg)
{
	u32 old = file->flags, changed = (arg ^ old) & (SETFL_MASK | FASYNC);
	struct inode *inode = file->inode;
	int err;

	if (inode && (changed & O_APPEND) && !(arg & O_APPEND) && (inode->flags & INODE_APPEND))
		return -EPERM;
	if (inode && (changed & arg & O_NOATIME) &&
	    !inode_owner_or_capable(current_caller(), inode))
		return -EPERM;
	if ((changed & arg & O_DIRECT) && !(file->ops->flags & FILE_PACKETS))
		return -EINVAL;
	if (file->ops->set_flags) {
		err = file->ops->set_flags(file, (old & ~SETFL_MASK) | (arg & SETFL_MASK));
		if (err)
			return err;
	}
	if ((changed & FASYNC) && file->ops->sigio) {
		err = sigio_register(file->ops->sigio(file), file, fd, arg & FASYNC);
		if (err)
			return err;
		if ((arg & FASYNC) && file->ops->sigio_on)
			file->ops->sigio_on(file);
	}
	old = file->flags;
	WRITE_ONCE(file->flags, (old & ~SETFL_MASK) | (arg & SETFL_MASK));
	return 0;
}

/* --- Owners of SIGIO ----------------------------------------------------- */

static long set_owner_ex(struct file *file, const struct f_owner_ex __user *uarg)
{
	struct f_owner_ex ex;

	if (copy_from_user(&ex, uarg, sizeof(ex)))
		return -EFAULT;
	if (ex.type < F_OWNER_TID || ex.type > F_OWNER_PGRP)
		return -EINVAL;
	return sigio_set_owner(file, current_cred(), ex.type, ex.pid);
}

static long get_owner_uids(struct file *file, void __user *uarg)
{
	u32 uids[2];

	sigio_get_owner_uids(file, uids);
	return copy_to_user(uarg, uids, sizeof(uids));
}

/* --- Seals --------------------------------------------------------------- */

#define ALL_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)

static bool is_memfd(const struct file *file)
{
	return file->ops == &tmpfs_file_ops;
}

static long add_seals(struct file *file, u32 seals)
{
	struct inode *inode = file->inode;
	long ret = 0;

	if (!is_memfd(file))
		return -EINVAL;
	if (!(file->mode & FMODE_WRITE))
		return -EPERM;
	if (seals & ~ALL_SEALS)
		return -EINVAL;
	if (!(inode->flags & INODE_PRIVATE))
		return -EPERM; /* a named tmpfs file is sealed against seals */
	mutex_lock(&inode->lock);
	if (inode->seals & F_SEAL_SEAL)
		ret = -EPERM;
	else if ((seals & F_SEAL_WRITE) && !(inode->seals & F_SEAL_WRITE) &&
		 page_cache_mapped_writable(inode->cache))
		ret = -EBUSY;
	else
		inode->seals |= seals;
	mutex_unlock(&inode->lock);
	return ret;
}

/* --- Record locks -------------------------------------------------------- */

static long fcntl_lock(struct file *file, int fd, unsigned cmd, struct flock __user *uarg)
{
	bool ofd = cmd == F_OFD_GETLK || cmd == F_OFD_SETLK || cmd == F_OFD_SETLKW;
	const void *owner = ofd ? (void *)file : current_fds();
	struct flock lock;
	long ret;

	if (copy_from_user(&lock, uarg, sizeof(lock)))
		return -EFAULT;
	if (ofd && lock.l_pid != 0)
		return -EINVAL;
	if (cmd == F_GETLK || cmd == F_OFD_GETLK) {
		ret = record_lock_get(file, owner, &lock, ofd);
		if (!ret)
			ret = copy_to_user(uarg, &lock, sizeof(lock));
		return ret;
	}
	ret = record_lock_set(file, owner, process_number(current_process()), cmd, &lock);
	/* Another thread closed the descriptor meanwhile, and may not have met this lock. */
	if (!ret && !ofd && lock.l_type != F_UNLCK && fdtable_peek(current_fds(), fd) != file) {
		record_lock_release(file, owner);
		ret = -EBADF;
	}
	return ret;
}

long sys_flock(int fd, int op)
{
	struct fd_ref ref;
	int kind = op & ~LOCK_NB;
	long ret;

	if (op & LOCK_MAND) /* was for Samba: since 5.18 accepted and without effect */
		return 0;
	if (kind != LOCK_SH && kind != LOCK_EX && kind != LOCK_UN)
		return -EINVAL;
	ref = fd_get(current_fds(), fd);
	if (!ref.file)
		return -EBADF;
	ret = flock_set(ref.file, op, process_number(current_process()));
	fd_put(ref);
	return ret;
}

/* How long what is written will live: remembered for who asks.  fcntl(2) */
static long rw_hint(struct file *file, unsigned cmd, u64 __user *uhint)
{
	u64 hint;

	if (!file->inode)
		return -EINVAL;
	if (cmd == F_GET_RW_HINT)
		return put_user_u64(READ_ONCE(file->inode->write_hint), uhint);
	if (get_user_u64(&hint, uhint))
		return -EFAULT;
	if (hint > RWH_WRITE_LIFE_EXTREME)
		return -EINVAL;
	WRITE_ONCE(file->inode->write_hint, hint);
	return 0;
}

/* --- fcntl --------------------------------------------------------------- */

/* What works on an O_PATH descriptor too; -ENOIOCTLCMD: not one of these. */
static long fcntl_descriptor(struct fdtable *fds, int fd, struct file *file, unsigned cmd, u64 arg)
{
	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		return dup_from(fd, arg, cmd == F_DUPFD_CLOEXEC);
	case F_GETFD:
		return fdtable_get_cloexec(fds, fd);
	case F_SETFD:
		return fdtable_set_cloexec(fds, fd, arg & FD_CLOEXEC);
	case F_GETFL:
		return file->flags;
	}
	return -ENOIOCTLCMD;
}

static long fcntl_file(int fd, struct file *file, unsigned cmd, u64 arg)
{
	struct f_owner_ex ex;
	int number = (int)arg;

	switch (cmd) {
	case F_SETFL:
		return fd_set_flags(fd, file, arg);
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_GETLK:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return fcntl_lock(file, fd, cmd, (struct flock __user *)arg);
	case F_SETOWN:
		if (number == INT_MIN)
			return -EINVAL;
		return sigio_set_owner(file, current_cred(),
				       number < 0 ? F_OWNER_PGRP : F_OWNER_PID,
				       number < 0 ? -number : number);
	case F_GETOWN:
		sigio_get_owner(file, &ex);
		return ex.type == F_OWNER_PGRP ? -ex.pid : ex.pid;
	case F_SETOWN_EX:
		return set_owner_ex(file, (const void __user *)arg);
	case F_GETOWN_EX:
		sigio_get_owner(file, &ex);
		return copy_to_user((void __user *)arg, &ex, sizeof(ex));
	case F_SETSIG:
		if (arg > SIGNAL_MAX)
			return -EINVAL;
		return sigio_set_signal(file, arg);
	case F_GETSIG:
		return sigio_get_signal(file);
	case F_GETOWNER_UIDS:
		return get_owner_uids(file, (void __user *)arg);
	case F_GET_RW_HINT:
	case F_SET_RW_HINT:
		return rw_hint(file, cmd, (u64 __user *)arg);
	case F_GETLEASE:
		return F_UNLCK;
	case F_GETPIPE_SZ:
		return pipe_get_size(file);
	case F_SETPIPE_SZ:
		return pipe_set_size(file, current_cred(), arg);
	case F_ADD_SEALS:
		return add_seals(file, arg);
	case F_GET_SEALS:
		if (!is_memfd(file))
			return -EINVAL;
		return file->inode->flags & INODE_PRIVATE ? file->inode->seals : F_SEAL_SEAL;
	}
	return -EINVAL;
}

long sys_fcntl(int fd, unsigned cmd, u64 arg)
{
	struct fdtable *fds = current_fds();
	struct fd_ref ref = fd_get_raw(fds, fd);
	long ret;

	if (!ref.file)
		return -EBADF;
	ret = fcntl_descriptor(fds, fd, ref.file, cmd, arg);
	if (ret == -ENOIOCTLCMD)
		ret = ref.file->mode & FMODE_PATH ? -EBADF : fcntl_file(fd, ref.file, cmd, arg);
	fd_put(ref);
	return ret;
}

/* --- memfd ---------------------------------------------------------------- */

long sys_memfd_create(const char __user *uname, unsigned flags)
{
	char name[256];
	struct file *file;
	long len;
	int fd;

	/* Huge pages are not there: as on a kernel without hugetlbfs. */
	if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING))
		return -EINVAL;
	memcpy(name, "memfd:", 6);
	len = strncpy_from_user(name + 6, uname, 250);
	if (len == -ENAMETOOLONG)
		return -EINVAL;
	if (len < 0)
		return len;
	fd = tmpfs_file_new(name, 0, O_RDWR | O_LARGEFILE,
			    flags & MFD_ALLOW_SEALING ? 0 : F_SEAL_SEAL, &file);
	if (fd)
		return fd;
	fd = fdtable_add(current_fds(), file, flags & MFD_CLOEXEC);
	if (fd < 0)
		file_put(file);
	return fd;
}
