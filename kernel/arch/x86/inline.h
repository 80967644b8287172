#pragma once
/* x86_64 for hot paths: interrupt flag, per-CPU access through GS, the direct
 * map, page-table entries.  See arch/api/inline.h.
 */
#include "lib/types.h"
#include "lib/annotate.h"

/* --- Interrupt flag -------------------------------------------------------- */

#define X86_RFLAGS_IF 0x200UL
#define X86_RFLAGS_AC 0x40000UL /* in the kernel: user memory may be touched */

static __always_inline unsigned long arch_flags_read(void)
{
	unsigned long flags;

	asm volatile("pushfq; popq %0" : "=rm"(flags) : : "memory");
	return flags;
}

static __always_inline bool arch_irqs_enabled(void)
{
	return arch_flags_read() & X86_RFLAGS_IF;
}

static __always_inline void arch_irq_enable(void)
{
	asm volatile("sti" : : : "memory");
}

static __always_inline void arch_irq_disable(void)
{
	asm volatile("cli" : : : "memory");
}

static __always_inline unsigned long arch_irq_save(void)
{
	unsigned long flags = arch_flags_read();

	arch_irq_disable();
	return flags;
}

static __always_inline void arch_irq_restore(unsigned long flags)
{
	if (flags & X86_RFLAGS_IF)
		arch_irq_enable();
}

static __always_inline void arch_cpu_relax(void)
{
	asm volatile("pause" : : : "memory");
}

/* STI takes effect after HLT has begun: nothing is lost between. */
static __always_inline void arch_idle(void)
{
	asm volatile("sti; hlt" : : : "memory");
}

