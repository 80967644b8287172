/* Spin locks: waiting. */
#include "core/spinlock.h"

void spin_lock_slow(struct spinlock *l)
{
	do {
		while (__atomic_load_n(&l->locked, __ATOMIC_RELAXED))
			arch_cpu_relax();
	} while (__atomic_exchange_n(&l->locked, 1, __ATOMIC_ACQUIRE));
	if (CONFIG_DEBUG)
		lockrank_waited(l);
}
