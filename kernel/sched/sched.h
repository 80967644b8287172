/* sched/sched.h - who runs. */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"
#include "core/percpu.h"
#include "sched/thread.h"

#ifndef SCHED_OTHER
#define SCHED_OTHER  0
#define SCHED_NORMAL 0
#define SCHED_FIFO   1
#define SCHED_RR     2
#define SCHED_BATCH  3
#define SCHED_IDLE   5
#endif
#define SCHED_RT_MAX	  99
#define SCHED_RR_SLICE_NS (100 * 1000000ll)
#define SCHED_SLICE_NS	  (3 * 1000000ll)
#define SCHED_TICK_NS	  (4 * 1000000ll)

void sched_init(void);		       /* boot CPU, after slab; current becomes valid */
void sched_idle_loop(void) __noreturn; /* what a CPU does after bring-up */
void sched_start_ticks(void);	       /* once, when init is about to run */

/* Give up the CPU: to another runnable thread, or for good when current->state says sleep.
 * Thread context, no spin lock held. */
void schedule(void);
/* Cheap: only where another thread should run (long loops in the kernel). */
static inline void sched_yield_point(void)
{
	if (thread_work_test(current, WORK_RESCHED))
		schedule();
}
void sched_yield(void); /* sched_yield(2) */

/* Make a sleeping thread run; false when it was not asleep.  Any context. */
bool sched_wake(struct thread *thread);
/* The same only from one of the states in @mask (bits 1 << THREAD_x). */
bool sched_wake_state(struct thread *thread, u32 mask);
/* End THREAD_STOPPED. */
static inline bool thread_resume(struct thread *thread)
{
	return sched_wake_state(thread, 1u << THREAD_STOPPED);
}

/* Priority inheritance: the thread runs at @rt_priority at least; 0: no more.  True when its
 * priority changed by that.  The caller serialises loans. */
bool sched_lend_priority(struct thread *thread, u8 rt_priority);
/* 0 or -EINVAL; permission is the caller's. */
int sched_set_policy(struct thread *thread, int policy, int rt_priority, bool reset_on_fork);
void sched_set_nice(struct thread *thread, int nice);
/* @mask is cut to CPUs online; -EINVAL when nothing is left.  Moves the thread. */
int sched_set_affinity(struct thread *thread, const struct cpumask *mask);
/* Inheritance of @child at fork. */
void sched_fork(struct thread *child, const struct thread *parent);

struct sched_cpu_stats {
	u64 user_ns, nice_ns, system_ns, idle_ns, irq_ns, iowait_ns;
	u64 switches;
};
void sched_cpu_stats(unsigned cpu, struct sched_cpu_stats *out);
u64 sched_switch_count(void);
/* Runnable and uninterruptible threads over 1, 5 and 15 minutes; 11 bits of fraction. */
void sched_loadavg(u32 load[3]);
u32 sched_nr_running(void);
u32 sched_nr_uninterruptible(void);