static __always_inline u64 arch_cycles(void)
{
	u32 lo, hi;

	asm volatile("rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (u64)hi << 32 | lo;
}

/* --- Per-CPU data ----------------------------------------------------------
 * GSBASE = this CPU's area - the template in the image.  CPU 0 uses the
 * template itself, so that GSBASE 0 is right from the first instruction.
 */
#define ARCH_THIS_CPU(var) (*(__seg_gs __typeof__(var) *)(unsigned long)&(var))

extern unsigned long arch_percpu_base; /* a per-CPU variable: its own GSBASE */
extern unsigned long percpu_offset[];  /* by CPU: area - template */

static __always_inline unsigned long arch_percpu_self(void)
{
	return ARCH_THIS_CPU(arch_percpu_base);
}

/* --- The map of the kernel's half --------------------------------------------
 * See docs/memory-map.md.  Each area but the direct map is within one entry of
 * the top table, and the top tables' kernel halves never change after boot.
 */
#define DIRECT_MAP_BASE	    0xffff888000000000ULL
#define DIRECT_MAP_END	    0xffffc88000000000ULL
#define KERNEL_VMAP_BASE    0xffffc90000000000ULL /* mem/kmap */
#define KERNEL_VMAP_END	    0xffffc98000000000ULL
#define KERNEL_VMEMMAP_BASE 0xffffea0000000000ULL /* struct page, if mapped */
#define KERNEL_VMEMMAP_END  0xffffea8000000000ULL
#define KERNEL_IMAGE_BASE   0xffffffff80000000ULL
#define KERNEL_IO_BASE	    0xffffffffc0000000ULL /* arch_ioremap */
#define KERNEL_IO_END	    0xfffffffffe000000ULL
#define USER_SPACE_END	    0x00007ffffffff000ULL /* one page below the hole */

static __always_inline void *phys_to_virt(paddr_t pa)
{
	return (void *)(pa + DIRECT_MAP_BASE);
}

static __always_inline paddr_t virt_to_phys(const volatile void *va)
{
	return (u64)va - DIRECT_MAP_BASE;
}

/* --- Page-table entries --------------------------------------------------- */

typedef u64 pte_t;

#define X86_PTE_P	 BIT(0)
#define X86_PTE_RW	 BIT(1)
#define X86_PTE_US	 BIT(2)
#define X86_PTE_PWT	 BIT(3)
#define X86_PTE_PCD	 BIT(4)
#define X86_PTE_A	 BIT(5)
#define X86_PTE_D	 BIT(6)
#define X86_PTE_PS	 BIT(7)
#define X86_PTE_G	 BIT(8)
#define X86_PTE_PROTNONE BIT(8) /* with P = 0: a page kept without access */
#define X86_PTE_SW0	 BIT(9)
#define X86_PTE_SW1	 BIT(10)
#define X86_PTE_NX	 BIT(63)
#define X86_PTE_ADDR	 0x000ffffffffff000ULL

/* What pte_make() takes, or-ed.  Each of the three rights includes presence;
 * none of them: the page is kept, and every access faults.
 */
#define PTE_USER_READ  (X86_PTE_P | X86_PTE_US)
#define PTE_USER_WRITE (X86_PTE_P | X86_PTE_US | X86_PTE_RW)
#define PTE_USER_EXEC  (X86_PTE_P | X86_PTE_US | X86_PTE_NX) /* inverted in the entry */
#define PTE_F_DIRTY    X86_PTE_D
#define PTE_F_ACCESSED X86_PTE_A
#define PTE_F_SPECIAL  X86_PTE_SW0 /* has no struct page, or no reference to it */
#define PTE_F_SOFT     X86_PTE_SW1 /* free for vm/ */
#define PTE_F_UNCACHED (X86_PTE_PCD | X86_PTE_PWT)

static __always_inline pte_t pte_make(pfn_t pfn, u64 prot)
{
	if (!(prot & X86_PTE_P))
		prot = (prot & ~(PTE_USER_EXEC | PTE_USER_WRITE)) | X86_PTE_PROTNONE;
	return (pfn << PAGE_SHIFT | prot) ^ X86_PTE_NX;
}

static __always_inline bool pte_none(pte_t pte)
{
	return pte == 0;
}
/* Refers to a page, accessible or not. */
static __always_inline bool pte_present(pte_t pte)
{
	return pte & (X86_PTE_P | X86_PTE_PROTNONE);
}
/* The processor would use it. */
static __always_inline bool pte_accessible(pte_t pte)
{
	return pte & X86_PTE_P;
}
static __always_inline pfn_t pte_pfn(pte_t pte)
{
	return (pte & X86_PTE_ADDR) >> PAGE_SHIFT;
}
static __always_inline bool pte_writable(pte_t pte)
{
	return pte & X86_PTE_RW;
}
static __always_inline bool pte_executable(pte_t pte)
{
	return !(pte & X86_PTE_NX);
}
static __always_inline bool pte_dirty(pte_t pte)
{
	return pte & X86_PTE_D;
}
static __always_inline bool pte_accessed(pte_t pte)
{
	return pte & X86_PTE_A;
}
static __always_inline bool pte_special(pte_t pte)
{
	return pte & PTE_F_SPECIAL;
}
static __always_inline bool pte_soft(pte_t pte)
{
	return pte & PTE_F_SOFT;
}
static __always_inline pte_t pte_mkclean(pte_t pte)
{
	return pte & ~X86_PTE_D;
}
static __always_inline pte_t pte_mkdirty(pte_t pte)
{
	return pte | X86_PTE_D;
}
static __always_inline pte_t pte_mkold(pte_t pte)
{
	return pte & ~X86_PTE_A;
}
static __always_inline pte_t pte_mkyoung(pte_t pte)
{
	return pte | X86_PTE_A;
}
static __always_inline pte_t pte_wrprotect(pte_t pte)
{
	return pte & ~X86_PTE_RW;
}
static __always_inline pte_t pte_mkwrite(pte_t pte)
{
	return pte | X86_PTE_RW;
}

/* The same page and flags with other rights (mprotect). */
static __always_inline pte_t pte_modify(pte_t pte, u64 prot)
{
	return pte_make(pte_pfn(pte), prot | (pte & (X86_PTE_A | X86_PTE_D | PTE_F_SPECIAL |
						     PTE_F_SOFT | PTE_F_UNCACHED)));
}

static __always_inline pte_t pte_get(const pte_t *ptep)
{
	return READ_ONCE(*ptep);
}
static __always_inline void pte_set(pte_t *ptep, pte_t pte)
{
	WRITE_ONCE(*ptep, pte);
}
static __always_inline void pte_clear(pte_t *ptep)
{
	WRITE_ONCE(*ptep, 0);
}

/* Exchange in one step: a D bit that the processor sets meanwhile is not lost. */
static __always_inline pte_t pte_xchg(pte_t *ptep, pte_t pte)
{
	return __atomic_exchange_n(ptep, pte, __ATOMIC_SEQ_CST);
}

/* --- Page-table cursor ----------------------------------------------------- */

struct arch_space;
#define ARCH_TABLE_SPAN 0x200000ULL /* bytes that one leaf table maps */

/* End of what the leaf table of @va maps. */
static __always_inline vaddr_t arch_table_end(vaddr_t va)
{
	return (va & ~(ARCH_TABLE_SPAN - 1)) + ARCH_TABLE_SPAN;
}

static __always_inline pte_t *x86_table_next(u64 entry)
{
	return phys_to_virt(entry & X86_PTE_ADDR);
}

/* The entry of @va in the tables under @root, or NULL without a leaf table. */
static __always_inline pte_t *x86_pte_walk(paddr_t root, vaddr_t va)
{
	const u64 *table = phys_to_virt(root);
	u64 entry;

	entry = READ_ONCE(table[va >> 39 & 511]);
	if (!(entry & X86_PTE_P))
		return NULL;
	table = x86_table_next(entry);
	entry = READ_ONCE(table[va >> 30 & 511]);
	if (!(entry & X86_PTE_P))
		return NULL;
	table = x86_table_next(entry);
	entry = READ_ONCE(table[va >> 21 & 511]);
	if (!(entry & X86_PTE_P))
		return NULL;
	return x86_table_next(entry) + (va >> PAGE_SHIFT & 511);
}
