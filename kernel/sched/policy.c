/* sched/policy.c - how much of the processor a thread gets, and where.
 *
 * A nice level is worth 25 % : the weights are 1024 / 1.25^nice, as in Linux, so that the same
 * pair of nice values gives the same split.
 * Locking: the run queue lock of the thread's CPU; a waiting thread is taken out and put back.
 */
#include "sched/sched_internal.h"
#include "arch/api/smp.h"
#include "lib/errno.h"

static const u32 nice_weight[40] = {
	88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916,
	9548,  7620,  6100,  4904,  3906,  3121,  2501,	 1991,	1586,  1277,
	1024,  820,   655,   526,   423,   335,	  272,	 215,	172,   137,
	110,   87,    70,    56,    45,	   36,	  29,	 23,	18,    15,
};

void thread_set_weight(struct thread *t)
{
	t->se.weight = t->policy == SCHED_IDLE ? WEIGHT_IDLE : nice_weight[t->nice + 20];
	t->se.inv_weight = (u32)((1ull << 32) / t->se.weight);
}

void sched_fork(struct thread *child, const struct thread *parent)
{
	child->affinity = parent->affinity;
	child->own_policy = parent->own_policy; /* a loan is not inherited */
	child->own_rt_priority = parent->own_rt_priority;
	child->nice = parent->nice;
	if (parent->reset_on_fork) {
		if (parent->own_rt_priority) {
			child->own_policy = SCHED_OTHER;
			child->own_rt_priority = 0;
		}
		if (child->nice < 0 || parent->own_rt_priority)
			child->nice = 0;
	}
	child->policy = child->own_policy;
	child->rt_priority = child->own_rt_priority;
	thread_set_weight(child);
}

struct change {
	struct runqueue *rq;
	bool requeue;
	unsigned long irq;
};

/* The thread's parameters may be changed between these two. */
static void change_begin(struct change *c, struct thread *t) ACQUIRE(c->rq->lock)
{
	c->irq = arch_irq_save();
	rq_lock_of(t, &c->rq);
	c->requeue = t->se.queued;
	if (c->requeue)
		rq_dequeue(c->rq, t);
}

static void change_end(struct change *c, struct thread *t) RELEASE(c->rq->lock)
{
	bool interrupt = false;

	thread_set_weight(t);
	if (c->requeue) {
		rq_enqueue(c->rq, t);
		interrupt = rq_check_preempt(c->rq, t);
	} else if (c->rq->curr == t) {
		rq_resched(c->rq);
	}
	spin_unlock(&c->rq->lock);
	if (interrupt)
		arch_ipi_resched(c->rq->cpu);
	arch_irq_restore(c->irq);
}

/* Policy and priority from what was set and what is lent.  True: another priority. */
static bool set_effective(struct change *c, struct thread *t) REQUIRES(c->rq->lock)
{
	u8 priority = max(t->own_rt_priority, t->lent_priority), old = t->rt_priority;

	if (old && !priority) /* the tree moved on meanwhile */
		t->se.vruntime = c->rq->min_vruntime;
	t->rt_priority = priority;
	t->policy = priority && !t->own_rt_priority ? SCHED_FIFO : t->own_policy;
	return priority != old;
}

int sched_set_policy(struct thread *t, int policy, int rt_priority, bool reset_on_fork)
{
	bool rt = policy == SCHED_FIFO || policy == SCHED_RR;
	struct change c;

	if (!rt && policy != SCHED_OTHER && policy != SCHED_BATCH && policy != SCHED_IDLE)
		return -EINVAL;
	if (rt ? rt_priority < 1 || rt_priority > SCHED_RT_MAX : rt_priority != 0)
		return -EINVAL;
	change_begin(&c, t);
	t->own_policy = (u8)policy;
	t->own_rt_priority = (u8)rt_priority;
	t->reset_on_fork = reset_on_fork;
	set_effective(&c, t);
	change_end(&c, t);
	return 0;
}

bool sched_lend_priority(struct thread *t, u8 rt_priority)
{
	struct change c;
	bool changed;

	if (READ_ONCE(t->lent_priority) == rt_priority) /* only a lender writes it */
		return false;
	change_begin(&c, t);
	t->lent_priority = rt_priority;
	changed = set_effective(&c, t);
	change_end(&c, t);
	return changed;
}

void sched_set_nice(struct thread *t, int nice)
{
	struct change c;

	change_begin(&c, t);
	t->nice = (s8)clamp(nice, -20, 19);
	change_end(&c, t);
}

int sched_set_affinity(struct thread *t, const struct cpumask *mask)
{
	struct cpumask allowed = { cpumask_bits(mask) & cpumask_bits(&cpu_online_mask) };
	struct runqueue *rq;
	unsigned long irq;
	bool move = false;

	if (cpumask_empty(&allowed))
		return -EINVAL;
	irq = arch_irq_save();
	rq_lock_of(t, &rq);
	t->affinity = *mask;
	if (!cpumask_test(&allowed, rq->cpu)) {
		if (rq->curr == t) {
			rq_resched(rq); /* schedule() sees that it must go */
		} else if (t->se.queued) {
			rq_dequeue(rq, t);
			WRITE_ONCE(t->state, THREAD_WAKING);
			move = true;
		}
	}
	spin_unlock(&rq->lock);
	if (move)
		sched_wake_state(t, 1u << THREAD_WAKING);
	arch_irq_restore(irq);
	if (t == current && !cpumask_test(&allowed, cpu_id()))
		schedule();
	return 0;
}
