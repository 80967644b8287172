/*
 * fault_file.c - faults on what a page cache or a driver stands behind.
 *
 * A read fault on a file maps what the page cache holds of the sixteen pages
 * around, since a program that runs through one page runs through the next.
 *
 * Locking: as in fault.c, whose rules for faults without space->lock hold here:
 * with fault->nosleep set nothing may sleep, and every entry is set after
 * fault_still().  What would have to sleep gives an error, which sends the fault
 * to the path with the lock.
 */
#include "arch/api/space.h"
#include "lib/errno.h"
#include "mem/page.h"
#include "sched/thread.h"
#include "vm/fault.h"
#include "vm/page_cache.h"
#include "vm/vm_internal.h"

#define FAULT_AROUND_PAGES 16u

/* Is it enough that a write makes a page dirty when it is first mapped? */
static bool cache_is_plain_memory(const struct page_cache *cache)
{
	return (cache->flags & CACHE_MEMORY) &&
	       !(cache->ops && (cache->ops->mkwrite || cache->ops->write_page));
}

static int cache_error(int err)
{
	return err == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
}

/* The page for @pgoff, with a reference. */
static int fault_get_page(const struct fault *fault, u64 pgoff, struct page **out)
{
	struct region *region = fault->region;
	struct page_cache *cache = region->cache;
	u64 npages = DIV_ROUND_UP(READ_ONCE(cache->size), PAGE_SIZE);
	int err;

	if (unlikely(pgoff >= npages))
		return VM_FAULT_SIGBUS;
	*out = page_cache_lookup(cache, pgoff);
	if (likely(*out))
		return 0;
	if (fault->nosleep)
		return VM_FAULT_RETRY;
	if (!(cache->flags & CACHE_MEMORY)) {
		u64 first = ALIGN_DOWN(pgoff, FAULT_AROUND_PAGES);

		if (region->flags & REGION_RANDREAD)
			first = pgoff;
		else if (first + 2 * FAULT_AROUND_PAGES < npages)
			npages = first + 2 * FAULT_AROUND_PAGES;
		if (!(region->flags & REGION_RANDREAD))
			page_cache_readahead(cache, pgoff, npages - pgoff);
		current->major_faults++;
	}
	err = page_cache_get_page(cache, pgoff, CACHE_FILL, out);
	return err ? cache_error(err) : 0;
}

/* Rights of an entry that shows a page of the cache itself. */
static u64 cached_rights(const struct region *region, bool writable)
{
	unsigned flags = region->flags;

	if (!writable)
		flags = (flags & ~REGION_WRITE) | REGION_READ;
	return pte_rights(flags) | PTE_F_ACCESSED | PTE_CACHED;
}

/* Missing pages of [first, first+n) of a file that lies in memory. */
static void around_borrow(struct page_cache *cache, u64 first, unsigned n)
{
	struct page *page;

	for (unsigned i = 0; i < n; i++) {
		if (page_cache_get_page(cache, first + i, CACHE_FILL, &page))
			return;
		page_put(page);
	}
}

/*
 * Maps what the cache has of the pages around @addr, read-only unless the
 * region shares plain memory.  The page at @addr itself is among them.
 *
 * With cache->lock held no page can leave the cache; a truncation that waits
 * for it will unmap what is mapped here.  An aligned window of 16 pages lies in
 * one leaf of the radix tree and in one leaf page table.
 */
static void fault_around(const struct fault *fault, bool writable, bool borrow)
{
	struct region *region = fault->region;
	pte_t *pte = fault->pte;
	u64 addr = fault->addr;
	struct vm_space *space = region->space;
	struct page_cache *cache = region->cache;
	u64 span = FAULT_AROUND_PAGES * PAGE_SIZE, start, end, first;
	u64 npages = DIV_ROUND_UP(READ_ONCE(cache->size), PAGE_SIZE);
	u64 rights = cached_rights(region, writable);
	unsigned n, i, want, mapped = 0;
	struct rss_delta delta = { 0 };
	void *const *slots;
	struct page *leaf;

	/* Aligned in the file, so that one leaf of the tree has it all. */
	first = ALIGN_DOWN(region_pgoff(region, addr), FAULT_AROUND_PAGES);
	start = first > region->pgoff ? region->start + ((first - region->pgoff) << PAGE_SHIFT) :
					region->start;
	start = max(start, ALIGN_DOWN(addr, ARCH_TABLE_SPAN));
	end = min(region->end, arch_table_end(addr));
	first = region_pgoff(region, start);
	end = min(end, start + span - ((first << PAGE_SHIFT) & (span - 1)));
	want = (end - start) >> PAGE_SHIFT;
	if (first + want > npages)
		want = first < npages ? npages - first : 0;
	if (borrow)
		around_borrow(cache, first, want);
	pte -= (addr - start) >> PAGE_SHIFT;

	spin_lock(&cache->lock);
	slots = radix_slots(&cache->pages, first, &n);
	n = slots ? min(n, want) : 0;
	leaf = pte_lock(pte);
	if (unlikely(!fault_still(fault)))
		n = 0;
	for (i = 0; i < n; i++) {
		struct page *page = slots[i];

		if (!page || !pte_none(pte_get(&pte[i])) || !page_flag(page, PG_UPTODATE))
			continue;
		page_get(page);
		pte_set(&pte[i], pte_make(page_to_pfn(page), rights));
		mapped++;
	}
	pte_unlock(leaf);
	spin_unlock(&cache->lock);
	if (cache->flags & CACHE_MEMORY)
		delta.shmem = mapped;
	else
		delta.file = mapped;
	rss_apply(space, &delta);
}

