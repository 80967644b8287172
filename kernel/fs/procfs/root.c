/*
 * root.c - what lies directly in /proc: the table, and the smaller texts.
 *
 * Formats are Linux 6.1's, byte for byte where programs parse them: procps,
 * busybox, mount, df.
 */
#include "abi/utsname.h"
#include "arch/api/cpuinfo.h"
#include "core/cmdline.h"
#include "core/percpu.h"
#include "core/pid.h"
#include "fs/flock.h"
#include "fs/path.h"
#include "fs/procfs/procfs_internal.h"
#include "fs/superblock.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "proc/process.h"

/* ---- links ---- */

static long self_readlink(const struct proc_node *node, const struct caller *caller, char *buf,
			  size_t size)
{
	return snprintf(buf, size, "%d", process_number(current_process()));
}

static long thread_self_readlink(const struct proc_node *node, const struct caller *caller,
				 char *buf, size_t size)
{
	return snprintf(buf, size, "%d/task/%d", process_number(current_process()),
			task_number(current_task()));
}

static long mounts_readlink(const struct proc_node *node, const struct caller *caller, char *buf,
			    size_t size)
{
	return snprintf(buf, size, "self/mounts");
}

/* ---- processes ---- */

static int root_lookup(const struct proc_node *dir, const struct name *name,
		       struct proc_node *child)
{
	struct process *p;
	struct task *task;
	int nr;

	if (!proc_number(name, &nr))
		return -ENOENT;
	p = process_lookup(nr);
	if (!p) {
		/* A thread's number leads to its process's files, though unlisted. */
		task = task_lookup(nr);
		if (!task)
			return -ENOENT;
		p = process_get(task->process);
		task_put(task);
	}
	*child = (struct proc_node){ .entry = &proc_pid_dir, .pid = pid_get(p->pid), .fd = -1 };
	process_put(p);
	return 0;
}

static int root_next(const struct proc_node *dir, int from)
{
	struct process *p;
	struct pid *pid;
	int nr;

	for (nr = max(from, 1); (pid = pid_next(&pid_table_root, nr)); nr++) {
		nr = pid->nr;
		p = process_lookup_pid(pid);
		pid_put(pid);
		if (p) {
			process_put(p);
			return nr;
		}
	}
	return -1;
}

static const struct proc_dir root_dir = { root_lookup, root_next };

/* ---- what the machine and the kernel are ---- */

static int version_show(struct seq *s, const struct proc_node *node)
{
	seq_puts(s, LINNET_SYSNAME " version " LINNET_RELEASE " (linnet@linnet) ("
				   "gcc " __VERSION__ ") " LINNET_VERSION "\n");
	return 0;
}

static int cmdline_show(struct seq *s, const struct proc_node *node)
{
	seq_puts(s, cmdline_raw());
	seq_putc(s, '\n');
	return 0;
}

static void emit_text(void *seq, const char *text)
{
	seq_puts(seq, text);
}

static int cpuinfo_next(struct seq *s, const struct proc_node *node, u64 *cookie)
{
	unsigned cpu = (unsigned)*cookie;

	while (cpu < MAX_CPUS && !cpu_online(cpu))
		cpu++;
	if (cpu >= MAX_CPUS)
		return 0;
	arch_cpuinfo(cpu, emit_text, s);
	*cookie = cpu + 1;
	return 1;
}

static int filesystems_show(struct seq *s, const struct proc_node *node)
{
	const struct fs_type *const *type;

	for (type = fs_table; type < fs_table + fs_table_count; type++) {
		if (*type)
			seq_printf(s, "%s\t%s\n", (*type)->flags & FS_NODEV ? "nodev" : "",
				   (*type)->name);
	}
	return 0;
}

static int devices_show(struct seq *s, const struct proc_node *node)
{
	seq_puts(s, "Character devices:\n  1 mem\n  4 ttyS\n  5 /dev/tty\n"
		    "  5 /dev/console\n  5 /dev/ptmx\n 10 misc\n136 pts\n"
		    "\nBlock devices:\n254 virtblk\n");
	return 0;
}

static int partitions_show(struct seq *s, const struct proc_node *node)
{
	seq_puts(s, "major minor  #blocks  name\n\n");
	return 0;
}

static int swaps_show(struct seq *s, const struct proc_node *node)
{
	seq_puts(s, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	return 0;
}

static int locks_next(struct seq *s, const struct proc_node *node, u64 *cookie)
{
	return flock_show_next(s, cookie);
}

/* Lists of which there is nothing. */
static int empty_show(struct seq *s, const struct proc_node *node)
{
	return 0;
}

/* ---- the table ---- */

#define TEXT_LINK(n, f)	  { .name = n, .mode = S_IFLNK | 0777, .readlink = f }
#define SUBSET_LINK(n, f) { .name = n, .mode = S_IFLNK | 0777, .readlink = f, .flags = PROC_SUBSET }

static const struct proc_entry root_children[] = {
	SUBSET_LINK("self", self_readlink),
	SUBSET_LINK("thread-self", thread_self_readlink),
	TEXT_LINK("mounts", mounts_readlink),
	PROC_FILE("cmdline", 0444, cmdline_show),
	PROC_FILE("consoles", 0444, proc_consoles_show),
	PROC_ITER("cpuinfo", 0444, cpuinfo_next),
	PROC_FILE("devices", 0444, devices_show),
	PROC_FILE("diskstats", 0444, empty_show),
	PROC_FILE("filesystems", 0444, filesystems_show),
	PROC_FILE("interrupts", 0444, proc_interrupts_show),
	{ .name = "irq",
	  .mode = S_IFDIR | 0555,
	  .children = proc_irq_children,
	  .dir = &proc_irq_dir },
	{ .name = "kmsg", .mode = S_IFREG | 0400, .ops = &proc_kmsg_ops },
	PROC_DIR("linnet", 0555, proc_linnet_children),
	PROC_FILE("loadavg", 0444, proc_loadavg_show),
	PROC_ITER("locks", 0444, locks_next),
	PROC_FILE("meminfo", 0444, proc_meminfo_show),
	PROC_FILE("misc", 0444, empty_show),
	PROC_FILE("partitions", 0444, partitions_show),
	PROC_FILE("slabinfo", 0400, proc_slabinfo_show),
	PROC_FILE("stat", 0444, proc_stat_show),
	PROC_FILE("swaps", 0444, swaps_show),
	SYS_DIR("sys", 0555, proc_sys_children),
	{ .name = "sysrq-trigger", .mode = S_IFREG | 0200, .write = proc_sysrq_write },
	PROC_DIR("tty", 0555, proc_tty_children),
	PROC_FILE("uptime", 0444, proc_uptime_show),
	PROC_FILE("version", 0444, version_show),
	PROC_FILE("vmstat", 0444, proc_vmstat_show),
	{ 0 },
};

const struct proc_entry proc_root = {
	.mode = S_IFDIR | 0555,
	.children = root_children,
	.dir = &root_dir,
};
