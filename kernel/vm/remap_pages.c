/*
 * remap_pages.c - remap_file_pages(2): other pages of its file in part of a shared mapping.
 *
 * Once one mapping could hold the pages of its file in any order.  Linux gave
 * that up and so it is here: the part becomes a region of its own, mapped at
 * the other offset.
 *
 * Locking: space->lock for writing.
 */
#include "lib/errno.h"
#include "vm/mmap.h"
#include "vm/page_cache.h"
#include "vm/vm_internal.h"

/* Every byte of [start, end) shows the same file, shared, with the same rights. */
static int check_range(struct vm_space *space, u64 start, u64 end, struct region **out)
{
	struct region *first = region_find(space, start), *region = first;

	if (!first || (first->flags & REGION_IO) ||
	    (first->flags & (REGION_SHARED | REGION_MAYWRITE)) != (REGION_SHARED | REGION_MAYWRITE))
		return -EINVAL;
	while (region->end < end) {
		struct region *next = region_next(space, region);

		if (!next || next->start != region->end || next->file != first->file ||
		    next->cache != first->cache || next->flags != first->flags)
			return -EINVAL;
		region = next;
	}
	*out = first;
	return 0;
}

static int remap_pages_locked(struct vm_space *space, u64 start, u64 end, u64 pgoff, bool *locked)
	REQUIRES(&space->lock)
{
	u64 commit = (end - start) >> PAGE_SHIFT;
	struct region *region, *copy;
	int err = check_range(space, start, end, &region);

	if (err)
		return err;
	if (vm_space_is_full(space, 4))
		return -ENOMEM;
	if (!(region->flags & REGION_ACCOUNT))
		commit = 0;
	err = commit ? vm_commit(commit) : 0;
	if (err)
		return err;
	copy = region_dup(space, region);
	err = copy ? vm_unmap_locked(space, start, end) : -ENOMEM;
	if (err)
		goto out_uncommit;

	/* Commit point. */
	copy->pgoff = pgoff;
	copy->start = start;
	copy->end = end;
	*locked = (copy->flags & (REGION_LOCKED | REGION_LOCKONFAULT)) == REGION_LOCKED;
	region_insert(space, copy);
	if (!copy->ops)
		region_merge(space, copy);
	return 0;

out_uncommit:
	if (copy)
		region_free(copy);
	if (commit)
		vm_uncommit(commit);
	return err;
}

/**
 * vm_remap_file_pages - remap_file_pages(2), its start and size already in whole pages
 *
 * Return: 0; -EINVAL not one shared, writable mapping; -ENOMEM.
 */
int vm_remap_file_pages(struct vm_space *space, u64 start, u64 len, u64 pgoff)
{
	bool locked = false;
	int err;

	rwsem_write_lock(&space->lock);
	err = remap_pages_locked(space, start, start + len, pgoff, &locked);
	rwsem_write_unlock(&space->lock);
	if (locked)
		vm_populate(space, start, len);
	return err;
}
