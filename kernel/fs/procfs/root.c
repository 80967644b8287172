/*
 * root.c - what lies directly in /proc: the table, and the smaller texts.
 *
 * Formats are Linux 6.1's, byte for byte where programs parse them: procps,
 * busybox, mount, df.  What does not exist here (swap, huge pages) is shown
 * as Linux shows a machine without it.
 */
#include <linux/fcntl.h>
#include "abi/utsname.h"
#include "arch/api/cpuinfo.h"
#include "arch/api/irq.h"
#include "core/clock.h"
#include "core/cmdline.h"
#include "core/log.h"
#include "core/percpu.h"
#include "core/pid.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/path.h"
#include "fs/poll.h"
#include "fs/procfs/procfs_internal.h"
#include "fs/superblock.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/page.h"
#include "mem/slab.h"
#include "mem/uio.h"
#include "proc/process.h"
#include "sched/sched.h"
#include "syscall/trace.h"
#include "vm/mmap.h"
#include "vm/page_cache.h"

#define TICK_NS (NSEC_PER_SEC / 100) /* USER_HZ */

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

/* ---- time and load ---- */

static u64 idle_ns(void)
{
	struct sched_cpu_stats stats;
	u64 sum = 0;
	unsigned cpu;

	for_each_online_cpu(cpu) {
		sched_cpu_stats(cpu, &stats);
		sum += stats.idle_ns;
	}
	return sum;
}

static int uptime_show(struct seq *s, const struct proc_node *node)
{
	u64 up = clock_boottime_ns() / TICK_NS, idle = idle_ns() / TICK_NS;

	seq_printf(s, "%llu.%02llu %llu.%02llu\n", up / 100, up % 100, idle / 100, idle % 100);
	return 0;
}

static int loadavg_show(struct seq *s, const struct proc_node *node)
{
	u32 load[3];
	int i;

	sched_loadavg(load);
	for (i = 0; i < 3; i++) {
		u32 v = load[i] + 10; /* rounded, 11 bits of fraction */

		seq_printf(s, "%u.%02u ", v >> 11, (v & 2047) * 100 >> 11);
	}
	seq_printf(s, "%u/%u %d\n", sched_nr_running(), process_task_count(),
		   pid_table_last(&pid_table_root));
	return 0;
}

static void cpu_times(struct seq *s, const struct sched_cpu_stats *t)
{
	seq_printf(s, " %llu %llu %llu %llu %llu %llu 0 0 0 0\n", t->user_ns / TICK_NS,
		   t->nice_ns / TICK_NS, t->system_ns / TICK_NS, t->idle_ns / TICK_NS,
		   t->iowait_ns / TICK_NS, t->irq_ns / TICK_NS);
}

struct irq_sum {
	struct seq *seq;
	u64 total;
	u64 lines[256];
	unsigned max;
};

static void irq_add(unsigned gsi, const char *kind, const u64 *per_cpu, void *arg)
{
	struct irq_sum *sum = arg;
	unsigned cpu;
	u64 n = 0;

	for_each_online_cpu(cpu)
		n += per_cpu[cpu];
	sum->total += n;
	if (gsi < ARRAY_SIZE(sum->lines)) {
		sum->lines[gsi] += n;
		sum->max = max(sum->max, gsi + 1);
	}
}

static int intr_line(struct seq *s)
{
	struct irq_sum *sum = kzalloc(sizeof(*sum));
	unsigned i;

	if (!sum)
		return -ENOMEM;
	irq_for_each(irq_add, sum);
	seq_printf(s, "intr %llu", sum->total);
	for (i = 0; i < sum->max; i++)
		seq_u64(s, ' ', sum->lines[i]);
	seq_putc(s, '\n');
	kfree(sum);
	return 0;
}

static int stat_show(struct seq *s, const struct proc_node *node)
{
	struct sched_cpu_stats sum = { 0 }, t;
	unsigned cpu;
	int err;

	for_each_online_cpu(cpu) {
		sched_cpu_stats(cpu, &t);
		sum.user_ns += t.user_ns;
		sum.nice_ns += t.nice_ns;
		sum.system_ns += t.system_ns;
		sum.idle_ns += t.idle_ns;
		sum.iowait_ns += t.iowait_ns;
		sum.irq_ns += t.irq_ns;
	}
	seq_puts(s, "cpu ");
	cpu_times(s, &sum);
	for_each_online_cpu(cpu) {
		sched_cpu_stats(cpu, &t);
		seq_printf(s, "cpu%u", cpu);
		cpu_times(s, &t);
	}
	err = intr_line(s);
	if (err)
		return err;
	seq_printf(s,
		   "ctxt %llu\nbtime %lld\nprocesses %d\nprocs_running %u\n"
		   "procs_blocked %u\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n",
		   sched_switch_count(),
		   (long long)((clock_realtime_ns() - clock_boottime_ns()) / NSEC_PER_SEC),
		   pid_table_last(&pid_table_root), sched_nr_running(), sched_nr_uninterruptible());
	return 0;
}

