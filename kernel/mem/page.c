/* mem/page.c - the page allocator.
 *
 * Three levels, from cheap to dear:
 *
 *	per-CPU list	a stack of up to 64 single pages; interrupts off, no lock
 *	buddy		free blocks of 2^0..2^10 pages on eleven lists, one lock
 *	untouched	ranges of RAM that nobody looked at since boot
 *
 * The first is here, the others are in mem/buddy.c.  When they have nothing left, whoever
 * holds memory that could be given back is asked for it, unless the caller may not wait.
 */
#include "mem/page.h"
#include "mem/page_internal.h"
#include "mem/fail.h"
#include "mem/kasan.h"
#include "mem/slab.h"
#include "mem/kmap.h"
#include "core/hooks.h"
#include "core/panic.h"
#include "core/percpu.h"
#include "lib/string.h"

#define PCP_MAX 64

struct pcp {
	u32 count;
	struct page *pages[PCP_MAX]; /* a stack: the oldest are at the bottom */
};
DEFINE_PERCPU_STATIC(struct pcp, pcp);

/* --- allocation ------------------------------------------------------------ */

/* Ask everybody who holds memory that could be given back. */
static __cold bool page_make_room(size_t pages)
{
	size_t got = slab_shrink();

	got += kstack_shrink();
	if (got < pages && kernel_hooks.reclaim)
		got += kernel_hooks.reclaim(max_t(size_t, pages, 32));
	return got > 0;
}

static __cold struct page *page_alloc_slow(unsigned order, unsigned flags)
{
	struct page *page;

	if ((flags & (PAGE_ATOMIC | PAGE_NORECLAIM)) || !arch_irqs_enabled())
		return NULL;
	for (int tries = 0; tries < 8; tries++) {
		if (!page_make_room(1ul << order))
			return NULL;
		page = buddy_take(order, flags);
		if (page)
			return page;
	}
	return NULL;
}

static inline struct page *page_prepare(struct page *page, unsigned order)
{
	kasan_unpoison(page_to_virt(page), PAGE_SIZE << order);
	page->refs.v = 1;
	page->flags.v = 0;
	page->mapping = NULL;
	return page;
}

struct page *page_alloc(unsigned flags)
{
	unsigned long irq = arch_irq_save();
	struct pcp *list = this_cpu_ptr(pcp);
	struct page *page;

	if (fail_alloc(FAIL_PAGE)) {
		arch_irq_restore(irq);
		return NULL;
	}
	if (unlikely(!list->count))
		list->count = buddy_take_batch(list->pages, flags);
	page = likely(list->count) ? list->pages[--list->count] : NULL;
	arch_irq_restore(irq);
	if (unlikely(!page)) {
		page = page_alloc_slow(0, flags);
		if (!page)
			return NULL;
	}
	page_prepare(page, 0);
	if (flags & PAGE_ZERO)
		page_clear(page_to_virt(page));
	else if (CONFIG_DEBUG)
		memset(page_to_virt(page), 0xa5, PAGE_SIZE);
	return page;
}

struct page *page_alloc_order(unsigned order, unsigned flags)
{
	struct page *page;

	if (order == 0)
		return page_alloc(flags);
	if (order > PAGE_MAX_ORDER || fail_alloc(FAIL_PAGE))
		return NULL;
	page = buddy_take(order, flags);
	if (unlikely(!page)) {
		page = page_alloc_slow(order, flags);
		if (!page)
			return NULL;
	}
	page_prepare(page, order);
	/* Tail pages: whoever splits or tags the block finds them clean. */
	for (unsigned long i = 1; i < 1ul << order; i++) {
		page[i].refs.v = 0;
		page[i].flags.v = 0;
		page[i].mapping = NULL;
	}
	if (flags & PAGE_ZERO)
		memset(page_to_virt(page), 0, PAGE_SIZE << order);
	return page;
}

/* --- freeing --------------------------------------------------------------- */

/* Interrupts off. */
static void pcp_flush(struct pcp *list, u32 n)
{
	buddy_give_batch(list->pages, n);
	list->count -= n;
	memmove(list->pages, list->pages + n, list->count * sizeof(list->pages[0]));
}

void page_free(struct page *page)
{
	unsigned long irq;
	struct pcp *list;

	if (CONFIG_DEBUG) {
		assert(!(page->flags.v & (PG_BUDDY | PG_SLAB | PG_LOCKED)));
		memset(page_to_virt(page), 0x6b, PAGE_SIZE);
	}
	kasan_poison(page_to_virt(page), PAGE_SIZE, KASAN_FREE_PAGE);
	if (unlikely(page->flags.v & PG_RESERVED)) { /* of boot: no better than others */
		buddy_give(page, 0);
		return;
	}
	page->refs.v = 0;
	irq = arch_irq_save();
	list = this_cpu_ptr(pcp);
	if (unlikely(list->count == PCP_MAX))
		pcp_flush(list, PCP_MAX / 2);
	list->pages[list->count++] = page;
	arch_irq_restore(irq);
}

void page_free_order(struct page *page, unsigned order)
{
	if (order == 0) {
		page_free(page);
		return;
	}
	kasan_poison(page_to_virt(page), PAGE_SIZE << order, KASAN_FREE_PAGE);
	buddy_give(page, order);
}

u64 page_free_count(void)
{
	u64 n = buddy_free_count();
	unsigned cpu;

	for_each_online_cpu(cpu)
		n += READ_ONCE(per_cpu(pcp, cpu).count);
	return n;
}

/* --- contents ---------------------------------------------------------------- */

void page_clear(void *va)
{
	memset(va, 0, PAGE_SIZE);
}

void page_copy(void *dst, const void *src)
{
	memcpy(dst, src, PAGE_SIZE);
}
