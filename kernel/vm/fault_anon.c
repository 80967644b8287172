/*
 * fault_anon.c - faults that make or take a private page: zeroes at the first
 * touch, a copy at the first write to what is shared, or just the right to write.
 *
 * Locking: as in fault.c, whose rules for faults without space->lock hold here:
 * page_alloc() gets fault->nosleep, and an entry is set after fault_still().
 */
#include "arch/api/space.h"
#include "mem/page.h"
#include "vm/fault.h"
#include "vm/page_cache.h"
#include "vm/vm_internal.h"

static u8 zero_page_memory[PAGE_SIZE] __aligned(4096);
static pfn_t zero_pfn __ro_after_init;

void fault_init(void)
{
	paddr_t pa;

	if (arch_kernel_lookup((vaddr_t)zero_page_memory, &pa))
		zero_pfn = pa >> PAGE_SHIFT;
}

/* Before fault_still(), see 6 above. */
static void region_note_private(struct region *region)
{
	if (!(region->flags & REGION_PRIVATE_PAGES))
		__atomic_fetch_or(&region->flags, REGION_PRIVATE_PAGES, __ATOMIC_RELAXED);
}

/* --- The first touch -------------------------------------------------------------- */

/*
 * A thread that writes to one new page after another is given several at a fault: half as
 * many as it has got in a row, so that no more than a third of them are never written to.
 * Linux 6.1 takes one at a time, or 2 MiB at once.
 */
#define AHEAD_MAX 16u
/* Pages that are not to be there before they are touched, or where touches are no rows. */
#define REGION_NOT_AHEAD (REGION_LOCKED | REGION_LOCKONFAULT | REGION_RANDREAD | REGION_NOHUGEPAGE)

/* How many pages from fault->addr on; fault_still() has not been asked. */
static __always_inline unsigned pages_ahead(const struct fault *fault)
{
	unsigned n = min(current->touched / 2, AHEAD_MAX);
	const struct region *region = fault->region;
	u64 addr = fault->addr;

	if (likely(addr != current->touch_next)) {
		current->touched = 0;
		return 1;
	}
	if (n < 2 || (region->flags & REGION_NOT_AHEAD) || !page_is_plenty())
		return 1;
	n = min_t(u64, n, (READ_ONCE(region->end) - addr) >> PAGE_SHIFT);
	return min_t(u64, n, (arch_table_end(addr) - addr) >> PAGE_SHIFT);
}

/* Gives fault->addr and the next, together up to @n pages of one table, zeroes where they have nothing. */
static __noinline int fault_anon_ahead(const struct fault *fault, unsigned n)
{
	u64 rights = pte_rights(fault->region->flags) | PTE_F_ACCESSED | PTE_F_DIRTY;
	struct page *page[AHEAD_MAX], *leaf;
	unsigned have = 0, used = 0;

	do {
		page[have] = page_alloc(PAGE_ZERO | (have ? PAGE_NORECLAIM : fault->nosleep));
	} while (page[have] && ++have < n);
	if (unlikely(!have))
		return VM_FAULT_OOM;
	region_note_private(fault->region);
	leaf = pte_lock(fault->pte);
	if (likely(fault_still(fault) && pte_none(pte_get(fault->pte)))) {
		for (pte_t *pte = fault->pte; used < have && pte < fault->pte + n; pte++)
			if (pte_none(pte_get(pte)))
				pte_set(pte, pte_make(page_to_pfn(page[used++]), rights));
		current->touch_next = fault->addr + n * PAGE_SIZE;
		current->touched += used;
	}
	pte_unlock(leaf);
	rss_add_anon(fault->region->space, used);
	while (have > used)
		page_put(page[--have]);
	return 0;
}

int fault_anon(const struct fault *fault)
{
	struct region *region = fault->region;
	struct vm_space *space = region->space;
	pte_t *pte = fault->pte, entry;
	struct page *page, *leaf;
	unsigned n;

	if (!(fault->flags & VM_FAULT_WRITE) && zero_pfn) {
		entry = pte_make(zero_pfn, pte_rights(region->flags & ~REGION_WRITE) |
						   PTE_USER_READ | PTE_F_ACCESSED | PTE_F_SPECIAL);
		leaf = pte_lock(pte);
		if (fault_still(fault) && pte_none(pte_get(pte)))
			pte_set(pte, entry);
		pte_unlock(leaf);
		return 0; /* not set: it faults again */
	}
	n = pages_ahead(fault);
	if (n > 1)
		return fault_anon_ahead(fault, n);
	page = page_alloc(PAGE_ZERO | fault->nosleep);
	if (unlikely(!page))
		return VM_FAULT_OOM;
	entry = pte_make(page_to_pfn(page),
			 pte_rights(region->flags) | PTE_F_ACCESSED | PTE_F_DIRTY);
	region_note_private(region);
	leaf = pte_lock(pte);
	if (unlikely(!fault_still(fault) || !pte_none(pte_get(pte)))) {
		pte_unlock(leaf);
		page_put(page);
		return 0;
	}
	pte_set(pte, entry);
	pte_unlock(leaf);
	current->touch_next = fault->addr + PAGE_SIZE;
	current->touched++;
	rss_add_anon(space, 1);
	return 0;
}

