/*
 * fault.c - a page is touched that the page table does not have.
 *
 *	upcall_user_fault         the processor's fault, from user mode or from
 *	   |                      a copy to or from user memory
 *	vm_fault                  takes space->lock for reading, grows stacks
 *	   |
 *	fault_in_region           entry empty?  ->  fault_anon   zeroes
 *	                                            fault_file   page cache
 *	                                            fault_ops    the owner's page
 *	                          write to a read-only entry -> fault_protected
 *
 * A private page is shared as long as it can be: a fork leaves both sides with
 * a read-only entry on one page and counts it; a write to a page that has one
 * reference left just gets its right back, else it is copied.
 *
 * A read fault on a file maps what the page cache holds of the sixteen pages
 * around, since a program that runs through one page runs through the next.
 *
 * Locking: the region tree stands still under space->lock (read).  Several
 * threads may fault at once, even on one page: each prepares its page without
 * a lock, then looks again under the page-table lock, and the first one wins.
 * A fault takes no inode lock and none that is held over a user copy.
 *
 * Linux differs in this: it may fault without mmap_lock (per-VMA locks), and
 * it does not grow a stack for an access far below (neither do we).
 */
#include "abi/signal.h"
#include "arch/api/space.h"
#include "arch/api/upcalls.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/page.h"
#include "sched/thread.h"
#include "vm/fault.h"
#include "vm/oom.h"
#include "vm/page_cache.h"
#include "vm/vm_internal.h"

#define FAULT_AROUND_PAGES 16u

static u8 zero_page_memory[PAGE_SIZE] __aligned(4096);
static pfn_t zero_pfn __ro_after_init;

void fault_init(void)
{
	paddr_t pa;

	if (arch_kernel_lookup((vaddr_t)zero_page_memory, &pa))
		zero_pfn = pa >> PAGE_SHIFT;
}

static void region_note_private(struct region *region)
{
	if (!(region->flags & REGION_PRIVATE_PAGES))
		__atomic_fetch_or(&region->flags, REGION_PRIVATE_PAGES, __ATOMIC_RELAXED);
}

static inline void count_minor(struct vm_space *space)
{
	space->min_faults.v++; /* a statistic: may lose one in a race */
}

/* --- Anonymous memory ------------------------------------------------------- */

static int fault_anon(struct region *region, u64 addr, pte_t *pte, unsigned flags)
{
	struct vm_space *space = region->space;
	struct page *page;
	pte_t entry;

	if (!(flags & VM_FAULT_WRITE) && zero_pfn) {
		entry = pte_make(zero_pfn, pte_rights(region->flags & ~REGION_WRITE) |
						   PTE_USER_READ | PTE_F_ACCESSED | PTE_F_SPECIAL);
		arch_pte_lock(&space->arch, pte);
		if (pte_none(pte_get(pte)))
			pte_set(pte, entry);
		arch_pte_unlock(&space->arch, pte);
		return 0;
	}
	page = page_alloc(PAGE_ZERO);
	if (unlikely(!page))
		return VM_FAULT_OOM;
	entry = pte_make(page_to_pfn(page),
			 pte_rights(region->flags) | PTE_F_ACCESSED | PTE_F_DIRTY);
	region_note_private(region);
	arch_pte_lock(&space->arch, pte);
	if (unlikely(!pte_none(pte_get(pte)))) {
		arch_pte_unlock(&space->arch, pte);
		page_put(page);
		return 0;
	}
	pte_set(pte, entry);
	arch_pte_unlock(&space->arch, pte);
	atomic64_inc(&space->anon_pages);
	anon_stat_add(1);
	return 0;
}

