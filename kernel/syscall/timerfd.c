/* timerfd.c - timerfd_create(2) and its kin, signalfd(2): argument translation. */
#include "abi/fdtypes.h"
#include "abi/time.h"
#include "core/cred.h"
#include "fs/fdtable.h"
#include "ipc/timerfd.h"
#include "lib/errno.h"
#include "mem/user.h"
#include "proc/process.h"
#include "proc/signal/signalfd.h"
#include "syscall/syscalls.h"

long sys_timerfd_create(int clock, int flags)
{
	struct file *file;
	int fd, err;

	/* The machine never sleeps: a clock that would wake it is one like the others. */
	if (clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM) {
		if (flags & ~(TFD_CLOEXEC | TFD_NONBLOCK))
			return -EINVAL;
		if (!cred_capable(current_cred(), CAP_WAKE_ALARM))
			return -EPERM;
		clock = clock == CLOCK_REALTIME_ALARM ? CLOCK_REALTIME : CLOCK_BOOTTIME;
	}
	err = timerfd_new(clock, flags, &file);
	if (err)
		return err;
	fd = fdtable_add(current_fds(), file, flags & TFD_CLOEXEC);
	if (fd < 0)
		file_put(file);
	return fd;
}

static int put_spec(struct __kernel_itimerspec __user *dst, const struct timerfd_spec *spec)
{
	struct __kernel_itimerspec out = {
		.it_interval = ns_to_timespec(spec->interval_ns),
		.it_value = ns_to_timespec(spec->value_ns),
	};

	return copy_to_user(dst, &out, sizeof(out));
}

/* EBADF; EINVAL: not a timerfd, flags, times. */
long sys_timerfd_settime(int fd, int flags, const struct __kernel_itimerspec __user *unew,
			 struct __kernel_itimerspec __user *uold)
{
	struct __kernel_itimerspec new;
	struct timerfd_spec spec, old;
	struct fd_ref ref;
	long err = -EINVAL;

	if (copy_from_user(&new, unew, sizeof(new)))
		return -EFAULT;
	if (flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET) ||
	    !timespec_valid(&new.it_value) || !timespec_valid(&new.it_interval))
		return -EINVAL;
	ref = fd_get(current_fds(), fd);
	if (!ref.file)
		return -EBADF;
	if (!file_is_timerfd(ref.file))
		goto out_put;
	spec.value_ns = timespec_to_ns(&new.it_value);
	spec.interval_ns = timespec_to_ns(&new.it_interval);
	timerfd_set(ref.file, flags & TFD_TIMER_ABSTIME, flags & TFD_TIMER_CANCEL_ON_SET, &spec,
		    &old);
	err = uold ? put_spec(uold, &old) : 0;
out_put:
	fd_put(ref);
	return err;
}

long sys_timerfd_gettime(int fd, struct __kernel_itimerspec __user *dst)
{
	struct fd_ref ref = fd_get(current_fds(), fd);
	struct timerfd_spec spec;
	long err = -EINVAL;

	if (!ref.file)
		return -EBADF;
	if (file_is_timerfd(ref.file)) {
		timerfd_get(ref.file, &spec);
		err = put_spec(dst, &spec);
	}
	fd_put(ref);
	return err;
}

/* EBADF; EINVAL: not a signalfd, flags, size. */
long sys_signalfd4(int fd, const u64 __user *umask, size_t size, int flags)
{
	struct file *file;
	struct fd_ref ref;
	int err;
	u64 mask;

	if (size != sizeof(mask))
		return -EINVAL;
	if (get_user_u64(&mask, umask))
		return -EFAULT;
	if (flags & ~(SFD_CLOEXEC | SFD_NONBLOCK))
		return -EINVAL;
	if (fd != -1) {
		ref = fd_get(current_fds(), fd);
		if (!ref.file)
			return -EBADF;
		err = signalfd_change(ref.file, mask);
		fd_put(ref);
		return err ? err : fd;
	}
	err = signalfd_new(mask, flags, &file);
	if (err)
		return err;
	fd = fdtable_add(current_fds(), file, flags & SFD_CLOEXEC);
	if (fd < 0)
		file_put(file);
	return fd;
}

long sys_signalfd(int fd, const u64 __user *umask, size_t size)
{
	return sys_signalfd4(fd, umask, size, 0);
}
