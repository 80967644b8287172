/* mem/kmap.c - the vmalloc area and kernel stacks.
 *
 *	KERNEL_VMAP_BASE |  areas, first fit, one guard page behind each  | stacks |
 *
 * Areas are in a tree by address; there are dozens of them, so first fit walks from a hint.
 * First fit, not "next address", because page tables for addresses once used are kept.
 *
 * A kernel stack has a slot of 32 KiB: the lower half is never mapped, so running over
 * the end faults instead of writing into a neighbour.  Free stacks keep their pages: four on
 * each CPU (touched in thread context only, no lock), then a common list of up to
 * STACKS_KEPT; only beyond it, or when memory is short, is one unmapped, which costs an IPI.
 *
 * Locking: kmap.lock (rank LOCK_LEAF, areas), stacks.lock (rank LOCK_LEAF).
 */
#include "mem/kmap.h"
#include "mem/page.h"
#include "mem/slab.h"
#include "arch/api/space.h"
#include "core/panic.h"
#include "core/percpu.h"
#include "core/spinlock.h"
#include "lib/rbtree.h"
#include "lib/string.h"

#define STACK_SLOT  (2 * KSTACK_SIZE)
#define STACK_AREA  (16ull << 30) /* 512 Ki threads */
#define STACKS_END  (KERNEL_VMAP_END - PAGE_SIZE)
#define STACKS_BASE (STACKS_END - STACK_AREA)
#define STACK_PAGES (KSTACK_SIZE / PAGE_SIZE)
#define CPU_STACKS  4
#define STACKS_KEPT 32

struct area {
	struct rb_node node; /* [kmap.lock] */
	vaddr_t start;	     /* [I] */
	size_t size;	     /* [I] bytes; the guard page follows */
	size_t filled;	     /* [I] bytes mapped; grows by vmalloc_fill() of its one owner */
	bool owns_pages;     /* [I] vmalloc: pages go with the mapping */
};

static struct {
	struct spinlock lock;
	struct rb_root areas GUARDED_BY(&lock); /* [lock] by start */
	vaddr_t hint GUARDED_BY(&lock);		/* [lock] no gap of a page below */
} kmap = { .lock = SPINLOCK_INIT_RANK(LOCK_LEAF), .hint = KERNEL_VMAP_BASE };

/* A free stack's lowest bytes. */
struct free_stack {
	struct free_stack *next;
};
/* A slot whose pages are gone. */
struct free_slot {
	struct free_slot *next;
	vaddr_t stack;
};

static struct {
	struct spinlock lock;
	struct free_stack *kept GUARDED_BY(&lock); /* [lock] */
	unsigned nkept GUARDED_BY(&lock);	   /* [lock] */
	struct free_slot *slots GUARDED_BY(&lock); /* [lock] */
	u64 used GUARDED_BY(&lock);		   /* [lock] slots ever handed out */
} stacks = { .lock = SPINLOCK_INIT_RANK(LOCK_LEAF) };

struct cpu_stacks {
	unsigned n;
	void *stack[CPU_STACKS];
};
DEFINE_PERCPU_STATIC(struct cpu_stacks, cpu_stacks);

