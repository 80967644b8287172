#pragma once
/*
 * A region: one stretch of a process's address space with one kind of backing.
 *
 * Regions of a space never overlap.  They hang in an rb tree (by start) and in
 * an address-ordered list.  What a page of a region holds is decided by:
 *   cache == NULL            anonymous: zeroes on first touch
 *   cache, not SHARED        page of the cache, copied on the first write
 *   cache, SHARED            page of the cache itself
 *   ops->fault               the owner installs or returns pages (devices, vdso)
 *
 * Fields: [I] immutable after insertion  [s] space->lock (write to change, read
 * to look)  [m] cache->map_lock and space->lock both to change, either to read
 */
#include "lib/types.h"
#include "lib/list.h"
#include "lib/rbtree.h"
#include "mem/defer.h"

struct file; /* fs/file.h: opaque here, see vm_file_ops */
struct page;
struct page_cache;
struct region;
struct vm_space;

/* Region flags.  The low eight have the values of Linux's VM_ flags. */
#define REGION_READ	     0x00000001u
#define REGION_WRITE	     0x00000002u
#define REGION_EXEC	     0x00000004u
#define REGION_SHARED	     0x00000008u
#define REGION_MAYREAD	     0x00000010u
#define REGION_MAYWRITE	     0x00000020u
#define REGION_MAYEXEC	     0x00000040u
#define REGION_MAYSHARE	     0x00000080u /* MAP_SHARED was asked for */
#define REGION_GROWSDOWN     0x00000100u
#define REGION_LOCKED	     0x00000200u /* mlock */
#define REGION_LOCKONFAULT   0x00000400u
#define REGION_DONTFORK	     0x00000800u /* MADV_DONTFORK */
#define REGION_WIPEONFORK    0x00001000u /* MADV_WIPEONFORK */
#define REGION_DONTDUMP	     0x00002000u /* MADV_DONTDUMP */
#define REGION_NORESERVE     0x00004000u
#define REGION_ACCOUNT	     0x00008000u /* counted as committed memory */
#define REGION_PRIVATE_PAGES 0x00010000u /* may hold anonymous pages */
#define REGION_IO	     0x00020000u /* device memory: no struct page */
#define REGION_SPECIAL	     0x00040000u /* vdso, vvar: no mremap growth */
#define REGION_STACK	     0x00080000u /* the main thread's stack */
#define REGION_RANDREAD	     0x00200000u /* MADV_RANDOM: no fault-around */
#define REGION_SEQREAD	     0x00400000u /* MADV_SEQUENTIAL */
#define REGION_HUGEPAGE	     0x00800000u /* MADV_HUGEPAGE, a hint only */
#define REGION_NOHUGEPAGE    0x01000000u
#define REGION_MERGEABLE     0x02000000u /* MADV_MERGEABLE, a hint only */
#define REGION_DONTEXPAND    0x04000000u

#define REGION_ACCESS	     (REGION_READ | REGION_WRITE | REGION_EXEC)
#define REGION_MAYACCESS     (REGION_MAYREAD | REGION_MAYWRITE | REGION_MAYEXEC)

struct vm_fault {
	u64 addr;	   /* page aligned */
	u64 pgoff;	   /* page index in the backing object */
	unsigned flags;	   /* VM_FAULT_WRITE ... of vm/fault.h */
	struct page *page; /* out: a page with a reference for the caller */
	pfn_t pfn;	   /* out, instead: memory without a reference */
	bool uncached;	   /* out: device registers */
};

/*
 * What an owner of a mapping may do itself.  All members are optional.
 * Context: the space's lock is held (read in fault, write elsewhere); may sleep,
 * must not touch user memory nor take an inode lock.
 */
struct region_ops {
	/* The region was copied (split, fork, mremap) / is going away. */
	void (*dup)(struct region *region);
	void (*close)(struct region *region);
	/* 0, or VM_FAULT_SIGBUS / _OOM.  Sets fault->page or fault->pfn. */
	int (*fault)(struct region *region, struct vm_fault *fault);
	/* May [start,end) be split off or changed to prot?  0 or -errno. */
	int (*may_split)(struct region *region, u64 addr);
	int (*may_protect)(struct region *region, unsigned prot);
	int (*mremap)(struct region *region);
	const char *(*name)(struct region *region);
};

