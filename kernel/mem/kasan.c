/* mem/kasan.c - the shadow of the direct map, and what the compiler calls.
 *
 * A shadow byte describes eight bytes: 0, all may be touched; 1 to 7, only so many; above, none,
 * and why (lib/kasan.h).  Free objects wait in a quarantine, so that who still uses one
 * meets its shadow and not the next owner's data.
 *
 * This file, the allocators and what runs before they do are not instrumented (Makefile).
 */
#include "mem/kasan.h"
#include "mem/page.h"
#include "mem/slab.h"
#include "core/panic.h"
#include "lib/string.h"

#if CONFIG_KASAN

#define GRANULE	   8
#define QUARANTINE 1024 /* objects */

static u8 *shadow;
static unsigned long covered; /* bytes of the direct map that have one; 0: not yet, no more */

static struct {
	struct spinlock lock; /* rank LOCK_SLAB */
	struct {
		struct slab_cache *cache;
		void *object;
	} slot[QUARANTINE] GUARDED_BY(
		&lock);			 /* [lock] a ring: the next to be taken is the oldest */
	unsigned next GUARDED_BY(&lock); /* [lock] */
} quarantine = { .lock = SPINLOCK_INIT_RANK(LOCK_SLAB) };

/* Where in the direct map; beyond covered: not there. */
static unsigned long offset_of(unsigned long addr)
{
	return addr - (unsigned long)phys_to_virt(0);
}

void kasan_poison(const void *p, size_t len, u8 why)
{
	unsigned long offset = offset_of((unsigned long)p);

	if (offset < covered)
		memset(shadow + offset / GRANULE, why, DIV_ROUND_UP(len, GRANULE));
}

void kasan_unpoison(const void *p, size_t len)
{
	unsigned long offset = offset_of((unsigned long)p);

	if (offset >= covered)
		return;
	memset(shadow + offset / GRANULE, 0, len / GRANULE);
	if (len % GRANULE)
		shadow[(offset + len) / GRANULE] = len % GRANULE;
}

static __cold void report(unsigned long addr, size_t len, bool write, unsigned long bad)
{
	const struct page *page = virt_to_page((const void *)bad);
	u8 why = shadow[offset_of(bad) / GRANULE];
	const char *what = why == KASAN_FREE_PAGE   ? "a free page" :
			   why == KASAN_FREE_OBJECT ? "a freed object" :
						      "behind an object";
	const char *cache = page_flag(page, PG_SLAB) ? page->slab_cache->name : "no slab";

	covered = 0; /* the panic reads what it likes */
	panic("kasan: %s of %zu bytes at %#lx: +%lu is %s (%s)", write ? "write" : "read", len,
	      addr, bad - addr, what, cache);
}

/* The first byte of [offset, offset + len) that may not be touched, or offset + len. */
static unsigned long first_bad(unsigned long offset, size_t len)
{
	unsigned long end = offset + len;

	while (offset < end) {
		u8 good = shadow[offset / GRANULE];

		if (good && offset % GRANULE >= (good < GRANULE ? good : 0))
			return offset;
		offset = good ? offset + 1 : ALIGN_DOWN(offset, GRANULE) + GRANULE;
	}
	return end;
}

static inline void check(unsigned long addr, size_t len, bool write)
{
	unsigned long offset = offset_of(addr), bad;

	if (offset >= covered || !len)
		return;
	if (likely(offset % GRANULE + len <= GRANULE && !shadow[offset / GRANULE]))
		return;
	bad = first_bad(offset, min_t(u64, len, covered - offset));
	if (unlikely(bad < offset + len && bad < covered))
		report(addr, len, write, addr + (bad - offset));
}

void kasan_check_range(unsigned long addr, size_t len, bool write)
{
	check(addr, len, write);
}

void *kasan_quarantine(struct slab_cache **cache, void *object)
{
	unsigned long irq = spin_lock_irqsave(&quarantine.lock);
	struct slab_cache *old_cache = quarantine.slot[quarantine.next].cache;
	void *old = quarantine.slot[quarantine.next].object;

	quarantine.slot[quarantine.next].cache = *cache;
	quarantine.slot[quarantine.next].object = object;
	quarantine.next = (quarantine.next + 1) % QUARANTINE;
	spin_unlock_irqrestore(&quarantine.lock, irq);
	*cache = old_cache;
	return old;
}

void kasan_init(void *at, u64 bytes)
{
	shadow = at;
	memset(shadow, 0, bytes / GRANULE);
	covered = bytes;
}

/* --- what gcc calls with -fsanitize=kernel-address --------------------------------- */

#define ACCESS(size)                                                                               \
	void __asan_load##size##_noabort(void *p);                                                 \
	void __asan_load##size##_noabort(void *p)                                                  \
	{                                                                                          \
		check((unsigned long)p, size, false);                                              \
	}                                                                                          \
	void __asan_store##size##_noabort(void *p);                                                \
	void __asan_store##size##_noabort(void *p)                                                 \
	{                                                                                          \
		check((unsigned long)p, size, true);                                               \
	}

ACCESS(1)
ACCESS(2)
ACCESS(4)
ACCESS(8)
ACCESS(16)

void __asan_loadN_noabort(void *p, long len);
void __asan_loadN_noabort(void *p, long len)
{
	check((unsigned long)p, len, false);
}

void __asan_storeN_noabort(void *p, long len);
void __asan_storeN_noabort(void *p, long len)
{
	check((unsigned long)p, len, true);
}

/* Stacks are not watched: nothing to clean. */
void __asan_handle_no_return(void);
void __asan_handle_no_return(void)
{
}

#endif
