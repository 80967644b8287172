/* Loading address spaces and flushing translations on all CPUs; space.c has the
 * idea.  A flush: entries were changed before; count the generation (PCID only);
 * flush here; ask the CPUs in active and wait.  A CPU that loads the space after
 * the change sees the new entries; one that loads it before has its bit set.
 */
#include "arch/x86/x86.h"
#include "arch/x86/tlb.h"
#include "arch/api/smp.h"
#include "mem/page.h"

#define FLUSH_PAGES_MAX 32
#define PCID_SLOTS	6

struct pcid_slot {
	u64 context;	/* 0: free */
	u64 generation; /* up to which it is flushed */
};

struct tlb_state {
	struct arch_space *loaded; /* NULL: the kernel's tables */
	bool lazy;		   /* a kernel thread runs on loaded */
	u8 slot, next_slot;	   /* PCID = slot + 1 */
	struct pcid_slot slots[PCID_SLOTS];
};
DEFINE_PERCPU_STATIC(struct tlb_state, tlb);

/* Picks the PCID of @space; returns CR3.  Interrupts off. */
static u64 pcid_cr3(struct arch_space *space)
{
	struct tlb_state *t = this_cpu_ptr(tlb);
	u64 generation = __atomic_load_n(&space->generation, __ATOMIC_SEQ_CST);
	bool good = false;
	unsigned i;

	for (i = 0; i < PCID_SLOTS; i++)
		if (t->slots[i].context == space->context)
			break;
	if (i == PCID_SLOTS) {
		i = t->next_slot;
		t->next_slot = (i + 1) % PCID_SLOTS;
		t->slots[i].context = space->context;
	} else {
		good = t->slots[i].generation == generation;
	}
	t->slots[i].generation = generation;
	t->slot = i;
	return space->root | (i + 1) | (good ? CR3_NOFLUSH : 0);
}

static __noinline void space_load(struct arch_space *space)
{
	struct arch_space *old = this_cpu(tlb).loaded;
	u64 bit = BIT(cpu_id());
	unsigned long flags = arch_irq_save();

	__atomic_fetch_or(&space->active, bit, __ATOMIC_SEQ_CST);
	x86_set_cr3(x86_features.pcid ? pcid_cr3(space) : space->root);
	this_cpu(tlb).loaded = space;
	if (old)
		__atomic_fetch_and(&old->active, ~bit, __ATOMIC_SEQ_CST);
	arch_irq_restore(flags);
}

void arch_space_switch(struct arch_space *space)
{
	this_cpu(tlb).lazy = false; /* first: see tlb_flush_here */
	barrier();
	if (this_cpu(tlb).loaded != space)
		space_load(space);
}

void arch_space_switch_kernel(void)
{
	this_cpu(tlb).lazy = true;
}

/* To the kernel's tables; interrupts off. */
static void unload_here(void)
{
	struct arch_space *old = this_cpu(tlb).loaded;

	if (!old)
		return;
	x86_set_cr3(x86_kernel_root);
	this_cpu(tlb).loaded = NULL;
	__atomic_fetch_and(&old->active, ~BIT(cpu_id()), __ATOMIC_SEQ_CST);
}

struct flush_request {
	struct arch_space *space;
	vaddr_t start, end;
	u64 generation;
};

static void flush_range(vaddr_t start, vaddr_t end)
{
	if (end - start <= FLUSH_PAGES_MAX * PAGE_SIZE) {
		for (; start < end; start += PAGE_SIZE)
			x86_invlpg(start);
	} else {
		x86_set_cr3(x86_cr3() & ~CR3_NOFLUSH);
	}
}

/* Interrupts off, or thread context. */
static void flush_here(const struct flush_request *r)
{
	struct tlb_state *t;

	if (!x86_features.pcid) {
		flush_range(r->start, r->end);
		return;
	}
	t = this_cpu_ptr(tlb);
	if (t->slots[t->slot].generation + 1 == r->generation) {
		t->slots[t->slot].generation = r->generation;
		flush_range(r->start, r->end);
	} else if (t->slots[t->slot].generation < r->generation) {
		u64 generation = __atomic_load_n(&r->space->generation, __ATOMIC_SEQ_CST);

		flush_range(0, USER_SPACE_END);
		t->slots[t->slot].generation = generation;
	}
}

static void flush_interrupt(void *arg)
{
	const struct flush_request *r = arg;

	if (this_cpu(tlb).loaded != r->space)
		return;
	if (this_cpu(tlb).lazy)
		unload_here();
	else
		flush_here(r);
}

void tlb_flush_space(struct arch_space *space, vaddr_t start, vaddr_t end)
{
	struct flush_request r = { space, start, end, 0 };
	unsigned long flags;
	u64 others;

	if (x86_features.pcid) {
		flags = arch_irq_save();
		r.generation = __atomic_add_fetch(&space->generation, 1, __ATOMIC_SEQ_CST);
		if (this_cpu(tlb).loaded == space)
			flush_here(&r);
		arch_irq_restore(flags);
	} else {
		/* Orders the changed entries before the look at active, and
		 * pairs with the locked or in space_load().
		 */
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (this_cpu(tlb).loaded == space)
			flush_range(start, end);
	}
	others = READ_ONCE(space->active) & ~BIT(cpu_id());
	if (unlikely(others))
		smp_call_function_mask(others, flush_interrupt, &r, true);
}

static void drop_interrupt(void *arg)
{
	if (this_cpu(tlb).loaded == arg)
		unload_here();
}

void tlb_drop_space(struct arch_space *space)
{
	unsigned long flags = arch_irq_save();
	u64 others;

	drop_interrupt(space);
	arch_irq_restore(flags);
	others = READ_ONCE(space->active);
	if (unlikely(others))
		smp_call_function_mask(others, drop_interrupt, space, true);
}

/* --- Batches ------------------------------------------------------------------------- */

void tlb_batch_init_dying(struct tlb_batch *batch, struct arch_space *space)
{
	tlb_batch_init(batch, space);
	tlb_drop_space(space);
	batch->dying = true;
}

void tlb_batch_flush(struct tlb_batch *batch)
{
	u32 i, n = batch->npages;

	if (batch->start < batch->end && !batch->dying)
		tlb_flush_space(batch->space, batch->start, batch->end);
	batch->start = ~0ULL;
	batch->end = 0;
	batch->npages = 0;
	for (i = 0; i < n; i++)
		page_put(batch->pages[i]);
}

void arch_tlb_flush_local(vaddr_t va)
{
	x86_invlpg(va);
}

void arch_tlb_flush_page(struct arch_space *space, vaddr_t va)
{
	va &= PAGE_MASK;
	tlb_flush_space(space, va, va + PAGE_SIZE);
}
