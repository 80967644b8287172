/*
 * pte.c - walks over the page-table entries of a region.
 *
 * An entry is one of four: nothing; an anonymous page (the entry owns one of
 * the page's references); a page of a page cache (PTE_CACHED, one reference);
 * or something without a reference (PTE_F_SPECIAL: the zero page, vdso,
 * devices).  Regions say what *may* be in an entry; the entry itself says what
 * is, so that no walk has to look at struct page for it.
 *
 * Locking: the caller keeps the region and its tables alive: with space->lock,
 * or, in a truncation, with cache->map_lock while the region is listed there.
 * Entries change under the lock of their leaf table, one at a time.
 */
#include "arch/api/space.h"
#include "core/percpu.h"
#include "lib/errno.h"
#include "mem/page.h"
#include "sched/sched.h"
#include "vm/page_cache.h"
#include "vm/vm_internal.h"

#define ZAP_PIECE (8 * ARCH_TABLE_SPAN)

/*
 * AnonPages and Mapped of /proc/meminfo: each CPU collects a few before it
 * touches the shared counters.  Mapped counts a page once per mapping.
 */
#define STAT_BATCH 32
DEFINE_PERCPU_STATIC(s32, pending_anon);
DEFINE_PERCPU_STATIC(s32, pending_mapped);

static void anon_stat_add(s64 npages)
{
	s32 n = this_cpu(pending_anon) + (s32)npages;

	if (unlikely(n >= STAT_BATCH || n <= -STAT_BATCH)) {
		page_stat_add(PAGE_STAT_ANON, n);
		n = 0;
	}
	this_cpu(pending_anon) = n;
}

static void mapped_stat_add(s64 npages)
{
	s32 n = this_cpu(pending_mapped) + (s32)npages;

	if (unlikely(n >= STAT_BATCH || n <= -STAT_BATCH)) {
		page_stat_add(PAGE_STAT_MAPPED, n);
		n = 0;
	}
	this_cpu(pending_mapped) = n;
}

void rss_apply(struct vm_space *space, const struct rss_delta *delta)
{
	if (delta->anon) {
		atomic64_add(&space->anon_pages, delta->anon);
		anon_stat_add(delta->anon);
	}
	if (delta->file)
		atomic64_add(&space->file_pages, delta->file);
	if (delta->shmem)
		atomic64_add(&space->shmem_pages, delta->shmem);
	if (delta->file + delta->shmem)
		mapped_stat_add(delta->file + delta->shmem);
}

void rss_settle(struct vm_space *space)
{
	struct thread *self = current;

	if (self->space == &space->arch && self->anon_pages) {
		atomic64_add(&space->anon_pages, self->anon_pages);
		anon_stat_add(self->anon_pages);
		self->anon_pages = 0;
	}
}

/* Another process's space (ptrace), or time to settle. */
void rss_add_anon_slow(struct vm_space *space, unsigned n)
{
	const struct rss_delta delta = { .anon = n };

	rss_settle(space);
	rss_apply(space, &delta);
}

u64 pte_rights(unsigned flags)
{
	u64 rights = 0;

	if (flags & REGION_READ)
		rights |= PTE_USER_READ;
	if (flags & REGION_WRITE)
		rights |= PTE_USER_WRITE;
	if (flags & REGION_EXEC)
		rights |= PTE_USER_EXEC;
	return rights;
}

/*
 * The first entry of [*va, stop), *pte on, that is not empty, and where it is; 0: there is none.
 * Tables are mostly empty where threads' stacks or a malloc's reserve lie: eight at a time.
 */
static __always_inline pte_t pte_seek(pte_t **pte, u64 *va, u64 stop)
{
	const u64 stretch = 8;

	while (*va < stop) {
		const pte_t *p = *pte;
		pte_t entry = pte_get(p);

		if (!pte_none(entry))
			return entry;
		if (stop - *va >= stretch * PAGE_SIZE &&
		    pte_none(pte_get(p + 1) | pte_get(p + 2) | pte_get(p + 3) | pte_get(p + 4) |
			     pte_get(p + 5) | pte_get(p + 6) | pte_get(p + 7))) {
			*pte += stretch;
			*va += stretch * PAGE_SIZE;
		} else {
			*pte += 1;
			*va += PAGE_SIZE;
		}
	}
	return 0;
}

