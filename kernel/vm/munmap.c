/*
 * munmap.c - munmap: regions go, or become shorter.
 *
 * They leave the tree first, then the page tables are cleared, the TLBs flushed once, the pages
 * freed, and last the files let go of.  Only the middle of a region, or one whose owner has to be
 * asked, is split before; what loses an end changes its bounds, which writes no other region.
 * A fault in the part that is lost sees seq change as for a region that is gone (fault.c): its
 * entry is set before the tables are cleared, or not at all.
 *
 * Locking: space->lock for writing; files are called with it held.
 * Source: munmap(2).
 */
#include "lib/errno.h"
#include "vm/mmap.h"
#include "vm/space.h"
#include "vm/vm_internal.h"

/*
 * Makes it so that [start, end), of which *first is the first region, can go without memory: what
 * ends or begins there becomes shorter, but the middle of a region leaves two, and an owner is
 * asked.  -ENOMEM, and what the owner says.
 */
static int cut_edges(struct vm_space *space, struct region **first, u64 start, u64 end)
{
	struct region *region = *first, *next;
	int err;

	if (region->start < start && (region->end > end || region->ops)) {
		err = region_split(space, region, start);
		if (err)
			return err;
		*first = region = region_next(space, region);
	}
	while (region->end < end && (next = region_next(space, region)) && next->start < end)
		region = next;
	return region->end > end && region->ops ? region_split(space, region, end) : 0;
}

/* Page tables of [start, end) that lie wholly between its neighbours. */
static void free_tables(struct vm_space *space, u64 start, u64 end, const struct region *prev,
			const struct region *next)
{
	u64 low = ALIGN_UP(prev ? prev->end : 0, ARCH_TABLE_SPAN);
	u64 high = ALIGN_DOWN(next ? next->start : USER_ADDR_MAX, ARCH_TABLE_SPAN);

	low = max(low, ALIGN_DOWN(start, ARCH_TABLE_SPAN));
	high = min(high, ALIGN_UP(end, ARCH_TABLE_SPAN));
	if (low < high)
		arch_tables_free_range(&space->arch, low, high, vm_space_is_shared(space));
}

/* What goes: whole regions, and parts of two that become shorter. */
struct unmapped {
	struct list_node regions; /* out of the tree */
	struct {
		struct region *region;
		u64 start, end;
	} part[2];
	unsigned parts;
	u64 committed; /* pages */
};

/* Takes [start, end) out of the tree, from its first region on.  The one behind it. */
static struct region *take_out(struct vm_space *space, struct region *region, u64 start, u64 end,
			       struct unmapped *out)
{
	struct region *next;

	for (; region && region->start < end; region = next) {
		u64 from = max(region->start, start), to = min(region->end, end);

		next = region_next(space, region);
		if (region->flags & REGION_ACCOUNT)
			out->committed += (to - from) >> PAGE_SHIFT;
		if (likely(to - from == region->end - region->start)) {
			region_remove(space, region);
			list_add_tail(&out->regions, &region->link);
			continue;
		}
		out->part[out->parts].region = region;
		out->part[out->parts].start = from;
		out->part[out->parts++].end = to;
		if (region->end == to) {
			region_resize(space, region, region->start, from);
		} else {
			region_resize(space, region, to, region->end);
			return region;
		}
	}
	return region;
}

int vm_unmap_locked(struct vm_space *space, u64 start, u64 end)
{
	struct region *region, *prev, *next, *tmp;
	struct unmapped gone;
	struct tlb_batch batch;
	int err;

	region = region_find_from(space, start);
	if (!region || region->start >= end)
		return 0;
	err = cut_edges(space, &region, start, end);
	if (err)
		return err;

	/* Commit point: nothing below can fail. */
	list_init(&gone.regions);
	gone.parts = 0;
	gone.committed = 0;
	prev = region->start < start ? region : region_prev(space, region);
	next = take_out(space, region, start, end, &gone);
	tlb_batch_init(&batch, &space->arch);
	list_for_each_entry(region, &gone.regions, link)
		pte_zap(region, region->start, region->end, &batch);
	for (unsigned i = 0; i < gone.parts; i++)
		pte_zap(gone.part[i].region, gone.part[i].start, gone.part[i].end, &batch);
	tlb_batch_flush(&batch);
	free_tables(space, start, end, prev, next);
	vm_gap_freed(space, end, next);
	list_for_each_entry_safe(region, tmp, &gone.regions, link)
		region_free(region);
	vm_uncommit(gone.committed);
	return 0;
}

int vm_munmap(struct vm_space *space, u64 addr, u64 len)
{
	int err;

	if ((addr & ~PAGE_MASK) || addr > USER_ADDR_MAX || len > USER_ADDR_MAX - addr)
		return -EINVAL;
	len = ALIGN_UP(len, PAGE_SIZE);
	if (!len)
		return -EINVAL;
	rwsem_write_lock(&space->lock);
	err = vm_unmap_locked(space, addr, addr + len);
	rwsem_write_unlock(&space->lock);
	return err;
}
