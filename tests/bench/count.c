/*
 * count - a QEMU TCG plugin: instructions and device accesses of a whole run
 *
 * Prints to standard error when the guest executes a marker, a nop that carries
 * a number (see bench_mark() in marker.h), and at the end:
 *	count mark=N insns=I io=D
 *	count end insns=I io=D
 * insns are all instructions of all processors since power-on, firmware
 * included, a rep iteration counting as one; io are loads and stores that no
 * RAM answers, and port instructions.
 *
 * The declarations below are those of qemu-plugin.h, version 1, which Debian
 * does not package.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_hwaddr;
typedef struct qemu_info_t qemu_info_t;

extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb,
							size_t index);
extern const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
extern size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
extern struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(qemu_plugin_meminfo_t info,
							 uint64_t vaddr);
extern bool qemu_plugin_hwaddr_is_io(const struct qemu_plugin_hwaddr *haddr);
extern void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
						  void (*cb)(qemu_plugin_id_t id,
							     struct qemu_plugin_tb *tb));
extern void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
						   void (*cb)(unsigned int vcpu, void *data),
						   int flags, void *data);
extern void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, int op,
						       void *ptr, uint64_t imm);
extern void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn,
					     void (*cb)(unsigned int vcpu,
							qemu_plugin_meminfo_t info, uint64_t vaddr,
							void *data),
					     int flags, int rw, void *data);
extern void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id,
					   void (*cb)(qemu_plugin_id_t id, void *data), void *data);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

enum { INLINE_ADD_U64 = 0, NO_REGS = 0, MEM_RW = 3 };

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

/* in, out, ins, outs, past the prefixes they can have. */
static bool is_port(const uint8_t *code, size_t len)
{
	while (len > 1 && (*code == 0x66 || *code == 0xf3 || *code == 0xf2))
		code++, len--;
	switch (*code) {
	case 0x6c ... 0x6f: /* ins, outs */
	case 0xec ... 0xef: /* port in dx */
		return len == 1;
	case 0xe4 ... 0xe7: /* port in the instruction */
		return len == 2;
	}
	return false;
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	static const uint8_t marker[] = { 0x0f, 0x1f, 0x80, 'L', 'I', 'N' };
	size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		const uint8_t *code = qemu_plugin_insn_data(insn);
		size_t len = qemu_plugin_insn_size(insn);

		qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD_U64, &insns, 1);
		qemu_plugin_register_vcpu_mem_cb(insn, on_mem, NO_REGS, MEM_RW, NULL);
		if (len == 7 && memcmp(code, marker, sizeof(marker)) == 0)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mark, NO_REGS,
							       (void *)(size_t)code[6]);
		else if (is_port(code, len))
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
