/*
 * mmap.c - mmap, munmap, mprotect, brk: regions come, go and change.
 *
 * Addresses are given out from mmap_base downwards.  The search for a gap
 * walks the regions from the top, but begins at free_hint: above it no gap is
 * larger than largest_skipped.  munmap lifts the hint again.  So a program
 * that maps one thing after another never walks.
 *
 *	mmap_base |libc|  |ld.so|....gap....|anon|      heap  bss data text
 *	                        ^ free_hint
 *
 * Unmapping takes the regions out first, then clears the page tables, flushes
 * the TLBs once, frees the pages, and last lets go of the files.
 *
 * Memory that can be written privately is committed when it is mapped.  As on
 * Linux the default mode refuses only what could never be: more than all RAM.
 *
 * Locking: space->lock for writing; files are called with it held.
 * Source: mmap(2), munmap(2), mprotect(2), brk(2); linux/mm/mmap.c's errnos.
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

#define MAP_32BIT_LOW	0x40000000ull
#define MAP_32BIT_HIGH	0x80000000ull

struct vm_overcommit vm_overcommit = { .mode = 0, .ratio = 50 };
static struct atomic64 committed;

/* --- Commit and limits ------------------------------------------------------- */

u64 vm_committed_pages(void)
{
	s64 n = atomic64_read(&committed);

	return n > 0 ? n : 0;
}

static u64 total_pages(void)
{
	struct page_stats stats;

	page_stats(&stats);
	return stats.total;
}

u64 vm_commit_limit_pages(void)
{
	if (vm_overcommit.kbytes)
		return vm_overcommit.kbytes >> (PAGE_SHIFT - 10);
	return total_pages() * vm_overcommit.ratio / 100;
}

/* -ENOMEM.  @privileged may use the last 3 % in strict mode. */
int vm_commit(u64 npages, bool privileged)
{
	s64 now;

	if (!npages)
		return 0;
	/* A small request is never what the default mode refuses. */
	if (vm_overcommit.mode == 0 && npages > 256 && npages > total_pages())
		return -ENOMEM;
	now = atomic64_add_return(&committed, npages);
	if (vm_overcommit.mode == 2) {
		u64 limit = vm_commit_limit_pages();

		if (!privileged)
			limit -= limit / 32;
		if (now > (s64)limit) {
			atomic64_sub(&committed, npages);
			return -ENOMEM;
		}
	}
	return 0;
}

void vm_uncommit(u64 npages)
{
	if (npages)
		atomic64_sub(&committed, npages);
}

static bool flags_are_data(unsigned flags)
{
	return (flags & (REGION_WRITE | REGION_SHARED | REGION_GROWSDOWN)) ==
	       REGION_WRITE;
}

/* RLIMIT_AS and RLIMIT_DATA. */
bool vm_may_expand(struct vm_space *space, unsigned flags, u64 npages)
{
	if (space->total_pages + npages > READ_ONCE(space->limit_as) >> PAGE_SHIFT)
		return false;
	return !flags_are_data(flags) ||
	       space->data_pages + npages <= READ_ONCE(space->limit_data) >> PAGE_SHIFT;
}

/* RLIMIT_MEMLOCK for @npages more.  -EPERM: none allowed; -EAGAIN: too many. */
int vm_lock_check(struct vm_space *space, u64 npages, bool capable)
{
	u64 limit = READ_ONCE(space->limit_memlock) >> PAGE_SHIFT;

	if (capable || vm_file_ops.capable(CAP_IPC_LOCK))
		return 0;
	if (!limit)
		return -EPERM;
	return space->locked_pages + npages > limit ? -EAGAIN : 0;
}

/* --- Where to put it ------------------------------------------------------------ */

/* First address that a mapping below @region must leave free above itself. */
static u64 region_start_gap(const struct region *region)
{
	if (!(region->flags & REGION_GROWSDOWN))
		return region->start;
	return region->start > STACK_GUARD_GAP ? region->start - STACK_GUARD_GAP : 0;
}

/* The highest gap of @len bytes in [low, high): its start, or 0. */
static u64 gap_search(struct vm_space *space, u64 len, u64 low, u64 high,
		      u64 *largest)
{
	struct region *above = region_find_from(space, high), *below;
	u64 top = high;

	if (above)
		top = min(top, region_start_gap(above));
	below = above ? region_prev(space, above) :
		list_empty(&space->region_list) ? NULL :
		list_last_entry(&space->region_list, struct region, link);
	for (;;) {
		u64 bottom = below ? max(below->end, low) : low;

		if (top > bottom) {
			if (top - bottom >= len)
				return top - len;
			if (largest && top - bottom > *largest)
				*largest = top - bottom;
		}
		if (!below || below->start <= low)
			return 0;
		top = min(top, region_start_gap(below));
		below = region_prev(space, below);
	}
}

