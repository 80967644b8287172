/*
 * mapping.c - who maps a page cache, and taking pages away from them.
 *
 * Locking: cache->map_lock for the list; it also keeps every listed region,
 * and the page tables below it, alive: a region leaves the list before its
 * tables can be freed.
 */
#include "mem/page.h"
#include "vm/page_cache.h"
#include "vm/vm_internal.h"

static bool region_may_write(const struct region *region)
{
	return (region->flags & (REGION_SHARED | REGION_MAYWRITE)) ==
	       (REGION_SHARED | REGION_MAYWRITE);
}

void page_cache_add_region(struct page_cache *cache, struct region *region)
{
	mutex_lock(&cache->map_lock);
	list_add_tail(&cache->regions, &region->cache_link);
	cache->nwritable += region_may_write(region);
	mutex_unlock(&cache->map_lock);
}

void page_cache_del_region(struct page_cache *cache, struct region *region)
{
	mutex_lock(&cache->map_lock);
	list_del(&region->cache_link);
	cache->nwritable -= region_may_write(region);
	mutex_unlock(&cache->map_lock);
}

/* The addresses at which @region shows pages [first, last]; false: none. */
static bool region_window(const struct region *region, u64 first, u64 last, u64 *start, u64 *end)
{
	u64 pages = region_pages(region);
	u64 region_last = region->pgoff + pages - 1;

	if (first > region_last || last < region->pgoff)
		return false;
	*start = region->start;
	if (first > region->pgoff)
		*start += (first - region->pgoff) << PAGE_SHIFT;
	*end = region->end;
	if (last < region_last)
		*end -= (region_last - last) << PAGE_SHIFT;
	return true;
}

void page_cache_unmap(struct page_cache *cache, u64 first, u64 last)
{
	struct region *region;
	struct tlb_batch batch;
	u64 start, end;

	if (!page_cache_mapped(cache))
		return;
	mutex_lock(&cache->map_lock);
	list_for_each_entry(region, &cache->regions, cache_link) {
		if (!region_window(region, first, last, &start, &end))
			continue;
		tlb_batch_init(&batch, &region->space->arch);
		pte_zap(region, start, end, &batch);
		tlb_batch_flush(&batch);
	}
	mutex_unlock(&cache->map_lock);
}

/*
 * Reclaim: takes the cache's own pages out of all mappings; private copies
 * stay.  Never sleeps.  false: the list is in use.
 */
bool page_cache_unmap_try(struct page_cache *cache)
{
	struct region *region;
	struct tlb_batch batch;

	if (!mutex_trylock(&cache->map_lock))
		return false;
	list_for_each_entry(region, &cache->regions, cache_link) {
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
	list_for_each_entry(region, &cache->regions, cache_link) {
		if ((region->flags & REGION_SHARED) &&
		    region_window(region, first, last, &start, &end))
			pte_write_protect(region, start, end);
	}
	mutex_unlock(&cache->map_lock);
}
