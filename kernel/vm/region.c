/*
 * region.c - the regions of an address space, as a data structure.
 *
 * A space holds its regions twice: in an rb tree by start address, for faults,
 * and in a list by address, for neighbours, fork and the search for free room.
 * The last region that a fault hit is remembered; most faults find it there.
 *
 *	tree:        heap                 list: text - data - heap - libc - stack
 *	           /      \
 *	        text      libc
 *	           \          \
 *	           data       stack
 *
 * A region with a page cache also hangs in the tree of that cache, so that a
 * truncation finds every mapping of what it takes away (mapping.c).
 *
 * Locking: everything here needs space->lock, for writing when it changes
 * something.  start, end and pgoff of a region with a cache change under
 * cache->map_lock as well.  Faults read the tree and a region without the lock:
 * every change is between region_close() and region_reopen(), and what was in
 * the tree is freed after a grace period.  fault.c has the reasoning.
 */
#include "core/panic.h"
#include "lib/errno.h"
#include "mem/slab.h"
#include "sched/rcu.h"
#include "vm/page_cache.h"
#include "vm/region.h"
#include "vm/space.h"
#include "vm/vm_internal.h"

int vm_max_map_count = 65530;

static struct slab_cache region_slab;

void region_init_cache(void)
{
	slab_cache_init(&region_slab, "region", sizeof(struct region), 0);
}

struct region *region_find_from(struct vm_space *space, u64 addr)
{
	struct rb_node *node = space->regions.node;
	struct region *best = NULL;

	while (node) {
		struct region *region = rb_entry(node, struct region, node);

		if (addr < region->end) {
			best = region;
			if (addr >= region->start)
				break;
			node = node->left;
		} else {
			node = node->right;
		}
	}
	return best;
}

/*
 * The tree may turn while we walk, so that we get lost or go round: a bound, and
 * only a look behind seq counts.  last_hit is read but never set here: a region
 * that is being removed must not come back by it.
 */
struct region *region_find_unlocked(struct vm_space *space, u64 addr, u32 *seq)
{
	struct region *region = READ_ONCE(space->last_hit);
	struct rb_node *node;

	if (!region || addr - READ_ONCE(region->start) >= READ_ONCE(region->end) - region->start) {
		node = READ_ONCE(space->regions.node);
		for (unsigned step = 0; node && step < 2 * 17; step++) {
			region = rb_entry(node, struct region, node);
			if (addr >= READ_ONCE(region->end))
				node = READ_ONCE(node->right);
			else if (addr < READ_ONCE(region->start))
				node = READ_ONCE(node->left);
			else
				break;
		}
	}
	if (!region)
		return NULL;
	*seq = load_acquire(&region->seq);
	if ((*seq & 1) || addr < READ_ONCE(region->start) || addr >= READ_ONCE(region->end))
		return NULL;
	return region;
}

/* The region that contains @addr, or NULL. */
struct region *region_find(struct vm_space *space, u64 addr)
{
	struct region *region = READ_ONCE(space->last_hit);

	if (region && addr - region->start < region->end - region->start)
		return region;
	region = region_find_from(space, addr);
	if (!region || addr < region->start)
		return NULL;
	WRITE_ONCE(space->last_hit, region);
	return region;
}

struct region *region_next(struct vm_space *space, struct region *region)
{
	return list_is_last(&space->region_list, &region->link) ? NULL :
								  list_next_entry(region, link);
}

/* Of NULL: the last one. */
struct region *region_prev(struct vm_space *space, struct region *region)
{
	struct list_node *prev = region ? region->link.prev : space->region_list.prev;

	return prev == &space->region_list ? NULL : list_entry(prev, struct region, link);
}

