/*
 * fdtable_held.c - how much memory goes with a table of descriptors: a guess, for the
 * choice of whom to end when there is none left (proc/oom.c).
 *
 * A file that several tables have open counts in full in each: of a tree of processes that
 * hold the same full pipes each weighs as much as all, so none hides behind the number of
 * its kin.  In one table it counts once, however often it was duplicated.
 */
#include "fs/fdtable.h"
#include "fs/flock.h"
#include "fs/inode.h"
#include "lib/bitops.h"
#include "sched/sched.h"
#include "vm/page_cache.h"

/* The object behind an anonymous file that says nothing itself: eventfd, timerfd, pidfd. */
#define OBJECT_BYTES 256

/* The pages of a regular file count when no name leads to it: they go with the last opening. */
static size_t file_held(struct file *file, u32 mark)
{
	const struct inode *inode = file->inode;
	size_t bytes = sizeof(*file);

	if (file->oom_mark == mark)
		return 0;
	file->oom_mark = mark;
	if (file->ops && file->ops->held)
		bytes += file->ops->held(file);
	else if (!inode)
		bytes += OBJECT_BYTES;
	if (inode && inode->cache && !READ_ONCE(inode->nlink))
		bytes += sizeof(*inode) + page_cache_held(inode->cache, mark) * PAGE_SIZE;
	if (file->mode & FMODE_LOCKS)
		bytes += flock_held(file);
	return bytes;
}

/* The lock is taken anew for each word of 64: in between the table may grow and shrink. */
size_t fdtable_held(struct fdtable *fds, u32 mark)
{
	size_t bytes = sizeof(*fds) + record_locks_held(atomic_read(&fds->nlocks));
	u32 size = 0;

	for (u32 w = 0; w == 0 || w < size / 64; w++) {
		struct fd_array *array;

		spin_lock(&fds->lock);
		array = fds->array;
		size = array->size;
		for (u64 bits = w < size / 64 ? array->open[w] : 0; bits; bits &= bits - 1) {
			struct file *file = array->files[w * 64 + bit_ctz(bits)];

			if (file) /* else reserved only */
				bytes += file_held(file, mark);
		}
		spin_unlock(&fds->lock);
		sched_yield_point();
	}
	return bytes + size * sizeof(struct file *);
}