/* The interrupts that a CPU gives itself or another. */
static const char *local_name(const char *kind)
{
	if (str_eq(kind, "NMI"))
		return "Non-maskable interrupts";
	if (str_eq(kind, "LOC"))
		return "Local timer interrupts";
	if (str_eq(kind, "RES"))
		return "Rescheduling interrupts";
	if (str_eq(kind, "CAL"))
		return "Function call interrupts";
	return "";
}

static void irq_line(unsigned gsi, const char *kind, const u64 *per_cpu, void *arg)
{
	struct seq *s = arg;
	unsigned cpu;

	if (gsi == ~0u)
		seq_printf(s, "%3s: ", kind);
	else
		seq_printf(s, "%3u: ", gsi);
	for_each_online_cpu(cpu)
		seq_printf(s, "%10llu ", per_cpu[cpu]);
	seq_printf(s, "  %s\n", gsi == ~0u ? local_name(kind) : kind);
}

static int interrupts_show(struct seq *s, const struct proc_node *node)
{
	unsigned cpu;

	seq_puts(s, "    ");
	for_each_online_cpu(cpu)
		seq_printf(s, "       CPU%-1u", cpu);
	seq_putc(s, '\n');
	irq_for_each(irq_line, s);
	return 0;
}

/* ---- memory ---- */

static void kb(struct seq *s, const char *name, u64 pages)
{
	seq_printf(s, "%-16s%8llu kB\n", name, pages << (PAGE_SHIFT - 10));
}

static int meminfo_show(struct seq *s, const struct proc_node *node)
{
	struct page_cache_stat cache;
	struct page_stats m;
	u64 file, available;

	page_stats(&m);
	page_cache_stat(&cache);
	cache.shmem = min(cache.shmem, cache.cached);
	file = cache.cached > cache.shmem ? cache.cached - cache.shmem : 0;
	available = m.free + file / 2 + m.slab_reclaimable / 2;
	kb(s, "MemTotal:", m.total);
	kb(s, "MemFree:", m.free);
	kb(s, "MemAvailable:", min(available, m.total));
	kb(s, "Buffers:", 0);
	kb(s, "Cached:", cache.cached);
	kb(s, "SwapCached:", 0);
	kb(s, "Active:", m.anon + file);
	kb(s, "Inactive:", cache.shmem);
	kb(s, "Active(anon):", m.anon);
	kb(s, "Inactive(anon):", cache.shmem);
	kb(s, "Active(file):", file);
	kb(s, "Inactive(file):", 0);
	kb(s, "Unevictable:", m.mlocked);
	kb(s, "Mlocked:", m.mlocked);
	kb(s, "SwapTotal:", 0);
	kb(s, "SwapFree:", 0);
	kb(s, "Dirty:", cache.dirty);
	kb(s, "Writeback:", m.writeback);
	kb(s, "AnonPages:", m.anon);
	kb(s, "Mapped:", m.mapped);
	kb(s, "Shmem:", cache.shmem);
	kb(s, "KReclaimable:", m.slab_reclaimable);
	kb(s, "Slab:", m.slab);
	kb(s, "SReclaimable:", m.slab_reclaimable);
	kb(s, "SUnreclaim:", m.slab - min(m.slab, m.slab_reclaimable));
	kb(s, "KernelStack:", m.kstack);
	kb(s, "PageTables:", m.page_tables);
	kb(s, "SecPageTables:", 0);
	kb(s, "NFS_Unstable:", 0);
	kb(s, "Bounce:", 0);
	kb(s, "WritebackTmp:", 0);
	kb(s, "CommitLimit:", vm_commit_limit_pages());
	kb(s, "Committed_AS:", vm_committed_pages());
	seq_puts(s, "VmallocTotal:   34359738367 kB\n");
	kb(s, "VmallocUsed:", m.vmalloc);
	kb(s, "VmallocChunk:", 0);
	kb(s, "Percpu:", 0);
	seq_puts(s, "HugePages_Total:       0\nHugePages_Free:        0\n"
		    "HugePages_Rsvd:        0\nHugePages_Surp:        0\n"
		    "Hugepagesize:       2048 kB\nHugetlb:               0 kB\n");
	return 0;
}

/* What vmstat(8) wants, and what is counted here. */
static int vmstat_show(struct seq *s, const struct proc_node *node)
{
	struct page_cache_stat cache;
	struct page_stats m;

	page_stats(&m);
	page_cache_stat(&cache);
	seq_printf(s,
		   "nr_free_pages %llu\nnr_anon_pages %llu\nnr_mapped %llu\n"
		   "nr_file_pages %llu\nnr_dirty %llu\nnr_writeback %llu\nnr_shmem %llu\n"
		   "nr_slab_reclaimable %llu\nnr_slab_unreclaimable %llu\n"
		   "nr_page_table_pages %llu\nnr_kernel_stack %llu\n",
		   m.free, m.anon, m.mapped, cache.cached, cache.dirty, m.writeback, cache.shmem,
		   m.slab_reclaimable, m.slab - min(m.slab, m.slab_reclaimable), m.page_tables,
		   m.kstack << (PAGE_SHIFT - 10));
	seq_puts(s, "pgpgin 0\npgpgout 0\npswpin 0\npswpout 0\n");
	return 0;
}

