/*
 * mlock.c - mlock(2) and its kin, and faulting ranges in.
 *
 * Nothing is ever swapped, so to lock is to fault in, to count against
 * RLIMIT_MEMLOCK, and to refuse MADV_DONTNEED.  Reclaim drops only pages that
 * nobody maps.
 *
 * Locking: space->lock for writing while flags change; not while faulting in.
 */
#include "abi/mman.h"
#include "lib/errno.h"
#include "sched/sched.h"
#include "vm/fault.h"
#include "vm/mmap.h"
#include "vm/oom.h"
#include "vm/vm_internal.h"

#define LOCK_FLAGS (REGION_LOCKED | REGION_LOCKONFAULT)

/* Faults in one page if it is missing; VM_FAULT_* or 0. */
static int populate_page(struct vm_space *space, u64 va, enum populate how, u64 *next)
{
	bool write = how == POPULATE_WRITE, present = false;
	struct region *region;
	pte_t *pte;

	*next = va + PAGE_SIZE;
	rwsem_read_lock(&space->lock);
	region = region_find(space, va);
	if (!region) {
		region = region_find_from(space, va);
		*next = region ? region->start : U64_MAX;
		rwsem_read_unlock(&space->lock);
		return VM_FAULT_SIGSEGV_MAPERR;
	}
	if (how >= POPULATE_READ && !(region->flags & (write ? REGION_WRITE : REGION_READ))) {
		rwsem_read_unlock(&space->lock);
		return VM_FAULT_SIGSEGV_ACCERR;
	}
	if (how == POPULATE_LOCK && !(region->flags & REGION_ACCESS)) {
		rwsem_read_unlock(&space->lock);
		return VM_FAULT_SIGSEGV_ACCERR; /* pages from before mprotect(2) do not count */
	}
	if (!write) /* private pages are wanted as their own */
		write = (region->flags & (REGION_WRITE | REGION_SHARED)) == REGION_WRITE;
	pte = arch_pte_lookup(&space->arch, va);
	if (pte) {
		pte_t entry = pte_get(pte);

		present = !pte_none(entry) && (!write || pte_writable(entry));
	}
	rwsem_read_unlock(&space->lock);
	return present ? 0 : vm_fault(space, va, write ? VM_FAULT_WRITE : 0);
}

/*
 * Faults [start, end) in.  Of errors that are told a hole is told at the end, anything else
 * at once.
 */
int vm_populate_range(struct vm_space *space, u64 start, u64 end, enum populate how)
{
	bool strict = how != POPULATE_ANY;
	unsigned attempt = 0;
	u64 va = start, next;
	int hole = 0;

	while (va < end) {
		int ret = populate_page(space, va, how, &next);

		if (ret == VM_FAULT_OOM && vm_oom_retry(attempt++))
			continue;
		attempt = 0;
		if (thread_work_test(current, WORK_KILL))
			return -EINTR;
		if (ret == VM_FAULT_OOM)
			return -ENOMEM;
		if (ret == VM_FAULT_SIGSEGV_MAPERR)
			hole = -ENOMEM;
		else if (ret && strict)
			return ret == VM_FAULT_SIGSEGV_ACCERR ? -EINVAL : -EFAULT;
		va = next;
		sched_yield_point();
	}
	return strict ? hole : 0;
}

void vm_populate(struct vm_space *space, u64 addr, u64 len)
{
	(void)vm_populate_range(space, addr, addr + len, POPULATE_ANY);
}

/* Pages of [start, end) that are locked already. */
static u64 locked_in_range(struct vm_space *space, u64 start, u64 end)
{
	struct region *region = region_find_from(space, start);
	u64 n = 0;

	for (; region && region->start < end; region = region_next(space, region)) {
		if (region->flags & REGION_LOCKED)
			n += (min(region->end, end) - max(region->start, start)) >> PAGE_SHIFT;
	}
	return n;
}

