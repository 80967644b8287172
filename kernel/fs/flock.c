/*
 * flock.c - advisory locks on whole files: flock(2); and what it shares with the
 * record locks of record_lock.c.
 *
 * An inode that ever had a lock has a struct file_locks.  flock entries belong to
 * an open file; record locks to an owner, which is the descriptor table for
 * F_SETLK (a process) and the open file for F_OFD_SETLK.  A waiter sleeps on the
 * inode's one queue and looks again after each change.
 *
 * Locks: inode->small_lock for all of a file's locks; file_locks_list.lock before
 * it, for the list of files that have some.
 *
 * Source: flock(2)
 */
#include <linux/fcntl.h>
#include <linux/fs.h>

#include "fs/file.h"
#include "fs/flock_internal.h"
#include "lib/errno.h"
#include "mem/slab.h"

struct file_locks_list file_locks_list = {
	.lock = SPINLOCK_INIT_RANK(LOCK_FILE_LOCKS_LIST),
	.list = LIST_INIT(file_locks_list.list),
};

struct file_locks *file_locks_of(struct inode *inode)
{
	struct file_locks *locks = load_acquire(&inode->locks);

	if (locks)
		return locks;
	locks = kmalloc(sizeof(*locks));
	if (!locks)
		return NULL;
	locks->inode = inode;
	locks->nofd = 0;
	list_init(&locks->records);
	list_init(&locks->wholes);
	list_init(&locks->waiters);
	waitq_init(&locks->changed);
	spin_lock(&file_locks_list.lock);
	if (inode->locks) {
		kfree(locks);
		locks = inode->locks;
	} else {
		list_add(&file_locks_list.list, &locks->all);
		store_release(&inode->locks, locks);
	}
	spin_unlock(&file_locks_list.lock);
	return locks;
}

void flock_inode_evict(struct inode *inode)
{
	spin_lock(&file_locks_list.lock);
	list_del(&inode->locks->all);
	spin_unlock(&file_locks_list.lock);
	kfree(inode->locks);
	inode->locks = NULL;
}

int file_locks_wait(struct inode *inode, struct lock_waiter *waiter)
{
	struct file_locks *locks = inode->locks;
	int err;

	list_add_tail(&locks->waiters, &waiter->node);
	err = waitq_sleep_spin(&locks->changed, &inode->small_lock, DEADLINE_NONE);
	list_del(&waiter->node);
	return err;
}

/* --- flock(2) ------------------------------------------------------------ */

static struct file_lock *whole_find(struct file_locks *locks, const struct file *file)
{
	struct file_lock *w;

	list_for_each_entry(w, &locks->wholes, node)
		if (w->c.file == file)
			return w;
	return NULL;
}

/* The lock in the way of one of @type, or NULL. */
static struct file_lock *whole_conflict(struct file_locks *locks, const struct file *file, int type)
{
	struct file_lock *w;

	list_for_each_entry(w, &locks->wholes, node)
		if (w->c.file != file && (type == F_WRLCK || w->c.type == F_WRLCK))
			return w;
	return NULL;
}

static bool whole_drop(struct inode *inode, struct file *file)
{
	struct file_locks *locks = inode->locks;
	struct file_lock *w;

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

/* A guess: one of flock(2), and OFD locks for each file through which one was taken. */
size_t flock_held(const struct file *file)
{
	const struct file_locks *locks = load_acquire(&file->inode->locks);

	return locks ? (1 + READ_ONCE(locks->nofd)) * sizeof(struct file_lock) : 0;
}

size_t record_locks_held(u32 n)
{
	return n * sizeof(struct file_lock);
}

int flock_set(struct file *file, int op, s32 pid)
{
	struct inode *inode = file->inode;
	struct file_locks *locks;
	struct file_lock *mine, *spare;
	struct lock_waiter waiter = { .c = {
					      .kind = LOCK_KIND_FLOCK,
					      .type = (op & ~LOCK_NB) == LOCK_EX ? F_WRLCK :
										   F_RDLCK,
					      .pid = pid,
					      .end = S64_MAX,
					      .owner = file,
					      .file = file,
				      } };
	int err = 0;

	if (!inode)
		return -EINVAL;
	locks = file_locks_of(inode);
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
	if (mine && mine->c.type == waiter.c.type)
		goto out_unlock;
	if (mine && waiter.c.type == F_WRLCK) {
		/* Converting is not atomic: the old lock is gone first (flock(2)). */
		list_del(&mine->node);
		kfree(mine);
		mine = NULL;
		waitq_wake_all(&locks->changed);
	}
	while ((waiter.behind = whole_conflict(locks, file, waiter.c.type))) {
		err = -EAGAIN;
		if (op & LOCK_NB)
			goto out_unlock;
		err = file_locks_wait(inode, &waiter);
		if (err)
			goto out_unlock;
	}
	err = 0;
	mine = whole_find(locks, file);
	if (mine) {
		mine->c = waiter.c;
		waitq_wake_all(&locks->changed);
	} else {
		spare->c = waiter.c;
		list_add_tail(&locks->wholes, &spare->node);
		spare = NULL;
	}
out_unlock:
	spin_unlock(&inode->small_lock);
	kfree(spare);
	return err;
}

void flock_file_released(struct file *file)
{
	if (!file->inode || !file->inode->locks)
		return;
	whole_drop(file->inode, file);
	record_lock_release(file, file);
}
