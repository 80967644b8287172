/*
 * page_cache.c - the pages of a file, by index.
 *
 * One cache per inode serves read, write, mmap and exec: whoever wants byte b
 * of a file looks up page b >> 12 here.  A page comes in by one of four ways:
 *
 *	borrowed	the data lies in memory already (an archive): no copy
 *	memory		tmpfs, shm: zeroes, or a copy that needs no I/O; the page
 *			is complete before it becomes visible
 *	read		the page is inserted PG_LOCKED, filled by ops->read_page,
 *			marked PG_UPTODATE and unlocked; others wait for that
 *	written whole	as memory
 *
 * and leaves by truncation or, when clean and unmapped, by reclaim.  A page is
 * reclaimable when read_page or borrow_page can bring it back and it is not
 * PG_DIRTY: so files of an initramfs that nobody changed cost no memory.
 *
 * Locking: cache->lock guards the radix tree, page->mapping and npages; a
 * lookup takes it for the few instructions of walk and page_get, which is
 * cheaper than a speculative reference with its checks.  PG_LOCKED (page_lock.c)
 * guards a page's contents against I/O; its holder may take cache->lock.
 * cache->map_lock (a mutex) guards the tree of regions; order: space->lock,
 * map_lock, cache->lock, page-table locks.
 *
 * Truncation against faults: the page leaves the tree first (mapping = NULL),
 * then all mappings go.  A fault sets its entry under the page-table lock and
 * only if page->mapping still is the cache; so it is either seen by the unmap
 * or sees the removal.  See fault.c.
 */
#include "core/log.h"
#include "core/panic.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/uio.h"
#include "sched/sched.h"
#include "sched/waitq.h"
#include "vm/mmap.h"
#include "vm/oom.h"
#include "vm/page_cache.h"
#include "vm/region.h"
#include "vm/vm_internal.h"

#define READAHEAD_PAGES 32

struct known_caches caches = { SPINLOCK_INIT_RANK(LOCK_INODE_LIST), LIST_INIT(caches.list) };

void page_cache_init(struct page_cache *cache, const struct page_cache_ops *ops, unsigned flags,
		     void *owner)
{
	radix_init(&cache->pages);
	spin_init(&cache->lock, LOCK_PAGE_CACHE);
	cache->flags = flags;
	cache->npages = 0;
	cache->size = 0;
	cache->ops = ops;
	mutex_init(&cache->map_lock, LOCK_PAGE_CACHE_REGIONS);
	cache->regions = (struct rb_root)RB_ROOT;
	cache->nwritable = 0;
	cache->cuts = 0;
	cache->id = 0;
	list_init(&cache->lru);
	refcount_init(&cache->refs, 1);
	cache->error = 0;
	cache->owner = owner;
}

u64 page_cache_id(struct page_cache *cache)
{
	static struct atomic64 last;
	u64 id = READ_ONCE(cache->id), old;

	if (likely(id))
		return id;
	id = atomic64_add_return(&last, 1);
	old = cmpxchg(&cache->id, 0, id);
	return old ? old : id;
}

bool cache_can_refill(const struct page_cache *cache)
{
	return cache->ops && (cache->ops->read_page || cache->ops->borrow_page);
}

bool cache_reclaimable(const struct page_cache *cache)
{
	return cache_can_refill(cache) && !(cache->flags & CACHE_PINNED);
}

static enum page_stat cache_stat(const struct page_cache *cache)
{
	if (cache_can_refill(cache))
		return PAGE_STAT_CACHED;
	return cache->flags & CACHE_COMMITTED ? PAGE_STAT_SHMEM_COMMITTED : PAGE_STAT_SHMEM;
}

/* --- The tree -------------------------------------------------------------- */

/* Whatever is there, with a reference. */
static struct page *cache_find_get(struct page_cache *cache, u64 index)
{
	struct page *page;

