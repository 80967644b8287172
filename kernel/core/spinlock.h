/*
 * Spin locks: one word, no function call when free.
 *
 * Test and set, not tickets: the host may stop a virtual CPU at any time, and with tickets
 * everybody then waits for the one whose turn it is.  (Two CPUs under load on TCG: a lock
 * benchmark that took 0.3 s took 14 s with tickets.)
 *
 * spin_lock() is for locks that no interrupt takes; where one does, every holder uses
 * spin_lock_irqsave().  Nobody sleeps while holding one.
 */
#pragma once

#include "arch/api/inline.h"
#include "core/lockrank.h"
#include "core/panic.h"
#include "lib/annotate.h"
#include "lib/types.h"

struct CAPABILITY("spinlock") spinlock {
	u32 locked;
#if CONFIG_DEBUG
	u8 rank;
#endif
};

#if CONFIG_DEBUG
#define SPINLOCK_INIT_RANK(r) { 0, (r) }
#define SPIN_RANK(l)	      ((l)->rank)
#else
#define SPINLOCK_INIT_RANK(r) { 0 }
#define SPIN_RANK(l)	      LOCK_NO_RANK
#endif
#define DEFINE_SPINLOCK(name, rank) struct spinlock name = SPINLOCK_INIT_RANK(rank)

void spin_lock_slow(struct spinlock *l);

static inline void spin_init(struct spinlock *l, enum lock_rank rank)
{
	*l = (struct spinlock)SPINLOCK_INIT_RANK(rank);
}

static inline bool spin_is_locked(const struct spinlock *l)
{
	return __atomic_load_n(&l->locked, __ATOMIC_RELAXED);
}

/*
 * The caller holds @l, as the analysis cannot see: in a callback, or where the lock has
 * another name there.  Debug builds check it.
 */
static inline void spin_assert_held(const struct spinlock *l) ASSERT_HELD(l)
{
	if (CONFIG_DEBUG)
		lockrank_assert_held(l);
}

static inline void spin_lock(struct spinlock *l) ACQUIRE(l) NO_THREAD_SAFETY
{
	if (CONFIG_DEBUG)
		lockrank_acquire(l, SPIN_RANK(l), LOCK_WAIT);
	if (unlikely(__atomic_exchange_n(&l->locked, 1, __ATOMIC_ACQUIRE)))
		spin_lock_slow(l);
}

static inline bool spin_trylock(struct spinlock *l) TRY_ACQUIRE(true, l) NO_THREAD_SAFETY
{
	if (spin_is_locked(l) || __atomic_exchange_n(&l->locked, 1, __ATOMIC_ACQUIRE))
		return false;
	if (CONFIG_DEBUG)
		lockrank_acquire(l, SPIN_RANK(l), LOCK_TRY);
	return true;
}

static inline void spin_unlock(struct spinlock *l) RELEASE(l) NO_THREAD_SAFETY
{
	if (CONFIG_DEBUG)
		lockrank_release(l);
	__atomic_store_n(&l->locked, 0, __ATOMIC_RELEASE);
}

static inline unsigned long spin_lock_irqsave(struct spinlock *l) ACQUIRE(l) NO_THREAD_SAFETY
{
	unsigned long flags = arch_irq_save();

	spin_lock(l);
	return flags;
}

static inline void spin_unlock_irqrestore(struct spinlock *l, unsigned long flags)
	RELEASE(l) NO_THREAD_SAFETY
{
	spin_unlock(l);
	arch_irq_restore(flags);
}

/* Where interrupts are known to be on (thread context) or off. */
static inline void spin_lock_irq(struct spinlock *l) ACQUIRE(l) NO_THREAD_SAFETY
{
	arch_irq_disable();
	spin_lock(l);
}

static inline void spin_unlock_irq(struct spinlock *l) RELEASE(l) NO_THREAD_SAFETY
{
	spin_unlock(l);
	arch_irq_enable();
}
