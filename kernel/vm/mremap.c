/*
 * mremap.c - mremap(2): a mapping shrinks, grows, or moves with its pages.
 *
 * Growing happens in place when the region ends where the old size does and
 * nothing is behind it; else, with MREMAP_MAYMOVE, the page-table entries move
 * to a new region and the old one is unmapped, empty.
 *
 * Locking: space->lock for writing.
 */
#include "abi/mman.h"
#include "core/log.h"
#include "core/panic.h"
#include "lib/errno.h"
#include "vm/mmap.h"
#include "vm/page_cache.h"
#include "vm/vm_internal.h"

/* May @grow pages be added to something like @region?  Commits them. */
static int remap_charge(struct vm_space *space, const struct region *region, u64 grow)
{
	if ((region->flags & REGION_LOCKED) && vm_lock_check(space, grow, false))
		return -EAGAIN;
	if (!vm_may_expand(space, region->flags, grow))
		return -ENOMEM;
	return region->flags & REGION_ACCOUNT ? vm_commit(grow) : 0;
}

static bool remap_in_place(struct vm_space *space, struct region *region, u64 addr, u64 old_len,
			   u64 new_len)
{
	struct region *next = region_next(space, region);
	u64 end = addr + new_len;

	if (region->end != addr + old_len || end > USER_ADDR_MAX)
		return false;
	if (next && next->start < end)
		return false;
	if (next && (next->flags & REGION_GROWSDOWN) && next->start - end < STACK_GUARD_GAP)
		return false;
	region_resize(space, region, region->start, end);
	region_merge(space, region);
	return true;
}

/*
 * A copy of [addr, addr+old_len) of @region at @to, @new_len long; the pages
 * move along unless old_len is 0 (a second view of shared memory).
 */
static int remap_move(struct vm_space *space, struct region *region, u64 addr, u64 old_len, u64 to,
		      u64 new_len, bool keep_old) REQUIRES(&space->lock)
{
	struct region *copy;
	u32 seq, copy_seq;
	int err, back;

	if (vm_space_is_full(space, 4))
		return -ENOMEM;
	if (region->ops && region->ops->mremap) {
		err = region->ops->mremap(region);
		if (err)
			return err;
	}
	seq = region_close(region);
	copy = region_dup(space, region);
	if (!copy) {
		region_reopen(region, seq);
		return -ENOMEM;
	}
	copy_seq = region_close(copy); /* until the pages are there */
	copy->pgoff = region_pgoff(region, addr);
	copy->start = to;
	copy->end = to + new_len;
	region_insert(space, copy);
	if (old_len) {
		err = pte_move(region, addr, copy, to, old_len);
		if (err) { /* back to tables that are still there */
			back = pte_move(copy, to, region, addr, old_len);
			assert(!back);
			region_reopen(region, seq);
			region_remove(space, copy);
			region_free(copy);
			return err;
		}
	}
	region_reopen(region, seq);
	region_reopen(copy, copy_seq);
	if (keep_old) {
		region_set_flags(space, region,
				 region->flags & ~(REGION_LOCKED | REGION_LOCKONFAULT));
		if (!copy->ops)
			region_merge(space, copy);
		return 0;
	}
	/* Without memory to split the old region it stays, empty. */
	if (old_len && vm_unmap_locked(space, addr, addr + old_len))
		log_debug(VM, "mremap: %llx stays mapped", addr);
	return 0;
}

static int remap_check(struct vm_space *space, u64 addr, u64 old_len, u64 new_len, unsigned flags,
		       struct region **out)
{
	struct region *region = region_find(space, addr);

	if (!region)
		return -EFAULT;
	if (!old_len && !(region->flags & REGION_MAYSHARE))
		return -EINVAL;
	if ((flags & MREMAP_DONTUNMAP) && (region->flags & (REGION_DONTEXPAND | REGION_IO)))
		return -EINVAL;
	if (old_len > region->end - addr)
		return -EFAULT;
	if (region->flags & (REGION_DONTEXPAND | REGION_IO | REGION_SPECIAL)) {
		if (new_len > old_len || !(region->flags & REGION_SPECIAL))
			return -EFAULT;
	}
	*out = region;
	return 0;
}

/* For a place that was named: it becomes free, and what is too long of the old range goes. */
static int clear_place(struct vm_space *space, u64 addr, u64 *old_len, u64 new_len, unsigned flags,
		       u64 new_addr) REQUIRES(&space->lock)
{
	int err = 0;

	if (new_addr & ~PAGE_MASK)
		return -EINVAL;
	if (new_len > USER_ADDR_MAX || new_addr > USER_ADDR_MAX - new_len)
		return -EINVAL;
	if (addr + *old_len > new_addr && new_addr + new_len > addr)
		return -EINVAL;
	if (flags & MREMAP_FIXED)
		err = vm_unmap_locked(space, new_addr, new_addr + new_len);
	if (!err && *old_len > new_len) {
		err = vm_unmap_locked(space, addr + new_len, addr + *old_len);
		*old_len = new_len;
	}
	return err;
}

