/*
 * page_cache_shared.c - memory that is shared without a file's name: mmap(2) with MAP_SHARED.
 *
 * A cache of its own, which the regions that map it hold by reference, in fork's children
 * too; nothing could bring its pages back, so they stay until it goes.  What is shared is
 * committed once, by the cache and not by who maps it: anonymous memory and that of a
 * shared mapping of /dev/zero, whose cache lies in a nameless inode.
 */
#include "mem/slab.h"
#include "sched/rcu.h"
#include "vm/page_cache.h"
#include "vm/vm_internal.h"

struct shared_memory {
	struct page_cache cache;
	u64 ino; /* [a] page_cache_shared_ino(); 0: nobody asked */
};

int page_cache_commit(struct page_cache *cache)
{
	int err = vm_commit(ALIGN_UP(cache->size, PAGE_SIZE) >> PAGE_SHIFT);

	if (!err)
		cache->flags |= CACHE_COMMITTED;
	return err;
}

struct page_cache *page_cache_new_anon(u64 size, bool commit)
{
	struct shared_memory *memory = kmalloc(sizeof(*memory));
	struct page_cache *cache;

	if (!memory)
		return NULL;
	memory->ino = 0;
	cache = &memory->cache;
	page_cache_init(cache, NULL, CACHE_MEMORY | CACHE_PINNED | CACHE_COUNTED | CACHE_NAMELESS,
			NULL);
	cache->size = size;
	if (commit && page_cache_commit(cache)) {
		page_cache_fini(cache);
		kfree(memory);
		return NULL;
	}
	return cache;
}

u64 page_cache_shared_ino(struct page_cache *cache)
{
	struct shared_memory *memory = container_of(cache, struct shared_memory, cache);
	u64 ino = READ_ONCE(memory->ino), old;

	if (ino)
		return ino;
	ino = vm_file_ops.shared_ino();
	old = cmpxchg(&memory->ino, 0, ino);
	return old ? old : ino;
}

void page_cache_get(struct page_cache *cache)
{
	refcount_get(&cache->refs);
}

static void cache_free_rcu(struct rcu_head *head)
{
	kfree(container_of(head, struct shared_memory, cache.rcu));
}

/* A fault without a lock may still look into it. */
void page_cache_put(struct page_cache *cache)
{
	if (refcount_put(&cache->refs)) {
		page_cache_fini(cache);
		call_rcu(&cache->rcu, cache_free_rcu);
	}
}
