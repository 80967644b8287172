/*
 * posix_timer_expire.c - a POSIX timer expires, and its signal is taken: timer_create(2).
 *
 * A timer owns its siginfo record (signal/queue.c), so expiring needs no memory.
 * A periodic timer whose signal is queued is not armed again until the signal is
 * taken; then the periods that went by are the overrun.  So a timer of a
 * nanosecond costs no more than its program can take.
 *
 * A signal that is queued stays so when its timer is set anew (then it is
 * stale: to take it arms nothing) or deleted (then the record lives until it is
 * taken), as on Linux.
 *
 * Locking: process.lock.
 */
#include "core/clock.h"
#include "core/user.h"
#include "mem/slab.h"
#include "proc/posix_timer_internal.h"

#define DELAYTIMER_MAX	   INT_MAX
#define IGNORED_PERIOD_MIN NSEC_PER_MSEC
#define STEP_CHECK_NS	   NSEC_PER_SEC /* how soon a step of the clock is noticed */

void posix_timer_arm_locked(struct posix_timer *timer)
{
	u64 now, left;

	if (timer->notify == SIGEV_NONE)
		return; /* nobody waits for it: timer_gettime(2) computes what it shows */
	now = posix_timer_now_locked(timer);
	left = timer->expires_ns > now ? timer->expires_ns - now : 0;
	if (timer->clock < 0)
		left = max(left / max(timer->process->nlive, 1u), (u64)NSEC_PER_MSEC);
	if (posix_timer_base_steps_locked(timer))
		left = min(left, (u64)STEP_CHECK_NS);
	timer_arm(&timer->timer, clock_monotonic_ns() + (s64)min(left, (u64)S64_MAX / 2));
}

/* Moves expiry past @now; the number of periods that were skipped. */
static s64 forward_locked(struct posix_timer *timer, u64 now) REQUIRES(&timer->process->lock)
{
	u64 periods;

	if (timer->expires_ns > now)
		return 0;
	periods = (now - timer->expires_ns) / timer->interval_ns + 1;
	timer->expires_ns += periods * timer->interval_ns;
	return (s64)periods - 1;
}

void posix_timer_expired(struct timer *t)
{
	struct posix_timer *timer = container_of(t, struct posix_timer, timer);
	unsigned long flags = spin_lock_irqsave(&timer->process->lock);
	struct task *task = timer->notify == SIGEV_THREAD_ID ? timer->task : NULL;
	u64 now = posix_timer_now_locked(timer);

	if (timer->deleted || !timer->expires_ns)
		goto out_unlock;
	if (timer->expires_ns > now) { /* processor time went slower, or the clock may be set */
		posix_timer_arm_locked(timer);
		goto out_unlock;
	}
	if (!list_empty(&timer->record.link)) { /* still there, from an earlier setting */
		timer->record.info.si_overrun++;
		timer->stale = false;
		if (!timer->interval_ns)
			timer->expires_ns = 0;
		goto out_unlock;
	}
	timer->record.info.si_overrun = 0;
	if (signal_send_locked(timer->process, task, &timer->record.info, &timer->record, false) ==
	    0) {
		if (!timer->interval_ns)
			timer->expires_ns = 0;
		goto out_unlock; /* armed again when it is taken */
	}
	/* Ignored: it may not stay so. */
	if (timer->interval_ns) {
		forward_locked(timer, max(now, now + (u64)IGNORED_PERIOD_MIN));
		posix_timer_arm_locked(timer);
	} else {
		timer->expires_ns = 0;
	}
out_unlock:
	spin_unlock_irqrestore(&timer->process->lock, flags);
}

void posix_timer_free(struct posix_timer *timer)
{
	atomic_dec(&timer->user->nsignals);
	user_put(timer->user);
	kfree(timer);
}

void posix_timer_dropped_locked(struct posix_timer *timer)
{
	spin_assert_held(&timer->process->lock);
	timer->stale = false;
	if (timer->orphaned)
		posix_timer_free(timer);
}

void posix_timer_taken_locked(struct posix_timer *timer, siginfo_t *info)
{
	spin_assert_held(&timer->process->lock);
	if (timer->interval_ns && timer->expires_ns && !timer->stale) {
		s64 overrun = info->si_overrun +
			      forward_locked(timer, posix_timer_now_locked(timer));

		timer->last_overrun = (int)min(overrun, (s64)DELAYTIMER_MAX);
		info->si_overrun = timer->last_overrun;
		posix_timer_arm_locked(timer);
	}
	posix_timer_dropped_locked(timer);
}
