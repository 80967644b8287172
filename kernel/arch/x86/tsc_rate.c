/* How fast the TSC counts.
 *
 * The frequency is read where somebody states it: CPUID 0x15 and 0x40000010, kvmclock.
 * Else it is measured against the PIT, at no cost: one sample when the kernel starts, one
 * when the clock is first needed.  That base is as short as that takes, so the result is
 * good to some 0.5 %, 4 % at worst, and it is refined from samples 1 ms, 10 ms, 100 ms,
 * 1 s and 10 s after the first.  The PIT's counter wraps every 55 ms; how often it did
 * follows from the rate known so far.
 *
 * A host that is busy stops a virtual CPU between reading one counter and the other.  So a
 * sample is the narrowest of a few, it knows its width, and a rate knows the error that the
 * widths of its samples allow: where that is too large, or leaves the number of wraps in
 * doubt, measuring starts afresh.
 *
 * Without a PIT: HPET, the ACPI timer, on TCG the local APIC, each over 100 us.
 *
 * Locking: CPU 0 only, interrupts off.
 */
#include "arch/x86/x86.h"
#include "arch/x86/hpet.h"
#include "arch/x86/tsc_rate.h"
#include "arch/api/io.h"
#include "platform/platform.h"

#define PIT_HZ		1193182ULL
#define PIT_CHANNEL2	0x42
#define PIT_COMMAND	0x43
#define PIT_GATE	0x61
#define PIT_PERIOD	65536

#define MIN_BASE_TICKS	24	    /* of the first measurement: 20 us, good to 4 % */
#define MAX_BASE_CYCLES 25000000ULL /* less than a PIT period from 0.5 GHz on */
#define MAX_FIRST_PPM	88000	    /* two ticks of MIN_BASE_TICKS, and little more */
#define NARROW		128	    /* a sample's part of the base: good to 0.4 % */
#define MAX_TRIES	1000
#define BUSY_BASE_NS	100000 /* where nothing cheaper than waiting exists */

/* A PIT reading and when it was taken. */
struct sample {
	u64 tsc;
	u64 width; /* cycles around tsc within which it was read */
	u64 ticks; /* counts up; modulo PIT_PERIOD as read */
};

static struct {
	bool pit; /* there is one, and the rate comes from it */
	struct sample first;
	u64 error_ppm; /* of the rate, at most */
} rate;

/* --- The PIT --------------------------------------------------------------------------- */

/* Each reading is three device accesses, so a second one only where the first took longer than
 * @enough cycles; then the narrower counts.
 */
static struct sample pit_sample(u64 enough)
{
	struct sample best = { .width = U64_MAX };
	unsigned tries;

