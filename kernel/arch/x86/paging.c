/* The kernel's own mappings, in the tables that every address space shares.
 *
 * The upper half of a top table never changes after boot: every entry that is
 * ever used leads to a second-level table made by boot_early.c.  So mapping a
 * kernel page needs no change in any process.  Lower tables appear on demand by
 * compare-and-swap and are never freed.
 *
 * Locking: entries of a kernel leaf table belong to whoever reserved the
 * addresses (mem/kmap), so setting them needs no lock.
 */
#include "arch/x86/x86.h"
#include "arch/api/space.h"
#include "arch/api/smp.h"
#include "core/panic.h"
#include "core/spinlock.h"
#include "lib/errno.h"
#include "mem/page.h"

#define TABLE		(X86_PTE_P | X86_PTE_RW | X86_PTE_A)
#define FLUSH_PAGES_MAX 32 /* beyond: everything */

struct x86_kernel_entry x86_kernel_entries[X86_KERNEL_ENTRIES] __ro_after_init;
unsigned x86_kernel_nentries __ro_after_init;

paddr_t image_to_phys(const volatile void *p)
{
	return (u64)p - (u64)image_start + image_phys;
}

void x86_paging_init(void)
{
	unsigned i;

	for (i = 256; i < 512; i++) {
		if (!kernel_pml4[i])
			continue;
		assert(x86_kernel_nentries < X86_KERNEL_ENTRIES);
		x86_kernel_entries[x86_kernel_nentries++] =
			(struct x86_kernel_entry){ i, kernel_pml4[i] };
	}
}

/* A zeroed table: the boot pool while there is no page allocator. */
static paddr_t kernel_table_new(void)
{
	struct page *page;
	paddr_t pa = x86_early_table();

	if (pa)
		return pa;
	page = page_alloc(PAGE_ZERO | PAGE_ATOMIC);
	if (!page)
		return 0;
	page_stat_add(PAGE_STAT_TABLES, 1);
	return page_to_phys(page);
}

/* Follows @entry, making the table.  The loser of a race keeps its page for
 * nothing: at most one page per CPU and table, ever.
 */
static u64 *kernel_next(u64 *entry)
{
	u64 old = READ_ONCE(*entry);
	paddr_t table;

	if (!(old & X86_PTE_P)) {
		table = kernel_table_new();
		if (!table)
			return NULL;
		__atomic_compare_exchange_n(entry, &old, table | TABLE, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST);
		old = READ_ONCE(*entry);
	}
	return x86_table_next(old);
}

static pte_t *kernel_pte_alloc(vaddr_t va)
{
	u64 *entry = &kernel_pml4[va >> 39 & 511];

	assert(*entry & X86_PTE_P);
	entry = x86_table_next(*entry) + (va >> 30 & 511);
	entry = kernel_next(entry);
	if (!entry)
		return NULL;
	entry = kernel_next(entry + (va >> 21 & 511));
	return entry ? entry + (va >> 12 & 511) : NULL;
}

static u64 prot_bits(unsigned prot)
{
	u64 bits = X86_PTE_P | X86_PTE_A | X86_PTE_D | X86_PTE_G;

	if (prot & KMAP_WRITE)
		bits |= X86_PTE_RW;
	if (!(prot & KMAP_EXEC))
		bits |= X86_PTE_NX;
	if (prot & KMAP_UNCACHED)
		bits |= X86_PTE_PCD | X86_PTE_PWT;
	else if (prot & KMAP_WRITECOMBINE)
		bits |= X86_PTE_PWT; /* see the PAT in cpu.c */
	return bits;
}

int arch_kmap_page(vaddr_t va, paddr_t pa, unsigned prot)
{
	pte_t *pte = kernel_pte_alloc(va);

	if (!pte)
		return -ENOMEM;
	pte_set(pte, (pa & X86_PTE_ADDR) | prot_bits(prot));
	return 0;
}

void arch_kunmap_range_noflush(vaddr_t va, u64 len)
{
	vaddr_t end = va + len;

	while (va < end) {
		pte_t *pte = x86_pte_walk(x86_kernel_root, va);
		vaddr_t stop = min(end, arch_table_end(va));

		for (; va < stop; va += PAGE_SIZE)
			if (pte)
				pte_clear(pte++);
	}
}

struct kernel_flush {
	vaddr_t start, end;
};

