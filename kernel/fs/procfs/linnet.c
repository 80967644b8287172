/*
 * linnet.c - /proc/linnet: what Linux does not have.
 *
 *	locks		debug builds: read counts and times of locks; write anything to begin anew
 *	crash		write what the kernel is to do wrong: crash.c
 *	trace		write what trace= on the command line takes, or "off"
 *	syscalls	write "on" (begins at 0), "off"; read counts and latencies of system calls
 *	profile		write "start [HZ]", "stop"; read folded stacks, a sample a line
 */
#include "fs/procfs/procfs_internal.h"
#include "core/lockrank.h"
#include "lib/errno.h"
#include "lib/parse.h"
#include "lib/string.h"
#include "sched/profile.h"
#include "syscall/stats.h"
#include "syscall/trace.h"

static void cut_trailing_space(char *text, size_t len)
{
	while (len > 0 && char_is_space(text[len - 1]))
		text[--len] = 0;
}

/* ---- trace ---- */

static int trace_show(struct seq *s, const struct proc_node *node)
{
	seq_puts(s, trace_active & TRACE_CALLS ? "on\n" : "off\n");
	return 0;
}

static int trace_write(const struct proc_node *node, char *text, size_t len)
{
	cut_trailing_space(text, len);
	return trace_set(str_eq(text, "off") || str_eq(text, "0") ? NULL : text);
}

/* ---- syscalls ---- */

static int syscalls_next(struct seq *s, const struct proc_node *node, u64 *cookie)
{
	struct syscall_stat stat;
	const char *name;

	if (*cookie == 0)
		seq_puts(s,
			 "# name count errors total_ns max_ns latency in ns, up to 2^n: calls\n");
	for (unsigned nr = *cookie; nr < syscall_stat_count(); nr++) {
		*cookie = nr + 1;
		name = syscall_stat_read(nr, &stat);
		if (!name)
			continue;
		seq_printf(s, "%s %llu %llu %llu %llu", name, stat.count, stat.errors,
			   stat.total_ns, stat.max_ns);
		for (unsigned i = 0; i < SYSCALL_STAT_BUCKETS; i++)
			if (stat.buckets[i])
				seq_printf(s, " 2^%u:%llu", i + SYSCALL_STAT_FIRST,
					   stat.buckets[i]);
		seq_putc(s, '\n');
		return 1;
	}
	return 0;
}

static int syscalls_write(const struct proc_node *node, char *text, size_t len)
{
	cut_trailing_space(text, len);
	if (str_eq(text, "on"))
		return syscall_stats_start();
	if (!str_eq(text, "off"))
		return -EINVAL;
	syscall_stats_stop();
	return 0;
}

/* ---- locks ---- */

static int locks_next(struct seq *s, const struct proc_node *node, u64 *cookie)
{
	struct lock_stat stat;

	if (*cookie == 0)
		seq_puts(s, "# rank name taken contended wait_total_ns wait_max_ns"
			    " hold_total_ns hold_max_ns\n");
	for (u64 rank = *cookie; rank <= LOCK_LEAF; rank++) {
		const char *name = lock_stat_read((u8)rank, &stat);

		*cookie = rank + 1;
		if (!name)
			continue;
		seq_printf(s, "%llu %s %llu %llu %llu %llu %llu %llu\n", rank, name, stat.taken,
			   stat.contended, stat.wait_total_ns, stat.wait_max_ns, stat.hold_total_ns,
			   stat.hold_max_ns);
		return 1;
	}
	return 0;
}

static int locks_write(const struct proc_node *node, char *text, size_t len)
{
	lock_stat_reset();
	return 0;
}

/* ---- profile ---- */

static int profile_next(struct seq *s, const struct proc_node *node, u64 *cookie)
{
	char line[512];
	size_t len = profile_line(*cookie, line, sizeof(line));

	if (!len)
		return profile_running() ? -EBUSY : 0;
	seq_write(s, line, len);
	seq_putc(s, '\n');
	++*cookie;
	return 1;
}

static int profile_write(const struct proc_node *node, char *text, size_t len)
{
	u64 hz = 1000;

	cut_trailing_space(text, len);
	if (str_eq(text, "stop")) {
		profile_stop();
		return 0;
	}
	if (str_starts(text, "start ") && (parse_u64(text + 6, 10, &hz) || hz > PROFILE_HZ_MAX))
		return -EINVAL;
	if (!str_starts(text, "start ") && !str_eq(text, "start"))
		return -EINVAL;
	return profile_start((unsigned)hz);
}

const struct proc_entry proc_linnet_children[] = {
	{ .name = "crash", .mode = S_IFREG | 0200, .write = proc_crash_write },
	{ .name = "profile", .mode = S_IFREG | 0600, .next = profile_next, .write = profile_write },
	{ .name = "syscalls",
	  .mode = S_IFREG | 0600,
	  .next = syscalls_next,
	  .write = syscalls_write },
	{ .name = "trace", .mode = S_IFREG | 0600, .show = trace_show, .write = trace_write },
	/* In a release build the end of the table. */
	{ .name = CONFIG_DEBUG ? "locks" : NULL,
	  .mode = S_IFREG | 0600,
	  .next = CONFIG_DEBUG ? locks_next : NULL,
	  .write = CONFIG_DEBUG ? locks_write : NULL },
	{ 0 },
};
