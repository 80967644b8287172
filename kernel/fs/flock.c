/*
 * Advisory locks: flock(2) on whole files, record locks of fcntl(2) on ranges.
 *
 * An inode with locks has a struct file_locks.  flock entries belong to an open
 * file; record locks to an owner, which is the descriptor table for F_SETLK (a
 * process) and the open file for F_OFD_SETLK.  Ranges of one owner never
 * overlap and neighbours of the same type are one.
 *
 * A waiter sleeps on the inode's one queue and looks again after each change.
 * Deadlocks (EDEADLK) are found by following, from the owner in the way, whom
 * it waits for itself; the waiting owners are in one global list.
 *
 * Source: flock(2), fcntl(2)
 */
#include "fs/flock.h"

#include <linux/fcntl.h>
#include <linux/fs.h>

#include "core/pid.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "lib/errno.h"
#include "mem/slab.h"
#include "sched/waitq.h"

struct record_lock {
	struct list_node node; /* [x] by start within an owner, else by arrival */
	const void *owner;
	s32 pid;	/* what F_GETLK tells; -1 for OFD */
	u8 type;	/* F_RDLCK, F_WRLCK */
	u64 start, end; /* inclusive */
};

struct whole_lock {
	struct list_node node;
	struct file *file;
	bool exclusive;
};

struct file_locks {
	struct list_node records; /* [x] */
	struct list_node wholes;  /* [x] */
	struct waitq changed;
};

/* Owners that wait for a record lock, for the deadlock test. */
struct lock_waiter {
	struct list_node node;
	const void *owner;
	const void *blocker; /* whose lock is in the way */
};
static struct {
	struct spinlock lock;
	struct list_node list;
} lock_waiters = { .lock = SPINLOCK_INIT_RANK(LOCK_FILE_LOCK_WAITERS),
		   .list = LIST_INIT(lock_waiters.list) };

/* The inode's locks, made at first use; NULL: ENOMEM. */
static struct file_locks *locks_of(struct inode *inode)
{
	struct file_locks *locks = load_acquire(&inode->locks);

	if (locks)
		return locks;
	locks = kmalloc(sizeof(*locks));
	if (!locks)
		return NULL;
	list_init(&locks->records);
	list_init(&locks->wholes);
	waitq_init(&locks->changed);
	if (cmpxchg(&inode->locks, NULL, locks) != NULL) {
		kfree(locks);
		return inode->locks;
	}
	return locks;
}

void flock_inode_evict(struct inode *inode)
{
	kfree(inode->locks);
	inode->locks = NULL;
}

/* --- flock(2) ------------------------------------------------------------ */

static struct whole_lock *whole_find(struct file_locks *locks, const struct file *file)
{
	struct whole_lock *w;

	list_for_each_entry(w, &locks->wholes, node)
		if (w->file == file)
			return w;
	return NULL;
}

static bool whole_conflict(struct file_locks *locks, const struct file *file, bool exclusive)
{
	struct whole_lock *w;

	list_for_each_entry(w, &locks->wholes, node)
		if (w->file != file && (exclusive || w->exclusive))
			return true;
	return false;
}

static bool whole_drop(struct inode *inode, struct file *file)
{
	struct file_locks *locks = inode->locks;
	struct whole_lock *w;

	spin_lock(&inode->small_lock);
	w = whole_find(locks, file);
	if (w)
		list_del(&w->node);
	spin_unlock(&inode->small_lock);
	if (!w)
		return false;
	kfree(w);
	waitq_wake_all(&locks->changed);
	return true;
}

int flock_set(struct file *file, int op)
{
	struct inode *inode = file->inode;
	struct file_locks *locks;
	struct whole_lock *mine, *spare;
	bool exclusive = (op & ~LOCK_NB) == LOCK_EX;
	int err = 0;

	if (!inode)
		return -EINVAL;
	locks = locks_of(inode);
	if (!locks)
		return -ENOMEM;
	if ((op & ~LOCK_NB) == LOCK_UN) {
		whole_drop(inode, file);
		return 0;
	}
	spare = kmalloc(sizeof(*spare));
	if (!spare)
		return -ENOMEM;
	__atomic_or_fetch(&file->mode, FMODE_LOCKS, __ATOMIC_RELAXED);
	spin_lock(&inode->small_lock);
	mine = whole_find(locks, file);
	if (mine && mine->exclusive == exclusive)
		goto out_unlock;
	if (mine && exclusive) {
		/* Converting is not atomic: the old lock is gone first (flock(2)). */
		list_del(&mine->node);
		kfree(mine);
		mine = NULL;
		waitq_wake_all(&locks->changed);
	}
	while (whole_conflict(locks, file, exclusive)) {
		err = -EAGAIN;
		if (op & LOCK_NB)
			goto out_unlock;
		err = waitq_sleep_spin(&locks->changed, &inode->small_lock, DEADLINE_NONE);
		if (err)
			goto out_unlock;
	}
	err = 0;
	mine = whole_find(locks, file);
	if (mine) {
		mine->exclusive = exclusive;
		waitq_wake_all(&locks->changed);
	} else {
		*spare = (struct whole_lock){ .file = file, .exclusive = exclusive };
		list_add_tail(&locks->wholes, &spare->node);
		spare = NULL;
	}
out_unlock:
	spin_unlock(&inode->small_lock);
	kfree(spare);
	return err;
}

/* --- Record locks -------------------------------------------------------- */

