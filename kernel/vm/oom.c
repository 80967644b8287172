/*
 * oom.c - when memory runs out.
 *
 * In this order: clean pages of the page cache that nobody maps; empty slabs
 * and cached kernel stacks; page tables and objects that wait for a grace
 * period; and then the process that holds most dies (kernel_hooks.oom_kill
 * chooses it, proc/oom.c).  An allocation in a fault then waits a little
 * and tries again, until its own thread is told to die; so do fork(2) and execve(2).  Any
 * other system call fails with ENOMEM instead.
 */
#include "arch/api/space.h"
#include "core/clock.h"
#include "core/hooks.h"
#include "core/log.h"
#include "mem/kmap.h"
#include "mem/page.h"
#include "mem/slab.h"
#include "sched/rcu.h"
#include "sched/thread.h"
#include "vm/oom.h"
#include "vm/page_cache.h"
#include "vm/vm_internal.h"

#define OOM_RETRIES  2000
#define CALL_RETRIES 4 /* while there is memory */
#define OOM_WAIT_NS  (5 * NSEC_PER_MSEC)

size_t vm_reclaim(size_t npages)
{
	size_t freed = page_cache_reclaim(npages);

	if (freed < npages)
		freed += slab_shrink();
	if (freed < npages)
		freed += kstack_shrink();
	return freed;
}

/*
 * Pages of shared memory and memfds that are mapped: one whose pages were written and then
 * unmapped holds them all the same.  Who holds the lock for writing does not wait for a
 * victim: its own allocations fail.
 */
static u64 nameless_pages(struct vm_space *space, u32 mark)
{
	struct region *region;
	u64 pages = 0;

	rwsem_read_lock(&space->lock);
	list_for_each_entry(region, &space->region_list, link)
		if (region->cache && region->cache->flags & CACHE_NAMELESS)
			pages += page_cache_held(region->cache, mark);
	rwsem_read_unlock(&space->lock);
	return pages;
}

u64 vm_space_held(struct vm_space *space, u32 mark)
{
	u64 shmem = max(atomic64_read(&space->shmem_pages), (s64)0);
	u64 pages = vm_space_rss_pages(space) + arch_space_table_pages(&space->arch);
	u64 nameless = nameless_pages(space, mark);

	pages += nameless > shmem ? nameless - shmem : 0;
	return pages * PAGE_SIZE + READ_ONCE(space->nregions) * sizeof(struct region);
}

bool vm_oom_retry(unsigned attempt)
{
	if (thread_work_test(current, WORK_KILL) || attempt >= OOM_RETRIES)
		return false;
	if (vm_reclaim(32))
		return true;
	if (!attempt) { /* what waits for a grace period, before somebody dies */
		rcu_barrier();
		return true;
	}
	if (!kernel_hooks.oom_kill || !kernel_hooks.oom_kill() ||
	    thread_work_test(current, WORK_KILL))
		return false;
	(void)thread_sleep_until(clock_monotonic_ns() + OOM_WAIT_NS, SLEEP_KILLABLE);
	return !thread_work_test(current, WORK_KILL);
}

/* Where memory is there again, it may have come back since the call failed, and then it is
 * enough to repeat it; or the call failed for another reason, and then it fails again. */
bool vm_oom_retry_call(unsigned attempt)
{
	if (page_free_count() <= page_low_watermark())
		return vm_oom_retry(attempt);
	if (!attempt)
		rcu_barrier();
	return attempt < CALL_RETRIES && !thread_work_test(current, WORK_KILL);
}
