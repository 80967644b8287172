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
 * PI futexes hand the lock over in first-come order; priorities are not
 * inherited (docs/caveats.md).
 *
 * Locking: bucket.lock (rank LOCK_FUTEX_BUCKET), thread context only.  Two
 * buckets are taken in address order.
 * Source: futex(2), get_robust_list(2).
 */
#include "abi/futex.h"
#include "core/clock.h"
#include "core/spinlock.h"
#include "ipc/futex.h"
#include "lib/errno.h"
#include "lib/hash.h"
#include "mem/user.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "vm/page_cache.h"
#include "vm/region.h"
#include "vm/space.h"

#define FUTEX_BUCKETS	256
#define ROBUST_LIST_MAX 2048

/* Fields: [I] immutable  [b] lock of .bucket  [a] atomic */
struct futex_waiter {
	struct futex_waiter *next, *prev; /* [b] */
	struct futex_bucket *bucket;	  /* [b] a requeue changes it */
	u64 key, offset;		  /* [b] the same */
	struct thread *thread;		  /* [I] */
	u32 bitset;			  /* [I] */
	u32 tid;			  /* [I] PI: whose waiter it is */
	u32 owner_tid;			  /* [b] PI: for whom it waits */
	bool pi;			  /* [I] */
	bool granted;			  /* [b] PI: the lock is ours */
	bool queued;			  /* [a] false: woken */
};

/* Zeroed memory is an empty bucket. */
struct futex_bucket {
	struct spinlock lock;
	struct futex_waiter *first, *last; /* [lock]; first also without */
} __aligned(64);

struct futex_key {
	u64 key; /* address of the vm_space, or cache id */
	u64 offset;
};

static struct futex_bucket buckets[FUTEX_BUCKETS];
static struct atomic pi_waiters;

/* --- Keys and queues ---------------------------------------------------------- */

static int futex_shared_key(u64 addr, struct futex_key *key)
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
		key->key = region->cache->id;
		key->offset = (region_pgoff(region, addr) << PAGE_SHIFT) | (addr & ~PAGE_MASK);
	}
	rwsem_read_unlock(&space->lock);
	return err;
}

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

	return &buckets[hash % FUTEX_BUCKETS];
}

static inline bool waiter_matches(const struct futex_waiter *waiter, const struct futex_key *key)
{
	return waiter->offset == key->offset && waiter->key == key->key;
}

static void waiter_enqueue(struct futex_bucket *bucket, struct futex_waiter *waiter)
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

static void waiter_unlink(struct futex_bucket *bucket, struct futex_waiter *waiter)
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
static struct thread *waiter_release(struct futex_bucket *bucket, struct futex_waiter *waiter)
{
	struct thread *thread = waiter->thread;

	waiter_unlink(bucket, waiter);
	store_release(&waiter->queued, false);
	return thread;
}

/* Off its queue, in whatever bucket it is by now.  False: a wake-up came first. */
static bool waiter_give_up(struct futex_waiter *waiter)
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

/* One lock or two: the analysis cannot follow. */
static void buckets_lock(struct futex_bucket *a, struct futex_bucket *b) NO_THREAD_SAFETY
{
	if (a > b)
		swap(a, b);
	spin_lock(&a->lock);
	if (a != b)
		spin_lock(&b->lock);
}

static void buckets_unlock(struct futex_bucket *a, struct futex_bucket *b) NO_THREAD_SAFETY
{
	spin_unlock(&a->lock);
	if (a != b)
		spin_unlock(&b->lock);
}

bool futex_idle(void)
{
	for (unsigned i = 0; i < FUTEX_BUCKETS; i++) {
		if (READ_ONCE(buckets[i].first))
			return false;
	}
	return true;
}

/* --- The word ------------------------------------------------------------------- */

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

/* Outside all locks: makes the word present (and writable). */
static int word_fault_in(u32 __user *uaddr, bool write)
{
	u32 value;
	int err = arch_user_load_u32(uaddr, &value);

	return err || !write ? err : arch_user_cmpxchg_u32(uaddr, &value, value);
}

/* --- Wait ------------------------------------------------------------------------ */

/* A deadline on either clock as one on the monotonic clock. */
static ktime_t monotonic_deadline(ktime_t deadline_ns, unsigned flags)
{
	if (deadline_ns == DEADLINE_NONE || !(flags & FUTEX_F_REALTIME))
		return deadline_ns;
	deadline_ns -= clock_realtime_ns() - clock_monotonic_ns();
	return max(deadline_ns, (ktime_t)0);
}