void kmap_init(void)
{
	static_assert(STACKS_BASE > KERNEL_VMAP_BASE, "room for vmalloc");
}

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
	if (!area || !size || size > STACKS_BASE - KERNEL_VMAP_BASE) {
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
	if (at + size + PAGE_SIZE > STACKS_BASE) {
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

/* --- vmap, vmalloc -------------------------------------------------------------- */

void *vmap_pages(struct page *const *pages, size_t n)
{
	struct area *area = area_new(n << PAGE_SHIFT);
	size_t i;

	if (!area)
		return NULL;
	area->filled = area->size;
	for (i = 0; i < n; i++) {
		if (arch_kmap_page(area->start + i * PAGE_SIZE, page_to_phys(pages[i]),
				   KMAP_READ | KMAP_WRITE))
			goto out_unmap;
	}
	return (void *)area->start;

out_unmap:
	if (i)
		arch_kunmap_range(area->start, i * PAGE_SIZE);
	area_free(area);
	return NULL;
}

/* Unmap @len bytes, then let go of the pages: no CPU may see them through its TLB any more. */
static void unmap_and_free(vaddr_t start, size_t len)
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

/* Pages up to @len; false: no memory.  What is there stays. */
static bool area_fill(struct area *area, size_t len, unsigned page_flags)
{
	size_t before = area->filled;

	for (; area->filled < len; area->filled += PAGE_SIZE) {
		struct page *page = page_alloc(page_flags);

		if (!page)
			break;
		if (arch_kmap_page(area->start + area->filled, page_to_phys(page),
				   KMAP_READ | KMAP_WRITE)) {
			page_free(page);
			break;
		}
	}
	page_stat_add(PAGE_STAT_VMALLOC, (area->filled - before) >> PAGE_SHIFT);
	return area->filled >= len;
}

static void vmalloc_area_free(struct area *area)
{
	if (area->filled)
		unmap_and_free(area->start, area->filled);
	page_stat_add(PAGE_STAT_VMALLOC, -(long)(area->filled >> PAGE_SHIFT));
	area_free(area);
}

static void *vmalloc_flags(size_t size, unsigned page_flags)
{
	struct area *area = area_new(size);

	if (!area)
		return NULL;
	area->owns_pages = true;
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
	area->owns_pages = true;
	return (void *)area->start;
}

bool vmalloc_fill(void *va, size_t len)
{
	struct area *area = area_lookup(va);

	assert(area && area->start == (vaddr_t)va && area->owns_pages);
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

void vunmap(void *va)
{
	struct area *area = area_lookup(va);

	assert(area && area->start == (vaddr_t)va && !area->owns_pages);
	arch_kunmap_range(area->start, area->filled);
	area_free(area);
}

void vfree(const void *va)
{
	struct area *area;

	if (!va)
		return;
	area = area_lookup(va);
	assert(area && area->start == (vaddr_t)va && area->owns_pages);
	vmalloc_area_free(area);
}

bool vmalloc_owns(const void *va)
{
	return (vaddr_t)va >= KERNEL_VMAP_BASE && (vaddr_t)va < STACKS_BASE;
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

	assert(area && area->start == (vaddr_t)va && area->owns_pages);
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
			unmap_and_free(from, at - from);
		from = at + PAGE_SIZE;
	}
	if (from < at)
		unmap_and_free(from, at - from);
	page_stat_add(PAGE_STAT_VMALLOC, -freed);
}

/* --- stacks ------------------------------------------------------------------------ */

static void stack_unmap(void *stack)
{
	unmap_and_free((vaddr_t)stack, KSTACK_SIZE);
	page_stat_add(PAGE_STAT_KSTACK, -(long)STACK_PAGES);
}

static void stack_slot_give(struct free_slot *slot)
{
	unsigned long irq = spin_lock_irqsave(&stacks.lock);

	slot->next = stacks.slots;
	stacks.slots = slot;
	spin_unlock_irqrestore(&stacks.lock, irq);
}

/* Give the pages of one free stack back; false: it stays (no memory for the note). */
static bool stack_destroy(void *stack)
{
	struct free_slot *slot = kmalloc_atomic(sizeof(*slot));

	if (!slot)
		return false;
	stack_unmap(stack);
	slot->stack = (vaddr_t)stack;
	stack_slot_give(slot);
	return true;
}

/* The note of a new slot is made first too, so that giving a slot back needs no memory. */
static struct free_slot *stack_slot_take(void)
{
	unsigned long irq = spin_lock_irqsave(&stacks.lock);
	struct free_slot *slot = stacks.slots;
	bool room;

	if (slot)
		stacks.slots = slot->next;
	spin_unlock_irqrestore(&stacks.lock, irq);
	if (slot)
		return slot;
	slot = kmalloc(sizeof(*slot));
	if (!slot)
		return NULL;
	irq = spin_lock_irqsave(&stacks.lock);
	room = stacks.used < STACK_AREA / STACK_SLOT;
	if (room)
		slot->stack = STACKS_BASE + ++stacks.used * STACK_SLOT - KSTACK_SIZE;
	spin_unlock_irqrestore(&stacks.lock, irq);
	if (room)
		return slot;
	kfree(slot);
	return NULL;
}

static void *stack_new(void)
{
	struct free_slot *slot = stack_slot_take();
	vaddr_t stack;
	size_t done;

	if (!slot)
		return NULL;
	stack = slot->stack;
	for (done = 0; done < KSTACK_SIZE; done += PAGE_SIZE) {
		struct page *page = page_alloc(0);

		if (!page)
			goto out_unmap;
		if (arch_kmap_page(stack + done, page_to_phys(page), KMAP_READ | KMAP_WRITE)) {
			page_free(page);
			goto out_unmap;
		}
	}
	page_stat_add(PAGE_STAT_KSTACK, STACK_PAGES);
	kfree(slot);
	return (void *)stack;

out_unmap:
	if (done)
		unmap_and_free(stack, done);
	stack_slot_give(slot);
	return NULL;
}

static void *stack_kept_take(void)
{
	unsigned long irq = spin_lock_irqsave(&stacks.lock);
	struct free_stack *stack = stacks.kept;

	if (stack) {
		stacks.kept = stack->next;
		stacks.nkept--;
	}
	spin_unlock_irqrestore(&stacks.lock, irq);
	return stack;
}

void *kstack_alloc(void)
{
	struct cpu_stacks *cache = this_cpu_ptr(cpu_stacks);
	void *stack;

	if (likely(cache->n))
		return cache->stack[--cache->n];
	stack = READ_ONCE(stacks.kept) ? stack_kept_take() : NULL;
	return stack ? stack : stack_new();
}

void kstack_free(void *stack)
{
	struct cpu_stacks *cache = this_cpu_ptr(cpu_stacks);
	struct free_stack *free = stack;
	unsigned long irq;

	if (likely(cache->n < CPU_STACKS)) {
		cache->stack[cache->n++] = stack;
		return;
	}
	if (READ_ONCE(stacks.nkept) >= STACKS_KEPT && arch_irqs_enabled() && stack_destroy(stack))
		return;
	irq = spin_lock_irqsave(&stacks.lock);
	free->next = stacks.kept;
	stacks.kept = free;
	stacks.nkept++;
	spin_unlock_irqrestore(&stacks.lock, irq);
}

size_t kstack_shrink(void)
{
	size_t freed = 0;
	void *stack;

	while (READ_ONCE(stacks.kept) && (stack = stack_kept_take())) {
		if (!stack_destroy(stack)) {
			kstack_free(stack);
			break;
		}
		freed += STACK_PAGES;
	}
	return freed;
}

bool kstack_guard_hit(vaddr_t va)
{
	return va >= STACKS_BASE && va < STACKS_END &&
	       (va - STACKS_BASE) % STACK_SLOT < STACK_SLOT - KSTACK_SIZE;
}
