/*
 * mmap.c - mmap: a region comes.
 *
 * An anonymous mapping that touches an equal one just makes that one larger.
 *
 * Locking: space->lock for writing; files are called with it held.
 * Source: mmap(2).
 */
#include "abi/mman.h"
#include <linux/capability.h>
#include "core/panic.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/page.h"
#include "vm/mmap.h"
#include "vm/page_cache.h"
#include "vm/space.h"
#include "vm/vm_internal.h"

unsigned prot_to_flags(unsigned prot)
{
	unsigned flags = 0;

	static_assert(PROT_READ == REGION_READ && PROT_WRITE == REGION_WRITE &&
			      PROT_EXEC == REGION_EXEC,
		      "values agree");
	flags = prot & REGION_ACCESS;
	return flags;
}

/* mmap's sizes by themselves. */
static int mmap_check_len(u64 len, unsigned flags, bool file)
{
	if (!len)
		return -EINVAL;
	if ((flags & MAP_HUGETLB) && !file) {
		unsigned shift = flags >> MAP_HUGE_SHIFT & 0x3f;

		return !shift || shift == 21 || shift == 30 ? -ENOMEM : -EINVAL;
	}
	return ALIGN_UP(len, PAGE_SIZE) ? 0 : -ENOMEM;
}

/* Flags and file, once the place is found: Linux's order of errors.  MAP_SHARED_VALIDATE does
 * not know MAP_FIXED_NOREPLACE. */
static int mmap_check(unsigned prot, unsigned flags, struct file *file, u64 offset, u64 len)
{
	const unsigned known = MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS |
			       MAP_DENYWRITE | MAP_EXECUTABLE | MAP_GROWSDOWN | MAP_LOCKED |
			       MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK |
			       MAP_HUGETLB | MAP_32BIT | (0x1fu << MAP_HUGE_SHIFT);
	int err;

	if (file) {
		err = vm_file_ops.mmap_size_check(file, offset, len);
		if (err)
			return err;
	}
	switch (flags & MAP_TYPE) {
	case MAP_SHARED_VALIDATE:
		if (!file)
			return -EINVAL;
		if (flags & ~known)
			return -EOPNOTSUPP;
		break;
	case MAP_SHARED:
	case MAP_PRIVATE:
		break;
	default:
		return -EINVAL;
	}
	if (file) {
		err = vm_file_ops.mmap_check(file, prot, flags);
		if (err)
			return err;
	}
	if ((flags & MAP_GROWSDOWN) && (file || (flags & MAP_TYPE) != MAP_PRIVATE))
		return -EINVAL;
	return 0;
}

/* May anonymous memory with these flags just make @region larger? */
static bool extends(const struct region *region, unsigned flags)
{
	return !region->file && !region->cache && !region->ops && !region->name &&
	       !((region->flags ^ flags) & ~REGION_PRIVATE_PAGES);
}

/* Private anonymous memory at a place that is free; a neighbour of its kind grows.  -ENOMEM. */
int mmap_anon(struct vm_space *space, u64 addr, u64 len, unsigned flags)
{
	struct region *next = region_find_from(space, addr), *prev = region_prev(space, next);
	struct region *region;

	if (prev && prev->end == addr && extends(prev, flags)) {
		region_resize(space, prev, prev->start, addr + len);
		region_merge(space, prev);
		return 0;
	}
	if (next && next->start == addr + len && extends(next, flags)) {
		region_resize(space, next, addr, next->end);
		return 0;
	}
	region = region_new(space, addr, addr + len, flags);
	if (!region)
		return -ENOMEM;
	region_insert_before(space, region, next);
	return 0;
}

/* Region flags of a mapping; MAY rights that a file lacks go in its mmap. */
static unsigned mmap_region_flags(const struct vm_space *space, unsigned prot, unsigned flags)
{
	unsigned rflags = prot_to_flags(prot) | REGION_MAYACCESS | space->default_lock;

	if ((flags & MAP_TYPE) != MAP_PRIVATE)
		rflags |= REGION_SHARED | REGION_MAYSHARE;
	if (flags & MAP_GROWSDOWN)
		rflags |= REGION_GROWSDOWN;
	if (flags & MAP_LOCKED)
		rflags |= REGION_LOCKED;
	if ((flags & MAP_NORESERVE) && vm_overcommit.mode != 2)
		rflags |= REGION_NORESERVE;
	return rflags;
}

/* Is this kind of memory committed by who maps it?  What is shared is by its page cache. */
static bool needs_commit(unsigned rflags)
{
	return (rflags & (REGION_WRITE | REGION_SHARED | REGION_NORESERVE)) == REGION_WRITE;
}

