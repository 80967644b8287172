/*
 * count - a QEMU TCG plugin: instructions and device accesses of a whole run
 *
 * Prints to standard error when the guest executes a marker, a nop that carries
 * a number (mark.h), and at the end:
 *	count mark=N insns=I io=D
 *	count end insns=I io=D
 * insns are all instructions of all processors since power-on, firmware
 * included, a rep iteration counting as one; io are loads and stores that no
 * RAM answers, and port instructions.
 */
#include "plugin.h"

static uint64_t insns, io;

static void on_mark(unsigned int vcpu, void *number)
{
	(void)vcpu;
	fprintf(stderr, "count mark=%zu insns=%llu io=%llu\n", (size_t)number,
		(unsigned long long)insns, (unsigned long long)io);
}

static void on_port(unsigned int vcpu, void *data)
{
	(void)vcpu, (void)data;
	io++;
}

static void on_mem(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *data)
{
	struct qemu_plugin_hwaddr *haddr = qemu_plugin_get_hwaddr(info, vaddr);

	(void)vcpu, (void)data;
	io += haddr && qemu_plugin_hwaddr_is_io(haddr);
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD_U64, &insns, 1);
		qemu_plugin_register_vcpu_mem_cb(insn, on_mem, NO_REGS, MEM_RW, NULL);
		if (mark_number(insn) >= 0)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mark, NO_REGS,
							       (void *)(size_t)mark_number(insn));
		else if (is_port(insn))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_port, NO_REGS, NULL);
	}
}

static void on_end(qemu_plugin_id_t id, void *data)
{
	(void)id, (void)data;
	fprintf(stderr, "count end insns=%llu io=%llu\n", (unsigned long long)insns,
		(unsigned long long)io);
}

__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id,
							       const qemu_info_t *info, int argc,
							       char **argv)
{
	(void)info, (void)argc, (void)argv;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	qemu_plugin_register_atexit_cb(id, on_end, NULL);
	return 0;
}
