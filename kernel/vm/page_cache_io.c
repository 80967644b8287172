/*
 * page_cache_io.c - read(2) and write(2) of files whose pages are cached.
 *
 * Reading copies straight from the cached page; no lock is held meanwhile, only
 * a reference, so the copy may fault.  Writing happens under the inode's lock
 * (the caller's), which a fault may want: so its copies do not fault, and the
 * caller makes the pages present and calls again.
 */
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/uio.h"
#include "sched/sched.h"
#include "vm/page_cache.h"
#include "vm/vm_internal.h"

/* --- read and write --------------------------------------------------------- */

/* A page that was not there: read it, or tell that it is a hole (NULL). */
static int cache_read_missing(struct page_cache *cache, u64 size, u64 index, u64 wanted,
			      struct page **out)
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

/*
 * No page was found: a hole, or the file was cut short since its size was read, and perhaps
 * written again, which shows the page before the size.  False: @pos is behind the end now.
 */
static bool cache_is_hole(struct page_cache *cache, u64 pos, struct page **out)
{
	u32 cuts;

	do {
		cuts = load_acquire(&cache->cuts);
		if (pos >= load_acquire(&cache->size))
			return false;
		*out = page_cache_lookup(cache, pos >> PAGE_SHIFT);
	} while (!*out && load_acquire(&cache->cuts) != cuts);
	return true;
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
			err = cache_read_missing(cache, size, pos >> PAGE_SHIFT, left, &page);
			if (err)
				break;
			if (!page && !cache_is_hole(cache, pos, &page))
				break;
		}
		if (likely(page)) {
			err = copy_to_uio(uio, (char *)page_to_virt(page) + offset, chunk);
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
static long cache_write_new(struct page_cache *cache, struct uio *uio, u64 pos, size_t chunk)
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
		err = page_cache_get_page(cache, pos >> PAGE_SHIFT, CACHE_FILL, &other);
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

static long cache_write_chunk(struct page_cache *cache, u64 size, struct uio *uio, u64 pos,
			      size_t chunk)
{
	size_t offset = pos & ~PAGE_MASK, before = uio->len;
	u64 page_start = pos & PAGE_MASK;
	struct uio saved;
	struct page *page;
	bool cut;
	int err;
	long n;

	page = page_cache_lookup(cache, pos >> PAGE_SHIFT);
	if (!page) {
		if (chunk == PAGE_SIZE || page_start >= size || (!offset && pos + chunk >= size)) {
			saved = uio_save(uio);
			n = cache_write_new(cache, uio, pos, chunk);
			if (n > 0)
				return n;
			cut = n == -EFAULT && uio->len < saved.len;
			*uio = saved;
			if (!cut)
				return n;
			/* What comes before the fault is written, as to a page that is there. */
		}
		err = page_cache_get_page(cache, pos >> PAGE_SHIFT, CACHE_FILL, &page);
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
		if (n < (long)chunk || thread_work_test(current, WORK_KILL))
			break;
		sched_yield_point();
	}
	uio->nofault = nofault;
	return done ? done : n;
}