static inline void count_page(struct rss_delta *delta, const struct region *region, pte_t entry,
			      int n)
{
	if (!pte_soft(entry))
		delta->anon += n;
	else if (region->cache && (region->cache->flags & CACHE_MEMORY))
		delta->shmem += n;
	else
		delta->file += n;
}

/*
 * Removes what [start, end) of @region maps; the pages lose their reference
 * when @batch is flushed, which is the caller's to do.  @cached_only: leave
 * what would not come back by itself.
 */
static void zap_entries(struct region *region, u64 start, u64 end, struct tlb_batch *batch,
			bool cached_only)
{
	struct arch_space *arch = &region->space->arch;
	struct rss_delta delta = { 0 };
	u64 va = start;

	while ((va = arch_pte_next_table(arch, va, end)) < end) {
		u64 stop = min(arch_table_end(va), end);
		pte_t *pte = arch_pte_lookup(arch, va), entry;
		struct page *leaf = pte_lock(pte);

		for (; (entry = pte_seek(&pte, &va, stop)); va += PAGE_SIZE, pte++) {
			if (cached_only && !pte_soft(entry))
				continue;
			pte_clear(pte);
			if (pte_special(entry)) {
				tlb_batch_add(batch, va, NULL);
				continue;
			}
			count_page(&delta, region, entry, -1);
			tlb_batch_add(batch, va, pfn_to_page(pte_pfn(entry)));
		}
		pte_unlock(leaf);
	}
	rss_apply(region->space, &delta);
}

/* All of it; lets others run between large pieces. */
void pte_zap(struct region *region, u64 start, u64 end, struct tlb_batch *batch)
{
	while (end - start > ZAP_PIECE) {
		zap_entries(region, start, start + ZAP_PIECE, batch, false);
		start += ZAP_PIECE;
		sched_yield_point();
	}
	zap_entries(region, start, end, batch, false);
}

/* Reclaim: pages of a page cache only, without sleeping. */
void pte_zap_cached(struct region *region, u64 start, u64 end, struct tlb_batch *batch)
{
	zap_entries(region, start, end, batch, true);
}

/* What an entry with @entry's page may allow now that the region changed. */
static pte_t pte_reprotect(const struct region *region, pte_t entry)
{
	u64 rights = pte_rights(region->flags);

	if (pte_writable(pte_make(0, rights))) {
		bool keep;

		if (pte_special(entry))
			keep = region->flags & REGION_SHARED;
		else if (pte_soft(entry))
			keep = false; /* the write fault marks it dirty */
		else
			keep = page_refs(pfn_to_page(pte_pfn(entry))) == 1;
		if (!keep)
			rights = pte_rights(region->flags & ~REGION_WRITE) | PTE_USER_READ;
	}
	return pte_modify(entry, rights);
}

/* The region's flags have changed: its entries follow. */
void pte_protect(struct region *region, u64 start, u64 end, struct tlb_batch *batch)
{
	struct arch_space *arch = &region->space->arch;
	u64 va = start;

	while ((va = arch_pte_next_table(arch, va, end)) < end) {
		u64 stop = min(arch_table_end(va), end);
		pte_t *pte = arch_pte_lookup(arch, va), entry;
		struct page *leaf = pte_lock(pte);

		for (; (entry = pte_seek(&pte, &va, stop)); va += PAGE_SIZE, pte++) {
			pte_t fresh = pte_reprotect(region, entry);

			if (fresh == entry)
				continue;
			pte_set(pte, fresh);
			tlb_batch_add(batch, va, NULL);
		}
		pte_unlock(leaf);
	}
}

