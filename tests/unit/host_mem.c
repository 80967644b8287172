/*
 * mem/slab.h and mem/page.h over malloc, so that the address sanitizer sees every object by
 * itself; any allocation can be made to fail (tests/unit/fail_alloc.h).
 *
 * Pages come from one arena, so that page_memmap can be an array: page frame numbers
 * are addresses shifted.  Freed pages are poisoned for the sanitizer.
 */
#include <sanitizer/asan_interface.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "arch/host/host.h"
#include "core/hooks.h"
#include "core/panic.h"
#include "mem/defer.h"
#include "mem/page.h"
#include "mem/slab.h"
#include "lib/printf.h"

/* ---- counting and refusing ---- */

static unsigned fail_countdown;
static bool fail_done;
static long outstanding;

void host_alloc_fail_nth(unsigned nth)
{
	fail_countdown = nth;
	fail_done = false;
}

bool host_alloc_failed(void)
{
	return fail_done;
}
long host_alloc_outstanding(void)
{
	return outstanding;
}
void host_alloc_count(int delta)
{
	outstanding += delta;
}

bool host_alloc_refuse(void)
{
	if (!fail_countdown || --fail_countdown)
		return false;
	fail_done = true;
	return true;
}

/* ---- slab.h ---- */

void *kmalloc(size_t size)
{
	void *p;

	if (size > KMALLOC_MAX || host_alloc_refuse())
		return NULL;
	p = malloc(size ? size : 1);
	memset(p, 0xa5, size);
	outstanding++;
	return p;
}

void *kzalloc(size_t size)
{
	void *p = kmalloc(size);

	return p ? memset(p, 0, size) : NULL;
}

void *kmalloc_atomic(size_t size)
{
	return kmalloc(size);
}

void *kcalloc(size_t n, size_t size)
{
	size_t total;

	return __builtin_mul_overflow(n, size, &total) ? NULL : kzalloc(total);
}

void *krealloc(void *old, size_t size)
{
	if (!old)
		return kmalloc(size);
	return host_alloc_refuse() ? NULL : realloc(old, size ? size : 1);
}

void kfree(const void *p)
{
	if (p)
		outstanding--;
	free((void *)p);
}

void *kmemdup(const void *src, size_t len)
{
	void *p = kmalloc(len);

	return p ? memcpy(p, src, len) : NULL;
}

char *kstrdup(const char *src)
{
	return kmemdup(src, strlen(src) + 1);
}

void *kvmalloc(size_t size)
{
	return kmalloc(size);
}
void *kvzalloc(size_t size)
{
	return kzalloc(size);
}
void kvfree(const void *p)
{
	kfree(p);
}

void slab_cache_init(struct slab_cache *cache, const char *name, size_t size, size_t align)
{
	memset(cache, 0, sizeof(*cache));
	cache->size = size;
	cache->stride = align; /* all that is asked of it here */
	cache->name = name;
}

/* The sanitizer has to see a read of what is free, and no other thread reads here. */
void slab_cache_typesafe(struct slab_cache *cache)
{
	cache->typesafe = true;
}

void *slab_alloc(struct slab_cache *cache)
{
	void *p;

	if (cache->stride <= 16)
		return kmalloc(cache->size);
	if (host_alloc_refuse() || posix_memalign(&p, cache->stride, cache->size))
		return NULL;
	outstanding++;
	return memset(p, 0xa5, cache->size);
}
void *slab_zalloc(struct slab_cache *cache)
{
	void *p = slab_alloc(cache);

	return p ? memset(p, 0, cache->size) : NULL;
}
void slab_free(struct slab_cache *cache, void *object)
{
	kfree(object);
}

void *slab_alloc_flags(struct slab_cache *cache, unsigned flags)
{
	return flags & SLAB_ZERO ? slab_zalloc(cache) : slab_alloc(cache);
}

/* No reader runs at the same time: free at once. */
static void call_at_once(struct rcu_head *head, void (*fn)(struct rcu_head *head))
{
	fn(head);
}
void (*mem_call_rcu)(struct rcu_head *head, void (*fn)(struct rcu_head *head)) = call_at_once;

/* ---- page.h ---- */

#define ARENA_PAGES 8192UL

struct page *page_memmap;
pfn_t page_max_pfn;
static struct page *arena_pages;
static char *arena;
static u8 arena_used[ARENA_PAGES];

static __attribute__((constructor)) void host_mem_init(void)
{
	arena = aligned_alloc(PAGE_SIZE << PAGE_MAX_ORDER, ARENA_PAGES * PAGE_SIZE);
	arena_pages = calloc(ARENA_PAGES, sizeof(struct page));
	page_memmap = (struct page *)((uintptr_t)arena_pages -
				      ((uintptr_t)arena >> PAGE_SHIFT) * sizeof(struct page));
	page_max_pfn = ((uintptr_t)arena >> PAGE_SHIFT) + ARENA_PAGES;
	ASAN_POISON_MEMORY_REGION(arena, ARENA_PAGES * PAGE_SIZE);
	kernel_hooks.alloc = kzalloc;
	kernel_hooks.free = (void (*)(void *))kfree;
}

struct page *page_alloc_order(unsigned order, unsigned flags)
{
	size_t n = 1UL << order;

	if (order > PAGE_MAX_ORDER || host_alloc_refuse())
		return NULL;
	for (size_t i = 0; i + n <= ARENA_PAGES; i += n) {
		if (memchr(arena_used + i, 1, n))
			continue;
		memset(arena_used + i, 1, n);
		memset(arena_pages + i, 0, n * sizeof(struct page));
		ASAN_UNPOISON_MEMORY_REGION(arena + i * PAGE_SIZE, n * PAGE_SIZE);
		memset(arena + i * PAGE_SIZE, flags & PAGE_ZERO ? 0 : 0xa5, n * PAGE_SIZE);
		atomic_set(&arena_pages[i].refs, 1);
		outstanding++;
		return &arena_pages[i];
	}
	return NULL;
}

struct page *page_alloc(unsigned flags)
{
	return page_alloc_order(0, flags);
}

void page_free_order(struct page *page, unsigned order)
{
	size_t i = page - arena_pages, n = 1UL << order;

	if (i >= ARENA_PAGES || !arena_used[i])
		panic("page freed that is not allocated");
	memset(arena_used + i, 0, n);
	atomic_set(&page->refs, 0);
	ASAN_POISON_MEMORY_REGION(arena + i * PAGE_SIZE, n * PAGE_SIZE);
	outstanding--;
}

void page_free(struct page *page)
{
	page_free_order(page, 0);
}
void page_clear(void *va)
{
	memset(va, 0, PAGE_SIZE);
}
void page_copy(void *dst, const void *src)
{
	memcpy(dst, src, PAGE_SIZE);
}

static long page_stat[PAGE_STAT_COUNT];
void page_stat_add(enum page_stat which, long pages)
{
	page_stat[which] += pages;
}
long page_stat_read(enum page_stat which)
{
	return page_stat[which];
}
