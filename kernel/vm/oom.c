/*
 * oom.c - when memory runs out.
 *
 * In this order: clean pages of the page cache that nobody maps; empty slabs
 * and cached kernel stacks; page tables and objects that wait for a grace
 * period; and then the process that holds most dies (kernel_hooks.oom_kill
 * chooses it by vm_oom_points()).  An allocation in a fault then waits a little
 * and tries again, until its own thread is told to die; one inside a system call
 * fails with ENOMEM instead.
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

#define OOM_RETRIES	     200
#define OOM_WAIT_NS	     (5 * NSEC_PER_MSEC)
#define OOM_KILL_INTERVAL_NS (100 * NSEC_PER_MSEC)

size_t vm_reclaim(size_t npages)
{
	size_t freed = page_cache_reclaim(npages);

	if (freed < npages)
		freed += slab_shrink();
	if (freed < npages)
		freed += kstack_shrink();
	return freed;
}

u64 vm_oom_points(struct vm_space *space)
{
	return vm_space_rss_pages(space) + arch_space_table_pages(&space->arch);
}

/*
 * One victim at a time: nobody else dies until this one had time to.  false:
 * there is nobody left to kill.
 */
static bool oom_kill_one(void)
{
	static struct atomic64 last_kill = ATOMIC_INIT(-OOM_KILL_INTERVAL_NS);
	s64 now = clock_monotonic_ns(), last = atomic64_read(&last_kill);

	if (now - last < OOM_KILL_INTERVAL_NS || !atomic64_cmpxchg(&last_kill, last, now))
		return true;
	if (!kernel_hooks.oom_kill || !kernel_hooks.oom_kill())
		return false;
	log_debug(VM, "out of memory: killed a process");
	return true;
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
	if (!oom_kill_one() || thread_work_test(current, WORK_KILL))
		return false;
	(void)thread_sleep_until(clock_monotonic_ns() + OOM_WAIT_NS, SLEEP_KILLABLE);
	return !thread_work_test(current, WORK_KILL);
}
