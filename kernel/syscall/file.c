/*
 * file.c - bytes from and to descriptors: read(2), write(2), with offsets and with vectors; lseek(2).
 */
#include <linux/fs.h>
#include "abi/fcntl.h"
#include "fs/fdtable.h"
#include "fs/vfs.h"
#include "mem/uio.h"
#include "proc/process.h"
#include "syscall/syscalls.h"
#include "syscall/user_path.h"
#include "syscall/write_done.h"

/* What a failed write means for the caller: write(2) on SIGPIPE and SIGXFSZ. */
__cold long write_failed(long ret)
{
	if (ret == -EPIPE)
		signal_send_current(SIGPIPE);
	else if (ret == -EFBIG && file_size_limit() != RLIM64_INFINITY)
		signal_send_current(SIGXFSZ);
	return ret;
}

/* --- read, write --------------------------------------------------------- */

long sys_read(int fd, char __user *buf, size_t len)
{
	struct fd_ref ref = fd_get(current_fds(), fd);
	struct uio uio;
	long ret;

	if (unlikely(!ref.file))
		return -EBADF;
	ret = uio_init_user(&uio, buf, len);
	if (likely(!ret))
		ret = vfs_read(ref.file, &uio, NULL);
	else if (!(ref.file->mode & FMODE_READ))
		ret = -EBADF;
	fd_put(ref);
	return ret;
}

long sys_write(int fd, const char __user *buf, size_t len)
{
	struct fd_ref ref = fd_get(current_fds(), fd);
	struct uio uio;
	long ret;

	if (unlikely(!ref.file))
		return -EBADF;
	ret = uio_init_user(&uio, (char __user *)buf, len);
	if (likely(!ret))
		ret = vfs_write(ref.file, &uio, NULL);
	else if (!(ref.file->mode & FMODE_WRITE))
		ret = -EBADF;
	fd_put(ref);
	return write_done(ret);
}

/* -ESPIPE, -EINVAL, -EBADF: may this file be used at an offset? */
static inline int check_offset(const struct file *file, s64 offset, size_t len, u32 mode)
{
	s64 end;

	if (unlikely(offset < 0))
		return -EINVAL;
	if (unlikely(file->ops->flags & FILE_STREAM))
		return -ESPIPE;
	if (unlikely(!(file->mode & mode)))
		return -EBADF;
	if (unlikely(__builtin_add_overflow(offset, (s64)min_t(size_t, len, UIO_MAX_BYTES), &end)))
		return -EINVAL;
	return 0;
}

long sys_pread64(int fd, char __user *buf, size_t len, s64 offset)
{
	struct fd_ref ref = fd_get(current_fds(), fd);
	struct uio uio;
	u64 pos = offset;
	long ret;

	if (unlikely(!ref.file))
		return offset < 0 ? -EINVAL : -EBADF;
	ret = check_offset(ref.file, offset, len, FMODE_READ);
	if (likely(!ret))
		ret = uio_init_user(&uio, buf, len);
	if (likely(!ret))
		ret = vfs_read(ref.file, &uio, &pos);
	fd_put(ref);
	return ret;
}

long sys_pwrite64(int fd, const char __user *buf, size_t len, s64 offset)
{
	struct fd_ref ref = fd_get(current_fds(), fd);
	struct uio uio;
	u64 pos = offset;
	long ret;

	if (unlikely(!ref.file))
		return offset < 0 ? -EINVAL : -EBADF;
	ret = check_offset(ref.file, offset, len, FMODE_WRITE);
	if (likely(!ret))
		ret = uio_init_user(&uio, (char __user *)buf, len);
	if (likely(!ret))
		ret = vfs_write(ref.file, &uio, &pos);
	fd_put(ref);
	return write_done(ret);
}

/* --- vectors ------------------------------------------------------------- */

#define RWF_KNOWN (RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_APPEND | RWF_NOWAIT)

