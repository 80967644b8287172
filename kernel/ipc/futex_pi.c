/*
 * futex_pi.c - locks that lend priority: FUTEX_LOCK_PI and its kin.
 *
 * The word holds the owner's thread number; whoever finds it taken marks it
 * (FUTEX_WAITERS), and joins a bucket's queue as everybody does, and the
 * owner's list of those who wait for it.  As long as they do, the owner runs
 * at the highest real-time priority among them; if it waits for such a lock
 * itself, so does that one's owner, and so on along the chain.
 *
 *	thread A (FIFO 50) --waiter--> thread B (OTHER, lent 50) --waiter--> C (lent 50)
 *	     .pi_blocked                    .pi_waiters  .pi_blocked
 *
 * Unlocking hands the lock to the waiter of highest priority, the first of
 * equals, and the others' loans move to it.  A chain that would lead back to
 * the caller is -EDEADLK.  When an owner ends, its waiters try again and know
 * who died.  Requeueing to such a lock is in futex_requeue_pi.c.
 *
 * Locking: the bucket's lock for the word and the queue, then futex_pi_lock (one;
 * contention in the kernel is rare) for owners, lists and loans; the run
 * queue's lock is taken below it.  An owner is looked up before any of these.
 * Source: futex(2), pthread_mutexattr_setprotocol(3).
 */
#include "ipc/futex_internal.h"
#include "sched/sched.h"
#include "ipc/futex_pi_internal.h"

#define PI_DEPTH_MAX 1024

DEFINE_SPINLOCK(futex_pi_lock, LOCK_FUTEX_PI);

/* --- loans ------------------------------------------------------------------------ */

static u8 priority_of(const struct futex_waiter *waiter)
{
	return READ_ONCE(waiter->thread->rt_priority);
}

/* What @owner is lent follows from who waits; a change goes on along the chain. */
static void lend_locked(struct futex_task *owner) REQUIRES(&futex_pi_lock)
{
	struct futex_waiter *waiter;

	for (unsigned depth = 0; owner && depth < PI_DEPTH_MAX; depth++) {
		u8 best = 0;

		list_for_each_entry(waiter, &owner->pi_waiters, owner_link)
			best = max(best, priority_of(waiter));
		if (!sched_lend_priority(owner->thread, best) || !owner->pi_blocked)
			return;
		owner = owner->pi_blocked->owner;
	}
}

static bool leads_back_locked(struct futex_task *owner, const struct futex_task *self)
	REQUIRES(&futex_pi_lock)
{
	for (unsigned depth = 0; owner; depth++) {
		if (owner == self || depth >= PI_DEPTH_MAX)
			return true;
		owner = owner->pi_blocked ? owner->pi_blocked->owner : NULL;
	}
	return false;
}

/* -EDEADLK; -ESRCH: the owner is ending. */
int futex_pi_attach_locked(struct futex_waiter *waiter, struct futex_task *owner)
	REQUIRES(&futex_pi_lock)
{
	if (leads_back_locked(owner, waiter->task))
		return -EDEADLK;
	list_add_tail(&owner->pi_waiters, &waiter->owner_link);
	smp_mb(); /* list before flag; pairs with futex_pi_leave() */
	if (READ_ONCE(owner->pi_dead)) {
		list_del(&waiter->owner_link);
		return -ESRCH;
	}
	waiter->owner = owner;
	waiter->task->pi_blocked = waiter;
	lend_locked(owner);
	return 0;
}

static void detach_locked(struct futex_waiter *waiter) REQUIRES(&futex_pi_lock)
{
	struct futex_task *owner = waiter->owner;

	if (!owner)
		return;
	list_del(&waiter->owner_link);
	waiter->owner = NULL;
	waiter->task->pi_blocked = NULL;
	lend_locked(owner);
}

void futex_pi_detach(struct futex_waiter *waiter)
{
	spin_lock(&futex_pi_lock);
	detach_locked(waiter);
	spin_unlock(&futex_pi_lock);
}

void futex_pi_adjust(struct futex_task *task)
{
	if (likely(!READ_ONCE(task->pi_blocked)))
		return;
	spin_lock(&futex_pi_lock);
	if (task->pi_blocked)
		lend_locked(task->pi_blocked->owner);
	spin_unlock(&futex_pi_lock);
}

/* --- the queue ---------------------------------------------------------------------- */

