/* The clock: the TSC, scaled.
 *
 * tsc_rate.c says by what.  Where that was measured it is rough at first and refined while
 * the machine runs; a change of rate starts at the current time, so the clock never jumps.
 * Where the TSC does not serve, another counter is the clock, read through a function.
 *
 * The formula, ns = base_ns + ((tsc - base_tsc) * mult >> shift), goes to the vDSO
 * too.  It is rebased every 100 s, so that 64 bits hold the product there.
 *
 * Locking: clock.seq is odd while CPU 0 changes clock (with interrupts off); other
 * fields belong to CPU 0.
 */
#include "arch/x86/hpet.h"
#include "arch/x86/tsc_rate.h"
#include "arch/x86/x86.h"
#include "arch/api/smp.h"
#include "arch/api/time.h"
#include "arch/api/vdso.h"
#include "core/cmdline.h"
#include "core/log.h"
#include "lib/string.h"

#define REBASE_NS (100 * NSEC_PER_SEC)

static struct {
	u32 seq;
	u32 mult, shift;
	u64 base_tsc, base_ns;
	u64 khz;
	u64 (*other)(void); /* [I] after boot: the clock, where the TSC is not */
	u64 other_base;	    /* [I] other() - arch_clock_ns() */
	const char *name;

	s64 realtime_offset, boottime_offset;
	u64 next_refine_ns, refine_step_ns;
} clock = {
	/* Until x86_time_init: slower than any CPU, so that time does not go back. */
	.mult = 1U << 29,
	.shift = 32,
	.name = "tsc",
};

extern u64 x86_clock_next_refine_ns;
u64 x86_clock_next_refine_ns = S64_MAX; /* timer.c keeps CPU 0 awake for it */

/* --- Rates ------------------------------------------------------------------------------- */

/* ns = cycles * mult >> shift, mult as large as 32 bits hold. */
static void rate_set(u64 cycles_per_ms)
{
	u32 shift = 33;
	u64 mult;

	do {
		shift--;
		mult = (1000000ULL << shift) / cycles_per_ms;
	} while (mult > U32_MAX);
	clock.mult = (u32)mult;
	clock.shift = shift;
	clock.khz = cycles_per_ms;
}

static __always_inline u64 scale(u64 delta, u32 mult, u32 shift)
{
	return (u64)((unsigned __int128)delta * mult >> shift);
}

