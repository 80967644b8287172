/*
 * pid_text.c - /proc/PID/stat, statm, status, limits: proc(5).
 *
 * Read by the same code for a process and for one thread of it: a process's
 * stat shows the sums of its threads, a thread's its own.
 */
#include "arch/api/cpuinfo.h"
#include "core/cred.h"
#include "core/percpu.h"
#include "core/rlimit.h"
#include "fs/fdtable.h"
#include "fs/fs_context.h"
#include "fs/procfs/procfs_internal.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "proc/process.h"
#include "proc/session.h"
#include "tty/job.h"
#include "vm/mmap.h"
#include "vm/space.h"

#define TICK_NS	      (NSEC_PER_SEC / 100) /* USER_HZ */
#define PF_RANDOMIZE  0x00400000
#define PF_FORKNOEXEC 0x00000040
#define PF_EXITING    0x00000004

static u64 ticks(u64 ns)
{
	return ns / TICK_NS;
}

static int parent_number(struct process *p)
{
	int nr;

	spin_lock(&process_tree_lock);
	nr = p->parent && p->pid->nr != 1 ? p->parent->pid->nr : 0;
	spin_unlock(&process_tree_lock);
	return nr;
}

static char state_of(struct process *p, struct task *task, bool one)
{
	return one ? task_state_letter(task) : process_state_letter(p);
}

static int priority(const struct thread *thread)
{
	return thread->rt_priority ? -1 - thread->rt_priority : 20 + thread->nice;
}

/* Addresses are only for who may trace the process. */
static void stat_addresses(struct seq *s, const struct vm_space *space, bool permitted)
{
	if (!space) {
		seq_puts(s, " 0 0 0 0 0");
	} else {
		seq_u64(s, ' ', permitted ? space->code_start : 1);
		seq_u64(s, ' ', permitted ? space->code_end : 1);
		seq_u64(s, ' ', permitted ? space->stack_start : 0);
		seq_puts(s, " 0 0"); /* sp, ip: only of exiting ones on Linux */
	}
}

static void stat_data_addresses(struct seq *s, const struct vm_space *space, bool permitted)
{
	if (!space || !permitted) {
		seq_puts(s, " 0 0 0 0 0 0 0");
		return;
	}
	seq_u64(s, ' ', space->data_start);
	seq_u64(s, ' ', space->data_end);
	seq_u64(s, ' ', space->brk_start);
	seq_u64(s, ' ', space->arg_start);
	seq_u64(s, ' ', space->arg_end);
	seq_u64(s, ' ', space->env_start);
	seq_u64(s, ' ', space->env_end);
}

/* A straight story of 52 numbers, in the order of proc(5). */
int proc_pid_stat(struct seq *s, const struct proc_node *node)
{
	struct process_usage usage;
	struct signal_sets sets;
	struct vm_space *space;
	struct vm_stat vm = { 0 };
	struct process *p;
	struct task *task;
	bool permitted;
	u32 tty, flags = PF_RANDOMIZE;
	int tpgid, err;

	err = proc_resolve(node, &p, &task);
	if (err)
		return err;
	permitted = !process_access_check(p, false);
	space = process_space_get(p);
	if (space)
		vm_space_stat(space, &vm);
	else
		flags |= PF_EXITING;
	if (!p->has_execed)
		flags |= PF_FORKNOEXEC;
	job_stat(p, &tty, &tpgid);
	signal_sets_read(task, &sets);
	if (node->is_task)
		task_usage(task, &usage);
	else
		process_usage_sum(p, &usage);

	seq_u64(s, 0, node->is_task ? task->tid->nr : process_number(p));
	seq_printf(s, " (%s) %c", task_comm(task), state_of(p, task, node->is_task));
	seq_s64(s, ' ', parent_number(p));
	seq_s64(s, ' ', process_group_number(p));
	seq_s64(s, ' ', process_session_number(p));
	seq_s64(s, ' ', (s32)tty);
	seq_s64(s, ' ', tpgid);
	seq_u64(s, ' ', flags);
	seq_u64(s, ' ', usage.minor_faults);
	seq_u64(s, ' ', p->children_usage.minor_faults);
	seq_u64(s, ' ', usage.major_faults);
	seq_u64(s, ' ', p->children_usage.major_faults);
	seq_u64(s, ' ', ticks(usage.user_ns));
	seq_u64(s, ' ', ticks(usage.system_ns));
	seq_u64(s, ' ', ticks(p->children_usage.user_ns));
	seq_u64(s, ' ', ticks(p->children_usage.system_ns));
	seq_s64(s, ' ', priority(&task->thread));
	seq_s64(s, ' ', task->thread.nice);
	seq_u64(s, ' ', p->ntasks);
	seq_u64(s, ' ', 0);
	seq_u64(s, ' ',
		ticks(node->is_task ? task->thread.start_boottime_ns : (u64)p->start_boottime));
	seq_u64(s, ' ', vm.size << PAGE_SHIFT);
	seq_u64(s, ' ', vm.rss);
	seq_u64(s, ' ', rlimit_cur(p->limits, RLIMIT_RSS));
	stat_addresses(s, space, permitted);
	seq_u64(s, ' ', sets.pending & 0x7fffffff);
	seq_u64(s, ' ', sets.blocked & 0x7fffffff);
	seq_u64(s, ' ', sets.ignored & 0x7fffffff);
	seq_u64(s, ' ', sets.caught & 0x7fffffff);
	seq_puts(s, " 0 0 0");
	seq_s64(s, ' ', p->exit_signal);
	seq_u64(s, ' ', task->thread.cpu);
	seq_u64(s, ' ', task->thread.own_rt_priority);
	seq_u64(s, ' ', task->thread.policy);
	seq_puts(s, " 0 0 0");
	stat_data_addresses(s, space, permitted);
	seq_s64(s, ' ', permitted && p->state != PROCESS_ALIVE ? p->exit_status : 0);
	seq_putc(s, '\n');

	if (space)
		vm_space_put(space);
	proc_release(p, task);
	return 0;
}