/* Sets the lock flags of [start, end).  -ENOMEM: a hole, or no memory. */
static int apply_lock(struct vm_space *space, u64 start, u64 end, unsigned lock)
{
	struct region *region = region_find_from(space, start);
	u64 va = start;

	while (va < end) {
		unsigned flags;
		int err;

		if (!region || region->start > va)
			return -ENOMEM;
		flags = (region->flags & ~LOCK_FLAGS) | lock;
		if (region->flags & (REGION_IO | REGION_SPECIAL))
			flags = region->flags;
		if (flags != region->flags) {
			err = vm_change_flags(space, region, va, min(region->end, end), flags,
					      &region);
			if (err)
				return err;
			region = region_merge(space, region);
		}
		va = region->end;
		region = region_next(space, region);
	}
	return 0;
}

int vm_mlock(struct vm_space *space, u64 addr, u64 len, bool on_fault, bool capable)
{
	u64 start = addr & PAGE_MASK, npages, limit;
	u64 size = ALIGN_UP(len + (addr - start), PAGE_SIZE), end = start + size;
	int err = -ENOMEM;

	npages = size >> PAGE_SHIFT; /* a @len that wraps to nothing is nothing, as on Linux */
	limit = READ_ONCE(space->limit_memlock) >> PAGE_SHIFT;
	if (!capable && !limit)
		return -EPERM;
	if (!npages)
		return 0;
	rwsem_write_lock(&space->lock);
	if (capable || space->locked_pages + npages <= limit ||
	    space->locked_pages + npages - locked_in_range(space, start, end) <= limit)
		err = end < start ? -EINVAL :
				    apply_lock(space, start, end,
					       REGION_LOCKED | (on_fault ? REGION_LOCKONFAULT : 0));
	rwsem_write_unlock(&space->lock);
	if (err || on_fault)
		return err;
	err = vm_populate_range(space, start, end, POPULATE_LOCK);
	if (err == -EINVAL || err == -EFAULT) /* PROT_NONE: nothing to lock */
		err = -ENOMEM;
	return err == -EINTR ? -EAGAIN : err;
}

int vm_munlock(struct vm_space *space, u64 addr, u64 len)
{
	u64 start = addr & PAGE_MASK, end = start + ALIGN_UP(len + (addr - start), PAGE_SIZE);
	int err;

	if (end < start)
		return -EINVAL;
	rwsem_write_lock(&space->lock);
	err = apply_lock(space, start, end, 0);
	rwsem_write_unlock(&space->lock);
	return err;
}

static void lock_all(struct vm_space *space, unsigned lock)
{
	struct region *region, *next;

	region = region_find_from(space, 0);
	for (; region; region = next) {
		if (!(region->flags & (REGION_IO | REGION_SPECIAL)))
			region_set_flags(space, region, (region->flags & ~LOCK_FLAGS) | lock);
		region = region->ops ? region : region_merge(space, region);
		next = region_next(space, region);
	}
}

/* @flags: MCL_*, checked. */
int vm_mlockall(struct vm_space *space, unsigned flags, bool capable)
{
	unsigned lock = REGION_LOCKED | (flags & MCL_ONFAULT ? REGION_LOCKONFAULT : 0);
	u64 limit = READ_ONCE(space->limit_memlock) >> PAGE_SHIFT;
	int err = 0;

	if (!capable && !limit)
		return -EPERM;
	rwsem_write_lock(&space->lock);
	if ((flags & MCL_CURRENT) && !capable && space->total_pages > limit) {
		err = -ENOMEM;
	} else {
		space->default_lock = flags & MCL_FUTURE ? lock : 0;
		if (flags & MCL_CURRENT)
			lock_all(space, lock);
	}
	rwsem_write_unlock(&space->lock);
	if (!err && (flags & (MCL_CURRENT | MCL_ONFAULT)) == MCL_CURRENT)
		vm_populate(space, 0, USER_ADDR_MAX);
	return err;
}

int vm_munlockall(struct vm_space *space)
{
	rwsem_write_lock(&space->lock);
	space->default_lock = 0;
	lock_all(space, 0);
	rwsem_write_unlock(&space->lock);
	return 0;
}
