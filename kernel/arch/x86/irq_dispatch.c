/* From the vector to the handlers: what runs at each interrupt, and the counts of it. */
#include "arch/x86/irq_internal.h"
#include "arch/x86/traps.h"
#include "arch/x86/x86.h"
#include "arch/api/irq.h"
#include "arch/api/upcalls.h"
#include "core/panic.h"

DEFINE_PERCPU_STATIC(u32, irq_depth);
DEFINE_PERCPU_STATIC(u32, irq_counts[NVECTORS]);

bool arch_in_irq(void)
{
	return this_cpu(irq_depth) != 0;
}

static void run_handlers(unsigned vector)
{
	const struct irq_action *a;

	for (a = __atomic_load_n(&irq.vectors[vector].actions, __ATOMIC_ACQUIRE); a;
	     a = READ_ONCE(a->next)) {
		void (*handler)(void *) = READ_ONCE(a->handler);

		if (handler)
			handler(a->arg);
	}
}

static void pic_interrupt(unsigned line)
{
	if (pic_is_spurious(line))
		return;
	run_handlers(VECTOR_PIC + line);
	pic_eoi(line);
}

void irq_count(unsigned vector)
{
	this_cpu(irq_counts[vector])++;
}

void irq_dispatch(unsigned vector, struct user_regs *regs)
{
	assert_debug(!(arch_flags_read() & X86_RFLAGS_AC));
	this_cpu(irq_depth)++;
	this_cpu(irq_counts[vector])++;
	switch (vector) {
	case VECTOR_TIMER:
		lapic_eoi();
		x86_time_irq();
		break;
	case VECTOR_RESCHED:
		lapic_eoi();
		upcall_irq_resched();
		break;
	case VECTOR_CALL:
		lapic_eoi();
		smp_call_interrupt();
		break;
	case VECTOR_STOP:
		lapic_eoi();
		x86_stop_interrupt();
	case VECTOR_SPURIOUS: /* no EOI: nothing is in service */
		break;
	default:
		if (vector < VECTOR_DEVICE_FIRST) {
			pic_interrupt(vector - VECTOR_PIC);
			break;
		}
		run_handlers(vector); /* first: a level line must have dropped */
		lapic_eoi();
	}
	this_cpu(irq_depth)--;
}

static void emit_vector(unsigned vector, unsigned gsi, const char *kind,
			void (*emit)(unsigned, const char *, const u64 *, void *), void *arg)
{
	u64 counts[MAX_CPUS] = { 0 };
	unsigned cpu;

	for_each_online_cpu(cpu)
		counts[cpu] = per_cpu(irq_counts, cpu)[vector];
	emit(gsi, kind, counts, arg);
}

void irq_for_each(void (*emit)(unsigned gsi, const char *kind, const u64 *per_cpu, void *arg),
		  void *arg)
{
	unsigned v;

	for (v = VECTOR_PIC; v <= VECTOR_DEVICE_LAST; v++)
		if (irq.vectors[v].used)
			emit_vector(v, irq_number(v),
				    v < VECTOR_DEVICE_FIRST	 ? "XT-PIC" :
				    irq.vectors[v].gsi == NO_GSI ? "PCI-MSI" :
								   "IO-APIC",
				    emit, arg);
	emit_vector(VECTOR_NMI, NO_GSI, "NMI", emit, arg);
	emit_vector(VECTOR_TIMER, NO_GSI, "LOC", emit, arg);
	emit_vector(VECTOR_RESCHED, NO_GSI, "RES", emit, arg);
	emit_vector(VECTOR_CALL, NO_GSI, "CAL", emit, arg);
}