	for (tries = 0; tries < 2 && best.width > enough; tries++) {
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

/* Channel 2, rate generator, full period; the speaker stays silent.  The first sample. */
void tsc_rate_start(void)
{
	port_out8(PIT_GATE, (u8)((port_in8(PIT_GATE) & ~2) | 1));
	port_out8(PIT_COMMAND, 0xb4);
	port_out8(PIT_CHANNEL2, 0);
	port_out8(PIT_CHANNEL2, 0);
	rate.first = pit_sample(0);
}

static u64 muldiv(u64 a, u64 b, u64 c)
{
	u64 lo, hi, q, r;

	asm("mulq %3" : "=a"(lo), "=d"(hi) : "a"(a), "rm"(b));
	if (hi >= c)
		return U64_MAX;
	asm("divq %4" : "=a"(q), "=d"(r) : "a"(lo), "d"(hi), "rm"(c));
	return q;
}

/* --- Finding the rate ---------------------------------------------------------------------- */

/* kHz that somebody states; 0: nobody. */
u64 tsc_rate_stated(void)
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

/* A reading of another counter, the narrowest of a few.  The same code for every sample: on an
 * emulator what runs for the first time takes long.
 */
static __noinline struct sample counter_sample(u64 (*read)(void))
{
	struct sample best = { .width = U64_MAX };
	unsigned tries;

	for (tries = 0; tries < 5; tries++) {
		u64 t0 = arch_cycles(), ticks = read(), t1 = arch_cycles();

		if (t1 - t0 < best.width)
			best = (struct sample){ t0 + (t1 - t0) / 2, t1 - t0, ticks };
	}
	return best;
}

/* The TSC against a counter of @hz, busy: over BUSY_BASE_NS, or longer until the samples are
 * narrow beside it.
 */
static u64 measure(u64 (*read)(void), u64 mask, u64 hz)
{
	u64 wanted = hz * (BUSY_BASE_NS / 1000) / 1000000, ticks, spins;
	struct sample first = counter_sample(read), now;

	for (spins = 0; spins < 1000000; spins++) {
		now = counter_sample(read);
		ticks = (now.ticks - first.ticks) & mask;
		if (ticks > mask / 2)
			first = now;
		else if (ticks >= wanted && (first.width + now.width) * 100 < now.tsc - first.tsc)
			return muldiv(now.tsc - first.tsc, hz, ticks * 1000);
	}
	return 0;
}

static u64 read_pm_timer(void)
{
	return port_in32(platform.pm_timer);
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

/* kHz; 0: there is none, or it cannot be read in time. */
static u64 measure_pit(void)
{
	struct sample now;
	u64 ticks, cycles, until, error;
	unsigned tries;

	for (tries = 0; tries < MAX_TRIES; tries++) {
		now = pit_sample((arch_cycles() - rate.first.tsc) / NARROW);
		ticks = (now.ticks - rate.first.ticks) & (PIT_PERIOD - 1);
		cycles = now.tsc - rate.first.tsc;
		if (cycles > 100000 && ticks == 0)
			return 0; /* it stands still */
		/* It may have wrapped, or the first sample is too wide for any base. */
		if (cycles > MAX_BASE_CYCLES || rate.first.width > MAX_BASE_CYCLES / 20) {
			rate.first = now;
			continue;
		}
		error = ticks ? sample_error_ppm(&rate.first, &now, ticks) : U64_MAX;
		if (ticks >= MIN_BASE_TICKS && error <= MAX_FIRST_PPM) {
			rate.pit = true;
			rate.error_ppm = error;
			return muldiv(cycles, PIT_HZ, ticks * 1000);
		}
		/* As long as the rate so far says; doubling where it says nothing yet. */
		until = now.tsc + (ticks && ticks < MIN_BASE_TICKS ?
					   cycles * (MIN_BASE_TICKS + 1 - ticks) / ticks :
					   cycles + 1000);
		while (arch_cycles() < until)
			arch_cpu_relax();
	}
	return 0;
}

u64 tsc_rate_measure(bool by_hpet)
{
	u64 khz = by_hpet ? 0 : measure_pit();

	if (!khz && hpet_init())
		khz = measure(hpet_ticks, U32_MAX, hpet_hz());
	if (!khz && platform.pm_timer)
		khz = measure(read_pm_timer, 0xffffff, 3579545);
	if (!khz && x86_features.tcg)
		khz = measure_lapic();
	return khz;
}

bool tsc_rate_is_rough(void)
{
	return rate.pit;
}

void tsc_rate_settle(void)
{
	rate.pit = false;
}

/* A better rate from a longer base; or 0, and measuring starts afresh. */
u64 tsc_rate_refined(u64 khz_now)
{
	struct sample now = pit_sample(khz_now * 1000 / PIT_HZ); /* it is good to a tick only */
	u64 cycles = now.tsc - rate.first.tsc;
	u64 low = (now.ticks - rate.first.ticks) & (PIT_PERIOD - 1);
	u64 expected = muldiv(cycles, PIT_HZ, khz_now * 1000);
	u64 doubt = muldiv(expected, rate.error_ppm, 1000000);
	u64 ticks, khz, error;

	/* The multiple of the period that comes closest to what is expected. */
	ticks = (expected + PIT_PERIOD / 2 - low) / PIT_PERIOD * PIT_PERIOD + low;
	if (doubt > PIT_PERIOD / 4 || !ticks || expected + PIT_PERIOD / 2 < low)
		goto afresh;
	khz = muldiv(cycles, PIT_HZ, ticks * 1000);
	error = sample_error_ppm(&rate.first, &now, ticks);
	if (error > rate.error_ppm)
		return khz_now;
	rate.error_ppm = error;
	return khz;
afresh:
	rate.first = now;
	return 0;
}