/* To @to, which is free; limits and commitment are seen to. */
static int move_charged(struct vm_space *space, struct region *region, u64 addr, u64 old_len,
			u64 to, u64 new_len, bool keep_old) REQUIRES(&space->lock)
{
	u64 charge = new_len >> PAGE_SHIFT; /* unmapping gives the old back */
	bool account = region->flags & REGION_ACCOUNT;
	int err;

	if (!keep_old && new_len > old_len &&
	    !vm_may_expand(space, region->flags, (new_len - old_len) >> PAGE_SHIFT))
		return -ENOMEM;
	if (keep_old && !vm_may_expand(space, region->flags, charge))
		return -ENOMEM;
	if (account) {
		err = vm_commit(charge);
		if (err)
			return err;
	}
	err = remap_move(space, region, addr, old_len, to, new_len, keep_old);
	if (err && account)
		vm_uncommit(charge);
	return err;
}

static int remap_locked(struct vm_space *space, u64 addr, u64 old_len, u64 new_len, unsigned flags,
			u64 new_addr, u64 *out) REQUIRES(&space->lock)
{
	bool named = flags & (MREMAP_FIXED | MREMAP_DONTUNMAP);
	struct region *region;
	u64 to;
	int err;

	if (!region_find(space, addr))
		return -EFAULT;
	if (old_len > USER_ADDR_MAX - addr) /* to be cut, or copied from */
		return old_len >= new_len ? -EINVAL : -EFAULT;
	if (named) {
		err = clear_place(space, addr, &old_len, new_len, flags, new_addr);
		if (err)
			return err;
	} else if (old_len >= new_len && old_len) {
		if (old_len > new_len) {
			err = vm_unmap_locked(space, addr + new_len, addr + old_len);
			if (err)
				return err;
		}
		*out = addr;
		return 0;
	}
	err = remap_check(space, addr, old_len, new_len, flags, &region);
	if (err)
		return err;

	if (new_len > USER_ADDR_MAX)
		return -ENOMEM;
	if (!named) {
		u64 grow = (new_len - old_len) >> PAGE_SHIFT;

		err = remap_charge(space, region, grow);
		if (err)
			return err;
		if (old_len && remap_in_place(space, region, addr, old_len, new_len)) {
			*out = addr;
			return 0;
		}
		if (region->flags & REGION_ACCOUNT)
			vm_uncommit(grow);
		if (!(flags & MREMAP_MAYMOVE))
			return -ENOMEM;
	}

	to = vm_get_area(space, named ? new_addr : 0, new_len,
			 flags & MREMAP_FIXED ? MAP_FIXED : 0);
	if ((s64)to < 0)
		return (int)(s64)to;
	err = move_charged(space, region, addr, old_len, to, new_len, flags & MREMAP_DONTUNMAP);
	if (!err)
		*out = to;
	return err;
}

/**
 * vm_mremap - mremap(2)
 *
 * Return: 0 and *out; -EINVAL, -EFAULT (not one mapping), -ENOMEM, -EAGAIN.
 */
int vm_mremap(struct vm_space *space, u64 addr, u64 old_len, u64 new_len, unsigned flags,
	      u64 new_addr, u64 *out)
{
	bool populate = false;
	struct region *region;
	int err;

	if (flags & ~(MREMAP_FIXED | MREMAP_MAYMOVE | MREMAP_DONTUNMAP))
		return -EINVAL;
	if ((flags & MREMAP_FIXED) && !(flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if ((flags & MREMAP_DONTUNMAP) && (!(flags & MREMAP_MAYMOVE) || old_len != new_len))
		return -EINVAL;
	if (addr & ~PAGE_MASK)
		return -EINVAL;
	old_len = ALIGN_UP(old_len, PAGE_SIZE);
	new_len = ALIGN_UP(new_len, PAGE_SIZE);
	if (!new_len)
		return -EINVAL;

	rwsem_write_lock(&space->lock);
	err = remap_locked(space, addr, old_len, new_len, flags, new_addr, out);
	if (!err && new_len > old_len) {
		region = region_find(space, *out);
		populate = region &&
			   (region->flags & (REGION_LOCKED | REGION_LOCKONFAULT)) == REGION_LOCKED;
	}
	rwsem_write_unlock(&space->lock);
	if (populate)
		vm_populate(space, *out + old_len, new_len - old_len);
	return err;
}
