/* Device interrupts: lines of I/O APICs (or of the 8259s) and messages, each with
 * a vector of its own, each vector with a list of handlers.
 *
 *	device -> GSI -> I/O APIC pin -> vector -> irq_dispatch -> handlers
 *
 * irq_dispatch.c finds handlers by vector without a lock: a list is changed by publishing
 * with release, and an action that was taken out keeps its link and is not reused
 * (registration is rare).  A vector means the same on every CPU; which CPU a line interrupts
 * is irq_affinity.c's choice.
 *
 * Locking: irq.lock, I/O APIC registers included.
 */
#include "arch/x86/irq_internal.h"
#include "arch/x86/traps.h"
#include "arch/x86/x86.h"
#include "arch/api/io.h"
#include "arch/api/irq.h"
#include "arch/api/smp.h"
#include "arch/api/space.h"
#include "core/log.h"
#include "core/spinlock.h"
#include "lib/errno.h"
#include "platform/platform.h"

#define IOAPIC_SELECT  0x00
#define IOAPIC_WINDOW  0x10
#define IOAPIC_VERSION 0x01
#define IOAPIC_ENTRY   0x10
#define ENTRY_MASKED   BIT(16)
#define ENTRY_LEVEL    BIT(15)
#define ENTRY_LOW      BIT(13)

#define MSI_ADDRESS    0xfee00000ULL

struct irq_state irq = {
	.lock = SPINLOCK_INIT_RANK(LOCK_IRQ),
	.next_vector = VECTOR_DEVICE_FIRST,
	.default_affinity = U64_MAX,
};

/* --- I/O APIC ------------------------------------------------------------------------ */

static u32 ioapic_read(const struct ioapic *io, u32 reg)
{
	mmio_write32(io->regs + IOAPIC_SELECT, reg);
	return mmio_read32(io->regs + IOAPIC_WINDOW);
}

static void ioapic_write(const struct ioapic *io, u32 reg, u32 v)
{
	mmio_write32(io->regs + IOAPIC_SELECT, reg);
	mmio_write32(io->regs + IOAPIC_WINDOW, v);
}

static const struct ioapic *ioapic_of(unsigned gsi, unsigned *pin)
{
	unsigned i;

	for (i = 0; i < irq.nioapics; i++) {
		const struct ioapic *io = &irq.ioapics[i];

		if (gsi >= io->gsi_base && gsi - io->gsi_base < io->npins) {
			*pin = gsi - io->gsi_base;
			return io;
		}
	}
	return NULL;
}

/* Pins are masked after reset; firmware may have opened some on a PC (the timer
 * in virtual-wire mode), so pins of ISA lines are masked unless on a hypervisor's
 * bare machine, where reading the version is all that is needed.
 */
static void ioapic_init(const struct platform_ioapic *desc)
{
	struct ioapic *io = &irq.ioapics[irq.nioapics];
	u32 pin, low;

	io->regs = arch_ioremap(desc->address, PAGE_SIZE);
	if (!io->regs)
		return;
	io->gsi_base = desc->gsi_base;
	io->npins = (ioapic_read(io, IOAPIC_VERSION) >> 16 & 0xff) + 1;
	if (io->npins > 240)
		return; /* nothing answers there */
	irq.nioapics++;
	for (pin = 0; io->gsi_base == 0 && pin < 3; pin += 2) {
		low = ioapic_read(io, IOAPIC_ENTRY + 2 * pin);
		if (!(low & ENTRY_MASKED))
			ioapic_write(io, IOAPIC_ENTRY + 2 * pin, low | ENTRY_MASKED);
	}
}

void irq_init(void)
{
	unsigned i;

	for (i = 0; i < NVECTORS; i++)
		irq.vectors[i].gsi = NO_GSI;
	irq_affinity_init();
	if (platform.have_pic || !platform.nioapics)
		pic_init();
	for (i = 0; i < platform.nioapics; i++)
		ioapic_init(&platform.ioapics[i]);
}

/* --- Lines ----------------------------------------------------------------------------- */

