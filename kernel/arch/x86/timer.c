/* One-shot timer of each CPU, in its local APIC: TSC deadline mode where there is
 * one, else the counter, whose rate is measured against the TSC while booting.
 *
 * deadline is what the layers above asked for.  The hardware may fire before it
 * (32-bit counter, clock maintenance on CPU 0, a rate off by a little): then it is
 * set again, and nobody above hears of it.
 */
#include "arch/x86/x86.h"
#include "arch/api/time.h"
#include "arch/api/upcalls.h"

extern u64 x86_clock_next_refine_ns;

#define NO_DEADLINE S64_MAX
#define COUNT_MAX   0xf0000000U

struct cpu_timer {
	ktime_t deadline; /* 0: none asked for (areas start as zero) */
};
DEFINE_PERCPU_STATIC(struct cpu_timer, cpu_timer);

/* Counts per nanosecond, 32 bits of fraction. */
static struct {
	u64 lapic_rate;
	u64 tsc_rate_khz;
} timer;

static u64 lapic_rate_measure(void)
{
	u64 t0, t1;
	u32 c0, c1;

	if (x86_features.tcg)
		return 1ULL << 32; /* QEMU: one count a nanosecond */
	if (x86_features.kvm && x86_features.hyp_max_leaf >= x86_features.hyp_base + 0x10) {
		u32 bus_khz = x86_cpuid(x86_features.hyp_base + 0x10, 0).b;

		if (bus_khz)
			return ((u64)bus_khz << 32) / 1000000;
	}
	lapic_timer_start(0xffffffff);
	t0 = arch_cycles();
	c0 = lapic_timer_count();
	arch_delay_ns(50000);
	t1 = arch_cycles();
	c1 = lapic_timer_count();
	lapic_timer_start(0);
	return (u64)((unsigned __int128)(c0 - c1) << 32) / arch_cycles_to_ns(t1 - t0);
}

/* The hardware fires @ns from now, or a little earlier. */
static void hardware_set(u64 ns)
{
	u64 count;

	if (x86_features.tsc_deadline) {
		x86_wrmsr(MSR_TSC_DEADLINE,
			  arch_cycles() + 1 +
				  (u64)((unsigned __int128)ns * arch_cycles_khz() / 1000000));
		return;
	}
	count = (u64)((unsigned __int128)ns * timer.lapic_rate >> 32) + 1;
	lapic_timer_start(count > COUNT_MAX ? COUNT_MAX : (u32)count);
}

static void hardware_arm(ktime_t deadline)
{
	ktime_t now = arch_clock_ns();

	if (cpu_id() == 0 && (ktime_t)x86_clock_next_refine_ns < deadline)
		deadline = (ktime_t)x86_clock_next_refine_ns;
	hardware_set(deadline > now ? (u64)(deadline - now) : 0);
}

void x86_timer_init_cpu(void)
{
	if (cpu_id() == 0 && !x86_features.tsc_deadline)
		timer.lapic_rate = lapic_rate_measure();
	if (cpu_id() != 0)
		pvclock_init_cpu();
	lapic_timer_mode(x86_features.tsc_deadline);
}

void x86_timer_rearm(void)
{
	ktime_t deadline = this_cpu(cpu_timer).deadline;

	hardware_arm(deadline ? deadline : NO_DEADLINE);
}

void arch_timer_set(ktime_t deadline_ns)
{
	if (deadline_ns <= 0)
		deadline_ns = 1;
	this_cpu(cpu_timer).deadline = deadline_ns;
	hardware_arm(deadline_ns);
}

void x86_time_irq(void)
{
	ktime_t deadline;

	if (cpu_id() == 0 && unlikely(arch_clock_ns() >= (ktime_t)x86_clock_next_refine_ns))
		x86_clock_refine_poll();
	deadline = this_cpu(cpu_timer).deadline;
	if (!deadline) {
		if (cpu_id() == 0)
			hardware_arm(NO_DEADLINE);
		return;
	}
	if (arch_clock_ns() < deadline) {
		hardware_arm(deadline);
		return;
	}
	this_cpu(cpu_timer).deadline = 0;
	upcall_irq_timer();
	/* CPU 0 stays awake for the clock's sake, if nothing else was set. */
	if (cpu_id() == 0 && !this_cpu(cpu_timer).deadline)
		hardware_arm(NO_DEADLINE);
}