int proc_pid_statm(struct seq *s, const struct proc_node *node)
{
	struct process *p = proc_process(node);
	struct vm_stat vm = { 0 };
	struct vm_space *space;

	if (!p)
		return -ESRCH;
	space = process_space_get(p);
	if (space) {
		vm_space_stat(space, &vm);
		vm_space_put(space);
	}
	seq_printf(s, "%llu %llu %llu %llu 0 %llu 0\n", vm.size, vm.rss, vm.file + vm.shmem,
		   vm.text, vm.data + vm.stack);
	process_put(p);
	return 0;
}

/* ---- status ---- */

/* Credentials change under process.lock: so the old ones stay until it is free. */
static const struct cred *task_cred_get(struct process *p, struct task *task)
{
	unsigned long flags = spin_lock_irqsave(&p->lock);
	const struct cred *cred = cred_get(task->caller.cred);

	spin_unlock_irqrestore(&p->lock, flags);
	return cred;
}

static const char *state_name(char letter)
{
	switch (letter) {
	case 'R':
		return "R (running)";
	case 'S':
		return "S (sleeping)";
	case 'D':
		return "D (disk sleep)";
	case 'T':
		return "T (stopped)";
	case 't':
		return "t (tracing stop)";
	case 'Z':
		return "Z (zombie)";
	}
	return "X (dead)";
}

static void status_ids(struct seq *s, struct process *p, struct task *task)
{
	const struct cred *cred = task_cred_get(p, task);
	struct fdtable *fds = task_fds_visit(task);
	unsigned i;

	seq_printf(s, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", cred->uid, cred->euid,
		   cred->suid, cred->fsuid, cred->gid, cred->egid, cred->sgid, cred->fsgid);
	seq_printf(s, "FDSize:\t%u\nGroups:\t", fds ? READ_ONCE(fds->array)->size : 0);
	for (i = 0; cred->groups && i < cred->groups->count; i++)
		seq_u64(s, i ? ' ' : 0, cred->groups->gid[i]);
	seq_puts(s, " \n");
	if (fds)
		fdtable_leave(fds);
	cred_put(cred);
}

static void line_kb(struct seq *s, const char *name, u64 pages)
{
	seq_printf(s, "%s:\t%8llu kB\n", name, pages << (PAGE_SHIFT - 10));
}

static void status_memory(struct seq *s, struct vm_space *space)
{
	struct vm_stat vm;

	vm_space_stat(space, &vm);
	line_kb(s, "VmPeak", vm.peak);
	line_kb(s, "VmSize", vm.size);
	line_kb(s, "VmLck", vm.locked);
	line_kb(s, "VmPin", 0);
	line_kb(s, "VmHWM", vm.peak_rss);
	line_kb(s, "VmRSS", vm.rss);
	line_kb(s, "RssAnon", vm.anon);
	line_kb(s, "RssFile", vm.file);
	line_kb(s, "RssShmem", vm.shmem);
	line_kb(s, "VmData", vm.data);
	line_kb(s, "VmStk", vm.stack);
	line_kb(s, "VmExe", vm.text);
	line_kb(s, "VmLib", vm.lib);
	line_kb(s, "VmPTE", vm.page_tables);
	line_kb(s, "VmSwap", 0);
	seq_puts(s, "HugetlbPages:\t       0 kB\nCoreDumping:\t0\nTHP_enabled:\t0\n");
}

static void status_signals(struct seq *s, struct process *p, struct task *task)
{
	struct signal_sets sets;

	signal_sets_read(task, &sets);
	seq_printf(s, "Threads:\t%u\nSigQ:\t%u/%llu\n", p->ntasks, sets.queued, sets.queue_limit);
	seq_printf(s,
		   "SigPnd:\t%016llx\nShdPnd:\t%016llx\nSigBlk:\t%016llx\n"
		   "SigIgn:\t%016llx\nSigCgt:\t%016llx\n",
		   sets.pending, sets.shared_pending, sets.blocked, sets.ignored, sets.caught);
}

