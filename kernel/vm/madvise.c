/*
 * madvise.c - madvise(2), msync(2), mincore(2): advice, and questions.
 *
 * Advice that only helps a policy which we do not have (huge pages, same-page
 * merging, cold pages) is accepted and remembered where /proc shows it: taking
 * it is all that Linux promises too.
 *
 * Locking: space->lock, for reading where no flag changes.
 */
#include "abi/mman.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/page.h"
#include "sched/thread.h"
#include "vm/fault.h"
#include "vm/mmap.h"
#include "vm/page_cache.h"
#include "vm/vm_internal.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

static int advise_zap(struct region *region, u64 start, u64 end)
{
	struct tlb_batch batch;

	if (region->flags & (REGION_LOCKED | REGION_IO))
		return -EINVAL;
	tlb_batch_init(&batch, &region->space->arch);
	pte_zap(region, start, end, &batch);
	tlb_batch_flush(&batch);
	return 0;
}

static int advise_free(struct region *region, u64 start, u64 end)
{
	if (region->cache || region->ops)
		return -EINVAL;
	return advise_zap(region, start, end);
}

static int advise_willneed(struct region *region, u64 start, u64 end)
{
	if (region->cache)
		page_cache_readahead(region->cache, region_pgoff(region, start),
				     (unsigned)min_t(u64, (end - start) >> PAGE_SHIFT, 32));
	return 0;
}

static int advise_remove(struct region *region, u64 start, u64 end)
{
	struct page_cache *cache = region->cache;
	u64 from;

	if (region->flags & REGION_LOCKED)
		return -EINVAL;
	if (!cache)
		return -EINVAL;
	/* It need not be writable now. */
	if ((region->flags & (REGION_SHARED | REGION_MAYWRITE)) !=
	    (REGION_SHARED | REGION_MAYWRITE))
		return -EACCES;
	if (!(cache->flags & CACHE_MEMORY))
		return -EOPNOTSUPP;
	from = region_pgoff(region, start) << PAGE_SHIFT;
	return page_cache_punch(cache, from, from + (end - start));
}

/* Flags that an advice sets and clears; false: it is of another kind. */
static bool advice_flags(int advice, unsigned *set, unsigned *clear)
{
	static const struct {
		int advice;
		unsigned set, clear;
	} table[] = {
		{ MADV_NORMAL, 0, REGION_RANDREAD | REGION_SEQREAD },
		{ MADV_RANDOM, REGION_RANDREAD, REGION_SEQREAD },
		{ MADV_SEQUENTIAL, REGION_SEQREAD, REGION_RANDREAD },
		{ MADV_DONTFORK, REGION_DONTFORK, 0 },
		{ MADV_DOFORK, 0, REGION_DONTFORK },
		{ MADV_WIPEONFORK, REGION_WIPEONFORK, 0 },
		{ MADV_KEEPONFORK, 0, REGION_WIPEONFORK },
		{ MADV_DONTDUMP, REGION_DONTDUMP, 0 },
		{ MADV_DODUMP, 0, REGION_DONTDUMP },
		{ MADV_MERGEABLE, REGION_MERGEABLE, 0 },
		{ MADV_UNMERGEABLE, 0, REGION_MERGEABLE },
		{ MADV_HUGEPAGE, REGION_HUGEPAGE, REGION_NOHUGEPAGE },
		{ MADV_NOHUGEPAGE, REGION_NOHUGEPAGE, REGION_HUGEPAGE },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(table); i++) {
		if (table[i].advice == advice) {
			*set = table[i].set;
			*clear = table[i].clear;
			return true;
		}
	}
	return false;
}

static int advise_flags(struct vm_space *space, struct region **region, u64 start, u64 end,
			int advice, unsigned set, unsigned clear)
{
	unsigned flags = ((*region)->flags & ~clear) | set;
	int err;

	if (advice == MADV_WIPEONFORK &&
	    ((*region)->cache || (*region)->ops || ((*region)->flags & REGION_SHARED)))
		return -EINVAL;
	if (advice == MADV_DOFORK && ((*region)->flags & REGION_IO))
		return -EINVAL;
	if (advice == MADV_DODUMP && ((*region)->flags & (REGION_IO | REGION_SPECIAL)))
		return -EINVAL;
	if (advice == MADV_MERGEABLE &&
	    ((*region)->flags & (REGION_SHARED | REGION_IO | REGION_SPECIAL)))
		return 0;
	if (flags == (*region)->flags)
		return 0;
	err = vm_change_flags(space, *region, start, end, flags, region);
	if (!err)
		*region = region_merge(space, *region);
	return err == -ENOMEM ? -EAGAIN : err;
}

static int advise_region(struct vm_space *space, struct region **region, u64 start, u64 end,
			 int advice)
{
	unsigned set, clear;

	if (advice_flags(advice, &set, &clear))
		return advise_flags(space, region, start, end, advice, set, clear);
	switch (advice) {
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
		if (advice == MADV_DONTNEED_LOCKED && ((*region)->flags & REGION_LOCKED)) {
			struct tlb_batch batch;

			tlb_batch_init(&batch, &space->arch);
			pte_zap(*region, start, end, &batch);
			tlb_batch_flush(&batch);
			return 0;
		}
		return advise_zap(*region, start, end);
	case MADV_FREE:
		return advise_free(*region, start, end);
	case MADV_WILLNEED:
		return advise_willneed(*region, start, end);
	case MADV_REMOVE:
		return advise_remove(*region, start, end);
	case MADV_COLD:
	case MADV_PAGEOUT:
		return (*region)->flags & (REGION_LOCKED | REGION_IO) ? -EINVAL : 0;
	}
	return -EINVAL;
}