/* --- The page cache ----------------------------------------------------------- */

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
static int fault_get_page(struct region *region, u64 pgoff, struct page **out)
{
	struct page_cache *cache = region->cache;
	u64 npages = DIV_ROUND_UP(READ_ONCE(cache->size), PAGE_SIZE);
	int err;

	if (unlikely(pgoff >= npages))
		return VM_FAULT_SIGBUS;
	*out = page_cache_lookup(cache, pgoff);
	if (likely(*out))
		return 0;
	if (!(cache->flags & CACHE_MEMORY)) {
		u64 first = ALIGN_DOWN(pgoff, FAULT_AROUND_PAGES);

		if (region->flags & REGION_RANDREAD)
			first = pgoff;
		else if (first + 2 * FAULT_AROUND_PAGES < npages)
			npages = first + 2 * FAULT_AROUND_PAGES;
		if (!(region->flags & REGION_RANDREAD))
			page_cache_readahead(cache, pgoff, npages - pgoff);
		atomic64_inc(&region->space->maj_faults);
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
static void fault_around(struct region *region, u64 addr, pte_t *pte, bool writable, bool borrow)
{
	struct vm_space *space = region->space;
	struct page_cache *cache = region->cache;
	u64 span = FAULT_AROUND_PAGES * PAGE_SIZE, start, end, first;
	u64 npages = DIV_ROUND_UP(READ_ONCE(cache->size), PAGE_SIZE);
	u64 rights = cached_rights(region, writable);
	unsigned n, i, want, mapped = 0;
	struct rss_delta delta = { 0 };
	void *const *slots;

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
	arch_pte_lock(&space->arch, pte);
	for (i = 0; i < n; i++) {
		struct page *page = slots[i];

		if (!page || !pte_none(pte_get(&pte[i])) || !page_flag(page, PG_UPTODATE))
			continue;
		page_get(page);
		pte_set(&pte[i], pte_make(page_to_pfn(page), rights));
		mapped++;
	}
	arch_pte_unlock(&space->arch, pte);
	spin_unlock(&cache->lock);
	if (cache->flags & CACHE_MEMORY)
		delta.shmem = mapped;
	else
		delta.file = mapped;
	rss_apply(space, &delta);
}

/* Replaces what the entry was (@old) by a private copy of @from (NULL: zeroes). */
static int fault_copy(struct region *region, u64 addr, pte_t *pte, pte_t old, struct page *from,
		      unsigned flags)
{
	struct vm_space *space = region->space;
	struct rss_delta delta = { .anon = 1 };
	struct page *page, *gone = NULL;
	unsigned rflags = region->flags;

	page = page_alloc(from ? 0 : PAGE_ZERO);
	if (unlikely(!page))
		return VM_FAULT_OOM;
	if (from)
		page_copy(page_to_virt(page), page_to_virt(from));
	region_note_private(region);

	arch_pte_lock(&space->arch, pte);
	if (unlikely(pte_get(pte) != old && pte_mkyoung(pte_get(pte)) != pte_mkyoung(old))) {
		arch_pte_unlock(&space->arch, pte);
		page_put(page);
		return 0; /* another thread was faster: look again */
	}
	if (!pte_none(old)) {
		if (!pte_special(old)) {
			gone = pfn_to_page(pte_pfn(old));
			if (!pte_soft(old))
				delta.anon = 0;
			else if (region->cache->flags & CACHE_MEMORY)
				delta.shmem = -1;
			else
				delta.file = -1;
		}
		pte_clear(pte);
		arch_tlb_flush_page(&space->arch, addr);
	}
	pte_set(pte,
		pte_make(page_to_pfn(page), pte_rights(rflags) | PTE_F_ACCESSED | PTE_F_DIRTY));
	arch_pte_unlock(&space->arch, pte);
	rss_apply(space, &delta);
	if (gone)
		page_put(gone);
	return 0;
}

static int fault_file(struct region *region, u64 addr, pte_t *pte, unsigned flags)
{
	struct vm_space *space = region->space;
	struct page_cache *cache = region->cache;
	bool write = flags & VM_FAULT_WRITE;
	bool shared = region->flags & REGION_SHARED;
	bool writable = false;
	struct page *page;
	int ret;

	ret = fault_get_page(region, region_pgoff(region, addr), &page);
	if (unlikely(ret))
		return ret;
	if (write && !shared) {
		ret = fault_copy(region, addr, pte, 0, page, flags);
		page_put(page);
		return ret;
	}
	if (shared && (region->flags & REGION_WRITE)) {
		if (cache_is_plain_memory(cache)) {
			writable = true;
		} else if (write) {
			writable = true;
			if (cache->ops->mkwrite && cache->ops->mkwrite(cache, page)) {
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
		fault_around(region, addr, pte, writable, borrow);
		return 0;
	}
	arch_pte_lock(&space->arch, pte);
	if (pte_none(pte_get(pte)) && READ_ONCE(page->mapping) == cache) {
		struct rss_delta delta = { 0 };

		pte_set(pte, pte_make(page_to_pfn(page),
				      cached_rights(region, writable) | (write ? PTE_F_DIRTY : 0)));
		arch_pte_unlock(&space->arch, pte);
		if (cache->flags & CACHE_MEMORY)
			delta.shmem = 1;
		else
			delta.file = 1;
		rss_apply(space, &delta);
		return 0;
	}
	arch_pte_unlock(&space->arch, pte);
	page_put(page);
	return 0; /* truncated or raced: fault again */
}

/* --- Owners with a fault function --------------------------------------------- */

static int fault_ops(struct region *region, u64 addr, pte_t *pte, unsigned flags)
{
	struct vm_space *space = region->space;
	struct vm_fault fault = {
		.addr = addr,
		.pgoff = region_pgoff(region, addr),
		.flags = flags,
	};
	bool shared = region->flags & REGION_SHARED;
	struct rss_delta delta = { .file = 1 };
	u64 rights;
	int ret;

	ret = region->ops->fault(region, &fault);
	if (ret)
		return ret;
	if (fault.page && !shared && (flags & VM_FAULT_WRITE)) {
		ret = fault_copy(region, addr, pte, 0, fault.page, flags);
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
	arch_pte_lock(&space->arch, pte);
	if (!pte_none(pte_get(pte))) {
		arch_pte_unlock(&space->arch, pte);
		if (fault.page)
			page_put(fault.page);
		return 0;
	}
	pte_set(pte, pte_make(fault.page ? page_to_pfn(fault.page) : fault.pfn, rights));
	arch_pte_unlock(&space->arch, pte);
	if (fault.page)
		rss_apply(space, &delta);
	return 0;
}

/* --- A write to an entry that is there, but read-only --------------------------- */

static int fault_write_shared(struct region *region, pte_t *pte, pte_t old)
{
	struct vm_space *space = region->space;
	struct page_cache *cache = region->cache;
	struct page *page = pfn_to_page(pte_pfn(old));
	bool same;

	if (cache && !pte_special(old)) {
		arch_pte_lock(&space->arch, pte);
		same = pte_pfn(pte_get(pte)) == pte_pfn(old);
		if (same)
			page_get(page);
		arch_pte_unlock(&space->arch, pte);
		if (!same)
			return 0;
		if (cache->ops && cache->ops->mkwrite && cache->ops->mkwrite(cache, page)) {
			page_put(page);
			return VM_FAULT_SIGBUS;
		}
		page_cache_mark_dirty(cache, page);
	}
	arch_pte_lock(&space->arch, pte);
	if (pte_pfn(pte_get(pte)) == pte_pfn(old) && pte_present(pte_get(pte)))
		pte_set(pte, pte_mkyoung(pte_mkdirty(pte_mkwrite(pte_get(pte)))));
	arch_pte_unlock(&space->arch, pte);
	if (cache && !pte_special(old))
		page_put(page);
	return 0;
}

static int fault_protected(struct region *region, u64 addr, pte_t *pte, pte_t old, unsigned flags)
{
	struct vm_space *space = region->space;
	struct page *page = NULL;
	int ret;

	if (region->flags & REGION_SHARED)
		return fault_write_shared(region, pte, old);
	if (!pte_special(old)) {
		page = pfn_to_page(pte_pfn(old));
		arch_pte_lock(&space->arch, pte);
		if (unlikely(pte_mkyoung(pte_get(pte)) != pte_mkyoung(old))) {
			arch_pte_unlock(&space->arch, pte);
			return 0;
		}
		if (!pte_soft(old) && page_refs(page) == 1) {
			if (region->flags & REGION_WRITE)
				pte_set(pte, pte_mkyoung(pte_mkdirty(pte_mkwrite(old))));
			arch_pte_unlock(&space->arch, pte);
			return 0;
		}
		page_get(page);
		arch_pte_unlock(&space->arch, pte);
	} else if (pte_pfn(old) != zero_pfn || region->ops) {
		return VM_FAULT_SIGSEGV_ACCERR; /* a private view of a device */
	}
	ret = fault_copy(region, addr, pte, old, page, flags);
	if (page)
		page_put(page);
	return ret;
}

/* --- From the address to the entry ------------------------------------------------ */

int fault_check_access(const struct region *region, unsigned flags)
{
	unsigned need = REGION_ACCESS; /* a read: x86 has no write-only pages */

	if (flags & VM_FAULT_WRITE)
		need = REGION_WRITE;
	else if (flags & VM_FAULT_EXEC)
		need = REGION_EXEC;
	if (likely(region->flags & need))
		return 0;
	if (flags & VM_FAULT_FORCE) {
		if (!(flags & VM_FAULT_WRITE))
			return region->flags & REGION_MAYREAD ? 0 : VM_FAULT_SIGSEGV_ACCERR;
		if ((region->flags & REGION_MAYWRITE) && !(region->flags & REGION_SHARED))
			return 0;
	}
	return VM_FAULT_SIGSEGV_ACCERR;
}

static int fault_in_region(struct region *region, u64 addr, unsigned flags)
{
	pte_t *pte, entry;

	if (unlikely(arch_pte_alloc(&region->space->arch, addr, &pte)))
		return VM_FAULT_OOM;
	entry = pte_get(pte);
	if (pte_none(entry)) {
		if (!region->cache && !region->ops)
			return fault_anon(region, addr, pte, flags);
		if (region->ops && region->ops->fault)
			return fault_ops(region, addr, pte, flags);
		if (unlikely(!region->cache))
			return VM_FAULT_SIGBUS;
		return fault_file(region, addr, pte, flags);
	}
	if ((flags & VM_FAULT_WRITE) && !pte_writable(entry))
		return fault_protected(region, addr, pte, entry, flags);
	arch_tlb_flush_local(addr); /* another thread has been here */
	return 0;
}

/*
 * The region above @addr is a stack that should reach down to it.  Holds
 * space->lock for writing; 0, or why not.
 */
static int stack_grow(struct vm_space *space, u64 addr)
{
	struct region *region = region_find_from(space, addr), *prev;
	u64 grow;

	if (!region)
		return VM_FAULT_SIGSEGV_MAPERR;
	if (addr >= region->start)
		return 0;
	if (!(region->flags & REGION_GROWSDOWN) || addr < USER_ADDR_MIN)
		return VM_FAULT_SIGSEGV_MAPERR;
	grow = (region->start - addr) >> PAGE_SHIFT;
	if (region->end - addr > READ_ONCE(space->limit_stack))
		return VM_FAULT_SIGSEGV_MAPERR;
	prev = region_prev(space, region);
	if (prev && !(prev->flags & REGION_GROWSDOWN) && (prev->flags & REGION_ACCESS) &&
	    addr - prev->end < STACK_GUARD_GAP)
		return VM_FAULT_SIGSEGV_MAPERR;
	if (!vm_may_expand(space, region->flags, grow))
		return VM_FAULT_SIGSEGV_MAPERR;
	if ((region->flags & REGION_LOCKED) && vm_lock_check(space, grow, false))
		return VM_FAULT_SIGSEGV_MAPERR;
	if (region->flags & REGION_ACCOUNT && vm_commit(grow, false))
		return VM_FAULT_SIGSEGV_MAPERR;
	region_resize(space, region, addr, region->end);
	return 0;
}

/* space->lock is held for reading and is again on return, not all the time between. */
static int fault_grow(struct vm_space *space, u64 addr, struct region **out)
	REQUIRES_SHARED(&space->lock)
{
	struct region *above = region_find_from(space, addr);
	int ret;

	if (!above || !(above->flags & REGION_GROWSDOWN))
		return VM_FAULT_SIGSEGV_MAPERR;
	rwsem_read_unlock(&space->lock);
	rwsem_write_lock(&space->lock);
	ret = stack_grow(space, addr);
	rwsem_downgrade(&space->lock);
	if (ret)
		return ret;
	*out = region_find(space, addr);
	return *out ? 0 : VM_FAULT_SIGSEGV_MAPERR;
}

/* As vm_fault(), space->lock held for reading. */
int fault_locked(struct vm_space *space, u64 addr, unsigned flags)
{
	struct region *region = region_find(space, addr);
	int ret;

	if (unlikely(!region)) {
		ret = fault_grow(space, addr, &region);
		if (ret)
			return ret;
	}
	ret = fault_check_access(region, flags);
	if (unlikely(ret))
		return ret;
	return fault_in_region(region, addr, flags);
}

int vm_fault(struct vm_space *space, u64 addr, unsigned flags)
{
	int ret;

	if (unlikely(addr >= USER_ADDR_MAX))
		return VM_FAULT_SIGSEGV_MAPERR;
	rwsem_read_lock(&space->lock);
	ret = fault_locked(space, addr & PAGE_MASK, flags);
	rwsem_read_unlock(&space->lock);
	count_minor(space);
	return ret;
}

int upcall_user_fault(u64 addr, unsigned flags)
{
	struct vm_space *space;
	int ret;

	if (!(flags & FAULT_USER) && current->nofault_depth)
		return FAULT_SIGNAL(SIGSEGV, SEGV_MAPERR);
	if (CONFIG_DEBUG)
		lockrank_may_sleep();
	space = vm_space_current();
	if (unlikely(!space))
		return FAULT_SIGNAL(SIGSEGV, SEGV_MAPERR);

	for (unsigned attempt = 0;; attempt++) {
		ret = vm_fault(space, addr,
			       flags & (FAULT_WRITE | FAULT_EXEC | FAULT_USER | FAULT_PRESENT));
		if (likely(!ret))
			return 0;
		if (ret != VM_FAULT_OOM)
			break;
		if (!vm_oom_retry(attempt)) {
			/* A fatal signal ends a thread that was in user mode. */
			if ((flags & FAULT_USER) && thread_work_test(current, WORK_KILL))
				return 0;
			return FAULT_SIGNAL(SIGBUS, BUS_ADRERR);
		}
	}
	if (ret == VM_FAULT_SIGBUS)
		return FAULT_SIGNAL(SIGBUS, BUS_ADRERR);
	return FAULT_SIGNAL(SIGSEGV, ret == VM_FAULT_SIGSEGV_ACCERR ? SEGV_ACCERR : SEGV_MAPERR);
}
