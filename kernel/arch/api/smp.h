#pragma once
/* Other processors.  Masks are u64, bit = CPU. */
#include "lib/types.h"
#include "lib/annotate.h"

void arch_start_cpus(void); /* starts those that firmware listed, within maxcpus= */
void arch_wait_cpus(void);  /* until all that were started are online, or gave up */
u64 arch_online_cpus(void);

void arch_ipi_resched(unsigned cpu);
/* Calls fn(arg) on the CPUs of @mask but this one, in interrupt context.
 * @wait: returns when all have returned from it.  Any context, but holding no
 * lock that another CPU takes with interrupts off.
 */
void smp_call_function_mask(u64 mask, void (*fn)(void *arg), void *arg, bool wait);
void smp_call_poll(void);	 /* runs what others asked of this CPU: long waits with irqs off */
void arch_stop_other_cpus(void); /* for good: panic, power-off */
u32 arch_cpu_apic_id(unsigned cpu);
