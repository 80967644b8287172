/* sched/rcu.c - grace periods.
 *
 * call_rcu() puts the head on its CPU's list and, when nobody did yet, asks a worker to come in
 * two milliseconds.  The worker takes all lists, waits until every other CPU has called
 * schedule() once (a CPU that does not by itself gets a reschedule IPI: it does so on its
 * way to user mode or in its idle loop).  That the worker runs means that its own CPU has; so
 * on one CPU there is nothing to wait for.
 *
 * What is freed lies in the cache of the CPU that gave it up, and is to be used there again:
 * a CPU where a program runs gets its callbacks back and runs them on its next way to user
 * mode (WORK_RCU).  The worker runs the others, and what was not fetched when it comes again.
 *
 * Locking: rcu_cpu.lock (LOCK_RCU, interrupts off).
 */
#include "sched/rcu.h"
#include "sched/completion.h"
#include "sched/sched_internal.h"
#include "sched/work.h"
#include "arch/api/time.h"
#include "core/panic.h"
#include "mem/slab.h"

#define DELAY_NS (2 * NSEC_PER_MSEC)
#define POLL_NS	 (200 * NSEC_PER_USEC)
#define HURRY	 1024 /* callbacks on one CPU: do not wait for the delay */

struct rcu_cpu {
	struct spinlock lock;			  /* rank LOCK_RCU, interrupts off */
	struct rcu_head *first GUARDED_BY(&lock); /* [lock] */
	struct rcu_head *last GUARDED_BY(&lock);  /* [lock] */
	u64 count GUARDED_BY(&lock);		  /* [lock] of those */
	struct rcu_head *ready GUARDED_BY(&lock); /* [lock] their grace period is over */
	unsigned running GUARDED_BY(&lock); /* [lock] lists from ready, not yet run to the end */
};
DEFINE_PERCPU_STATIC(struct rcu_cpu, rcu_cpu);

static struct {
	struct work work;
	struct atomic asked; /* the work is on its way and will look at all lists */
	bool ready;
} rcu;

void rcu_cpu_init(void)
{
	spin_init(&this_cpu_ptr(rcu_cpu)->lock, LOCK_RCU);
}

static void ask(bool hurry)
{
	if (!atomic_xchg(&rcu.asked, 1))
		work_queue_delayed(&rcu.work, DELAY_NS);
	if (hurry)
		work_queue(&rcu.work);
}

void call_rcu(struct rcu_head *head, void (*fn)(struct rcu_head *head))
{
	unsigned long irq = arch_irq_save();
	struct rcu_cpu *mine = this_cpu_ptr(rcu_cpu);
	bool hurry;

	head->next = NULL;
	head->fn = fn;
	spin_lock(&mine->lock);
	if (mine->first)
		mine->last->next = head;
	else
		mine->first = head;
	mine->last = head;
	hurry = ++mine->count == HURRY;
	spin_unlock(&mine->lock);
	arch_irq_restore(irq);
	if (READ_ONCE(rcu.ready) && (hurry || !atomic_read(&rcu.asked)))
		ask(hurry);
}

void synchronize_rcu(void)
{
	u64 seen[MAX_CPUS], waiting = 0;
	unsigned cpu;

	smp_mb(); /* what the caller unlinked, before the snapshot */
	if (!cpu_online_many())
		return;
	for_each_online_cpu(cpu) {
		struct runqueue *rq = rq_of(cpu);

		if (cpu == cpu_id() || !load_acquire(&rq->online))
			continue;
		seen[cpu] = READ_ONCE(rq->quiescent);
		waiting |= 1ull << cpu;
		sched_kick(cpu);
	}
	while (waiting) {
		for (u64 left = waiting; left; left &= left - 1) {
			cpu = bit_ctz(left);
			if (READ_ONCE(rq_of(cpu)->quiescent) != seen[cpu])
				waiting &= ~(1ull << cpu);
		}
		if (waiting)
			(void)thread_sleep_until(arch_clock_ns() + POLL_NS, SLEEP_UNINTERRUPTIBLE);
	}
	smp_mb();
}

