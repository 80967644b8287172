#pragma once
/* The vDSO: a small shared object that every program finds through
 * AT_SYSINFO_EHDR, and before it the page of clock data that it reads.
 *
 * exec maps arch_vdso_pages() pages, read-only to the user: page 0 the data
 * (PROT_READ, "[vvar]"), from page 1 on the code (PROT_READ|PROT_EXEC,
 * "[vdso]").  AT_SYSINFO_EHDR is the address of page 1.  The pages belong to
 * the kernel image: they are never freed and have no reference count.
 */
#include "lib/types.h"

unsigned arch_vdso_pages(void);
paddr_t arch_vdso_page_phys(unsigned index);

/* Clock data: nanoseconds = base_ns + ((tsc - base_tsc) * mult >> shift), the
 * product with 128 bits; exactly what arch_clock_ns() computes.
 */
struct vdso_clock {
	u64 base_tsc;
	u64 base_ns; /* CLOCK_MONOTONIC at base_tsc */
	u64 mult;
	u32 shift;
	s64 realtime_offset_ns; /* CLOCK_REALTIME - CLOCK_MONOTONIC */
	s64 boottime_offset_ns; /* CLOCK_BOOTTIME - CLOCK_MONOTONIC */
	bool tsc_usable;	/* else the vDSO makes the system call */
	bool realtime_usable;	/* false until CLOCK_REALTIME is known and while it is slewed */
};
void arch_vdso_set_clock(const struct vdso_clock *clock); /* callers serialise */
