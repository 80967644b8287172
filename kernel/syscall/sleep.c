/*
 * sleep.c - nanosleep(2), clock_nanosleep(2).
 *
 * Sleeps on realtime clocks look at the clock again every second, so that a step of the clock
 * ends them at most a second late.  A relative sleep that a signal interrupts leaves its
 * absolute deadline for restart_syscall(2).
 */
#include "abi/time.h"
#include "core/clock.h"
#include "lib/errno.h"
#include "mem/user.h"
#include "sched/thread.h"
#include "syscall/clock.h"
#include "syscall/syscalls.h"

#define STEP_CHECK_NS NSEC_PER_SEC

/* Until the realtime clock (or TAI) shows @until. */
static int sleep_realtime(int clock, ktime_t until)
{
	for (;;) {
		ktime_t now, mono;
		int err = clock_read(clock, &now);

		if (err)
			return err;
		if (now >= until)
			return 0;
		mono = clock_monotonic_ns();
		err = thread_sleep_until(deadline_after(mono, min(until - now, STEP_CHECK_NS)),
					 SLEEP_INTERRUPTIBLE);
		if (err)
			return err;
	}
}

/* Until a processor-time clock shows @until: it cannot get there before the rest, shared by all
 * CPUs, has passed. */
static int sleep_cpu_clock(int clock, ktime_t until)
{
	for (;;) {
		ktime_t now, rest;
		int err = clock_read(clock, &now);

		if (err)
			return err;
		if (now >= until)
			return 0;
		rest = max((until - now) / (ktime_t)cpu_online_count(), NSEC_PER_MSEC);
		err = thread_sleep_until(deadline_after(clock_monotonic_ns(), rest),
					 SLEEP_INTERRUPTIBLE);
		if (err)
			return err;
	}
}

static int sleep_on(int clock, ktime_t until)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_TAI:
		return sleep_realtime(clock, until);
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
		return thread_sleep_until(until, SLEEP_INTERRUPTIBLE);
	default:
		return sleep_cpu_clock(clock, until);
	}
}

static long sleep_restart(struct restart_block *block);

/* A relative sleep; @clock is CLOCK_MONOTONIC or a processor-time clock. */
static long sleep_relative(int clock, ktime_t until, struct __kernel_timespec __user *remain)
{
	int err = sleep_on(clock, until);
	ktime_t now;

	if (err != -ERESTARTSYS)
		return err;
	if (remain) {
		if (clock_read(clock, &now))
			return -EINVAL;
		if (now >= until)
			return 0;
		if (put_timespec(remain, until - now))
			return -EFAULT;
	}
	current->restart.fn = sleep_restart;
	current->restart.nanosleep.clock = clock;
	current->restart.nanosleep.remain = remain;
	current->restart.nanosleep.deadline_ns = until;
	return -ERESTART_RESTARTBLOCK;
}

static long sleep_restart(struct restart_block *block)
{
	return sleep_relative(block->nanosleep.clock, block->nanosleep.deadline_ns,
			      block->nanosleep.remain);
}

static int get_timespec(const struct __kernel_timespec __user *uts, ktime_t *ns)
{
	struct __kernel_timespec ts;

	if (copy_from_user(&ts, uts, sizeof(ts)))
		return -EFAULT;
	if (!timespec_valid(&ts))
		return -EINVAL;
	*ns = timespec_to_ns(&ts);
	return 0;
}

/* nanosleep(2).  EFAULT, EINVAL; EINTR with the rest in @remain. */
long sys_nanosleep(const struct __kernel_timespec __user *request,
		   struct __kernel_timespec __user *remain)
{
	ktime_t length;
	int err = get_timespec(request, &length);

	if (err)
		return err;
	return sleep_relative(CLOCK_MONOTONIC, deadline_after(clock_monotonic_ns(), length),
			      remain);
}

/* clock_nanosleep(2).  EOPNOTSUPP: a clock nobody can sleep on. */
long sys_clock_nanosleep(int clock, int flags, const struct __kernel_timespec __user *request,
			 struct __kernel_timespec __user *remain)
{
	ktime_t time, now;
	int err;

	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_TAI:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
	case CLOCK_PROCESS_CPUTIME_ID:
		break;
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_THREAD_CPUTIME_ID:
		return -EOPNOTSUPP;
	default:
		if (clock_is_device(clock))
			return -EOPNOTSUPP;
		if (clock >= 0)
			return -EINVAL;
	}
	err = get_timespec(request, &time);
	if (err)
		return err;
	/* The own thread's time stands still while it sleeps. */
	if (clock < 0 && clock & CPUCLOCK_THREAD && ~(clock >> 3) == 0)
		return -EINVAL;
	err = clock_read(clock, &now);
	if (err)
		return err;
	if (flags & TIMER_ABSTIME) {
		err = sleep_on(clock, time);
		return err == -ERESTARTSYS ? -ERESTARTNOHAND : err;
	}
	/* A relative sleep does not follow steps of the clock. */
	if (clock == CLOCK_REALTIME || clock == CLOCK_TAI || clock == CLOCK_BOOTTIME) {
		clock = CLOCK_MONOTONIC;
		now = clock_monotonic_ns();
	}
	return sleep_relative(clock, deadline_after(now, time), remain);
}
