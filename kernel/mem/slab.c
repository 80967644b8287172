/* mem/slab.c - objects of one size out of pages (Bonwick 1994, magazines 2001).
 *
 *	magazine    per cache and CPU: a stack of free objects; interrupts off, no lock
 *	slab        2^order pages cut into objects, the free ones chained through their
 *	            first word; struct page of each page names the cache, the head's the
 *	            chain and how many are out
 *	cache       lists of partial and empty slabs under cache->lock (LOCK_SLAB, irq off)
 *
 * An allocation that finds its magazine filled takes about twenty instructions.  A cache
 * gets its magazine on a CPU after a few slow calls there, so caches hardly used cost none.
 * kmalloc() is above (mem/kmalloc.c).
 * * Debug builds find objects that are changed when free or written past their end: slab_debug.c.
 */
#include "mem/slab.h"
#include "mem/slab_internal.h"
#include "mem/defer.h"
#include "mem/kasan.h"
#include "mem/page.h"
#include "core/panic.h"
#include "lib/bitops.h"
#include "lib/string.h"

#define SLAB_MAX_ORDER	3
#define SLAB_KEEP_EMPTY 2
#define SLAB_SLOW_CALLS 4 /* before a CPU gets a magazine */

static struct slab_cache magazine_cache;

static struct {
	struct spinlock lock;			 /* rank LOCK_SLAB */
	struct list_node list GUARDED_BY(&lock); /* [lock] slab_cache.caches */
} caches = { .lock = SPINLOCK_INIT_RANK(LOCK_SLAB), .list = LIST_INIT(caches.list) };

/* --- slabs ------------------------------------------------------------------ */

static struct page *slab_of(const struct slab_cache *cache, const void *object)
{
	struct page *page = virt_to_page(object);

	return pfn_to_page(page_to_pfn(page) & ~((1ul << cache->order) - 1));
}

static struct page *slab_new(struct slab_cache *cache, unsigned flags)
{
	unsigned page_flags = flags & SLAB_ATOMIC ? PAGE_ATOMIC : 0;
	struct page *page = page_alloc_order(cache->order, page_flags);
	char *base;
	void *next = NULL;

	if (!page)
		return NULL;
	base = page_to_virt(page);
	if (CONFIG_DEBUG)
		slab_debug_new(base, PAGE_SIZE << cache->order);
	kasan_poison(base, PAGE_SIZE << cache->order, KASAN_REDZONE);
	for (int i = cache->per_slab - 1; i >= 0; i--) {
		void **object = (void **)(base + (size_t)i * cache->stride);

		*object = next;
		next = object;
	}
	for (unsigned i = 0; i < 1u << cache->order; i++) {
		page[i].flags.v = PG_SLAB;
		page[i].slab_cache = cache;
	}
	page->slab_free = next;
	page->slab_inuse = 0;
	page_stat_add(PAGE_STAT_SLAB, 1 << cache->order);
	if (cache->reclaimable)
		page_stat_add(PAGE_STAT_SLAB_RECLAIMABLE, 1 << cache->order);
	return page;
}

static void slab_destroy_now(struct slab_cache *cache, struct page *page)
{
	for (unsigned i = 0; i < 1u << cache->order; i++) {
		page[i].flags.v = 0;
		page[i].slab_cache = NULL;
	}
	page_stat_add(PAGE_STAT_SLAB, -(1 << cache->order));
	if (cache->reclaimable)
		page_stat_add(PAGE_STAT_SLAB_RECLAIMABLE, -(1 << cache->order));
	page_free_order(page, cache->order);
}

static void destroy_rcu(struct rcu_head *rcu)
{
	struct page *page = container_of((struct list_node *)rcu, struct page, lru);

	slab_destroy_now(page->slab_cache, page);
}

/* @page is on no list. */
static void slab_destroy(struct slab_cache *cache, struct page *page)
{
	static_assert(sizeof(struct rcu_head) <= sizeof(page->lru), "one lies in the other");

	if (cache->typesafe)
		mem_call_rcu((struct rcu_head *)&page->lru, destroy_rcu);
	else
		slab_destroy_now(cache, page);
}