static struct record_lock *record_conflict(struct file_locks *locks, const void *owner, int type,
					   u64 start, u64 end)
{
	struct record_lock *r;

	list_for_each_entry(r, &locks->records, node)
		if (r->owner != owner && r->start <= end && start <= r->end &&
		    (type == F_WRLCK || r->type == F_WRLCK))
			return r;
	return NULL;
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
 * Gives [start, end] of owner the type (F_UNLCK: none).  Its own locks in the
 * way shrink, split or go; spare[0] becomes the lock, spare[1] a split's rest.
 */
static void record_apply(struct file_locks *locks, const void *owner, s32 pid, int type, u64 start,
			 u64 end, struct record_lock *spare[2])
{
	struct record_lock *r, *next;

	list_for_each_entry_safe(r, next, &locks->records, node) {
		bool touches = r->end != U64_MAX && r->end + 1 == start;

		touches |= end != U64_MAX && end + 1 == r->start;
		if (r->owner != owner)
			continue;
		if (r->type == type && (touches || (r->start <= end && start <= r->end))) {
			start = min(start, r->start); /* merge */
			end = max(end, r->end);
			list_del(&r->node);
			kfree(r);
			continue;
		}
		if (r->start > end || start > r->end)
			continue;
		if (r->start < start && r->end > end) {
			struct record_lock *rest = spare[1];

			spare[1] = NULL;
			*rest = *r;
			rest->start = end + 1;
			r->end = start - 1;
			list_add(&r->node, &rest->node);
		} else if (r->start < start) {
			r->end = start - 1;
		} else if (r->end > end) {
			r->start = end + 1;
		} else {
			list_del(&r->node);
			kfree(r);
		}
	}
	if (type == F_UNLCK)
		return;
	*spare[0] = (struct record_lock){
		.owner = owner,
		.pid = pid,
		.type = type,
		.start = start,
		.end = end,
	};
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
		list_for_each_entry(w, &lock_waiters.list, node)
			if (w->owner == blocker) {
				blocker = w->blocker;
				found = true;
				break;
			}
	}
	return false;
}

static int record_wait(struct inode *inode, struct file_locks *locks, const void *owner,
		       const void *blocker, bool ofd)
{
	struct lock_waiter w = { .owner = owner, .blocker = blocker };
	int err;

	spin_lock(&lock_waiters.lock);
	if (!ofd && would_deadlock(owner, blocker)) {
		spin_unlock(&lock_waiters.lock);
		return -EDEADLK;
	}
	list_add_tail(&lock_waiters.list, &w.node);
	spin_unlock(&lock_waiters.lock);
	err = waitq_sleep_spin(&locks->changed, &inode->small_lock, DEADLINE_NONE);
	spin_lock(&lock_waiters.lock);
	list_del(&w.node);
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
	struct record_lock *spare[2], *r;
	struct file_locks *locks;
	u64 start, end;
	int err;

	if (!inode)
		return -EINVAL;
	if (l->l_type != F_RDLCK && l->l_type != F_WRLCK && l->l_type != F_UNLCK)
		return -EINVAL;
	err = record_range(file, l, &start, &end);
	if (err)
		return err;
	if ((l->l_type == F_RDLCK && !(file->mode & FMODE_READ)) ||
	    (l->l_type == F_WRLCK && !(file->mode & FMODE_WRITE)))
		return -EBADF;
	if (l->l_type == F_UNLCK && !inode->locks)
		return 0;
	locks = locks_of(inode);
	spare[0] = kmalloc(sizeof(*spare[0]));
	spare[1] = kmalloc(sizeof(*spare[1]));
	err = -ENOLCK;
	if (!locks || !spare[0] || !spare[1])
		goto out_free;
	if (ofd)
		__atomic_or_fetch(&file->mode, FMODE_LOCKS, __ATOMIC_RELAXED);
	spin_lock(&inode->small_lock);
	err = 0;
	while (l->l_type != F_UNLCK && (r = record_conflict(locks, owner, l->l_type, start, end))) {
		err = wait ? record_wait(inode, locks, owner, r->owner, ofd) : -EAGAIN;
		if (err)
			break;
	}
	if (!err) {
		record_apply(locks, owner, ofd ? -1 : pid, l->l_type, start, end, spare);
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
	struct record_lock *r = NULL;
	u64 start, end;
	int err;

	if (!inode || (l->l_type != F_RDLCK && l->l_type != F_WRLCK))
		return -EINVAL;
	err = record_range(file, l, &start, &end);
	if (err)
		return err;
	if (inode->locks) {
		spin_lock(&inode->small_lock);
		r = record_conflict(inode->locks, owner, l->l_type, start, end);
		if (r) {
			l->l_type = r->type;
			l->l_whence = SEEK_SET;
			l->l_start = r->start;
			l->l_len = r->end == S64_MAX ? 0 : r->end - r->start + 1;
			l->l_pid = r->pid;
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
	struct record_lock *r, *next;
	bool any = false;

	if (!locks)
		return;
	spin_lock(&inode->small_lock);
	list_for_each_entry_safe(r, next, &locks->records, node)
		if (r->owner == owner) {
			list_del(&r->node);
			kfree(r);
			any = true;
		}
	spin_unlock(&inode->small_lock);
	if (any)
		waitq_wake_all(&locks->changed);
}

void flock_file_released(struct file *file)
{
	if (!file->inode || !file->inode->locks)
		return;
	whole_drop(file->inode, file);
	record_lock_release(file, file);
}
