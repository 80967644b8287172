/*
 * Spin locks: waiting, and (debug builds) the check of their order.
 *
 * The check keeps, per CPU, the ranks of the spin locks held, in the order taken.  Interrupts
 * take locks on top of those of the thread they interrupted, so one stack per CPU is right:
 * an interrupt's locks are gone again before the thread goes on.
 */
#include "core/spinlock.h"
#include "core/panic.h"
#include "core/percpu.h"

void spin_lock_slow(struct spinlock *l)
{
	do {
		while (__atomic_load_n(&l->locked, __ATOMIC_RELAXED))
			arch_cpu_relax();
	} while (__atomic_exchange_n(&l->locked, 1, __ATOMIC_ACQUIRE));
}

#define HELD_MAX 24

struct held_locks {
	u32 count;
	struct {
		const void *lock;
		u8 rank;
	} entry[HELD_MAX];
};
DEFINE_PERCPU_STATIC(struct held_locks, held_locks);

void lockrank_acquire(const void *lock, u8 rank)
{
	unsigned long flags = arch_irq_save();
	struct held_locks *held = this_cpu_ptr(held_locks);

	for (u32 i = 0; i < held->count && !panic_in_progress; i++) {
		if (held->entry[i].lock == lock)
			panic("spin lock %p (rank %u) taken twice", lock, rank);
		if (rank != LOCK_NONE && held->entry[i].rank != LOCK_NONE &&
		    held->entry[i].rank >= rank)
			panic("lock order: rank %u wanted, rank %u held", rank,
			      held->entry[i].rank);
	}
	if (held->count == HELD_MAX)
		panic("more than %d spin locks held", HELD_MAX);
	held->entry[held->count].lock = lock;
	held->entry[held->count++].rank = rank;
	arch_irq_restore(flags);
}

void lockrank_release(const void *lock)
{
	unsigned long flags = arch_irq_save();
	struct held_locks *held = this_cpu_ptr(held_locks);
	u32 i = held->count;

	while (i > 0 && held->entry[i - 1].lock != lock)
		i--;
	if (i == 0 && !panic_in_progress)
		panic("spin lock %p released, not held", lock);
	if (i > 0) {
		for (held->count--; i <= held->count; i++)
			held->entry[i - 1] = held->entry[i];
	}
	arch_irq_restore(flags);
}

void lockrank_may_sleep(void)
{
	unsigned long flags = arch_irq_save();
	struct held_locks *held = this_cpu_ptr(held_locks);

	if (held->count && !panic_in_progress)
		panic("may sleep with spin lock %p (rank %u) held",
		      held->entry[held->count - 1].lock, held->entry[held->count - 1].rank);
	arch_irq_restore(flags);
}
