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

void plugin_start(int argc, char **argv)
{
	(void)argc, (void)argv;
}

void plugin_watch(struct qemu_plugin_insn *insn)
{
	qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD_U64, &insns, 1);
	qemu_plugin_register_vcpu_mem_cb(insn, on_mem, NO_REGS, MEM_RW, NULL);
	if (!watch_mark(insn, on_mark) && is_port(insn))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_port, NO_REGS, NULL);
}

void plugin_end(void)
{
	fprintf(stderr, "count end insns=%llu io=%llu\n", (unsigned long long)insns,
		(unsigned long long)io);
}
