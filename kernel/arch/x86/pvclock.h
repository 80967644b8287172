#pragma once
/* kvmclock's arithmetic, which unit tests run on the host too.
 * Linux Documentation/virt/kvm/x86/msr.rst.
 */
#include "arch/api/inline.h"
#include "lib/atomic.h"
#include "lib/types.h"

#define PVCLOCK_TSC_STABLE BIT(0)

/* As the hypervisor writes it, one for each CPU. */
struct pvclock_time {
	u32 version; /* odd while it changes */
	u32 pad0;
	u64 tsc_timestamp;
	u64 system_time; /* nanoseconds, when the TSC was tsc_timestamp */
	u32 mult;	 /* nanoseconds a cycle, 32 bits of fraction, after the shift */
	s8 shift;
	u8 flags;
	u8 pad[2];
};
static_assert(sizeof(struct pvclock_time) == 32, "the hypervisor's layout");

/* The TSC's frequency; mult is not 0. */
static inline u64 pvclock_khz(const struct pvclock_time *t)
{
	u64 khz = (1000000ULL << 32) / t->mult;

	return t->shift < 0 ? khz << -t->shift : khz >> t->shift;
}

/* A TSC that is read a little before the hypervisor's sample (the processor may, and TSCs differ)
 * is that sample: as an unsigned difference it would be centuries.
 */
static inline u64 pvclock_ns(const volatile struct pvclock_time *t)
{
	u64 delta, ns;
	u32 version;

	do {
		version = t->version;
		barrier();
		delta = arch_cycles() - t->tsc_timestamp;
		if ((s64)delta < 0)
			delta = 0;
		delta = t->shift < 0 ? delta >> -t->shift : delta << t->shift;
		ns = t->system_time + (u64)((unsigned __int128)delta * t->mult >> 32);
		barrier();
	} while (version & 1 || version != t->version);
	return ns;
}

/* @ns, or what another CPU has answered already: time goes back nowhere. */
static inline u64 pvclock_forward(u64 *last_answer, u64 ns)
{
	u64 last = READ_ONCE(*last_answer);

	do {
		if (ns <= last)
			return last;
	} while (!__atomic_compare_exchange_n(last_answer, &last, ns, false, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	return ns;
}
