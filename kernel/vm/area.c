/*
 * area.c - where a mapping goes, and whether it may be at all.
 *
 * Addresses are given out from mmap_base downwards.  The search for a gap
 * walks the regions from the top, but begins at free_hint: above it no gap is
 * larger than largest_skipped.  munmap lifts the hint again.  So a program
 * that maps one thing after another never walks.
 *
 *	mmap_base |libc|  |ld.so|....gap....|anon|      heap  bss data text
 *	                        ^ free_hint
 *
 * Memory that can be written privately is committed when it is mapped, and so is memory
 * shared without a name; other files that live in memory (tmpfs, memfds) page by page, as they
 * fill: those pages are counted anyway.  As on Linux the default mode refuses only what could
 * never be: more than all RAM.
 *
 * Locking: space->lock for writing; each CPU has a commit count of its own.
 */
#include <linux/capability.h>
#include "abi/mman.h"
#include "core/percpu.h"
#include "lib/errno.h"
#include "mem/page.h"
#include "vm/mmap.h"
#include "vm/space.h"
#include "vm/vm_internal.h"

#define MAP_32BIT_LOW  0x40000000ull
#define MAP_32BIT_HIGH 0x80000000ull

struct vm_overcommit vm_overcommit = { .mode = 0, .ratio = 50 };
DEFINE_PERCPU_STATIC(s64, committed); /* by each CPU, less what it gave back; the sum counts */

/* --- Commit and limits ------------------------------------------------------- */

u64 vm_committed_pages(void)
{
	s64 sum = page_stat_read(PAGE_STAT_SHMEM);

	for (unsigned cpu = 0; cpu < cpu_possible_count; cpu++)
		sum += READ_ONCE(per_cpu(committed, cpu));
	return sum > 0 ? sum : 0;
}

static u64 total_pages(void)
{
	struct page_stats stats;

	page_stats(&stats);
	return stats.total;
}

u64 vm_commit_limit_pages(void)
{
	if (vm_overcommit.kbytes)
		return vm_overcommit.kbytes >> (PAGE_SHIFT - 10);
	return total_pages() * vm_overcommit.ratio / 100;
}

/* In strict mode: do @npages more fit, without the last 3 %? */
bool vm_commit_fits(u64 npages)
{
	u64 limit = vm_commit_limit_pages();

	return vm_committed_pages() + npages <= limit - limit / 32;
}

/* -ENOMEM. */
int vm_commit(u64 npages)
{
	if (!npages)
		return 0;
	/* A small request is never what the default mode refuses. */
	if (vm_overcommit.mode == 0 && npages > 256 && npages > total_pages())
		return -ENOMEM;
	this_cpu(committed) += (s64)npages;
	if (vm_overcommit.mode == 2) {
		smp_mb(); /* of two that ask for the last at once one sees the other */
		if (!vm_commit_fits(0)) {
			this_cpu(committed) -= (s64)npages;
			return -ENOMEM;
		}
	}
	return 0;
}

void vm_uncommit(u64 npages)
{
	this_cpu(committed) -= (s64)npages;
}

bool flags_are_data(unsigned flags)
{
	return (flags & (REGION_WRITE | REGION_SHARED | REGION_GROWSDOWN)) == REGION_WRITE;
}

/* RLIMIT_AS and RLIMIT_DATA. */
bool vm_may_expand(struct vm_space *space, unsigned flags, u64 npages)
{
	if (space->total_pages + npages > READ_ONCE(space->limit_as) >> PAGE_SHIFT)
		return false;
	return !flags_are_data(flags) ||
	       space->data_pages + npages <= READ_ONCE(space->limit_data_map) >> PAGE_SHIFT;
}

/* RLIMIT_MEMLOCK for @npages more.  -EPERM: none allowed; -EAGAIN: too many. */
int vm_lock_check(struct vm_space *space, u64 npages, bool capable)
{
	u64 limit = READ_ONCE(space->limit_memlock) >> PAGE_SHIFT;

	if (capable || vm_file_ops.capable(CAP_IPC_LOCK))
		return 0;
	if (!limit)
		return -EPERM;
	return space->locked_pages + npages > limit ? -EAGAIN : 0;
}

