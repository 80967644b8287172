/* kvmclock: KVM tells in shared memory how its TSC relates to time.  Mostly it
 * serves once, for the TSC's frequency and the date; only where the TSC differs
 * between CPUs is it the clock itself.
 * Linux Documentation/virt/kvm/x86/msr.rst.
 */
#include "arch/x86/pvclock.h"
#include "arch/x86/x86.h"

#define KVM_FEATURE_CLOCKSOURCE2 BIT(3)

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
	return pvclock_khz(&pv.time[0]);
}

bool pvclock_stable(void)
{
	return pv.time[0].flags & PVCLOCK_TSC_STABLE;
}

u64 pvclock_read(void)
{
	return pvclock_forward(&pv_last, pvclock_ns(&pv.time[cpu_id()]));
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
