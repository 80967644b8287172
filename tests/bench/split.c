/*
 * split - a QEMU TCG plugin: how a case's instructions divide between kernel and user mode
 *
 * At mark 5 (mark.h) it prints, for the last round between marks 3 and 4,
 *	split NUMBER user=U kernel=K
 * cases numbered from 0.  An instruction is the kernel's when its address is in
 * the upper half; the vDSO is user code.
 */
#include "plugin.h"

static uint64_t count[2], start[2], round_count[2];
static unsigned number;

static void on_mark(unsigned int vcpu, void *mark)
{
	(void)vcpu;
	switch ((size_t)mark) {
	case 3:
		memcpy(start, count, sizeof(start));
		break;
	case 4:
		for (int i = 0; i < 2; i++)
			round_count[i] = count[i] - start[i];
		break;
	case 5:
		fprintf(stderr, "split %u user=%llu kernel=%llu\n", number++,
			(unsigned long long)round_count[0], (unsigned long long)round_count[1]);
		break;
	}
}

void plugin_start(int argc, char **argv)
{
	(void)argc, (void)argv;
}

void plugin_watch(struct qemu_plugin_insn *insn)
{
	bool kernel = qemu_plugin_insn_vaddr(insn) >> 47;

	qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD_U64, &count[kernel], 1);
	watch_mark(insn, on_mark);
}

void plugin_end(void)
{
}