	spin_lock(&cache->lock);
	page = radix_lookup(&cache->pages, index);
	if (page)
		page_get(page);
	spin_unlock(&cache->lock);
	return page;
}

struct page *page_cache_lookup(struct page_cache *cache, u64 index)
{
	struct page *page = cache_find_get(cache, index);

	if (page && unlikely(!page_flag(page, PG_UPTODATE))) {
		page_put(page);
		return NULL;
	}
	return page;
}

/* A cache that got its first page becomes known to reclaim. */
static void cache_make_known(struct page_cache *cache)
{
	spin_lock(&caches.lock);
	if (list_empty(&cache->lru))
		list_add_tail(&caches.list, &cache->lru);
	spin_unlock(&caches.lock);
}

/*
 * Puts @page, whose reference the cache takes over, at @index.
 * -EEXIST, -ENOMEM, -ENOSPC.
 */
int cache_insert(struct page_cache *cache, struct page *page, u64 index)
{
	enum page_stat stat = cache_stat(cache);
	int err;

	if (unlikely(vm_overcommit.mode == 2) && stat == PAGE_STAT_SHMEM && !vm_commit_fits(1))
		return -ENOSPC;
	if (cache->ops && cache->ops->charge) {
		err = cache->ops->charge(cache, 1);
		if (err)
			return err;
	}
	for (unsigned attempt = 0;; attempt++) {
		spin_lock(&cache->lock);
		err = radix_insert(&cache->pages, index, page);
		if (!err) {
			/* Not before: two who borrow bring one and the same page. */
			page->mapping = cache;
			page->index = index;
			cache->npages++;
		}
		spin_unlock(&cache->lock);
		if (err != -ENOMEM || attempt || !vm_reclaim(16))
			break;
	}
	if (err) {
		if (cache->ops && cache->ops->charge)
			(void)cache->ops->charge(cache, -1);
		return err;
	}
	page_stat_add(stat, 1);
	if (list_empty(&cache->lru) &&
	    (cache_reclaimable(cache) || (cache->ops && cache->ops->write_page)))
		cache_make_known(cache);
	return 0;
}

/* Takes @page out; its reference is now the caller's.  cache->lock is held. */
void cache_remove_locked(struct page_cache *cache, struct page *page)
{
	assert(page->mapping == cache);
	radix_delete(&cache->pages, page->index);
	cache->npages--;
	page->mapping = NULL;
	if (page_flag(page, PG_DIRTY)) {
		page_flag_clear(page, PG_DIRTY);
		if (cache->ops && cache->ops->write_page)
			page_stat_add(PAGE_STAT_DIRTY, -1);
	}
}

/* What follows cache_remove_locked() once the lock is gone. */
void cache_removed(struct page_cache *cache, u64 npages)
{
	if (!npages)
		return;
	page_stat_add(cache_stat(cache), -(long)npages);
	if (cache->ops && cache->ops->charge)
		(void)cache->ops->charge(cache, -(long)npages);
}

void cache_remove(struct page_cache *cache, struct page *page)
{
	bool there;

	spin_lock(&cache->lock);
	there = page->mapping == cache;
	if (there)
		cache_remove_locked(cache, page);
	spin_unlock(&cache->lock);
	if (there) {
		cache_removed(cache, 1);
		page_put(page);
	}
}

void page_cache_mark_dirty(struct page_cache *cache, struct page *page)
{
	bool counts;

	if (page_flag(page, PG_DIRTY) || !cache->ops)
		return;
	counts = cache->ops->write_page;
	if (!counts && !cache_can_refill(cache))
		return;
	spin_lock(&cache->lock);
	if (page->mapping == cache && !page_flag(page, PG_DIRTY)) {
		page_flag_set(page, PG_DIRTY);
		if (counts)
			radix_tag_set(&cache->pages, page->index, RADIX_TAG_DIRTY);
	} else {
		counts = false;
	}
	spin_unlock(&cache->lock);
	if (counts)
		page_stat_add(PAGE_STAT_DIRTY, 1);
}