/* Replaces what the entry was (@old) by a private copy of @from (NULL: zeroes). */
int fault_copy(const struct fault *fault, pte_t old, struct page *from)
{
	struct region *region = fault->region;
	struct vm_space *space = region->space;
	pte_t *pte = fault->pte;
	struct rss_delta delta = { .anon = 1 };
	struct page *page, *leaf, *gone = NULL;
	unsigned rflags = region->flags;

	page = page_alloc((from ? 0 : PAGE_ZERO) | fault->nosleep);
	if (unlikely(!page))
		return VM_FAULT_OOM;
	if (from)
		page_copy(page_to_virt(page), page_to_virt(from));
	region_note_private(region);

	leaf = pte_lock(pte);
	if (unlikely(!fault_still(fault) ||
		     (pte_get(pte) != old && pte_mkyoung(pte_get(pte)) != pte_mkyoung(old)))) {
		pte_unlock(leaf);
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
		arch_tlb_flush_page(&space->arch, fault->addr);
	}
	pte_set(pte,
		pte_make(page_to_pfn(page), pte_rights(rflags) | PTE_F_ACCESSED | PTE_F_DIRTY));
	pte_unlock(leaf);
	rss_apply(space, &delta);
	if (gone)
		page_put(gone);
	return 0;
}

/* --- A write to an entry that is there, but read-only --------------------------- */

static int fault_write_shared(const struct fault *fault, pte_t old)
{
	struct region *region = fault->region;
	pte_t *pte = fault->pte;
	struct page_cache *cache = region->cache;
	struct page *page = pfn_to_page(pte_pfn(old)), *leaf;
	bool same;

	if (cache && !pte_special(old)) {
		leaf = pte_lock(pte);
		same = fault_still(fault) && pte_pfn(pte_get(pte)) == pte_pfn(old);
		if (same)
			page_get(page);
		pte_unlock(leaf);
		if (!same)
			return 0;
		if (cache->ops && cache->ops->mkwrite &&
		    (fault->nosleep || cache->ops->mkwrite(cache, page))) {
			page_put(page);
			return VM_FAULT_SIGBUS;
		}
		page_cache_mark_dirty(cache, page);
	}
	leaf = pte_lock(pte);
	if (fault_still(fault) && pte_pfn(pte_get(pte)) == pte_pfn(old) &&
	    pte_present(pte_get(pte)))
		pte_set(pte, pte_mkyoung(pte_mkdirty(pte_mkwrite(pte_get(pte)))));
	pte_unlock(leaf);
	if (cache && !pte_special(old))
		page_put(page);
	return 0;
}

int fault_protected(const struct fault *fault, pte_t old)
{
	struct region *region = fault->region;
	pte_t *pte = fault->pte;
	struct page *page = NULL, *leaf;
	int ret;

	if (region->flags & REGION_SHARED)
		return fault_write_shared(fault, old);
	if (!pte_special(old)) {
		page = pfn_to_page(pte_pfn(old));
		leaf = pte_lock(pte);
		if (unlikely(!fault_still(fault) ||
			     pte_mkyoung(pte_get(pte)) != pte_mkyoung(old))) {
			pte_unlock(leaf);
			return 0;
		}
		if (!pte_soft(old) && page_refs(page) == 1) {
			if (region->flags & REGION_WRITE)
				pte_set(pte, pte_mkyoung(pte_mkdirty(pte_mkwrite(old))));
			pte_unlock(leaf);
			return 0;
		}
		page_get(page);
		pte_unlock(leaf);
	} else if (pte_pfn(old) != zero_pfn || region->ops) {
		return VM_FAULT_SIGSEGV_ACCERR; /* a private view of a device */
	}
	ret = fault_copy(fault, old, page);
	if (page)
		page_put(page);
	return ret;
}
