/* timer.c - setitimer(2), alarm(2), timer_create(2): argument translation. */
#include "abi/signal.h"
#include "abi/time.h"
#include "lib/string.h"
#include "mem/user.h"
#include "proc/itimer.h"
#include "proc/posix_timer.h"
#include "proc/process.h"
#include "syscall/syscalls.h"

static struct __kernel_old_timeval timeval_of(u64 ns)
{
	return (struct __kernel_old_timeval){
		.tv_sec = ns / NSEC_PER_SEC,
		.tv_usec = ns % NSEC_PER_SEC / NSEC_PER_USEC,
	};
}

static int put_itimerval(struct __kernel_old_itimerval __user *dst, u64 value, u64 interval)
{
	struct __kernel_old_itimerval out = {
		.it_interval = timeval_of(interval),
		.it_value = timeval_of(value),
	};

	return copy_to_user(dst, &out, sizeof(out));
}

long sys_getitimer(int which, struct __kernel_old_itimerval __user *dst)
{
	u64 value, interval;

	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	itimer_get(which, &value, &interval);
	return put_itimerval(dst, value, interval);
}

/* A NULL @src disarms, as Linux does. */
long sys_setitimer(int which, const struct __kernel_old_itimerval __user *src,
		   struct __kernel_old_itimerval __user *old)
{
	struct __kernel_old_itimerval new;
	u64 value, interval;

	memset(&new, 0, sizeof(new));
	if (src && copy_from_user(&new, src, sizeof(new)))
		return -EFAULT;
	if (!timeval_valid(&new.it_value) || !timeval_valid(&new.it_interval))
		return -EINVAL;
	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	itimer_set(which, timeval_to_ns(&new.it_value), timeval_to_ns(&new.it_interval), &value,
		   &interval);
	return old ? put_itimerval(old, value, interval) : 0;
}

/* Seconds left of the one before, rounded, but never to 0. */
long sys_alarm(unsigned seconds)
{
	u64 value, interval, left;

	itimer_set(ITIMER_REAL, min(seconds, (unsigned)INT_MAX) * (u64)NSEC_PER_SEC, 0, &value,
		   &interval);
	left = value / NSEC_PER_SEC;
	if ((!left && value) || value % NSEC_PER_SEC >= NSEC_PER_SEC / 2)
		left++;
	return left;
}

long sys_timer_create(int clock, const void __user *uevent, int __user *uid)
{
	struct sigevent event;
	int id, err;

	memset(&event, 0, sizeof(event));
	if (uevent) {
		if (copy_from_user(&event, uevent, sizeof(event)))
			return -EFAULT;
	} else {
		event.sigev_notify = SIGEV_SIGNAL;
		event.sigev_signo = SIGALRM;
	}
	err = posix_timer_create(clock, &event, uevent == NULL, &id);
	if (id >= 0 && put_user_s32(id, uid)) {
		if (!err)
			posix_timer_delete(id);
		return -EFAULT;
	}
	return err;
}

static int put_spec(struct __kernel_itimerspec __user *dst, const struct posix_timer_spec *spec)
{
	struct __kernel_itimerspec out = {
		.it_interval = ns_to_timespec(spec->interval_ns),
		.it_value = ns_to_timespec(spec->value_ns),
	};

	return copy_to_user(dst, &out, sizeof(out));
}

long sys_timer_settime(int id, int flags, const struct __kernel_itimerspec __user *unew,
		       struct __kernel_itimerspec __user *uold)
{
	struct __kernel_itimerspec new;
	struct posix_timer_spec spec, old;
	int err;

	if (!unew)
		return -EINVAL;
	if (copy_from_user(&new, unew, sizeof(new)))
		return -EFAULT;
	if (!timespec_valid(&new.it_value) || !timespec_valid(&new.it_interval))
		return -EINVAL;
	spec.value_ns = timespec_to_ns(&new.it_value);
	spec.interval_ns = timespec_to_ns(&new.it_interval);
	err = posix_timer_settime(id, flags & TIMER_ABSTIME, &spec, &old);
	if (!err && uold)
		err = put_spec(uold, &old);
	return err;
}

long sys_timer_gettime(int id, struct __kernel_itimerspec __user *dst)
{
	struct posix_timer_spec spec;
	int err = posix_timer_gettime(id, &spec);

	return err ? err : put_spec(dst, &spec);
}

long sys_timer_getoverrun(int id)
{
	return posix_timer_getoverrun(id);
}

long sys_timer_delete(int id)
{
	return posix_timer_delete(id);
}