unsigned irq_isa_to_gsi(unsigned isa_irq)
{
	return isa_irq < PLATFORM_ISA_IRQS && irq.nioapics ? platform.isa[isa_irq].gsi : isa_irq;
}

/* The firmware's word on an ISA line is better than the driver's. */
static unsigned effective_trigger(unsigned gsi, unsigned trigger)
{
	unsigned i;

	for (i = 0; i < PLATFORM_ISA_IRQS; i++) {
		const struct platform_isa *isa = &platform.isa[i];

		if (!isa->overridden || isa->gsi != gsi)
			continue;
		if (PLATFORM_IRQ_TRIGGER(isa->flags))
			trigger = (trigger & ~1U) | (PLATFORM_IRQ_TRIGGER(isa->flags) == 3);
		if (PLATFORM_IRQ_POLARITY(isa->flags))
			trigger = (trigger & ~2U) |
				  (PLATFORM_IRQ_POLARITY(isa->flags) == 3 ? IRQ_ACTIVE_LOW : 0);
	}
	return trigger;
}

static int vector_of_gsi_locked(unsigned gsi) REQUIRES(&irq.lock)
{
	unsigned v;

	if (!irq.nioapics)
		return VECTOR_PIC + gsi;
	for (v = VECTOR_DEVICE_FIRST; v <= VECTOR_DEVICE_LAST; v++)
		if (irq.vectors[v].used && irq.vectors[v].gsi == gsi)
			return v;
	return -1;
}

static int vector_alloc_locked(unsigned gsi) REQUIRES(&irq.lock)
{
	unsigned v, tries;

	for (tries = 0; tries <= VECTOR_DEVICE_LAST - VECTOR_DEVICE_FIRST; tries++) {
		v = irq.next_vector;
		irq.next_vector = v == VECTOR_DEVICE_LAST ? VECTOR_DEVICE_FIRST : v + 1;
		if (!irq.vectors[v].used) {
			irq.vectors[v].used = true;
			irq.vectors[v].gsi = gsi;
			irq.vectors[v].affinity = irq.default_affinity;
			irq.vectors[v].cpu = irq_choose_cpu_locked(irq.default_affinity);
			return v;
		}
	}
	return -ENOSPC;
}

static int action_add_locked(unsigned vector, void (*handler)(void *), void *arg)
	REQUIRES(&irq.lock) REQUIRES(&irq.lock)
{
	struct irq_action *a = NULL;
	unsigned i;

	for (i = 0; i < irq.nactions; i++) /* the same one again */
		if (irq.actions[i].handler == NULL && irq.actions[i].arg == arg &&
		    irq.actions[i].next == NULL)
			a = &irq.actions[i];
	if (!a) {
		if (irq.nactions == NACTIONS)
			return -ENOSPC;
		a = &irq.actions[irq.nactions++];
	}
	a->arg = arg;
	a->next = irq.vectors[vector].actions;
	WRITE_ONCE(a->handler, handler);
	__atomic_store_n(&irq.vectors[vector].actions, a, __ATOMIC_RELEASE);
	return 0;
}

static void action_remove_locked(unsigned vector, void (*handler)(void *), void *arg)
	REQUIRES(&irq.lock) REQUIRES(&irq.lock)
{
	struct irq_action **link;

	for (link = &irq.vectors[vector].actions; *link; link = &(*link)->next) {
		struct irq_action *a = *link;

		if (a->handler == handler && a->arg == arg) {
			WRITE_ONCE(*link, a->next);
			if (!a->next)
				WRITE_ONCE(a->handler, NULL);
			return;
		}
	}
}

static void line_set_mask_locked(unsigned gsi, bool masked) REQUIRES(&irq.lock)
{
	const struct ioapic *io;
	unsigned pin;
	u32 low;

	if (!irq.nioapics) {
		if (gsi < 16)
			pic_mask(gsi, masked);
		return;
	}
	io = ioapic_of(gsi, &pin);
	if (!io)
		return;
	low = ioapic_read(io, IOAPIC_ENTRY + 2 * pin);
	low = masked ? low | ENTRY_MASKED : low & ~(u32)ENTRY_MASKED;
	ioapic_write(io, IOAPIC_ENTRY + 2 * pin, low);
}

