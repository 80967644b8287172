/*
 * record_lock.c - advisory locks on ranges of a file: fcntl(2).
 *
 * Ranges of one owner never overlap and neighbours of the same type are one.
 * Deadlocks (EDEADLK) are found by following, from the owner in the way, whom
 * it waits for itself; the waiting owners are in one global list.  No limit holds the number
 * of locks, as on Linux: they count where memory has run out (fdtable_held).
 *
 * Source: fcntl(2)
 */
#include <linux/fcntl.h>
#include <linux/fs.h>

#include "fs/fdtable.h"
#include "fs/file.h"
#include "fs/flock_internal.h"
#include "lib/errno.h"
#include "mem/slab.h"

/* Owners that wait for a record lock, for the deadlock test. */
static struct {
	struct spinlock lock;
	struct list_node list GUARDED_BY(&lock); /* [lock] lock_waiter.global */
} lock_waiters = { .lock = SPINLOCK_INIT_RANK(LOCK_FILE_LOCK_WAITERS),
		   .list = LIST_INIT(lock_waiters.list) };

static struct file_lock *record_conflict(struct file_locks *locks, const struct lock_claim *claim)
{
	struct file_lock *r;

	list_for_each_entry(r, &locks->records, node)
		if (r->c.owner != claim->owner && r->c.start <= claim->end &&
		    claim->start <= r->c.end && (claim->type == F_WRLCK || r->c.type == F_WRLCK))
			return r;
	return NULL;
}

/* One lock more (+1) or less (-1) as @claim says, for the choice of an out-of-memory victim. */
static void record_count(struct file_locks *locks, const struct lock_claim *claim, int change)
{
	if (claim->kind == LOCK_KIND_OFD)
		WRITE_ONCE(locks->nofd, locks->nofd + change);
	else
		atomic_add(&((struct fdtable *)claim->owner)->nlocks, change);
}

static void record_free(struct file_locks *locks, struct file_lock *lock)
{
	record_count(locks, &lock->c, -1);
	list_del(&lock->node);
	kfree(lock);
}

/* The range in absolute, inclusive terms.  -EINVAL, -EOVERFLOW. */
static int record_range(struct file *file, const struct flock *l, u64 *start, u64 *end)
{
	s64 from, to;

	switch (l->l_whence) {
	case SEEK_SET:
		from = 0;
		break;
	case SEEK_CUR:
		from = file->pos;
		break;
	case SEEK_END:
		from = READ_ONCE(file->inode->size);
		break;
	default:
		return -EINVAL;
	}
	if (__builtin_add_overflow(from, l->l_start, &from))
		return -EOVERFLOW;
	if (from < 0)
		return -EINVAL;
	to = S64_MAX;
	if (l->l_len > 0) {
		if (__builtin_add_overflow(from, l->l_len - 1, &to))
			return -EOVERFLOW;
	} else if (l->l_len < 0) {
		to = from - 1;
		from += l->l_len;
		if (from < 0)
			return -EINVAL;
	}
	*start = from;
	*end = to;
	return 0;
}

/*
 * Gives the claim's range to its owner (F_UNLCK: takes it back).  Its own locks in
 * the way shrink, split or go; spare[0] becomes the lock, spare[1] a split's rest.
 */
static void record_apply(struct file_locks *locks, const struct lock_claim *claim,
			 struct file_lock *spare[2])
{
	const void *owner = claim->owner;
	u64 start = claim->start, end = claim->end;
	int type = claim->type;
	struct file_lock *r, *next;

	list_for_each_entry_safe(r, next, &locks->records, node) {
		bool touches = r->c.end != U64_MAX && r->c.end + 1 == start;

		touches |= end != U64_MAX && end + 1 == r->c.start;
		if (r->c.owner != owner)
			continue;
		if (r->c.type == type && (touches || (r->c.start <= end && start <= r->c.end))) {
			start = min(start, r->c.start); /* merge */
			end = max(end, r->c.end);
			record_free(locks, r);
			continue;
		}
		if (r->c.start > end || start > r->c.end)
			continue;
		if (r->c.start < start && r->c.end > end) {
			struct file_lock *rest = spare[1];

			spare[1] = NULL;
			*rest = *r;
			rest->c.start = end + 1;
			r->c.end = start - 1;
			record_count(locks, &rest->c, 1);
			list_add(&r->node, &rest->node);
		} else if (r->c.start < start) {
			r->c.end = start - 1;
		} else if (r->c.end > end) {
			r->c.start = end + 1;
		} else {
			record_free(locks, r);
		}
	}
	if (type == F_UNLCK)
		return;
	spare[0]->c = *claim;
	spare[0]->c.start = start;
	spare[0]->c.end = end;
	record_count(locks, claim, 1);
	list_add_tail(&locks->records, &spare[0]->node);
	spare[0] = NULL;
}

