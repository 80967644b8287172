/*
 * page_cache_drop.c - pages leave the cache: truncation, holes, reclaim; and
 * dirty ones are written back.
 *
 * What a truncation does to mappings is explained in page_cache.c.
 *
 * Reclaim walks the known caches and drops clean pages that nobody maps, in
 * the first pass only those that were not read since the last time; in a third
 * pass it unmaps file pages, and so gets at programs and mapped files.
 */
#include "core/log.h"
#include "core/panic.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/uio.h"
#include "sched/sched.h"
#include "vm/page_cache.h"
#include "vm/vm_internal.h"

/* --- Taking pages out --------------------------------------------------------- */

/*
 * Removes the pages of [first, last].  Waits for their I/O.  The mappings stay.
 */
static void cache_remove_range(struct page_cache *cache, u64 first, u64 last)
{
	bool io = !(cache->flags & CACHE_MEMORY);
	struct page *batch[16];
	u64 index = first;
	unsigned n;

	do {
		n = 0;
		while (n < ARRAY_SIZE(batch) && index <= last) {
			struct page *page = NULL;

			spin_lock(&cache->lock);
			page = radix_next(&cache->pages, &index);
			if (page && index <= last) {
				if (io)
					page_get(page);
				else
					cache_remove_locked(cache, page);
			} else {
				page = NULL;
			}
			spin_unlock(&cache->lock);
			if (!page)
				break;
			if (io) {
				page_lock(page);
				cache_remove(cache, page);
				page_unlock(page);
			}
			batch[n++] = page;
			if (index++ == U64_MAX)
				break;
		}
		if (!io)
			cache_removed(cache, n);
		for (unsigned i = 0; i < n; i++)
			page_put(batch[i]);
		sched_yield_point();
	} while (n == ARRAY_SIZE(batch));
}

void page_cache_fini(struct page_cache *cache)
{
	assert(rb_empty(&cache->regions));
	if (!list_empty(&cache->lru)) {
		spin_lock(&caches.lock);
		list_del_init(&cache->lru);
		spin_unlock(&caches.lock);
	}
	if (!radix_empty(&cache->pages))
		cache_remove_range(cache, 0, U64_MAX);
	if (cache->flags & CACHE_COMMITTED)
		vm_uncommit(ALIGN_UP(cache->size, PAGE_SIZE) >> PAGE_SHIFT);
}

/* Zeroes bytes [from, to) of one page, if the page has data at all. */
static int cache_zero_part(struct page_cache *cache, u64 from, u64 to)
{
	struct page *page;
	int err;

	err = page_cache_get_page(cache, from >> PAGE_SHIFT,
				  cache_can_refill(cache) ? CACHE_FILL : 0, &page);
	if (err == -ENOENT)
		return 0;
	if (err)
		return err;
	memset((char *)page_to_virt(page) + (from & ~PAGE_MASK), 0, to - from);
	page_cache_mark_dirty(cache, page);
	page_put(page);
	return 0;
}

void page_cache_truncate(struct page_cache *cache, u64 newsize)
{
	u64 oldsize = cache->size;

	if (newsize < oldsize && (newsize & ~PAGE_MASK))
		(void)cache_zero_part(cache, newsize, min(oldsize, ALIGN_UP(newsize, PAGE_SIZE)));
	WRITE_ONCE(cache->size, newsize);
	if (newsize >= oldsize)
		return;
	__atomic_add_fetch(&cache->cuts, 1, __ATOMIC_SEQ_CST);
	cache_remove_range(cache, DIV_ROUND_UP(newsize, PAGE_SIZE), U64_MAX);
	smp_mb(); /* pages are gone before we look for mappings */
	page_cache_unmap(cache, DIV_ROUND_UP(newsize, PAGE_SIZE), U64_MAX);
}

int page_cache_punch(struct page_cache *cache, u64 start, u64 end)
{
	u64 first = ALIGN_UP(start, PAGE_SIZE), last = ALIGN_DOWN(end, PAGE_SIZE);
	int err;

	if (start >= end)
		return 0;
	if (first > last) /* inside one page */
		return cache_zero_part(cache, start, end);
	if (start < first) {
		err = cache_zero_part(cache, start, first);
		if (err)
			return err;
	}
	if (last < end) {
		err = cache_zero_part(cache, last, end);
		if (err)
			return err;
	}
	if (first < last) {
		cache_remove_range(cache, first >> PAGE_SHIFT, (last >> PAGE_SHIFT) - 1);
		smp_mb();
		page_cache_unmap(cache, first >> PAGE_SHIFT, (last >> PAGE_SHIFT) - 1);
	}
	return 0;
}

u64 page_cache_seek(struct page_cache *cache, u64 pos, u64 size, bool data)
{
	u64 index = pos >> PAGE_SHIFT, found;

	if (cache_can_refill(cache)) /* no holes that we know of */
		return data ? pos : size;
	spin_lock(&cache->lock);
	if (data) {
		if (!radix_next(&cache->pages, &index))
			index = U64_MAX >> PAGE_SHIFT;
	} else {
		radix_next_hole(&cache->pages, &index);
	}
	spin_unlock(&cache->lock);
	found = index << PAGE_SHIFT;
	return min(max(found, pos), size);
}

/* --- Reclaim --------------------------------------------------------------------- */

/* Drops clean pages that only the cache refers to.  @second_chance: not those
 * that were used since the last time. */