static void slab_line(const struct slab_info *i, void *arg)
{
	seq_printf(arg,
		   "%-17s %6llu %6llu %6u %4u %4u : tunables %4u %4u %4u : "
		   "slabdata %6llu %6llu %6u\n",
		   i->name, i->objects, i->total, i->size, i->per_slab, i->pages_per_slab, 0, 0, 0,
		   i->slabs, i->slabs, 0);
}

static int slabinfo_show(struct seq *s, const struct proc_node *node)
{
	seq_puts(s, "slabinfo - version: 2.1\n# name            <active_objs> <num_objs> "
		    "<objsize> <objperslab> <pagesperslab> : tunables <limit> <batchcount> "
		    "<sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>\n");
	slab_for_each(slab_line, s);
	return 0;
}

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

/* Lists of which there is nothing. */
static int empty_show(struct seq *s, const struct proc_node *node)
{
	return 0;
}

/* ---- kmsg: each record once, as klogd reads them ---- */

static u64 kmsg_next; /* [a] the record to hand out next; shared by all readers */

static long kmsg_read(struct file *file, struct uio *dst, u64 *pos)
{
	char *line = kmalloc(LOG_LINE_MAX + 64);
	long done = 0, err = 0;
	u64 at, next;
	int n;

	if (!line)
		return -ENOMEM;
	while (!err && dst->len > 0) {
		at = next = READ_ONCE(kmsg_next);
		n = log_read_syslog(&next, line, LOG_LINE_MAX + 64, true);
		if (n == -EAGAIN) {
			if (done || (file->flags & O_NONBLOCK))
				break;
			/* Nothing wakes us: the log may be written anywhere. */
			err = thread_sleep_until(clock_monotonic_ns() + 50 * NSEC_PER_MSEC,
						 SLEEP_INTERRUPTIBLE);
			continue;
		}
		if (n < 0 || (size_t)n > dst->len) {
			err = n < 0 ? n : done ? 0 : -EINVAL;
			break;
		}
		if (cmpxchg(&kmsg_next, at, next) != at)
			continue; /* another reader has it */
		err = copy_to_uio(dst, line, n);
		done += err ? 0 : n;
	}
	kfree(line);
	return done ? done : err ? err : -EAGAIN;
}

static u32 kmsg_poll(struct file *file, struct poll_table *pt)
{
	return READ_ONCE(kmsg_next) < log_seq_next() ? EPOLLIN | EPOLLRDNORM : 0;
}

static const struct file_ops kmsg_ops = {
	.read = kmsg_read,
	.poll = kmsg_poll,
	.name = "kmsg",
};

/* ---- the table ---- */

#define TEXT_LINK(n, f)	  { .name = n, .mode = S_IFLNK | 0777, .readlink = f }
#define SUBSET_LINK(n, f) { .name = n, .mode = S_IFLNK | 0777, .readlink = f, .flags = PROC_SUBSET }

static const struct proc_entry root_children[] = {
	SUBSET_LINK("self", self_readlink),
	SUBSET_LINK("thread-self", thread_self_readlink),
	TEXT_LINK("mounts", mounts_readlink),
	PROC_FILE("cmdline", 0444, cmdline_show),
	PROC_ITER("cpuinfo", 0444, cpuinfo_next),
	PROC_FILE("devices", 0444, devices_show),
	PROC_FILE("diskstats", 0444, empty_show),
	PROC_FILE("filesystems", 0444, filesystems_show),
	PROC_FILE("interrupts", 0444, interrupts_show),
	{ .name = "kmsg", .mode = S_IFREG | 0400, .ops = &kmsg_ops },
	PROC_DIR("linnet", 0555, proc_linnet_children),
	PROC_FILE("loadavg", 0444, loadavg_show),
	PROC_FILE("meminfo", 0444, meminfo_show),
	PROC_FILE("misc", 0444, empty_show),
	PROC_FILE("partitions", 0444, partitions_show),
	PROC_FILE("slabinfo", 0400, slabinfo_show),
	PROC_FILE("stat", 0444, stat_show),
	PROC_FILE("swaps", 0444, swaps_show),
	SYS_DIR("sys", 0555, proc_sys_children),
	{ .name = "sysrq-trigger", .mode = S_IFREG | 0200, .write = proc_sysrq_write },
	PROC_FILE("uptime", 0444, uptime_show),
	PROC_FILE("version", 0444, version_show),
	PROC_FILE("vmstat", 0444, vmstat_show),
	{ 0 },
};

const struct proc_entry proc_root = {
	.mode = S_IFDIR | 0555,
	.children = root_children,
	.dir = &root_dir,
};
