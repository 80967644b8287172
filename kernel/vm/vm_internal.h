#pragma once
/* What the files of vm/ share among themselves. */
#include "arch/api/space.h"
#include "lib/types.h"
#include "mem/page.h"
#include "sched/thread.h"
#include "vm/page_cache.h"
#include "vm/region.h"
#include "vm/space.h"

struct page_cache;

/*
 * Page-table entries of user memory: PTE_F_SOFT marks a page of a page cache
 * (counted as file or shmem), PTE_F_SPECIAL one without a struct page or
 * reference; neither: an anonymous page, private to the spaces that map it.
 */
#define PTE_CACHED PTE_F_SOFT

/*
 * The lock of a leaf table's entries is the page that the table is: nothing else uses its
 * flags, and threads that fault at different places share no cache line.  Never two at once.
 * (The processor sets A and D bits at any time: pte_xchg() where a D bit matters.)
 */
static __always_inline struct page *pte_lock(const pte_t *pte)
{
	struct page *leaf = virt_to_page(pte);

	while (unlikely(__atomic_exchange_n(&leaf->flags.v, PG_LOCKED, __ATOMIC_ACQUIRE)))
		while (READ_ONCE(leaf->flags.v))
			arch_cpu_relax();
	return leaf;
}

static __always_inline void pte_unlock(struct page *leaf)
{
	__atomic_store_n(&leaf->flags.v, 0, __ATOMIC_RELEASE);
}

/* Resident pages gained or lost, collected to be added once. */
struct rss_delta {
	s64 anon, file, shmem;
};
void rss_apply(struct vm_space *space, const struct rss_delta *delta);

/*
 * So many anonymous pages more.  A thread counts those of its own faults by itself until there
 * are some, so that threads that fault side by side do not write to one counter.
 */
#define RSS_BATCH 16
void rss_settle(struct vm_space *space); /* what the running thread has kept */
void rss_add_anon_slow(struct vm_space *space, unsigned n);
static inline void rss_add_anon(struct vm_space *space, unsigned n)
{
	struct thread *self = current;

	if (likely(self->space == &space->arch && self->anon_pages < RSS_BATCH))
		self->anon_pages += n;
	else
		rss_add_anon_slow(space, n);
}

/* pte.c: walks over the entries of one region; take the page-table locks. */
void pte_zap(struct region *region, u64 start, u64 end, struct tlb_batch *batch);
void pte_zap_cached(struct region *region, u64 start, u64 end, struct tlb_batch *batch);
void pte_protect(struct region *region, u64 start, u64 end, struct tlb_batch *batch);
void pte_write_protect(struct region *region, u64 start, u64 end);
int pte_move(struct region *from, u64 src, struct region *to, u64 dst, u64 len);
int pte_fork(struct region *src, struct region *dst, bool *protected);
u64 pte_rights(unsigned region_flags);

/*
 * Keeps faults without the lock out while a region changes; space->lock is held for
 * writing.  They nest: what close returns is for reopen.
 */
static inline u32 region_close(struct region *region)
{
	u32 seq = region->seq;

	if (vm_space_is_shared(region->space)) {
		WRITE_ONCE(region->seq, seq | 1);
		smp_mb(); /* before anything of it is read or changed */
	}
	return seq;
}

static inline void region_reopen(struct region *region, u32 seq)
{
	if ((region->seq & 1) && !(seq & 1))
		store_release(&region->seq, seq + 2);
}

/* One fault on its way; fault.c explains. */
struct fault {
	struct region *region;
	u64 addr;	  /* page aligned */
	pte_t *pte;	  /* of addr; the leaf table exists */
	unsigned flags;	  /* VM_FAULT_* */
	unsigned nosleep; /* PAGE_NORECLAIM: no lock is held, and nothing may sleep */
	u32 seq;	  /* region->seq before anything else was read */
};

/* Under the page-table lock: is the region what it was? */
static inline bool fault_still(const struct fault *fault)
{
	return likely(READ_ONCE(fault->region->seq) == fault->seq);
}

/* fault_anon.c */
void fault_init(void);
int fault_anon(const struct fault *fault);
int fault_copy(const struct fault *fault, pte_t old, struct page *from);
int fault_protected(const struct fault *fault, pte_t old);

/* fault_file.c */
int fault_file(const struct fault *fault);
int fault_ops(const struct fault *at);

/* fault.c */
int fault_check_access(const struct region *region, unsigned flags);
int fault_locked(struct vm_space *space, u64 addr, unsigned flags) REQUIRES_SHARED(&space->lock);

/* page_cache.c, for page_cache_*.c */
struct known_caches { /* those with pages to reclaim or write back */
	struct spinlock lock;
	struct list_node list; /* [lock] page_cache.lru */
};
extern struct known_caches caches;
bool cache_can_refill(const struct page_cache *cache);
bool cache_reclaimable(const struct page_cache *cache);
int cache_insert(struct page_cache *cache, struct page *page, u64 index);
void cache_remove_locked(struct page_cache *cache, struct page *page) REQUIRES(&cache->lock);
void cache_removed(struct page_cache *cache, u64 npages);
void cache_remove(struct page_cache *cache, struct page *page);

/* page_lock.c; locking and waiting sleep */
void page_lock_init(void);
void page_lock(struct page *page);
void page_unlock(struct page *page);
/* Until it is unlocked, or was. */
void page_wait_unlocked(struct page *page);

/* mapping.c */
bool page_cache_unmap_try(struct page_cache *cache);
void page_cache_write_protect(struct page_cache *cache, u64 first, u64 last);

/* area.c, mmap.c, for the rest of the family; space->lock held for writing. */
bool range_is_free(struct vm_space *space, u64 addr, u64 len, bool gaps);
bool flags_are_data(unsigned flags);
unsigned prot_to_flags(unsigned prot);
int mmap_anon(struct vm_space *space, u64 addr, u64 len, unsigned rflags);
int vm_unmap_locked(struct vm_space *space, u64 start, u64 end) REQUIRES(&space->lock);
/* Would @more regions be too many? */
static inline bool vm_space_is_full(const struct vm_space *space, unsigned more)
{
	return space->nregions + more > (unsigned)READ_ONCE(vm_max_map_count);
}
bool vm_may_expand(struct vm_space *space, unsigned flags, u64 npages);
int vm_commit(u64 npages);
bool vm_commit_fits(u64 npages);
void vm_uncommit(u64 npages);
void vm_gap_freed(struct vm_space *space, u64 end, const struct region *next);
int vm_change_flags(struct vm_space *space, struct region *region, u64 start, u64 end,
		    unsigned flags, struct region **out);
u64 vm_get_area(struct vm_space *space, u64 addr, u64 len, unsigned flags);
int vm_lock_check(struct vm_space *space, u64 npages, bool capable);
enum populate {
	POPULATE_ANY,  /* what cannot be had is passed over */
	POPULATE_LOCK, /* mlock(2): errors are told */
	POPULATE_READ, /* MADV_POPULATE_READ, _WRITE: and the right must be there */
	POPULATE_WRITE,
};
int vm_populate_range(struct vm_space *space, u64 start, u64 end, enum populate how);