/* A free object, or NULL when no slab has one. */
static void *take_locked(struct slab_cache *cache) REQUIRES(&cache->lock)
{
	struct page *page;
	void **object;

	if (!list_empty(&cache->partial)) {
		page = list_first_entry(&cache->partial, struct page, lru);
	} else if (!list_empty(&cache->empty)) {
		page = list_first_entry(&cache->empty, struct page, lru);
		list_move(&cache->partial, &page->lru);
		cache->nr_empty--;
	} else {
		return NULL;
	}
	object = page->slab_free;
	page->slab_free = *object;
	page->slab_inuse++;
	cache->nr_out++;
	if (!page->slab_free)
		list_del(&page->lru); /* full: on no list */
	return object;
}

/* Returns a slab that the caller destroys after unlocking, or NULL. */
static struct page *give_locked(struct slab_cache *cache, void *object) REQUIRES(&cache->lock)
{
	struct page *page = slab_of(cache, object);
	bool was_full = !page->slab_free;

	*(void **)object = page->slab_free;
	page->slab_free = object;
	cache->nr_out--;
	if (--page->slab_inuse == 0) {
		if (!was_full)
			list_del(&page->lru);
		if (cache->nr_empty >= SLAB_KEEP_EMPTY) {
			cache->nr_slabs--;
			return page;
		}
		list_add(&cache->empty, &page->lru);
		cache->nr_empty++;
	} else if (was_full) {
		list_add(&cache->partial, &page->lru);
	}
	return NULL;
}

/* --- magazines ---------------------------------------------------------------- */

/* Interrupts off.  One object for the caller, half a magazine besides. */
static void *refill(struct slab_cache *cache, struct slab_magazine *mag)
{
	void *object;

	spin_lock(&cache->lock);
	object = take_locked(cache);
	if (object && mag) {
		u32 want = mag->capacity / 2;

		while (mag->count < want) {
			void *more = take_locked(cache);

			if (!more)
				break;
			mag->objects[mag->count++] = more;
		}
	}
	spin_unlock(&cache->lock);
	return object;
}

static void magazine_install(struct slab_cache *cache)
{
	struct slab_magazine *mag;
	unsigned long irq;
	unsigned cpu;

	if (!cache->magazine_size ||
	    __atomic_fetch_add(&cache->slow_calls, 1, __ATOMIC_RELAXED) < SLAB_SLOW_CALLS)
		return;
	mag = slab_alloc_flags(&magazine_cache, SLAB_ATOMIC);
	if (!mag)
		return;
	mag->count = 0;
	mag->capacity = cache->magazine_size;
	irq = arch_irq_save();
	cpu = cpu_id();
	if (!cache->magazine[cpu]) {
		cache->magazine[cpu] = mag;
		mag = NULL;
	}
	arch_irq_restore(irq);
	if (mag)
		slab_free(&magazine_cache, mag);
}

__noinline void *slab_alloc_slow(struct slab_cache *cache, unsigned flags)
{
	unsigned long irq;
	struct page *page;
	void *object;

	if (!cache->magazine[cpu_id()])
		magazine_install(cache);
	for (;;) {
		irq = arch_irq_save();
		object = refill(cache, cache->magazine[cpu_id()]);
		arch_irq_restore(irq);
		if (object)
			return object;
		page = slab_new(cache, flags); /* may sleep, and change the CPU */
		if (!page)
			return NULL;
		irq = spin_lock_irqsave(&cache->lock);
		list_add(&cache->empty, &page->lru);
		cache->nr_empty++;
		cache->nr_slabs++;
		spin_unlock_irqrestore(&cache->lock, irq);
	}
}

/* The older half goes back, or the one object when there is no magazine. */
__noinline void slab_free_slow(struct slab_cache *cache, struct slab_magazine *mag, void *object)
{
	struct page *dead[SLAB_MAGAZINE_MAX / 2 + 1];
	unsigned ndead = 0;
	struct page *page;

	spin_lock(&cache->lock);
	if (mag) {
		u32 n = (mag->capacity + 1) / 2;

		for (u32 i = 0; i < n; i++) {
			page = give_locked(cache, mag->objects[i]);
			if (page)
				dead[ndead++] = page;
		}
		mag->count -= n;
		memmove(mag->objects, mag->objects + n, mag->count * sizeof(mag->objects[0]));
		mag->objects[mag->count++] = object;
	} else {
		page = give_locked(cache, object);
		if (page)
			dead[ndead++] = page;
	}
	spin_unlock(&cache->lock);
	while (ndead)
		slab_destroy(cache, dead[--ndead]);
}

