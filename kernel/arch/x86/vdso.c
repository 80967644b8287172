/*
 * The kernel's side of the vDSO: where its pages are, and the clock data that it
 * reads (vdso/data.h).
 *
 * Locking: writers are serialised by their callers (core/clock's lock and the
 * tick of one CPU), with interrupts off; readers are programs.
 */
#include "arch/api/vdso.h"
#include <linux/time.h>
#include "arch/x86/x86.h"
#include "arch/x86/vdso/data.h"
#include "core/cmdline.h"
#include "core/panic.h"
#include "core/spinlock.h"
#include "lib/annotate.h"
#include "lib/atomic.h"

extern const char vdso_image[], vdso_image_end[]; /* vdso_image.S */

/* A page of its own: user mode sees all of it. */
static union {
	struct vdso_data data;
	u8 page[PAGE_SIZE];
} vdso_page __aligned(PAGE_SIZE) __section(".data..page_aligned");

static unsigned npages __ro_after_init; /* 0: vdso=0, programs go without */

void x86_vdso_init(void)
{
	if (cmdline_get_s64("vdso", 1) != 0)
		npages = 1 + (unsigned)((vdso_image_end - vdso_image) / PAGE_SIZE);
}

unsigned arch_vdso_pages(void)
{
	return npages;
}

paddr_t arch_vdso_page_phys(unsigned index)
{
	assert(index < arch_vdso_pages());
	if (index == 0)
		return image_to_phys(&vdso_page);
	return image_to_phys(vdso_image + (index - 1) * PAGE_SIZE);
}

void arch_vdso_set_clock(const struct vdso_clock *clock)
{
	u64 realtime = clock->base_ns + (u64)clock->realtime_offset_ns;
	unsigned usable = BIT(CLOCK_MONOTONIC) | BIT(CLOCK_MONOTONIC_RAW) |
			  BIT(CLOCK_MONOTONIC_COARSE) | BIT(CLOCK_BOOTTIME);
	struct vdso_data *data = &vdso_page.data;
	unsigned long flags = arch_irq_save();

	if (clock->realtime_usable)
		usable |= BIT(CLOCK_REALTIME) | BIT(CLOCK_REALTIME_COARSE);
	WRITE_ONCE(data->clocks, 0);
	store_release(&data->seq, data->seq + 1);
	smp_wmb();
	data->shift = clock->shift;
	data->mult = clock->mult;
	data->base_tsc = clock->base_tsc;
	data->base_ns[CLOCK_MONOTONIC] = data->base_ns[CLOCK_MONOTONIC_RAW] =
		data->base_ns[CLOCK_MONOTONIC_COARSE] = clock->base_ns;
	data->base_ns[CLOCK_REALTIME] = data->base_ns[CLOCK_REALTIME_COARSE] = realtime;
	data->base_ns[CLOCK_BOOTTIME] = clock->base_ns + (u64)clock->boottime_offset_ns;
	store_release(&data->clocks, clock->tsc_usable ? usable : 0);
	store_release(&data->seq, data->seq + 1);
	arch_irq_restore(flags);
}
