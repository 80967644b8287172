/*
 * space.c - an address space begins, is copied, and ends.
 *
 * Fork copies regions, and of the pages only the entries of anonymous ones;
 * file pages come back by faults.  So its cost is that of the pages a program
 * has written, not of what it has mapped.
 *
 * The end needs no lock and no TLB flush: nobody runs there any more.  Only a
 * truncation may still look at a region, through its cache, until the region
 * leaves the cache's list.
 */
#include "abi/resource.h"
#include "core/hooks.h"
#include "core/panic.h"
#include "core/percpu.h"
#include "core/rlimit.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/page.h"
#include "mem/slab.h"
#include "sched/thread.h"
#include "vm/mmap.h"
#include "vm/oom.h"
#include "vm/page_cache.h"
#include "vm/space.h"
#include "vm/vm_internal.h"

static struct slab_cache space_slab;

void vm_init(void)
{
	slab_cache_init(&space_slab, "vm_space", sizeof(struct vm_space), 64);
	region_init_cache();
	page_lock_init();
	fault_init();
	kernel_hooks.reclaim = vm_reclaim;
}

struct vm_space *vm_space_current(void)
{
	struct arch_space *arch = current->space;

	return arch ? vm_space_of(arch) : NULL;
}

int vm_space_new(struct vm_space **out)
{
	struct vm_space *space = slab_zalloc(&space_slab);
	int err;

	if (!space)
		return -ENOMEM;
	err = arch_space_init(&space->arch);
	if (err) {
		slab_free(&space_slab, space);
		return err;
	}
	refcount_init(&space->refs, 1);
	atomic_set(&space->threads, 1);
	rwsem_init(&space->lock, LOCK_VM_SPACE);
	list_init(&space->region_list);
	space->mmap_base = space->free_hint = USER_ADDR_MAX;
	space->stack_top = USER_ADDR_MAX;
	space->limit_as = space->limit_data = space->limit_data_map = RLIM64_INFINITY;
	space->limit_memlock = RLIM64_INFINITY;
	space->limit_stack = MIB(8);
	space->dumpable = true;
	*out = space;
	return 0;
}

void vm_space_set_limits(struct vm_space *space, const struct rlimits *limits)
{
	WRITE_ONCE(space->limit_as, rlimit_cur(limits, RLIMIT_AS));
	WRITE_ONCE(space->limit_data, rlimit_cur(limits, RLIMIT_DATA));
	WRITE_ONCE(space->limit_data_map,
		   rlimit_cur(limits, RLIMIT_DATA) ?: rlimit_max(limits, RLIMIT_DATA));
	WRITE_ONCE(space->limit_stack, rlimit_cur(limits, RLIMIT_STACK));
	WRITE_ONCE(space->limit_memlock, rlimit_cur(limits, RLIMIT_MEMLOCK));
}

void vm_space_set_exe(struct vm_space *space, struct file *file)
{
	if (file)
		vm_file_ops.get(file);
	if (space->exe)
		vm_file_ops.put(space->exe);
	space->exe = file;
}

void vm_space_leave(struct vm_space *space)
{
	rss_settle(space);
	atomic_dec(&space->threads);
}

static void space_free(struct vm_space *space)
{
	struct region *region, *tmp;
	struct tlb_batch batch;
	u64 committed = 0;

	tlb_batch_init_dying(&batch, &space->arch);
	list_for_each_entry_safe(region, tmp, &space->region_list, link) {
		if (region->cache)
			page_cache_del_region(region->cache, region);
		if (region->flags & REGION_ACCOUNT)
			committed += region_pages(region);
		pte_zap(region, region->start, region->end, &batch);
		region_free(region);
	}
	tlb_batch_flush(&batch);
	vm_uncommit(committed);
	if (space->exe)
		vm_file_ops.put(space->exe);
	arch_space_fini(&space->arch);
	slab_free(&space_slab, space);
}

void vm_space_put(struct vm_space *space)
{
	if (refcount_put(&space->refs))
		space_free(space);
}