/* The waiter of @kind with the highest priority, the first of equals, but @but. */
struct futex_waiter *futex_pi_top(struct futex_bucket *bucket, const struct futex_key *key,
				  int kind, const struct futex_waiter *but)
{
	struct futex_waiter *waiter, *best = NULL;

	for (waiter = bucket->first; waiter; waiter = waiter->next)
		if (waiter != but && waiter->kind == kind && waiter_matches(waiter, key) &&
		    (!best || priority_of(waiter) > priority_of(best)))
			best = waiter;
	return best;
}

/*
 * Tries to make thread @tid the owner, under the bucket's lock.  0: it is.
 * -EAGAIN: *owner holds it, and with @mark the word has FUTEX_WAITERS now.
 * -EDEADLK, -EFAULT.  @dead_tid: an owner that is known to have died, or 0.
 * @waiters: others will wait.
 */
int futex_pi_take_word(u32 tid, u32 __user *uaddr, u32 dead_tid, bool waiters, bool mark,
		       u32 *owner)
{
	u32 old, seen, new;
	int err = word_load(uaddr, &old);

	while (!err) {
		bool died;

		*owner = old & FUTEX_TID_MASK;
		died = dead_tid && *owner == dead_tid;
		if (*owner == tid)
			return -EDEADLK;
		if (!*owner || died)
			new = tid | (old & FUTEX_OWNER_DIED) | (waiters ? FUTEX_WAITERS : 0) |
			      (died ? FUTEX_OWNER_DIED : 0);
		else if (mark)
			new = old | FUTEX_WAITERS;
		else
			return -EAGAIN;
		seen = old;
		if (new != old) {
			err = word_cmpxchg(uaddr, &seen, new);
			if (err)
				break;
		}
		if (seen == old)
			return !*owner || died ? 0 : -EAGAIN;
		old = seen;
	}
	return err;
}

/* --- owners ------------------------------------------------------------------------- */

void futex_pi_owner_drop(struct pi_owner *owner)
{
	if (owner->task)
		thread_put(owner->task->thread);
	*owner = (struct pi_owner){ 0 };
}

/* No lock held: looking up takes the process tree's. */
void futex_pi_owner_find(struct pi_owner *owner, u32 tid, futex_lookup_fn *lookup)
{
	futex_pi_owner_drop(owner);
	owner->tid = tid;
	owner->task = lookup(tid);
}

/* --- lock --------------------------------------------------------------------------- */

/*
 * One round, @key's bucket locked by us.  0: it is ours.  -EINPROGRESS: the
 * waiter is queued, sleep.  -ENOLINK: look *tid up, then again.  -EFAULT: fault
 * the word in, then again.
 */
static int lock_round(struct futex_waiter *waiter, u32 __user *uaddr, const struct futex_key *key,
		      u32 dead_tid, bool try, const struct pi_owner *owner, u32 *tid)
{
	struct futex_bucket *bucket = futex_bucket_of(key);
	struct futex_waiter *other;
	int err;

	spin_lock(&bucket->lock);
	other = futex_pi_top(bucket, key, FUTEX_PI, NULL);
	err = futex_pi_take_word(waiter->task->tid, uaddr, dead_tid, other != NULL, !try, tid);
	if (err != -EAGAIN)
		goto out_unlock;
	if (*tid != owner->tid) {
		err = -ENOLINK;
		goto out_unlock;
	}
	if (!owner->task) {
		err = -ESRCH;
		goto out_unlock;
	}
	if (try)
		goto out_unlock;
	waiter->key = key->key;
	waiter->offset = key->offset;
	waiter->granted = false;
	waiter->dead_tid = 0;
	waiter->queued = true;
	spin_lock(&futex_pi_lock);
	/* The word names somebody else than those in the kernel wait for. */
	err = other && other->owner && other->owner != owner->task ? -EINVAL : 0;
	if (!err)
		err = futex_pi_attach_locked(waiter, owner->task);
	if (!err) {
		waiter_enqueue(bucket, waiter);
		thread_sleep_prepare(SLEEP_INTERRUPTIBLE);
		err = -EINPROGRESS;
	}
	spin_unlock(&futex_pi_lock);
out_unlock:
	spin_unlock(&bucket->lock);
	return err;
}

