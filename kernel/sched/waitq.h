/* sched/waitq.h - threads (and poll callbacks) waiting for an event on an object.
 *
 * The pattern with a condition under a mutex:
 *	mutex_lock(&m);
 *	while (!condition && !ret)
 *		ret = waitq_sleep(&wq, &m, deadline_ns);
 * and without a lock:
 *	waiter_init(&w);
 *	for (;;) {
 *		waitq_prepare(&wq, &w, SLEEP_INTERRUPTIBLE);
 *		if (condition) break;
 *		ret = thread_sleep(DEADLINE_NONE, SLEEP_INTERRUPTIBLE);
 *		if (ret) break;
 *	}
 *	waitq_finish(&wq, &w);
 * The waker makes the condition true, then calls waitq_wake_*(): nothing but a barrier and
 * a load when nobody waits.
 */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"
#include "lib/list.h"
#include "core/spinlock.h"
#include "core/lockrank.h"
#include "sched/thread.h"

struct mutex;

struct waitq {
	struct spinlock lock; /* rank LOCK_WAITQ, irq */
	struct list_node list
		GUARDED_BY(&lock); /* [lock] waiters: others first, exclusive at the tail */
};

struct waiter {
	struct list_node list; /* [waitq.lock] */
	struct thread *thread;
	/* Under waitq.lock, irqs off.  Returns true when it used up the event (counts as the
	 * one exclusive waiter).  May remove itself with list_del_init. */
	bool (*wake)(struct waiter *waiter, u32 events);
	bool exclusive;
	u32 events; /* what it waits for; 0: everything */
};

#define WAITQ_INIT(name)                                                                           \
	{                                                                                          \
		.lock = SPINLOCK_INIT_RANK(LOCK_WAITQ), .list = { &(name).list, &(name).list }     \
	}
void waitq_init(struct waitq *wq);
void waitq_init_rank(struct waitq *wq, int rank); /* queues woken from another's callback */
/* A waiter for the current thread; the default wake takes it off the queue. */
void waiter_init(struct waiter *waiter);
void waiter_init_fn(struct waiter *waiter, bool (*wake)(struct waiter *, u32), bool exclusive);

/* Queue (if it is not) and mark the thread as about to sleep. */
void waitq_prepare(struct waitq *wq, struct waiter *waiter, enum sleep_mode mode);
void waitq_prepare_exclusive(struct waitq *wq, struct waiter *waiter, enum sleep_mode mode);
/* Running again, off the queue.  True: a wake-up had reached it. */
bool waitq_finish(struct waitq *wq, struct waiter *waiter);
/* Poll: queue only, no thread state. */
void waitq_add(struct waitq *wq, struct waiter *waiter);
void waitq_remove(struct waitq *wq, struct waiter *waiter);

/* Drop @held, sleep, take it again.  0: woken, look again.  -ETIMEDOUT,
 * -ERESTARTSYS (a wake-up wins over both).  The caller holds @held since it looked. */
int waitq_sleep(struct waitq *wq, struct mutex *held, ktime_t deadline_ns) REQUIRES(held);
int waitq_sleep_mode(struct waitq *wq, struct mutex *held, ktime_t deadline_ns,
		     enum sleep_mode mode, bool exclusive) REQUIRES(held);
/* The same with a spin lock (taken without irqsave). */
int waitq_sleep_spin(struct waitq *wq, struct spinlock *held, ktime_t deadline_ns) REQUIRES(held);

void waitq_wake_slow(struct waitq *wq, u32 events, int nr_exclusive);
static inline bool waitq_active(const struct waitq *wq)
{
	smp_mb(); /* pairs with waitq_prepare: condition before queue */
	return READ_ONCE(wq->list.next) != &wq->list;
}
/* All waiters that are not exclusive, and one that is. */
static inline void waitq_wake_one(struct waitq *wq)
{
	if (waitq_active(wq))
		waitq_wake_slow(wq, 0, 1);
}
static inline void waitq_wake_all(struct waitq *wq)
{
	if (waitq_active(wq))
		waitq_wake_slow(wq, 0, 0);
}
/* Poll events (EPOLLIN, ...): as wake_one, for waiters of these events. */
static inline void waitq_wake_events(struct waitq *wq, u32 events)
{
	if (waitq_active(wq))
		waitq_wake_slow(wq, events, 1);
}
static inline void waitq_wake_events_all(struct waitq *wq, u32 events)
{
	if (waitq_active(wq))
		waitq_wake_slow(wq, events, 0);
}
