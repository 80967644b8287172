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
 * cheaper than a speculative reference with its checks.  PG_LOCKED guards a
 * page's contents against I/O; a holder of PG_LOCKED may take cache->lock.
 * cache->map_lock (a mutex) guards the list of regions; order: space->lock,
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
#include "mem/slab.h"
#include "mem/uio.h"
#include "sched/sched.h"
#include "sched/waitq.h"
#include "vm/oom.h"
#include "vm/page_cache.h"
#include "vm/region.h"
#include "vm/vm_internal.h"

#define READAHEAD_PAGES		32
#define PAGE_WAIT_QUEUES	32

/* Caches that hold reclaimable pages, oldest first. */
static struct {
	struct spinlock lock;
	struct list_node list;		/* [lock] page_cache.lru */
} caches = { SPINLOCK_INIT_RANK(LOCK_INODE_LIST), LIST_INIT(caches.list) };

static struct atomic64 next_cache_id = ATOMIC_INIT(1);
static struct waitq page_waitq[PAGE_WAIT_QUEUES];

void page_cache_boot_init(void)
{
	for (unsigned i = 0; i < PAGE_WAIT_QUEUES; i++)
		waitq_init(&page_waitq[i]);
}

void page_cache_init(struct page_cache *cache, const struct page_cache_ops *ops,
		     unsigned flags, void *owner)
{
	radix_init(&cache->pages);
	spin_init(&cache->lock, LOCK_PAGE_CACHE);
	cache->flags = flags;
	cache->npages = 0;
	cache->size = 0;
	cache->ops = ops;
	mutex_init(&cache->map_lock, LOCK_PAGE_CACHE_REGIONS);
	list_init(&cache->regions);
	cache->nwritable = 0;
	cache->id = atomic64_fetch_add(&next_cache_id, 1);
	list_init(&cache->lru);
	refcount_init(&cache->refs, 1);
	cache->error = 0;
	cache->owner = owner;
}

static bool cache_can_refill(const struct page_cache *cache)
{
	return cache->ops && (cache->ops->read_page || cache->ops->borrow_page);
}

static bool cache_reclaimable(const struct page_cache *cache)
{
	return cache_can_refill(cache) && !(cache->flags & CACHE_PINNED);
}

static enum page_stat cache_stat(const struct page_cache *cache)
{
	return cache_can_refill(cache) ? PAGE_STAT_CACHED : PAGE_STAT_SHMEM;
}

/* --- PG_LOCKED ------------------------------------------------------------ */

static struct waitq *page_waitq_of(const struct page *page)
{
	return &page_waitq[((u64)page / sizeof(*page)) % PAGE_WAIT_QUEUES];
}

static void page_wait_unlocked(struct page *page)
{
	struct waitq *wq = page_waitq_of(page);
	struct waiter waiter;

	waiter_init(&waiter);
	for (;;) {
		waitq_prepare(wq, &waiter, SLEEP_UNINTERRUPTIBLE);
		page_flag_set(page, PG_WAITERS);
		if (!page_flag(page, PG_LOCKED))
			break;
		(void)thread_sleep(DEADLINE_NONE, SLEEP_UNINTERRUPTIBLE);
	}
	waitq_finish(wq, &waiter);
}

static bool page_trylock(struct page *page)
{
	return !(atomic_fetch_or(&page->flags, PG_LOCKED) & PG_LOCKED);
}

void page_lock(struct page *page)
{
	while (!page_trylock(page))
		page_wait_unlocked(page);
}

void page_unlock(struct page *page)
{
	int old = atomic_fetch_and(&page->flags, ~(PG_LOCKED | PG_WAITERS));

	if (old & PG_WAITERS)
		waitq_wake_all(page_waitq_of(page));
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

struct page *page_cache_lookup_next(struct page_cache *cache, u64 *index)
{
	struct page *page;

	spin_lock(&cache->lock);
	page = radix_next(&cache->pages, index);
	if (page)
		page_get(page);
	spin_unlock(&cache->lock);
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
static int cache_insert(struct page_cache *cache, struct page *page, u64 index)
{
	int err;

	if (cache->ops && cache->ops->charge) {
		err = cache->ops->charge(cache, 1);
		if (err)
			return err;
	}
	page->mapping = cache;
	page->index = index;
	for (unsigned attempt = 0;; attempt++) {
		spin_lock(&cache->lock);
		err = radix_insert(&cache->pages, index, page);
		if (!err)
			cache->npages++;
		spin_unlock(&cache->lock);
		if (err != -ENOMEM || attempt || !vm_reclaim(16))
			break;
	}
	if (err) {
		page->mapping = NULL;
		if (cache->ops && cache->ops->charge)
			(void)cache->ops->charge(cache, -1);
		return err;
	}
	page_stat_add(cache_stat(cache), 1);
	if (list_empty(&cache->lru) &&
	    (cache_reclaimable(cache) || (cache->ops && cache->ops->write_page)))
		cache_make_known(cache);
	return 0;
}

/* Takes @page out; its reference is now the caller's.  cache->lock is held. */
static void cache_remove_locked(struct page_cache *cache, struct page *page)
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
static void cache_removed(struct page_cache *cache, u64 npages)
{
	if (!npages)
		return;
	page_stat_add(cache_stat(cache), -(long)npages);
	if (cache->ops && cache->ops->charge)
		(void)cache->ops->charge(cache, -(long)npages);
}

static void cache_remove(struct page_cache *cache, struct page *page)
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
static int cache_fill_locked(struct page_cache *cache, struct page *page)
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
static int cache_add(struct page_cache *cache, u64 index, unsigned flags,
		     struct page **out)
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
	page_get(page);		/* the caller's; the first one is the cache's */
	err = cache_insert(cache, page, index);
	if (err) {
		page_put(page);
		goto out_put_page;
	}
	if (fill) {
		err = cache_fill_locked(cache, page);
		if (err)
			goto out_put_page;
	}
	*out = page;
	return 0;

out_put_page:
	page_put(page);
	return err;
}

int page_cache_get_page(struct page_cache *cache, u64 index, unsigned flags,
			struct page **out)
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
		page_wait_unlocked(page);	/* then look again */
		page_put(page);
	}
}

