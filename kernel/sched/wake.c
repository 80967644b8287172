/* sched/wake.c - making a thread runnable, and where.
 *
 * A thread goes back to the CPU where it ran, or to an idle one; see select_cpu().  The waker
 * made true what the thread waits for; here it looks at the state under the run queue's lock
 * (sched.c has why no wake-up is lost).
 *
 * Locking: takes the lock of the thread's run queue, any context.
 */
#include "sched/sched_internal.h"
#include "arch/api/smp.h"
#include "core/panic.h"

__aligned(64) struct cpumask sched_idle_mask; /* away from what call_rcu() reads */

/* Take an idle CPU out of the mask, so that no other waker counts on it. */
static inline bool claim_idle(unsigned cpu)
{
	u64 bit = 1ull << cpu;

	return __atomic_fetch_and(&sched_idle_mask.bits, ~bit, __ATOMIC_ACQ_REL) & bit;
}

/* A waker that usually sleeps again at once leaves its own CPU to the thread it woke: two
 * threads that talk stay on one CPU, where a switch is far cheaper than an interrupt that gets
 * another (virtual) CPU out of its halt.  Should it run on after all, the tick sends the other
 * thread away to an idle CPU. */
static unsigned select_cpu(struct thread *t)
{
	const struct thread *waker = current;
	u64 allowed = cpumask_bits(&t->affinity) & cpumask_bits(&cpu_online_mask);
	u64 idle = cpumask_bits(&sched_idle_mask) & allowed;
	unsigned here = cpu_id();

	if (allowed == 1ull << here)
		return here;
	if (waker->se.burst_ns < SHORT_BURST_NS && !waker->idle && allowed >> here & 1 &&
	    rq_this()->nr_running <= 1)
		return here;
	if (idle >> t->cpu & 1 && claim_idle(t->cpu))
		return t->cpu;
	while (idle) {
		unsigned cpu = bit_ctz(idle);

		if (claim_idle(cpu))
			return cpu;
		idle &= idle - 1;
	}
	if (allowed >> t->cpu & 1)
		return t->cpu;
	return allowed ? bit_ctz(allowed) : here;
}

bool sched_wake_state(struct thread *t, u32 mask)
{
	unsigned long irq = arch_irq_save();
	bool woken = false, interrupt;
	struct runqueue *rq, *from;

	rq_lock_of(t, &rq);
	from = rq;
	if (!(mask >> t->state & 1))
		goto out_unlock;
	woken = true;
	if (t->on_rq) { /* on its way into schedule(): it will not sleep */
		WRITE_ONCE(t->state, THREAD_RUNNING);
		goto out_unlock;
	}
	if (t->state == THREAD_SLEEP_UNINTERRUPTIBLE)
		rq->nr_uninterruptible--;
	if (cpu_online_many()) {
		WRITE_ONCE(t->state, THREAD_WAKING);
		for (;;) {
			unsigned cpu = select_cpu(t);

			if (cpu == rq->cpu)
				break;
			WRITE_ONCE(t->cpu, cpu);
			spin_unlock(&rq->lock);
			rq_lock(cpu, &rq);
			if (cpumask_test(&t->affinity, cpu))
				break;
		}
	}
	WRITE_ONCE(t->state, THREAD_RUNNING);
	rq_place(rq, t, from);
	rq_enqueue(rq, t);
	interrupt = rq_check_preempt(rq, t);
	spin_unlock(&rq->lock);
	if (interrupt) /* not under the lock: in a virtual machine it can take long */
		arch_ipi_resched(rq->cpu);
	if (rq->tick_state != TICK_SHARED && rq->cpu == cpu_id())
		tick_update(rq);
	arch_irq_restore(irq);
	return true;

out_unlock:
	spin_unlock(&rq->lock);
	arch_irq_restore(irq);
	return woken;
}

bool sched_wake(struct thread *t)
{
	return sched_wake_state(t, (1u << THREAD_SLEEP_INTERRUPTIBLE) |
					   (1u << THREAD_SLEEP_KILLABLE) |
					   (1u << THREAD_SLEEP_UNINTERRUPTIBLE));
}

void thread_start(struct thread *t)
{
	bool started = sched_wake_state(t, 1u << THREAD_NEW);

	assert(started);
}
