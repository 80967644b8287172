/*
 * sharing - a QEMU TCG plugin: cache lines that go from one processor to another
 *
 * Between the marks 3 and 4 (mark.h) it plays a simple cache for the kernel's
 * accesses: a processor that writes a line takes it from all others, one that
 * reads it shares it.  An access that would have to fetch the line from where
 * another processor wrote it, or take it away from others, is a transfer.  At
 * the end it writes "ADDRESS LINE TRANSFERS" for each instruction and line to the
 * file named by out=, and "0 0 N" for N that found no place in the table;
 * sharing.py names them.  The host's processors must be free: guests that take
 * turns on one share little, and then only the lines' order tells.
 */
#include "plugin.h"

enum { LINES = 1 << 23, SITES = 1 << 20, PROBES = 32 };

struct line {
	uint64_t address;
	uint32_t holders; /* processors that have it, by bit */
	int writer;	  /* the last one; -1: none */
};
struct site {
	uint64_t address, line, transfers;
};

static struct line lines[LINES];
static struct site sites[SITES];
static uint64_t lost;
static const char *out_name = "sharing.txt";
static bool on;
static char lock;

static struct line *line_of(uint64_t address)
{
	size_t at = address * 0x9e3779b97f4a7c15ull >> 41;

	while (lines[at].address && lines[at].address != address)
		at = (at + 1) % LINES;
	if (!lines[at].address)
		lines[at] = (struct line){ .address = address, .writer = -1 };
	return &lines[at];
}

static void count(uint64_t address, uint64_t line)
{
	size_t at = (address * 0x9e3779b97f4a7c15ull ^ line * 0xc2b2ae3d27d4eb4full) >> 44;

	for (int probe = 0; probe < PROBES; probe++, at = (at + 1) % SITES) {
		struct site *site = &sites[at];

		if (site->address && (site->address != address || site->line != line))
			continue;
		*site = (struct site){ address, line, site->transfers + 1 };
		return;
	}
	lost++;
}

static bool is_transfer(struct line *line, unsigned int vcpu, bool store)
{
	uint32_t mine = 1u << vcpu;
	bool away = store ? line->holders & ~mine :
			    !(line->holders & mine) && line->writer >= 0 &&
				    line->writer != (int)vcpu;

	if (store) {
		line->holders = mine;
		line->writer = (int)vcpu;
	} else {
		line->holders |= mine;
	}
	return away;
}

static void on_mem(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *address)
{
	if (!__atomic_load_n(&on, __ATOMIC_RELAXED) || !(vaddr >> 47))
		return;
	while (__atomic_test_and_set(&lock, __ATOMIC_ACQUIRE))
		;
	if (is_transfer(line_of(vaddr >> 6), vcpu, qemu_plugin_mem_is_store(info)))
		count((uint64_t)address, vaddr >> 6);
	__atomic_clear(&lock, __ATOMIC_RELEASE);
}

static void on_mark(unsigned int vcpu, void *mark)
{
	(void)vcpu;
	if ((size_t)mark == 3 || (size_t)mark == 4)
		__atomic_store_n(&on, (size_t)mark == 3, __ATOMIC_RELAXED);
}

void plugin_start(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (strncmp(argv[i], "out=", 4) == 0)
			out_name = strdup(argv[i] + 4);
}

void plugin_watch(struct qemu_plugin_insn *insn)
{
	uint64_t address = qemu_plugin_insn_vaddr(insn);

	if (!watch_mark(insn, on_mark) && address >> 47)
		qemu_plugin_register_vcpu_mem_cb(insn, on_mem, NO_REGS, MEM_RW, (void *)address);
}

void plugin_end(void)
{
	FILE *out = fopen(out_name, "w");

	if (!out)
		return;
	for (size_t i = 0; i < SITES; i++)
		if (sites[i].transfers)
			fprintf(out, "%llx %llx %llu\n", (unsigned long long)sites[i].address,
				(unsigned long long)sites[i].line << 6,
				(unsigned long long)sites[i].transfers);
	fprintf(out, "0 0 %llu\n", (unsigned long long)lost);
	fclose(out);
}
