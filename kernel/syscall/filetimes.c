/*
 * filetimes.c - utimensat(2), and the older calls that set the times of a file.
 */
#include <linux/utime.h>
#include "abi/fcntl.h"
#include "abi/time.h"
#include "fs/vfs.h"
#include "syscall/syscalls.h"
#include "syscall/user_path.h"

static const s64 times_now[2] = { VFS_UTIME_NOW, VFS_UTIME_NOW };

/* What fits into ns since 1970: the years 1677 to 2262. */
static s64 time_ns(s64 sec, s64 nsec)
{
	const s64 limit = S64_MAX / NSEC_PER_SEC - 1;

	return clamp(sec, -limit, limit) * NSEC_PER_SEC + nsec;
}

/* What is no time is found out about behind the name. */
static int times_from(const struct __kernel_timespec __user *utimes, s64 out[2])
{
	struct __kernel_timespec ts[2];

	if (copy_from_user(ts, utimes, sizeof(ts)))
		return -EFAULT;
	for (int i = 0; i < 2; i++) {
		if (ts[i].tv_nsec == UTIME_NOW)
			out[i] = VFS_UTIME_NOW;
		else if (ts[i].tv_nsec == UTIME_OMIT)
			out[i] = VFS_UTIME_OMIT;
		else if ((u64)ts[i].tv_nsec >= NSEC_PER_SEC)
			out[i] = VFS_UTIME_INVALID;
		else
			out[i] = time_ns(ts[i].tv_sec, ts[i].tv_nsec);
	}
	return 0;
}

static long utimes_path(int dfd, const char __user *uname, const s64 times[2], int flags)
{
	struct path path;
	long ret = user_path_lookup_at(dfd, uname, flags, &path);

	if (ret)
		return ret;
	ret = vfs_utimes(current_caller(), &path, times);
	path_put(&path);
	return ret;
}

static long utimes_fd(int fd, const s64 times[2])
{
	struct fd_ref ref;
	long ret = user_fd_path(fd, false, &ref);

	if (ret)
		return ret;
	ret = vfs_utimes(current_caller(), &ref.file->path, times);
	fd_put(ref);
	return ret;
}

long sys_utimensat(int dfd, const char __user *uname, const struct __kernel_timespec __user *utimes,
		   int flags)
{
	s64 times[2] = { VFS_UTIME_NOW, VFS_UTIME_NOW };
	int err = utimes ? times_from(utimes, times) : 0;

	if (err)
		return err;
	if (times[0] == VFS_UTIME_OMIT && times[1] == VFS_UTIME_OMIT)
		return 0;
	if (!uname && dfd != AT_FDCWD)
		return flags ? -EINVAL : utimes_fd(dfd, times);
	return utimes_path(dfd, uname, times, flags);
}

long sys_futimesat(int dfd, const char __user *uname,
		   const struct __kernel_old_timeval __user *utimes)
{
	struct __kernel_old_timeval tv[2];
	s64 times[2];

	if (utimes && copy_from_user(tv, utimes, sizeof(tv)))
		return -EFAULT;
	for (int i = 0; i < 2; i++) {
		times[i] = VFS_UTIME_NOW;
		if (!utimes)
			continue;
		if (tv[i].tv_usec < 0 || tv[i].tv_usec >= 1000000)
			return -EINVAL;
		times[i] = time_ns(tv[i].tv_sec, tv[i].tv_usec * NSEC_PER_USEC);
	}
	if (!uname && dfd != AT_FDCWD)
		return utimes_fd(dfd, times);
	return utimes_path(dfd, uname, times, 0);
}

long sys_utimes(const char __user *uname, const struct __kernel_old_timeval __user *utimes)
{
	return sys_futimesat(AT_FDCWD, uname, utimes);
}

long sys_utime(const char __user *uname, const struct utimbuf __user *utimes)
{
	struct utimbuf buf;
	s64 times[2];

	if (!utimes)
		return utimes_path(AT_FDCWD, uname, times_now, 0);
	if (copy_from_user(&buf, utimes, sizeof(buf)))
		return -EFAULT;
	times[0] = time_ns(buf.actime, 0);
	times[1] = time_ns(buf.modtime, 0);
	return utimes_path(AT_FDCWD, uname, times, 0);
}
