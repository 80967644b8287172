/* sched/mutex.h - sleeping lock with an owner.  Spins shortly while the owner runs. */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"
#include "lib/atomic.h"
#include "lib/list.h"
#include "core/spinlock.h"
#include "core/lockrank.h"
#include "core/panic.h"
#include "sched/thread.h"

#define MUTEX_WAITERS 1ul

struct CAPABILITY("mutex") mutex {
	unsigned long owner;			    /* [a] struct thread *, | MUTEX_WAITERS */
	struct spinlock lock;			    /* rank LOCK_SLEEP_INNER */
	int rank;				    /* [I] of the mutex itself (debug) */
	struct list_node waiters GUARDED_BY(&lock); /* [lock] first come, first served */
};

void mutex_init(struct mutex *mutex, int rank);
void mutex_lock_slow(struct mutex *mutex);
int mutex_lock_interruptible_slow(struct mutex *mutex, enum sleep_mode mode);
void mutex_unlock_slow(struct mutex *mutex);

static inline bool mutex_cas(struct mutex *mutex, unsigned long old, unsigned long new)
{
	return __atomic_compare_exchange_n(&mutex->owner, &old, new, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_RELAXED);
}

static inline bool mutex_held(const struct mutex *mutex)
{
	return (READ_ONCE(mutex->owner) & ~MUTEX_WAITERS) == (unsigned long)current;
}

static inline bool mutex_is_locked(const struct mutex *mutex)
{
	return READ_ONCE(mutex->owner) != 0;
}

static inline void mutex_lock(struct mutex *mutex) ACQUIRE(mutex) NO_THREAD_SAFETY
{
	if (CONFIG_DEBUG)
		mutex_debug_want(mutex, mutex->rank, LOCK_WAIT);
	if (unlikely(!mutex_cas(mutex, 0, (unsigned long)current)))
		mutex_lock_slow(mutex);
}

static inline bool mutex_trylock(struct mutex *mutex) TRY_ACQUIRE(true, mutex) NO_THREAD_SAFETY
{
	if (!mutex_cas(mutex, 0, (unsigned long)current))
		return false;
	if (CONFIG_DEBUG)
		mutex_debug_want(mutex, mutex->rank, LOCK_TRY);
	return true;
}

static inline void mutex_unlock(struct mutex *mutex) RELEASE(mutex) NO_THREAD_SAFETY
{
	if (CONFIG_DEBUG)
		mutex_debug_release(mutex);
	if (unlikely(!mutex_cas(mutex, (unsigned long)current, 0)))
		mutex_unlock_slow(mutex);
}

/* 0, or -ERESTARTSYS when a signal came first. */
static inline int __must_check mutex_lock_interruptible(struct mutex *mutex)
	TRY_ACQUIRE(0, mutex) NO_THREAD_SAFETY
{
	int err = 0;

	if (CONFIG_DEBUG)
		mutex_debug_want(mutex, mutex->rank, LOCK_WAIT);
	if (unlikely(!mutex_cas(mutex, 0, (unsigned long)current)))
		err = mutex_lock_interruptible_slow(mutex, SLEEP_INTERRUPTIBLE);
	return err;
}

static inline int __must_check mutex_lock_killable(struct mutex *mutex)
	TRY_ACQUIRE(0, mutex) NO_THREAD_SAFETY
{
	int err = 0;

	if (CONFIG_DEBUG)
		mutex_debug_want(mutex, mutex->rank, LOCK_WAIT);
	if (unlikely(!mutex_cas(mutex, 0, (unsigned long)current)))
		err = mutex_lock_interruptible_slow(mutex, SLEEP_KILLABLE);
	return err;
}