/* --- Where to put it ------------------------------------------------------------ */

/* First address that a mapping below @region must leave free above itself. */
static u64 region_start_gap(const struct region *region)
{
	if (!(region->flags & REGION_GROWSDOWN))
		return region->start;
	return region->start > STACK_GUARD_GAP ? region->start - STACK_GUARD_GAP : 0;
}

/* The highest gap of @len bytes in [low, high): its start, or 0. */
static u64 gap_search(struct vm_space *space, u64 len, u64 low, u64 high, u64 *largest)
{
	struct region *above = region_find_from(space, high), *below = region_prev(space, above);
	u64 top = high;

	if (above)
		top = min(top, region_start_gap(above));
	for (;;) {
		u64 bottom = below ? max(below->end, low) : low;

		if (top > bottom) {
			if (top - bottom >= len)
				return top - len;
			if (largest && top - bottom > *largest)
				*largest = top - bottom;
		}
		if (!below || below->start <= low)
			return 0;
		top = min(top, region_start_gap(below));
		below = region_prev(space, below);
	}
}

/* A free place for @len bytes below mmap_base, else anywhere; 0: none. */
static u64 mmap_area(struct vm_space *space, u64 len)
{
	u64 addr;

	if (len <= space->largest_skipped) {
		space->free_hint = space->mmap_base;
		space->largest_skipped = 0;
	}
	addr = gap_search(space, len, USER_ADDR_MIN, space->free_hint, &space->largest_skipped);
	if (addr) {
		space->free_hint = addr;
		return addr;
	}
	space->free_hint = space->mmap_base;
	space->largest_skipped = 0;
	return gap_search(space, len, USER_ADDR_MIN, USER_ADDR_MAX, NULL);
}

/* What ends at @end became free, up to @next: the search may have to look there again. */
void vm_gap_freed(struct vm_space *space, u64 end, const struct region *next)
{
	if (end <= space->free_hint || space->free_hint >= space->mmap_base)
		return;
	end = next ? next->start : USER_ADDR_MAX;
	space->free_hint = min(end, space->mmap_base);
}

bool range_is_free(struct vm_space *space, u64 addr, u64 len, bool gaps)
{
	struct region *next = region_find_from(space, addr);

	return !next || addr + len <= (gaps ? region_start_gap(next) : next->start);
}

/*
 * Where a mapping goes.  @addr is page aligned.  Return: address, or -errno
 * as u64 (an address is never that large): -ENOMEM, -EEXIST, -EPERM, -EINVAL.
 */
u64 vm_get_area(struct vm_space *space, u64 addr, u64 len, unsigned flags)
{
	if (len > USER_ADDR_MAX)
		return -ENOMEM;
	if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
		if (addr > USER_ADDR_MAX - len)
			return -ENOMEM;
		if (addr & ~PAGE_MASK)
			return -EINVAL;
		if (addr < USER_ADDR_MIN && !vm_file_ops.capable(CAP_SYS_RAWIO))
			return -EPERM;
		if ((flags & MAP_FIXED_NOREPLACE) && !range_is_free(space, addr, len, false))
			return -EEXIST;
		return addr;
	}
	if (addr && addr < USER_ADDR_MAX) {
		addr = max(ALIGN_DOWN(addr, PAGE_SIZE), (u64)USER_ADDR_MIN);
		if (addr <= USER_ADDR_MAX - len &&
		    (!(flags & MAP_32BIT) || addr + len <= MAP_32BIT_HIGH) &&
		    range_is_free(space, addr, len, true))
			return addr;
	}
	if (flags & MAP_32BIT)
		addr = gap_search(space, len, MAP_32BIT_LOW, MAP_32BIT_HIGH, NULL);
	else
		addr = mmap_area(space, len);
	return addr ? addr : (u64)-ENOMEM;
}
