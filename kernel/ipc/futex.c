/*
 * futex.c - fast user-space locking: a thread sleeps on a word of its memory.
 *
 * A lock lives in user space; the kernel is asked only to sleep and to wake.
 * A key names the word: (space, address) for private futexes, (page cache id,
 * offset) for those in shared memory, so that two processes mean the same word
 * by different addresses.  Keys hash to buckets; a bucket has a lock and the
 * queue of its waiters, first come, first served.
 *
 *	bucket[hash(key)] -> waiter -> waiter -> waiter      on the sleepers' stacks
 *	                     key A     key B     key A
 *
 * No wake-up is lost:
 *
 *	waiter				waker
 *	lock bucket			*uaddr = new value   (user space)
 *	join the queue			full barrier
 *	full barrier			queue empty?  ->  nothing to do
 *	*uaddr still val? else leave	lock bucket, take waiters, wake them
 *	unlock, sleep
 *
 * Either the waiter sees the new value or the waker sees the waiter; so a wake
 * with nobody waiting takes no lock at all.
 *
 * User memory is read under the bucket's spin lock with faults off; if the
 * page is missing, everything is undone, the page is faulted in, and the
 * operation starts again.
 *
 * A waiter that is taken off a queue is told so by its `queued` flag, which is
 * the waker's last access: the waiter's stack frame may be gone right after.
 * Its struct thread lives on until a grace period has passed, and a waker does
 * not sleep between.
 *
 * What builds on this: futex_requeue.c and futex_wake_op.c (two words at once),
 * futex_pi.c (locks that lend priority), futex_robust.c (the end of a thread),
 * futex_waitv.c (many words at once).
 *
 * Locking: bucket.lock (rank LOCK_FUTEX_BUCKET), thread context only.  Two
 * buckets are taken in address order.
 * Source: futex(2), get_robust_list(2).
 */
#include "core/clock.h"
#include "ipc/futex_internal.h"
#include "sched/sched.h"
#include "vm/page_cache.h"
#include "vm/region.h"
#include "vm/space.h"

struct futex_bucket futex_buckets[FUTEX_BUCKETS] = {
	[0 ... FUTEX_BUCKETS - 1] = { .lock = SPINLOCK_INIT_RANK(LOCK_FUTEX_BUCKET) },
};

/* --- Keys and queues ---------------------------------------------------------- */

int futex_shared_key(u64 addr, struct futex_key *key)
{
	struct vm_space *space = vm_space_current();
	struct region *region;
	int err = 0;

	key->key = (u64)space;
	key->offset = addr;
	rwsem_read_lock(&space->lock);
	region = region_find(space, addr);
	if (!region) {
		err = -EFAULT;
	} else if (region->cache && (region->flags & REGION_MAYSHARE)) {
		key->key = page_cache_id(region->cache);
		key->offset = (region_pgoff(region, addr) << PAGE_SHIFT) | (addr & ~PAGE_MASK);
	}
	rwsem_read_unlock(&space->lock);
	return err;
}

/* Off its queue, in whatever bucket it is by now.  False: a wake-up came first. */
bool futex_waiter_give_up(struct futex_waiter *waiter)
{
	for (;;) {
		struct futex_bucket *bucket = READ_ONCE(waiter->bucket);
		bool same, queued;

		spin_lock(&bucket->lock);
		same = bucket == READ_ONCE(waiter->bucket);
		queued = same && waiter->queued;
		if (queued)
			waiter_unlink(bucket, waiter);
		spin_unlock(&bucket->lock);
		if (same)
			return queued;
	}
}

/* One lock or two: whichever, the analysis sees two in callers, and cannot follow in here. */
void futex_buckets_lock(struct futex_bucket *a, struct futex_bucket *b) NO_THREAD_SAFETY
{
	if (a > b)
		swap(a, b);
	spin_lock(&a->lock);
	if (a != b)
		spin_lock(&b->lock);
}

void futex_buckets_unlock(struct futex_bucket *a, struct futex_bucket *b) NO_THREAD_SAFETY
{
	spin_unlock(&a->lock);
	if (a != b)
		spin_unlock(&b->lock);
}

/* --- The word ------------------------------------------------------------------- */

/* Outside all locks: makes the word present (and writable). */
int futex_word_fault_in(u32 __user *uaddr, bool write)
{
	u32 value;
	int err = arch_user_load_u32(uaddr, &value);

	return err || !write ? err : arch_user_cmpxchg_u32(uaddr, &value, value);
}

/* --- Wait ------------------------------------------------------------------------ */

/* A deadline on either clock as one on the monotonic clock. */
ktime_t futex_monotonic_deadline(ktime_t deadline_ns, unsigned flags)
{
	if (deadline_ns == DEADLINE_NONE || !(flags & FUTEX_F_REALTIME))
		return deadline_ns;
	deadline_ns -= clock_realtime_ns() - clock_monotonic_ns();
	return max(deadline_ns, (ktime_t)0);
}

