/*
 * plugin.h - QEMU's plugin interface, version 1, as far as the plugins here use it
 *
 * Debian does not package qemu-plugin.h; these are its declarations.
 */
#pragma once
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
extern uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
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

static const uint8_t bench_mark[] = { 0x0f, 0x1f, 0x80, 'L', 'I', 'N' };

/* The number of the mark that this instruction is (mark.h), or -1. */
static inline int mark_number(const struct qemu_plugin_insn *insn)
{
	const uint8_t *code = qemu_plugin_insn_data(insn);

	if (qemu_plugin_insn_size(insn) != 7 || memcmp(code, bench_mark, sizeof(bench_mark)) != 0)
		return -1;
	return code[6];
}

/* in, out, ins, outs, past the prefixes they can have. */
static inline bool is_port(const struct qemu_plugin_insn *insn)
{
	const uint8_t *code = qemu_plugin_insn_data(insn);
	size_t len = qemu_plugin_insn_size(insn);

	while (len > 1 && (*code == 0x66 || *code == 0xf3 || *code == 0xf2))
		code++, len--;
	return (len == 1 &&
		((*code >= 0x6c && *code <= 0x6f) || (*code >= 0xec && *code <= 0xef))) ||
	       (len == 2 && *code >= 0xe4 && *code <= 0xe7);
}
