/* mem/slab.h - kernel objects.  kmalloc for any size, caches for one size.
 * All free functions work in any context, the _atomic allocators too; the others
 * may sleep in reclaim. */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"
#include "lib/list.h"
#include "core/spinlock.h"
#include "core/percpu.h"

#define SLAB_ATOMIC	  0x1 /* never sleeps */
#define SLAB_ZERO	  0x2

#define SLAB_MAGAZINE_MAX 30
/* Objects ready on one CPU.  Touched by that CPU with interrupts off. */
struct slab_magazine {
	u32 count;
	u32 capacity;
	void *objects[SLAB_MAGAZINE_MAX];
};

/* Fields: [I] after slab_cache_init  [c] that CPU, interrupts off  [l] lock */
struct slab_cache {
	u32 size;				  /* [I] what the caller asked for */
	u32 stride;				  /* [I] bytes from object to object */
	u16 order;				  /* [I] pages per slab, log2 */
	u16 per_slab;				  /* [I] objects per slab */
	u16 magazine_size;			  /* [I] 0: none */
	bool reclaimable;			  /* [I] counted as SReclaimable */
	bool typesafe;				  /* [I] see slab_cache_typesafe() */
	const char *name;			  /* [I] */
	struct slab_magazine *magazine[MAX_CPUS]; /* [c] */
	/* What a full or empty magazine writes, away from what each call reads. */
	struct spinlock lock;			    /* rank LOCK_SLAB, irq */
	u32 slow_calls;				    /* [a] counts towards a magazine */
	struct list_node partial GUARDED_BY(&lock); /* [l] slabs with free and used objects */
	struct list_node empty GUARDED_BY(&lock);   /* [l] slabs with no object out */
	u32 nr_empty GUARDED_BY(&lock);		    /* [l] */
	u32 nr_slabs GUARDED_BY(&lock);		    /* [l] */
	u64 nr_out GUARDED_BY(&lock);		    /* [l] objects out, magazines included */
	struct list_node caches;		    /* all caches, for /proc/slabinfo */
};

/* @align 0: 8 (16 for sizes of 16 on).  Cannot fail: memory is taken at first use. */
void slab_cache_init(struct slab_cache *cache, const char *name, size_t size, size_t align);
/*
 * Right after init: what was an object of this cache stays one for a grace period, freed or
 * not.  Who comes to it under RCU may count it if its reference count is not 0, and then has
 * to look whether it is the one that was meant.  The count must not be the first word.
 */
void slab_cache_typesafe(struct slab_cache *cache);
void *slab_alloc(struct slab_cache *cache) __must_check;
void *slab_zalloc(struct slab_cache *cache) __must_check;
void *slab_alloc_flags(struct slab_cache *cache, unsigned flags) __must_check;
void slab_free(struct slab_cache *cache, void *object);

#define KMALLOC_MAX (PAGE_SIZE << 10)

void *kmalloc(size_t size) __must_check;
void *kzalloc(size_t size) __must_check;
void *kmalloc_atomic(size_t size) __must_check;
void *kcalloc(size_t n, size_t size) __must_check;   /* NULL on overflow too */
void *krealloc(void *old, size_t size) __must_check; /* old stays valid on NULL */
void *kmemdup(const void *src, size_t len) __must_check;
char *kstrdup(const char *src) __must_check;
char *kasprintf(const char *fmt, ...) __printf(1, 2) __must_check;
void kfree(const void *p); /* NULL is fine */
size_t kmalloc_usable_size(const void *p);

/* kmalloc up to a few pages, vmalloc beyond. */
void *kvmalloc(size_t size) __must_check;
void *kvzalloc(size_t size) __must_check;
void kvfree(const void *p);

void slab_init(void);
/* Give empty slabs back; returns pages freed.  Sleeps not. */
size_t slab_shrink(void);

struct slab_info {
	const char *name;
	u64 objects, total, slabs;
	u32 size, per_slab, pages_per_slab;
};
/* Calls @fn for each cache, under the list lock. */
void slab_for_each(void (*fn)(const struct slab_info *info, void *arg), void *arg);
