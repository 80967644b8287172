/* kvmclock: KVM tells in shared memory how its TSC relates to time.  Mostly it
 * serves once, for the TSC's frequency and the date; only where the TSC differs
 * between CPUs is it the clock itself.
 * Linux Documentation/virt/kvm/x86/msr.rst.
 */
#include "arch/x86/x86.h"

#define KVM_FEATURE_CLOCKSOURCE2 BIT(3)
#define PVCLOCK_TSC_STABLE	 BIT(0)

struct pvclock_time {
	u32 version; /* odd while it changes */
	u32 pad0;
	u64 tsc_timestamp;
	u64 system_time;
	u32 mult;
	s8 shift;
	u8 flags;
	u8 pad[2];
};

struct pvclock_wall {
	u32 version, sec, nsec;
};

/* Physically contiguous within a page, and not moved: CPUs' areas are in the image
 * (CPU 0) or in the direct map.
 */
static struct {
	struct pvclock_time time[MAX_CPUS] __aligned(64);
	struct pvclock_wall wall;
} pv __aligned(4096);
static u64 pv_last; /* [a] the latest answer, over all CPUs */

void pvclock_init_cpu(void)
{
	if (x86_features.kvm && x86_features.kvm_features & KVM_FEATURE_CLOCKSOURCE2)
		x86_wrmsr(MSR_KVM_SYSTEM_TIME, image_to_phys(&pv.time[cpu_id()]) | 1);
}

bool pvclock_init(void)
{
	pvclock_init_cpu();
	return pv.time[0].mult != 0;
}

u64 pvclock_tsc_khz(void)
{
	u64 khz = (1000000ULL << 32) / pv.time[0].mult;

	return pv.time[0].shift < 0 ? khz << -pv.time[0].shift : khz >> pv.time[0].shift;
}

bool pvclock_stable(void)
{
	return pv.time[0].flags & PVCLOCK_TSC_STABLE;
}

u64 pvclock_read(void)
{
	const volatile struct pvclock_time *t = &pv.time[cpu_id()];
	u64 delta, ns, last;
	u32 version;

	do {
		version = t->version;
		barrier();
		delta = arch_cycles() - t->tsc_timestamp;
		delta = t->shift < 0 ? delta >> -t->shift : delta << t->shift;
		ns = t->system_time + (u64)((unsigned __int128)delta * t->mult >> 32);
		barrier();
	} while (version & 1 || version != t->version);

	last = READ_ONCE(pv_last);
	do {
		if (ns <= last)
			return last;
	} while (!__atomic_compare_exchange_n(&pv_last, &last, ns, false, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	return ns;
}

/* Nanoseconds since 1970 at the moment when system_time was 0; 0: unknown. */
s64 pvclock_wall(void)
{
	const volatile struct pvclock_wall *w = &pv.wall;

	if (!x86_features.kvm || !(x86_features.kvm_features & KVM_FEATURE_CLOCKSOURCE2))
		return 0;
	x86_wrmsr(MSR_KVM_WALL_CLOCK, image_to_phys(&pv.wall));
	if (!w->sec)
		return 0;
	return (s64)w->sec * 1000000000LL + w->nsec;
}
