/* sched/balance.c - threads that wait on one CPU while another has less to do.
 *
 * Waking puts a thread on an idle CPU if there is one, so imbalance comes from threads that end
 * or sleep: a CPU about to idle steals one thread, and the tick of a crowded CPU pushes one away.
 * A thread runs in virtual time of its CPU, hence rq_place() on each move.
 */
#include "sched/sched_internal.h"
#include "arch/api/smp.h"

static struct thread *take_for(struct runqueue *from, unsigned cpu) REQUIRES(from->lock)
{
	struct thread *t;

	list_for_each_entry(t, &from->rt, se.rt_node) {
		if (cpumask_test(&t->affinity, cpu))
			goto found;
	}
	for (struct rb_node *n = from->leftmost; n; n = rb_next(n)) {
		t = rb_entry(n, struct thread, se.node);
		if (cpumask_test(&t->affinity, cpu))
			goto found;
	}
	return NULL;
found:
	rq_dequeue(from, t);
	return t;
}

struct thread *rq_steal(struct runqueue *rq)
{
	unsigned cpu;

	for_each_online_cpu(cpu) {
		struct runqueue *from = rq_of(cpu);
		struct thread *t;

		/* A stale count costs one missed or one vain look. */
		if (from == rq || READ_ONCE(from->nr_running) < 2 || !spin_trylock(&from->lock))
			continue;
		t = take_for(from, rq->cpu);
		if (t) {
			rq_place(rq, t, from);
			WRITE_ONCE(t->cpu, rq->cpu);
			t->on_rq = true;
			rq->nr_running++;
		}
		spin_unlock(&from->lock);
		if (t)
			return t;
	}
	return NULL;
}

void rq_push_excess(struct runqueue *rq)
{
	unsigned cpu;

	for_each_online_cpu(cpu) {
		struct runqueue *to = rq_of(cpu);
		bool interrupt = false;
		struct thread *t;

		if (to == rq || !load_acquire(&to->online) ||
		    READ_ONCE(to->nr_running) + 1 >= READ_ONCE(rq->nr_running))
			continue;
		spin_lock(&rq->lock);
		if (!spin_trylock(&to->lock)) {
			spin_unlock(&rq->lock);
			continue;
		}
		t = take_for(rq, cpu);
		if (t) {
			rq_place(to, t, rq);
			WRITE_ONCE(t->cpu, cpu);
			rq_enqueue(to, t);
			interrupt = rq_check_preempt(to, t);
		}
		spin_unlock(&to->lock);
		spin_unlock(&rq->lock);
		if (interrupt)
			arch_ipi_resched(cpu);
		if (t)
			return;
	}
}
