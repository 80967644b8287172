/*
 * stat.c - /proc/uptime, loadavg, stat, interrupts: where the time goes.
 */
#include "arch/api/irq.h"
#include "core/clock.h"
#include "core/percpu.h"
#include "core/pid.h"
#include "fs/procfs/procfs_internal.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/page.h"
#include "mem/slab.h"
#include "proc/process.h"
#include "sched/sched.h"

#define TICK_NS (NSEC_PER_SEC / 100) /* USER_HZ */

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

int proc_uptime_show(struct seq *s, const struct proc_node *node)
{
	u64 up = clock_boottime_ns() / TICK_NS, idle = idle_ns() / TICK_NS;

	seq_printf(s, "%llu.%02llu %llu.%02llu\n", up / 100, up % 100, idle / 100, idle % 100);
	return 0;
}

int proc_loadavg_show(struct seq *s, const struct proc_node *node)
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

int proc_stat_show(struct seq *s, const struct proc_node *node)
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

int proc_interrupts_show(struct seq *s, const struct proc_node *node)
{
	unsigned cpu;

	seq_puts(s, "    ");
	for_each_online_cpu(cpu)
		seq_printf(s, "       CPU%-1u", cpu);
	seq_putc(s, '\n');
	irq_for_each(irq_line, s);
	return 0;
}
