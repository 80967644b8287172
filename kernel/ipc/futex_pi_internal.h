/* futex_pi_internal.h - between futex_pi.c and futex_requeue_pi.c. */
#pragma once
#include "ipc/futex_internal.h"

extern struct spinlock futex_pi_lock;

/* The owner that was looked up last; tid 0: none yet. */
struct pi_owner {
	u32 tid;
	struct futex_task *task; /* with a reference; NULL: no such thread */
};

/* @waiter waits for @owner from now on.  -EDEADLK; -ESRCH: the owner is ending. */
int futex_pi_attach_locked(struct futex_waiter *waiter, struct futex_task *owner)
	__must_check REQUIRES(&futex_pi_lock);
void futex_pi_detach(struct futex_waiter *waiter);

/* The waiter of @kind with the highest priority, the first of equals, but @but. */
struct futex_waiter *futex_pi_top(struct futex_bucket *bucket, const struct futex_key *key,
				  int kind, const struct futex_waiter *but) REQUIRES(&bucket->lock);
int futex_pi_take_word(u32 tid, u32 __user *uaddr, u32 dead_tid, bool waiters, bool mark,
		       u32 *owner) __must_check;
int futex_pi_lock_word(struct futex_task *self, u32 __user *uaddr, unsigned flags,
		       ktime_t deadline_ns, bool try, u32 dead_tid, futex_lookup_fn *lookup)
	__must_check;

/* No lock held: looking up takes the process tree's. */
void futex_pi_owner_find(struct pi_owner *owner, u32 tid, futex_lookup_fn *lookup);
void futex_pi_owner_drop(struct pi_owner *owner);
