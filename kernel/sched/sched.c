/* sched/sched.c - who runs next, and the switch to it.
 *
 * Each CPU has a run queue.  A runnable thread is current on one CPU or waits in that CPU's
 * structures: FIFO and RR threads in a list by priority, all others in a red-black tree by
 * virtual run time (real time divided by weight), and the leftmost runs next.  A thread
 * that slept comes back at most half a slice ahead of the others, so that it runs soon but
 * cannot hoard; a thread that woke takes the CPU at once when it is behind by more than a
 * millisecond.  (EEVDF in Linux adds deadlines per slice; the effect on what runs is small.)
 *
 *	thread->state	RUNNING, or why it sleeps: written by the thread itself
 *	thread->on_rq	current or waiting here; false: asleep, a waker must enqueue it
 *
 * To sleep: set state, look at the condition again, schedule().  The waker makes the condition
 * true, then looks at state under the run queue's lock.  That lock stays held across the
 * switch and is released by the next thread, so whoever gets it and finds on_rq false knows
 * that the sleeper's registers are saved.
 *
 * Locking: runqueue.lock (LOCK_RUNQUEUE, interrupts off).  Never two at once, but for a try.
 */
#include "sched/sched_internal.h"
#include "arch/api/space.h"
#include "arch/api/time.h"
#include "core/panic.h"

DEFINE_PERCPU(struct thread *, current_thread);

/* --- choosing and switching ----------------------------------------------------------- */

static struct thread *pick_next(struct runqueue *rq) REQUIRES(rq->lock)
{
	struct thread *t;

	if (unlikely(!list_empty(&rq->rt)) && !(rq->rt_throttled && rq->leftmost))
		t = list_first_entry(&rq->rt, struct thread, se.rt_node);
	else if (rq->leftmost)
		t = rb_entry(rq->leftmost, struct thread, se.node);
	else
		return NULL;
	rq_remove(rq, t);
	return t;
}

/* Ends a switch, on the stack of the thread that now runs; interrupts off.  The lock was taken
 * by the thread that ran before, which no analysis of one function can see. */
static inline void switch_finish(void) NO_THREAD_SAFETY
{
	struct runqueue *rq = rq_this();
	struct thread *prev = rq->prev;
	bool dead = prev->state == THREAD_DEAD;
	bool migrate = rq->migrate_prev;

	rq->migrate_prev = false;
	store_release(&prev->on_cpu, 0);
	spin_unlock(&rq->lock);
	if (rq->tick_state != TICK_SHARED)
		tick_update(rq);
	if (unlikely(migrate))
		sched_wake_state(prev, 1u << THREAD_WAKING);
	if (unlikely(dead))
		thread_reap(prev);
}

/* Returns when @prev runs again, perhaps on another CPU: its run queue is let go there. */
static void switch_to(struct runqueue *rq, struct thread *prev, struct thread *next, ktime_t now)
	RELEASE(rq->lock) NO_THREAD_SAFETY
{
	rq->curr = next;
	rq->prev = prev;
	rq->switches++;
	next->se.exec_start_ns = now;
	next->se.slice_start_ns = next->se.sum_exec_ns;
	next->on_cpu = 1;
	this_cpu(current_thread) = next;
	if (next->space) {
		if (next->space != prev->space)
			arch_space_switch(next->space);
	} else if (prev->space) {
		arch_space_switch_kernel();
	}
	if (next->idle)
		cpumask_set(&sched_idle_mask, rq->cpu);
	else if (prev->idle)
		cpumask_clear(&sched_idle_mask, rq->cpu);
	arch_thread_switch(&prev->arch, &next->arch);
	switch_finish();
}

/* Fast down, slow up: a single long burst may be the host's doing, which took the CPU away. */
static inline void burst_update(struct sched_entity *se)
{
	u64 ran = se->sum_exec_ns - se->slice_start_ns;

	if (ran < se->burst_ns)
		se->burst_ns = (se->burst_ns + (u32)ran) / 2;
	else
		se->burst_ns += min_t(u64, ran - se->burst_ns, SHORT_BURST_NS) / 4;
}

void schedule(void)
{
	unsigned long irq = arch_irq_save();
	struct runqueue *rq = rq_this();
	struct thread *prev = rq->curr, *next;
	ktime_t now;

	if (CONFIG_DEBUG)
		lockrank_may_sleep();
	spin_lock(&rq->lock);
	now = arch_clock_ns();
	rq_account(rq, now);
	if (thread_work_test(prev, WORK_RESCHED))
		atomic_and(&prev->work, ~WORK_RESCHED);
	/* In one locked stretch with that: a sched_kick() either comes before, and this tells
	 * what it waits for, or after, and its WORK_RESCHED stands. */
	rq_quiescent(rq);

	if (prev->idle) {
		assert_debug(prev->state == THREAD_RUNNING);
	} else if (prev->state != THREAD_RUNNING) {
		prev->on_rq = false;
		rq->nr_running--;
		prev->nvcsw++;
		burst_update(&prev->se);
		if (prev->state == THREAD_SLEEP_UNINTERRUPTIBLE)
			rq->nr_uninterruptible++;
	} else if (unlikely(!cpumask_test(&prev->affinity, rq->cpu))) {
		prev->on_rq = false;
		rq->nr_running--;
		prev->nivcsw++;
		WRITE_ONCE(prev->state, THREAD_WAKING);
		rq->migrate_prev = true;
	} else if (rq->nr_running == 1) {
		next = prev; /* nobody else */
		goto out_unlock;
	} else {
		rq_insert(rq, prev);
	}

	next = pick_next(rq);
	if (unlikely(!next)) {
		next = cpu_online_many() ? rq_steal(rq) : NULL;
		if (!next)
			next = rq->idle;
	}
	if (next == prev) {
		if (prev->idle) /* a waker may have counted on it */
			cpumask_set(&sched_idle_mask, rq->cpu);
		prev->se.slice_start_ns = prev->se.sum_exec_ns;
		goto out_unlock;
	}
	if (prev->on_rq && !prev->idle)
		prev->nivcsw++;
	switch_to(rq, prev, next, now);
	arch_irq_restore(irq);
	return;

out_unlock:
	spin_unlock(&rq->lock);
	arch_irq_restore(irq);
}

void sched_yield(void)
{
	unsigned long irq = arch_irq_save();
	struct runqueue *rq = rq_this();
	struct thread *self = rq->curr;

	if (READ_ONCE(rq->nr_running) < 2) {
		rq_quiescent(rq);
		arch_irq_restore(irq);
		return;
	}
	spin_lock(&rq->lock);
	if (!thread_is_rt(self) && rq->leftmost) {
		u64 left = rb_entry(rq->leftmost, struct thread, se.node)->se.vruntime;

		if (vruntime_before(self->se.vruntime, left))
			self->se.vruntime = left; /* equal keys queue behind */
	}
	spin_unlock(&rq->lock);
	arch_irq_restore(irq);
	schedule();
}

/* The first thing a new thread does; interrupts off. */
void upcall_thread_start(void)
{
	switch_finish();
}

void __noreturn upcall_thread_exit(void)
{
	thread_exit();
}

void thread_exit(void)
{
	struct thread *self = current;

	assert(!self->idle);
	if (CONFIG_DEBUG)
		assert(!self->nofault_depth);
	arch_irq_disable();
	WRITE_ONCE(self->state, THREAD_DEAD);
	schedule();
	unreachable();
}