static void flush_kernel_local(void *arg)
{
	const struct kernel_flush *f = arg;
	vaddr_t va;
	u64 cr4;

	if (f->end - f->start <= FLUSH_PAGES_MAX * PAGE_SIZE) {
		for (va = f->start; va < f->end; va += PAGE_SIZE)
			x86_invlpg(va);
		return;
	}
	cr4 = x86_cr4(); /* global entries too */
	x86_set_cr4(cr4 & ~CR4_PGE);
	x86_set_cr4(cr4);
}

void arch_tlb_flush_kernel(vaddr_t start, vaddr_t end)
{
	struct kernel_flush f = { start, end };
	unsigned long flags = arch_irq_save();

	flush_kernel_local(&f);
	arch_irq_restore(flags);
	smp_call_function_mask(~0ULL, flush_kernel_local, &f, true);
}

void arch_kunmap_range(vaddr_t va, u64 len)
{
	arch_kunmap_range_noflush(va, len);
	arch_tlb_flush_kernel(va, va + len);
}

bool arch_kernel_lookup(vaddr_t va, paddr_t *pa)
{
	const u64 *table = phys_to_virt(x86_kernel_root);
	unsigned shift = 39;
	u64 entry, mask;

	for (;; shift -= 9) {
		entry = READ_ONCE(table[va >> shift & 511]);
		if (!(entry & X86_PTE_P))
			return false;
		if (shift == 12 || (entry & X86_PTE_PS && shift < 39))
			break;
		table = x86_table_next(entry);
	}
	mask = BIT(shift) - 1;
	*pa = (entry & X86_PTE_ADDR & ~mask) | (va & mask);
	return true;
}

/* --- Device and firmware memory ---------------------------------------------------- */

static struct {
	struct spinlock lock;
	vaddr_t next GUARDED_BY(&lock); /* the area is only ever used up */
} io_area = { SPINLOCK_INIT_RANK(LOCK_LEAF), KERNEL_IO_BASE };

static void *io_map(paddr_t pa, u64 len, unsigned prot)
{
	u64 offset = pa & ~PAGE_MASK, i;
	unsigned long flags;
	vaddr_t va;

	if (!len)
		return NULL;
	len = ALIGN_UP(len + offset, PAGE_SIZE);
	flags = spin_lock_irqsave(&io_area.lock);
	va = io_area.next;
	if (len > KERNEL_IO_END - va) {
		spin_unlock_irqrestore(&io_area.lock, flags);
		return NULL;
	}
	io_area.next += len;
	spin_unlock_irqrestore(&io_area.lock, flags);
	for (i = 0; i < len; i += PAGE_SIZE)
		if (arch_kmap_page(va + i, (pa & PAGE_MASK) + i, prot))
			return NULL;
	return (void *)(va + offset);
}

void *arch_ioremap(paddr_t pa, u64 len)
{
	return io_map(pa, len, KMAP_WRITE | KMAP_UNCACHED);
}

void *arch_map_firmware(paddr_t pa, u64 len)
{
	paddr_t first, last;

	if (arch_kernel_lookup((vaddr_t)phys_to_virt(pa), &first) &&
	    arch_kernel_lookup((vaddr_t)phys_to_virt(pa + len - 1), &last))
		return phys_to_virt(pa);
	return io_map(pa, len, KMAP_READ);
}

/* Both views of what is now constant: the image's and the direct map's. */
void arch_protect_image(void)
{
	char *p;

	for (p = ro_after_init_start; p < ro_after_init_end; p += PAGE_SIZE) {
		pte_t *pte = x86_pte_walk(x86_kernel_root, (vaddr_t)p);

		pte_set(pte, *pte & ~X86_PTE_RW);
		pte = x86_pte_walk(x86_kernel_root, (vaddr_t)phys_to_virt(image_to_phys(p)));
		pte_set(pte, *pte & ~X86_PTE_RW);
	}
	early_pml4[0] = 0; /* no way back to the identity map */
	arch_tlb_flush_kernel((vaddr_t)ro_after_init_start, (vaddr_t)ro_after_init_end);
	arch_tlb_flush_kernel((vaddr_t)phys_to_virt(image_to_phys(ro_after_init_start)),
			      (vaddr_t)phys_to_virt(image_to_phys(ro_after_init_end)));
}
