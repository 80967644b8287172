/*
 * count - a QEMU TCG plugin: instructions and device accesses of a whole run
 *
 * Prints to standard error when the guest executes a marker, a nop that carries
 * a number (mark.h), and at the end:
 *	count mark=N insns=I io=D
 *	count idle insns=I io=D
 *	count end insns=I io=D
 * insns are all instructions of all processors since power-on, firmware
 * included, a rep iteration counting as one; io are loads and stores that no
 * RAM answers, and port instructions.
 *
 * Idle is when a processor first halts after marker 6: all is done that did not wait for input.
 *
 * The end is the last write to a device, not counting what the firmware does
 * after init: QEMU ends the machine when its main loop gets round to it, and
 * the processor goes on until then, in the kernel or after a reset.
 */
#include "plugin.h"

#define FIRMWARE_END 0x100000

static uint64_t insns, io, end_insns, end_io;
static bool init_ran, is_over, until_idle;

static void on_write(void)
{
	if (is_over)
		return;
	end_insns = insns;
	end_io = io;
}

static void on_firmware(unsigned int vcpu, void *data)
{
	(void)vcpu, (void)data;
	is_over |= init_ran;
}

static void on_mark(unsigned int vcpu, void *number)
{
	(void)vcpu;
	init_ran = true;
	until_idle = (size_t)number == 6;
	fprintf(stderr, "count mark=%zu insns=%llu io=%llu\n", (size_t)number,
		(unsigned long long)insns, (unsigned long long)io);
}

static void on_halt(unsigned int vcpu, void *data)
{
	(void)vcpu, (void)data;
	if (until_idle)
		fprintf(stderr, "count idle insns=%llu io=%llu\n", (unsigned long long)insns,
			(unsigned long long)io);
	until_idle = false;
}

static void on_port(unsigned int vcpu, void *writes)
{
	(void)vcpu;
	io++;
	if (writes)
		on_write();
}

static void on_mem(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *data)
{
	struct qemu_plugin_hwaddr *haddr = qemu_plugin_get_hwaddr(info, vaddr);

	(void)vcpu, (void)vaddr, (void)data;
	if (!haddr || !qemu_plugin_hwaddr_is_io(haddr))
		return;
	io++;
	if (qemu_plugin_mem_is_store(info))
		on_write();
}

void plugin_start(int argc, char **argv)
{
	(void)argc, (void)argv;
}

void plugin_watch(struct qemu_plugin_insn *insn)
{
	qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD_U64, &insns, 1);
	qemu_plugin_register_vcpu_mem_cb(insn, on_mem, NO_REGS, MEM_RW, NULL);
	if (qemu_plugin_insn_vaddr(insn) < FIRMWARE_END)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_firmware, NO_REGS, NULL);
	if (is_halt(insn))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_halt, NO_REGS, NULL);
	if (!watch_mark(insn, on_mark) && is_port(insn))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_port, NO_REGS,
						       (void *)(size_t)is_port_write(insn));
}

void plugin_end(void)
{
	fprintf(stderr, "count end insns=%llu io=%llu\n", (unsigned long long)end_insns,
		(unsigned long long)end_io);
}