int fault_file(const struct fault *fault)
{
	struct region *region = fault->region;
	u64 addr = fault->addr;
	pte_t *pte = fault->pte;
	struct vm_space *space = region->space;
	struct page_cache *cache = region->cache;
	bool write = fault->flags & VM_FAULT_WRITE;
	bool shared = region->flags & REGION_SHARED;
	bool writable = false;
	struct page *page, *leaf;
	int ret;

	ret = fault_get_page(fault, region_pgoff(region, addr), &page);
	if (unlikely(ret))
		return ret;
	if (write && !shared) {
		ret = fault_copy(fault, 0, page);
		page_put(page);
		return ret;
	}
	if (shared && (region->flags & REGION_WRITE)) {
		if (cache_is_plain_memory(cache)) {
			writable = true;
		} else if (write) {
			writable = true;
			if (cache->ops->mkwrite &&
			    (fault->nosleep || cache->ops->mkwrite(cache, page))) {
				page_put(page);
				return VM_FAULT_SIGBUS;
			}
		}
		if (writable)
			page_cache_mark_dirty(cache, page);
	}
	if (!page_flag(page, PG_REFERENCED))
		page_flag_set(page, PG_REFERENCED);
	/* With neighbours, unless each would have to be made dirty. */
	if (!(region->flags & REGION_RANDREAD) &&
	    (!writable || (!write && !cache_can_refill(cache)))) {
		bool borrow = page_flag(page, PG_BORROWED);

		page_put(page); /* found again, among the others */
		if (unlikely(borrow && fault->nosleep))
			return VM_FAULT_RETRY;
		fault_around(fault, writable, borrow);
		return 0;
	}
	leaf = pte_lock(pte);
	if (fault_still(fault) && pte_none(pte_get(pte)) && READ_ONCE(page->mapping) == cache) {
		struct rss_delta delta = { 0 };

		pte_set(pte, pte_make(page_to_pfn(page),
				      cached_rights(region, writable) | (write ? PTE_F_DIRTY : 0)));
		pte_unlock(leaf);
		if (cache->flags & CACHE_MEMORY)
			delta.shmem = 1;
		else
			delta.file = 1;
		rss_apply(space, &delta);
		return 0;
	}
	pte_unlock(leaf);
	page_put(page);
	return 0; /* truncated or raced: fault again */
}

/* --- Owners with a fault function --------------------------------------------- */

int fault_ops(const struct fault *at)
{
	struct region *region = at->region;
	struct vm_space *space = region->space;
	struct vm_fault fault = {
		.addr = at->addr,
		.pgoff = region_pgoff(region, at->addr),
		.flags = at->flags,
	};
	pte_t *pte = at->pte;
	bool shared = region->flags & REGION_SHARED;
	struct rss_delta delta = { .file = 1 };
	struct page *leaf;
	u64 rights;
	int ret;

	if (at->nosleep) /* the owner has a reference with the region only */
		return VM_FAULT_RETRY;
	ret = region->ops->fault(region, &fault);
	if (ret)
		return ret;
	if (fault.page && !shared && (at->flags & VM_FAULT_WRITE)) {
		ret = fault_copy(at, 0, fault.page);
		page_put(fault.page);
		return ret;
	}
	rights = cached_rights(region, shared) & ~PTE_CACHED;
	if (fault.page)
		rights |= PTE_CACHED;
	else
		rights |= PTE_F_SPECIAL;
	if (fault.uncached)
		rights |= PTE_F_UNCACHED;
	leaf = pte_lock(pte);
	if (!pte_none(pte_get(pte))) {
		pte_unlock(leaf);
		if (fault.page)
			page_put(fault.page);
		return 0;
	}
	pte_set(pte, pte_make(fault.page ? page_to_pfn(fault.page) : fault.pfn, rights));
	pte_unlock(leaf);
	if (fault.page)
		rss_apply(space, &delta);
	return 0;
}