static void run(struct rcu_head *head)
{
	while (head) {
		struct rcu_head *next = head->next;

		head->fn(head);
		sched_yield_point();
		head = next;
	}
}

static void run_ready(struct rcu_cpu *one)
{
	unsigned long irq = spin_lock_irqsave(&one->lock);
	struct rcu_head *ready = one->ready;

	one->ready = NULL;
	one->running += ready != NULL;
	spin_unlock_irqrestore(&one->lock, irq);
	if (!ready)
		return;
	run(ready);
	irq = spin_lock_irqsave(&one->lock);
	one->running--;
	spin_unlock_irqrestore(&one->lock, irq);
}

void rcu_run_ready(void)
{
	run_ready(this_cpu_ptr(rcu_cpu));
}

/* True: the CPU has them, and will run them if nobody is faster. */
static bool hand_back(unsigned cpu, struct rcu_head *list)
{
	struct rcu_cpu *one = &per_cpu(rcu_cpu, cpu);
	unsigned long irq = spin_lock_irqsave(&one->lock);

	assert(!one->ready);
	one->ready = list;
	spin_unlock_irqrestore(&one->lock, irq);
	return cpu != cpu_id() && sched_work_on(cpu, WORK_RCU);
}

static void rcu_work(struct work *work)
{
	struct rcu_head *lists[MAX_CPUS] = {};
	bool any = false, handed = false;
	unsigned cpu;

	/* Before the lists are looked at: what comes later asks again. */
	atomic_xchg(&rcu.asked, 0);
	for_each_online_cpu(cpu) {
		struct rcu_cpu *one = &per_cpu(rcu_cpu, cpu);
		unsigned long irq;

		run_ready(one);
		irq = spin_lock_irqsave(&one->lock);
		lists[cpu] = one->first;
		one->first = one->last = NULL;
		one->count = 0;
		spin_unlock_irqrestore(&one->lock, irq);
		any |= lists[cpu] != NULL;
	}
	if (!any)
		return;
	synchronize_rcu();
	for_each_online_cpu(cpu) {
		if (!lists[cpu])
			continue;
		if (hand_back(cpu, lists[cpu]))
			handed = true;
		else
			run_ready(&per_cpu(rcu_cpu, cpu));
	}
	if (handed)
		ask(false);
}

/* --- waiting for callbacks ------------------------------------------------------ */

struct barrier {
	struct rcu_head head;
	struct completion done;
};

static void barrier_reached(struct rcu_head *head)
{
	complete(&container_of(head, struct barrier, head)->done);
}

static bool is_running(struct rcu_cpu *one)
{
	unsigned long irq = spin_lock_irqsave(&one->lock);
	bool running = one->running != 0;

	spin_unlock_irqrestore(&one->lock, irq);
	return running;
}

/* The work takes every list in one pass, so after two callbacks one behind the other, what any
 * CPU had queued before has had its grace period. */
void rcu_barrier(void)
{
	unsigned cpu;

	for (int i = 0; i < 2; i++) {
		struct barrier barrier;

		completion_init(&barrier.done);
		call_rcu(&barrier.head, barrier_reached);
		ask(true);
		completion_wait(&barrier.done);
	}
	for_each_online_cpu(cpu) {
		struct rcu_cpu *one = &per_cpu(rcu_cpu, cpu);

		run_ready(one);
		while (is_running(one))
			(void)thread_sleep_until(arch_clock_ns() + POLL_NS, SLEEP_UNINTERRUPTIBLE);
	}
}

/* Callbacks that wait, of all CPUs. */
static u64 pending_count(void)
{
	u64 n = 0;
	unsigned cpu;

	for_each_online_cpu(cpu)
		n += READ_ONCE(per_cpu(rcu_cpu, cpu).count);
	return n;
}

void rcu_init(void)
{
	work_init(&rcu.work, rcu_work);
	rcu.ready = true;
	mem_call_rcu = call_rcu;
	if (pending_count())
		ask(false);
}
