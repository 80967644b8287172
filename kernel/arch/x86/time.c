/* The clock: the TSC, scaled.  And what it is scaled by.
 *
 * The frequency is read where somebody states it: tsc_early_khz=, CPUID 0x15 and
 * 0x40000010, kvmclock.  Else it is measured against the PIT, at no cost: one
 * sample when the kernel starts, one when the clock is first needed.  That base is
 * as short as that takes, so the result is good to some 0.5 %, 4 % at worst, and it
 * is refined from samples 1 ms, 10 ms, 100 ms, 1 s and 10 s after the first.  The PIT's
 * counter wraps every 55 ms; how often it did follows from the rate known so far.
 * A change of rate starts at the current time, so the clock never jumps.  Each
 * measurement knows its relative error; where that leaves the number of wraps in
 * doubt (the host let a virtual CPU wait), measuring starts afresh.
 *
 * The formula, ns = base_ns + ((tsc - base_tsc) * mult >> shift), goes to the vDSO
 * too.  It is rebased every 100 s, so that 64 bits hold the product there.
 *
 * Locking: clock.seq is odd while CPU 0 changes clock (with interrupts off); other
 * fields belong to CPU 0.
 */
#include "arch/x86/x86.h"
#include "arch/api/io.h"
#include "arch/api/space.h"
#include "arch/api/time.h"
#include "arch/api/vdso.h"
#include "core/cmdline.h"
#include "core/log.h"
#include "lib/parse.h"
#include "platform/platform.h"

#define PIT_HZ		1193182ULL
#define PIT_CHANNEL2	0x42
#define PIT_COMMAND	0x43
#define PIT_GATE	0x61
#define PIT_PERIOD	65536

#define MIN_BASE_TICKS	24	    /* of the first measurement: 20 us, good to 4 % */
#define MAX_BASE_CYCLES 25000000ULL /* less than a PIT period from 0.5 GHz on */
#define BUSY_BASE_NS	100000	    /* where nothing cheaper than waiting exists */
#define REBASE_NS	(100 * NSEC_PER_SEC)

/* A PIT reading and when it was taken. */
struct sample {
	u64 tsc;
	u64 width; /* cycles around tsc within which it was read */
	u64 ticks; /* counts up; modulo PIT_PERIOD as read */
};

static struct {
	u32 seq;
	u32 mult, shift;
	u64 base_tsc, base_ns;
	u64 khz;
	bool use_pvclock;
	u64 pvclock_base; /* pvclock_read() - arch_clock_ns() */
	const char *name;

	s64 realtime_offset, boottime_offset;
	bool pit; /* there is one, and the rate comes from it */
	struct sample first;
	u64 error_ppm; /* of khz, at most */
	u64 next_refine_ns, refine_step_ns;
} clock = {
	/* Until x86_time_init: slower than any CPU, so that time does not go back. */
	.mult = 1U << 29,
	.shift = 32,
	.name = "tsc",
};

extern u64 x86_clock_next_refine_ns;
u64 x86_clock_next_refine_ns = U64_MAX; /* timer.c keeps CPU 0 awake for it */

/* --- The PIT --------------------------------------------------------------------------- */

/* The best of a few: the one whose latch was bracketed closest. */
static struct sample pit_sample(unsigned tries)
{
	struct sample best = { .width = U64_MAX };

	while (tries--) {
		u64 t0 = arch_cycles(), t1;
		u8 lo;
		u16 count;

		port_out8(PIT_COMMAND, 0x80); /* latch channel 2 */
		t1 = arch_cycles();
		lo = port_in8(PIT_CHANNEL2);
		count = (u16)(lo | port_in8(PIT_CHANNEL2) << 8);
		if (t1 - t0 < best.width) {
			best.width = t1 - t0;
			best.tsc = t0 + best.width / 2;
			best.ticks = (u16)-count;
		}
	}
	return best;
}

/* Channel 2, rate generator, full period; the speaker stays silent. */
static void pit_start(void)
{
	port_out8(PIT_GATE, (u8)((port_in8(PIT_GATE) & ~2) | 1));
	port_out8(PIT_COMMAND, 0xb4);
	port_out8(PIT_CHANNEL2, 0);
	port_out8(PIT_CHANNEL2, 0);
	clock.first = pit_sample(2);
}

