/*
 * futex_requeue_pi.c - from a condition variable to a lock that lends priority.
 *
 * FUTEX_CMP_REQUEUE_PI moves waiters of a condition variable's word to a lock
 * of futex_pi.c, so that nobody wakes only to wait again: the first gets the
 * lock if it is free, the others join those who wait for its owner.  Who waits
 * so says at once to which lock it may be moved.
 *
 * Locking: both buckets, then futex_pi_lock.  Source: futex(2)
 */
#include "ipc/futex_internal.h"
#include "sched/sched.h"
#include "ipc/futex_pi_internal.h"

/* -EINPROGRESS: queued, and ready to sleep.  -EAGAIN: another value.  -EFAULT. */
static int wait_round(struct futex_waiter *waiter, u32 __user *uaddr, u32 val,
		      const struct futex_key *key)
{
	struct futex_bucket *bucket = futex_bucket_of(key);
	u32 now;
	int err;

	spin_lock(&bucket->lock);
	err = word_load(uaddr, &now);
	if (!err && now != val)
		err = -EAGAIN;
	if (!err) {
		waiter->key = key->key;
		waiter->offset = key->offset;
		waiter->queued = true;
		waiter_enqueue(bucket, waiter);
		thread_sleep_prepare(SLEEP_INTERRUPTIBLE);
		err = -EINPROGRESS;
	}
	spin_unlock(&bucket->lock);
	return err;
}

int futex_wait_requeue_pi(struct futex_task *self, u32 __user *uaddr, unsigned flags, u32 val,
			  ktime_t deadline_ns, u32 __user *uaddr2, futex_lookup_fn *lookup)
{
	struct futex_waiter waiter = {
		.thread = current,
		.kind = FUTEX_REQUEUE_PI,
		.task = self,
		.bitset = FUTEX_BITSET_MATCH_ANY,
	};
	struct futex_key key, target;
	int err;

	if (uaddr == uaddr2)
		return -EINVAL;
	for (;;) {
		err = futex_get_key(uaddr, flags, &key);
		if (!err)
			err = futex_get_key(uaddr2, flags, &target);
		if (err)
			return err;
		waiter.target_key = target.key;
		waiter.target_offset = target.offset;
		err = wait_round(&waiter, uaddr, val, &key);
		if (err == -EINPROGRESS)
			break;
		if (err != -EFAULT)
			return err;
		err = futex_word_fault_in(uaddr, false);
		if (err)
			return err;
	}
	err = futex_waiter_sleep(&waiter, deadline_ns, flags);
	futex_pi_detach(&waiter);
	if (err == -ERESTARTSYS) /* the lock is not to be had by starting again */
		return waiter.kind == FUTEX_PI ? -EAGAIN : -ERESTARTNOINTR;
	if (err || waiter.granted)
		return err;
	return futex_pi_lock_word(self, uaddr2, flags, deadline_ns, false, waiter.dead_tid, lookup);
}

/* From the word of a condition variable to that of a lock. */
struct move {
	struct futex_key from, to;
	struct futex_bucket *src, *dst; /* theirs; perhaps one */
};

/* The waiters of @move->from, at most @nr, now wait for @owner.  Number moved, or -errno. */
static int requeue_to_owner(const struct move *move, struct futex_task *owner, int nr)
	REQUIRES(&move->src->lock, &move->dst->lock)
{
	const struct futex_key *to = &move->to;
	struct futex_waiter *waiter, *next;
	int moved = 0, err = 0;

	spin_lock(&futex_pi_lock);
	for (waiter = move->src->first; waiter && moved < nr; waiter = next) {
		next = waiter->next;
		if (!waiter_matches(waiter, &move->from))
			continue;
		err = -EINVAL;
		if (waiter->kind != FUTEX_REQUEUE_PI || waiter->target_key != to->key ||
		    waiter->target_offset != to->offset)
			break;
		waiter->owner = NULL;
		err = futex_pi_attach_locked(waiter, owner);
		if (err)
			break;
		waiter->kind = FUTEX_PI;
		waiter->key = to->key;
		waiter->offset = to->offset;
		if (move->src != move->dst) {
			waiter_unlink(move->src, waiter);
			waiter_enqueue(move->dst, waiter);
		}
		moved++;
	}
	spin_unlock(&futex_pi_lock);
	return moved ? moved : err;
}

/* As futex_cmp_requeue_pi(); -ENOLINK: look *tid up first. */
static int requeue_locked(const struct move *move, u32 __user *uaddr2, int nr_requeue,
			  const struct pi_owner *owner, u32 *tid)
	REQUIRES(&move->src->lock, &move->dst->lock)
{
	const struct futex_key *from = &move->from;
	struct futex_waiter *top = futex_pi_top(move->src, from, FUTEX_REQUEUE_PI, NULL);
	struct futex_task *new_owner;
	int err, moved;

	if (!top)
		return futex_pi_top(move->src, from, FUTEX_PLAIN, NULL) ||
				       futex_pi_top(move->src, from, FUTEX_PI, NULL) ?
			       -EINVAL :
			       0;
	if (top->target_key != move->to.key || top->target_offset != move->to.offset)
		return -EINVAL;
	err = futex_pi_take_word(top->task->tid, uaddr2, 0, nr_requeue > 0, true, tid);
	if (err == -EAGAIN) {
		if (*tid != owner->tid)
			return -ENOLINK;
		if (!owner->task)
			return -ESRCH;
		return requeue_to_owner(move, owner->task,
					nr_requeue == INT_MAX ? INT_MAX : nr_requeue + 1);
	}
	if (err)
		return err;
	/* Nobody had it: it is the top waiter's. */
	new_owner = top->task;
	thread_get(new_owner->thread);
	top->granted = true;
	sched_wake(waiter_release(move->src, top));
	moved = nr_requeue ? requeue_to_owner(move, new_owner, nr_requeue) : 0;
	thread_put(new_owner->thread);
	return 1 + max(moved, 0);
}

int futex_cmp_requeue_pi(u32 __user *uaddr, unsigned flags, u32 __user *uaddr2, int nr_wake,
			 int nr_requeue, u32 cmpval, futex_lookup_fn *lookup)
{
	struct pi_owner owner = { 0 };
	struct move move;
	u32 now, tid = 0;
	int err;

	if (nr_wake < 0 || nr_requeue < 0 || uaddr == uaddr2 || nr_wake != 1)
		return -EINVAL;
	for (;;) {
		u32 __user *faulted = uaddr2;

		err = futex_get_key(uaddr, flags, &move.from);
		if (!err)
			err = futex_get_key(uaddr2, flags, &move.to);
		if (!err && move.from.key == move.to.key && move.from.offset == move.to.offset)
			err = -EINVAL;
		if (err)
			break;
		move.src = futex_bucket_of(&move.from);
		move.dst = futex_bucket_of(&move.to);
		futex_buckets_lock(move.src, move.dst);
		err = word_load(uaddr, &now);
		if (err)
			faulted = uaddr;
		else if (now != cmpval)
			err = -EAGAIN;
		else
			err = requeue_locked(&move, uaddr2, nr_requeue, &owner, &tid);
		futex_buckets_unlock(move.src, move.dst);
		if (err == -ENOLINK) {
			futex_pi_owner_find(&owner, tid, lookup);
			continue;
		}
		if (err != -EFAULT)
			break;
		err = futex_word_fault_in(faulted, faulted == uaddr2);
		if (err)
			break;
	}
	futex_pi_owner_drop(&owner);
	return err;
}