int futex_pi_lock_word(struct futex_task *self, u32 __user *uaddr, unsigned flags,
		       ktime_t deadline_ns, bool try, u32 dead_tid, futex_lookup_fn *lookup)
{
	struct futex_waiter waiter = { .thread = current, .kind = FUTEX_PI, .task = self };
	struct pi_owner owner = { 0 };
	struct futex_key key;
	u32 tid = 0;
	int err;

	for (;;) {
		err = futex_get_key(uaddr, flags, &key);
		if (err)
			break;
		err = lock_round(&waiter, uaddr, &key, dead_tid, try, &owner, &tid);
		if (err == -ENOLINK) {
			futex_pi_owner_find(&owner, tid, lookup);
			continue;
		}
		if (err == -EFAULT) {
			err = futex_word_fault_in(uaddr, true);
			if (err)
				break;
			continue;
		}
		if (err != -EINPROGRESS)
			break;
		err = futex_waiter_sleep(&waiter, deadline_ns, flags);
		futex_pi_detach(&waiter);
		if (err) {
			err = err == -ERESTARTSYS ? -ERESTARTNOINTR : err;
			break;
		}
		if (waiter.granted)
			break;
		dead_tid = waiter.dead_tid; /* so says futex_pi_exit() */
	}
	futex_pi_owner_drop(&owner);
	return err;
}

int futex_lock_pi(struct futex_task *self, u32 __user *uaddr, unsigned flags, ktime_t deadline_ns,
		  bool try, futex_lookup_fn *lookup)
{
	return futex_pi_lock_word(self, uaddr, flags, deadline_ns, try, 0, lookup);
}

/* --- unlock --------------------------------------------------------------------------- */

/* @top becomes the owner, and those who wait for @key wait for it from now on. */
static void hand_over_locked(struct futex_bucket *bucket, const struct futex_key *key,
			     struct futex_waiter *top, struct futex_task *old)
	REQUIRES(&bucket->lock)
{
	struct futex_task *new = top->task;
	struct futex_waiter *waiter;

	spin_lock(&futex_pi_lock);
	detach_locked(top);
	for (waiter = bucket->first; waiter; waiter = waiter->next) {
		if (waiter == top || waiter->kind != FUTEX_PI || !waiter_matches(waiter, key) ||
		    !waiter->owner)
			continue;
		list_move_tail(&new->pi_waiters, &waiter->owner_link);
		waiter->owner = new;
	}
	lend_locked(new);
	lend_locked(old);
	spin_unlock(&futex_pi_lock);
	top->granted = true;
	sched_wake(waiter_release(bucket, top));
}

int futex_unlock_pi(struct futex_task *self, u32 __user *uaddr, unsigned flags)
{
	struct futex_bucket *bucket;
	struct futex_waiter *top;
	struct futex_key key;
	u32 old, seen, new;
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
		top = futex_pi_top(bucket, &key, FUTEX_PI, NULL);
		new = !top ? 0 :
			     top->task->tid |
				      (futex_pi_top(bucket, &key, FUTEX_PI, top) ? FUTEX_WAITERS :
										   0);
		seen = old;
		err = word_cmpxchg(uaddr, &seen, new);
		if (err)
			break;
		if (seen != old) {
			old = seen;
			continue;
		}
		if (top)
			hand_over_locked(bucket, &key, top, self);
		spin_unlock(&bucket->lock);
		return 0;
	}
	spin_unlock(&bucket->lock);
	err = futex_word_fault_in(uaddr, true);
	if (err)
		return err;
	goto retry;
}

/* --- the end of an owner ------------------------------------------------------------------ */

void futex_pi_exit(struct futex_task *self)
{
	struct futex_waiter *waiter, *next;

	for (unsigned i = 0; i < FUTEX_BUCKETS; i++) {
		struct futex_bucket *bucket = &futex_buckets[i];

		if (!READ_ONCE(bucket->first))
			continue;
		spin_lock(&bucket->lock);
		spin_lock(&futex_pi_lock);
		for (waiter = bucket->first; waiter; waiter = next) {
			next = waiter->next;
			if (waiter->kind != FUTEX_PI || waiter->owner != self)
				continue;
			detach_locked(waiter);
			waiter->dead_tid = self->tid;
			sched_wake(waiter_release(bucket, waiter));
		}
		spin_unlock(&futex_pi_lock);
		spin_unlock(&bucket->lock);
	}
	/* Those that give up just now have left their queue already. */
	spin_lock(&futex_pi_lock);
	while (!list_empty(&self->pi_waiters))
		detach_locked(list_first_entry(&self->pi_waiters, struct futex_waiter, owner_link));
	spin_unlock(&futex_pi_lock);
}