/* Would owner, waiting for blocker, close a circle? */
static bool would_deadlock(const void *owner, const void *blocker)
{
	struct lock_waiter *w;
	bool found = true;

	for (unsigned depth = 0; depth < 10 && found; depth++) {
		if (blocker == owner)
			return true;
		found = false;
		list_for_each_entry(w, &lock_waiters.list, global)
			if (w->c.owner == blocker) {
				blocker = w->blocker;
				found = true;
				break;
			}
	}
	return false;
}

static int record_wait(struct inode *inode, struct lock_waiter *w) REQUIRES(&inode->small_lock)
{
	int err;

	spin_lock(&lock_waiters.lock);
	if (w->c.kind != LOCK_KIND_OFD && would_deadlock(w->c.owner, w->blocker)) {
		spin_unlock(&lock_waiters.lock);
		return -EDEADLK;
	}
	list_add_tail(&lock_waiters.list, &w->global);
	spin_unlock(&lock_waiters.lock);
	err = file_locks_wait(inode, w);
	spin_lock(&lock_waiters.lock);
	list_del(&w->global);
	spin_unlock(&lock_waiters.lock);
	return err;
}

/**
 * record_lock_set - F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW
 *
 * -EAGAIN in the way; -EDEADLK; -EBADF wrong access mode; -ERESTARTSYS.
 */
int record_lock_set(struct file *file, const void *owner, s32 pid, int cmd, const struct flock *l)
{
	bool wait = cmd == F_SETLKW || cmd == F_OFD_SETLKW;
	bool ofd = cmd == F_OFD_SETLK || cmd == F_OFD_SETLKW;
	struct inode *inode = file->inode;
	struct file_lock *spare[2], *r;
	struct file_locks *locks;
	struct lock_waiter w = { .c = {
					 .kind = ofd ? LOCK_KIND_OFD : LOCK_KIND_POSIX,
					 .type = l->l_type,
					 .pid = ofd ? -1 : pid,
					 .owner = owner,
					 .file = file,
				 } };
	int err;

	if (!inode)
		return -EINVAL;
	if (l->l_type != F_RDLCK && l->l_type != F_WRLCK && l->l_type != F_UNLCK)
		return -EINVAL;
	err = record_range(file, l, &w.c.start, &w.c.end);
	if (err)
		return err;
	if ((l->l_type == F_RDLCK && !(file->mode & FMODE_READ)) ||
	    (l->l_type == F_WRLCK && !(file->mode & FMODE_WRITE)))
		return -EBADF;
	if (l->l_type == F_UNLCK && !inode->locks)
		return 0;
	locks = file_locks_of(inode);
	spare[0] = kmalloc(sizeof(*spare[0]));
	spare[1] = kmalloc(sizeof(*spare[1]));
	err = -ENOLCK;
	if (!locks || !spare[0] || !spare[1])
		goto out_free;
	if (ofd)
		__atomic_or_fetch(&file->mode, FMODE_LOCKS, __ATOMIC_RELAXED);
	spin_lock(&inode->small_lock);
	err = 0;
	while (l->l_type != F_UNLCK && (r = record_conflict(locks, &w.c))) {
		w.blocker = r->c.owner;
		w.behind = r;
		err = wait ? record_wait(inode, &w) : -EAGAIN;
		if (err)
			break;
	}
	if (!err) {
		record_apply(locks, &w.c, spare);
		waitq_wake_all(&locks->changed);
	}
	spin_unlock(&inode->small_lock);
out_free:
	kfree(spare[0]);
	kfree(spare[1]);
	return err;
}

int record_lock_get(struct file *file, const void *owner, struct flock *l, bool ofd)
{
	struct inode *inode = file->inode;
	struct lock_claim claim = { .type = l->l_type, .owner = owner };
	struct file_lock *r = NULL;
	int err;

	if (!inode || (l->l_type != F_RDLCK && l->l_type != F_WRLCK))
		return -EINVAL;
	err = record_range(file, l, &claim.start, &claim.end);
	if (err)
		return err;
	if (inode->locks) {
		spin_lock(&inode->small_lock);
		r = record_conflict(inode->locks, &claim);
		if (r) {
			l->l_type = r->c.type;
			l->l_whence = SEEK_SET;
			l->l_start = r->c.start;
			l->l_len = r->c.end == S64_MAX ? 0 : r->c.end - r->c.start + 1;
			l->l_pid = r->c.pid;
		}
		spin_unlock(&inode->small_lock);
	}
	if (!r)
		l->l_type = F_UNLCK;
	return 0;
}

void record_lock_release(struct file *file, const void *owner)
{
	struct inode *inode = file->inode;
	struct file_locks *locks = inode->locks;
	struct file_lock *r, *next;
	bool any = false;

	if (!locks)
		return;
	spin_lock(&inode->small_lock);
	list_for_each_entry_safe(r, next, &locks->records, node)
		if (r->c.owner == owner) {
			record_free(locks, r);
			any = true;
		}
	spin_unlock(&inode->small_lock);
	if (any)
		waitq_wake_all(&locks->changed);
}
