/* syscall/time.c - clocks and sleeping.
 *
 * A clock id is one of Linux's fixed numbers, or names the processor-time clock of a process or
 * thread: ~id << 3 | per-thread 4 | kind (clock_getcpuclockid(3)).
 *
 * Sleeps on realtime clocks look at the clock again every second, so that a step of the clock
 * ends them at most a second late.  A relative sleep that a signal interrupts leaves its
 * absolute deadline for restart_syscall(2).
 *
 * adjtimex(2) reads everything, and sets what exists here: the offset (as adjtime(3) does), a step,
 * the TAI offset and the status words; not frequency or tick, which are refused.
 */
#include <linux/timex.h>
#include "abi/time.h"
#include "core/clock.h"
#include "core/cred.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/user.h"
#include "proc/process.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "syscall/syscalls.h"

#define CPUCLOCK_PROF	0 /* user + system */
#define CPUCLOCK_VIRT	1 /* user */
#define CPUCLOCK_SCHED	2 /* exact run time */
#define CPUCLOCK_FD	3 /* a device's clock: there is none */
#define CPUCLOCK_THREAD 4

#define STEP_CHECK_NS	NSEC_PER_SEC

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

static int clock_read(int clock, ktime_t *now)
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

static int put_timespec(struct __kernel_timespec __user *uts, ktime_t ns)
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

/* clock_settime(2).  EINVAL: not settable, or no valid time.  EPERM: CAP_SYS_TIME. */
long sys_clock_settime(int clock, const struct __kernel_timespec __user *uts)
{
	struct __kernel_timespec ts;
	ktime_t now;

	if (clock != CLOCK_REALTIME && clock != CLOCK_PROCESS_CPUTIME_ID &&
	    clock != CLOCK_THREAD_CPUTIME_ID && clock >= 0)
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

/* --- sleeping ----------------------------------------------------------------------- */

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
		return clock == CLOCK_THREAD_CPUTIME_ID ? -EINVAL : -EOPNOTSUPP;
	default:
		/* The own thread's time stands still while it sleeps. */
		if (clock >= 0 || ((clock & CPUCLOCK_THREAD) && ~(clock >> 3) == 0))
			return -EINVAL;
	}
	err = get_timespec(request, &time);
	if (err)
		return err;
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

/* --- adjtimex ------------------------------------------------------------------------ */

#define NTP_LIMIT_US 16000000ll

/* What a time daemon wrote, and what says whether the clock is synchronised. */
static struct {
	struct spinlock lock;	/* rank LOCK_LEAF */
	int status;		/* [lock] STA_* */
	s64 maxerror, esterror; /* [lock] us */
	s64 constant;		/* [lock] */
} ntp = { .lock = SPINLOCK_INIT_RANK(LOCK_LEAF),
	  .status = STA_UNSYNC,
	  .maxerror = NTP_LIMIT_US,
	  .esterror = NTP_LIMIT_US,
	  .constant = 2 };

static int ntp_set(const struct __kernel_timex *tx)
{
	if (tx->modes & ADJ_SETOFFSET) {
		s64 unit = tx->modes & ADJ_NANO ? 1 : NSEC_PER_USEC;

		if (tx->time.tv_usec < 0 || tx->time.tv_usec * unit >= NSEC_PER_SEC ||
		    tx->time.tv_sec > S64_MAX / NSEC_PER_SEC / 2 ||
		    tx->time.tv_sec < S64_MIN / NSEC_PER_SEC / 2)
			return -EINVAL;
		if (clock_realtime_set(clock_realtime_ns() + tx->time.tv_sec * NSEC_PER_SEC +
				       tx->time.tv_usec * unit))
			return -EINVAL;
	}
	if (tx->modes & ADJ_TAI)
		clock_set_tai_offset((s32)tx->constant);
	spin_lock(&ntp.lock);
	if (tx->modes & ADJ_STATUS)
		ntp.status = (ntp.status & STA_RONLY) | (tx->status & ~STA_RONLY);
	if (tx->modes & ADJ_MAXERROR)
		ntp.maxerror = tx->maxerror;
	if (tx->modes & ADJ_ESTERROR)
		ntp.esterror = tx->esterror;
	if (tx->modes & ADJ_TIMECONST)
		ntp.constant = tx->constant;
	if (tx->modes & ADJ_NANO)
		ntp.status |= STA_NANO;
	if (tx->modes & ADJ_MICRO)
		ntp.status &= ~STA_NANO;
	spin_unlock(&ntp.lock);
	if (tx->modes & ADJ_OFFSET)
		clock_slew(tx->offset * (ntp.status & STA_NANO ? 1 : NSEC_PER_USEC), NULL);
	return 0;
}

