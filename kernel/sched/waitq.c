/* sched/waitq.c - wait queues.
 *
 * The default wake function takes the waiter off the queue before it wakes the thread, so an
 * event goes to one exclusive waiter only, and waitq_finish() can tell an event that arrived
 * from a signal or a timeout: the event wins, none is lost.
 *
 * A woken thread may return and reuse its stack, on which the waiter lies, at once: after
 * list_del_init() the waker touches the thread only.  The thread itself stays valid for a grace
 * period, and wakers run with interrupts off.
 */
#include "sched/waitq.h"
#include "sched/mutex.h"
#include "sched/sched.h"

void waitq_init(struct waitq *wq)
{
	waitq_init_rank(wq, LOCK_WAITQ);
}

void waitq_init_rank(struct waitq *wq, int rank)
{
	spin_init(&wq->lock, rank);
	list_init(&wq->list);
}

static bool wake_thread(struct waiter *waiter, u32 events)
{
	struct thread *thread = waiter->thread;

	list_del_init(&waiter->list);
	return sched_wake(thread);
}

void waiter_init(struct waiter *waiter)
{
	list_init(&waiter->list);
	waiter->thread = current;
	waiter->wake = wake_thread;
	waiter->exclusive = false;
	waiter->events = 0;
}

void waiter_init_fn(struct waiter *waiter, bool (*wake)(struct waiter *, u32), bool exclusive)
{
	list_init(&waiter->list);
	waiter->thread = current;
	waiter->wake = wake;
	waiter->exclusive = exclusive;
	waiter->events = 0;
}

static inline void enqueue_locked(struct waitq *wq, struct waiter *waiter) REQUIRES(&wq->lock)
{
	if (!list_empty(&waiter->list))
		return;
	if (waiter->exclusive)
		list_add_tail(&wq->list, &waiter->list);
	else
		list_add(&wq->list, &waiter->list);
}

void waitq_prepare(struct waitq *wq, struct waiter *waiter, enum sleep_mode mode)
{
	unsigned long irq = spin_lock_irqsave(&wq->lock);

	enqueue_locked(wq, waiter);
	thread_sleep_prepare(mode);
	spin_unlock_irqrestore(&wq->lock, irq);
}

void waitq_prepare_exclusive(struct waitq *wq, struct waiter *waiter, enum sleep_mode mode)
{
	waiter->exclusive = true;
	waitq_prepare(wq, waiter, mode);
}

static bool dequeue(struct waitq *wq, struct waiter *waiter)
{
	unsigned long irq;
	bool reached;

	/* Both links: the waker's list_del_init() is complete. */
	if (READ_ONCE(waiter->list.next) == &waiter->list &&
	    READ_ONCE(waiter->list.prev) == &waiter->list)
		return true;
	irq = spin_lock_irqsave(&wq->lock);
	reached = list_empty(&waiter->list);
	if (!reached)
		list_del_init(&waiter->list);
	spin_unlock_irqrestore(&wq->lock, irq);
	return reached;
}

bool waitq_finish(struct waitq *wq, struct waiter *waiter)
{
	thread_sleep_cancel();
	return dequeue(wq, waiter);
}

void waitq_add(struct waitq *wq, struct waiter *waiter)
{
	unsigned long irq = spin_lock_irqsave(&wq->lock);

	enqueue_locked(wq, waiter);
	spin_unlock_irqrestore(&wq->lock, irq);
}

void waitq_remove(struct waitq *wq, struct waiter *waiter)
{
	unsigned long irq = spin_lock_irqsave(&wq->lock);

	if (!list_empty(&waiter->list))
		list_del_init(&waiter->list);
	spin_unlock_irqrestore(&wq->lock, irq);
}

int waitq_sleep_mode(struct waitq *wq, struct mutex *held, ktime_t deadline_ns,
		     enum sleep_mode mode, bool exclusive)
{
	struct waiter waiter;
	bool reached;
	int ret;

	waiter_init(&waiter);
	waiter.exclusive = exclusive;
	waitq_prepare(wq, &waiter, mode);
	mutex_unlock(held);
	ret = thread_sleep(deadline_ns, mode);
	reached = waitq_finish(wq, &waiter);
	mutex_lock(held);
	return reached ? 0 : ret;
}

int waitq_sleep(struct waitq *wq, struct mutex *held, ktime_t deadline_ns)
{
	return waitq_sleep_mode(wq, held, deadline_ns, SLEEP_INTERRUPTIBLE, false);
}

int waitq_sleep_spin(struct waitq *wq, struct spinlock *held, ktime_t deadline_ns)
{
	struct waiter waiter;
	bool reached;
	int ret;

	waiter_init(&waiter);
	waitq_prepare(wq, &waiter, SLEEP_INTERRUPTIBLE);
	spin_unlock(held);
	ret = thread_sleep(deadline_ns, SLEEP_INTERRUPTIBLE);
	reached = waitq_finish(wq, &waiter);
	spin_lock(held);
	return reached ? 0 : ret;
}

/* @nr_exclusive 0: all of them. */
void waitq_wake_slow(struct waitq *wq, u32 events, int nr_exclusive)
{
	unsigned long irq = spin_lock_irqsave(&wq->lock);
	struct waiter *waiter, *next;

	list_for_each_entry_safe(waiter, next, &wq->list, list) {
		bool exclusive = waiter->exclusive;

		if (events && waiter->events && !(events & waiter->events))
			continue;
		if (waiter->wake(waiter, events) && exclusive && --nr_exclusive == 0)
			break;
	}
	spin_unlock_irqrestore(&wq->lock, irq);
}