/* --- Bringing pages in ------------------------------------------------------ */

/* PG_LOCKED held, page in the cache: read it.  Unlocks. */
static int cache_fill(struct page_cache *cache, struct page *page)
{
	int err = cache->ops->read_page(cache, page);

	if (!err)
		page_flag_set(page, PG_UPTODATE);
	page_unlock(page);
	if (err)
		cache_remove(cache, page);
	return err;
}

/* Adds the missing page @index.  -EEXIST: somebody else did. */
static int cache_add(struct page_cache *cache, u64 index, unsigned flags, struct page **out)
{
	const struct page_cache_ops *ops = cache->ops;
	bool fill = !(flags & CACHE_CREATE) && ops && ops->read_page;
	bool memory = !fill || (cache->flags & CACHE_MEMORY);
	struct page *page = NULL;
	int err;

	if (!(flags & CACHE_CREATE) && ops && ops->borrow_page) {
		page = ops->borrow_page(cache, index);
		if (page)
			fill = false;
		if (page)
			page_flag_set(page, PG_BORROWED | PG_UPTODATE);
	}
	if (!page) {
		page = page_alloc(memory ? PAGE_ZERO : 0);
		if (!page)
			return -ENOMEM;
		if (memory && fill) {
			page->mapping = cache;
			page->index = index;
			err = ops->read_page(cache, page);
			if (err)
				goto out_put_page;
			fill = false;
		}
		page_flag_set(page, fill ? PG_LOCKED : PG_UPTODATE);
	}
	page_get(page); /* the caller's; the first one is the cache's */
	err = cache_insert(cache, page, index);
	if (err) {
		page_put(page);
		goto out_put_page;
	}
	if (fill) {
		err = cache_fill(cache, page);
		if (err)
			goto out_put_page;
	}
	*out = page;
	return 0;

out_put_page:
	page_put(page);
	return err;
}

int page_cache_get_page(struct page_cache *cache, u64 index, unsigned flags, struct page **out)
{
	struct page *page;
	int err;

	for (;;) {
		page = cache_find_get(cache, index);
		if (!page) {
			if (!(flags & (CACHE_FILL | CACHE_CREATE)))
				return -ENOENT;
			if ((flags & CACHE_NOWAIT) && !(cache->flags & CACHE_MEMORY) &&
			    !(flags & CACHE_CREATE))
				return -EAGAIN;
			err = cache_add(cache, index, flags, out);
			if (err != -EEXIST)
				return err;
			continue;
		}
		if (likely(page_flag(page, PG_UPTODATE))) {
			*out = page;
			return 0;
		}
		if (flags & CACHE_NOWAIT) {
			page_put(page);
			return -EAGAIN;
		}
		page_wait_unlocked(page); /* then look again */
		page_put(page);
	}
}

void page_cache_readahead(struct page_cache *cache, u64 index, unsigned n)
{
	const struct page_cache_ops *ops = cache->ops;
	struct page *pages[READAHEAD_PAGES];
	unsigned got = 0;
	int err;

	if (!ops || (cache->flags & CACHE_MEMORY) || !ops->read_pages)
		return;
	while (got < min_t(unsigned, n, READAHEAD_PAGES)) {
		struct page *page = page_alloc(PAGE_NORECLAIM);

		if (!page)
			break;
		page_flag_set(page, PG_LOCKED);
		page_get(page);
		if (cache_insert(cache, page, index + got)) {
			page_put(page);
			page_put(page);
			break;
		}
		pages[got++] = page;
	}
	if (!got)
		return;
	err = ops->read_pages(cache, pages, got);
	for (unsigned i = 0; i < got; i++) {
		if (!err)
			page_flag_set(pages[i], PG_UPTODATE);
		page_unlock(pages[i]);
		if (err)
			cache_remove(cache, pages[i]);
		page_put(pages[i]);
	}
}