/*
 * offset -1: the file's position.  The order of the checks is Linux's: can it be
 * used at an offset, the vector, the mode, whether it reads or writes at all, the
 * offset's end; with nothing to move the flags do not matter.
 */
static long transfer_vector(int fd, const struct iovec __user *vec, unsigned long n, s64 offset,
			    int flags, bool write)
{
	struct fd_ref ref = fd_get(current_fds(), fd);
	struct iovec fast[UIO_FAST_SEGS], *heap = NULL;
	struct file *file = ref.file;
	u64 pos = offset, *at = NULL;
	struct uio uio;
	long ret;

	if (!file)
		return -EBADF;
	ret = -ESPIPE;
	if (offset != -1 && (file->ops->flags & FILE_STREAM))
		goto out;
	ret = uio_init_iovec(&uio, vec, n, fast, &heap);
	if (ret)
		goto out_free;
	ret = -EBADF;
	if (!(file->mode & (write ? FMODE_WRITE : FMODE_READ)))
		goto out_free;
	ret = -EINVAL;
	if (write ? !file->ops->write : !file->ops->read)
		goto out_free;
	ret = 0;
	if (!uio.len)
		goto out_free;
	if (offset != -1) {
		ret = check_offset(file, offset, uio.len, FMODE_READ | FMODE_WRITE);
		if (ret)
			goto out_free;
		at = &pos;
	}
	ret = -EOPNOTSUPP;
	if (flags & ~RWF_KNOWN)
		goto out_free;
	if ((flags & RWF_NOWAIT) && !(file->ops->flags & FILE_NOWAIT_OK))
		goto out_free;
	uio.nowait = flags & RWF_NOWAIT;
	if (write && (flags & RWF_APPEND) && !(file->ops->flags & FILE_STREAM)) {
		pos = FILE_POS_APPEND;
		ret = vfs_write(file, &uio, &pos);
		if (ret > 0 && offset == -1)
			file->pos = pos;
	} else {
		ret = write ? vfs_write(file, &uio, at) : vfs_read(file, &uio, at);
	}
	if (write && ret > 0 && (flags & (RWF_SYNC | RWF_DSYNC)) && file->ops->fsync) {
		int err = file->ops->fsync(file, !(flags & RWF_SYNC));

		if (err)
			ret = err;
	}
out_free:
	kfree(heap);
out:
	fd_put(ref);
	return write ? write_done(ret) : ret;
}

long sys_readv(int fd, const struct iovec __user *vec, int n)
{
	return transfer_vector(fd, vec, (unsigned)n, -1, 0, false);
}

long sys_writev(int fd, const struct iovec __user *vec, int n)
{
	return transfer_vector(fd, vec, (unsigned)n, -1, 0, true);
}

long sys_preadv(int fd, const struct iovec __user *vec, int n, u64 low, u64 high)
{
	return (s64)low < 0 ? -EINVAL : transfer_vector(fd, vec, (unsigned)n, low, 0, false);
}

long sys_pwritev(int fd, const struct iovec __user *vec, int n, u64 low, u64 high)
{
	return (s64)low < 0 ? -EINVAL : transfer_vector(fd, vec, (unsigned)n, low, 0, true);
}

long sys_preadv2(int fd, const struct iovec __user *vec, int n, u64 low, u64 high, int flags)
{
	if ((s64)low < -1)
		return -EINVAL;
	return transfer_vector(fd, vec, (unsigned)n, low, flags, false);
}

long sys_pwritev2(int fd, const struct iovec __user *vec, int n, u64 low, u64 high, int flags)
{
	if ((s64)low < -1)
		return -EINVAL;
	return transfer_vector(fd, vec, (unsigned)n, low, flags, true);
}

long sys_lseek(int fd, s64 offset, int whence)
{
	struct fd_ref ref = fd_get(current_fds(), fd);
	s64 ret;

	if (unlikely(!ref.file))
		return -EBADF;
	ret = (unsigned)whence <= SEEK_HOLE ? vfs_llseek(ref.file, offset, whence) : -EINVAL;
	fd_put(ref);
	return ret;
}