/* A region that is in no tree yet, its file asked; nothing of the space has changed. */
static int mmap_prepare_region(struct vm_space *space, u64 addr, u64 len, unsigned rflags,
			       struct file *file, u64 offset, struct region **out)
{
	struct region *region = region_new(space, addr, addr + len, rflags);
	int err;

	if (!region)
		return -ENOMEM;
	if (file) {
		region->pgoff = offset >> PAGE_SHIFT;
		err = vm_file_ops.mmap(file, region);
		if (err) {
			region_free_raw(region);
			return err;
		}
		if (!region->file) { /* a driver may have put another one */
			vm_file_ops.get(file);
			region->file = file;
		}
	} else if (rflags & REGION_SHARED) {
		region->pgoff = 0;
		region->cache = page_cache_new_anon(len, !(rflags & REGION_NORESERVE));
		if (!region->cache) {
			region_free_raw(region);
			return -ENOMEM;
		}
	}
	*out = region;
	return 0;
}

static void mmap_insert_region(struct vm_space *space, struct region *region)
{
	region_insert(space, region);
	if (!region->ops)
		region_merge(space, region);
}

/* How much of [start, end) is mapped. */
static u64 pages_in_range(struct vm_space *space, u64 start, u64 end)
{
	struct region *region = region_find_from(space, start);
	u64 n = 0;

	for (; region && region->start < end; region = region_next(space, region))
		n += (min(region->end, end) - max(region->start, start)) >> PAGE_SHIFT;
	return n;
}

static int mmap_locked(struct vm_space *space, u64 addr, u64 len, unsigned prot, unsigned flags,
		       struct file *file, u64 offset, u64 *out) REQUIRES(&space->lock)
{
	unsigned rflags = mmap_region_flags(space, prot, flags);
	u64 npages = len >> PAGE_SHIFT, replaced = 0;
	struct region *region = NULL;
	bool replace = (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) == MAP_FIXED;
	int err;

	if (vm_space_is_full(space, 1))
		return -ENOMEM;
	addr = vm_get_area(space, addr, len, flags);
	if ((s64)addr < 0)
		return (int)(s64)addr;
	if (rflags & REGION_LOCKED) {
		err = vm_lock_check(space, npages, false);
		if (err)
			return err;
	}
	err = mmap_check(prot, flags, file, offset, len);
	if (err)
		return err;
	if (replace)
		replaced = pages_in_range(space, addr, addr + len);
	if (!vm_may_expand(space, rflags, npages - replaced))
		return -ENOMEM;
	if (needs_commit(rflags))
		rflags |= REGION_ACCOUNT;
	/* What a file refuses it refuses before anything is replaced. */
	if (file || (rflags & (REGION_SHARED | REGION_GROWSDOWN))) {
		err = mmap_prepare_region(space, addr, len, rflags, file, offset, &region);
		if (err)
			return err;
	}
	err = replace ? vm_unmap_locked(space, addr, addr + len) : 0;
	if (!err && replace && !vm_may_expand(space, rflags, npages))
		err = -ENOMEM;
	if (!err && (rflags & REGION_ACCOUNT))
		err = vm_commit(npages);
	if (err)
		goto out_free;

	if (region) {
		mmap_insert_region(space, region);
	} else {
		err = mmap_anon(space, addr, len, rflags);
		if (err) {
			vm_uncommit(rflags & REGION_ACCOUNT ? npages : 0);
			return err;
		}
	}
	*out = addr;
	return 0;

out_free:
	if (region)
		region_free(region);
	return err;
}

/**
 * vm_mmap - mmap(2), after the file was found
 *
 * Return: 0 and *out; -EINVAL, -ENOMEM, -EOVERFLOW, -EOPNOTSUPP, -EPERM,
 * -EEXIST, -EAGAIN (locked memory), and what the file's mmap returns.
 */
int vm_mmap(struct vm_space *space, u64 addr, u64 len, unsigned prot, unsigned flags,
	    struct file *file, u64 offset, u64 *out)
{
	bool populate = (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE;
	bool locked;
	int err;

	err = mmap_check_len(len, flags, file);
	if (err)
		return err;
	len = ALIGN_UP(len, PAGE_SIZE);
	rwsem_write_lock(&space->lock);
	err = mmap_locked(space, addr, len, prot, flags, file, offset, out);
	locked = (flags & MAP_LOCKED) || (space->default_lock & REGION_LOCKED);
	if (locked && (space->default_lock & REGION_LOCKONFAULT) && !(flags & MAP_LOCKED))
		locked = false;
	rwsem_write_unlock(&space->lock);
	if (!err && unlikely(populate || locked))
		vm_populate(space, *out, len);
	return err;
}
