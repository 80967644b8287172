/*
 * futex_waitv.c - sleeping on many words at once: futex_waitv(2).
 *
 * One waiter for each word, all of the same thread; whoever takes the first of
 * them off its queue ends the sleep.  The waiters are queued in the order of
 * the list; if a word has changed or its page is missing, those queued so far
 * are taken back, and one of them that was woken meanwhile wins.
 *
 * Locking: one bucket at a time; see futex.c for why no wake-up is lost.
 */
#include "core/clock.h"
#include "ipc/futex_internal.h"
#include "mem/slab.h"
#include "sched/sched.h"

/* Takes the first @n back; the index of the last one that was woken, or -1. */
static int give_up_all(struct futex_waiter *waiters, unsigned n)
{
	int woken = -1;

	for (unsigned i = 0; i < n; i++)
		if (!load_acquire(&waiters[i].queued) || !futex_waiter_give_up(&waiters[i]))
			woken = (int)i;
	return woken;
}

/* One word: its waiter joins the queue.  -EAGAIN: another value; -EFAULT: no page now. */
static int queue_one(const struct futex_word *word, struct futex_waiter *waiter)
{
	struct futex_bucket *bucket;
	struct futex_key key;
	int err = futex_get_key(word->uaddr, word->flags, &key);
	u32 now;

	if (err)
		return err;
	bucket = futex_bucket_of(&key);
	waiter->key = key.key;
	waiter->offset = key.offset;
	waiter->thread = current;
	waiter->bitset = FUTEX_BITSET_MATCH_ANY;
	waiter->kind = FUTEX_PLAIN;
	waiter->queued = true;
	spin_lock(&bucket->lock);
	waiter_enqueue(bucket, waiter);
	smp_mb(); /* queue before value */
	err = word_load(word->uaddr, &now);
	if (!err && now != word->value)
		err = -EAGAIN;
	if (err)
		waiter_unlink(bucket, waiter);
	spin_unlock(&bucket->lock);
	return err;
}

/* All of them queued: 0.  Else the index of a woken one + 1, or an error. */
static int queue_all(const struct futex_word *words, struct futex_waiter *waiters, unsigned n)
{
	int err, woken;

	for (unsigned i = 0; i < n; i++) {
		err = queue_one(&words[i], &waiters[i]);
		if (!err)
			continue;
		woken = give_up_all(waiters, i);
		if (woken >= 0)
			return woken + 1;
		if (err != -EFAULT)
			return err;
		err = futex_word_fault_in(words[i].uaddr, false);
		if (err)
			return err;
		i = (unsigned)-1; /* from the first again */
	}
	return 0;
}

static bool any_woken(const struct futex_waiter *waiters, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (!load_acquire(&waiters[i].queued))
			return true;
	return false;
}

long futex_wait_many(const struct futex_word *words, unsigned n, unsigned flags,
		     ktime_t deadline_ns)
{
	struct futex_waiter *waiters = kzalloc(n * sizeof(*waiters));
	int ret, woken;

	if (!waiters)
		return -ENOMEM;
	ret = queue_all(words, waiters, n);
	if (ret) {
		ret = ret > 0 ? ret - 1 : ret;
		goto out_free;
	}
	for (;;) {
		thread_sleep_prepare(SLEEP_INTERRUPTIBLE);
		if (any_woken(waiters, n)) {
			thread_sleep_cancel();
			break;
		}
		ret = thread_sleep(futex_monotonic_deadline(deadline_ns, flags),
				   SLEEP_INTERRUPTIBLE);
		if (ret == -ETIMEDOUT && flags & FUTEX_F_REALTIME &&
		    clock_realtime_ns() < deadline_ns)
			ret = 0; /* the clock was set back */
		if (ret)
			break;
	}
	woken = give_up_all(waiters, n);
	if (woken >= 0)
		ret = woken;
out_free:
	kfree(waiters);
	return ret;
}