#define ADJ_SINGLESHOT 0x8000u /* adjtime(3) */
#define ADJ_READONLY   0x2000u

static long adjust(struct __kernel_timex *tx)
{
	bool single = tx->modes & ADJ_SINGLESHOT, nano;
	struct clock_params params;
	ktime_t now;
	s64 left_ns;
	int err;

	if (single && !(tx->modes & ADJ_OFFSET))
		return -EINVAL;
	if (tx->modes && !(single && tx->modes & ADJ_READONLY) &&
	    !cred_capable(current_cred(), CAP_SYS_TIME))
		return -EPERM;
	if (!single && tx->modes & (ADJ_FREQUENCY | ADJ_TICK)) {
		/* The clock runs at the rate it has. */
		if ((tx->modes & ADJ_FREQUENCY && tx->freq) ||
		    (tx->modes & ADJ_TICK && tx->tick != 10000))
			return -EINVAL;
	}
	clock_params_read(&params);
	left_ns = params.slew_left_ns;
	if (single) {
		if (!(tx->modes & ADJ_READONLY))
			clock_slew(tx->offset * NSEC_PER_USEC, &left_ns);
	} else if (tx->modes) {
		err = ntp_set(tx);
		if (err)
			return err;
		clock_params_read(&params);
		left_ns = params.slew_left_ns;
	}

	spin_lock(&ntp.lock);
	tx->status = ntp.status;
	tx->maxerror = ntp.maxerror;
	tx->esterror = ntp.esterror;
	tx->constant = ntp.constant;
	spin_unlock(&ntp.lock);
	nano = !single && tx->status & STA_NANO;
	tx->offset = left_ns / (nano ? 1 : NSEC_PER_USEC);
	tx->freq = 0;
	tx->precision = 1;
	tx->tolerance = 500 << 16;
	tx->tick = 10000;
	tx->tai = params.tai_offset_s;
	tx->ppsfreq = tx->jitter = tx->stabil = tx->jitcnt = 0;
	tx->calcnt = tx->errcnt = tx->stbcnt = 0;
	tx->shift = 0;
	now = clock_realtime_ns();
	tx->time.tv_sec = now / NSEC_PER_SEC;
	tx->time.tv_usec = now % NSEC_PER_SEC / (tx->status & STA_NANO ? 1 : NSEC_PER_USEC);
	return tx->status & (STA_UNSYNC | STA_CLOCKERR) ? TIME_ERROR : TIME_OK;
}

/* adjtimex(2).  EINVAL: frequency or tick would change.  EPERM: CAP_SYS_TIME.  EFAULT. */
long sys_adjtimex(void __user *utx)
{
	struct __kernel_timex tx;
	long ret;

	if (copy_from_user(&tx, utx, sizeof(tx)))
		return -EFAULT;
	ret = adjust(&tx);
	if (ret >= 0 && copy_to_user(utx, &tx, sizeof(tx)))
		return -EFAULT;
	return ret;
}

/* clock_adjtime(2): only CLOCK_REALTIME. */
long sys_clock_adjtime(int clock, void __user *utx)
{
	ktime_t now;

	if (clock != CLOCK_REALTIME)
		return clock_read(clock, &now) ? -EINVAL : -EOPNOTSUPP;
	return sys_adjtimex(utx);
}