ktime_t arch_clock_ns(void)
{
	u64 base, ns;
	s64 delta;
	u32 seq;

	if (unlikely(clock.other))
		return (ktime_t)(clock.other() - clock.other_base);
	do {
		seq = __atomic_load_n(&clock.seq, __ATOMIC_ACQUIRE);
		base = clock.base_ns;
		delta = (s64)(arch_cycles() - clock.base_tsc);
		ns = scale((u64)delta, clock.mult, clock.shift);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (unlikely(seq & 1 || seq != READ_ONCE(clock.seq)));
	return (ktime_t)(unlikely(delta < 0) ? base : base + ns);
}

u64 arch_cycles_to_ns(u64 cycles)
{
	return scale(cycles, clock.mult, clock.shift);
}

u64 arch_cycles_khz(void)
{
	return clock.khz;
}

static void publish(void)
{
	struct vdso_clock v = {
		.base_tsc = clock.base_tsc,
		.base_ns = clock.base_ns,
		.mult = clock.mult,
		.shift = clock.shift,
		.realtime_offset_ns = clock.realtime_offset,
		.boottime_offset_ns = clock.boottime_offset,
		.tsc_usable = !clock.other,
		.realtime_usable = clock.realtime_offset != 0,
	};

	arch_vdso_set_clock(&v);
}

/* From now on at @khz.  CPU 0, interrupts off. */
static void clock_rebase(u64 khz)
{
	u64 tsc = arch_cycles();
	u64 ns = clock.base_ns + scale(tsc - clock.base_tsc, clock.mult, clock.shift);

	__atomic_store_n(&clock.seq, clock.seq + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	clock.base_tsc = tsc;
	clock.base_ns = ns;
	if (khz != clock.khz)
		rate_set(khz);
	__atomic_store_n(&clock.seq, clock.seq + 1, __ATOMIC_RELEASE);
	publish();
}

void arch_clock_set_offsets(s64 realtime_offset_ns, s64 boottime_offset_ns)
{
	unsigned long flags = arch_irq_save();

	clock.realtime_offset = realtime_offset_ns;
	clock.boottime_offset = boottime_offset_ns;
	publish();
	arch_irq_restore(flags);
}

void arch_delay_ns(u64 ns)
{
	ktime_t end = arch_clock_ns() + (ktime_t)ns;

	while (arch_clock_ns() < end)
		arch_cpu_relax();
}

/* Before kmain. */
void x86_time_early(void)
{
	u64 khz = tsc_rate_stated();

	clock.base_tsc = boot_info.entry_tsc;
	if (khz)
		rate_set(khz);
	else
		tsc_rate_start();
}

static void clock_replace(u64 (*read)(void), const char *name)
{
	clock.other_base = read() - (u64)arch_clock_ns();
	clock.other = read;
	clock.name = name;
}

/*
 * Which clock it is: the TSC, unless it differs between CPUs or the command line says
 * otherwise.  clocksource=NAME, notsc, tsc=unstable: as on Linux, what is not there is not
 * taken.
 */
static void choose_clock(void)
{
	const char *wanted = cmdline_get("clocksource"), *tsc = cmdline_get("tsc");
	bool no_tsc = cmdline_has("notsc") || (tsc && str_eq(tsc, "unstable"));
	bool have_pvclock = x86_features.kvm && pvclock_init();

	if (!wanted)
		wanted = no_tsc ? (have_pvclock ? "kvm-clock" : "hpet") : "tsc";
	if (have_pvclock && !pvclock_stable() && !x86_features.invariant_tsc)
		wanted = "kvm-clock";
	if (str_eq(wanted, "tsc"))
		return;
	if (str_eq(wanted, "kvm-clock") && have_pvclock)
		clock_replace(pvclock_read, "kvm-clock");
	else if (str_eq(wanted, "hpet") && hpet_init() && hpet_is_64bit())
		clock_replace(hpet_ns, "hpet");
	else
		log_err(TIME, "no clock %s here: the TSC stays", wanted);
}

void x86_time_init(void)
{
	const char *source = cmdline_get("clocksource");
	s64 given = cmdline_get_s64("tsc_early_khz", 0);
	u64 khz = clock.khz;

	if (given >= 10000)
		khz = (u64)given;
	else if (!khz)
		khz = tsc_rate_measure(source && str_eq(source, "hpet"));
	if (!khz) {
		khz = 1000000;
		log_err(TIME, "nothing to measure the TSC with; 1 GHz assumed");
	}
	/* Zero is the first instruction: this rate from the start. */
	clock.seq++;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	rate_set(khz);
	__atomic_store_n(&clock.seq, clock.seq + 1, __ATOMIC_RELEASE);
	choose_clock();
	publish();
	log_info(TIME, "TSC %llu kHz; the clock is %s", khz, clock.name);
}

/* Timer interrupt of CPU 0. */
void x86_clock_refine_poll(void)
{
	u64 now = (u64)arch_clock_ns(), khz = clock.khz, better;

	if (now < clock.next_refine_ns)
		return;
	if (tsc_rate_is_rough()) {
		better = tsc_rate_refined(khz);
		if (better)
			khz = better;
		else
			clock.refine_step_ns = NSEC_PER_MSEC / 10;
		if (better && clock.refine_step_ns >= 10 * NSEC_PER_SEC)
			tsc_rate_settle(); /* to 0.1 ppm */
	}
	clock_rebase(khz);
	if (tsc_rate_is_rough())
		clock.refine_step_ns *= 10;
	else
		clock.refine_step_ns = REBASE_NS;
	clock.next_refine_ns = now + clock.refine_step_ns;
	x86_clock_next_refine_ns = clock.next_refine_ns;
}

static void refine_start(void *arg)
{
	clock.refine_step_ns = tsc_rate_is_rough() ? NSEC_PER_MSEC : REBASE_NS;
	x86_clock_refine_poll();
	x86_timer_rearm();
}

/* Init is about to run: the rate gets better by what the boot took, and from now on costs an
 * interrupt now and then.  Not earlier, or the boot would pay for the slowness of its host.
 */
void arch_clock_settle(void)
{
	unsigned long flags = arch_irq_save();

	if (cpu_id() == 0)
		refine_start(NULL);
	else
		smp_call_function_mask(BIT(0), refine_start, NULL, true);
	arch_irq_restore(flags);
}
