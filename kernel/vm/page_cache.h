#pragma once
/*
 * The pages of one file (or of one piece of shared memory), by page index.
 * Embedded in the inode, or on its own for shared anonymous memory.
 *
 * A page in the cache has page->mapping == cache and one reference that the
 * cache holds; every page-table entry that maps it holds another.
 *
 * Fields: [I] immutable after init  [a] atomic  [l] cache->lock
 *	[m] cache->map_lock  [o] who looks for an out-of-memory victim (proc/oom.c)
 */
#include "core/refcount.h"
#include "core/spinlock.h"
#include "lib/annotate.h"
#include "lib/atomic.h"
#include "lib/list.h"
#include "lib/rbtree.h"
#include "lib/types.h"
#include "mem/defer.h"
#include "mem/page.h"
#include "mem/radix.h"
#include "sched/mutex.h"

struct page_cache;
struct region;
struct uio;

/* May all sleep; called without locks but, in read_page, the page's own. */
struct page_cache_ops {
	/* Fill a new page (already zeroed when CACHE_MEMORY).  0 or -EIO...
	 * NULL: a page that is missing reads as zeroes. */
	int (*read_page)(struct page_cache *cache, struct page *page);
	/* Fill @n pages with consecutive indices at once; optional. */
	int (*read_pages)(struct page_cache *cache, struct page **pages, unsigned n);
	/* Write a dirty page back.  NULL: dirty pages stay in memory. */
	int (*write_page)(struct page_cache *cache, struct page *page);
	/* A page that already holds the data (an archive in memory), with a
	 * reference for the cache; NULL: there is none, read_page it. */
	struct page *(*borrow_page)(struct page_cache *cache, u64 index);
	/* A store through a mapping is about to make @page dirty: update the
	 * times, reserve a block.  0, -ENOSPC...  Must not take inode locks. */
	int (*mkwrite)(struct page_cache *cache, struct page *page);
	/* A reference on the owner if it still lives, for sync(2); called under a
	 * spin lock.  And the way to give it back. */
	bool (*hold)(struct page_cache *cache);
	void (*drop)(struct page_cache *cache);
	/* Charge (+) or uncharge (-) pages; only + may fail, and - must
	 * not sleep.  -ENOSPC. */
	int (*charge)(struct page_cache *cache, long npages);
};

#define CACHE_MEMORY                                                                               \
	0x1u		    /* tmpfs, shm: the cache is the only home;
				   read_page, if any, does no I/O */
#define CACHE_PINNED   0x2u /* never reclaim (ramfs-like) */
#define CACHE_COUNTED  0x4u /* stands alone: regions hold references */
#define CACHE_NAMELESS 0x8u /* of shared memory or a memfd: goes with who maps or opens it */
#define CACHE_COMMITTED                                                                            \
	0x10u /* its size, which then never changes, counts as committed memory until it goes */

struct page_cache {
	struct radix_tree pages;	  /* [l] lookups lock-free under RCU */
	struct spinlock lock;		  /* rank LOCK_PAGE_CACHE */
	unsigned flags;			  /* [I] CACHE_* */
	u64 npages;			  /* [l] */
	u64 size;			  /* [a] bytes: faults at or above get SIGBUS;
					   the owner keeps it equal to i_size */
	const struct page_cache_ops *ops; /* [I] */
	struct mutex map_lock;		  /* rank LOCK_PAGE_CACHE_REGIONS */
	struct rb_root regions;		  /* [m] by pgoff; mapping.c */
	unsigned nwritable;		  /* [m] shared mappings that may write */
	u32 cuts;			  /* [a] how often size went down; counted before
					   the pages behind it go */
	u64 id;				  /* [a] page_cache_id(); 0: nobody asked */
	union {
		struct list_node lru; /* [caches.lock] */
		struct rcu_head rcu;  /* after page_cache_fini() */
	};
	struct refcount refs; /* [a] only for page_cache_new */
	int error;	      /* [a] a write-back failed: fsync tells */
	u32 oom_mark;	      /* [o] the last look that counted it */
	void *owner;	      /* [I] the inode */
};

/* A number that no other cache ever has, for futex keys. */
u64 page_cache_id(struct page_cache *cache);
void page_cache_init(struct page_cache *cache, const struct page_cache_ops *ops, unsigned flags,
		     void *owner);
/* Drops all pages.  No region may map it any more. */
void page_cache_fini(struct page_cache *cache);

