/*
 * task_clone.c - a new task, with what it shares with the one that makes it or has of its own.
 *
 * Credentials, signal mask, descriptors, root and working directory, the registers
 * that it begins with, a number.  Nobody knows it yet: fork.c puts it into the tree.
 * clone(2).
 */
#include <linux/sched.h>
#include "arch/api/thread.h"
#include "core/cred.h"
#include "fs/fdtable.h"
#include "fs/fs_context.h"
#include "mem/user.h"
#include "proc/fork.h"
#include "proc/proc_internal.h"
#include "sched/sched.h"
#include "vm/space.h"

/* The new thread, on its own stack: to user mode, with the registers it was given. */
static void task_first_run(void *arg)
{
	struct task *task = arg;

	if (task->set_child_tid)
		(void)!put_user_s32(task->tid->nr, task->set_child_tid);
	arch_enter_user(arch_thread_regs(&task->thread.arch));
}

/* Descriptors, root, working directory, umask. */
static int copy_files(u64 flags, struct task *self, struct task *task)
{
	if (flags & CLONE_FS) {
		fs_context_get(self->caller.fs);
		task->caller.fs = self->caller.fs;
	} else {
		task->caller.fs = fs_context_fork(self->caller.fs);
		if (!task->caller.fs)
			return -ENOMEM;
	}
	if (flags & CLONE_FILES) {
		fdtable_get(self->fds);
		task->fds = self->fds;
	} else {
		task->fds = fdtable_fork(self->fds);
		if (!task->fds)
			return -ENOMEM;
	}
	return 0;
}

/* What it begins with in user mode: the parent's registers, as far as @req has no others. */
static void set_registers(struct task *task, const struct clone_request *req)
{
	struct user_regs *regs = arch_thread_regs(&task->thread.arch);

	*regs = *req->regs;
	regs_set_return(regs, 0);
	regs_set_syscall_nr(regs, -1);
	if (req->stack)
		regs_set_sp(regs, req->stack);
	if (req->flags & CLONE_SETTLS)
		arch_thread_set_tls(&task->thread.arch, req->tls);
}

int task_clone(const struct clone_request *req, struct process *process, struct task **out)
{
	struct task *self = current_task(), *task = task_alloc(process);
	u64 flags = req->flags;
	int err;

	if (!task)
		return -ENOMEM;
	task->caller.cred = cred_get(self->caller.cred);
	task->sigmask = self->sigmask;
	task->timer_slack_ns = task->default_slack_ns = self->timer_slack_ns;
	task->login_uid = self->login_uid;
	task->session_id = self->session_id;
	task->ioprio = self->ioprio;
	task->io_flusher = self->io_flusher;
	/* A vfork child and a copy keep the alternate stack; a thread has none. */
	if ((flags & (CLONE_VM | CLONE_VFORK)) != CLONE_VM) {
		task->altstack_base = self->altstack_base;
		task->altstack_size = self->altstack_size;
		task->altstack_flags = self->altstack_flags;
	}
	if (flags & CLONE_CHILD_SETTID)
		task->set_child_tid = req->child_tid;
	if (flags & CLONE_CHILD_CLEARTID)
		task->futex.clear_child_tid = req->child_tid;

	err = copy_files(flags, self, task);
	if (err)
		goto out_free;
	err = thread_init_user(&task->thread, &self->thread,
			       process->space ? &process->space->arch : NULL,
			       req->fn ? req->fn : task_first_run, req->fn ? req->arg : task, task,
			       task_release_thread);
	if (err)
		goto out_free;
	err = arch_thread_fork(&task->thread.arch, &self->thread.arch);
	if (err)
		goto out_fini;
	set_registers(task, req);
	atomic_or(&task->thread.work, WORK_FULL_EXIT);
	err = req->choose_number ? pid_alloc_number(&pid_table_root, req->number, &task->tid) :
				   pid_alloc(&pid_table_root, &task->tid);
	if (err)
		goto out_fini;
	task->futex.tid = task->tid->nr;
	if ((flags & CLONE_VM) && process->space)
		vm_space_enter(process->space);
	*out = task;
	return 0;

out_fini:
	thread_fini_unstarted(&task->thread);
out_free:
	task_free_unstarted(task);
	return err;
}

void task_clone_undo(struct task *task, u64 flags)
{
	if ((flags & CLONE_VM) && task->process->space)
		vm_space_leave(task->process->space);
	pid_abandon(task->tid);
	task->tid = NULL;
	thread_fini_unstarted(&task->thread);
	task_free_unstarted(task);
}
