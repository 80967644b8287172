/* Time structures as 64-bit system calls take them. */
#pragma once

#include <linux/time.h>
#include <linux/time_types.h>
#include "lib/types.h"

static_assert(sizeof(struct __kernel_timespec) == 16, "timespec ABI");
static_assert(sizeof(struct __kernel_itimerspec) == 32, "itimerspec ABI");
static_assert(sizeof(struct __kernel_old_timeval) == 16, "timeval ABI");
static_assert(sizeof(struct __kernel_old_itimerval) == 32, "itimerval ABI");

/*
 * A negative clock id is the processor-time clock of a process or thread,
 * ~id << 3 | CPUCLOCK_THREAD | kind (clock_getcpuclockid(3)), or a device's: ~fd << 3 | CPUCLOCK_FD.
 * Id 0 is the caller.
 */
#define CPUCLOCK_PROF	     0 /* user + system */
#define CPUCLOCK_VIRT	     1 /* user */
#define CPUCLOCK_SCHED	     2 /* exact run time */
#define CPUCLOCK_FD	     3
#define CPUCLOCK_THREAD	     4
#define CPUCLOCK_OWN_PROCESS (-6)
#define CPUCLOCK_OWN_THREAD  (-2)

static inline bool clock_is_device(int clock)
{
	return clock < 0 && (clock & 7) == CPUCLOCK_FD;
}

static inline bool timespec_valid(const struct __kernel_timespec *ts)
{
	return ts->tv_sec >= 0 && ts->tv_nsec >= 0 && ts->tv_nsec < NSEC_PER_SEC;
}
/* Saturates at S64_MAX, which waits as good as for ever. */
static inline ktime_t timespec_to_ns(const struct __kernel_timespec *ts)
{
	if (ts->tv_sec >= S64_MAX / NSEC_PER_SEC)
		return S64_MAX;
	return ts->tv_sec * NSEC_PER_SEC + ts->tv_nsec;
}
static inline struct __kernel_timespec ns_to_timespec(ktime_t ns)
{
	struct __kernel_timespec ts = { .tv_sec = ns / NSEC_PER_SEC, .tv_nsec = ns % NSEC_PER_SEC };

	if (ts.tv_nsec < 0) {
		ts.tv_sec--;
		ts.tv_nsec += NSEC_PER_SEC;
	}
	return ts;
}
static inline bool timeval_valid(const struct __kernel_old_timeval *tv)
{
	return tv->tv_sec >= 0 && tv->tv_usec >= 0 && tv->tv_usec < 1000000;
}
static inline ktime_t timeval_to_ns(const struct __kernel_old_timeval *tv)
{
	if (tv->tv_sec >= S64_MAX / NSEC_PER_SEC)
		return S64_MAX;
	return tv->tv_sec * NSEC_PER_SEC + tv->tv_usec * NSEC_PER_USEC;
}
static inline struct __kernel_old_timeval ns_to_timeval(ktime_t ns)
{
	struct __kernel_timespec ts = ns_to_timespec(ns);

	return (struct __kernel_old_timeval){ .tv_sec = ts.tv_sec, .tv_usec = ts.tv_nsec / 1000 };
}
/* When @rel_ns from @now is, saturating. */
static inline ktime_t deadline_after(ktime_t now, ktime_t rel_ns)
{
	return rel_ns > S64_MAX - now ? S64_MAX : now + rel_ns;
}
