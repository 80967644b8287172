/*
 * time.c - clocks: clock_gettime(2) and what came before it.
 *
 * A clock id is one of Linux's fixed numbers, or names the processor-time clock of a process or
 * thread: ~id << 3 | per-thread 4 | kind (clock_getcpuclockid(3)).
 */
#include "abi/time.h"
#include "core/clock.h"
#include "core/cred.h"
#include "mem/user.h"
#include "proc/process.h"
#include "sched/thread.h"
#include "syscall/clock.h"
#include "syscall/syscalls.h"

/* --- reading clocks --------------------------------------------------------- */

static u64 usage_of_kind(int kind, u64 user, u64 system, u64 exact)
{
	return kind == CPUCLOCK_VIRT ? user : kind == CPUCLOCK_PROF ? user + system : exact;
}

static u64 thread_clock(struct thread *thread, int kind)
{
	u64 user, system;

	if (kind == CPUCLOCK_SCHED)
		return thread_runtime_ns(thread);
	thread_cputime(thread, &user, &system);
	return usage_of_kind(kind, user, system, 0);
}

static u64 process_clock(struct process *process, int kind)
{
	struct process_usage usage;

	if (kind == CPUCLOCK_SCHED)
		return process_cpu_ns(process);
	process_usage_sum(process, &usage);
	return usage_of_kind(kind, usage.user_ns, usage.system_ns, 0);
}

/* A clock with a negative id.  -EINVAL: no such process, or a thread of another one. */
static int cpu_clock_read(int clock, ktime_t *now)
{
	int pid = ~(clock >> 3), kind = clock & 3;
	struct process *process;
	struct task *task;
	int err = 0;

	if (kind == CPUCLOCK_FD)
		return -EINVAL;
	if (clock & CPUCLOCK_THREAD) {
		if (pid == 0) {
			*now = (ktime_t)thread_clock(current, kind);
			return 0;
		}
		task = task_lookup(pid);
		if (!task)
			return -EINVAL;
		if (task->process == current_process())
			*now = (ktime_t)thread_clock(&task->thread, kind);
		else
			err = -EINVAL;
		task_put(task);
		return err;
	}
	if (pid == 0) {
		*now = (ktime_t)process_clock(current_process(), kind);
		return 0;
	}
	process = process_lookup(pid);
	if (!process)
		return -EINVAL;
	*now = (ktime_t)process_clock(process, kind);
	process_put(process);
	return 0;
}

int clock_read(int clock, ktime_t *now)
{
	switch (clock) {
	case CLOCK_REALTIME:
		*now = clock_realtime_ns();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
		*now = clock_monotonic_ns();
		return 0;
	case CLOCK_BOOTTIME:
		*now = clock_boottime_ns();
		return 0;
	case CLOCK_REALTIME_COARSE:
		*now = clock_realtime_coarse_ns();
		return 0;
	case CLOCK_MONOTONIC_COARSE:
		*now = clock_monotonic_coarse_ns();
		return 0;
	case CLOCK_TAI:
		*now = clock_tai_ns();
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
		*now = (ktime_t)process_cpu_ns(current_process());
		return 0;
	case CLOCK_THREAD_CPUTIME_ID:
		*now = (ktime_t)thread_runtime_ns(current);
		return 0;
	default:
		return clock < 0 ? cpu_clock_read(clock, now) : -EINVAL;
	}
}

int put_timespec(struct __kernel_timespec __user *uts, ktime_t ns)
{
	struct __kernel_timespec ts = ns_to_timespec(ns);

	return copy_to_user(uts, &ts, sizeof(ts));
}

/* clock_gettime(2).  EINVAL: no such clock.  EFAULT. */
long sys_clock_gettime(int clock, struct __kernel_timespec __user *uts)
{
	ktime_t now;
	int err = clock_read(clock, &now);

	return err ? err : put_timespec(uts, now);
}

/* clock_getres(2); @uts may be NULL. */
long sys_clock_getres(int clock, struct __kernel_timespec __user *uts)
{
	ktime_t now, res = 1;
	int err = clock_read(clock, &now);

	if (err)
		return err;
	if (clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE ||
	    (clock < 0 && (clock & 3) != CPUCLOCK_SCHED))
		res = CLOCK_COARSE_RES_NS;
	return uts ? put_timespec(uts, res) : 0;
}

/* clock_settime(2).  EINVAL: not settable, or no valid time.  EPERM: CAP_SYS_TIME; a
 * process's or thread's clock, by number. */
long sys_clock_settime(int clock, const struct __kernel_timespec __user *uts)
{
	struct __kernel_timespec ts;
	ktime_t now;

	if (clock != CLOCK_REALTIME && clock >= 0)
		return -EINVAL;
	if (copy_from_user(&ts, uts, sizeof(ts)))
		return -EFAULT;
	if (clock != CLOCK_REALTIME)
		return clock_read(clock, &now) ? -EINVAL : -EPERM;
	if (!timespec_valid(&ts))
		return -EINVAL;
	if (!cred_capable(current_cred(), CAP_SYS_TIME))
		return -EPERM;
	return clock_realtime_set(timespec_to_ns(&ts));
}

/* --- the older calls ------------------------------------------------------------- */

static struct timezone system_timezone; /* a word pair that only programs interpret */

/* gettimeofday(2); both may be NULL. */
long sys_gettimeofday(struct __kernel_old_timeval __user *utv, struct timezone __user *utz)
{
	struct __kernel_old_timeval tv = ns_to_timeval(clock_realtime_ns());

	if (utv && copy_to_user(utv, &tv, sizeof(tv)))
		return -EFAULT;
	if (utz && copy_to_user(utz, &system_timezone, sizeof(system_timezone)))
		return -EFAULT;
	return 0;
}

/* settimeofday(2); both may be NULL. */
long sys_settimeofday(const struct __kernel_old_timeval __user *utv,
		      const struct timezone __user *utz)
{
	struct __kernel_old_timeval tv;
	struct timezone tz;

	if (utv) {
		if (copy_from_user(&tv, utv, sizeof(tv)))
			return -EFAULT;
		if (!timeval_valid(&tv))
			return -EINVAL;
	}
	if (utz && copy_from_user(&tz, utz, sizeof(tz)))
		return -EFAULT;
	if (!cred_capable(current_cred(), CAP_SYS_TIME))
		return -EPERM;
	if (utz) {
		if (tz.tz_minuteswest > 15 * 60 || tz.tz_minuteswest < -15 * 60)
			return -EINVAL;
		system_timezone = tz;
	}
	return utv ? clock_realtime_set(timeval_to_ns(&tv)) : 0;
}

long sys_time(s64 __user *out)
{
	s64 now = clock_realtime_ns() / NSEC_PER_SEC;

	if (out && put_user_s64(now, out))
		return -EFAULT;
	return now;
}