struct region {
	u64 start;		      /* [s][m] */
	u64 end;		      /* [s][m] first byte behind */
	unsigned flags;		      /* [s] REGION_* */
	u32 seq;		      /* [s] odd while it changes or is gone; read by faults */
	u64 pgoff;		      /* [s][m] page index of start in the backing */
	struct vm_space *space;	      /* [I] */
	struct page_cache *cache;     /* [I] counted if CACHE_COUNTED, else held by file */
	const struct region_ops *ops; /* [I] */
	struct file *file;	      /* [I] referenced; NULL: anonymous */
	struct rb_node node;	      /* [s] space->regions */
	struct list_node link;	      /* [s] space->region_list, by address */
	union {
		struct rb_node cache_node; /* [m] cache->regions */
		struct rcu_head rcu;	   /* once it is removed */
	};
	struct list_node twins; /* [m] ring of those that show the same pages */
	u64 cache_last;		/* [m] last page index that it shows */
	u64 cache_max;	  /* [m] highest page index that a region below shows, itself included */
	const char *name; /* [I] "[vdso]" ..., static storage */
	void *priv;	  /* [I] for ops */
};

/*
 * How vm/ reaches files, which live in a layer above.  Defined once, in
 * syscall/mm.c (unit tests bring their own).
 */
struct vm_file_ops {
	void (*get)(struct file *file);
	void (*put)(struct file *file);
	/* mmap(2), its place found.  EOVERFLOW: it lies beyond any file's size. */
	int (*mmap_size_check)(struct file *file, u64 offset, u64 len);
	/* Then EACCES, EPERM (noexec), ENODEV. */
	int (*mmap_check)(struct file *file, unsigned prot, unsigned flags);
	/* Calls file->ops->mmap: sets region->cache and/or ->ops; neither means
	 * anonymous (/dev/zero, private).  -ENODEV. */
	int (*mmap)(struct file *file, struct region *region);
	/* A number for shared memory without a file, as its inode would have; 0: no memory. */
	u64 (*shared_ino)(void);
	/* The running thread's credentials: CAP_IPC_LOCK, CAP_SYS_RAWIO. */
	bool (*capable)(int cap);
};
extern const struct vm_file_ops vm_file_ops;

static inline u64 region_pgoff(const struct region *region, u64 addr)
{
	return region->pgoff + ((addr - region->start) >> PAGE_SHIFT);
}

static inline u64 region_pages(const struct region *region)
{
	return (region->end - region->start) >> PAGE_SHIFT;
}

/* Private and writable in principle: it may come to hold anonymous pages. */
static inline bool region_is_cow(const struct region *region)
{
	return (region->flags & (REGION_SHARED | REGION_MAYWRITE)) == REGION_MAYWRITE;
}

void region_init_cache(void);

/* The tree; region.c.  All need space->lock, for writing where they change. */
struct region *region_find(struct vm_space *space, u64 addr);
struct region *region_find_from(struct vm_space *space, u64 addr);
/* Without the lock, and without sleeping until @seq was checked: see fault.c. */
struct region *region_find_unlocked(struct vm_space *space, u64 addr, u32 *seq);
struct region *region_next(struct vm_space *space, struct region *region);
struct region *region_prev(struct vm_space *space, struct region *region);
struct region *region_new(struct vm_space *space, u64 start, u64 end, unsigned flags);
void region_free(struct region *region);
void region_insert(struct vm_space *space, struct region *region);
/* The same for who knows which one follows; NULL: none. */
void region_insert_before(struct vm_space *space, struct region *region, struct region *next);
/* Counts @npages more of what @region is. */
void region_account(struct vm_space *space, const struct region *region, s64 npages);
/* A copy of @like above all others, accounted: neither place is searched for (fork). */
void region_append(struct vm_space *space, struct region *region, struct region *like);
void region_remove(struct vm_space *space, struct region *region);
struct region *region_dup(struct vm_space *space, struct region *src);
int region_split(struct vm_space *space, struct region *region, u64 addr);
struct region *region_merge(struct vm_space *space, struct region *region);
void region_set_flags(struct vm_space *space, struct region *region, unsigned flags);
void region_free_raw(struct region *region);
/* For region_resize() alone. */
void region_set_bounds(struct region *region, u64 start, u64 end);
void region_resize(struct vm_space *space, struct region *region, u64 start, u64 end);