int page_cache_insert_borrowed(struct page_cache *cache, u64 index,
			       struct page *page)
{
	int err;

	page_get(page);
	page_flag_set(page, PG_BORROWED | PG_UPTODATE);
	err = cache_insert(cache, page, index);
	if (err)
		page_put(page);
	return err;
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

/* --- read and write --------------------------------------------------------- */

/* A page that was not there: read it, or tell that it is a hole (NULL). */
static int cache_read_missing(struct page_cache *cache, u64 size, u64 index,
			      u64 wanted, struct page **out)
{
	*out = NULL;
	if (!cache_can_refill(cache))
		return 0;
	if (!(cache->flags & CACHE_MEMORY)) {
		u64 left = ((size - 1) >> PAGE_SHIFT) - index + 1;
		u64 n = max_t(u64, 8, (wanted >> PAGE_SHIFT) + 2);

		page_cache_readahead(cache, index, (unsigned)min_t(u64, left, n));
	}
	return page_cache_get_page(cache, index, CACHE_FILL, out);
}

long page_cache_read(struct page_cache *cache, u64 size, struct uio *uio, u64 pos)
{
	size_t before = uio->len, left;
	int err = 0;

	if (pos >= size || !before)
		return 0;
	left = min_t(u64, before, size - pos);
	for (;;) {
		size_t offset = pos & ~PAGE_MASK;
		size_t chunk = min_t(size_t, left, PAGE_SIZE - offset);
		struct page *page = page_cache_lookup(cache, pos >> PAGE_SHIFT);

		if (unlikely(!page)) {
			err = cache_read_missing(cache, size, pos >> PAGE_SHIFT,
						 left, &page);
			if (err)
				break;
		}
		if (likely(page)) {
			err = copy_to_uio(uio, (char *)page_to_virt(page) + offset,
					  chunk);
			if (!page_flag(page, PG_REFERENCED))
				page_flag_set(page, PG_REFERENCED);
			page_put(page);
		} else {
			err = zero_uio(uio, chunk);
		}
		left -= chunk;
		if (err || !left)
			break;
		pos += chunk;
		sched_yield_point();
	}
	if (likely(uio->len < before))
		return before - uio->len;
	return err;
}

/*
 * A page that is missing and of whose old contents nothing will remain: filled
 * from @uio first and then shown, so that a copy that stops half-way leaves no
 * trace.  Return: bytes, -EFAULT, ...
 */
static long cache_write_new(struct page_cache *cache, struct uio *uio, u64 pos,
			    size_t chunk)
{
	size_t offset = pos & ~PAGE_MASK;
	struct page *page, *other;
	int err;

	page = page_alloc(chunk == PAGE_SIZE ? 0 : PAGE_ZERO);
	if (!page)
		return -ENOMEM;
	if (copy_from_uio(uio, (char *)page_to_virt(page) + offset, chunk)) {
		page_put(page);
		return -EFAULT;
	}
	page_flag_set(page, PG_UPTODATE);
	page_get(page);
	err = cache_insert(cache, page, pos >> PAGE_SHIFT);
	if (!err) {
		page_cache_mark_dirty(cache, page);
		page_put(page);
		return chunk;
	}
	page_put(page);
	if (err == -EEXIST) {
		err = page_cache_get_page(cache, pos >> PAGE_SHIFT,
					  CACHE_FILL, &other);
		if (!err) {
			memcpy((char *)page_to_virt(other) + offset,
			       (char *)page_to_virt(page) + offset, chunk);
			page_cache_mark_dirty(cache, other);
			page_put(other);
		}
	}
	page_put(page);
	return err ? err : (long)chunk;
}

static long cache_write_chunk(struct page_cache *cache, u64 size,
			      struct uio *uio, u64 pos, size_t chunk)
{
	size_t offset = pos & ~PAGE_MASK, before = uio->len;
	u64 page_start = pos & PAGE_MASK;
	struct uio saved;
	struct page *page;
	int err;
	long n;

