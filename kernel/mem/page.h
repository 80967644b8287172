/* mem/page.h - physical pages.
 *
 * Every page frame below the end of RAM has a struct page in one flat array in
 * the direct map.  The array is only reserved at boot; a section of it (4 MiB of
 * memory) is filled in when the allocator first needs memory from there, or when
 * page_reserved() names a frame that boot left alone (initrd, kernel image).
 */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"
#include "lib/list.h"
#include "lib/atomic.h"

struct boot_info;
struct slab_cache;

/* struct page.flags: changed with page_flag_set/clear (atomic). */
#define PG_RESERVED   0x0001 /* not from the allocator: image, initrd, firmware */
#define PG_BUDDY      0x0002 /* head of a free block */
#define PG_SLAB	      0x0004
#define PG_LARGE      0x0008 /* a kmalloc of whole pages: order in page.index */
#define PG_LOCKED     0x0010 /* page cache: contents under I/O */
#define PG_UPTODATE   0x0020 /* page cache: contents valid */
#define PG_DIRTY      0x0040
#define PG_WRITEBACK  0x0080
#define PG_REFERENCED 0x0100
#define PG_ERROR      0x0200
#define PG_LRU	      0x0400
#define PG_BORROWED   0x0800 /* initrd memory used in place by the page cache */
#define PG_ANON	      0x1000
#define PG_MLOCKED    0x2000
#define PG_WAITERS    0x4000
#define PG_OWNER1     0x8000 /* free for the owner of the page */

/* One per page frame.
 * Fields: [a] atomic  [o] the owner's lock (zone lock while free, slab cache's
 * lock while slab, the page cache's lock while cached)
 */
struct page {
	union {
		struct atomic refs; /* [a] 0 while free */
		u32 slab_inuse;	    /* [o] objects out of this slab */
	};
	struct atomic flags;  /* [a] PG_* */
	struct list_node lru; /* [o] buddy list, partial slabs, owner's list */
	union {
		void *mapping;		       /* [o] struct page_cache, or the owner's word */
		struct slab_cache *slab_cache; /* [o] */
	};
	union {
		u64 index; /* [o] page index in mapping */
		u64 order; /* [o] of a free block or PG_LARGE */
		u64 private;
		void *slab_free; /* [o] first free object of the slab */
	};
};
static_assert(sizeof(struct page) <= 40, "struct page costs 1 % of memory");

/* Allocation flags. */
#define PAGE_ZERO      0x1 /* contents zeroed */
#define PAGE_ATOMIC    0x2 /* never sleeps; may use the emergency reserve */
#define PAGE_NORECLAIM 0x4 /* may not call reclaim (the reclaimer itself) */

#define PAGE_MAX_ORDER 10

extern struct page *page_memmap; /* [I] after page_init: indexed by pfn */
extern pfn_t page_max_pfn;	 /* [I] one past the last frame of RAM */

#include "arch/api/space.h" /* phys_to_virt, virt_to_phys */

static inline struct page *pfn_to_page(pfn_t pfn)
{
	return page_memmap + pfn;
}

static inline pfn_t page_to_pfn(const struct page *page)
{
	return (pfn_t)(page - page_memmap);
}

static inline paddr_t page_to_phys(const struct page *page)
{
	return (paddr_t)page_to_pfn(page) << PAGE_SHIFT;
}

static inline void *page_to_virt(const struct page *page)
{
	return phys_to_virt(page_to_phys(page));
}

static inline struct page *phys_to_page(paddr_t pa)
{
	return pfn_to_page(pa >> PAGE_SHIFT);
}

/* Direct map addresses only (not the image, not vmalloc). */
static inline struct page *virt_to_page(const void *va)
{
	return phys_to_page(virt_to_phys(va));
}

static inline bool page_flag(const struct page *page, u32 bit)
{
	return (u32)READ_ONCE(page->flags.v) & bit;
}

static inline void page_flag_set(struct page *page, u32 bit)
{
	atomic_or(&page->flags, (int)bit);
}

static inline void page_flag_clear(struct page *page, u32 bit)
{
	atomic_and(&page->flags, (int)~bit);
}

/* One page, refs 1.  NULL: no memory.  Sleeps in reclaim unless PAGE_ATOMIC. */
struct page *page_alloc(unsigned flags) __must_check;
/* 2^order contiguous pages, naturally aligned; refs 1 on the first page only. */
struct page *page_alloc_order(unsigned order, unsigned flags) __must_check;
/* Back to the allocator, whatever refs says; @page was got with the same order. */
void page_free(struct page *page);
void page_free_order(struct page *page, unsigned order);

static inline void page_get(struct page *page)
{
	atomic_inc(&page->refs);
}

static inline void page_put(struct page *page)
{
	if (atomic_dec_and_test(&page->refs))
		page_free(page);
}

static inline int page_refs(const struct page *page)
{
	return READ_ONCE(page->refs.v);
}

/* The struct page of memory that boot kept out of the allocator; one reference is
 * held by boot, so that page_put() of the last one gives the frame to the allocator.
 * NULL: not RAM. */
struct page *page_reserved(paddr_t pa);
/* Give memory that boot kept out (all of [pa, pa+len), whole pages) to the allocator. */
void page_free_reserved(paddr_t pa, size_t len);

void page_clear(void *va);		    /* zero one page */
void page_copy(void *dst, const void *src); /* copy one page */

/* Boot.  Usable ranges of the map, nothing else, go to the allocator. */
void page_init(const struct boot_info *info);

/* In pages, for /proc/meminfo and the reclaimer. */
struct page_stats {
	u64 total; /* given or to be given to the allocator; the initrd */
	u64 free;  /* untouched sections and per-CPU lists included */
	u64 slab;  /* held by slab caches */
	u64 slab_reclaimable;
	u64 vmalloc;
	u64 kstack;
	u64 page_tables; /* counted by arch and vm with page_stat_add */
	u64 cached;	 /* counted by the page cache */
	u64 shmem;
	u64 anon;
	u64 mapped;
	u64 dirty;
	u64 writeback;
	u64 mlocked;
};
enum page_stat {
	PAGE_STAT_SLAB,
	PAGE_STAT_SLAB_RECLAIMABLE,
	PAGE_STAT_VMALLOC,
	PAGE_STAT_KSTACK,
	PAGE_STAT_TABLES,
	PAGE_STAT_CACHED,
	PAGE_STAT_SHMEM,	   /* counts as committed memory */
	PAGE_STAT_SHMEM_COMMITTED, /* does not: its file was committed as a whole */
	PAGE_STAT_ANON,
	PAGE_STAT_MAPPED,
	PAGE_STAT_DIRTY,
	PAGE_STAT_WRITEBACK,
	PAGE_STAT_MLOCKED,
	PAGE_STAT_COUNT,
};
void page_stat_add(enum page_stat which, long pages); /* any context */
long page_stat_read(enum page_stat which);
void page_stats(struct page_stats *out);
u64 page_free_count(void);
/* Is more than an eighth free?  Then a guess may cost a page. */
bool page_is_plenty(void);
/* Fewer free pages than this: the reclaimer should run. */
u64 page_low_watermark(void);
