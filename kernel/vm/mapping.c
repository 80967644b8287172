/*
 * mapping.c - who maps a page cache, and taking pages away from them.
 *
 * The regions that map a file hang in a tree by the first page they show.  Each
 * knows the last page that any region below it shows, so that a search for those
 * that show one of pages [first, last] leaves out whole subtrees: a truncation
 * costs O(log regions + regions it concerns).  Those that show the same pages, as
 * after a fork or when many run one program, are a ring of which one is in the
 * tree: fork and exit do not touch the tree then.
 *
 *	              [2..9] max 9
 *	             /            \
 *	   [0..3] max 5          [4..4] max 7       first = 6: not to the left
 *	        \                     \
 *	      [1..5] max 5          [6..7] max 7
 *
 * Source: Cormen et al., Introduction to Algorithms, section 14.3.
 *
 * Locking: cache->map_lock for the tree; it also keeps every region in it, and
 * the page tables below it, alive: a region leaves the tree before its tables
 * can be freed.
 */
#include "mem/page.h"
#include "vm/page_cache.h"
#include "vm/vm_internal.h"

static bool region_may_write(const struct region *region)
{
	return (region->flags & (REGION_SHARED | REGION_MAYWRITE)) ==
	       (REGION_SHARED | REGION_MAYWRITE);
}

/* --- The tree --------------------------------------------------------------- */

static inline struct region *mapping_of(struct rb_node *node)
{
	return rb_entry(node, struct region, cache_node);
}

/* Its bounds are new. */
static inline void note_last(struct region *region)
{
	region->cache_last = region->pgoff + region_pages(region) - 1;
}

static bool update_max(struct rb_node *node)
{
	struct region *region = mapping_of(node);
	u64 highest = region->cache_last;

	if (node->left)
		highest = max(highest, mapping_of(node->left)->cache_max);
	if (node->right)
		highest = max(highest, mapping_of(node->right)->cache_max);
	if (region->cache_max == highest)
		return false;
	region->cache_max = highest;
	return true;
}

/* @region is a copy of @twin, or was compared with it. */
static void twin_join(struct region *region, struct region *twin)
{
	rb_node_init(&region->cache_node);
	list_add(&twin->twins, &region->twins);
}

static void insert_locked(struct page_cache *cache, struct region *region)
	REQUIRES(&cache->map_lock)
{
	struct rb_node **link = &cache->regions.node, *parent = NULL;

	note_last(region);
	while (*link) {
		struct region *other = mapping_of(*link);

		if (region->pgoff == other->pgoff && region->cache_last == other->cache_last) {
			twin_join(region, other);
			return;
		}
		parent = *link;
		link = region->pgoff < other->pgoff ? &parent->left : &parent->right;
	}
	list_init(&region->twins);
	rb_link(&region->cache_node, parent, link);
	rb_insert_augmented(&cache->regions, &region->cache_node, update_max);
}

static void remove_locked(struct page_cache *cache, struct region *region)
	REQUIRES(&cache->map_lock)
{
	struct region *twin = list_next_entry(region, twins);

	if (twin == region) {
		rb_erase_augmented(&cache->regions, &region->cache_node, update_max);
	} else {
		list_del(&region->twins);
		if (rb_is_linked(&region->cache_node)) {
			rb_replace(&cache->regions, &region->cache_node, &twin->cache_node);
			twin->cache_max = region->cache_max;
		}
	}
}

void page_cache_add_region(struct page_cache *cache, struct region *region, struct region *twin)
{
	mutex_lock(&cache->map_lock);
	if (twin)
		twin_join(region, twin);
	else
		insert_locked(cache, region);
	cache->nwritable += region_may_write(region);
	mutex_unlock(&cache->map_lock);
}

void page_cache_del_region(struct page_cache *cache, struct region *region)
{
	mutex_lock(&cache->map_lock);
	remove_locked(cache, region);
	cache->nwritable -= region_may_write(region);
	mutex_unlock(&cache->map_lock);
}

void page_cache_resize_region(struct page_cache *cache, struct region *region, u64 start, u64 end)
{
	mutex_lock(&cache->map_lock);
	if (start == region->start && list_next_entry(region, twins) == region) {
		region_set_bounds(region, start, end);
		note_last(region);
		rb_update_path(&region->cache_node, update_max);
	} else {
		remove_locked(cache, region);
		region_set_bounds(region, start, end);
		insert_locked(cache, region);
	}
	mutex_unlock(&cache->map_lock);
}

