/* sched/sched.c - the run queue, the switch, waking.
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
#include "arch/api/smp.h"
#include "arch/api/space.h"
#include "arch/api/time.h"
#include "core/panic.h"
#include "lib/string.h"

#define WAKEUP_GRANULARITY_NS 1000000ull
#define SHORT_BURST_NS	      50000u
#define SLEEPER_BONUS_NS      (SCHED_SLICE_NS / 2)

DEFINE_PERCPU(struct runqueue, runqueue);
DEFINE_PERCPU(struct thread *, current_thread);
struct cpumask sched_idle_mask;

/* --- waiting structures ----------------------------------------------------- */

static inline bool is_rt(const struct thread *t)
{
	return t->rt_priority != 0;
}

static inline bool before(u64 a, u64 b)
{
	return (s64)(a - b) < 0;
}

static void fair_insert(struct runqueue *rq, struct thread *t)
{
	struct rb_node **link = &rq->fair.node, *parent = NULL;
	u64 key = t->se.vruntime;
	bool leftmost = true;

	while (*link) {
		parent = *link;
		if (before(key, rb_entry(parent, struct thread, se.node)->se.vruntime)) {
			link = &parent->left;
		} else {
			link = &parent->right;
			leftmost = false;
		}
	}
	rb_link(&t->se.node, parent, link);
	rb_insert_fixup(&rq->fair, &t->se.node);
	if (leftmost)
		rq->leftmost = &t->se.node;
	rq->nr_fair++;
}

static void rt_insert(struct runqueue *rq, struct thread *t)
{
	struct list_node *at = rq->rt.prev;

	while (at != &rq->rt &&
	       list_entry(at, struct thread, se.rt_node)->rt_priority < t->rt_priority)
		at = at->prev;
	list_add(at, &t->se.rt_node);
}

static inline void queue_insert(struct runqueue *rq, struct thread *t)
{
	if (unlikely(is_rt(t)))
		rt_insert(rq, t);
	else
		fair_insert(rq, t);
	t->se.queued = true;
}

static inline void queue_remove(struct runqueue *rq, struct thread *t)
{
	t->se.queued = false;
	if (unlikely(is_rt(t))) {
		list_del(&t->se.rt_node);
		return;
	}
	if (rq->leftmost == &t->se.node)
		rq->leftmost = rb_next(&t->se.node);
	rb_erase(&rq->fair, &t->se.node);
	rq->nr_fair--;
}

void rq_enqueue(struct runqueue *rq, struct thread *t)
{
	t->on_rq = true;
	rq->nr_running++;
	queue_insert(rq, t);
}

void rq_dequeue(struct runqueue *rq, struct thread *t)
{
	queue_remove(rq, t);
	t->on_rq = false;
	rq->nr_running--;
}

/* --- time ------------------------------------------------------------------- */

void rq_account(struct runqueue *rq, ktime_t now)
{
	struct thread *t = rq->curr;
	struct sched_entity *se = &t->se;
	u64 delta = (u64)now - se->exec_start_ns, v;

	if ((s64)delta <= 0)
		return;
	se->exec_start_ns = now;
	se->sum_exec_ns += delta;
	if (t->idle)
		return;
	rq->busy_ns += delta;
	if (unlikely(is_rt(t))) {
		rq->rt_ran_ns += delta;
		return;
	}
	if (unlikely(se->weight != WEIGHT_NICE_0))
		delta = (u64)((unsigned __int128)delta * se->inv_weight >> 22);
	se->vruntime += delta;
	v = se->vruntime;
	if (rq->leftmost) {
		u64 left = rb_entry(rq->leftmost, struct thread, se.node)->se.vruntime;

		if (before(left, v))
			v = left;
	}
	if (before(rq->min_vruntime, v))
		rq->min_vruntime = v;
}

/* Where a thread that slept, or comes from @from, stands among those of @rq. */
void rq_place(struct runqueue *rq, struct thread *t, const struct runqueue *from)
{
	u64 floor = rq->min_vruntime - SLEEPER_BONUS_NS;

	if (from && from != rq)
		t->se.vruntime += rq->min_vruntime - READ_ONCE(from->min_vruntime);
	if (before(t->se.vruntime, floor))
		t->se.vruntime = floor;
}

/* --- asking a CPU to reschedule ------------------------------------------------ */

/* True: the CPU has to be interrupted. */
static bool mark_resched(struct runqueue *rq)
{
	struct thread *t = rq->curr;

	if (thread_work_test(t, WORK_RESCHED))
		return false;
	atomic_or(&t->work, WORK_RESCHED);
	return rq->cpu != cpu_id();
}

void rq_resched(struct runqueue *rq)
{
	if (mark_resched(rq))
		arch_ipi_resched(rq->cpu);
}

bool rq_check_preempt(struct runqueue *rq, struct thread *t)
{
	struct thread *curr = rq->curr;
	bool preempt;

	if (curr->idle)
		preempt = true;
	else if (is_rt(t))
		preempt = t->rt_priority > curr->rt_priority;
	else if (is_rt(curr))
		preempt = false;
	else if (curr->policy == SCHED_IDLE && t->policy != SCHED_IDLE)
		preempt = true;
	else if (t->policy != SCHED_OTHER)
		preempt = false;
	else
		preempt = before(t->se.vruntime + WAKEUP_GRANULARITY_NS, curr->se.vruntime);
	if (preempt)
		return mark_resched(rq);
	return rq->nr_running == 2 && rq->cpu != cpu_id(); /* it must start its tick */
}

