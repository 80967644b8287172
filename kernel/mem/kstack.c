/* mem/kstack.c - kernel stacks.
 *
 * A stack has a slot of 32 KiB at the end of the kernel's mappings: the lower half is never
 * mapped, so running over the end faults instead of writing into a neighbour.  Free stacks
 * keep their pages: four on each CPU, then a common list of up to STACKS_KEPT; only beyond it,
 * or when memory is short, is one unmapped, which costs an IPI, and its slot kept on a list.
 *
 * Locking: stacks.lock (rank LOCK_LEAF).  A CPU's own stacks are touched in thread context
 * only, which is not preempted: no lock.
 */
#include "mem/kmap.h"
#include "mem/kmap_internal.h"
#include "mem/page.h"
#include "mem/slab.h"
#include "core/percpu.h"
#include "core/spinlock.h"

#define STACK_SLOT  (2 * KSTACK_SIZE)
#define STACK_PAGES (KSTACK_SIZE / PAGE_SIZE)
#define CPU_STACKS  4
#define STACKS_KEPT 32

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

/* --- slots ------------------------------------------------------------------------- */

static void slot_give(struct free_slot *slot)
{
	unsigned long irq = spin_lock_irqsave(&stacks.lock);

	slot->next = stacks.slots;
	stacks.slots = slot;
	spin_unlock_irqrestore(&stacks.lock, irq);
}

/* The note of a new slot is made first too, so that giving a slot back needs no memory. */
static struct free_slot *slot_take(void)
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
	room = stacks.used < KSTACKS_SIZE / STACK_SLOT;
	if (room)
		slot->stack = KSTACKS_BASE + ++stacks.used * STACK_SLOT - KSTACK_SIZE;
	spin_unlock_irqrestore(&stacks.lock, irq);
	if (room)
		return slot;
	kfree(slot);
	return NULL;
}

/* --- stacks ------------------------------------------------------------------------ */

/* Give the pages of one free stack back; false: it stays (no memory for the note). */
static bool stack_destroy(void *stack)
{
	struct free_slot *slot = kmalloc_atomic(sizeof(*slot));

	if (!slot)
		return false;
	kmap_unmap_and_free((vaddr_t)stack, KSTACK_SIZE);
	page_stat_add(PAGE_STAT_KSTACK, -(long)STACK_PAGES);
	slot->stack = (vaddr_t)stack;
	slot_give(slot);
	return true;
}

static void *stack_new(void)
{
	struct free_slot *slot = slot_take();
	vaddr_t stack;
	size_t done;

	if (!slot)
		return NULL;
	stack = slot->stack;
	done = kmap_fill(stack, 0, KSTACK_SIZE, 0);
	if (done == KSTACK_SIZE) {
		page_stat_add(PAGE_STAT_KSTACK, STACK_PAGES);
		kfree(slot);
		return (void *)stack;
	}
	if (done)
		kmap_unmap_and_free(stack, done);
	slot_give(slot);
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
	return va >= KSTACKS_BASE && va < KSTACKS_END &&
	       (va - KSTACKS_BASE) % STACK_SLOT < STACK_SLOT - KSTACK_SIZE;
}