void region_account(struct vm_space *space, const struct region *region, s64 npages)
{
	unsigned flags = region->flags;

	space->total_pages += npages;
	if ((flags & (REGION_WRITE | REGION_SHARED | REGION_GROWSDOWN)) == REGION_WRITE)
		space->data_pages += npages;
	else if ((flags & (REGION_EXEC | REGION_WRITE | REGION_GROWSDOWN)) == REGION_EXEC)
		space->exec_pages += npages;
	if (unlikely(flags & (REGION_GROWSDOWN | REGION_LOCKED))) {
		if (flags & REGION_GROWSDOWN)
			space->stack_pages += npages;
		if (flags & REGION_LOCKED)
			space->locked_pages += npages;
	}
	if (space->total_pages > space->hiwater_total)
		space->hiwater_total = space->total_pages;
}

/* Changes flags of a region in a space, with what is counted by flags. */
void region_set_flags(struct vm_space *space, struct region *region, unsigned flags)
{
	u32 seq = region_close(region);

	region_account(space, region, -(s64)region_pages(region));
	/* A fault may have set that one since the caller looked. */
	region->flags = flags | (region->flags & REGION_PRIVATE_PAGES);
	region_account(space, region, region_pages(region));
	region_reopen(region, seq);
}

/* Not yet in the space's tree.  NULL: no memory. */
struct region *region_new(struct vm_space *space, u64 start, u64 end, unsigned flags)
{
	struct region *region = slab_alloc(&region_slab);

	if (!region)
		return NULL;
	region->start = start;
	region->end = end;
	region->flags = flags;
	region->seq = 0;
	region->pgoff = start >> PAGE_SHIFT;
	region->space = space;
	region->cache = NULL;
	region->ops = NULL;
	region->file = NULL;
	region->name = NULL;
	region->priv = NULL;
	return region;
}

static void region_free_rcu(struct rcu_head *head)
{
	slab_free(&region_slab, container_of(head, struct region, rcu));
}

/* Gives back what the region refers to, and itself; it is in no tree. */
void region_free(struct region *region)
{
	if (region->ops && region->ops->close)
		region->ops->close(region);
	if (region->cache && (region->cache->flags & CACHE_COUNTED))
		page_cache_put(region->cache);
	if (region->file)
		vm_file_ops.put(region->file);
	if (region->seq & 1) /* closed for ever: somebody may be looking at it */
		call_rcu(&region->rcu, region_free_rcu);
	else
		slab_free(&region_slab, region);
}

/* For a region that got nothing but memory yet. */
void region_free_raw(struct region *region)
{
	slab_free(&region_slab, region);
}

/* Of two neighbours in a tree the upper has no left child, or the lower no right one. */
static void region_link(struct vm_space *space, struct region *region, struct region *next)
{
	struct list_node *before = next ? &next->link : &space->region_list;
	struct rb_node *parent = NULL, **link = &space->regions.node;

	if (next && !next->node.left) {
		parent = &next->node;
		link = &parent->left;
	} else if (before->prev != &space->region_list) {
		parent = &list_entry(before->prev, struct region, link)->node;
		link = &parent->right;
	}
	rb_link(&region->node, parent, link);
	rb_insert_fixup(&space->regions, &region->node);
	list_insert_between(&region->link, before->prev, before);
	space->nregions++;
}

void region_insert_before(struct vm_space *space, struct region *region, struct region *next)
{
	region_account(space, region, region_pages(region));
	region_link(space, region, next);
	if (region->cache)
		page_cache_add_region(region->cache, region, NULL);
}

void region_insert(struct vm_space *space, struct region *region)
{
	region_insert_before(space, region, region_find_from(space, region->start));
}

void region_append(struct vm_space *space, struct region *region, struct region *like)
{
	region_link(space, region, NULL);
	if (region->cache)
		page_cache_add_region(region->cache, region, like);
}

/* Unlinks; region_free() is the caller's next step. */
void region_remove(struct vm_space *space, struct region *region)
{
	(void)region_close(region); /* for ever */
	if (space->last_hit == region)
		WRITE_ONCE(space->last_hit, NULL);
	rb_erase(&space->regions, &region->node);
	list_del(&region->link);
	space->nregions--;
	region_account(space, region, -(s64)region_pages(region));
	if (region->cache)
		page_cache_del_region(region->cache, region);
}

