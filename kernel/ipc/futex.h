#pragma once
/* Futexes: sleeping on a word of user memory; see ipc/futex.c. */
#include "lib/annotate.h"
#include "lib/types.h"

struct restart_block;
struct robust_list_head;

/*
 * What a thread carries for futexes.  Embedded in struct task as `futex`.
 * Only the owning thread touches it, but for get_robust_list's read.
 */
struct futex_task {
	struct robust_list_head __user *robust_list;
	u32 __user *clear_child_tid; /* set_tid_address, CLONE_CHILD_CLEARTID */
	u32 tid;
};

/* Zeroed memory is a table without waiters: nothing to do. */
static inline void futex_init(void)
{
}

#define FUTEX_F_SHARED	 1u /* look the backing object up */
#define FUTEX_F_REALTIME 2u /* the deadline is on CLOCK_REALTIME */

/*
 * Sleeps if *uaddr is @val.  @deadline_ns: absolute, DEADLINE_NONE: no limit.
 * Return: 0 woken, -EAGAIN, -ETIMEDOUT, -ERESTARTSYS (no deadline),
 * -ERESTART_RESTARTBLOCK, -EFAULT, -EINVAL.
 */
int futex_wait(u32 __user *uaddr, unsigned flags, u32 val, ktime_t deadline_ns, u32 bitset)
	__must_check;
/* Number woken; -EFAULT, -EINVAL. */
int futex_wake(u32 __user *uaddr, unsigned flags, int nr_wake, u32 bitset);
/* @cmpval: what *from must be, or NULL.  Number woken (and, with cmpval,
 * requeued).  -EAGAIN. */
int futex_requeue(u32 __user *from, unsigned flags, u32 __user *to, int nr_wake, int nr_requeue,
		  const u32 *cmpval) __must_check;
int futex_wake_op(u32 __user *uaddr1, unsigned flags, u32 __user *uaddr2, int nr_wake, int nr_wake2,
		  u32 op) __must_check;

/*
 * The word holds the owner's tid; the kernel hands it over.  -EDEADLK, -EAGAIN
 * (@try), -ETIMEDOUT, -ESRCH: @owner_lives says the owner does not.
 */
int futex_lock_pi(struct futex_task *self, u32 __user *uaddr, unsigned flags, ktime_t deadline_ns,
		  bool try, bool (*owner_lives)(u32 tid)) __must_check;
/* -EPERM: not the owner. */
int futex_unlock_pi(struct futex_task *self, u32 __user *uaddr, unsigned flags) __must_check;

/*
 * A thread ends (exit) or loses its memory (exec): marks the robust futexes it
 * held as FUTEX_OWNER_DIED, then clears *clear_child_tid and wakes it if others
 * share the space.  Runs in the thread, its space still current.
 */
void futex_task_exit(struct futex_task *task, bool space_shared);

/* Waiting threads on this bucket array; for tests. */
bool futex_idle(void);