/* --- Rates ------------------------------------------------------------------------------- */

static u64 muldiv(u64 a, u64 b, u64 c)
{
	u64 lo, hi, q, r;

	asm("mulq %3" : "=a"(lo), "=d"(hi) : "a"(a), "rm"(b));
	if (hi >= c)
		return U64_MAX;
	asm("divq %4" : "=a"(q), "=d"(r) : "a"(lo), "d"(hi), "rm"(c));
	return q;
}

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

	if (unlikely(clock.use_pvclock))
		return (ktime_t)(pvclock_read() - clock.pvclock_base);
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

const char *arch_clock_name(void)
{
	return clock.name;
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
		.tsc_usable = !clock.use_pvclock,
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

/* --- Finding the rate ---------------------------------------------------------------------- */

/* kHz that somebody states; 0: nobody. */
static u64 stated_khz(void)
{
	const struct x86_features *f = &x86_features;
	struct x86_cpuid r;

	if (f->kvm && pvclock_init())
		return pvclock_tsc_khz();
	if (f->hyp_max_leaf >= f->hyp_base + 0x10 && f->hyp_base && !f->tcg) {
		r = x86_cpuid(f->hyp_base + 0x10, 0);
		if (r.a >= 100000)
			return r.a;
	}
	if (f->max_leaf >= 0x15) {
		r = x86_cpuid(0x15, 0);
		if (r.a && r.b && r.c)
			return (u64)r.c * r.b / r.a / 1000;
		if (r.a && r.b && f->max_leaf >= 0x16) {
			r = x86_cpuid(0x16, 0);
			if (r.a & 0xffff)
				return (u64)(r.a & 0xffff) * 1000;
		}
	}
	return 0;
}

/* Before kmain.  The command line is not parsed yet; a needless sample is cheap. */
void x86_time_early(void)
{
	u64 khz = stated_khz();

	clock.base_tsc = boot_info.entry_tsc;
	if (khz)
		rate_set(khz);
	else
		pit_start();
}

/* Ticks of a counter of @hz against the TSC over BUSY_BASE_NS; busy. */
static u64 measure(u64 (*read)(void), u64 mask, u64 hz)
{
	u64 wanted = hz * (BUSY_BASE_NS / 1000) / 1000000, tsc, start = read(), ticks, spins;

	tsc = arch_cycles();
	for (spins = 0; spins < 10000000; spins++) {
		ticks = (read() - start) & mask;
		if (ticks >= wanted)
			return muldiv(arch_cycles() - tsc, hz, ticks * 1000);
	}
	return 0;
}

static u64 read_pm_timer(void)
{
	return port_in32(platform.pm_timer);
}

static const u8 *hpet_regs;

static u64 read_hpet(void)
{
	return mmio_read32(hpet_regs + 0xf0);
}

static u64 measure_hpet(void)
{
	u8 *regs = arch_ioremap(platform.hpet, PAGE_SIZE);
	u32 period_fs;

	if (!regs)
		return 0;
	period_fs = mmio_read32(regs + 4);
	if (!period_fs || period_fs > 100000000)
		return 0;
	mmio_write32(regs + 0x10, mmio_read32(regs + 0x10) | 1);
	hpet_regs = regs;
	return measure(read_hpet, U32_MAX, 1000000000000000ULL / period_fs);
}

static u64 read_lapic_timer(void)
{
	return U32_MAX - lapic_timer_count();
}

/* TCG's local APIC counts nanoseconds. */
static u64 measure_lapic(void)
{
	lapic_timer_start(U32_MAX);
	return measure(read_lapic_timer, U32_MAX, 1000000000);
}

/* The relative error of a rate from two samples: two ticks and the brackets. */
static u64 sample_error_ppm(const struct sample *a, const struct sample *b, u64 ticks)
{
	u64 cycles = b->tsc - a->tsc;

	return 2000000 / ticks + muldiv(a->width + b->width, 1000000, cycles) + 1;
}

static u64 measure_pit(void)
{
	struct sample now;
	u64 ticks, cycles, until;

	for (;;) {
		now = pit_sample(2);
		ticks = (now.ticks - clock.first.ticks) & (PIT_PERIOD - 1);
		cycles = now.tsc - clock.first.tsc;
		if (cycles > 100000 && ticks == 0)
			return 0; /* it stands still: there is none */
		if (cycles > MAX_BASE_CYCLES) {
			clock.first = now; /* it may have wrapped */
			continue;
		}
		if (ticks >= MIN_BASE_TICKS)
			break;
		/* As long as the rate so far says; doubling while there is none. */
		until = now.tsc +
			(ticks ? cycles * (MIN_BASE_TICKS + 1 - ticks) / ticks : cycles + 1000);
		while (arch_cycles() < until)
			arch_cpu_relax();
	}
	clock.pit = true;
	clock.error_ppm = sample_error_ppm(&clock.first, &now, ticks);
	return muldiv(cycles, PIT_HZ, ticks * 1000);
}

void x86_time_init(void)
{
	const char *early = cmdline_get("tsc_early_khz");
	u64 khz = clock.khz, given;

	if (early && (given = (u64)cmdline_get_s64("tsc_early_khz", 0)) >= 10000)
		khz = given;
	else if (!khz)
		khz = measure_pit();
	if (!khz && platform.hpet)
		khz = measure_hpet();
	if (!khz && platform.pm_timer)
		khz = measure(read_pm_timer, 0xffffff, 3579545);
	if (!khz && x86_features.tcg)
		khz = measure_lapic();
	if (!khz) {
		khz = 1000000;
		log_err(TIME, "nothing to measure the TSC with; 1 GHz assumed");
	}
	/* Zero is the first instruction: this rate from the start. */
	clock.seq++;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	rate_set(khz);
	__atomic_store_n(&clock.seq, clock.seq + 1, __ATOMIC_RELEASE);
	clock.refine_step_ns = clock.pit ? NSEC_PER_MSEC : REBASE_NS;
	clock.next_refine_ns = clock.refine_step_ns;
	x86_clock_next_refine_ns = clock.next_refine_ns;

	if (x86_features.kvm && pvclock_init() && !pvclock_stable() &&
	    !x86_features.invariant_tsc) {
		clock.pvclock_base = pvclock_read() - (u64)arch_clock_ns();
		clock.use_pvclock = true;
		clock.name = "kvm-clock";
	}
	publish();
	log_info(TIME, "TSC %llu kHz", khz);
}

/* A better rate from a longer base; or 0, and measuring starts afresh. */
static u64 refined_khz(void)
{
	struct sample now = pit_sample(3);
	u64 cycles = now.tsc - clock.first.tsc;
	u64 low = (now.ticks - clock.first.ticks) & (PIT_PERIOD - 1);
	u64 expected = muldiv(cycles, PIT_HZ, clock.khz * 1000);
	u64 doubt = muldiv(expected, clock.error_ppm, 1000000);
	u64 ticks, khz, error;

	/* The multiple of the period that comes closest to what is expected. */
	ticks = (expected + PIT_PERIOD / 2 - low) / PIT_PERIOD * PIT_PERIOD + low;
	if (doubt > PIT_PERIOD / 4 || !ticks || expected + PIT_PERIOD / 2 < low)
		goto afresh;
	khz = muldiv(cycles, PIT_HZ, ticks * 1000);
	error = sample_error_ppm(&clock.first, &now, ticks);
	if (error > clock.error_ppm)
		return clock.khz;
	clock.error_ppm = error;
	return khz;
afresh:
	clock.first = now;
	return 0;
}

/* Timer interrupt of CPU 0. */
void x86_clock_refine_poll(void)
{
	u64 now = (u64)arch_clock_ns(), khz = clock.khz, better;

	if (now < clock.next_refine_ns)
		return;
	if (clock.pit) {
		better = refined_khz();
		if (better)
			khz = better;
		else
			clock.refine_step_ns = NSEC_PER_MSEC / 10;
		if (better && clock.refine_step_ns >= 10 * NSEC_PER_SEC)
			clock.pit = false; /* good to 0.1 ppm */
	}
	clock_rebase(khz);
	if (clock.pit) {
		clock.refine_step_ns *= 10;
		clock.next_refine_ns = now + clock.refine_step_ns;
	} else {
		clock.next_refine_ns = now + REBASE_NS;
	}
	x86_clock_next_refine_ns = clock.next_refine_ns;
}
