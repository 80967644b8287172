/*
 * process.c - numbers of processes, groups and sessions; pidfds; personality(2), arch_prctl(2).
 */
#include "arch/api/thread.h"
#include "fs/fdtable.h"
#include "proc/pidfd.h"
#include "proc/session.h"
#include "proc/signal/signal_internal.h"
#include "syscall/syscalls.h"

/* --- numbers ----------------------------------------------------------------------- */

long sys_getpid(void)
{
	return current_task()->caller.pid->nr;
}

long sys_gettid(void)
{
	return current_task()->tid->nr;
}

long sys_getppid(void)
{
	struct process *parent;
	long number;

	spin_lock(&process_tree_lock);
	parent = current_process()->parent;
	number = parent ? process_number(parent) : 0;
	spin_unlock(&process_tree_lock);
	return number;
}

long sys_set_tid_address(u32 __user *word)
{
	current_task()->futex.clear_child_tid = word;
	return task_number(current_task());
}

long sys_getpgrp(void)
{
	return process_group_number(current_process());
}

static long group_or_session_of(int pid, int (*number)(struct process *))
{
	struct process *process;
	long ret;

	if (pid == 0)
		return number(current_process());
	process = process_lookup_thread(pid);
	if (!process)
		return -ESRCH;
	ret = number(process);
	process_put(process);
	return ret;
}

long sys_getpgid(int pid)
{
	return group_or_session_of(pid, process_group_number);
}

long sys_getsid(int pid)
{
	return group_or_session_of(pid, process_session_number);
}

long sys_setpgid(int pid, int pgid)
{
	return group_set(pid, pgid);
}

long sys_setsid(void)
{
	return session_new();
}

/* --- pidfd -------------------------------------------------------------------------------------- */

long sys_pidfd_open(int pid, unsigned flags)
{
	return pidfd_open(pid, flags);
}

/* EBADF: either descriptor.  EPERM: ptrace's rule.  ESRCH: it has ended. */
long sys_pidfd_getfd(int pidfd, int fd, unsigned flags)
{
	struct process *process;
	struct fdtable *fds;
	struct task *task;
	struct file *file;
	long err;

	if (flags)
		return -EINVAL;
	err = pidfd_process(pidfd, &process);
	if (err)
		return err;
	err = process_access_check(process, true);
	if (err)
		goto out_put;
	err = -ESRCH;
	task = process_leader_get(process);
	fds = task ? task_fds_visit(task) : NULL;
	if (task)
		task_put(task);
	if (!fds)
		goto out_put;
	file = fdtable_visit_file(fds, fd);
	fdtable_leave(fds);
	err = -EBADF;
	if (!file)
		goto out_put;
	err = fdtable_add(current_fds(), file, true);
	if (err < 0)
		file_put(file);
out_put:
	process_put(process);
	return err;
}

/* --- machine --------------------------------------------------------------- */

long sys_personality(unsigned persona)
{
	struct process *process = current_process();
	u32 old = process->personality;

	if (persona != 0xffffffff)
		process->personality = persona;
	return old;
}

long sys_arch_prctl(int option, u64 arg)
{
	return arch_prctl(&current->arch, option, arg);
}
