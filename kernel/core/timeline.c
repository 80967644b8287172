/*
 * timeline.c - where the boot's time goes.
 *
 * With boot.timeline=1 each step of kmain() notes the processor's cycle counter as it ends;
 * before process 1 runs the list is printed, a line a step:
 *
 *	timeline: BEGIN END STEP	cycles since the kernel's first instruction
 *
 * tools/timeline.py draws it.  Without the word a step costs the test of a flag.
 *
 * Locking: none; the boot is one thread until it is printed, whichever CPU that runs on.
 */
#include "core/timeline.h"
#include "arch/api/inline.h"
#include "arch/api/time.h"
#include "core/cmdline.h"
#include "core/log.h"
#include "lib/printf.h"

#define MARKS_MAX 32

bool timeline_on;

static struct {
	u64 entry;
	unsigned count;
	struct {
		const char *step;
		u64 end;
	} marks[MARKS_MAX];
} timeline;

static void record(const char *step, u64 end)
{
	if (timeline.count == MARKS_MAX)
		return;
	timeline.marks[timeline.count].step = step;
	timeline.marks[timeline.count++].end = end;
}

void timeline_init(u64 entry, u64 start)
{
	timeline_on = cmdline_get_bool("boot.timeline", false);
	if (!timeline_on)
		return;
	timeline.entry = entry;
	record("entry: own page tables, relocation, processor", start);
	record("command line", arch_cycles());
}

void timeline_record(const char *step)
{
	record(step, arch_cycles());
}

void timeline_print(void)
{
	u64 begin = 0;
	char line[128];

	if (!timeline_on)
		return;
	timeline_on = false;
	console_write_all(line,
			  scnprintf(line, sizeof(line), "timeline: %llu kHz\n", arch_cycles_khz()));
	for (unsigned i = 0; i < timeline.count; i++) {
		u64 end = timeline.marks[i].end - timeline.entry;

		console_write_all(line, scnprintf(line, sizeof(line), "timeline: %llu %llu %s\n",
						  begin, end, timeline.marks[i].step));
		begin = end;
	}
}
