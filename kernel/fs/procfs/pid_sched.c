/*
 * pid_sched.c - /proc/PID/sched, syscall, timers, timerslack_ns: what a thread waits
 * for and how it was scheduled.
 *
 * sched has Linux's lines for what Linnet's scheduler keeps.  proc(5), sched(7)
 */
#include "arch/api/thread.h"
#include "core/cred.h"
#include "fs/procfs/procfs_internal.h"
#include "lib/errno.h"
#include "lib/parse.h"
#include "proc/posix_timer.h"
#include "proc/process.h"

static void line_ns(struct seq *s, const char *name, u64 ns)
{
	seq_printf(s, "%-45s:%14llu.%06llu\n", name, ns / NSEC_PER_MSEC, ns % NSEC_PER_MSEC);
}

static void line_number(struct seq *s, const char *name, u64 number)
{
	seq_printf(s, "%-45s:%21llu\n", name, number);
}

int proc_pid_sched_show(struct seq *s, const struct proc_node *node)
{
	const struct thread *t;
	struct process *p;
	struct task *task;
	u64 run_ns;
	int err = proc_resolve(node, &p, &task);

	if (err)
		return err;
	t = &task->thread;
	run_ns = thread_runtime_ns(&task->thread);
	seq_printf(s, "%s (%d, #threads: %u)\n", task_comm(task), task_number(task), p->ntasks);
	seq_puts(s, "-------------------------------------------------------------------\n");
	line_ns(s, "se.exec_start", READ_ONCE(t->se.exec_start_ns));
	line_ns(s, "se.vruntime", READ_ONCE(t->se.vruntime));
	line_ns(s, "se.sum_exec_runtime", run_ns);
	line_number(s, "nr_switches", READ_ONCE(t->nvcsw) + READ_ONCE(t->nivcsw));
	line_number(s, "nr_voluntary_switches", READ_ONCE(t->nvcsw));
	line_number(s, "nr_involuntary_switches", READ_ONCE(t->nivcsw));
	line_number(s, "se.load.weight", (u64)t->se.weight << 10);
	line_number(s, "policy", t->own_policy);
	line_number(s, "prio", t->rt_priority ? 99 - t->rt_priority : 120 + t->nice);
	proc_release(p, task);
	return 0;
}

/* Number, arguments, stack and instruction pointer; -1: in the kernel, but in no call. */
static void show_call(struct seq *s, const struct user_regs *regs)
{
	long nr = regs_syscall_nr(regs);

	seq_printf(s, "%ld", nr);
	for (unsigned i = 0; nr != -1 && i < 6; i++)
		seq_printf(s, " 0x%llx", regs_arg(regs, i));
	seq_printf(s, " 0x%llx 0x%llx\n", regs_sp(regs), regs_ip(regs));
}

int proc_pid_syscall_show(struct seq *s, const struct proc_node *node)
{
	struct user_regs regs;
	struct process *p;
	struct task *task;
	int err = proc_resolve(node, &p, &task);

	if (err)
		return err;
	if (task == current_task())
		show_call(s, arch_thread_regs(&task->thread.arch));
	else if (READ_ONCE(task->dead))
		seq_puts(s, "-1 0x0 0x0\n");
	else if (thread_peek_regs(&task->thread, &regs))
		show_call(s, &regs);
	else
		seq_puts(s, "running\n");
	proc_release(p, task);
	return 0;
}

int proc_pid_timers(struct seq *s, const struct proc_node *node, u64 *cookie)
{
	struct process *p = proc_process(node);
	int ret;

	if (!p)
		return -ESRCH;
	ret = posix_timer_show_next(p, s, cookie);
	process_put(p);
	return ret;
}

/* timerslack_ns is open to all: EPERM is said to who reads or writes. */
static int slack_resolve(const struct proc_node *node, struct process **p, struct task **task)
{
	int err = proc_resolve(node, p, task);

	if (!err && *task != current_task() && !cred_capable(current_cred(), CAP_SYS_NICE)) {
		proc_release(*p, *task);
		err = -EPERM;
	}
	return err;
}

int proc_pid_timerslack_show(struct seq *s, const struct proc_node *node)
{
	struct process *p;
	struct task *task;
	int err = slack_resolve(node, &p, &task);

	if (err)
		return err;
	seq_printf(s, "%llu\n", task_timer_slack(task));
	proc_release(p, task);
	return 0;
}

/* 0: the default.  EINVAL, ERANGE: not a number. */
int proc_pid_timerslack_write(const struct proc_node *node, char *text, size_t len)
{
	struct process *p;
	struct task *task;
	u64 ns;
	int err = parse_u64(text, 10, &ns);

	if (!err)
		err = slack_resolve(node, &p, &task);
	if (err)
		return err;
	task_set_timer_slack(task, ns);
	proc_release(p, task);
	return 0;
}
