/*
 * Clocks, in nanoseconds.
 *  CLOCK_MONOTONIC and _BOOTTIME are the same here (a VM is not
 * suspended); CLOCK_REALTIME is monotonic plus an offset that settimeofday(2) sets and
 * adjtime(3) slews.  A tick may be off for long, so the coarse ones read the counter too: they
 * are better than promised.
 */
#pragma once

#include "arch/api/time.h"
#include "lib/annotate.h"
#include "lib/types.h"

struct clock_params {		/* what the vDSO needs too */
	s64 realtime_offset_ns; /* realtime - monotonic */
	ktime_t slew_last_ns;	/* monotonic time up to which the slew is in the offset */
	s64 slew_left_ns;	/* still to be added to it, at 500 ppm */
	s32 tai_offset_s;
	u32 set_count; /* times the clock was stepped (TFD_TIMER_CANCEL_ON_SET) */
};

static inline ktime_t clock_monotonic_ns(void)
{
	return arch_clock_ns();
}
static inline ktime_t clock_boottime_ns(void)
{
	return arch_clock_ns();
}
ktime_t clock_realtime_ns(void);
ktime_t clock_tai_ns(void);
static inline ktime_t clock_monotonic_coarse_ns(void)
{
	return arch_clock_ns();
}
static inline ktime_t clock_realtime_coarse_ns(void)
{
	return clock_realtime_ns();
}
#define CLOCK_COARSE_RES_NS 4000000

/* Reads the wall clock, so that the vDSO has it; until then the first reader does. */
void clock_init(void);
/* Each timer tick: moves a slew on (so does reading the clock). */
void clock_tick(void);
/* -EINVAL: before 1970 or so far ahead that it overflows. */
int clock_realtime_set(ktime_t now_ns) __must_check;
void clock_set_tai_offset(s32 seconds);
/* adjtime: gradually add @delta_ns; *old_ns (may be NULL) is what was left of the last. */
void clock_slew(s64 delta_ns, s64 *old_ns);
s64 clock_slew_left(void);
void clock_params_read(struct clock_params *out);
/* monotonic = realtime - this, now. */
s64 clock_realtime_offset(void);
