/*
 * fdtable_held.c - how much memory goes with a table of descriptors: a guess, for the
 * choice of whom to end when there is none left (proc/oom.c).
 *
 * A file that several tables have open counts in full in each: of a tree of processes that
 * hold the same full pipes each weighs as much as all, so none hides behind the number of
 * its kin.  In one table it counts once, however often it was duplicated.
 */
#include "fs/fdtable_internal.h"
#include "fs/flock.h"
#include "fs/inode.h"
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

/* A group at a time: in between the table may grow and shrink. */
size_t fdtable_held(struct fdtable *fds, u32 mark)
{
	size_t bytes = sizeof(*fds) + record_locks_held(atomic_read(&fds->nlocks));
	struct fd_array *array;
	u32 size = 0;

	for (u32 first = 0; (array = fdtable_lock_group(fds, first)); first += FD_GROUP) {
		size = array->size;
		for (u32 i = 0; i < FD_GROUP; i++) {
			struct file *file = fd_slot_file(array->slots[first + i]);

			if (file)
				bytes += file_held(file, mark);
		}
		fd_group_unlock(fd_group_first(array, first));
		if (first / FD_GROUP + 1 >= READ_ONCE(array->groups_used))
			break;
		sched_yield_point();
	}
	return bytes + size * sizeof(fd_slot);
}
