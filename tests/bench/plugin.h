/*
 * plugin.h - what the plugins here share (plugin.c), and QEMU's plugin interface, version 1
 *
 * Debian does not package qemu-plugin.h; these are its declarations, as far as they are used.
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
extern bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t info);
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

enum { INLINE_ADD_U64 = 0, NO_REGS = 0, MEM_RW = 3 };

/* Each plugin has these; plugin.c calls them. */
void plugin_start(int argc, char **argv);
/* An instruction was translated: say what is to be done each time it runs. */
void plugin_watch(struct qemu_plugin_insn *insn);
void plugin_end(void);

typedef void plugin_on_insn(unsigned int vcpu, void *data);

/* The number of the mark that this instruction is (mark.h), or -1. */
int mark_number(const struct qemu_plugin_insn *insn);
/* Calls fn with the number where the instruction is a mark; false: it is none. */
bool watch_mark(struct qemu_plugin_insn *insn, plugin_on_insn *fn);
bool is_port(const struct qemu_plugin_insn *insn); /* in, out, ins, outs */
bool is_halt(const struct qemu_plugin_insn *insn);
bool is_port_write(const struct qemu_plugin_insn *insn);
