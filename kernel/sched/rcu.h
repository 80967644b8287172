/* sched/rcu.h - read without a lock, free after all readers are gone.
 *
 * The kernel is not preemptible, so a read section is any stretch of code that does not
 * sleep, and a CPU that went through schedule() has left all sections it was in.  Readers
 * pay nothing; a grace period is run by one thread, only when something waits for it.
 */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"
#include "lib/atomic.h"
#include "mem/defer.h" /* struct rcu_head */

static inline void rcu_read_lock(void)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static inline void rcu_read_unlock(void)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

#define rcu_dereference(p) __atomic_load_n(&(p), __ATOMIC_CONSUME)
#define rcu_assign(p, v)   __atomic_store_n(&(p), (v), __ATOMIC_RELEASE)

/* @fn runs in a thread, after a grace period, and may sleep.  Any context. */
void call_rcu(struct rcu_head *head, void (*fn)(struct rcu_head *head));
void synchronize_rcu(void); /* sleeps */
void rcu_barrier(void);	    /* all callbacks queued so far have run; sleeps */
/* On the way to user mode, WORK_RCU: callbacks that this CPU is to run. */
void rcu_run_ready(void);
void rcu_init(void);