void sched_kick(unsigned cpu)
{
	struct runqueue *rq = rq_of(cpu);
	unsigned long irq;

	if (!load_acquire(&rq->online))
		return;
	irq = spin_lock_irqsave(&rq->lock);
	atomic_or(&rq->curr->work, WORK_RESCHED);
	if (cpu != cpu_id())
		arch_ipi_resched(cpu);
	spin_unlock_irqrestore(&rq->lock, irq);
}

void sched_ipi(void)
{
	tick_update(rq_this());
}

void upcall_irq_resched(void)
{
	sched_ipi();
}

/* --- waking ----------------------------------------------------------------------- */

/* Which lock it is shows at run time only: beyond the static analysis, here and in all users. */
struct runqueue *rq_lock_of(struct thread *t) NO_THREAD_SAFETY
{
	for (;;) {
		struct runqueue *rq = rq_of(READ_ONCE(t->cpu));

		spin_lock(&rq->lock);
		if (likely(rq->cpu == t->cpu))
			return rq;
		spin_unlock(&rq->lock);
	}
}

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
static unsigned select_cpu(struct thread *t, bool sync)
{
	const struct thread *waker = current;
	u64 allowed = cpumask_bits(&t->affinity) & cpumask_bits(&cpu_online_mask);
	u64 idle = cpumask_bits(&sched_idle_mask) & allowed;
	unsigned here = cpu_id();

	if (allowed == 1ull << here)
		return here;
	if ((sync || waker->se.burst_ns < SHORT_BURST_NS) && !waker->idle && allowed >> here & 1 &&
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

static bool wake(struct thread *t, u32 mask, bool sync) NO_THREAD_SAFETY
{
	unsigned long irq = arch_irq_save();
	struct runqueue *rq = rq_lock_of(t), *from = rq;
	bool woken = false, interrupt = false;

	if (!(mask >> t->state & 1))
		goto out_unlock;
	woken = true;
	if (t->on_rq) { /* on its way into schedule(): it will not sleep */
		WRITE_ONCE(t->state, THREAD_RUNNING);
		goto out_unlock;
	}
	if (t->state == THREAD_SLEEP_UNINTERRUPTIBLE)
		rq->nr_uninterruptible--;
	if (cpu_online_count() > 1) {
		WRITE_ONCE(t->state, THREAD_WAKING);
		for (;;) {
			unsigned cpu = select_cpu(t, sync);

			if (cpu == rq->cpu)
				break;
			WRITE_ONCE(t->cpu, cpu);
			spin_unlock(&rq->lock);
			rq = rq_of(cpu);
			spin_lock(&rq->lock);
			if (cpumask_test(&t->affinity, cpu))
				break;
		}
	}
	WRITE_ONCE(t->state, THREAD_RUNNING);
	rq_place(rq, t, from);
	rq_enqueue(rq, t);
	/* With sync the caller is about to sleep anyway. */
	if (!sync || rq->curr != current || is_rt(t) || rq->curr->idle)
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

#define SLEEPING                                                                                   \
	((1u << THREAD_SLEEP_INTERRUPTIBLE) | (1u << THREAD_SLEEP_KILLABLE) |                      \
	 (1u << THREAD_SLEEP_UNINTERRUPTIBLE))

bool sched_wake(struct thread *t)
{
	return wake(t, SLEEPING, false);
}

bool sched_wake_sync(struct thread *t)
{
	return wake(t, SLEEPING, true);
}

bool sched_wake_state(struct thread *t, u32 mask)
{
	return wake(t, mask, false);
}

void thread_start(struct thread *t)
{
	bool started = wake(t, 1u << THREAD_NEW, false);

	assert(started);
}

/* --- choosing and switching ----------------------------------------------------------- */

static struct thread *pick_next(struct runqueue *rq)
{
	struct thread *t;

	if (unlikely(!list_empty(&rq->rt)) && !(rq->rt_throttled && rq->leftmost))
		t = list_first_entry(&rq->rt, struct thread, se.rt_node);
	else if (rq->leftmost)
		t = rb_entry(rq->leftmost, struct thread, se.node);
	else
		return NULL;
	queue_remove(rq, t);
	return t;
}

/* Ends a switch, on the stack of the thread that now runs; interrupts off. */
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
		wake(prev, 1u << THREAD_WAKING, false);
	if (unlikely(dead))
		thread_reap(prev);
}

static void switch_to(struct runqueue *rq, struct thread *prev, struct thread *next, ktime_t now)
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
	/* Here prev runs again, perhaps on another CPU. */
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

void schedule(void) NO_THREAD_SAFETY
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
		queue_insert(rq, prev);
	}

	next = pick_next(rq);
	if (unlikely(!next)) {
		next = cpu_online_count() > 1 ? rq_steal(rq) : NULL;
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
	if (!is_rt(self) && rq->leftmost) {
		u64 left = rb_entry(rq->leftmost, struct thread, se.node)->se.vruntime;

		if (before(self->se.vruntime, left))
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