/* The pages of a cache in [start, end) fault at the next store; flushes. */
void pte_write_protect(struct region *region, u64 start, u64 end)
{
	struct arch_space *arch = &region->space->arch;
	struct tlb_batch batch;
	u64 va = start;

	tlb_batch_init(&batch, arch);
	while ((va = arch_pte_next_table(arch, va, end)) < end) {
		u64 stop = min(arch_table_end(va), end);
		pte_t *pte = arch_pte_lookup(arch, va);
		struct page *leaf = pte_lock(pte);

		for (; va < stop; va += PAGE_SIZE, pte++) {
			pte_t entry = pte_get(pte);

			if (!pte_present(entry) || !pte_writable(entry) || !pte_soft(entry))
				continue;
			pte_set(pte, pte_wrprotect(entry));
			tlb_batch_add(&batch, va, NULL);
		}
		pte_unlock(leaf);
	}
	tlb_batch_flush(&batch);
}

static int move_entries(struct arch_space *arch, u64 src, u64 dst, u64 len, struct tlb_batch *batch)
{
	u64 va = src, end = src + len;
	int err;

	while ((va = arch_pte_next_table(arch, va, end)) < end) {
		u64 stop = min(arch_table_end(va), end);

		for (; va < stop; va += PAGE_SIZE) {
			pte_t *pte = arch_pte_lookup(arch, va), *target, entry;
			struct page *leaf;

			if (pte_none(pte_get(pte)))
				continue;
			err = arch_pte_alloc(arch, dst + (va - src), &target);
			if (err)
				return err;
			leaf = pte_lock(pte);
			entry = pte_xchg(pte, 0);
			pte_unlock(leaf);
			leaf = pte_lock(target);
			pte_set(target, entry);
			pte_unlock(leaf);
			tlb_batch_add(batch, va, NULL);
		}
	}
	return 0;
}

/*
 * Moves entries to another place of the same space (mremap).  -ENOMEM when a
 * table could not be made; what has moved so far stays moved, and a call with
 * the directions exchanged takes it back.
 */
int pte_move(struct region *from, u64 src, struct region *to, u64 dst, u64 len)
{
	struct arch_space *arch = &from->space->arch;
	struct tlb_batch batch;
	int err;

	tlb_batch_init(&batch, arch);
	if (from->cache) { /* no truncation while a page is in between */
		mutex_lock(&from->cache->map_lock);
		err = move_entries(arch, src, dst, len, &batch);
		mutex_unlock(&from->cache->map_lock);
	} else {
		err = move_entries(arch, src, dst, len, &batch);
	}
	tlb_batch_flush(&batch);
	return err;
}

/*
 * Fork: @dst, in a space that nobody runs, gets the anonymous pages of @src;
 * both lose the right to write them.  Pages of a page cache are not copied:
 * they come back by a fault, sixteen at a time, if they are wanted at all.
 * *protected is set when an entry of @src lost rights.  -ENOMEM.
 */
int pte_fork(struct region *src, struct region *dst, bool *protected)
{
	struct arch_space *from = &src->space->arch, *to = &dst->space->arch;
	struct rss_delta delta = { 0 };
	u64 va = src->start, end = src->end;

	while ((va = arch_pte_next_table(from, va, end)) < end) {
		u64 stop = min(arch_table_end(va), end);
		pte_t *pte = arch_pte_lookup(from, va), *table = pte, *copy = NULL, entry;
		struct page *leaf = pte_lock(table);

		for (; (entry = pte_seek(&pte, &va, stop)); va += PAGE_SIZE, pte++) {
			if (pte_soft(entry) || pte_special(entry))
				continue;
			if (!copy) {
				/* Making a table may sleep; no fault can change
				 * ours meanwhile: @src is closed. */
				pte_unlock(leaf);
				if (arch_pte_alloc(to, va, &copy))
					goto out_nomem;
				leaf = pte_lock(table);
				copy -= pte - table;
				entry = pte_get(pte);
				if (pte_none(entry)) /* truncated meanwhile */
					continue;
			}
			if (pte_writable(entry)) {
				entry = pte_wrprotect(entry);
				pte_set(pte, entry);
				*protected = true;
			}
			page_get(pfn_to_page(pte_pfn(entry)));
			pte_set(copy + (pte - table), entry);
			delta.anon++;
		}
		pte_unlock(leaf);
	}
	rss_apply(dst->space, &delta);
	return 0;

out_nomem:
	rss_apply(dst->space, &delta);
	return -ENOMEM;
}
