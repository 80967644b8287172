/*
 * paths - a QEMU TCG plugin: how often each instruction of the kernel ran
 *
 * At the end of the run it writes a line "ADDRESS COUNT" for each address of the
 * kernel's half to the file named by out=; paths.py adds them up by function.
 * Exact, where a sampling profiler estimates; for path lengths.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef struct qemu_info_t qemu_info_t;

extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
extern uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
extern void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
	void (*cb)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb));
extern void qemu_plugin_register_vcpu_insn_exec_inline(
	struct qemu_plugin_insn *insn, int op, void *ptr, uint64_t imm);
extern void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, void (*cb)(qemu_plugin_id_t id, void *data), void *data);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

enum { INLINE_ADD_U64 = 0, BUCKETS = 1 << 20 };

struct bucket {
	uint64_t address, count;
};

static struct bucket buckets[BUCKETS];
static const char *out_name = "paths.txt";

static struct bucket *bucket_of(uint64_t address)
{
	size_t at = address * 0x9e3779b97f4a7c15ull >> 44;

	while (buckets[at].address && buckets[at].address != address)
		at = (at + 1) % BUCKETS;
	buckets[at].address = address;
	return &buckets[at];
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t address = qemu_plugin_insn_vaddr(insn);

		if (address >> 47)
			qemu_plugin_register_vcpu_insn_exec_inline(
				insn, INLINE_ADD_U64, &bucket_of(address)->count, 1);
	}
}

static void on_end(qemu_plugin_id_t id, void *data)
{
	FILE *out = fopen(out_name, "w");

	(void)id, (void)data;
	for (size_t i = 0; out && i < BUCKETS; i++)
		if (buckets[i].count)
			fprintf(out, "%llx %llu\n", (unsigned long long)buckets[i].address,
				(unsigned long long)buckets[i].count);
	if (out)
		fclose(out);
}

__attribute__((visibility("default"))) int qemu_plugin_install(
	qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++)
		if (strncmp(argv[i], "out=", 4) == 0)
			out_name = strdup(argv[i] + 4);
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	qemu_plugin_register_atexit_cb(id, on_end, NULL);
	return 0;
}