/* -EINVAL unless @advice is one we know; *write: needs the lock for writing. */
static int advice_check(int advice, bool *write)
{
	unsigned set, clear;

	*write = advice_flags(advice, &set, &clear);
	if (*write)
		return 0;
	switch (advice) {
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
	case MADV_FREE:
	case MADV_WILLNEED:
	case MADV_REMOVE:
	case MADV_COLD:
	case MADV_PAGEOUT:
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
	case MADV_COLLAPSE: /* no region can */
		return 0;
	case MADV_HWPOISON:
	case MADV_SOFT_OFFLINE:
		return -EPERM; /* we injure no memory, not even for root */
	}
	return -EINVAL;
}

/* For writing or reading: more than the analysis can follow. */
static void advise_lock(struct vm_space *space, bool write) NO_THREAD_SAFETY
{
	if (write)
		rwsem_write_lock(&space->lock);
	else
		rwsem_read_lock(&space->lock);
}

static void advise_unlock(struct vm_space *space, bool write) NO_THREAD_SAFETY
{
	if (write)
		rwsem_write_unlock(&space->lock);
	else
		rwsem_read_unlock(&space->lock);
}

/**
 * vm_madvise - madvise(2)
 *
 * Return: 0; -EINVAL, -ENOMEM (a hole: the rest was done), -EACCES, -EAGAIN.
 */
int vm_madvise(struct vm_space *space, u64 addr, u64 len, int advice)
{
	struct region *region;
	bool write, hole = false;
	u64 va = addr, end;
	int err;

	err = advice_check(advice, &write);
	if (err)
		return err;
	if (addr & ~PAGE_MASK)
		return -EINVAL;
	if (len && !ALIGN_UP(len, PAGE_SIZE))
		return -EINVAL;
	end = addr + ALIGN_UP(len, PAGE_SIZE);
	if (end < addr)
		return -EINVAL;
	if (end == addr)
		return 0;
	if (advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE)
		return vm_populate_range(space, addr, end,
					 advice == MADV_POPULATE_WRITE ? POPULATE_WRITE :
									 POPULATE_READ);

	advise_lock(space, write);
	region = region_find_from(space, addr);
	while (va < end) {
		if (!region || region->start >= end) {
			hole = true;
			break;
		}
		if (region->start > va) {
			hole = true;
			va = region->start;
		}
		err = advise_region(space, &region, va, min(region->end, end), advice);
		if (err)
			break;
		va = region->end;
		region = region_next(space, region);
	}
	advise_unlock(space, write);
	return err ? err : hole ? -ENOMEM : 0;
}

/**
 * vm_msync - msync(2); @flags were checked
 *
 * Return: 0; -ENOMEM (a hole), -EBUSY (MS_INVALIDATE of locked memory), -EIO.
 */
int vm_msync(struct vm_space *space, u64 addr, u64 len, unsigned flags)
{
	u64 va = addr, end = addr + ALIGN_UP(len, PAGE_SIZE);
	bool hole = false;
	int err = 0;

	if (end < addr)
		return -ENOMEM;
	while (va < end && !err) {
		struct region *region;
		struct page_cache *cache;
		struct file *file;
		u64 first, last;

		rwsem_read_lock(&space->lock);
		region = region_find_from(space, va);
		if (!region || region->start >= end) {
			rwsem_read_unlock(&space->lock);
			return -ENOMEM;
		}
		hole |= region->start > va;
		va = max(va, region->start);
		if ((flags & MS_INVALIDATE) && (region->flags & REGION_LOCKED))
			err = -EBUSY;
		cache = region->cache;
		file = region->file;
		first = region_pgoff(region, va);
		last = region_pgoff(region, min(region->end, end) - 1);
		va = region->end;
		if (err || !(flags & MS_SYNC) || !(region->flags & REGION_SHARED) || !cache ||
		    !file) {
			rwsem_read_unlock(&space->lock);
			continue;
		}
		vm_file_ops.get(file); /* keeps the cache while we write */
		rwsem_read_unlock(&space->lock);
		err = page_cache_sync(cache, first, last);
		vm_file_ops.put(file);
	}
	return err ? err : hole ? -ENOMEM : 0;
}

static u8 page_is_resident(struct region *region, u64 va)
{
	pte_t *pte = arch_pte_lookup(&region->space->arch, va);
	struct page *page;

	if (pte && !pte_none(pte_get(pte)))
		return 1;
	if (!region->cache)
		return 0;
	page = page_cache_lookup(region->cache, region_pgoff(region, va));
	if (!page)
		return 0;
	page_put(page);
	return 1;
}

/* Pages told, fewer than @npages where a hole comes. */
u64 vm_mincore(struct vm_space *space, u64 addr, u64 npages, u8 *vec)
{
	u64 va = addr, end = addr + (npages << PAGE_SHIFT);

	rwsem_read_lock(&space->lock);
	for (; va < end; va += PAGE_SIZE) {
		struct region *region = region_find(space, va);

		if (!region)
			break;
		*vec++ = page_is_resident(region, va);
	}
	rwsem_read_unlock(&space->lock);
	return (va - addr) >> PAGE_SHIFT;
}
