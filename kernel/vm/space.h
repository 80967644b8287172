#pragma once
/*
 * The address space of a process.
 *
 * Fields: [I] immutable after vm_space_new  [a] atomic  [l] space->lock (write
 * to change, read to look)  [e] written by exec before the space is shared
 */
#include "arch/api/space.h"
#include "core/refcount.h"
#include "lib/annotate.h"
#include "lib/atomic.h"
#include "lib/list.h"
#include "lib/rbtree.h"
#include "lib/types.h"
#include "sched/rwsem.h"
#include "vm/region.h"

struct rlimits;

#define USER_ADDR_MIN	0x10000ull	      /* vm.mmap_min_addr */
#define USER_ADDR_MAX	0x00007ffffffff000ull /* first address not usable */
#define STACK_GUARD_GAP (256ull << PAGE_SHIFT)

extern int vm_max_map_count; /* vm.max_map_count; read racily */

/*
 * By cache lines: what a map or unmap writes is the line of lock.count, so that one line follows
 * the lock from processor to processor.  Faults, which take no lock, read none that those write.
 */
struct vm_space {
	struct arch_space arch; /* first; threads point here */
	struct refcount refs;	/* [a] */
	struct atomic threads;	/* [a] that run in it */
	struct rb_root regions; /* [l] by start */

	u64 brk_start;	       /* [e] */
	u64 brk;	       /* [l] */
	u64 stack_top;	       /* [e] first byte behind the stack */
	struct file *exe;      /* [e] referenced; /proc/PID/exe */
	struct rwsem lock;     /* rank LOCK_VM_SPACE; its second half begins a line */
	u64 total_pages;       /* [l] sizes of all regions */
	u64 data_pages;	       /* [l] private writable */
	u64 hiwater_total;     /* [l] VmPeak */
	u64 free_hint;	       /* [l] search for a gap starts here */
	u64 largest_skipped;   /* [l] biggest gap above free_hint */
	unsigned nregions;     /* [l] */
	unsigned default_lock; /* [l] REGION_LOCKED... of mlockall */

	struct region *last_hit;      /* lock-free hint; cleared under write */
	struct list_node region_list; /* [l] by address */
	u64 mmap_base;		      /* [e] top of the mmap area, going down */
	u64 limit_as, limit_data;     /* [a] bytes, copies of the process's rlimits */
	u64 limit_data_map; /* [a] RLIMIT_DATA of all but brk: where it is 0 the hard limit counts */
	u64 limit_stack, limit_memlock; /* [a] the same */

	u64 exec_pages;		     /* [l] */
	u64 stack_pages;	     /* [l] */
	u64 locked_pages;	     /* [l] */
	struct atomic64 anon_pages;  /* [a] resident, but for what threads keep (rss_add_anon) */
	struct atomic64 file_pages;  /* [a] resident, page cache */
	struct atomic64 shmem_pages; /* [a] resident, memory caches */
	u64 hiwater_rss;	     /* racy maximum */

	/* What /proc/PID/{stat,cmdline,environ,auxv} show. */
	u64 code_start, code_end; /* [e] */
	u64 data_start, data_end; /* [e] */
	u64 stack_start;	  /* [e] sp at program start */
	u64 arg_start, arg_end;	  /* [e], prctl */
	u64 env_start, env_end;	  /* [e], prctl */
	u64 vdso;		  /* [e] address of the vdso, 0: none */
	u64 auxv[2 * 24];	  /* [e] */
	unsigned auxv_words;	  /* [e] */
	bool dumpable;		  /* [a] PR_SET_DUMPABLE != 0 */
	struct atomic membarrier; /* [a] registered commands */
};

static_assert(offsetof(struct vm_space, lock.count) % 64 == 0 &&
		      offsetof(struct vm_space, last_hit) % 64 == 0 &&
		      sizeof(struct arch_space) % 64 + 16 == 64,
	      "lines are as said");

void vm_init(void);

/* -ENOMEM.  An empty space; the caller holds the one reference. */
int vm_space_new(struct vm_space **out) __must_check;
static inline void vm_space_get(struct vm_space *space)
{
	refcount_get(&space->refs);
}
/* Last reference: unmaps everything.  May sleep. */
void vm_space_put(struct vm_space *space);

/* One more thread, of this process or another, is about to run in it; one has made its
 * last access.  A new space counts one. */
static inline void vm_space_enter(struct vm_space *space)
{
	atomic_inc(&space->threads);
}
void vm_space_leave(struct vm_space *space);
/* May others fault in it?  For the running thread's own space. */
static inline bool vm_space_is_shared(const struct vm_space *space)
{
	return atomic_read(&space->threads) > 1;
}

/* Copy of @src for fork, limits included; -ENOMEM. */
int vm_space_fork(struct vm_space *src, struct vm_space **out) __must_check;

/*
 * Copies the limits that mmap, brk, mlock and the stack obey: after exec made
 * the space, and whenever setrlimit changes one.  Any context.
 */
void vm_space_set_limits(struct vm_space *space, const struct rlimits *limits);

/* Space of the running thread; NULL in a kernel thread. */
struct vm_space *vm_space_current(void);

static inline struct vm_space *vm_space_of(struct arch_space *arch)
{
	return container_of(arch, struct vm_space, arch);
}

u64 vm_space_rss_pages(struct vm_space *space);

/* Takes a reference on @file (exec), drops the one before. */
void vm_space_set_exe(struct vm_space *space, struct file *file);
