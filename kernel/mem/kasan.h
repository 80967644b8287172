/* mem/kasan.h - the allocators' side of lib/kasan.h. */
#pragma once

#include "lib/annotate.h"
#include "lib/kasan.h"

struct slab_cache;

#if CONFIG_KASAN
/* From here on accesses to the first @bytes of the direct map are checked.  @shadow holds a
 * byte for each eight of them. */
void kasan_init(void *shadow, u64 bytes);
/* Keeps a freed object from being used again at once.  Returns one that waited long enough,
 * with its cache in *@cache, or NULL. */
void *kasan_quarantine(struct slab_cache **cache, void *object) __must_check;
#else
static inline void kasan_init(void *shadow, u64 bytes)
{
}
static inline void *kasan_quarantine(struct slab_cache **cache, void *object)
{
	return object;
}
#endif
