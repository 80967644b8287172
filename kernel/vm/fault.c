/*
 * fault.c - a page is touched that the page table does not have.
 *
 *	upcall_user_fault         the processor's fault, from user mode or from
 *	   |                      a copy to or from user memory
 *	fault_own                 without a lock; else
 *	vm_fault                  takes space->lock for reading, grows stacks
 *	   |
 *	fault_entry               entry empty?  ->  fault_anon   zeroes
 *	                                            fault_file   page cache
 *	                                            fault_ops    the owner's page
 *	                          write to a read-only entry -> fault_protected
 *
 * A private page is shared as long as it can be: a fork leaves both sides with
 * a read-only entry on one page and counts it; a write to a page that has one
 * reference left just gets its right back, else it is copied.
 *
 * Several threads may fault at once, even on one page: each prepares its page
 * without a lock, then looks again under the page-table lock, and the first one
 * wins.  A fault takes no inode lock and none that is held over a user copy.
 *
 * Without space->lock.  A fault of the running thread in its own space first
 * tries to do without the lock, so that it does not wait for another thread's
 * mmap or munmap elsewhere:
 *
 *	reader (fault)                       writer (space->lock for writing)
 *	seq = region->seq, even              region_close(): seq is odd; barrier
 *	read the region, prepare a page      change the region, walk its entries
 *	lock the page table (a barrier)      under their page-table locks, flush
 *	region->seq still seq?  set entry    region_reopen(): seq + 2, or never:
 *	unlock                               the region is removed
 *
 * 1. An entry set by the reader is seen by the writer's walk, or not set.  Both
 *    take the lock of one page table.  Reader first: the walk finds the entry.
 *    Walk first: seq changed before it, and the reader finds that.  A table that
 *    the walk did not find is no case: the reader makes none, it goes to the lock.
 * 2. What the reader read of the region belongs together: seq is the same after
 *    as before, as in any sequence lock.  Until then it is only calculated with;
 *    a page found by it is referenced under its cache's lock, an entry is used
 *    under the page-table lock after the check.
 * 3. Memory: a region, its page cache (in an inode, or alone) and page tables
 *    are freed after a grace period, and the reader does not sleep.  The cache of
 *    a removed region may be empty already; then nothing is found in it.
 * 4. The tree may be rotated while it is read: the walk is bounded, may miss, and
 *    checks start and end of what it finds behind seq.  Missing costs the lock.
 * 5. Fork keeps its regions closed until the TLBs are flushed: or a copy of a page
 *    could be made while a third thread still writes through a stale translation.
 *    mremap keeps both regions closed while entries are on the way.
 * 6. REGION_PRIVATE_PAGES is set before the check; a writer reads the flags after
 *    the close.  So it sees the bit, or the entry is not set.
 *
 * While one thread alone runs in the space (vm_space_is_shared()), it is the only
 * writer, and cannot fault meanwhile; so nothing is closed, frees are immediate, and
 * its faults may sleep.  (Somebody else may grow its stack, through ptrace or
 * /proc: that moves region->start down, one word.)  All that needs more than this
 * returns VM_FAULT_RETRY: an address without region or leaf table, a page to read
 * or to reclaim, errors.
 *
 * Linux differs in this: 6.1 takes mmap_lock for every fault; and it does not grow
 * a stack for an access far below (neither do we).
 */
#include "abi/signal.h"
#include "arch/api/space.h"
#include "arch/api/upcalls.h"
#include "lib/errno.h"
#include "mem/page.h"
#include "sched/thread.h"
#include "vm/fault.h"
#include "vm/oom.h"
#include "vm/page_cache.h"
#include "vm/vm_internal.h"

/* --- From the address to the entry ------------------------------------------------ */

int fault_check_access(const struct region *region, unsigned flags)
{
	unsigned need = REGION_ACCESS; /* a read: x86 has no write-only pages */

	if (flags & VM_FAULT_WRITE)
		need = REGION_WRITE;
	else if (flags & VM_FAULT_EXEC)
		need = REGION_EXEC;
	if (likely(region->flags & need))
		return 0;
	if (flags & VM_FAULT_FORCE) {
		if (!(flags & VM_FAULT_WRITE))
			return region->flags & REGION_MAYREAD ? 0 : VM_FAULT_SIGSEGV_ACCERR;
		if ((region->flags & REGION_MAYWRITE) && !(region->flags & REGION_SHARED))
			return 0;
	}
	return VM_FAULT_SIGSEGV_ACCERR;
}

/* The entry exists as a place, fault->pte; what is to be done with it? */
static int fault_entry(const struct fault *fault)
{
	struct region *region = fault->region;
	pte_t entry = pte_get(fault->pte);

	if (pte_none(entry)) {
		if (!region->cache && !region->ops)
			return fault_anon(fault);
		if (region->ops && region->ops->fault)
			return fault_ops(fault);
		if (unlikely(!region->cache))
			return VM_FAULT_SIGBUS;
		return fault_file(fault);
	}
	if ((fault->flags & VM_FAULT_WRITE) && !pte_writable(entry))
		return fault_protected(fault, entry);
	arch_tlb_flush_local(fault->addr); /* another thread has been here */
	return 0;
}

/* With space->lock: the region stands still, seq too. */
static int fault_in_region(struct region *region, u64 addr, unsigned flags)
{
	struct fault fault = { .region = region, .addr = addr, .flags = flags, .seq = region->seq };

	if (unlikely(arch_pte_alloc(&region->space->arch, addr, &fault.pte)))
		return VM_FAULT_OOM;
	return fault_entry(&fault);
}

