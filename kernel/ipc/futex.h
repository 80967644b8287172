#pragma once
/* Futexes: sleeping on a word of user memory; see ipc/futex.c. */
#include "lib/annotate.h"
#include "lib/types.h"

struct robust_list_head;
struct vm_space;
struct futex_pi;

/*
 * What a thread carries for futexes.  Embedded in struct task as `futex`.
 * Only the owning thread touches it, but for get_robust_list's read.
 */
struct futex_task {
	struct robust_list_head __user *robust_list;
	u32 __user *clear_child_tid;	/* set_tid_address, CLONE_CHILD_CLEARTID */
	struct futex_pi *pi_held;	/* [pi lock] PI states this thread owns */
	u32 tid;
};

void futex_init(void);

/* A word, waited for or woken. FLAGS_SHARED: look the backing object up. */
#define FUTEX_F_SHARED	1u
#define FUTEX_F_REALTIME 2u

/* @deadline_ns on the clock said by flags (FUTEX_F_REALTIME), DEADLINE_NONE.
 * 0, -EAGAIN, -ETIMEDOUT, -ERESTARTSYS, -EFAULT, -EINVAL. */
int futex_wait(u32 __user *uaddr, unsigned flags, u32 val, s64 deadline_ns,
	       u32 bitset) __must_check;
/* Number woken. */
int futex_wake(u32 __user *uaddr, unsigned flags, int nr_wake, u32 bitset);
int futex_requeue(u32 __user *from, unsigned flags, u32 __user *to, int nr_wake,
		  int nr_requeue, const u32 *cmpval) __must_check;
int futex_wake_op(u32 __user *uaddr1, unsigned flags, u32 __user *uaddr2,
		  int nr_wake, int nr_wake2, u32 op) __must_check;

int futex_lock_pi(struct futex_task *self, u32 __user *uaddr, unsigned flags,
		  s64 deadline_ns, bool try) __must_check;
int futex_unlock_pi(struct futex_task *self, u32 __user *uaddr, unsigned flags)
	__must_check;

/*
 * A thread ends (exit) or loses its memory (exec): marks the robust futexes it
 * held as FUTEX_OWNER_DIED, then clears *clear_child_tid and wakes it if others
 * share the space.  Runs in the thread, its space still current.
 */
void futex_task_exit(struct futex_task *task, bool space_shared);