/* Shared anonymous memory of @size bytes: a cache of its own. NULL: no memory. */
struct page_cache *page_cache_new_anon(u64 size, bool commit);
/* The inode number that /proc/PID/maps shows of such a cache; drawn at the first look. */
u64 page_cache_shared_ino(struct page_cache *cache);
/* Counts the memory of a new cache as committed (CACHE_COMMITTED).  -ENOMEM. */
int page_cache_commit(struct page_cache *cache) __must_check;
void page_cache_get(struct page_cache *cache);
void page_cache_put(struct page_cache *cache);

/* --- single pages --- */
#define CACHE_FILL   0x1u /* read a missing page */
#define CACHE_CREATE 0x2u /* add a missing page, zeroed, without reading */
#define CACHE_NOWAIT 0x4u /* -EAGAIN instead of waiting for I/O */
/*
 * The page at @index with a reference, up to date.
 * flags 0: only if present.  Return: 0, -ENOENT (flags 0), -ENOMEM, -EIO,
 * -ENOSPC (charge), -EAGAIN.
 */
int page_cache_get_page(struct page_cache *cache, u64 index, unsigned flags, struct page **out)
	__must_check;
/* Present and up to date, else NULL.  With a reference.  Never sleeps. */
struct page *page_cache_lookup(struct page_cache *cache, u64 index);
void page_cache_mark_dirty(struct page_cache *cache, struct page *page);
/* Start reading [index, index+n) without being asked for the result. */
void page_cache_readahead(struct page_cache *cache, u64 index, unsigned n);

/* --- bulk --- */
/*
 * Copies from the file to @uio, from @pos up to @size (the file's length).
 * Return: bytes moved; 0 at end of file; -EFAULT, -EIO, -ENOMEM when none.
 * Context: the caller holds no lock that a fault may want.
 */
long page_cache_read(struct page_cache *cache, u64 size, struct uio *uio, u64 pos);
/*
 * Copies @uio into the pages and marks them dirty; @size is the file's length
 * before.  User pages are not faulted in: the caller may hold the inode lock.
 * Return: bytes moved, > 0.  -EFAULT when none: drop the lock, uio_fault_in(),
 * and call again.  -ENOSPC, -EIO, -ENOMEM.
 */
long page_cache_write(struct page_cache *cache, u64 size, struct uio *uio, u64 pos);

/*
 * New size: pages behind it go, the rest of the last page is zeroed, mappings
 * of what is gone are removed.  Sets cache->size.  Caller: inode lock.
 */
void page_cache_truncate(struct page_cache *cache, u64 newsize);
/* A hole: [start, end) reads as zeroes; partial pages are zeroed in place. */
int page_cache_punch(struct page_cache *cache, u64 start, u64 end) __must_check;
/* Drops clean unmapped pages of [first, last] (POSIX_FADV_DONTNEED). */
void page_cache_drop_clean(struct page_cache *cache, u64 first, u64 last);
/* Writes dirty pages of [first, last] back and waits.  First error. */
int page_cache_sync(struct page_cache *cache, u64 first, u64 last) __must_check;
/* First data (@data) or hole at or after @pos below @size, for SEEK_DATA. */
u64 page_cache_seek(struct page_cache *cache, u64 pos, u64 size, bool data);

/* --- mappings; region.c and mmap.c call these --- */
/* @twin: one in there that shows the same pages, for fork; NULL: a place is searched. */
void page_cache_add_region(struct page_cache *cache, struct region *region, struct region *twin);
void page_cache_del_region(struct page_cache *cache, struct region *region);
/* region_set_bounds() for a region that is in there. */
void page_cache_resize_region(struct page_cache *cache, struct region *region, u64 start, u64 end);
/* Removes page-table entries for [first, last] in all regions. */
void page_cache_unmap(struct page_cache *cache, u64 first, u64 last);
static inline bool page_cache_mapped_writable(struct page_cache *cache)
{
	return READ_ONCE(cache->nwritable) != 0;
}
static inline bool page_cache_mapped(struct page_cache *cache)
{
	return !rb_empty(&cache->regions);
}

/* Drop up to @npages clean pages somewhere.  Return: how many. */
size_t page_cache_reclaim(size_t npages);
/* For an out-of-memory victim: its pages, once for each @mark; then 0. */
size_t page_cache_held(struct page_cache *cache, u32 mark);
/* For /proc/meminfo and sysfs. */
struct page_cache_stat {
	u64 cached, shmem, dirty; /* pages; what is shmem is cached too */
};
void page_cache_stat(struct page_cache_stat *out);
/* Write back everything dirty: sync(2). */
void page_cache_sync_all(void);
