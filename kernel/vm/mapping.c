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

static inline u64 last_page(const struct region *region)
{
	return region->pgoff + region_pages(region) - 1;
}

static inline struct region *mapping_of(struct rb_node *node)
{
	return rb_entry(node, struct region, cache_node);
}

static bool update_max(struct rb_node *node)
{
	struct region *region = mapping_of(node);
	u64 highest = last_page(region);

	if (node->left)
		highest = max(highest, mapping_of(node->left)->cache_max);
	if (node->right)
		highest = max(highest, mapping_of(node->right)->cache_max);
	if (region->cache_max == highest)
		return false;
	region->cache_max = highest;
	return true;
}

static void join_locked(struct region *region, struct region *twin)
{
	rb_node_init(&region->cache_node);
	list_add(&twin->twins, &region->twins);
}

static void insert_locked(struct page_cache *cache, struct region *region)
	REQUIRES(&cache->map_lock)
{
	struct rb_node **link = &cache->regions.node, *parent = NULL;

	while (*link) {
		struct region *other = mapping_of(*link);

		if (region->pgoff == other->pgoff && region_pages(region) == region_pages(other)) {
			join_locked(region, other);
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
		join_locked(region, twin);
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
		rb_update_path(&region->cache_node, update_max);
	} else {
		remove_locked(cache, region);
		region_set_bounds(region, start, end);
		insert_locked(cache, region);
	}
	mutex_unlock(&cache->map_lock);
}

/* The leftmost below @node that shows one of [first, last]; NULL: none. */
static struct region *find_below(struct rb_node *node, u64 first, u64 last)
{
	while (node && mapping_of(node)->cache_max >= first) {
		struct region *region = mapping_of(node);

		/* If the left has one that reaches @first and still none that
		 * fits, it begins behind @last, and so do all to its right. */
		if (node->left && mapping_of(node->left)->cache_max >= first)
			node = node->left;
		else if (region->pgoff > last)
			return NULL;
		else if (last_page(region) >= first)
			return region;
		else
			node = node->right;
	}
	return NULL;
}

static struct region *find_next(struct region *region, u64 first, u64 last)
{
	struct rb_node *node = &region->cache_node, *from;

	for (;;) {
		region = find_below(node->right, first, last);
		if (region)
			return region;
		do { /* up to the next node in order */
			from = node;
			node = rb_parent(node);
			if (!node)
				return NULL;
		} while (from == node->right);
		region = mapping_of(node);
		if (region->pgoff > last)
			return NULL;
		if (last_page(region) >= first)
			return region;
	}
}

/* With its twins; cache->map_lock is held throughout. */
static struct region *next_mapping(struct region *region, u64 first, u64 last)
{
	region = list_next_entry(region, twins);
	return rb_is_linked(&region->cache_node) ? find_next(region, first, last) : region;
}

#define for_each_mapping(region, cache, first, last)                                               \
	for (region = find_below((cache)->regions.node, first, last); region;                      \
	     region = next_mapping(region, first, last))

/* --- Taking pages away -------------------------------------------------------- */

/* The addresses at which @region shows pages of [first, last]: there are some. */
static void region_window(const struct region *region, u64 first, u64 last, u64 *start, u64 *end)
{
	*start = region->start;
	if (first > region->pgoff)
		*start += (first - region->pgoff) << PAGE_SHIFT;
	*end = region->end;
	if (last < last_page(region))
		*end -= (last_page(region) - last) << PAGE_SHIFT;
}

void page_cache_unmap(struct page_cache *cache, u64 first, u64 last)
{
	struct region *region;
	struct tlb_batch batch;
	u64 start, end;

	if (!page_cache_mapped(cache))
		return;
	mutex_lock(&cache->map_lock);
	for_each_mapping(region, cache, first, last)
	{
		region_window(region, first, last, &start, &end);
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
	struct region *region;
	struct tlb_batch batch;

	if (!mutex_trylock(&cache->map_lock))
		return false;
	for_each_mapping(region, cache, 0, U64_MAX)
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
	struct region *region;
	u64 start, end;

	mutex_lock(&cache->map_lock);
	for_each_mapping(region, cache, first, last)
	{
		if (!(region->flags & REGION_SHARED))
			continue;
		region_window(region, first, last, &start, &end);
		pte_write_protect(region, start, end);
	}
	mutex_unlock(&cache->map_lock);
}
