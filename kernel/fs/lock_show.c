/*
 * lock_show.c - the locks on files as text: /proc/locks, and fdinfo's "lock:" lines.
 *
 *	2: POSIX  ADVISORY  WRITE 84 00:02:283 10 14
 *	2: -> POSIX  ADVISORY  READ 86 00:02:283 0 11
 *
 * The second waits for the first.  Newest first, file by file.  proc(5)
 */
#include <linux/fcntl.h>

#include "abi/dev.h"
#include "fs/file.h"
#include "fs/flock_internal.h"
#include "fs/seq.h"
#include "fs/superblock.h"

static void show_claim(struct seq *s, const struct inode *inode, u32 number, const char *arrow,
		       const struct lock_claim *c)
{
	static const char *const kinds[] = { "FLOCK ", "POSIX ", "OFDLCK" };
	u64 dev = inode->sb->dev;

	seq_printf(s, "%u: %s%s ADVISORY  %s %d %02x:%02x:%llu %llu ", number, arrow,
		   kinds[c->kind], c->type == F_WRLCK ? "WRITE" : "READ", c->pid, dev_major(dev),
		   dev_minor(dev), inode->ino, c->start);
	if (c->end == S64_MAX)
		seq_puts(s, "EOF\n");
	else
		seq_printf(s, "%llu\n", c->end);
}

/* Numbers the locks of @list on from @number; returns the last. */
static u32 show_list(struct seq *s, const struct file_locks *locks, const struct list_node *list,
		     u32 number)
{
	const struct file_lock *lock;
	const struct lock_waiter *waiter;

	list_for_each_entry_reverse(lock, list, node) {
		show_claim(s, locks->inode, ++number, "", &lock->c);
		list_for_each_entry(waiter, &locks->waiters, node)
			if (waiter->behind == lock)
				show_claim(s, locks->inode, number, "-> ", &waiter->c);
	}
	return number;
}

/* The cookie is the place in the list of files (high half) and the last number. */
int flock_show_next(struct seq *s, u64 *cookie)
{
	u32 skip = *cookie >> 32, number = (u32)*cookie, place = 0;
	const struct file_locks *locks;

	spin_lock(&file_locks_list.lock);
	list_for_each_entry(locks, &file_locks_list.list, all) {
		if (place++ < skip)
			continue;
		spin_lock(&locks->inode->small_lock);
		number = show_list(s, locks, &locks->records, number);
		number = show_list(s, locks, &locks->wholes, number);
		spin_unlock(&locks->inode->small_lock);
		if (number != (u32)*cookie)
			break;
	}
	spin_unlock(&file_locks_list.lock);
	if (number == (u32)*cookie)
		return 0;
	*cookie = (u64)place << 32 | number;
	return 1;
}

void flock_fdinfo(struct file *file, const void *fds, struct seq *s)
{
	struct inode *inode = file->inode;
	struct file_locks *locks = inode ? load_acquire(&inode->locks) : NULL;
	const struct list_node *lists[2];
	const struct file_lock *lock;
	u32 number = 0;

	if (!locks)
		return;
	lists[0] = &locks->wholes;
	lists[1] = &locks->records;
	spin_lock(&inode->small_lock);
	for (int i = 0; i < 2; i++)
		list_for_each_entry(lock, lists[i], node)
			if (lock->c.file == file &&
			    (lock->c.owner == file || lock->c.owner == fds)) {
				seq_puts(s, "lock:\t");
				show_claim(s, inode, ++number, "", &lock->c);
			}
	spin_unlock(&inode->small_lock);
}
