#pragma once
/* Futexes: sleeping on a word of user memory; see ipc/futex.c. */
#include "lib/atomic.h"
#include "lib/annotate.h"
#include "lib/list.h"
#include "lib/types.h"

struct futex_waiter; /* ipc/futex_internal.h */
struct restart_block;
struct robust_list_head;
struct thread; /* sched/thread.h */

/*
 * What a thread carries for futexes.  Embedded in struct task as `futex`.
 * Only the owning thread touches it, but for get_robust_list's read and what
 * belongs to futex_pi.c's pi_lock [p].
 */
struct futex_task {
	struct robust_list_head __user *robust_list;
	u32 __user *clear_child_tid; /* set_tid_address, CLONE_CHILD_CLEARTID */
	u32 tid;
	bool pi_dead;			 /* [a] ends: nobody may begin to wait for it */
	struct thread *thread;		 /* [I] whose */
	struct list_node pi_waiters;	 /* [p] those that wait for locks it holds */
	struct futex_waiter *pi_blocked; /* [p] what it waits with itself */
};

static inline void futex_task_init(struct futex_task *task, struct thread *thread)
{
	task->thread = thread;
	list_init(&task->pi_waiters);
}

/* The thread with this number, a reference on its .thread; NULL: none. */
typedef struct futex_task *futex_lookup_fn(u32 tid);

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
/* @cmpval: what *from must be, or NULL.  Number woken and requeued.  -EAGAIN. */
int futex_requeue(u32 __user *from, unsigned flags, u32 __user *to, int nr_wake, int nr_requeue,
		  const u32 *cmpval) __must_check;
/* One word of futex_waitv(2). */
struct futex_word {
	u32 __user *uaddr;
	u32 value;
	unsigned flags; /* FUTEX_F_SHARED */
};
/* Sleeps while each of @n words has its value; @flags: FUTEX_F_REALTIME.  The index of one
 * that was woken; -EAGAIN, -ETIMEDOUT, -ERESTARTSYS, -EFAULT, -EINVAL, -ENOMEM. */
long futex_wait_many(const struct futex_word *words, unsigned n, unsigned flags,
		     ktime_t deadline_ns) __must_check;
int futex_wake_op(u32 __user *uaddr1, unsigned flags, u32 __user *uaddr2, int nr_wake, int nr_wake2,
		  u32 op) __must_check;

/*
 * The word holds the owner's tid; the kernel hands it over, and the owner runs at
 * the priority of who waits.  -EDEADLK, -EAGAIN (@try), -ETIMEDOUT, -ESRCH: the
 * owner does not live, -EINVAL: the word and the kernel disagree on the owner.
 */
int futex_lock_pi(struct futex_task *self, u32 __user *uaddr, unsigned flags, ktime_t deadline_ns,
		  bool try, futex_lookup_fn *lookup) __must_check;
/* -EPERM: not the owner. */
int futex_unlock_pi(struct futex_task *self, u32 __user *uaddr, unsigned flags) __must_check;

/* Waits on @uaddr to be moved to the lock @uaddr2; 0: it is ours.  -EAGAIN, -ETIMEDOUT,
 * -ERESTARTNOINTR, and as futex_lock_pi(). */
int futex_wait_requeue_pi(struct futex_task *self, u32 __user *uaddr, unsigned flags, u32 val,
			  ktime_t deadline_ns, u32 __user *uaddr2, futex_lookup_fn *lookup)
	__must_check;
/* Moves them; the first gets the lock if nobody has it.  Number moved and woken. */
int futex_cmp_requeue_pi(u32 __user *uaddr, unsigned flags, u32 __user *uaddr2, int nr_wake,
			 int nr_requeue, u32 cmpval, futex_lookup_fn *lookup) __must_check;
/* The priority of @task's thread was changed. */
void futex_pi_adjust(struct futex_task *task);
/* The thread ends: true when futex_task_exit() has waiters to see to. */
static inline bool futex_pi_leave(struct futex_task *task)
{
	WRITE_ONCE(task->pi_dead, true);
	smp_mb(); /* flag before list; pairs with attaching */
	return !list_empty(&task->pi_waiters);
}
void futex_pi_exit(struct futex_task *self);

/*
 * A thread ends (exit) or loses its memory (exec): marks the robust futexes it
 * held as FUTEX_OWNER_DIED, then clears *clear_child_tid and wakes it if others
 * share the space.  Runs in the thread, its space still current.
 */
void futex_task_exit(struct futex_task *task, bool space_shared);
