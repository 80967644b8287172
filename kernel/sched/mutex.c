/* sched/mutex.c - the slow half of the mutex.
 *
 *	owner	0 free; a thread; | 1 when somebody waits (then lock and unlock come here)
 *
 * A free mutex goes to whoever takes it first, also past the queue: making the unlocker wait
 * for a sleeper to be scheduled would cost two switches per lock under contention.  But a
 * waiter that was woken and found it taken again has it handed over next time.
 *
 * On more than one CPU a contender first spins while the owner is running.
 */
#include "sched/mutex.h"
#include "sched/sched.h"
#include "lib/errno.h"

#define SPIN_MAX 400

struct mutex_waiter {
	struct list_node list; /* [mutex.lock] */
	struct thread *thread;
	bool handoff; /* [mutex.lock] it is its turn */
};

void mutex_init(struct mutex *mutex, int rank)
{
	mutex->owner = 0;
	spin_init(&mutex->lock, LOCK_SLEEP_INNER);
	mutex->rank = rank;
	list_init(&mutex->waiters);
}

#if CONFIG_DEBUG
void mutex_debug_want(const void *lock, int rank, enum lock_want want)
{
	if (want == LOCK_WAIT)
		lockrank_may_sleep();
	if (current)
		held_locks_push(&current->held, lock, (u8)rank, want);
}

void mutex_debug_waited(const void *lock, int err)
{
	if (current && err)
		held_locks_pop(&current->held, lock, false);
	else if (current)
		held_locks_waited(&current->held, lock);
}

void mutex_debug_release(const void *lock)
{
	if (current)
		held_locks_pop(&current->held, lock, true);
}
#endif

static bool spin_for(struct mutex *mutex)
{
	if (!cpu_online_many())
		return false;
	for (int i = 0; i < SPIN_MAX; i++) {
		unsigned long owner = READ_ONCE(mutex->owner);

		if (!owner) {
			if (mutex_cas(mutex, 0, (unsigned long)current))
				return true;
		} else if (owner & MUTEX_WAITERS) {
			return false;
		} else if (!READ_ONCE(((struct thread *)owner)->on_cpu)) {
			/* The struct stays for a grace period, and we do not sleep. */
			return false;
		}
		arch_cpu_relax();
	}
	return false;
}

static int lock_common(struct mutex *mutex, enum sleep_mode mode)
{
	unsigned long self = (unsigned long)current, owner;
	struct mutex_waiter waiter = { .thread = current };
	int ret = 0;

	assert((READ_ONCE(mutex->owner) & ~MUTEX_WAITERS) != self || !self);
	if (spin_for(mutex))
		return 0;
	spin_lock(&mutex->lock);
	list_add_tail(&mutex->waiters, &waiter.list);
	for (;;) {
		owner = READ_ONCE(mutex->owner);
		if ((owner & ~MUTEX_WAITERS) == self)
			break; /* handed over, off the list */
		if (!(owner & ~MUTEX_WAITERS)) {
			bool others = mutex->waiters.next != &waiter.list ||
				      mutex->waiters.prev != &waiter.list;

			if (!mutex_cas(mutex, owner, self | (others ? MUTEX_WAITERS : 0)))
				continue;
			list_del(&waiter.list);
			break;
		}
		if (!(owner & MUTEX_WAITERS) && !mutex_cas(mutex, owner, owner | MUTEX_WAITERS))
			continue;
		thread_sleep_prepare(mode);
		if (thread_sleep_interrupted(mode)) {
			thread_sleep_cancel();
			list_del(&waiter.list);
			if (list_empty(&mutex->waiters))
				__atomic_and_fetch(&mutex->owner, ~MUTEX_WAITERS, __ATOMIC_ACQ_REL);
			ret = -ERESTARTSYS;
			break;
		}
		spin_unlock(&mutex->lock);
		schedule();
		spin_lock(&mutex->lock);
		waiter.handoff = true;
	}
	spin_unlock(&mutex->lock);
	return ret;
}

void mutex_lock_slow(struct mutex *mutex)
{
	int err = lock_common(mutex, SLEEP_UNINTERRUPTIBLE);

	if (CONFIG_DEBUG)
		mutex_debug_waited(mutex, err);
}

int mutex_lock_interruptible_slow(struct mutex *mutex, enum sleep_mode mode)
{
	int err = lock_common(mutex, mode);

	if (CONFIG_DEBUG)
		mutex_debug_waited(mutex, err);
	return err;
}

void mutex_unlock_slow(struct mutex *mutex)
{
	struct mutex_waiter *first;
	struct thread *thread;

	assert(mutex_held(mutex));
	spin_lock(&mutex->lock);
	if (list_empty(&mutex->waiters)) {
		__atomic_store_n(&mutex->owner, 0, __ATOMIC_RELEASE);
		spin_unlock(&mutex->lock);
		return;
	}
	first = list_first_entry(&mutex->waiters, struct mutex_waiter, list);
	thread = first->thread;
	if (first->handoff) {
		list_del(&first->list);
		__atomic_store_n(&mutex->owner,
				 (unsigned long)thread |
					 (list_empty(&mutex->waiters) ? 0 : MUTEX_WAITERS),
				 __ATOMIC_RELEASE);
	} else {
		__atomic_store_n(&mutex->owner, MUTEX_WAITERS, __ATOMIC_RELEASE);
	}
	spin_unlock(&mutex->lock);
	sched_wake(thread);
}