/*
 * A fault of the running thread without space->lock: see the top of the file.
 * @addr is page aligned.  0: done, or to be faulted again.
 */
static int fault_own(struct vm_space *space, u64 addr, unsigned flags)
{
	struct fault fault;
	struct region *region;

	fault.addr = addr;
	fault.flags = flags;
	fault.nosleep = 0;
	if (vm_space_is_shared(space)) {
		fault.nosleep = PAGE_NORECLAIM;
		region = region_find_unlocked(space, addr, &fault.seq);
	} else {
		region = region_find(space, addr);
		if (likely(region))
			fault.seq = region->seq;
	}
	if (unlikely(!region || fault_check_access(region, flags)))
		return VM_FAULT_RETRY;
	fault.region = region;
	fault.pte = arch_pte_lookup(&space->arch, addr);
	if (unlikely(!fault.pte || fault_entry(&fault)))
		return VM_FAULT_RETRY;
	current->minor_faults++;
	return 0;
}

/*
 * The region above @addr is a stack that should reach down to it.  Holds
 * space->lock for writing; 0, or why not.
 */
static int stack_grow(struct vm_space *space, u64 addr)
{
	struct region *region = region_find_from(space, addr), *prev;
	u64 grow;

	if (!region)
		return VM_FAULT_SIGSEGV_MAPERR;
	if (addr >= region->start)
		return 0;
	if (!(region->flags & REGION_GROWSDOWN) || addr < USER_ADDR_MIN)
		return VM_FAULT_SIGSEGV_MAPERR;
	grow = (region->start - addr) >> PAGE_SHIFT;
	if (region->end - addr > READ_ONCE(space->limit_stack))
		return VM_FAULT_SIGSEGV_MAPERR;
	prev = region_prev(space, region);
	if (prev && !(prev->flags & REGION_GROWSDOWN) && (prev->flags & REGION_ACCESS) &&
	    addr - prev->end < STACK_GUARD_GAP)
		return VM_FAULT_SIGSEGV_MAPERR;
	if (!vm_may_expand(space, region->flags, grow))
		return VM_FAULT_SIGSEGV_MAPERR;
	if ((region->flags & REGION_LOCKED) && vm_lock_check(space, grow, false))
		return VM_FAULT_SIGSEGV_MAPERR;
	if (region->flags & REGION_ACCOUNT && vm_commit(grow))
		return VM_FAULT_SIGSEGV_MAPERR;
	region_resize(space, region, addr, region->end);
	return 0;
}

/* space->lock is held for reading and is again on return, not all the time between. */
static int fault_grow(struct vm_space *space, u64 addr, struct region **out)
	REQUIRES_SHARED(&space->lock)
{
	struct region *above = region_find_from(space, addr);
	int ret;

	if (!above || !(above->flags & REGION_GROWSDOWN))
		return VM_FAULT_SIGSEGV_MAPERR;
	rwsem_read_unlock(&space->lock);
	rwsem_write_lock(&space->lock);
	ret = stack_grow(space, addr);
	rwsem_downgrade(&space->lock);
	if (ret)
		return ret;
	*out = region_find(space, addr);
	return *out ? 0 : VM_FAULT_SIGSEGV_MAPERR;
}

/* As vm_fault(), space->lock held for reading. */
int fault_locked(struct vm_space *space, u64 addr, unsigned flags)
{
	struct region *region = region_find(space, addr);
	int ret;

	if (unlikely(!region)) {
		ret = fault_grow(space, addr, &region);
		if (ret)
			return ret;
	}
	ret = fault_check_access(region, flags);
	if (unlikely(ret))
		return ret;
	return fault_in_region(region, addr, flags);
}

int vm_fault(struct vm_space *space, u64 addr, unsigned flags)
{
	int ret;

	if (unlikely(addr >= USER_ADDR_MAX))
		return VM_FAULT_SIGSEGV_MAPERR;
	rwsem_read_lock(&space->lock);
	ret = fault_locked(space, addr & PAGE_MASK, flags);
	rwsem_read_unlock(&space->lock);
	current->minor_faults++;
	return ret;
}

int upcall_user_fault(u64 addr, unsigned flags)
{
	struct arch_space *arch = current->space;
	struct vm_space *space;
	int ret;

	if (!(flags & FAULT_USER) && current->nofault_depth)
		return FAULT_SIGNAL(SIGSEGV, SEGV_MAPERR);
	if (CONFIG_DEBUG)
		lockrank_may_sleep();
	if (unlikely(!arch))
		return FAULT_SIGNAL(SIGSEGV, SEGV_MAPERR);
	space = vm_space_of(arch);

	flags &= FAULT_WRITE | FAULT_EXEC | FAULT_USER | FAULT_PRESENT;
	if (likely(addr < USER_ADDR_MAX) && likely(!fault_own(space, addr & PAGE_MASK, flags)))
		return 0;
	for (unsigned attempt = 0;; attempt++) {
		ret = vm_fault(space, addr, flags);
		if (likely(!ret))
			return 0;
		if (ret != VM_FAULT_OOM)
			break;
		if (!vm_oom_retry(attempt)) {
			/* A fatal signal ends a thread that was in user mode. */
			if ((flags & FAULT_USER) && thread_work_test(current, WORK_KILL))
				return 0;
			return FAULT_SIGNAL(SIGBUS, BUS_ADRERR);
		}
	}
	if (ret == VM_FAULT_SIGBUS)
		return FAULT_SIGNAL(SIGBUS, BUS_ADRERR);
	return FAULT_SIGNAL(SIGSEGV, ret == VM_FAULT_SIGSEGV_ACCERR ? SEGV_ACCERR : SEGV_MAPERR);
}