	page = page_cache_lookup(cache, pos >> PAGE_SHIFT);
	if (!page) {
		if (chunk == PAGE_SIZE || page_start >= size ||
		    (!offset && pos + chunk >= size)) {
			saved = uio_save(uio);
			n = cache_write_new(cache, uio, pos, chunk);
			if (n < 0)
				*uio = saved;
			return n;
		}
		err = page_cache_get_page(cache, pos >> PAGE_SHIFT, CACHE_FILL,
					  &page);
		if (err)
			return err;
	}
	err = copy_from_uio(uio, (char *)page_to_virt(page) + offset, chunk);
	page_cache_mark_dirty(cache, page);
	page_put(page);
	return uio->len < before ? (long)(before - uio->len) : err;
}

long page_cache_write(struct page_cache *cache, u64 size, struct uio *uio, u64 pos)
{
	bool nofault = uio->nofault;
	long done = 0, n = 0;

	uio->nofault = true;
	while (uio->len) {
		size_t offset = pos & ~PAGE_MASK;
		size_t chunk = min_t(size_t, uio->len, PAGE_SIZE - offset);

		n = cache_write_chunk(cache, size, uio, pos, chunk);
		if (n < 0)
			break;
		done += n;
		pos += n;
		if (n < (long)chunk)
			break;
	}
	uio->nofault = nofault;
	return done ? done : n;
}

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
	assert(list_empty(&cache->regions));
	if (!list_empty(&cache->lru)) {
		spin_lock(&caches.lock);
		list_del_init(&cache->lru);
		spin_unlock(&caches.lock);
	}
	if (!radix_empty(&cache->pages))
		cache_remove_range(cache, 0, U64_MAX);
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
		(void)cache_zero_part(cache, newsize,
				      min(oldsize, ALIGN_UP(newsize, PAGE_SIZE)));
	WRITE_ONCE(cache->size, newsize);
	if (newsize >= oldsize)
		return;
	cache_remove_range(cache, DIV_ROUND_UP(newsize, PAGE_SIZE), U64_MAX);
	smp_mb();	/* pages are gone before we look for mappings */
	page_cache_unmap(cache, DIV_ROUND_UP(newsize, PAGE_SIZE), U64_MAX);
}

int page_cache_punch(struct page_cache *cache, u64 start, u64 end)
{
	u64 first = ALIGN_UP(start, PAGE_SIZE), last = ALIGN_DOWN(end, PAGE_SIZE);
	int err;

	if (start >= end)
		return 0;
	if (first > last)			/* inside one page */
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
		cache_remove_range(cache, first >> PAGE_SHIFT,
				   (last >> PAGE_SHIFT) - 1);
		smp_mb();
		page_cache_unmap(cache, first >> PAGE_SHIFT,
				 (last >> PAGE_SHIFT) - 1);
	}
	return 0;
}

u64 page_cache_seek(struct page_cache *cache, u64 pos, u64 size, bool data)
{
	u64 index = pos >> PAGE_SHIFT, found;

	if (cache_can_refill(cache))		/* no holes that we know of */
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
static size_t cache_reclaim(struct page_cache *cache, u64 first, u64 last,
			    size_t want, bool second_chance)
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

	for (int pass = 0; pass < 2 && freed < npages; pass++) {
		struct page_cache *cache, *tmp;
		unsigned seen = 0;

		spin_lock(&caches.lock);
		list_for_each_entry_safe(cache, tmp, &caches.list, lru) {
			if (!cache_reclaimable(cache) || !READ_ONCE(cache->npages))
				continue;
			freed += cache_reclaim(cache, 0, U64_MAX - 1, npages - freed,
					       pass == 0);
			if (freed >= npages || ++seen > 4096)
				break;
		}
		spin_unlock(&caches.lock);
	}
	return freed;
}

void page_cache_stat(struct page_cache_stat *out)
{
	out->cached = page_stat_read(PAGE_STAT_CACHED);
	out->shmem = page_stat_read(PAGE_STAT_SHMEM);
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
			page_cache_write_protect(cache, batch[0]->index,
						 batch[n - 1]->index);
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
			    radix_tagged(&cache->pages, RADIX_TAG_DIRTY) &&
			    !cache->error && cache->ops->hold(cache)) {
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

/* --- Shared anonymous memory ---------------------------------------------------------- */

struct page_cache *page_cache_new_anon(u64 size)
{
	struct page_cache *cache = kmalloc(sizeof(*cache));

	if (!cache)
		return NULL;
	page_cache_init(cache, NULL, CACHE_MEMORY | CACHE_PINNED, NULL);
	cache->size = size;
	return cache;
}

void page_cache_get(struct page_cache *cache)
{
	refcount_get(&cache->refs);
}

void page_cache_put(struct page_cache *cache)
{
	if (refcount_put(&cache->refs)) {
		page_cache_fini(cache);
		kfree(cache);
	}
}