u64 vm_gap_find(struct vm_space *space, u64 len, u64 low, u64 high)
{
	return gap_search(space, len, low, high, NULL);
}

/* A free place for @len bytes below mmap_base, else anywhere; 0: none. */
static u64 mmap_area(struct vm_space *space, u64 len)
{
	u64 addr;

	if (len <= space->largest_skipped) {
		space->free_hint = space->mmap_base;
		space->largest_skipped = 0;
	}
	addr = gap_search(space, len, USER_ADDR_MIN, space->free_hint,
			  &space->largest_skipped);
	if (addr) {
		space->free_hint = addr;
		return addr;
	}
	space->free_hint = space->mmap_base;
	space->largest_skipped = 0;
	return gap_search(space, len, USER_ADDR_MIN, USER_ADDR_MAX, NULL);
}

/* [start, end) became free: the search may have to look there again. */
void vm_gap_freed(struct vm_space *space, u64 start, u64 end)
{
	struct region *next;

	if (end <= space->free_hint || space->free_hint >= space->mmap_base)
		return;
	next = region_find_from(space, end);
	end = next ? next->start : USER_ADDR_MAX;
	space->free_hint = min(end, space->mmap_base);
}

static bool range_is_free(struct vm_space *space, u64 addr, u64 len, bool gaps)
{
	struct region *next = region_find_from(space, addr);

	return !next || addr + len <= (gaps ? region_start_gap(next) : next->start);
}

/*
 * Where a mapping goes.  @addr is page aligned.  Return: address, or -errno
 * as u64 (an address is never that large): -ENOMEM, -EEXIST, -EPERM, -EINVAL.
 */
u64 vm_get_area(struct vm_space *space, u64 addr, u64 len, unsigned flags)
{
	if (len > USER_ADDR_MAX)
		return -ENOMEM;
	if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
		if (addr > USER_ADDR_MAX - len)
			return -ENOMEM;
		if (addr & ~PAGE_MASK)
			return -EINVAL;
		if (addr < USER_ADDR_MIN && !vm_file_ops.capable(CAP_SYS_RAWIO))
			return -EPERM;
		if ((flags & MAP_FIXED_NOREPLACE) &&
		    !range_is_free(space, addr, len, false))
			return -EEXIST;
		return addr;
	}
	if (addr) {
		addr = max(ALIGN_UP(addr, PAGE_SIZE), (u64)USER_ADDR_MIN);
		if (addr <= USER_ADDR_MAX - len &&
		    (!(flags & MAP_32BIT) || addr + len <= MAP_32BIT_HIGH) &&
		    range_is_free(space, addr, len, true))
			return addr;
	}
	if (flags & MAP_32BIT)
		addr = gap_search(space, len, MAP_32BIT_LOW, MAP_32BIT_HIGH, NULL);
	else
		addr = mmap_area(space, len);
	return addr ? addr : (u64)-ENOMEM;
}

/* --- mmap ------------------------------------------------------------------------ */

static unsigned prot_to_flags(unsigned prot)
{
	unsigned flags = 0;

	static_assert(PROT_READ == REGION_READ && PROT_WRITE == REGION_WRITE &&
		      PROT_EXEC == REGION_EXEC, "values agree");
	flags = prot & REGION_ACCESS;
	return flags;
}

/* mmap's flags and sizes by themselves.  Linux's order of errors. */
static int mmap_check(u64 len, unsigned flags, bool file, u64 offset)
{
	const unsigned known = MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS |
		MAP_DENYWRITE | MAP_EXECUTABLE | MAP_GROWSDOWN | MAP_LOCKED |
		MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK |
		MAP_HUGETLB | MAP_32BIT | (0x3fu << MAP_HUGE_SHIFT) | MAP_FIXED_NOREPLACE;

	if (!len)
		return -EINVAL;
	if (!ALIGN_UP(len, PAGE_SIZE))
		return -ENOMEM;
	if (offset + ALIGN_UP(len, PAGE_SIZE) < offset)
		return -EOVERFLOW;
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
	if ((flags & MAP_GROWSDOWN) && (file || (flags & MAP_TYPE) != MAP_PRIVATE))
		return -EINVAL;
	if ((flags & MAP_HUGETLB) && !file) {
		unsigned shift = flags >> MAP_HUGE_SHIFT & 0x3f;

		return !shift || shift == 21 || shift == 30 ? -ENOMEM : -EINVAL;
	}
	return 0;
}