static size_t cache_reclaim(struct page_cache *cache, u64 first, u64 last, size_t want,
			    bool second_chance)
{
	struct page *batch[16];
	u64 index = first;
	size_t freed = 0;
	unsigned n;

	do {
		n = 0;
		spin_lock(&cache->lock);
		for (unsigned look = 0; n < ARRAY_SIZE(batch) && look < 64; look++) {
			struct page *page = radix_next(&cache->pages, &index);

			if (!page || index > last) {
				index = U64_MAX;
				break;
			}
			index++;
			if (second_chance && page_flag(page, PG_REFERENCED)) {
				page_flag_clear(page, PG_REFERENCED);
				continue;
			}
			/* New references come through cache->lock only. */
			if (page_flag(page, PG_DIRTY | PG_LOCKED | PG_WRITEBACK) ||
			    page_refs(page) != 1 + !!page_flag(page, PG_BORROWED))
				continue;
			cache_remove_locked(cache, page);
			batch[n++] = page;
		}
		spin_unlock(&cache->lock);
		cache_removed(cache, n);
		for (unsigned i = 0; i < n; i++) {
			if (!page_flag(batch[i], PG_BORROWED))
				freed++;
			page_put(batch[i]);
		}
	} while (freed < want && index <= last && index != U64_MAX);
	return freed;
}

void page_cache_drop_clean(struct page_cache *cache, u64 first, u64 last)
{
	if (cache_reclaimable(cache))
		(void)cache_reclaim(cache, first, last, SIZE_MAX, false);
}

/*
 * A cache stays on the list while we work on it only because page_cache_fini()
 * takes caches.lock; so all work on one is done under that lock.
 */
size_t page_cache_reclaim(size_t npages)
{
	size_t freed = 0;

	for (int pass = 0; pass < 3 && freed < npages; pass++) {
		struct page_cache *cache, *tmp;
		unsigned seen = 0;

		spin_lock(&caches.lock);
		list_for_each_entry_safe(cache, tmp, &caches.list, lru) {
			if (!cache_reclaimable(cache) || !READ_ONCE(cache->npages))
				continue;
			/* Mapped pages last: they come back by faults. */
			if (pass == 2 &&
			    (!page_cache_mapped(cache) || !page_cache_unmap_try(cache)))
				continue;
			freed += cache_reclaim(cache, 0, U64_MAX - 1, npages - freed, pass == 0);
			if (freed >= npages || ++seen > 4096)
				break;
		}
		spin_unlock(&caches.lock);
	}
	return freed;
}

size_t page_cache_held(struct page_cache *cache, u32 mark)
{
	if (cache->oom_mark == mark)
		return 0;
	cache->oom_mark = mark;
	return READ_ONCE(cache->npages);
}

void page_cache_stat(struct page_cache_stat *out)
{
	out->shmem = page_stat_read(PAGE_STAT_SHMEM) + page_stat_read(PAGE_STAT_SHMEM_COMMITTED);
	out->cached = page_stat_read(PAGE_STAT_CACHED) + out->shmem;
	out->dirty = page_stat_read(PAGE_STAT_DIRTY);
}

/* --- Write-back -------------------------------------------------------------------- */

static int cache_write_page(struct page_cache *cache, struct page *page)
{
	int err;

	page_lock(page);
	if (page->mapping != cache) {
		page_unlock(page);
		return 0;
	}
	err = cache->ops->write_page(cache, page);
	page_unlock(page);
	if (err) {
		WRITE_ONCE(cache->error, err);
		page_cache_mark_dirty(cache, page);
	}
	return err;
}

int page_cache_sync(struct page_cache *cache, u64 first, u64 last)
{
	struct page *batch[16];
	u64 index = first;
	int ret = 0, err;
	unsigned n;

	if (!cache->ops || !cache->ops->write_page)
		return 0;
	do {
		n = 0;
		spin_lock(&cache->lock);
		while (n < ARRAY_SIZE(batch)) {
			struct page *page = radix_next_tagged(&cache->pages, &index,
							      RADIX_TAG_DIRTY);

			if (!page || index > last)
				break;
			radix_tag_clear(&cache->pages, index, RADIX_TAG_DIRTY);
			page_flag_clear(page, PG_DIRTY);
			page_get(page);
			batch[n++] = page;
			if (index++ == U64_MAX)
				break;
		}
		spin_unlock(&cache->lock);
		page_stat_add(PAGE_STAT_DIRTY, -(long)n);
		/* Stores from now on fault, and make the page dirty again. */
		if (n && page_cache_mapped(cache))
			page_cache_write_protect(cache, batch[0]->index, batch[n - 1]->index);
		for (unsigned i = 0; i < n; i++) {
			err = cache_write_page(cache, batch[i]);
			if (err && !ret)
				ret = err;
			page_put(batch[i]);
		}
	} while (n == ARRAY_SIZE(batch));
	return ret;
}

/*
 * sync(2).  The list lock cannot be held over I/O; the owner's references are
 * not ours to take, so this serves caches one at a time while their owner
 * answers hold() (block file systems keep their inodes alive for it).
 */
void page_cache_sync_all(void)
{
	for (;;) {
		struct page_cache *cache, *found = NULL;

		spin_lock(&caches.lock);
		list_for_each_entry(cache, &caches.list, lru) {
			if (cache->ops->write_page && cache->ops->hold &&
			    radix_tagged(&cache->pages, RADIX_TAG_DIRTY) && !cache->error &&
			    cache->ops->hold(cache)) {
				found = cache;
				break;
			}
		}
		spin_unlock(&caches.lock);
		if (!found)
			return;
		if (page_cache_sync(found, 0, U64_MAX))
			log_debug(VM, "sync: write-back error %d", found->error);
		found->ops->drop(found);
	}
}
