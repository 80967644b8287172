/* sched/rwsem.c - the slow half of the reader-writer lock.
 *
 * Once somebody waits, RWSEM_WAITERS keeps everybody off the fast paths, and the lock is granted
 * in the order of the queue, under sem->lock: to one writer, or to all readers up to the
 * next writer.  A grant is complete before its thread wakes.
 */
#include "sched/rwsem.h"
#include "sched/sched.h"
#include "core/panic.h"
#include "lib/errno.h"

#define SPIN_MAX 200

struct rwsem_waiter {
	struct list_node list; /* [sem.lock] */
	struct thread *thread;
	bool writer;
	bool granted; /* [sem.lock] written; its thread reads */
};

void rwsem_init(struct rwsem *sem, int rank)
{
	sem->count = 0;
	sem->owner = NULL;
	spin_init(&sem->lock, LOCK_SLEEP_INNER);
	sem->rank = rank;
	list_init(&sem->waiters);
}

/* The waiter lies on its thread's stack and is gone once granted is set. */
static void grant(struct rwsem_waiter *waiter)
{
	struct thread *thread = waiter->thread;

	list_del(&waiter->list);
	store_release(&waiter->granted, true);
	sched_wake(thread);
}

static void grant_locked(struct rwsem *sem) REQUIRES(&sem->lock)
{
	while (!list_empty(&sem->waiters)) {
		struct rwsem_waiter *first;
		long count = READ_ONCE(sem->count);

		first = list_first_entry(&sem->waiters, struct rwsem_waiter, list);
		if (count & RWSEM_WRITER)
			return;
		if (first->writer) {
			if (count >= RWSEM_READER)
				return;
			/* Nobody holds it, and WAITERS stops newcomers: count is ours. */
			sem->owner = first->thread;
			__atomic_or_fetch(&sem->count, RWSEM_WRITER, __ATOMIC_ACQ_REL);
			grant(first);
			break;
		}
		__atomic_add_fetch(&sem->count, RWSEM_READER, __ATOMIC_ACQ_REL);
		grant(first);
	}
	if (list_empty(&sem->waiters))
		__atomic_and_fetch(&sem->count, ~RWSEM_WAITERS, __ATOMIC_ACQ_REL);
}

void rwsem_wake_slow(struct rwsem *sem)
{
	spin_lock(&sem->lock);
	grant_locked(sem);
	spin_unlock(&sem->lock);
}

/* While a writer runs on another CPU and nobody queues: it may be done soon. */
static bool spin_for(struct rwsem *sem, bool writer)
{
	if (cpu_online_count() < 2)
		return false;
	for (int i = 0; i < SPIN_MAX; i++) {
		struct thread *owner = READ_ONCE(sem->owner);

		if (READ_ONCE(sem->count) & RWSEM_WAITERS)
			return false;
		if (writer ? rwsem_write_try(sem) : rwsem_read_try(sem))
			return true;
		/* The struct stays for a grace period, and we do not sleep. */
		if (!owner || !READ_ONCE(owner->on_cpu))
			return false;
		arch_cpu_relax();
	}
	return false;
}

static int wait_for_grant(struct rwsem *sem, bool writer, enum sleep_mode mode)
{
	struct rwsem_waiter waiter = { .thread = current, .writer = writer };

	assert(READ_ONCE(sem->owner) != current || !current);
	if (spin_for(sem, writer))
		return 0;
	spin_lock(&sem->lock);
	list_add_tail(&sem->waiters, &waiter.list);
	__atomic_or_fetch(&sem->count, RWSEM_WAITERS, __ATOMIC_ACQ_REL);
	grant_locked(sem); /* it may have become free before the bit was set */
	spin_unlock(&sem->lock);
	for (;;) {
		thread_sleep_prepare(mode);
		if (load_acquire(&waiter.granted))
			break;
		if (thread_sleep_interrupted(mode)) {
			spin_lock(&sem->lock);
			if (!waiter.granted) {
				list_del(&waiter.list);
				grant_locked(sem);
				spin_unlock(&sem->lock);
				thread_sleep_cancel();
				return -ERESTARTSYS;
			}
			spin_unlock(&sem->lock);
			break;
		}
		schedule();
	}
	thread_sleep_cancel();
	return 0;
}

static int wait_for(struct rwsem *sem, bool writer, enum sleep_mode mode)
{
	int err = wait_for_grant(sem, writer, mode);

	if (CONFIG_DEBUG)
		mutex_debug_waited(sem, err);
	return err;
}

void rwsem_read_lock_slow(struct rwsem *sem)
{
	(void)wait_for(sem, false, SLEEP_UNINTERRUPTIBLE);
}

void rwsem_write_lock_slow(struct rwsem *sem)
{
	(void)wait_for(sem, true, SLEEP_UNINTERRUPTIBLE);
}

int rwsem_write_lock_killable_slow(struct rwsem *sem)
{
	return wait_for(sem, true, SLEEP_KILLABLE);
}
