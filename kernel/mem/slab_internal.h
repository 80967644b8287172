/* mem/slab_internal.h - taking and giving an object, inlined into slab_alloc() and kmalloc(). */
#pragma once
#include "mem/fail.h"
#include "mem/kasan.h"
#include "mem/slab.h"
#include "lib/string.h"

/* slab.c */
void *slab_alloc_slow(struct slab_cache *cache, unsigned flags);
/* Interrupts off; @mag is this CPU's, and full, or NULL. */
void slab_free_slow(struct slab_cache *cache, struct slab_magazine *mag, void *object);

/* slab_debug.c; debug builds only */
#define SLAB_REDZONE (CONFIG_DEBUG ? 16u : 0u) /* bytes behind each object */
/* @size bytes of objects that are all free. */
void slab_debug_new(void *base, size_t size);
/* An object is taken, given back: panics where it was changed meanwhile. */
void slab_debug_alloc(const struct slab_cache *cache, void *object);
void slab_debug_free(const struct slab_cache *cache, void *object);
/* kmalloc.c */
void kmalloc_init(void);

static __always_inline void *slab_take(struct slab_cache *cache, unsigned flags)
{
	unsigned long irq = arch_irq_save();
	struct slab_magazine *mag = cache->magazine[cpu_id()];
	void *object;

	if (fail_alloc(FAIL_SLAB)) {
		arch_irq_restore(irq);
		return NULL;
	}
	if (likely(mag && mag->count)) {
		object = mag->objects[--mag->count];
		arch_irq_restore(irq);
	} else {
		arch_irq_restore(irq);
		object = slab_alloc_slow(cache, flags);
		if (!object)
			return NULL;
	}
	if (CONFIG_DEBUG)
		slab_debug_alloc(cache, object);
	kasan_unpoison(object, cache->size);
	if (flags & SLAB_ZERO)
		memset(object, 0, cache->size);
	return object;
}

static __always_inline void slab_give(struct slab_cache *cache, void *object)
{
	struct slab_magazine *mag;
	unsigned long irq;

	if (CONFIG_DEBUG)
		slab_debug_free(cache, object);
	if (CONFIG_KASAN && !cache->typesafe) {
		kasan_poison(object, cache->size, KASAN_FREE_OBJECT);
		object = kasan_quarantine(&cache, object);
		if (!object)
			return;
	}
	irq = arch_irq_save();
	mag = cache->magazine[cpu_id()];
	if (likely(mag && mag->count < mag->capacity))
		mag->objects[mag->count++] = object;
	else
		slab_free_slow(cache, mag, object);
	arch_irq_restore(irq);
}
