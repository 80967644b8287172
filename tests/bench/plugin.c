/* plugin.c - what QEMU calls in each plugin here, the marks of mark.h, and port instructions */
#include "plugin.h"

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

static const uint8_t bench_mark[] = { 0x0f, 0x1f, 0x80, 'L', 'I', 'N' };

int mark_number(const struct qemu_plugin_insn *insn)
{
	const uint8_t *code = qemu_plugin_insn_data(insn);

	if (qemu_plugin_insn_size(insn) != 7 || memcmp(code, bench_mark, sizeof(bench_mark)) != 0)
		return -1;
	return code[6];
}

bool watch_mark(struct qemu_plugin_insn *insn, plugin_on_insn *fn)
{
	int mark = mark_number(insn);

	if (mark >= 0)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, fn, NO_REGS, (void *)(size_t)mark);
	return mark >= 0;
}

/* The opcode of in, out, ins, outs, past the prefixes they can have; 0: another instruction. */
static uint8_t port_opcode(const struct qemu_plugin_insn *insn)
{
	const uint8_t *code = qemu_plugin_insn_data(insn);
	size_t len = qemu_plugin_insn_size(insn);

	while (len > 1 && (*code == 0x66 || *code == 0xf3 || *code == 0xf2))
		code++, len--;
	if (len == 1 && ((*code >= 0x6c && *code <= 0x6f) || (*code >= 0xec && *code <= 0xef)))
		return *code;
	return len == 2 && *code >= 0xe4 && *code <= 0xe7 ? *code : 0;
}

bool is_port(const struct qemu_plugin_insn *insn)
{
	return port_opcode(insn) != 0;
}

bool is_port_write(const struct qemu_plugin_insn *insn)
{
	return port_opcode(insn) & 2; /* 6e, 6f, e6, e7, ee, ef */
}

bool is_halt(const struct qemu_plugin_insn *insn)
{
	return qemu_plugin_insn_size(insn) == 1 &&
	       *(const uint8_t *)qemu_plugin_insn_data(insn) == 0xf4;
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (size_t i = 0; i < n; i++)
		plugin_watch(qemu_plugin_tb_get_insn(tb, i));
}

static void on_end(qemu_plugin_id_t id, void *data)
{
	(void)id, (void)data;
	plugin_end();
}

__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id,
							       const qemu_info_t *info, int argc,
							       char **argv)
{
	(void)info;
	plugin_start(argc, argv);
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	qemu_plugin_register_atexit_cb(id, on_end, NULL);
	return 0;
}
