/*
 * mem/slab_debug.c - what debug builds keep in objects, to find who uses them wrongly.
 *
 * Free objects are filled with 0x6b, which is checked when they are taken, new ones with
 * 0xa5; behind each lie 16 bytes of red zone, 0xbb, which are checked when it is freed.
 * Objects that may be read when free (slab_cache_typesafe) keep what they hold.
 */
#include "core/panic.h"
#include "lib/string.h"
#include "mem/slab_internal.h"

#define POISON_FREE 0x6b
#define POISON_NEW  0xa5
#define POISON_RED  0xbb

void slab_debug_new(void *base, size_t size)
{
	memset(base, POISON_FREE, size);
}

void slab_debug_alloc(const struct slab_cache *cache, void *object)
{
	const u8 *p = object;

	for (size_t i = sizeof(void *); i < cache->size && !cache->typesafe; i++) {
		if (p[i] != POISON_FREE)
			panic("slab %s: %p changed after free (+%zu: %#x)", cache->name, object, i,
			      p[i]);
	}
	if (!cache->typesafe)
		memset(object, POISON_NEW, cache->size);
	memset((u8 *)object + cache->size, POISON_RED, SLAB_REDZONE);
}

void slab_debug_free(const struct slab_cache *cache, void *object)
{
	const u8 *red = (u8 *)object + cache->size;

	for (int i = 0; i < (int)SLAB_REDZONE; i++) {
		if (red[i] != POISON_RED)
			panic("slab %s: %p freed twice or written past its end (+%d: %#x)",
			      cache->name, object, i, red[i]);
	}
	if (!cache->typesafe)
		memset(object, POISON_FREE, cache->stride);
}
