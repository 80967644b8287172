/*
 * clock - a QEMU TCG plugin: what a case costs in CPU time of QEMU
 *
 * Between the marks 3 and 4 (mark.h) of a round it takes the CPU time of the
 * whole process, all virtual processors together; mark 5 ends a case and prints
 *	clock NUMBER NS
 * the least of its rounds, in nanoseconds, cases numbered from 0.  Rounds do
 * not overlap.  Code that has no marks runs as without the plugin.
 */
#include <time.h>

#include "plugin.h"

static uint64_t start, least = UINT64_MAX;
static unsigned number;

static uint64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static void on_mark(unsigned int vcpu, void *mark)
{
	uint64_t now = cpu_ns();

	(void)vcpu;
	switch ((size_t)mark) {
	case 3:
		start = now;
		break;
	case 4:
		if (start && now - start < least)
			least = now - start;
		start = 0;
		break;
	case 5:
		fprintf(stderr, "clock %u %llu\n", number++, (unsigned long long)least);
		least = UINT64_MAX;
		break;
	}
}

void plugin_start(int argc, char **argv)
{
	(void)argc, (void)argv;
}

void plugin_watch(struct qemu_plugin_insn *insn)
{
	watch_mark(insn, on_mark);
}

void plugin_end(void)
{
}
