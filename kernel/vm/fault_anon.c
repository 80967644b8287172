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

int fault_anon(const struct fault *fault)
{
	struct region *region = fault->region;
	struct vm_space *space = region->space;
	pte_t *pte = fault->pte, entry;
	struct page *page, *leaf;

	if (!(fault->flags & VM_FAULT_WRITE) && zero_pfn) {
		entry = pte_make(zero_pfn, pte_rights(region->flags & ~REGION_WRITE) |
						   PTE_USER_READ | PTE_F_ACCESSED | PTE_F_SPECIAL);
		leaf = pte_lock(pte);
		if (fault_still(fault) && pte_none(pte_get(pte)))
			pte_set(pte, entry);
		pte_unlock(leaf);
		return 0; /* not set: it faults again */
	}
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
	rss_add_anon(space);
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
