/*
 * pid_attr.c - the one-line files of /proc/PID: name, OOM score, core filter.
 */
#include "core/cred.h"
#include "fs/procfs/procfs_internal.h"
#include "lib/errno.h"
#include "lib/parse.h"
#include "lib/string.h"
#include "proc/coredump.h"
#include "proc/process.h"
#include "vm/mmap.h"
#include "vm/oom.h"
#include "vm/space.h"

int proc_pid_comm_show(struct seq *s, const struct proc_node *node)
{
	struct process *p;
	struct task *task;
	int err = proc_resolve(node, &p, &task);

	if (err)
		return err;
	seq_printf(s, "%s\n", task_comm(task));
	proc_release(p, task);
	return 0;
}

/* Only a process itself names its threads.  EINVAL: it is another. */
int proc_pid_comm_write(const struct proc_node *node, char *text, size_t len)
{
	struct process *p;
	struct task *task;
	int err = proc_resolve(node, &p, &task);

	if (err)
		return err;
	if (p == current_process()) {
		text[min(len, (size_t)15)] = 0;
		thread_set_name(&task->thread, text);
	} else {
		err = -EINVAL;
	}
	proc_release(p, task);
	return err;
}

int proc_pid_wchan_show(struct seq *s, const struct proc_node *node)
{
	seq_putc(s, '0');
	return 0;
}

int proc_pid_cgroup_show(struct seq *s, const struct proc_node *node)
{
	seq_puts(s, "0::/\n");
	return 0;
}

int proc_pid_personality_show(struct seq *s, const struct proc_node *node)
{
	struct process *p = proc_process(node);

	if (!p)
		return -ESRCH;
	seq_printf(s, "%08x\n", p->personality);
	process_put(p);
	return 0;
}

int proc_pid_oom_score_show(struct seq *s, const struct proc_node *node)
{
	struct process *p = proc_process(node);
	u64 points, total = vm_commit_limit_pages();
	s64 score = 0;

	if (!p)
		return -ESRCH;
	if (process_may_be_oom_victim(p)) {
		points = process_held_bytes(p) / PAGE_SIZE;
		score = 1000 + (total ? (s64)(points * 1000 / total) : 0) + p->oom_score_adj;
	}
	seq_s64(s, 0, max(score, (s64)0) * 2 / 3);
	seq_putc(s, '\n');
	process_put(p);
	return 0;
}

int proc_pid_oom_adj_show(struct seq *s, const struct proc_node *node)
{
	struct process *p = proc_process(node);

	if (!p)
		return -ESRCH;
	seq_printf(s, "%d\n", READ_ONCE(p->oom_score_adj));
	process_put(p);
	return 0;
}

#define ADJ_LEN 12 /* of what is written; blanks around the number do not count */

/* EINVAL: no number, or beyond the bounds.  ERANGE: not even an int.  Else how much was taken. */
static int adj_value(char *text, size_t len, int min, int max, int *out)
{
	s64 value;
	int err;

	len = min(len, (size_t)ADJ_LEN);
	text[len] = 0;
	for (char *end = text + strlen(text); end > text && char_is_space(end[-1]);)
		*--end = 0;
	while (char_is_space(*text))
		text++;
	err = parse_s64(text, 0, &value);
	if (!err && value != (int)value)
		err = -ERANGE;
	if (!err && (value < min || value > max))
		err = -EINVAL;
	*out = (int)value;
	return err ? err : (int)len;
}

/* EACCES: lower than before, without CAP_SYS_RESOURCE. */
static int set_oom_adj(const struct proc_node *node, int value)
{
	struct process *p = proc_process(node);
	int err = 0;

	if (!p)
		return -ESRCH;
	if (value < p->oom_score_adj && !cred_capable(current_cred(), CAP_SYS_RESOURCE))
		err = -EACCES;
	else
		WRITE_ONCE(p->oom_score_adj, value);
	process_put(p);
	return err;
}

int proc_pid_oom_adj_write(const struct proc_node *node, char *text, size_t len)
{
	int value, taken = adj_value(text, len, -1000, 1000, &value), err;

	if (taken < 0)
		return taken;
	err = set_oom_adj(node, value);
	return err ? err : taken;
}

/* oom_adj, the older file: -17 never, 15 first, and 17 steps for 1000 between. */
int proc_pid_old_oom_adj_show(struct seq *s, const struct proc_node *node)
{
	struct process *p = proc_process(node);
	int value;

	if (!p)
		return -ESRCH;
	value = READ_ONCE(p->oom_score_adj);
	seq_printf(s, "%d\n", value == 1000 ? 15 : value * 17 / 1000);
	process_put(p);
	return 0;
}

int proc_pid_old_oom_adj_write(const struct proc_node *node, char *text, size_t len)
{
	int value, taken = adj_value(text, len, -17, 15, &value), err;

	if (taken < 0)
		return taken;
	err = set_oom_adj(node, value == 15 ? 1000 : value * 1000 / 17);
	return err ? err : taken;
}

/* core(5). */
int proc_pid_core_filter_show(struct seq *s, const struct proc_node *node)
{
	struct process *p = proc_process(node);

	if (!p)
		return -ESRCH;
	seq_printf(s, "%08x\n", READ_ONCE(p->core_filter));
	process_put(p);
	return 0;
}

int proc_pid_core_filter_write(const struct proc_node *node, char *text, size_t len)
{
	struct process *p;
	u64 value;
	int err = parse_u64(text, 0, &value);

	if (!err && value > U32_MAX)
		err = -ERANGE;
	if (err)
		return err;
	p = proc_process(node);
	if (!p)
		return -ESRCH;
	WRITE_ONCE(p->core_filter, (u16)(value & CORE_FILTER_MASK));
	process_put(p);
	return 0;
}
