/*
 * futex_internal.h - between the files of the futex: waiters, buckets, keys,
 * the user's word.  See futex.c.
 */
#pragma once

#include "abi/futex.h"
#include "core/spinlock.h"
#include "ipc/futex.h"
#include "lib/errno.h"
#include "lib/hash.h"
#include "lib/list.h"
#include "mem/user.h"
#include "sched/thread.h"

#define FUTEX_BUCKETS 256

enum futex_kind {
	FUTEX_PLAIN,
	FUTEX_PI,	  /* for a lock whose owner is in the word */
	FUTEX_REQUEUE_PI, /* to be moved to such a lock */
};

/* Fields: [I] immutable  [b] lock of .bucket  [a] atomic  [p] pi_lock of futex_pi.c */
struct futex_waiter {
	struct futex_waiter *next, *prev; /* [b] */
	struct futex_bucket *bucket;	  /* [b] a requeue changes it */
	u64 key, offset;		  /* [b] the same */
	struct thread *thread;		  /* [I] */
	u32 bitset;			  /* [I] */
	u8 kind;			  /* [b] enum futex_kind */
	bool granted;			  /* [b] PI: the lock is ours */
	bool queued;			  /* [a] false: woken */
	/* PI only. */
	struct futex_task *task;       /* [I] whose waiter it is */
	struct futex_task *owner;      /* [p] for whom it waits; NULL: not in a list */
	struct list_node owner_link;   /* [p] owner->pi_waiters */
	u32 dead_tid;		       /* [b] the owner that died */
	u64 target_key, target_offset; /* [I] FUTEX_REQUEUE_PI: where it may be moved */
};

struct futex_bucket {
	struct spinlock lock;			      /* rank LOCK_FUTEX_BUCKET */
	struct futex_waiter *first GUARDED_BY(&lock); /* [lock], also read without: futex_wake() */
	struct futex_waiter *last GUARDED_BY(&lock);  /* [lock] */
} __aligned(64);

struct futex_key {
	u64 key; /* address of the vm_space, or cache id */
	u64 offset;
};

extern struct futex_bucket futex_buckets[FUTEX_BUCKETS];

/* --- Keys and queues ---------------------------------------------------------- */

int futex_shared_key(u64 addr, struct futex_key *key);
/* Off its queue, in whatever bucket it is by now.  False: a wake-up came first. */
bool futex_waiter_give_up(struct futex_waiter *waiter);
/* Sleeps until taken off the queue.  0, or why it gave up (off the queue, too). */
int futex_waiter_sleep(struct futex_waiter *waiter, ktime_t deadline_ns, unsigned flags);
/* One lock or two, in address order. */
void futex_buckets_lock(struct futex_bucket *a, struct futex_bucket *b) ACQUIRE(a->lock, b->lock);
void futex_buckets_unlock(struct futex_bucket *a, struct futex_bucket *b) RELEASE(a->lock, b->lock);
/* Wakes up to @nr waiters of @key in @bucket whose bitset meets @bitset.  Number woken;
 * -EINVAL: the first of them waits for a lock of futex_pi.c. */
int futex_wake_locked(struct futex_bucket *bucket, const struct futex_key *key, int nr, u32 bitset)
	REQUIRES(&bucket->lock);
/* A deadline on either clock as one on the monotonic clock. */
ktime_t futex_monotonic_deadline(ktime_t deadline_ns, unsigned flags);

/* -EINVAL: not aligned; -EFAULT: not user memory. */
static inline int futex_get_key(u32 __user *uaddr, unsigned flags, struct futex_key *key)
{
	if (unlikely((u64)uaddr & 3))
		return -EINVAL;
	if (unlikely(!user_range_ok(uaddr, sizeof(u32))))
		return -EFAULT;
	if (flags & FUTEX_F_SHARED)
		return futex_shared_key((u64)uaddr, key);
	key->key = (u64)current->space;
	key->offset = (u64)uaddr;
	return 0;
}

static inline struct futex_bucket *futex_bucket_of(const struct futex_key *key)
{
	u64 hash = hash_u64(key->key ^ (key->offset << 20) ^ (key->offset >> 2));

	return &futex_buckets[hash % FUTEX_BUCKETS];
}

static inline bool waiter_matches(const struct futex_waiter *waiter, const struct futex_key *key)
{
	return waiter->offset == key->offset && waiter->key == key->key;
}

static inline void waiter_enqueue(struct futex_bucket *bucket, struct futex_waiter *waiter)
	REQUIRES(&bucket->lock)
{
	waiter->bucket = bucket;
	waiter->next = NULL;
	waiter->prev = bucket->last;
	if (bucket->last)
		bucket->last->next = waiter;
	else
		WRITE_ONCE(bucket->first, waiter);
	bucket->last = waiter;
}

static inline void waiter_unlink(struct futex_bucket *bucket, struct futex_waiter *waiter)
	REQUIRES(&bucket->lock)
{
	if (waiter->next)
		waiter->next->prev = waiter->prev;
	else
		bucket->last = waiter->prev;
	if (waiter->prev)
		waiter->prev->next = waiter->next;
	else
		WRITE_ONCE(bucket->first, waiter->next);
}

/* Takes @waiter off its queue; it may be gone when this returns. */
static inline struct thread *waiter_release(struct futex_bucket *bucket,
					    struct futex_waiter *waiter) REQUIRES(&bucket->lock)
{
	struct thread *thread = waiter->thread;

	waiter_unlink(bucket, waiter);
	store_release(&waiter->queued, false);
	return thread;
}

/* --- The word ------------------------------------------------------------------- */

/* Outside all locks: makes the word present (and writable). */
int futex_word_fault_in(u32 __user *uaddr, bool write);

static inline int word_load(u32 __user *uaddr, u32 *value)
{
	int err;

	current->nofault_depth++;
	err = arch_user_load_u32(uaddr, value);
	current->nofault_depth--;
	return err;
}

static inline int word_cmpxchg(u32 __user *uaddr, u32 *old, u32 new)
{
	int err;

	current->nofault_depth++;
	err = arch_user_cmpxchg_u32(uaddr, old, new);
	current->nofault_depth--;
	return err;
}