/* Sleeps until taken off the queue.  0, or why it gave up (off the queue, too). */
static int waiter_sleep(struct futex_waiter *waiter, ktime_t deadline_ns, unsigned flags)
{
	int ret;

	for (;;) {
		if (!load_acquire(&waiter->queued)) {
			thread_sleep_cancel();
			return 0;
		}
		ret = thread_sleep(monotonic_deadline(deadline_ns, flags), SLEEP_INTERRUPTIBLE);
		if (likely(!load_acquire(&waiter->queued)))
			return 0;
		if (ret == -ETIMEDOUT && (flags & FUTEX_F_REALTIME) &&
		    clock_realtime_ns() < deadline_ns)
			ret = 0; /* the clock was set back */
		if (ret)
			break;
		thread_sleep_prepare(SLEEP_INTERRUPTIBLE);
	}
	if (!waiter_give_up(waiter))
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
	waiter.pi = false;
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
		err = word_fault_in(uaddr, false);
		if (err)
			return err;
	}
	thread_sleep_prepare(SLEEP_INTERRUPTIBLE);
	spin_unlock(&bucket->lock);

	err = waiter_sleep(&waiter, deadline_ns, flags);
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

/* Wakes up to @nr waiters of @key in @bucket, whose lock is held; -EINVAL: PI. */
static int wake_locked(struct futex_bucket *bucket, const struct futex_key *key, int nr, u32 bitset)
{
	struct futex_waiter *waiter = bucket->first, *next;
	int woken = 0;

	for (; waiter && woken < nr; waiter = next) {
		next = waiter->next;
		if (!waiter_matches(waiter, key))
			continue;
		if (unlikely(waiter->pi))
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
		   (waiter->bitset & bitset) && !waiter->pi)) {
		struct thread *thread = waiter_release(bucket, waiter);

		spin_unlock(&bucket->lock); /* the usual case: one waiter */
		sched_wake(thread);
		return 1;
	}
	ret = wake_locked(bucket, &key, nr_wake, bitset);
	spin_unlock(&bucket->lock);
	return ret;
}

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
	buckets_lock(src, dst);
	if (cmpval) {
		err = word_load(from, &now);
		if (err || now != *cmpval) {
			buckets_unlock(src, dst);
			if (!err)
				return -EAGAIN;
			err = word_fault_in(from, false);
			if (err)
				return err;
			goto retry;
		}
	}
	for (waiter = src->first; waiter; waiter = next) {
		next = waiter->next;
		if (!waiter_matches(waiter, &key1))
			continue;
		if (waiter->pi) {
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
	buckets_unlock(src, dst);
	if (err && !woken && !moved)
		return err;
	return cmpval ? woken + moved : woken;
}

/* futex(2), FUTEX_WAKE_OP: the operation and the comparison in one word. */
static u32 wake_op_apply(u32 op, u32 old, u32 arg)
{
	switch (op) {
	case FUTEX_OP_SET:
		return arg;
	case FUTEX_OP_ADD:
		return old + arg;
	case FUTEX_OP_OR:
		return old | arg;
	case FUTEX_OP_ANDN:
		return old & ~arg;
	default:
		return old ^ arg;
	}
}

static bool wake_op_compare(u32 cmp, int old, int arg)
{
	switch (cmp) {
	case FUTEX_OP_CMP_EQ:
		return old == arg;
	case FUTEX_OP_CMP_NE:
		return old != arg;
	case FUTEX_OP_CMP_LT:
		return old < arg;
	case FUTEX_OP_CMP_GE:
		return old >= arg;
	case FUTEX_OP_CMP_LE:
		return old <= arg;
	default:
		return old > arg;
	}
}

int futex_wake_op(u32 __user *uaddr1, unsigned flags, u32 __user *uaddr2, int nr_wake, int nr_wake2,
		  u32 encoded)
{
	u32 op = encoded >> 28 & 7, cmp = encoded >> 24 & 15;
	s32 oparg = (s32)(encoded << 8) >> 20, cmparg = (s32)(encoded << 20) >> 20;
	struct futex_bucket *b1, *b2;
	struct futex_key key1, key2;
	u32 old, seen;
	int ret, more, err;

	if (encoded >> 31) /* FUTEX_OP_OPARG_SHIFT */
		oparg = (s32)(1u << (oparg & 31));
	if (op > FUTEX_OP_XOR || cmp > FUTEX_OP_CMP_GT)
		return -ENOSYS;
retry:
	err = futex_get_key(uaddr1, flags, &key1);
	if (!err)
		err = futex_get_key(uaddr2, flags, &key2);
	if (err)
		return err;
	b1 = futex_bucket_of(&key1);
	b2 = futex_bucket_of(&key2);
	buckets_lock(b1, b2);
	err = word_load(uaddr2, &old);
	while (!err) {
		seen = old;
		err = word_cmpxchg(uaddr2, &seen, wake_op_apply(op, old, oparg));
		if (err || seen == old)
			break;
		old = seen;
	}
	if (err) {
		buckets_unlock(b1, b2);
		err = word_fault_in(uaddr2, true);
		if (err)
			return err;
		goto retry;
	}
	ret = wake_locked(b1, &key1, max(nr_wake, 1), FUTEX_BITSET_MATCH_ANY);
	if (ret >= 0 && wake_op_compare(cmp, (int)old, cmparg)) {
		more = wake_locked(b2, &key2, max(nr_wake2, 1), FUTEX_BITSET_MATCH_ANY);
		ret = more < 0 ? more : ret + more;
	}
	buckets_unlock(b1, b2);
	return ret;
}

/* --- PI: the word holds the owner's tid ------------------------------------------------ */

static struct futex_waiter *pi_first_waiter(struct futex_bucket *bucket,
					    const struct futex_key *key,
					    const struct futex_waiter *but)
{
	struct futex_waiter *waiter;

	for (waiter = bucket->first; waiter; waiter = waiter->next) {
		if (waiter != but && waiter->pi && waiter_matches(waiter, key))
			return waiter;
	}
	return NULL;
}

/*
 * Tries to make @self the owner, under the bucket's lock.  0: it is.
 * -EAGAIN: *owner holds it and the word has FUTEX_WAITERS now.  -EFAULT.
 * @dead_tid: an owner that is known to have died, or 0.
 */
static int pi_try(struct futex_task *self, u32 __user *uaddr, struct futex_bucket *bucket,
		  const struct futex_key *key, u32 dead_tid, u32 *owner, bool mark)
{
	struct futex_waiter *others = pi_first_waiter(bucket, key, NULL);
	u32 old, seen, new;
	int err = word_load(uaddr, &old);

	while (!err) {
		bool owner_died;

		*owner = old & FUTEX_TID_MASK;
		owner_died = dead_tid && *owner == dead_tid;
		if (*owner == self->tid)
			return -EDEADLK;
		if (!*owner || owner_died)
			new = self->tid | (old & FUTEX_OWNER_DIED) | (others ? FUTEX_WAITERS : 0) |
			      (owner_died ? FUTEX_OWNER_DIED : 0);
		else if (!mark)
			return -EAGAIN;
		else
			new = old | FUTEX_WAITERS;
		seen = old;
		if (new != old) {
			err = word_cmpxchg(uaddr, &seen, new);
			if (err)
				break;
		}
		if (seen == old)
			return !*owner || owner_died ? 0 : -EAGAIN;
		old = seen;
	}
	return err;
}

int futex_lock_pi(struct futex_task *self, u32 __user *uaddr, unsigned flags, ktime_t deadline_ns,
		  bool try, bool (*owner_lives)(u32 tid))
{
	struct futex_waiter waiter = {
		.thread = current,
		.bitset = FUTEX_BITSET_MATCH_ANY,
		.pi = true,
		.tid = self->tid,
	};
	struct futex_bucket *bucket;
	u32 owner = 0, dead_tid = 0;
	struct futex_key key;
	int err;

	for (;;) {
		err = futex_get_key(uaddr, flags, &key);
		if (err)
			return err;
		bucket = futex_bucket_of(&key);
		spin_lock(&bucket->lock);
		err = pi_try(self, uaddr, bucket, &key, dead_tid, &owner, !try);
		if (err == -EFAULT) {
			spin_unlock(&bucket->lock);
			err = word_fault_in(uaddr, true);
			if (err)
				return err;
			continue;
		}
		if (err != -EAGAIN || try) {
			spin_unlock(&bucket->lock);
			return err;
		}
		if (!owner_lives(owner)) {
			spin_unlock(&bucket->lock);
			return -ESRCH;
		}
		waiter.key = key.key;
		waiter.offset = key.offset;
		waiter.owner_tid = owner;
		waiter.granted = false;
		waiter.queued = true;
		waiter_enqueue(bucket, &waiter);
		atomic_inc(&pi_waiters);
		thread_sleep_prepare(SLEEP_INTERRUPTIBLE);
		spin_unlock(&bucket->lock);

		err = waiter_sleep(&waiter, deadline_ns, flags);
		atomic_dec(&pi_waiters);
		if (err)
			return err == -ERESTARTSYS ? -ERESTARTNOINTR : err;
		if (waiter.granted)
			return 0;
		dead_tid = waiter.owner_tid; /* so says futex_exit_pi() */
	}
}

int futex_unlock_pi(struct futex_task *self, u32 __user *uaddr, unsigned flags)
{
	struct futex_waiter *waiter, *other;
	struct futex_bucket *bucket;
	struct futex_key key;
	u32 old, seen, new, tid = 0;
	int err;

retry:
	err = futex_get_key(uaddr, flags, &key);
	if (err)
		return err;
	bucket = futex_bucket_of(&key);
	spin_lock(&bucket->lock);
	err = word_load(uaddr, &old);
	while (!err) {
		if ((old & FUTEX_TID_MASK) != self->tid) {
			spin_unlock(&bucket->lock);
			return -EPERM;
		}
		waiter = pi_first_waiter(bucket, &key, NULL);
		new = 0;
		if (waiter) {
			tid = waiter->tid;
			other = pi_first_waiter(bucket, &key, waiter);
			new = tid | (other ? FUTEX_WAITERS : 0);
		}
		seen = old;
		err = word_cmpxchg(uaddr, &seen, new);
		if (err)
			break;
		if (seen != old) {
			old = seen;
			continue;
		}
		if (waiter) {
			for (other = bucket->first; other; other = other->next) {
				if (other->pi && waiter_matches(other, &key))
					other->owner_tid = tid;
			}
			waiter->granted = true;
			sched_wake(waiter_release(bucket, waiter));
		}
		spin_unlock(&bucket->lock);
		return 0;
	}
	spin_unlock(&bucket->lock);
	err = word_fault_in(uaddr, true);
	if (err)
		return err;
	goto retry;
}

/* Those who wait for a lock that @tid takes to its grave try again themselves. */
static void futex_exit_pi(u32 tid)
{
	if (!atomic_read(&pi_waiters))
		return;
	for (unsigned i = 0; i < FUTEX_BUCKETS; i++) {
		struct futex_bucket *bucket = &buckets[i];
		struct futex_waiter *waiter, *next;

		if (!READ_ONCE(bucket->first))
			continue;
		spin_lock(&bucket->lock);
		for (waiter = bucket->first; waiter; waiter = next) {
			next = waiter->next;
			if (waiter->pi && waiter->owner_tid == tid)
				sched_wake(waiter_release(bucket, waiter));
		}
		spin_unlock(&bucket->lock);
	}
}

/* --- The end of a thread ------------------------------------------------------------------ */

/* One futex of the robust list: if @tid holds it, it says so from now on. */
static void robust_mark(u32 __user *uaddr, u32 tid, bool pi, bool pending)
{
	u32 old, seen;

	if ((u64)uaddr & 3 || arch_user_load_u32(uaddr, &old))
		return;
	for (;;) {
		/* It died between unlock in user space and FUTEX_WAKE. */
		if (pending && !pi && !(old & FUTEX_TID_MASK)) {
			futex_wake(uaddr, FUTEX_F_SHARED, 1, FUTEX_BITSET_MATCH_ANY);
			return;
		}
		if ((old & FUTEX_TID_MASK) != tid)
			return;
		seen = old;
		if (arch_user_cmpxchg_u32(uaddr, &seen, (old & FUTEX_WAITERS) | FUTEX_OWNER_DIED))
			return;
		if (seen == old)
			break;
		old = seen;
	}
	if (!pi && (old & FUTEX_WAITERS))
		futex_wake(uaddr, FUTEX_F_SHARED, 1, FUTEX_BITSET_MATCH_ANY);
}

/* An entry's address; bit 0 says PI. */
static int robust_fetch(u64 __user *from, u64 *entry, bool *pi)
{
	u64 value;

	if (arch_user_load_u64(from, &value))
		return -EFAULT;
	*entry = value & ~1ull;
	*pi = value & 1;
	return 0;
}

static void robust_walk(struct robust_list_head __user *head, u32 tid)
{
	u64 entry, next, pending, offset;
	bool pi, next_pi, pending_pi;

	if (robust_fetch((u64 __user *)&head->list.next, &entry, &pi) ||
	    arch_user_load_u64(&head->futex_offset, &offset) ||
	    robust_fetch((u64 __user *)&head->list_op_pending, &pending, &pending_pi))
		return;
	for (unsigned n = 0; entry != (u64)&head->list && n < ROBUST_LIST_MAX; n++) {
		/* The next link first: the waiter may free this entry. */
		int err = robust_fetch((u64 __user *)entry, &next, &next_pi);

		if (entry != pending)
			robust_mark((u32 __user *)(entry + offset), tid, pi, false);
		if (err)
			return;
		entry = next;
		pi = next_pi;
		sched_yield_point();
	}
	if (pending)
		robust_mark((u32 __user *)(pending + offset), tid, pending_pi, true);
}

void futex_task_exit(struct futex_task *task, bool space_shared)
{
	u32 __user *clear = task->clear_child_tid;

	if (task->robust_list) {
		robust_walk(task->robust_list, task->tid);
		task->robust_list = NULL;
	}
	futex_exit_pi(task->tid);
	task->clear_child_tid = NULL;
	if (clear && space_shared && !arch_user_store_u32(clear, 0))
		futex_wake(clear, FUTEX_F_SHARED, 1, FUTEX_BITSET_MATCH_ANY);
}
