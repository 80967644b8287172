#pragma once
/* Page tables.  arch owns their format; vm/ decides what is in them.
 *
 * A leaf table is a page.  Its struct page's flags are 0 when it is made and again
 * when it is freed; between, vm/ has them for the lock of the entries.  A table, once
 * there, stays until arch_tables_free_range(), which needs the range to be without
 * regions, hence without faults.
 *
 * A leaf table that is freed must be all zero: vm/ clears what it unmaps.
 */
#include "arch/api/inline.h"
#include "lib/atomic.h"

struct page;

struct arch_space {
	paddr_t root;		 /* [I] */
	u64 context;		 /* [I] never reused; names the space in PCID slots */
	u64 active;		 /* [a] CPUs that have it loaded, by bit */
	u64 generation;		 /* [a] counts TLB flushes; PCID slots compare it */
	struct atomic64 tables;	 /* [a] pages of page tables below the root */
	struct page *table_list; /* [a] those pages */
};

int arch_space_init(struct arch_space *space) __must_check; /* -ENOMEM */
void arch_space_fini(struct arch_space *space);	  /* no CPU runs in it any more; frees all tables */
void arch_space_switch(struct arch_space *space); /* thread context; any interrupt state */
/* The CPU goes to a kernel thread: keeps the tables (no flush) until somebody
 * flushes the space or ends it.
 */
void arch_space_switch_kernel(void);
u64 arch_space_table_pages(const struct arch_space *space); /* the root included */

/* Where the page of @va is mapped; NULL when the leaf table does not exist. */
static __always_inline pte_t *arch_pte_lookup(const struct arch_space *space, vaddr_t va)
{
	return x86_pte_walk(space->root, va);
}

/* The same, making tables.  Concurrent callers safe.  -ENOMEM. */
int arch_pte_alloc_slow(struct arch_space *space, vaddr_t va, pte_t **out) __must_check;
static __always_inline __must_check int arch_pte_alloc(struct arch_space *space, vaddr_t va,
						       pte_t **out)
{
	*out = x86_pte_walk(space->root, va);
	return likely(*out) ? 0 : arch_pte_alloc_slow(space, va, out);
}

/* First address >= @va and < @end under a leaf table that exists; @end if none. */
vaddr_t arch_pte_next_table(const struct arch_space *space, vaddr_t va, vaddr_t end);

/* Frees the tables that map nothing outside [start, end).  The caller holds the
 * space exclusively, and no region lies in the range.  Flushes as needed.
 * @readers: another thread may be walking the tables without a lock and without
 * sleeping, so they are freed after a grace period.
 */
void arch_tables_free_range(struct arch_space *space, vaddr_t start, vaddr_t end, bool readers);

/* --- TLB -------------------------------------------------------------------
 * Entries changed to fewer rights: collect, flush once, then free the pages.
 * tlb_batch_flush() may wait for other CPUs: call it with interrupts on or
 * without a lock that is taken with interrupts off.  Pages lose one reference
 * (page_put) after every CPU has acknowledged.
 */
#define TLB_BATCH_PAGES 48

struct tlb_batch {
	struct arch_space *space;
	vaddr_t start, end; /* [T] what to flush; start >= end: nothing */
	u32 npages;
	bool dying;  /* the space is loaded nowhere */
	bool tables; /* tables were freed: paging-structure caches too */
	struct page *pages[TLB_BATCH_PAGES];
};

static __always_inline void tlb_batch_init(struct tlb_batch *batch, struct arch_space *space)
{
	batch->space = space;
	batch->start = ~0ULL;
	batch->end = 0;
	batch->npages = 0;
	batch->dying = false;
	batch->tables = false;
}

/* For the end of a process: takes the space off every CPU first (this one runs
 * on the kernel's tables afterwards), so that nothing needs a flush.
 */
void tlb_batch_init_dying(struct tlb_batch *batch, struct arch_space *space);
void tlb_batch_flush(struct tlb_batch *batch);

static __always_inline void tlb_batch_add(struct tlb_batch *batch, vaddr_t va, struct page *page)
{
	if (va < batch->start)
		batch->start = va;
	if (va + PAGE_SIZE > batch->end)
		batch->end = va + PAGE_SIZE;
	if (page) {
		batch->pages[batch->npages++] = page;
		if (batch->npages == TLB_BATCH_PAGES)
			tlb_batch_flush(batch);
	}
}

/* One page whose entry got more rights, or that faulted for no reason: this CPU. */
void arch_tlb_flush_local(vaddr_t va);
/* One user page on every CPU of the space. */
void arch_tlb_flush_page(struct arch_space *space, vaddr_t va);

/* --- The kernel's own mappings ---------------------------------------------- */
#define KMAP_READ	  0
#define KMAP_WRITE	  1
#define KMAP_EXEC	  2
#define KMAP_UNCACHED	  4
#define KMAP_WRITECOMBINE 8

/* Maps one page at a kernel address (VMAP or VMEMMAP area).  -ENOMEM. */
int arch_kmap_page(vaddr_t va, paddr_t pa, unsigned prot) __must_check;
/* Unmaps, and flushes every CPU (see tlb_batch_flush for the context). */
void arch_kunmap_range(vaddr_t va, u64 len);
/* In two steps, for callers that batch: */
void arch_kunmap_range_noflush(vaddr_t va, u64 len);
void arch_tlb_flush_kernel(vaddr_t start, vaddr_t end); /* all CPUs */
/* The physical page under a kernel address; false when unmapped. */
bool arch_kernel_lookup(vaddr_t va, paddr_t *pa);

void *arch_ioremap(paddr_t pa, u64 len); /* uncached; NULL: no memory */
/* Firmware tables: the direct map where that has them, else a cached mapping. */
void *arch_map_firmware(paddr_t pa, u64 len);
