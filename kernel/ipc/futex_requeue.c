/*
 * futex_requeue.c - from one word to another: FUTEX_REQUEUE, FUTEX_CMP_REQUEUE.
 *
 * Who waits for a condition variable's word needs its mutex next.  So a broadcast
 * wakes one and lets the others wait for the mutex's word, where each unlock wakes
 * the next, instead of waking all to find it taken.
 *
 * Locking: both buckets.  Source: futex(2)
 */
#include "ipc/futex_internal.h"
#include "sched/sched.h"

int futex_requeue(u32 __user *from, unsigned flags, u32 __user *to, int nr_wake, int nr_requeue,
		  const u32 *cmpval)
{
	struct futex_bucket *src, *dst;
	struct futex_waiter *waiter, *next;
	struct futex_key key1, key2;
	int woken = 0, moved = 0, err;
	u32 now;

	if (nr_wake < 0 || nr_requeue < 0)
		return -EINVAL;
retry:
	err = futex_get_key(from, flags, &key1);
	if (!err)
		err = futex_get_key(to, flags, &key2);
	if (err)
		return err;
	src = futex_bucket_of(&key1);
	dst = futex_bucket_of(&key2);
	futex_buckets_lock(src, dst);
	if (cmpval) {
		err = word_load(from, &now);
		if (err || now != *cmpval) {
			futex_buckets_unlock(src, dst);
			if (!err)
				return -EAGAIN;
			err = futex_word_fault_in(from, false);
			if (err)
				return err;
			goto retry;
		}
	}
	for (waiter = src->first; waiter; waiter = next) {
		next = waiter->next;
		if (!waiter_matches(waiter, &key1))
			continue;
		if (waiter->kind != FUTEX_PLAIN) {
			err = -EINVAL;
			break;
		}
		if (woken < nr_wake) {
			sched_wake(waiter_release(src, waiter));
			woken++;
			continue;
		}
		if (moved >= nr_requeue)
			break;
		moved++;
		if (waiter_matches(waiter, &key2))
			continue;
		waiter->key = key2.key;
		waiter->offset = key2.offset;
		if (src != dst) {
			waiter_unlink(src, waiter);
			waiter_enqueue(dst, waiter);
		}
	}
	futex_buckets_unlock(src, dst);
	if (err && !woken && !moved)
		return err;
	return woken + moved;
}
