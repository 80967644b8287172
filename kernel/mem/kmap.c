/* mem/kmap.c - the vmalloc area: kernel memory of pages that lie anywhere.
 *
 *	KERNEL_VMAP_BASE |  areas, first fit, one guard page behind each  | stacks |
 *
 * Areas are in a tree by address; there are dozens of them, so first fit walks from a hint.
 * First fit, not "next address", because page tables for addresses once used are kept.
 * The stacks at the end have slots of their own (mem/kstack.c).
 *
 * Locking: kmap.lock (rank LOCK_LEAF) for the tree.  What is mapped in an area is its owner's.
 */
#include "mem/kmap.h"
#include "mem/kmap_internal.h"
#include "mem/page.h"
#include "mem/slab.h"
#include "arch/api/space.h"
#include "core/panic.h"
#include "core/spinlock.h"
#include "lib/rbtree.h"
#include "lib/string.h"

static_assert(KSTACKS_BASE > KERNEL_VMAP_BASE, "room for vmalloc");

struct area {
	struct rb_node node; /* [kmap.lock] */
	vaddr_t start;	     /* [I] */
	size_t size;	     /* [I] bytes; the guard page follows */
	size_t filled;	     /* bytes mapped; its owner's: [I] but for vmalloc_fill() */
};

static struct {
	struct spinlock lock;
	struct rb_root areas GUARDED_BY(&lock); /* [lock] by start */
	vaddr_t hint GUARDED_BY(&lock);		/* [lock] no gap of a page below */
} kmap = { .lock = SPINLOCK_INIT_RANK(LOCK_LEAF), .hint = KERNEL_VMAP_BASE };

/* --- areas ------------------------------------------------------------------ */

static struct area *area_find_locked(vaddr_t va) REQUIRES(&kmap.lock)
{
	struct rb_node *n = kmap.areas.node;

	while (n) {
		struct area *a = rb_entry(n, struct area, node);

		if (va < a->start)
			n = n->left;
		else if (va >= a->start + a->size)
			n = n->right;
		else
			return a;
	}
	return NULL;
}

static void area_link_locked(struct area *area) REQUIRES(&kmap.lock)
{
	struct rb_node **link = &kmap.areas.node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = area->start < rb_entry(parent, struct area, node)->start ? &parent->left :
										  &parent->right;
	}
	rb_link(&area->node, parent, link);
	rb_insert_fixup(&kmap.areas, &area->node);
}

/* The first area that ends above @va. */
static struct area *area_above_locked(vaddr_t va) REQUIRES(&kmap.lock)
{
	struct rb_node *n = kmap.areas.node;
	struct area *best = NULL;

	while (n) {
		struct area *a = rb_entry(n, struct area, node);

		if (va < a->start + a->size + PAGE_SIZE) {
			best = a;
			n = n->left;
		} else {
			n = n->right;
		}
	}
	return best;
}

static struct area *area_new(size_t size)
{
	struct area *area = kzalloc(sizeof(*area)), *next;
	unsigned long irq;
	vaddr_t at;

	size = ALIGN_UP(size, PAGE_SIZE);
	if (!area || !size || size > KSTACKS_BASE - KERNEL_VMAP_BASE) {
		kfree(area);
		return NULL;
	}
	area->size = size;
	irq = spin_lock_irqsave(&kmap.lock);
	at = kmap.hint;
	next = area_above_locked(at);
	while (next && next->start < at + size + PAGE_SIZE) {
		at = next->start + next->size + PAGE_SIZE;
		next = rb_entry_or_null(rb_next(&next->node), struct area, node);
	}
	if (at + size + PAGE_SIZE > KSTACKS_BASE) {
		spin_unlock_irqrestore(&kmap.lock, irq);
		kfree(area);
		return NULL;
	}
	area->start = at;
	area_link_locked(area);
	if (at == kmap.hint)
		kmap.hint = at + size + PAGE_SIZE;
	spin_unlock_irqrestore(&kmap.lock, irq);
	return area;
}

static void area_free(struct area *area)
{
	unsigned long irq = spin_lock_irqsave(&kmap.lock);

	rb_erase(&kmap.areas, &area->node);
	if (area->start < kmap.hint)
		kmap.hint = area->start;
	spin_unlock_irqrestore(&kmap.lock, irq);
	kfree(area);
}

static struct area *area_lookup(const void *va)
{
	unsigned long irq = spin_lock_irqsave(&kmap.lock);
	struct area *area = area_find_locked((vaddr_t)va);

	spin_unlock_irqrestore(&kmap.lock, irq);
	return area;
}

/* --- pages of their own ----------------------------------------------------------- */