/* Sleeps until taken off the queue.  0, or why it gave up (off the queue, too). */
int futex_waiter_sleep(struct futex_waiter *waiter, ktime_t deadline_ns, unsigned flags)
{
	int ret;

	for (;;) {
		if (!load_acquire(&waiter->queued)) {
			thread_sleep_cancel();
			return 0;
		}
		ret = thread_sleep(futex_monotonic_deadline(deadline_ns, flags),
				   SLEEP_INTERRUPTIBLE);
		if (likely(!load_acquire(&waiter->queued)))
			return 0;
		if (ret == -ETIMEDOUT && (flags & FUTEX_F_REALTIME) &&
		    clock_realtime_ns() < deadline_ns)
			ret = 0; /* the clock was set back */
		if (ret)
			break;
		thread_sleep_prepare(SLEEP_INTERRUPTIBLE);
	}
	if (!futex_waiter_give_up(waiter))
		ret = 0; /* a wake-up came first */
	return ret;
}

static long futex_wait_restart(struct restart_block *block)
{
	return futex_wait(block->futex.word, block->futex.flags, block->futex.value,
			  block->futex.deadline_ns, block->futex.bitset);
}

int futex_wait(u32 __user *uaddr, unsigned flags, u32 val, ktime_t deadline_ns, u32 bitset)
{
	struct futex_waiter waiter;
	struct futex_bucket *bucket;
	struct futex_key key;
	u32 now;
	int err;

	if (unlikely(!bitset))
		return -EINVAL;
	waiter.thread = current;
	waiter.bitset = bitset;
	waiter.kind = FUTEX_PLAIN;
	for (;;) {
		err = futex_get_key(uaddr, flags, &key);
		if (unlikely(err))
			return err;
		bucket = futex_bucket_of(&key);
		waiter.key = key.key;
		waiter.offset = key.offset;
		waiter.queued = true;
		spin_lock(&bucket->lock);
		waiter_enqueue(bucket, &waiter);
		smp_mb(); /* queue before value; see the top */
		err = word_load(uaddr, &now);
		if (likely(!err && now == val))
			break;
		waiter_unlink(bucket, &waiter);
		spin_unlock(&bucket->lock);
		if (!err)
			return -EAGAIN;
		err = futex_word_fault_in(uaddr, false);
		if (err)
			return err;
	}
	thread_sleep_prepare(SLEEP_INTERRUPTIBLE);
	spin_unlock(&bucket->lock);

	err = futex_waiter_sleep(&waiter, deadline_ns, flags);
	if (err == -ERESTARTSYS && deadline_ns != DEADLINE_NONE) {
		current->restart.fn = futex_wait_restart;
		current->restart.futex.word = uaddr;
		current->restart.futex.flags = flags;
		current->restart.futex.value = val;
		current->restart.futex.deadline_ns = deadline_ns;
		current->restart.futex.bitset = bitset;
		return -ERESTART_RESTARTBLOCK;
	}
	return err;
}

/* --- Wake -------------------------------------------------------------------------- */

int futex_wake_locked(struct futex_bucket *bucket, const struct futex_key *key, int nr, u32 bitset)
{
	struct futex_waiter *waiter = bucket->first, *next;
	int woken = 0;

	for (; waiter && woken < nr; waiter = next) {
		next = waiter->next;
		if (!waiter_matches(waiter, key))
			continue;
		if (unlikely(waiter->kind != FUTEX_PLAIN))
			return woken ? woken : -EINVAL;
		if (!(waiter->bitset & bitset))
			continue;
		sched_wake(waiter_release(bucket, waiter));
		woken++;
	}
	return woken;
}

int futex_wake(u32 __user *uaddr, unsigned flags, int nr_wake, u32 bitset)
{
	struct futex_bucket *bucket;
	struct futex_waiter *waiter;
	struct futex_key key;
	int ret;

	if (unlikely(!bitset))
		return -EINVAL;
	ret = futex_get_key(uaddr, flags, &key);
	if (unlikely(ret))
		return ret;
	bucket = futex_bucket_of(&key);
	smp_mb(); /* value before queue; see the top */
	if (!READ_ONCE(bucket->first))
		return 0;
	if (nr_wake <= 0) /* Linux wakes one for 0 and less */
		nr_wake = 1;
	spin_lock(&bucket->lock);
	waiter = bucket->first;
	if (likely(nr_wake == 1 && waiter && waiter_matches(waiter, &key) &&
		   (waiter->bitset & bitset) && waiter->kind == FUTEX_PLAIN)) {
		struct thread *thread = waiter_release(bucket, waiter);

		spin_unlock(&bucket->lock); /* the usual case: one waiter */
		sched_wake(thread);
		return 1;
	}
	ret = futex_wake_locked(bucket, &key, nr_wake, bitset);
	spin_unlock(&bucket->lock);
	return ret;
}