/* What a child inherits beside regions; all of these are counted as copied. */
static void space_copy_scalars(struct vm_space *dst, const struct vm_space *src)
{
	dst->total_pages = dst->hiwater_total = src->total_pages;
	dst->data_pages = src->data_pages;
	dst->stack_pages = src->stack_pages;
	dst->exec_pages = src->exec_pages;
	dst->mmap_base = src->mmap_base;
	dst->free_hint = src->free_hint;
	dst->largest_skipped = src->largest_skipped;
	dst->brk_start = src->brk_start;
	dst->brk = src->brk;
	dst->stack_top = src->stack_top;
	dst->limit_as = src->limit_as;
	dst->limit_data = src->limit_data;
	dst->limit_data_map = src->limit_data_map;
	dst->limit_stack = src->limit_stack;
	dst->limit_memlock = src->limit_memlock;
	dst->code_start = src->code_start;
	dst->code_end = src->code_end;
	dst->data_start = src->data_start;
	dst->data_end = src->data_end;
	dst->stack_start = src->stack_start;
	dst->arg_start = src->arg_start;
	dst->arg_end = src->arg_end;
	dst->env_start = src->env_start;
	dst->env_end = src->env_end;
	dst->vdso = src->vdso;
	memcpy(dst->auxv, src->auxv, src->auxv_words * sizeof(u64));
	dst->auxv_words = src->auxv_words;
	dst->dumpable = src->dumpable;
	atomic_set(&dst->membarrier, atomic_read(&src->membarrier));
	vm_space_set_exe(dst, src->exe);
}

static int fork_region(struct vm_space *dst, struct region *src, bool *protected)
{
	struct region *region;

	if ((src->flags & REGION_ACCOUNT) && vm_commit(region_pages(src)))
		return -ENOMEM;
	region = region_dup(dst, src);
	if (!region) {
		if (src->flags & REGION_ACCOUNT)
			vm_uncommit(region_pages(src));
		return -ENOMEM;
	}
	region->flags &= ~(REGION_LOCKED | REGION_LOCKONFAULT);
	if (src->flags & REGION_WIPEONFORK)
		region->flags &= ~REGION_PRIVATE_PAGES;
	region_append(dst, region, src);
	return region->flags & REGION_PRIVATE_PAGES ? pte_fork(src, region, protected) : 0;
}

/* Threads beside the one that forks must not get copies of pages before all TLBs
 * know that these are read-only now. */
static bool fork_close(struct vm_space *src)
{
	struct region *region;

	if (!vm_space_is_shared(src))
		return false;
	list_for_each_entry(region, &src->region_list, link)
		(void)region_close(region);
	return true;
}

static void fork_reopen(struct vm_space *src)
{
	struct region *region;

	list_for_each_entry(region, &src->region_list, link)
		region_reopen(region, region->seq - 1);
}

int vm_space_fork(struct vm_space *src, struct vm_space **out)
{
	struct vm_space *dst;
	struct region *region;
	bool protected = false, closed;
	int err;

	err = vm_space_new(&dst);
	if (err)
		return err;
	rwsem_write_lock(&src->lock);
	space_copy_scalars(dst, src);
	closed = fork_close(src);
	list_for_each_entry(region, &src->region_list, link) {
		if (unlikely(region->flags & REGION_DONTFORK)) {
			region_account(dst, region, -(s64)region_pages(region));
			continue;
		}
		err = fork_region(dst, region, &protected);
		if (err)
			break;
	}
	dst->locked_pages = 0; /* the child has none of these */
	if (protected) {
		struct tlb_batch batch;

		tlb_batch_init(&batch, &src->arch);
		tlb_batch_add(&batch, USER_ADDR_MIN, NULL);
		tlb_batch_add(&batch, USER_ADDR_MAX - PAGE_SIZE, NULL);
		tlb_batch_flush(&batch);
	}
	if (closed)
		fork_reopen(src);
	rwsem_write_unlock(&src->lock);
	if (err) {
		vm_space_put(dst);
		return err;
	}
	*out = dst;
	return 0;
}
