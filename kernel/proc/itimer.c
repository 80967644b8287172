/*
 * itimer.c - setitimer(2), alarm(2), RLIMIT_CPU, RLIMIT_RTTIME.
 *
 * ITIMER_REAL is a struct timer.  The two that run on processor time, and
 * RLIMIT_CPU, share one timer that is armed for the earliest moment at which
 * one of them could expire (all threads running all the time); when it fires,
 * the process's true time is summed and the timer armed again for what is left.
 * So processor time costs nothing to watch, not even in the tick.
 *
 * RLIMIT_RTTIME is about how long a real-time thread runs without sleeping:
 * while it is set and there is such a thread, the same timer looks a few times
 * a second whether each has slept since.
 */
#include "proc/itimer.h"
#include "core/clock.h"
#include "proc/proc_internal.h"
#include "proc/signal/signal_internal.h"
#include "sched/sched.h"

#define CPU_CHECK_MIN_NS NSEC_PER_MSEC
#define RT_CHECK_NS	 (20 * NSEC_PER_MSEC)

static void send_locked(struct process *process, int sig) REQUIRES(&process->lock)
{
	siginfo_t info;

	SIGINFO_KERNEL(&info, sig);
	signal_send_locked(process, NULL, &info, NULL, false);
}

static void real_fired(struct timer *timer)
{
	struct process *process = container_of(timer, struct process, real_timer);
	unsigned long flags = spin_lock_irqsave(&process->lock);
	ktime_t now = clock_monotonic_ns();

	if (!process->real_expires || process->real_expires > now)
		goto out_unlock;
	send_locked(process, SIGALRM);
	if (process->real_interval_ns) {
		u64 periods = (now - process->real_expires) / process->real_interval_ns + 1;

		process->real_expires += periods * process->real_interval_ns;
		timer_arm(timer, process->real_expires);
	} else {
		process->real_expires = 0;
	}
out_unlock:
	spin_unlock_irqrestore(&process->lock, flags);
}

/* --- processor time ------------------------------------------------------------ */

static void times_locked(struct process *process, u64 *user_ns, u64 *total_ns)
	REQUIRES(&process->lock)
{
	u64 user = process->usage.user_ns, sys = process->usage.system_ns, u, s;
	struct task *task;

	list_for_each_entry(task, &process->tasks, process_link) {
		if (task->dead)
			continue;
		thread_cputime(&task->thread, &u, &s);
		user += u;
		sys += s;
	}
	*user_ns = user;
	*total_ns = user + sys;
}

static u64 rlimit_cpu_next(struct process *process, u64 total)
{
	u64 soft = rlimit_cur(process->limits, RLIMIT_CPU);
	u64 hard = rlimit_max(process->limits, RLIMIT_CPU), at = min(soft, hard);

	if (at >= (u64)S64_MAX / NSEC_PER_SEC)
		return U64_MAX;
	at *= NSEC_PER_SEC;
	if (total >= at) /* the soft limit speaks once a second */
		at = (total / NSEC_PER_SEC + 1) * NSEC_PER_SEC;
	return at;
}

/* A limit of RLIMIT_RTTIME, given in microseconds; U64_MAX: none. */
static u64 rt_limit_ns(u64 limit_us)
{
	return limit_us >= U64_MAX / NSEC_PER_USEC ? U64_MAX : limit_us * NSEC_PER_USEC;
}

/* How long until a real-time thread might run too long; U64_MAX: there is none to watch. */
static u64 rt_next_locked(struct process *process) REQUIRES(&process->lock)
{
	u64 limit = rt_limit_ns(min(rlimit_cur(process->limits, RLIMIT_RTTIME),
				    rlimit_max(process->limits, RLIMIT_RTTIME)));
	struct task *task;

	if (likely(limit == U64_MAX))
		return U64_MAX;
	list_for_each_entry(task, &process->tasks, process_link)
		if (!task->dead && task->thread.own_rt_priority)
			return clamp(limit, (u64)CPU_CHECK_MIN_NS, (u64)RT_CHECK_NS);
	return U64_MAX;
}

/* SIGXCPU at the soft limit and once a second from there, SIGKILL at the hard one. */
static void rt_check_locked(struct process *process) REQUIRES(&process->lock)
{
	u64 soft = rt_limit_ns(rlimit_cur(process->limits, RLIMIT_RTTIME));
	u64 hard = rt_limit_ns(rlimit_max(process->limits, RLIMIT_RTTIME));
	struct task *task;
	u64 ran;

	if (likely(soft == U64_MAX && hard == U64_MAX))
		return;
	list_for_each_entry(task, &process->tasks, process_link) {
		if (task->dead || !task->thread.own_rt_priority)
			continue;
		ran = thread_runtime_ns(&task->thread);
		if (task->rt_sleeps != READ_ONCE(task->thread.nvcsw)) { /* it slept since */
			task->rt_sleeps = READ_ONCE(task->thread.nvcsw);
			task->rt_since_ns = ran;
			task->rt_told_ns = 0;
		}
		ran -= task->rt_since_ns;
		if (ran >= hard) {
			send_locked(process, SIGKILL);
		} else if (ran >= soft && ran >= task->rt_told_ns) {
			send_locked(process, SIGXCPU);
			task->rt_told_ns = ran + NSEC_PER_SEC;
		}
	}
}