size_t kmap_fill(vaddr_t start, size_t done, size_t len, unsigned page_flags)
{
	for (; done < len; done += PAGE_SIZE) {
		struct page *page = page_alloc(page_flags);

		if (!page)
			break;
		if (arch_kmap_page(start + done, page_to_phys(page), KMAP_READ | KMAP_WRITE)) {
			page_free(page);
			break;
		}
	}
	return done;
}

void kmap_unmap_and_free(vaddr_t start, size_t len)
{
	struct list_node pages;
	struct page *page, *next;
	paddr_t pa;

	list_init(&pages);
	for (vaddr_t va = start; va < start + len; va += PAGE_SIZE) {
		if (arch_kernel_lookup(va, &pa))
			list_add_tail(&pages, &phys_to_page(pa)->lru);
	}
	arch_kunmap_range(start, len);
	list_for_each_entry_safe(page, next, &pages, lru)
		page_put(page);
}

/* --- vmalloc -------------------------------------------------------------------- */

/* Pages up to @len; false: no memory.  What is there stays. */
static bool area_fill(struct area *area, size_t len, unsigned page_flags)
{
	size_t before = area->filled;

	area->filled = kmap_fill(area->start, before, len, page_flags);
	page_stat_add(PAGE_STAT_VMALLOC, (area->filled - before) >> PAGE_SHIFT);
	return area->filled >= len;
}

static void vmalloc_area_free(struct area *area)
{
	if (area->filled)
		kmap_unmap_and_free(area->start, area->filled);
	page_stat_add(PAGE_STAT_VMALLOC, -(long)(area->filled >> PAGE_SHIFT));
	area_free(area);
}

static void *vmalloc_flags(size_t size, unsigned page_flags)
{
	struct area *area = area_new(size);

	if (!area)
		return NULL;
	if (area_fill(area, area->size, page_flags))
		return (void *)area->start;
	vmalloc_area_free(area);
	return NULL;
}

void *vmalloc_reserve(size_t max)
{
	struct area *area = area_new(max);

	if (!area)
		return NULL;
	return (void *)area->start;
}

bool vmalloc_fill(void *va, size_t len)
{
	struct area *area = area_lookup(va);

	assert(area && area->start == (vaddr_t)va);
	return len <= area->size && area_fill(area, len, 0);
}

void *vmalloc(size_t size)
{
	return vmalloc_flags(size, 0);
}

void *vzalloc(size_t size)
{
	return vmalloc_flags(size, PAGE_ZERO);
}

void vfree(const void *va)
{
	struct area *area;

	if (!va)
		return;
	area = area_lookup(va);
	assert(area && area->start == (vaddr_t)va);
	vmalloc_area_free(area);
}

bool vmalloc_owns(const void *va)
{
	return (vaddr_t)va >= KERNEL_VMAP_BASE && (vaddr_t)va < KSTACKS_BASE;
}

struct page *vmalloc_to_page(const void *va)
{
	paddr_t pa;

	return arch_kernel_lookup((vaddr_t)va & PAGE_MASK, &pa) ? phys_to_page(pa) : NULL;
}

/* --- vmalloc pages that go one by one ------------------------------------------------ */

/* struct page.lru is free while an area owns the page. */
static u64 *page_users(vaddr_t va)
{
	return (u64 *)&vmalloc_to_page((void *)va)->lru;
}

void vmalloc_share(void *va)
{
	struct area *area = area_lookup(va);

	assert(area && area->start == (vaddr_t)va);
	for (vaddr_t at = area->start; at < area->start + area->filled; at += PAGE_SIZE)
		*page_users(at) = 1;
}

void vmalloc_hold(const void *va, size_t len)
{
	vaddr_t at = ALIGN_DOWN((vaddr_t)va, PAGE_SIZE), end = (vaddr_t)va + len;

	for (; at < end; at += PAGE_SIZE)
		__atomic_fetch_add(page_users(at), 1, __ATOMIC_RELAXED);
}

void vmalloc_drop(const void *va, size_t len)
{
	vaddr_t at = ALIGN_DOWN((vaddr_t)va, PAGE_SIZE), end = (vaddr_t)va + len, from = at;
	long freed = 0;

	for (; at < end; at += PAGE_SIZE) { /* [from, at) is nobody's */
		if (__atomic_sub_fetch(page_users(at), 1, __ATOMIC_ACQ_REL) == 0) {
			freed++;
			continue;
		}
		if (from < at)
			kmap_unmap_and_free(from, at - from);
		from = at + PAGE_SIZE;
	}
	if (from < at)
		kmap_unmap_and_free(from, at - from);
	page_stat_add(PAGE_STAT_VMALLOC, -freed);
}
