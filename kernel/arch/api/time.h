#pragma once
/* Clock and one-shot timer. */
#include "lib/types.h"
#include "lib/annotate.h"

/* Nanoseconds since boot, never going back.  Any context. */
ktime_t arch_clock_ns(void);
/* Cycles to nanoseconds, for lengths that were measured by arch_cycles(). */
u64 arch_cycles_to_ns(u64 cycles);
u64 arch_cycles_khz(void);
/* Once, before init runs: a clock that was measured may now be refined now and then. */
void arch_clock_settle(void);

/* upcall_irq_timer() on this CPU at or soon after @deadline_ns, never before.
 * Interrupts off.  Replaces the earlier deadline.
 */
void arch_timer_set(ktime_t deadline_ns);

/* Nanoseconds since 1970, UTC, from the RTC or the hypervisor; 0: there is none.
 * Costs dozens of device reads on an RTC.
 */
s64 arch_wall_clock(void);

/* core/clock tells what to add to arch_clock_ns(); goes to the vDSO. */
void arch_clock_set_offsets(s64 realtime_offset_ns, s64 boottime_offset_ns);

void arch_delay_ns(u64 ns); /* busy wait; rare */
