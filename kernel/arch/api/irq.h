#pragma once
/* Interrupts of devices.  arch_irq_save() and its kin are in arch/api/inline.h. */
#include "arch/api/inline.h"

#define IRQ_EDGE       0
#define IRQ_LEVEL      1
#define IRQ_ACTIVE_LOW 2 /* the default for IRQ_LEVEL on PCI; the caller says */

/* arch_idle(), inline: waits for an interrupt with interrupts enabled, without
 * losing one that came since the caller (interrupts off) last looked for work.
 * Returns enabled.
 */

/* @gsi: an ACPI global interrupt number; see irq_isa_to_gsi().  Handlers run
 * with interrupts off; several may share a line.  Unmasks.
 * -EINVAL: no such line; -ENOSPC: no vector or slot free.
 */
int irq_register(unsigned gsi, unsigned trigger, void (*handler)(void *arg), void *arg)
	__must_check;
void irq_unregister(unsigned gsi, void (*handler)(void *arg), void *arg);
void irq_mask(unsigned gsi);
void irq_unmask(unsigned gsi);
unsigned irq_isa_to_gsi(unsigned isa_irq);

/* Message-signalled: what to write into the device's table. */
int irq_msi_register(void (*handler)(void *arg), void *arg, u64 *msi_addr, u32 *msi_data)
	__must_check;
void irq_msi_unregister(u64 msi_addr, u32 msi_data, void (*handler)(void *arg), void *arg);

/* Interrupts by line and CPU, for /proc/interrupts: calls emit per vector used. */
void irq_for_each(void (*emit)(unsigned gsi, const char *kind, const u64 *per_cpu, void *arg),
		  void *arg);
/* The interrupts that there are, by these numbers: the first at or after @from, or -1. */
int irq_next(unsigned from);
/* CPUs it may interrupt, and the one that it does.  -ENOENT: no such interrupt. */
int irq_affinity(unsigned number, u64 *wanted, u64 *effective) __must_check;
/* -EINVAL: none of these CPUs runs.  -EIO: it cannot be moved.  -ENOENT. */
int irq_set_affinity(unsigned number, u64 wanted) __must_check;
/* The same for those to come. */
u64 irq_default_affinity(void);
int irq_set_default_affinity(u64 wanted) __must_check;
/* Is this CPU inside irq_dispatch()? */
bool arch_in_irq(void);

/* --- Between the vector stubs and the interrupt controller (arch only) ------ */
struct user_regs;
/* Vectors 32..255, interrupts off. */
void irq_dispatch(unsigned vector, struct user_regs *regs);
