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

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		int mark = mark_number(insn);

		if (mark >= 0)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mark, NO_REGS,
							       (void *)(size_t)mark);
	}
}

__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id,
							       const qemu_info_t *info, int argc,
							       char **argv)
{
	(void)info, (void)argc, (void)argv;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	return 0;
}