/* The vector stays: what is on its way to the old CPU is served there. */
void irq_line_route_locked(unsigned gsi, unsigned cpu)
{
	unsigned pin;
	const struct ioapic *io = ioapic_of(gsi, &pin);

	if (io)
		ioapic_write(io, IOAPIC_ENTRY + 2 * pin + 1, arch_cpu_apic_id(cpu) << 24);
}

int irq_register(unsigned gsi, unsigned trigger, void (*handler)(void *arg), void *arg)
{
	const struct ioapic *io = NULL;
	unsigned long flags;
	unsigned pin = 0;
	int vector, err;

	if (irq.nioapics ? !(io = ioapic_of(gsi, &pin)) : gsi >= 16)
		return -EINVAL;
	trigger = effective_trigger(gsi, trigger);
	flags = spin_lock_irqsave(&irq.lock);
	vector = vector_of_gsi_locked(gsi);
	if (vector < 0)
		vector = vector_alloc_locked(gsi);
	err = vector < 0 ? vector : action_add_locked((unsigned)vector, handler, arg);
	if (err)
		goto out_unlock;
	irq.vectors[vector].used = true;
	irq.vectors[vector].gsi = gsi;
	if (!io) {
		pic_mask(gsi, false);
		goto out_unlock;
	}
	ioapic_write(io, IOAPIC_ENTRY + 2 * pin + 1,
		     arch_cpu_apic_id(irq.vectors[vector].cpu) << 24);
	ioapic_write(io, IOAPIC_ENTRY + 2 * pin,
		     (u32)vector | (trigger & IRQ_LEVEL ? ENTRY_LEVEL : 0) |
			     (trigger & IRQ_ACTIVE_LOW ? ENTRY_LOW : 0));
out_unlock:
	spin_unlock_irqrestore(&irq.lock, flags);
	return err;
}

void irq_unregister(unsigned gsi, void (*handler)(void *arg), void *arg)
{
	unsigned long flags = spin_lock_irqsave(&irq.lock);
	int vector = vector_of_gsi_locked(gsi);

	if (vector >= 0) {
		action_remove_locked((unsigned)vector, handler, arg);
		if (!irq.vectors[vector].actions)
			line_set_mask_locked(gsi, true);
	}
	spin_unlock_irqrestore(&irq.lock, flags);
}

void irq_mask(unsigned gsi)
{
	unsigned long flags = spin_lock_irqsave(&irq.lock);

	line_set_mask_locked(gsi, true);
	spin_unlock_irqrestore(&irq.lock, flags);
}

void irq_unmask(unsigned gsi)
{
	unsigned long flags = spin_lock_irqsave(&irq.lock);

	line_set_mask_locked(gsi, false);
	spin_unlock_irqrestore(&irq.lock, flags);
}

/* --- Messages ---------------------------------------------------------------------------- */

int irq_msi_register(void (*handler)(void *arg), void *arg, u64 *msi_addr, u32 *msi_data)
{
	unsigned long flags = spin_lock_irqsave(&irq.lock);
	int vector = vector_alloc_locked(NO_GSI);
	int err = vector < 0 ? vector : action_add_locked((unsigned)vector, handler, arg);

	if (!err) {
		*msi_addr = MSI_ADDRESS | (u64)arch_cpu_apic_id(irq.vectors[vector].cpu) << 12;
		*msi_data = (u32)vector;
	} else if (vector >= 0) {
		irq.vectors[vector].used = false;
	}
	spin_unlock_irqrestore(&irq.lock, flags);
	return err;
}

void irq_msi_unregister(u64 msi_addr, u32 msi_data, void (*handler)(void *arg), void *arg)
{
	unsigned long flags = spin_lock_irqsave(&irq.lock);
	unsigned vector = msi_data & 0xff;

	action_remove_locked(vector, handler, arg);
	if (!irq.vectors[vector].actions)
		irq.vectors[vector].used = false;
	spin_unlock_irqrestore(&irq.lock, flags);
}
