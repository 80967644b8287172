/*
 * paths - a QEMU TCG plugin: how often each instruction of the kernel ran
 *
 * At the end of the run it writes a line "ADDRESS COUNT" for each address of the
 * kernel's half to the file named by out=; paths.py adds them up by function.
 * Exact, where a sampling profiler estimates; for path lengths.  With rounds=on
 * only what runs between the marks 3 and 4 (mark.h) counts.  With io=on it
 * counts device accesses instead, at any address (firmware too), until the first
 * marker of hello.c: who talks to devices before init.
 */
#include "plugin.h"

enum { BUCKETS = 1 << 20 };

struct bucket {
	uint64_t address, count;
	uint64_t in_rounds; /* rounds=on; within a round what count would be less */
};

static struct bucket buckets[BUCKETS];
static const char *out_name = "paths.txt";
static bool count_io, rounds, stopped;

static struct bucket *bucket_of(uint64_t address)
{
	size_t at = address * 0x9e3779b97f4a7c15ull >> 44;

	while (buckets[at].address && buckets[at].address != address)
		at = (at + 1) % BUCKETS;
	buckets[at].address = address;
	return &buckets[at];
}

static void on_mark(unsigned int vcpu, void *data)
{
	(void)vcpu, (void)data;
	stopped = true;
}

static void on_round(unsigned int vcpu, void *mark)
{
	(void)vcpu;
	for (size_t i = 0; i < BUCKETS && ((size_t)mark == 3 || (size_t)mark == 4); i++)
		buckets[i].in_rounds = buckets[i].count - buckets[i].in_rounds;
}

static void on_port(unsigned int vcpu, void *address)
{
	(void)vcpu;
	if (!stopped)
		bucket_of((size_t)address)->count++;
}

static void on_mem(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *address)
{
	struct qemu_plugin_hwaddr *haddr = qemu_plugin_get_hwaddr(info, vaddr);

	(void)vcpu;
	if (!stopped && haddr && qemu_plugin_hwaddr_is_io(haddr))
		bucket_of((size_t)address)->count++;
}

static void watch_io(struct qemu_plugin_insn *insn, uint64_t address)
{
	if (watch_mark(insn, on_mark))
		return;
	if (is_port(insn))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_port, NO_REGS, (void *)address);
	else
		qemu_plugin_register_vcpu_mem_cb(insn, on_mem, NO_REGS, MEM_RW, (void *)address);
}

void plugin_start(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (strncmp(argv[i], "out=", 4) == 0)
			out_name = strdup(argv[i] + 4);
		else if (strcmp(argv[i], "io=on") == 0)
			count_io = true;
		else if (strcmp(argv[i], "rounds=on") == 0)
			rounds = true;
}

void plugin_watch(struct qemu_plugin_insn *insn)
{
	uint64_t address = qemu_plugin_insn_vaddr(insn);

	if (rounds)
		watch_mark(insn, on_round);
	if (count_io)
		watch_io(insn, address);
	else if (address >> 47)
		qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD_U64,
							   &bucket_of(address)->count, 1);
}

void plugin_end(void)
{
	FILE *out = fopen(out_name, "w");

	for (size_t i = 0; out && i < BUCKETS; i++) {
		uint64_t count = rounds ? buckets[i].in_rounds : buckets[i].count;

		if (count)
			fprintf(out, "%llx %llu\n", (unsigned long long)buckets[i].address,
				(unsigned long long)count);
	}
	if (out)
		fclose(out);
}
