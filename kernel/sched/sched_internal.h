/* sched/sched_internal.h - the run queue; for sched/ only. */
#pragma once
#include "core/percpu.h"
#include "core/spinlock.h"
#include "lib/list.h"
#include "lib/rbtree.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "sched/timer.h"

#define WEIGHT_NICE_0	 1024
#define WEIGHT_IDLE	 3
#define SHORT_BURST_NS	 50000u /* a thread that runs no longer than this at a time */
#define SLEEPER_BONUS_NS (SCHED_SLICE_NS / 2)

/* One per CPU.  All fields but the last group: lock. */
struct runqueue {
	struct spinlock lock; /* rank LOCK_RUNQUEUE, interrupts off */
	u32 cpu;	      /* [I] */
	struct thread *curr;  /* who runs here; in no tree or list */
	struct thread *idle;  /* [I] */
	struct thread *prev;  /* across a switch: who ran before */
	bool migrate_prev;    /* it may not stay on this CPU */
	bool online;
	u32 nr_running;		/* queued and current, the idle thread aside */
	u32 nr_fair;		/* in the tree */
	s32 nr_uninterruptible; /* the sum over all CPUs means something */
	struct rb_root fair;	/* by vruntime */
	struct rb_node *leftmost;
	u64 min_vruntime;    /* never decreases */
	struct list_node rt; /* FIFO and RR, highest priority first */
	u64 rt_ran_ns;	     /* what those ran in this period */
	ktime_t rt_period_start_ns;
	bool rt_throttled; /* the rest of the period belongs to the others */
	u64 quiescent;	   /* [a] counts calls of schedule(), for RCU */
	u64 switches;
	u64 busy_ns; /* of threads other than idle */

	/* This CPU only, interrupts off. */
	struct timer tick;
	u8 tick_state; /* TICK_* */
	u32 tick_count;
	ktime_t tick_period_ns;
	u64 user_ns, nice_ns, system_ns; /* samples, weighted by the period */
};

/* Of each period, what real-time threads may take from the others, as on Linux. */
#define RT_PERIOD_NS  NSEC_PER_SEC
#define RT_RUNTIME_NS (950 * NSEC_PER_MSEC)

#define TICK_OFF      0
#define TICK_ALONE    1 /* samples only, more and more seldom */
#define TICK_SHARED   2 /* every SCHED_TICK_NS: others wait for this CPU */

DECLARE_PERCPU(struct runqueue, runqueue);
extern struct cpumask sched_idle_mask; /* [a] CPUs in their idle thread, not yet claimed */

static inline struct runqueue *rq_of(unsigned cpu)
{
	return &per_cpu(runqueue, cpu);
}

static inline struct runqueue *rq_this(void)
{
	return this_cpu_ptr(runqueue);
}

/* No RCU reader is on this CPU now.  A full barrier: a reader that comes next may not look
 * before this is seen, or a grace period could end between its look and its use. */
static inline void rq_quiescent(struct runqueue *rq)
{
	__atomic_fetch_add(&rq->quiescent, 1, __ATOMIC_SEQ_CST);
}

/* These two: interrupts are off.  They tell by @rq, not by a value, what they locked: so the
 * static analysis can follow. */
static inline void rq_lock(unsigned cpu, struct runqueue **rq) ACQUIRE((*rq)->lock)
{
	*rq = rq_of(cpu);
	spin_lock(&(*rq)->lock);
}

/* The run queue of a thread, which may go elsewhere until the lock is had. */
static inline void rq_lock_of(struct thread *thread, struct runqueue **rq) ACQUIRE((*rq)->lock)
{
	for (;;) {
		rq_lock(READ_ONCE(thread->cpu), rq);
		if (likely((*rq)->cpu == thread->cpu))
			return;
		spin_unlock(&(*rq)->lock);
	}
}

static inline bool thread_is_rt(const struct thread *thread)
{
	return thread->rt_priority != 0;
}

static inline bool vruntime_before(u64 a, u64 b)
{
	return (s64)(a - b) < 0;
}

/* --- runqueue.c ------------------------------------------------------------------ */

/* Add what current ran since the last call to its accounts. */
void rq_account(struct runqueue *rq, ktime_t now) REQUIRES(rq->lock);
/* Into or out of the waiting structures (not current). */
void rq_insert(struct runqueue *rq, struct thread *thread) REQUIRES(rq->lock);
static inline void rq_remove(struct runqueue *rq, struct thread *thread) REQUIRES(rq->lock)
{
	thread->se.queued = false;
	if (unlikely(thread_is_rt(thread))) {
		list_del(&thread->se.rt_node);
		return;
	}
	if (rq->leftmost == &thread->se.node)
		rq->leftmost = rb_next(&thread->se.node);
	rb_erase(&rq->fair, &thread->se.node);
	rq->nr_fair--;
}
/* The same, where it comes to this CPU or leaves it: on_rq and nr_running too. */
void rq_enqueue(struct runqueue *rq, struct thread *thread) REQUIRES(rq->lock);
void rq_dequeue(struct runqueue *rq, struct thread *thread) REQUIRES(rq->lock);

/* Where a thread that slept, or comes from @from, stands among those of @rq. */
static inline void rq_place(struct runqueue *rq, struct thread *thread, const struct runqueue *from)
	REQUIRES(rq->lock)
{
	u64 floor = rq->min_vruntime - SLEEPER_BONUS_NS;

	if (from != rq)
		thread->se.vruntime += rq->min_vruntime - READ_ONCE(from->min_vruntime);
	if (vruntime_before(thread->se.vruntime, floor))
		thread->se.vruntime = floor;
}

/* Ask for a schedule() on that CPU. */
void rq_resched(struct runqueue *rq) REQUIRES(rq->lock);
/* @thread was enqueued: current is asked to give way if it should.  True: that CPU is to be
 * interrupted, by arch_ipi_resched(), best without the lock. */
bool rq_check_preempt(struct runqueue *rq, struct thread *thread) REQUIRES(rq->lock);
/* schedule() on that CPU soon, whatever it does. */
void sched_kick(unsigned cpu);
/* The program that runs on @cpu gets WORK_* @bits, which it sees when next it is about to return
 * to user mode; it is not interrupted for it.  False: none runs there. */
bool sched_work_on(unsigned cpu, u32 bits);

/* --- balance.c ------------------------------------------------------------------- */

/* Move one waiting thread here from a CPU that has one; the other's lock is only tried for. */
struct thread *rq_steal(struct runqueue *rq) REQUIRES(rq->lock);
void rq_push_excess(struct runqueue *rq); /* unlocked, interrupts off */

void rcu_cpu_init(void);
void thread_reap(struct thread *thread); /* stack and registers of a dead one */
void thread_set_weight(struct thread *thread);
void tick_update(struct runqueue *rq); /* interrupts off, unlocked, this CPU */
void tick_init(struct runqueue *rq);
void loadavg_update(ktime_t now);
