/* sched/rwsem.h - many readers or one writer; a waiting writer stops new readers. */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"
#include "lib/list.h"
#include "core/spinlock.h"
#include "core/lockrank.h"
#include "sched/thread.h"

#define RWSEM_WRITER  1l
#define RWSEM_WAITERS 2l
#define RWSEM_TRYING  4l  /* somebody is awake and on its way to it: rwsem.c */
#define RWSEM_WAITED  8l  /* the writer had to wait for it: rwsem.c */
#define RWSEM_READER  16l /* one reader */

/* What every lock and unlock touches comes last, so that it can share a cache line with what follows
 * the lock, which its holder writes; the queue is for those that wait. */
struct CAPABILITY("rwsem") rwsem {
	struct spinlock lock; /* rank LOCK_SLEEP_INNER */
	int rank;	      /* [I] */
	u16 overtaken;	      /* by so many; who just took or let go writes it */
	u16 turns;	      /* taken in a row; whoever has to wait writes it */
	struct list_node waiters GUARDED_BY(&lock); /* [lock] */
	long count;	      /* [a] readers * RWSEM_READER | the bits above */
	struct thread *owner; /* writer, or NULL; for asserts and spinning */
};

void rwsem_init(struct rwsem *sem, int rank);
void rwsem_read_lock_slow(struct rwsem *sem);
void rwsem_write_lock_slow(struct rwsem *sem);
int rwsem_write_lock_killable_slow(struct rwsem *sem);
void rwsem_write_unlock_slow(struct rwsem *sem);
void rwsem_wake_slow(struct rwsem *sem);

static inline bool rwsem_cas(struct rwsem *sem, long old, long new)
{
	return __atomic_compare_exchange_n(&sem->count, &old, new, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_RELAXED);
}

static inline bool rwsem_read_try(struct rwsem *sem)
{
	long count = READ_ONCE(sem->count);

	while (!(count & (RWSEM_WRITER | RWSEM_WAITERS))) {
		if (rwsem_cas(sem, count, count + RWSEM_READER))
			return true;
		count = READ_ONCE(sem->count);
	}
	return false;
}

static inline bool rwsem_read_trylock(struct rwsem *sem)
	TRY_ACQUIRE_SHARED(true, sem) NO_THREAD_SAFETY
{
	if (!rwsem_read_try(sem))
		return false;
	if (CONFIG_DEBUG)
		mutex_debug_want(sem, sem->rank, LOCK_TRY);
	return true;
}

static inline void rwsem_read_lock(struct rwsem *sem) ACQUIRE_SHARED(sem) NO_THREAD_SAFETY
{
	if (CONFIG_DEBUG)
		mutex_debug_want(sem, sem->rank, LOCK_WAIT);
	if (unlikely(!rwsem_read_try(sem)))
		rwsem_read_lock_slow(sem);
}

static inline void rwsem_read_unlock(struct rwsem *sem) RELEASE_SHARED(sem) NO_THREAD_SAFETY
{
	long count;

	if (CONFIG_DEBUG)
		mutex_debug_release(sem);
	count = __atomic_sub_fetch(&sem->count, RWSEM_READER, __ATOMIC_ACQ_REL);
	if (unlikely(count == RWSEM_WAITERS))
		rwsem_wake_slow(sem);
}

static inline bool rwsem_write_try(struct rwsem *sem)
{
	if (!rwsem_cas(sem, 0, RWSEM_WRITER))
		return false;
	sem->owner = current;
	return true;
}

static inline bool rwsem_write_trylock(struct rwsem *sem) TRY_ACQUIRE(true, sem) NO_THREAD_SAFETY
{
	if (!rwsem_write_try(sem))
		return false;
	if (CONFIG_DEBUG)
		mutex_debug_want(sem, sem->rank, LOCK_TRY);
	return true;
}

static inline void rwsem_write_lock(struct rwsem *sem) ACQUIRE(sem) NO_THREAD_SAFETY
{
	if (CONFIG_DEBUG)
		mutex_debug_want(sem, sem->rank, LOCK_WAIT);
	if (unlikely(!rwsem_write_try(sem)))
		rwsem_write_lock_slow(sem);
}

/* 0, or -ERESTARTSYS: killed first. */
static inline int __must_check rwsem_write_lock_killable(struct rwsem *sem)
	TRY_ACQUIRE(0, sem) NO_THREAD_SAFETY
{
	int err = 0;

	if (CONFIG_DEBUG)
		mutex_debug_want(sem, sem->rank, LOCK_WAIT);
	if (unlikely(!rwsem_write_try(sem)))
		err = rwsem_write_lock_killable_slow(sem);
	return err;
}

static inline void rwsem_write_unlock(struct rwsem *sem) RELEASE(sem) NO_THREAD_SAFETY
{
	if (CONFIG_DEBUG)
		mutex_debug_release(sem);
	sem->owner = NULL;
	if (unlikely(!rwsem_cas(sem, RWSEM_WRITER, 0)))
		rwsem_write_unlock_slow(sem);
}

/* A writer becomes a reader without letting go. */
static inline void rwsem_downgrade(struct rwsem *sem) RELEASE(sem)
	ACQUIRE_SHARED(sem) NO_THREAD_SAFETY
{
	long waited = READ_ONCE(sem->count) & RWSEM_WAITED, count;

	sem->owner = NULL;
	count = __atomic_add_fetch(&sem->count, RWSEM_READER - RWSEM_WRITER - waited,
				   __ATOMIC_ACQ_REL);
	if (count & RWSEM_WAITERS)
		rwsem_wake_slow(sem);
}

static inline bool rwsem_write_held(const struct rwsem *sem)
{
	return READ_ONCE(sem->owner) == current;
}

static inline bool rwsem_is_locked(const struct rwsem *sem)
{
	return READ_ONCE(sem->count) & ~(RWSEM_WAITERS | RWSEM_TRYING);
}