static void arm_locked(struct process *process) REQUIRES(&process->lock)
{
	u64 user, total, left = U64_MAX, at;

	if (process->nlive == 0)
		return;
	times_locked(process, &user, &total);
	at = process->cpu_itimers[0].expires_ns;
	if (at)
		left = at > user ? at - user : 0;
	at = process->cpu_itimers[1].expires_ns;
	if (at)
		left = min(left, at > total ? at - total : 0);
	at = rlimit_cpu_next(process, total);
	if (at != U64_MAX)
		left = min(left, at - total);
	if (left != U64_MAX)
		left = max(left / process->nlive, (u64)CPU_CHECK_MIN_NS);
	left = min(left, rt_next_locked(process));
	if (left == U64_MAX) {
		timer_cancel(&process->cpu_timer);
		return;
	}
	timer_arm(&process->cpu_timer, clock_monotonic_ns() + (s64)min(left, (u64)S64_MAX / 2));
}

static void check_one_locked(struct process *process, struct cpu_itimer *itimer, u64 now, int sig)
	REQUIRES(&process->lock)
{
	if (!itimer->expires_ns || itimer->expires_ns > now)
		return;
	send_locked(process, sig);
	itimer->expires_ns = itimer->interval_ns ?
				     max(itimer->expires_ns, now) + itimer->interval_ns :
				     0;
}

static void cpu_fired(struct timer *timer)
{
	struct process *process = container_of(timer, struct process, cpu_timer);
	unsigned long flags = spin_lock_irqsave(&process->lock);
	u64 user, total, seconds;

	if (process->nlive == 0)
		goto out_unlock;
	times_locked(process, &user, &total);
	check_one_locked(process, &process->cpu_itimers[0], user, SIGVTALRM);
	check_one_locked(process, &process->cpu_itimers[1], total, SIGPROF);
	seconds = total / NSEC_PER_SEC;
	if (seconds >= rlimit_max(process->limits, RLIMIT_CPU))
		send_locked(process, SIGKILL);
	else if (seconds >= rlimit_cur(process->limits, RLIMIT_CPU))
		send_locked(process, SIGXCPU);
	rt_check_locked(process);
	arm_locked(process);
out_unlock:
	spin_unlock_irqrestore(&process->lock, flags);
}

void cpu_timer_update(struct process *process)
{
	unsigned long flags = spin_lock_irqsave(&process->lock);

	arm_locked(process);
	spin_unlock_irqrestore(&process->lock, flags);
}

/* --- setting ---------------------------------------------------------------------- */

static void read_locked(struct process *process, int which, u64 *value_ns, u64 *interval_ns)
	REQUIRES(&process->lock)
{
	struct cpu_itimer *itimer;
	u64 user, total, now;

	if (which == ITIMER_REAL) {
		s64 left = process->real_expires - clock_monotonic_ns();

		*value_ns = process->real_expires ? (u64)max(left, (s64)1000) : 0;
		*interval_ns = process->real_interval_ns;
		return;
	}
	itimer = &process->cpu_itimers[which - ITIMER_VIRTUAL];
	*value_ns = 0;
	*interval_ns = itimer->interval_ns;
	if (!itimer->expires_ns)
		return;
	times_locked(process, &user, &total);
	now = which == ITIMER_VIRTUAL ? user : total;
	*value_ns = itimer->expires_ns > now ? itimer->expires_ns - now : 1000;
}

void itimer_get(int which, u64 *value_ns, u64 *interval_ns)
{
	struct process *process = current_process();
	unsigned long flags = spin_lock_irqsave(&process->lock);

	read_locked(process, which, value_ns, interval_ns);
	spin_unlock_irqrestore(&process->lock, flags);
}

void itimer_set(int which, u64 value_ns, u64 interval_ns, u64 *old_value, u64 *old_interval)
{
	struct process *process = current_process();
	unsigned long flags = spin_lock_irqsave(&process->lock);
	struct cpu_itimer *itimer;
	u64 user, total;

	read_locked(process, which, old_value, old_interval);
	value_ns = min(value_ns, (u64)S64_MAX / 2);
	if (which == ITIMER_REAL) {
		process->real_interval_ns = value_ns ? interval_ns : 0;
		process->real_expires = value_ns ? clock_monotonic_ns() + (s64)value_ns : 0;
		if (value_ns)
			timer_arm(&process->real_timer, process->real_expires);
		else
			timer_cancel(&process->real_timer);
	} else {
		itimer = &process->cpu_itimers[which - ITIMER_VIRTUAL];
		times_locked(process, &user, &total);
		itimer->interval_ns = interval_ns;
		itimer->expires_ns = value_ns ?
					     (which == ITIMER_VIRTUAL ? user : total) + value_ns :
					     0;
		arm_locked(process);
	}
	spin_unlock_irqrestore(&process->lock, flags);
}

void itimers_init(struct process *process)
{
	timer_init(&process->real_timer, real_fired);
	timer_init(&process->cpu_timer, cpu_fired);
}

/* The process ends: no callback runs any more. */
void itimers_stop(struct process *process)
{
	unsigned long flags;

	if (likely(!READ_ONCE(process->real_expires) && !timer_armed(&process->cpu_timer)))
		return;
	flags = spin_lock_irqsave(&process->lock);
	process->real_expires = 0;
	spin_unlock_irqrestore(&process->lock, flags);
	timer_cancel_sync(&process->real_timer);
	timer_cancel_sync(&process->cpu_timer);
}
