/*
 * inode_count.c - how many inodes a tmpfs has, and that they are no more than nr_inodes.
 *
 * Processors take the right to make inodes in batches, and an inode that goes leaves its right
 * with the processor on which it does.  So super->inodes counts the inodes that are and the
 * rights that processors keep (superblock_cpu.may_make); it is never above the limit.  A processor
 * that has no right, when no more may be given out, takes one from another.
 */
#include "fs/tmpfs/tmpfs_internal.h"
#include "lib/errno.h"

#define BATCH 32

/* One of the rights that a processor keeps. */
static inline bool take_kept(struct atomic *kept)
{
	int n = atomic_read(kept);

	while (n > 0)
		if (atomic_try_cmpxchg(kept, &n, n - 1))
			return true;
	return false;
}

static __noinline int count_slow(struct superblock *sb)
{
	struct tmpfs_super *super = sb->priv;
	s64 given = atomic64_read(&super->inodes), max = (s64)READ_ONCE(super->max_inodes), n;

	while ((n = max ? min_t(s64, max - given, BATCH) : BATCH) > 0) {
		if (!atomic64_try_cmpxchg(&super->inodes, &given, given + n))
			continue;
		if (likely(max == (s64)READ_ONCE(super->max_inodes))) {
			atomic_add(&superblock_cpu(sb)->may_make, (int)n - 1);
			return 0;
		}
		given = atomic64_sub_return(&super->inodes, n); /* a remount came between */
		max = (s64)READ_ONCE(super->max_inodes);
	}
	for (unsigned cpu = 0; cpu < cpu_possible_count; cpu++)
		if (take_kept(&sb->cpu[cpu].may_make))
			return 0;
	return -ENOSPC;
}

int tmpfs_count_inode(struct superblock *sb)
{
	return likely(take_kept(&superblock_cpu(sb)->may_make)) ? 0 : count_slow(sb);
}

void tmpfs_uncount_inode(struct superblock *sb)
{
	struct tmpfs_super *super = sb->priv;
	struct atomic *kept = &superblock_cpu(sb)->may_make;
	int n = atomic_inc_return(kept);

	if (unlikely(n > 2 * BATCH) && atomic_cmpxchg(kept, n, n - BATCH))
		atomic64_sub(&super->inodes, BATCH);
}

u64 tmpfs_inode_count(struct superblock *sb)
{
	struct tmpfs_super *super = sb->priv;
	s64 n = atomic64_read(&super->inodes);

	for (unsigned cpu = 0; cpu < cpu_possible_count; cpu++)
		n -= atomic_read(&sb->cpu[cpu].may_make);
	return n > 0 ? (u64)n : 0;
}

int tmpfs_limit_inodes(struct superblock *sb, u64 max)
{
	struct tmpfs_super *super = sb->priv;
	u64 was = super->max_inodes;

	/* Nobody is given more than the new limit has; what processors keep is taken back. */
	WRITE_ONCE(super->max_inodes, max);
	smp_mb();
	for (unsigned cpu = 0; cpu < cpu_possible_count; cpu++)
		atomic64_sub(&super->inodes, atomic_xchg(&sb->cpu[cpu].may_make, 0));
	if (!max || (u64)atomic64_read(&super->inodes) <= max)
		return 0;
	WRITE_ONCE(super->max_inodes, was);
	return -EINVAL;
}
