/* timeline.h - where the boot's time goes: boot.timeline=1 (timeline.c). */
#pragma once
#include "lib/annotate.h"
#include "lib/types.h"

extern bool timeline_on;

/* Reads boot.timeline=; @entry and @start are arch_cycles() at the kernel's first
 * instruction and in kmain().  After cmdline_init(). */
void timeline_init(u64 entry, u64 start);
void timeline_record(const char *step) __cold;
/* Here ends the step @step of the boot, a string that lives on. */
static inline void timeline_mark(const char *step)
{
	if (unlikely(timeline_on))
		timeline_record(step);
}
/* To the console, when process 1 is about to run. */
void timeline_print(void);
