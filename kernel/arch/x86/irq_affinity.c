/* Which CPU a device interrupts: /proc/irq/N/smp_affinity, irqaffinity=.
 *
 * One CPU at a time, as Linux does it too: of those that are wanted and run, the one with the
 * fewest lines, the lowest among equals.  So lines spread as they are registered, and stay
 * until somebody writes.  What an 8259 delivers goes to CPU 0, and a message's address is
 * its driver's to write: neither can be moved.
 *
 * Locking: irq.lock.
 */
#include "arch/x86/irq_internal.h"
#include "arch/x86/traps.h"
#include "arch/x86/x86.h"
#include "arch/api/irq.h"
#include "core/cmdline.h"
#include "core/log.h"
#include "lib/errno.h"
#include "lib/parse.h"

u8 irq_choose_cpu_locked(u64 wanted)
{
	unsigned lines[MAX_CPUS] = { 0 }, cpu, v;
	struct cpumask usable = { wanted & cpumask_bits(&cpu_online_mask) };
	int best = -1;

	for (v = VECTOR_DEVICE_FIRST; v <= VECTOR_DEVICE_LAST; v++)
		if (irq.vectors[v].used && irq.vectors[v].actions)
			lines[irq.vectors[v].cpu]++;
	for_each_cpu(cpu, &usable)
		if (best < 0 || lines[cpu] < lines[best])
			best = (int)cpu;
	return best < 0 ? 0 : (u8)best;
}

static int vector_of(unsigned number)
{
	unsigned v;

	for (v = VECTOR_PIC; v <= VECTOR_DEVICE_LAST; v++)
		if (irq.vectors[v].used && irq_number(v) == number)
			return (int)v;
	return -ENOENT;
}

int irq_next(unsigned from)
{
	unsigned v, best = ~0U;

	for (v = VECTOR_PIC; v <= VECTOR_DEVICE_LAST; v++)
		if (irq.vectors[v].used && irq_number(v) >= from)
			best = min(best, irq_number(v));
	return (int)best;
}

int irq_affinity(unsigned number, u64 *wanted, u64 *effective)
{
	unsigned long flags = spin_lock_irqsave(&irq.lock);
	int v = vector_of(number);

	if (v >= 0) {
		*wanted = v < VECTOR_DEVICE_FIRST ? U64_MAX : irq.vectors[v].affinity;
		*effective = BIT(irq.vectors[v].cpu);
	}
	spin_unlock_irqrestore(&irq.lock, flags);
	return v < 0 ? v : 0;
}

int irq_set_affinity(unsigned number, u64 wanted)
{
	unsigned long flags;
	int v, err = 0;

	if (!(wanted & cpumask_bits(&cpu_online_mask)))
		return -EINVAL;
	flags = spin_lock_irqsave(&irq.lock);
	v = vector_of(number);
	if (v < VECTOR_DEVICE_FIRST || irq.vectors[v].gsi == NO_GSI) {
		err = v < 0 ? v : -EIO;
	} else {
		irq.vectors[v].affinity = wanted;
		if (!(wanted & BIT(irq.vectors[v].cpu))) {
			irq.vectors[v].cpu = irq_choose_cpu_locked(wanted);
			irq_line_route_locked(irq.vectors[v].gsi, irq.vectors[v].cpu);
		}
	}
	spin_unlock_irqrestore(&irq.lock, flags);
	return err;
}

u64 irq_default_affinity(void)
{
	return READ_ONCE(irq.default_affinity);
}

int irq_set_default_affinity(u64 wanted)
{
	if (!(wanted & cpumask_bits(&cpu_online_mask)))
		return -EINVAL;
	WRITE_ONCE(irq.default_affinity, wanted);
	return 0;
}

/* irqaffinity=LIST; CPU 0, which boots, is in it whatever it says, as on Linux. */
void irq_affinity_init(void)
{
	const char *list = cmdline_get("irqaffinity");
	unsigned long flags;
	u64 wanted;

	if (!list)
		return;
	if (parse_list(list, &wanted)) {
		log_err(IRQ, "irqaffinity=%s is no list: ignored", list);
		return;
	}
	flags = spin_lock_irqsave(&irq.lock);
	irq.default_affinity = wanted | BIT(0);
	spin_unlock_irqrestore(&irq.lock, flags);
}
