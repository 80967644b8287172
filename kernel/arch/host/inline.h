#pragma once
/* The contract's inline functions on a Linux process, one thread, for unit tests:
 * interrupts are a flag that tests can look at, per-CPU data is plain data, physical
 * addresses are addresses.
 */
#include "lib/types.h"
#include "lib/annotate.h"

extern bool host_irqs_on;

static inline bool arch_irqs_enabled(void)
{
	return host_irqs_on;
}
static inline void arch_irq_enable(void)
{
	host_irqs_on = true;
}
static inline void arch_irq_disable(void)
{
	host_irqs_on = false;
}
static inline unsigned long arch_irq_save(void)
{
	unsigned long flags = host_irqs_on;

	host_irqs_on = false;
	return flags;
}
static inline void arch_irq_restore(unsigned long flags)
{
	host_irqs_on = flags;
}

static inline void arch_idle(void)
{
	host_irqs_on = true;
}

/* A spin that does not end at once never will, with one thread. */
void host_spin(void);
static inline void arch_cpu_relax(void)
{
	host_spin();
}
u64 arch_cycles(void);

#define ARCH_THIS_CPU(var) (var)
static inline unsigned long arch_percpu_self(void)
{
	return 0;
}

#define USER_SPACE_END	 0x00007ffffffff000ULL
#define KERNEL_VMAP_BASE 0x0000500000000000ULL /* where a process has nothing */
#define KERNEL_VMAP_END	 0x0000501000000000ULL

static inline void *phys_to_virt(paddr_t pa)
{
	return (void *)(uintptr_t)pa;
}
static inline paddr_t virt_to_phys(const volatile void *va)
{
	return (uintptr_t)va;
}

/* There are no page tables: arch/api/space.h compiles, and finds nothing. */
typedef u64 pte_t;
static inline pte_t *x86_pte_walk(paddr_t root, vaddr_t va)
{
	return NULL;
}