static void status_capabilities(struct seq *s, struct process *p, struct task *task)
{
	const struct cred *cred = task_cred_get(p, task);

	seq_printf(s,
		   "CapInh:\t%016llx\nCapPrm:\t%016llx\nCapEff:\t%016llx\n"
		   "CapBnd:\t%016llx\nCapAmb:\t%016llx\nNoNewPrivs:\t%d\n",
		   cred->inheritable, cred->permitted, cred->effective, cred->bounding,
		   cred->ambient, cred->no_new_privs);
	seq_printf(s,
		   "Seccomp:\t0\nSeccomp_filters:\t0\n"
		   "Speculation_Store_Bypass:\t%s\nSpeculationIndirectBranch:\talways enabled\n",
		   arch_store_bypass_safe() ? "not vulnerable" : "vulnerable");
	cred_put(cred);
}

static void status_cpus(struct seq *s, struct task *task)
{
	u64 mask = cpumask_bits(&task->thread.affinity);

	seq_puts(s, "Cpus_allowed:\t");
	seq_cpu_mask(s, mask);
	seq_puts(s, "\nCpus_allowed_list:\t");
	seq_cpu_list(s, mask);
	seq_puts(s, "\nMems_allowed:\t1\nMems_allowed_list:\t0\n");
}

int proc_pid_status(struct seq *s, const struct proc_node *node)
{
	struct process_usage usage;
	struct vm_space *space;
	struct fs_context *fs;
	struct process *p;
	struct task *task;
	int tid, err;

	err = proc_resolve(node, &p, &task);
	if (err)
		return err;
	tid = node->is_task ? task->tid->nr : process_number(p);
	seq_puts(s, "Name:\t");
	seq_escape(s, task_comm(task), "\n\\");
	fs = task_fs_get(task);
	if (fs) {
		seq_printf(s, "\nUmask:\t%#04o", READ_ONCE(fs->umask));
		fs_context_put(fs);
	}
	seq_printf(s, "\nState:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n",
		   state_name(state_of(p, task, node->is_task)), process_number(p), tid,
		   parent_number(p));
	status_ids(s, p, task);
	seq_printf(s, "NStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\n", process_number(p), tid,
		   process_group_number(p), process_session_number(p));
	space = process_space_get(p);
	if (space) {
		status_memory(s, space);
		vm_space_put(space);
	}
	status_signals(s, p, task);
	status_capabilities(s, p, task);
	status_cpus(s, task);
	task_usage(task, &usage);
	seq_printf(s, "voluntary_ctxt_switches:\t%llu\nnonvoluntary_ctxt_switches:\t%llu\n",
		   usage.voluntary_switches, usage.involuntary_switches);
	proc_release(p, task);
	return 0;
}

/* ---- limits ---- */

static void limit_value(struct seq *s, u64 value)
{
	if (value == RLIM64_INFINITY)
		seq_printf(s, "%-20s ", "unlimited");
	else
		seq_printf(s, "%-20llu ", value);
}

int proc_pid_limits(struct seq *s, const struct proc_node *node)
{
	static const struct {
		const char *name, *unit;
	} rows[RLIM_NLIMITS] = {
		[RLIMIT_CPU] = { "Max cpu time", "seconds" },
		[RLIMIT_FSIZE] = { "Max file size", "bytes" },
		[RLIMIT_DATA] = { "Max data size", "bytes" },
		[RLIMIT_STACK] = { "Max stack size", "bytes" },
		[RLIMIT_CORE] = { "Max core file size", "bytes" },
		[RLIMIT_RSS] = { "Max resident set", "bytes" },
		[RLIMIT_NPROC] = { "Max processes", "processes" },
		[RLIMIT_NOFILE] = { "Max open files", "files" },
		[RLIMIT_MEMLOCK] = { "Max locked memory", "bytes" },
		[RLIMIT_AS] = { "Max address space", "bytes" },
		[RLIMIT_LOCKS] = { "Max file locks", "locks" },
		[RLIMIT_SIGPENDING] = { "Max pending signals", "signals" },
		[RLIMIT_MSGQUEUE] = { "Max msgqueue size", "bytes" },
		[RLIMIT_NICE] = { "Max nice priority", NULL },
		[RLIMIT_RTPRIO] = { "Max realtime priority", NULL },
		[RLIMIT_RTTIME] = { "Max realtime timeout", "us" },
	};
	struct process *p = proc_process(node);
	struct rlimit64 limit;
	unsigned i;

	if (!p)
		return -ESRCH;
	seq_printf(s, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
	for (i = 0; i < RLIM_NLIMITS; i++) {
		rlimit_read(p->limits, i, &limit);
		seq_printf(s, "%-25s ", rows[i].name);
		limit_value(s, limit.rlim_cur);
		limit_value(s, limit.rlim_max);
		if (rows[i].unit)
			seq_printf(s, "%-10s", rows[i].unit);
		seq_putc(s, '\n');
	}
	process_put(p);
	return 0;
}