/*
 * A walk, in order, over those that show one of pages [first, last].  What it has
 * gone left of lies on a stack, so that it never climbs.
 */
struct mapping_walk {
	u64 first, last;
	unsigned depth;
	struct rb_node *left_of[64]; /* as many as any path has nodes: 2 log2(2^32) */
};

static inline bool reaches(struct rb_node *node, const struct mapping_walk *walk)
{
	return node && mapping_of(node)->cache_max >= walk->first;
}

/* The leftmost of @node and below, which reaches(); NULL: none, nor behind it. */
static struct region *walk_down(struct mapping_walk *walk, struct rb_node *node)
{
	for (;;) {
		struct region *region = mapping_of(node);

		if (reaches(node->left, walk)) {
			walk->left_of[walk->depth++] = node;
			node = node->left;
		} else if (region->cache_last >= walk->first) {
			return region->pgoff <= walk->last ? region : NULL;
		} else {
			node = node->right; /* so that does */
		}
	}
}

static struct region *walk_begin(struct mapping_walk *walk, struct page_cache *cache)
	REQUIRES(&cache->map_lock)
{
	walk->depth = 0;
	return reaches(cache->regions.node, walk) ? walk_down(walk, cache->regions.node) : NULL;
}

/* After @region in the tree. */
static struct region *walk_on(struct mapping_walk *walk, struct region *region)
{
	for (;;) {
		struct rb_node *node = region->cache_node.right;

		if (reaches(node, walk))
			return walk_down(walk, node);
		if (!walk->depth)
			return NULL;
		region = mapping_of(walk->left_of[--walk->depth]);
		if (region->pgoff > walk->last)
			return NULL;
		if (region->cache_last >= walk->first)
			return region;
	}
}

/* With its twins; cache->map_lock is held throughout. */
static struct region *walk_next(struct mapping_walk *walk, struct region *region)
{
	region = list_next_entry(region, twins);
	return rb_is_linked(&region->cache_node) ? walk_on(walk, region) : region;
}

#define for_each_mapping(region, walk, cache)                                                      \
	for (region = walk_begin(walk, cache); region; region = walk_next(walk, region))

/* --- Taking pages away -------------------------------------------------------- */

/* The addresses at which @region shows pages of the walk: there are some. */
static void region_window(const struct region *region, const struct mapping_walk *walk, u64 *start,
			  u64 *end)
{
	*start = region->start;
	if (walk->first > region->pgoff)
		*start += (walk->first - region->pgoff) << PAGE_SHIFT;
	*end = region->end;
	if (walk->last < region->cache_last)
		*end -= (region->cache_last - walk->last) << PAGE_SHIFT;
}

void page_cache_unmap(struct page_cache *cache, u64 first, u64 last)
{
	struct mapping_walk walk;
	struct region *region;
	struct tlb_batch batch;
	u64 start, end;

	if (!page_cache_mapped(cache))
		return;
	walk.first = first;
	walk.last = last;
	mutex_lock(&cache->map_lock);
	for_each_mapping(region, &walk, cache)
	{
		region_window(region, &walk, &start, &end);
		tlb_batch_init(&batch, &region->space->arch);
		pte_zap(region, start, end, &batch);
		tlb_batch_flush(&batch);
	}
	mutex_unlock(&cache->map_lock);
}

/*
 * Reclaim: takes the cache's own pages out of all mappings; private copies
 * stay.  Never sleeps.  false: the tree is in use.
 */
bool page_cache_unmap_try(struct page_cache *cache)
{
	struct mapping_walk walk;
	struct region *region;
	struct tlb_batch batch;

	walk.first = 0;
	walk.last = U64_MAX;
	if (!mutex_trylock(&cache->map_lock))
		return false;
	for_each_mapping(region, &walk, cache)
	{
		tlb_batch_init(&batch, &region->space->arch);
		pte_zap_cached(region, region->start, region->end, &batch);
		tlb_batch_flush(&batch);
	}
	mutex_unlock(&cache->map_lock);
	return true;
}

/* The next store to pages [first, last] through any mapping faults. */
void page_cache_write_protect(struct page_cache *cache, u64 first, u64 last)
{
	struct mapping_walk walk;
	struct region *region;
	u64 start, end;

	walk.first = first;
	walk.last = last;
	mutex_lock(&cache->map_lock);
	for_each_mapping(region, &walk, cache)
	{
		if (!(region->flags & REGION_SHARED))
			continue;
		region_window(region, &walk, &start, &end);
		pte_write_protect(region, start, end);
	}
	mutex_unlock(&cache->map_lock);
}