/* --- caches --------------------------------------------------------------------- */

void slab_cache_init(struct slab_cache *cache, const char *name, size_t size, size_t align)
{
	unsigned long irq;
	size_t stride;

	if (!align)
		align = size >= 16 ? 16 : 8;
	stride = ALIGN_UP(max_t(size_t, size, sizeof(void *)) + SLAB_REDZONE, align);
	*cache = (struct slab_cache){ .name = name, .size = size };
	cache->stride = stride;
	/* At most an eighth lost at the end of a slab. */
	while (cache->order < SLAB_MAX_ORDER &&
	       (stride > PAGE_SIZE << cache->order ||
		(PAGE_SIZE << cache->order) % stride > (PAGE_SIZE << cache->order) / 8))
		cache->order++;
	cache->per_slab = (PAGE_SIZE << cache->order) / stride;
	assert(cache->per_slab);
	cache->magazine_size = stride <= 256 ? 30 : stride <= 1024 ? 14 : 6;
	spin_init(&cache->lock, LOCK_SLAB);
	list_init(&cache->partial);
	list_init(&cache->empty);
	irq = spin_lock_irqsave(&caches.lock);
	list_add_tail(&caches.list, &cache->caches);
	spin_unlock_irqrestore(&caches.lock, irq);
}

void slab_cache_typesafe(struct slab_cache *cache)
{
	cache->typesafe = true;
}

void *slab_alloc(struct slab_cache *cache)
{
	return slab_take(cache, 0);
}

void *slab_zalloc(struct slab_cache *cache)
{
	return slab_take(cache, SLAB_ZERO);
}

void *slab_alloc_flags(struct slab_cache *cache, unsigned flags)
{
	return slab_take(cache, flags);
}

void slab_free(struct slab_cache *cache, void *object)
{
	if (CONFIG_DEBUG)
		assert(virt_to_page(object)->slab_cache == cache);
	slab_give(cache, object);
}

/* --- the whole ------------------------------------------------------------------------ */

size_t slab_shrink(void)
{
	struct slab_cache *cache;
	struct page *page, *next;
	struct list_node dead;
	unsigned long irq;
	size_t freed = 0;

	list_init(&dead);
	irq = spin_lock_irqsave(&caches.lock);
	list_for_each_entry(cache, &caches.list, caches) {
		/* Two locks of one rank: cache->lock is never outside caches.lock. */
		if (!spin_trylock(&cache->lock))
			continue;
		list_splice_tail(&dead, &cache->empty);
		cache->nr_slabs -= cache->nr_empty;
		cache->nr_empty = 0;
		spin_unlock(&cache->lock);
	}
	spin_unlock_irqrestore(&caches.lock, irq);
	list_for_each_entry_safe(page, next, &dead, lru) {
		cache = page->slab_cache;
		if (!cache->typesafe) /* else they come later */
			freed += 1u << cache->order;
		slab_destroy(cache, page);
	}
	return freed;
}

void slab_for_each(void (*fn)(const struct slab_info *info, void *arg), void *arg)
{
	struct slab_cache *cache;
	unsigned long irq = spin_lock_irqsave(&caches.lock);

	list_for_each_entry(cache, &caches.list, caches) {
		struct slab_info info = {
			.name = cache->name,
			.size = cache->stride,
			.per_slab = cache->per_slab,
			.pages_per_slab = 1u << cache->order,
			.slabs = READ_ONCE(cache->nr_slabs),
			.objects = READ_ONCE(cache->nr_out),
			.total = (u64)READ_ONCE(cache->nr_slabs) * cache->per_slab,
		};

		fn(&info, arg);
	}
	spin_unlock_irqrestore(&caches.lock, irq);
}

void slab_init(void)
{
	slab_cache_init(&magazine_cache, "magazine", sizeof(struct slab_magazine), 64);
	magazine_cache.magazine_size = 0;
	kmalloc_init();
}