/* Grows the anonymous region that ends where a new one would start. */
static bool mmap_extend(struct vm_space *space, u64 addr, u64 len, unsigned flags)
{
	struct region *next = region_find_from(space, addr), *prev;
	const unsigned ignore = REGION_PRIVATE_PAGES;

	prev = next ? region_prev(space, next) :
	       list_empty(&space->region_list) ? NULL :
	       list_last_entry(&space->region_list, struct region, link);
	if (prev && prev->end == addr && !prev->cache && !prev->ops && !prev->name &&
	    !((prev->flags ^ flags) & ~ignore)) {
		region_resize(space, prev, prev->start, addr + len);
		region_merge(space, prev);
		return true;
	}
	if (next && next->start == addr + len && !next->cache && !next->ops &&
	    !next->name && !((next->flags ^ flags) & ~ignore)) {
		region_resize(space, next, addr, next->end);
		return true;
	}
	return false;
}

/* Region flags of a mapping; MAY rights that a file lacks go in its mmap. */
static unsigned mmap_region_flags(const struct vm_space *space, unsigned prot,
				  unsigned flags)
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

/* Is this kind of memory committed? */
static bool needs_commit(unsigned rflags, bool shared_anon)
{
	if (rflags & REGION_NORESERVE)
		return false;
	return shared_anon ||
	       (rflags & (REGION_WRITE | REGION_SHARED)) == REGION_WRITE;
}

static int mmap_make_region(struct vm_space *space, u64 addr, u64 len,
			    unsigned rflags, struct file *file, u64 offset)
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
		if (!region->file) {	/* a driver may have put another one */
			vm_file_ops.get(file);
			region->file = file;
		}
	} else if (rflags & REGION_SHARED) {
		region->pgoff = 0;
		region->cache = page_cache_new_anon(len);
		if (!region->cache) {
			region_free_raw(region);
			return -ENOMEM;
		}
	}
	region_insert(space, region);
	if (!region->ops)
		region_merge(space, region);
	return 0;
}

static int mmap_locked(struct vm_space *space, u64 addr, u64 len, unsigned prot,
		       unsigned flags, struct file *file, u64 offset, u64 *out)
{
	unsigned rflags = mmap_region_flags(space, prot, flags);
	u64 npages = len >> PAGE_SHIFT;
	bool commit;
	int err;

	if (space->nregions >= VM_MAX_REGIONS)
		return -ENOMEM;
	addr = vm_get_area(space, addr, len, flags);
	if ((s64)addr < 0)
		return (int)(s64)addr;
	if (rflags & REGION_LOCKED) {
		err = vm_lock_check(space, npages, false);
		if (err)
			return err;
	}
	if (flags & MAP_FIXED && !(flags & MAP_FIXED_NOREPLACE)) {
		err = vm_unmap_locked(space, addr, addr + len);
		if (err)
			return err;
	}
	if (!vm_may_expand(space, rflags, npages))
		return -ENOMEM;
	commit = needs_commit(rflags, !file && (rflags & REGION_SHARED));
	if (commit) {
		err = vm_commit(npages, false);
		if (err)
			return err;
		rflags |= REGION_ACCOUNT;
	}
	if (file || (rflags & (REGION_SHARED | REGION_GROWSDOWN)) ||
	    !mmap_extend(space, addr, len, rflags)) {
		err = mmap_make_region(space, addr, len, rflags, file, offset);
		if (err) {
			if (commit)
				vm_uncommit(npages);
			return err;
		}
	}
	*out = addr;
	return 0;
}

/**
 * vm_mmap - mmap(2), after the file was found
 *
 * Return: 0 and *out; -EINVAL, -ENOMEM, -EOVERFLOW, -EOPNOTSUPP, -EPERM,
 * -EEXIST, -EAGAIN (locked memory), and what the file's mmap returns.
 */