/*
 * A copy of @src for @space with references of its own, in no tree yet.
 * NULL: no memory.
 */
struct region *region_dup(struct vm_space *space, struct region *src)
{
	struct region *region = slab_alloc(&region_slab);

	if (!region)
		return NULL;
	*region = *src;
	region->seq = 0;
	region->space = space;
	if (region->file)
		vm_file_ops.get(region->file);
	if (region->cache && (region->cache->flags & CACHE_COUNTED))
		page_cache_get(region->cache);
	if (region->ops && region->ops->dup)
		region->ops->dup(region);
	return region;
}

void region_set_bounds(struct region *region, u64 start, u64 end)
{
	u32 seq = region_close(region);
	u64 before = region_pages(region);

	region->pgoff += (s64)(start - region->start) >> PAGE_SHIFT;
	WRITE_ONCE(region->start, start);
	WRITE_ONCE(region->end, end);
	region_account(region->space, region, (s64)(region_pages(region) - before));
	region_reopen(region, seq);
}

/* New bounds inside or around the old ones, order among the regions kept. */
void region_resize(struct vm_space *space, struct region *region, u64 start, u64 end)
{
	if (region->cache)
		page_cache_resize_region(region->cache, region, start, end);
	else
		region_set_bounds(region, start, end);
}

/*
 * Cuts @region at @addr, strictly inside: @region keeps the part below.
 * -ENOMEM: no memory or too many regions.
 */
int region_split(struct vm_space *space, struct region *region, u64 addr)
{
	struct region *upper;
	u32 seq;
	int err;

	assert(addr > region->start && addr < region->end);
	if (vm_space_is_full(space, 1))
		return -ENOMEM;
	if (region->ops && region->ops->may_split) {
		err = region->ops->may_split(region, addr);
		if (err)
			return err;
	}
	seq = region_close(region);
	upper = region_dup(space, region);
	if (!upper) {
		region_reopen(region, seq);
		return -ENOMEM;
	}

	/* Commit point.  A truncation in between sees both cover the upper part. */
	upper->pgoff = region_pgoff(region, addr);
	upper->start = addr;
	if (upper->cache)
		page_cache_add_region(upper->cache, upper, NULL);
	region_resize(space, region, region->start, addr);

	region_link(space, upper, region_next(space, region));
	region_account(space, upper, region_pages(upper));
	region_reopen(region, seq);
	return 0;
}

static bool region_can_merge(const struct region *a, const struct region *b)
{
	const unsigned ignore = REGION_PRIVATE_PAGES;

	if (a->end != b->start || ((a->flags ^ b->flags) & ~ignore))
		return false;
	if (a->file != b->file || a->cache != b->cache || a->ops || b->ops || a->name != b->name ||
	    a->priv != b->priv)
		return false;
	if (a->flags & (REGION_SPECIAL | REGION_IO | REGION_GROWSDOWN))
		return false;
	return (!a->cache && !a->file) || region_pgoff(a, a->end) == b->pgoff;
}

static void region_absorb_next(struct vm_space *space, struct region *region, struct region *next)
{
	u64 end = next->end;
	u32 seq = region_close(region);

	(void)region_close(next); /* before its flags are read */
	region->flags |= next->flags & REGION_PRIVATE_PAGES;
	/* Grow first: no moment without a region for a truncation to find. */
	region_resize(space, region, region->start, end);
	region_remove(space, next);
	region_free(next);
	region_reopen(region, seq);
}

/* Joins @region with equal neighbours; returns what it is part of now. */
struct region *region_merge(struct vm_space *space, struct region *region)
{
	struct region *prev = region_prev(space, region);
	struct region *next = region_next(space, region);

	if (next && region_can_merge(region, next))
		region_absorb_next(space, region, next);
	if (prev && region_can_merge(prev, region)) {
		region_absorb_next(space, prev, region);
		region = prev;
	}
	return region;
}
