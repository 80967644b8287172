/* sched/runqueue.c - who waits for a CPU, in which order, and what it has used.
 *
 * FIFO and RR threads wait in a list by priority, all others in a red-black tree by virtual
 * run time: real time divided by weight.  The leftmost runs next.
 *
 * Locking: runqueue.lock, for all but sched_kick() and the two that an interrupt calls.
 */
#include "sched/sched_internal.h"
#include "arch/api/smp.h"

#define WAKEUP_GRANULARITY_NS 1000000ull

DEFINE_PERCPU(struct runqueue, runqueue);

/* --- waiting structures ----------------------------------------------------- */

static void fair_insert(struct runqueue *rq, struct thread *t)
{
	struct rb_node **link = &rq->fair.node, *parent = NULL;
	u64 key = t->se.vruntime;
	bool leftmost = true;

	while (*link) {
		parent = *link;
		if (vruntime_before(key, rb_entry(parent, struct thread, se.node)->se.vruntime)) {
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

void rq_insert(struct runqueue *rq, struct thread *t)
{
	if (unlikely(thread_is_rt(t)))
		rt_insert(rq, t);
	else
		fair_insert(rq, t);
	t->se.queued = true;
}

void rq_enqueue(struct runqueue *rq, struct thread *t)
{
	t->on_rq = true;
	rq->nr_running++;
	rq_insert(rq, t);
}

void rq_dequeue(struct runqueue *rq, struct thread *t)
{
	rq_remove(rq, t);
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
	if (unlikely(thread_is_rt(t))) {
		rq->rt_ran_ns += delta;
		return;
	}
	if (unlikely(se->weight != WEIGHT_NICE_0))
		delta = (u64)((unsigned __int128)delta * se->inv_weight >> 22);
	se->vruntime += delta;
	v = se->vruntime;
	if (rq->leftmost) {
		u64 left = rb_entry(rq->leftmost, struct thread, se.node)->se.vruntime;

		if (vruntime_before(left, v))
			v = left;
	}
	if (vruntime_before(rq->min_vruntime, v))
		rq->min_vruntime = v;
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
	else if (thread_is_rt(t))
		preempt = t->rt_priority > curr->rt_priority;
	else if (thread_is_rt(curr))
		preempt = false;
	else if (curr->policy == SCHED_IDLE && t->policy != SCHED_IDLE)
		preempt = true;
	else if (t->policy != SCHED_OTHER)
		preempt = false;
	else
		preempt = vruntime_before(t->se.vruntime + WAKEUP_GRANULARITY_NS,
					  curr->se.vruntime);
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
	rq_resched(rq);
	spin_unlock_irqrestore(&rq->lock, irq);
}

bool sched_work_on(unsigned cpu, u32 bits)
{
	unsigned long irq = arch_irq_save();
	struct runqueue *rq;
	bool found;

	rq_lock(cpu, &rq);
	found = rq->curr->owner != NULL;
	if (found)
		atomic_or(&rq->curr->work, (int)bits);
	spin_unlock(&rq->lock);
	arch_irq_restore(irq);
	return found;
}

void upcall_irq_resched(void)
{
	tick_update(rq_this());
}