int vm_mmap(struct vm_space *space, u64 addr, u64 len, unsigned prot,
	    unsigned flags, struct file *file, u64 offset, u64 *out)
{
	bool populate = (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE;
	bool locked;
	int err;

	err = mmap_check(len, flags, file, offset);
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

/* --- munmap ------------------------------------------------------------------------- */

/* Cuts regions so that none crosses @start or @end.  -ENOMEM. */
static int cut_at(struct vm_space *space, u64 addr)
{
	struct region *region = region_find_from(space, addr);

	return region && region->start < addr ? region_split(space, region, addr) : 0;
}

/* Page tables that lie wholly between the neighbours of [start, end). */
static void free_tables(struct vm_space *space, u64 start, u64 end)
{
	struct region *next = region_find_from(space, end), *prev;
	u64 low, high;

	prev = next ? region_prev(space, next) :
	       list_empty(&space->region_list) ? NULL :
	       list_last_entry(&space->region_list, struct region, link);
	low = ALIGN_UP(prev ? prev->end : 0, ARCH_TABLE_SPAN);
	high = ALIGN_DOWN(next ? next->start : USER_ADDR_MAX, ARCH_TABLE_SPAN);
	low = max(low, ALIGN_DOWN(start, ARCH_TABLE_SPAN));
	high = min(high, ALIGN_UP(end, ARCH_TABLE_SPAN));
	if (low < high)
		arch_tables_free_range(&space->arch, low, high);
}

int vm_unmap_locked(struct vm_space *space, u64 start, u64 end)
{
	struct region *region, *tmp;
	struct tlb_batch batch;
	DEFINE_LIST(gone);
	u64 uncommit = 0;
	int err;

	region = region_find_from(space, start);
	if (!region || region->start >= end)
		return 0;
	err = cut_at(space, start);
	if (!err)
		err = cut_at(space, end);
	if (err)
		return err;

	/* Commit point: nothing below can fail. */
	region = region_find_from(space, start);
	while (region && region->start < end) {
		struct region *next = region_next(space, region);

		region_remove(space, region);
		list_add_tail(&gone, &region->link);
		if (region->flags & REGION_ACCOUNT)
			uncommit += region_pages(region);
		region = next;
	}
	tlb_batch_init(&batch, &space->arch);
	list_for_each_entry(region, &gone, link)
		pte_zap(region, region->start, region->end, &batch);
	tlb_batch_flush(&batch);
	free_tables(space, start, end);
	vm_gap_freed(space, start, end);
	list_for_each_entry_safe(region, tmp, &gone, link)
		region_free(region);
	vm_uncommit(uncommit);
	return 0;
}

int vm_munmap(struct vm_space *space, u64 addr, u64 len)
{
	int err;

	if ((addr & ~PAGE_MASK) || addr > USER_ADDR_MAX || len > USER_ADDR_MAX - addr)
		return -EINVAL;
	len = ALIGN_UP(len, PAGE_SIZE);
	if (!len)
		return -EINVAL;
	rwsem_write_lock(&space->lock);
	err = vm_unmap_locked(space, addr, addr + len);
	rwsem_write_unlock(&space->lock);
	return err;
}

/* --- mprotect ------------------------------------------------------------------------- */

/* New flags for [start, end) of @region; splits, and joins what became equal.
 * *out: the region that now holds @start. */
int vm_change_flags(struct vm_space *space, struct region *region, u64 start,
		    u64 end, unsigned flags, struct region **out)
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

static int protect_region(struct vm_space *space, struct region *region,
			  u64 start, u64 end, unsigned prot, struct tlb_batch *batch,
			  struct region **out)
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
	    space->data_pages + npages > READ_ONCE(space->limit_data) >> PAGE_SHIFT)
		return -ENOMEM;
	if ((prot & PROT_WRITE) && !(flags & (REGION_ACCOUNT | REGION_SHARED |
					      REGION_NORESERVE))) {
		err = vm_commit(npages, false);
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

	if (prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM |
		     PROT_GROWSDOWN | PROT_GROWSUP))
		return -EINVAL;
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

	rwsem_write_lock(&space->lock);
	tlb_batch_init(&batch, &space->arch);
	region = region_find_from(space, addr);
	if (!region) {
		err = -ENOMEM;
		goto out_unlock;
	}
	if (prot & PROT_GROWSUP) {
		err = -EINVAL;
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
		if (region->end <= va)		/* joined with the one before */
			continue;
		err = protect_region(space, region, va, min(region->end, end),
				     prot & REGION_ACCESS, &batch, &region);
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
	unsigned flags = REGION_READ | REGION_WRITE | REGION_MAYACCESS |
			 REGION_ACCOUNT | space->default_lock;
	u64 npages = (to - from) >> PAGE_SHIFT;

	if (to > USER_ADDR_MAX || !range_is_free(space, from, to - from, true) ||
	    space->nregions >= VM_MAX_REGIONS || !vm_may_expand(space, flags, npages))
		return false;
	if ((flags & REGION_LOCKED) && vm_lock_check(space, npages, false))
		return false;
	if (vm_commit(npages, false))
		return false;
	if (!mmap_extend(space, from, to - from, flags) &&
	    mmap_make_region(space, from, to - from, flags, NULL, 0)) {
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
		populate = (space->default_lock &
			    (REGION_LOCKED | REGION_LOCKONFAULT)) == REGION_LOCKED;
	}
	space->brk = brk;
out_unlock:
	ret = space->brk;
	rwsem_write_unlock(&space->lock);
	if (unlikely(populate))
		vm_populate(space, from, new_end - from);
	return ret;
}
