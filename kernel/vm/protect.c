/*
 * protect.c - mprotect and brk: regions change rights and size.
 *
 * Locking: space->lock for writing.
 * Source: mprotect(2), brk(2).
 */
#include <linux/capability.h>
#include "abi/mman.h"
#include "lib/errno.h"
#include "mem/page.h"
#include "vm/mmap.h"
#include "vm/space.h"
#include "vm/vm_internal.h"

/* --- mprotect ------------------------------------------------------------------------- */

/* New flags for [start, end) of @region; splits, and joins what became equal.
 * *out: the region that now holds @start. */
int vm_change_flags(struct vm_space *space, struct region *region, u64 start, u64 end,
		    unsigned flags, struct region **out)
{
	int err;

	if (region->start < start) {
		err = region_split(space, region, start);
		if (err)
			return err;
		region = region_next(space, region);
	}
	if (region->end > end) {
		err = region_split(space, region, end);
		if (err)
			return err;
	}
	region_set_flags(space, region, flags);
	*out = region;
	return 0;
}

static int protect_region(struct vm_space *space, struct region *region, u64 start, u64 end,
			  unsigned prot, struct tlb_batch *batch, struct region **out)
{
	unsigned flags = (region->flags & ~REGION_ACCESS) | prot_to_flags(prot);
	u64 npages = (end - start) >> PAGE_SHIFT;
	bool commit = false;
	int err;

	*out = region;
	if (flags == region->flags)
		return 0;
	if (prot & ~(region->flags >> 4) & REGION_ACCESS)
		return -EACCES;
	if (region->ops && region->ops->may_protect) {
		err = region->ops->may_protect(region, prot);
		if (err)
			return err;
	}
	if (flags_are_data(flags) && !flags_are_data(region->flags) &&
	    space->data_pages + npages > READ_ONCE(space->limit_data_map) >> PAGE_SHIFT)
		return -ENOMEM;
	if ((prot & PROT_WRITE) && !(flags & (REGION_ACCOUNT | REGION_SHARED | REGION_NORESERVE))) {
		err = vm_commit(npages);
		if (err)
			return err;
		flags |= REGION_ACCOUNT;
		commit = true;
	}
	err = vm_change_flags(space, region, start, end, flags, &region);
	if (err) {
		if (commit)
			vm_uncommit(npages);
		return err;
	}
	pte_protect(region, start, end, batch);
	*out = region_merge(space, region);
	return 0;
}

/**
 * vm_mprotect - mprotect(2)
 *
 * Return: 0; -EINVAL, -ENOMEM (a hole: what lies before it is changed),
 * -EACCES (the file does not allow it).
 */
int vm_mprotect(struct vm_space *space, u64 addr, u64 len, unsigned prot)
{
	bool down = prot & PROT_GROWSDOWN;
	struct region *region;
	struct tlb_batch batch;
	u64 end, va;
	int err = 0;

	if ((prot & (PROT_GROWSDOWN | PROT_GROWSUP)) == (PROT_GROWSDOWN | PROT_GROWSUP))
		return -EINVAL;
	if (addr & ~PAGE_MASK)
		return -EINVAL;
	if (!len)
		return 0;
	len = ALIGN_UP(len, PAGE_SIZE);
	end = addr + len;
	if (end <= addr)
		return -ENOMEM;
	if (prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM | PROT_GROWSDOWN | PROT_GROWSUP))
		return -EINVAL;

	rwsem_write_lock(&space->lock);
	tlb_batch_init(&batch, &space->arch);
	region = region_find_from(space, addr);
	if (!region) {
		err = -ENOMEM;
		goto out_unlock;
	}
	if (prot & PROT_GROWSUP) {
		err = region->start > addr ? -ENOMEM : -EINVAL;
		goto out_unlock;
	}
	if (down) {
		if (region->start >= end) {
			err = -ENOMEM;
			goto out_unlock;
		}
		addr = region->start;
		if (!(region->flags & REGION_GROWSDOWN)) {
			err = -EINVAL;
			goto out_unlock;
		}
	}
	for (va = addr; va < end; region = region_next(space, region)) {
		if (!region || region->start > va) {
			err = -ENOMEM;
			break;
		}
		if (region->end <= va) /* joined with the one before */
			continue;
		err = protect_region(space, region, va, min(region->end, end), prot & REGION_ACCESS,
				     &batch, &region);
		if (err)
			break;
		va = region->end;
	}
	tlb_batch_flush(&batch);
out_unlock:
	rwsem_write_unlock(&space->lock);
	return err;
}

/* --- brk ---------------------------------------------------------------------------------- */

static bool brk_grow(struct vm_space *space, u64 from, u64 to)
{
	unsigned flags = REGION_READ | REGION_WRITE | REGION_MAYACCESS | REGION_ACCOUNT |
			 space->default_lock;
	u64 npages = (to - from) >> PAGE_SHIFT;

	if (to > USER_ADDR_MAX || !range_is_free(space, from, to - from, true) ||
	    vm_space_is_full(space, 1) || !vm_may_expand(space, flags, npages))
		return false;
	if ((flags & REGION_LOCKED) && vm_lock_check(space, npages, false))
		return false;
	if (vm_commit(npages))
		return false;
	if (mmap_anon(space, from, to - from, flags)) {
		vm_uncommit(npages);
		return false;
	}
	return true;
}

u64 vm_brk(struct vm_space *space, u64 brk)
{
	u64 old_end, new_end, ret, from;
	bool populate = false;

	rwsem_write_lock(&space->lock);
	from = old_end = ALIGN_UP(space->brk, PAGE_SIZE);
	new_end = ALIGN_UP(brk, PAGE_SIZE);
	if (brk < space->brk_start || brk > USER_ADDR_MAX)
		goto out_unlock;
	if (brk - space->brk_start + (space->data_end - space->data_start) >
	    READ_ONCE(space->limit_data))
		goto out_unlock;
	if (new_end < old_end) {
		if (vm_unmap_locked(space, new_end, old_end))
			goto out_unlock;
	} else if (new_end > old_end) {
		if (!brk_grow(space, old_end, new_end))
			goto out_unlock;
		populate = (space->default_lock & (REGION_LOCKED | REGION_LOCKONFAULT)) ==
			   REGION_LOCKED;
	}
	space->brk = brk;
out_unlock:
	ret = space->brk;
	rwsem_write_unlock(&space->lock);
	if (unlikely(populate))
		vm_populate(space, from, new_end - from);
	return ret;
}
