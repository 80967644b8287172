/*
 * exit.c - the end of threads and processes.
 *
 *	task_exit		one thread: user-space hooks, then off the lists
 *	  last one? ->		process_leave(): memory, files, timers, terminal
 *				process_become_zombie(): children to a reaper,
 *				orphaned groups, the parent is told
 *	process_release		the parent has waited (or never will): numbers
 *				given back, last references
 *
 * A leader that ends before its other threads stays on the lists, dead, so that
 * the process keeps its number.  Death of all is process_kill_locked(): each
 * thread finds SIGKILL on its way to user mode and comes here by itself.
 * _exit(2), wait(2), prctl(2) PR_SET_CHILD_SUBREAPER, PR_SET_PDEATHSIG.
 */
#include "core/cred.h"
#include "core/hooks.h"
#include "core/panic.h"
#include "core/user.h"
#include "fs/fdtable.h"
#include "fs/fs_context.h"
#include "fs/inode.h"
#include "fs/poll.h"
#include "lib/bitops.h"
#include "proc/coredump.h"
#include "proc/fork.h"
#include "proc/proc_internal.h"
#include "proc/session.h"
#include "proc/signal/signal_internal.h"
#include "sched/sched.h"
#include "vm/space.h"

/* --- what the process owned ------------------------------------------------- */

void task_wake_vfork(struct task *task)
{
	struct process *process = task->process;
	unsigned long flags;

	if (likely(!READ_ONCE(task->vfork_done)))
		return;
	flags = spin_lock_irqsave(&process->lock);
	if (task->vfork_done) {
		complete(task->vfork_done);
		task->vfork_done = NULL;
	}
	spin_unlock_irqrestore(&process->lock, flags);
}

/* The program's file may be written again. */
void process_drop_exe(struct process *process)
{
	unsigned long flags = spin_lock_irqsave(&process->lock);
	struct file *exe = process->exe;

	process->exe = NULL;
	spin_unlock_irqrestore(&process->lock, flags);
	if (!exe)
		return;
	inode_allow_write(exe->inode);
	file_put(exe);
}

/* Descriptors, root, working directory: closes what nobody else has. */
static void task_leave_files(struct task *task)
{
	struct fdtable *fds = task_fds_replace(task, NULL);
	struct fs_context *fs = task_fs_replace(task, NULL);

	if (fds)
		fdtable_put(fds);
	if (fs)
		fs_context_put(fs);
	file_run_deferred();
}

/* The last thread lets go of everything that was shared between them. */
static void process_leave(struct process *process)
{
	struct vm_space *space = process->space;
	unsigned long flags;

	itimers_stop(process);
	posix_timers_stop(process);

	flags = spin_lock_irqsave(&process->lock);
	process->space = NULL;
	if (space) {
		process->usage.max_rss_pages = max(
			process->usage.max_rss_pages,
			max(space->hiwater_rss, vm_space_rss_pages(space)));
	}
	spin_unlock_irqrestore(&process->lock, flags);

	current->space = NULL;
	if (space)
		vm_space_put(space);
	task_wake_vfork(current_task());
	process_drop_exe(process);
	task_leave_files(current_task());
	if (process_is_session_leader(process) && kernel_hooks.session_exit_tty)
		kernel_hooks.session_exit_tty(process->pid);
}

/* --- family -------------------------------------------------------------------- */

/* Who inherits the children: the nearest subreaper, else process 1. */
static struct process *find_reaper(struct process *process)
{
	struct process *ancestor;

	for (ancestor = process->parent; ancestor; ancestor = ancestor->parent)
		if (ancestor->subreaper && ancestor->state == PROCESS_ALIVE && ancestor->nlive > 0)
			return ancestor;
	return process_init;
}

/* Exit signal and wake-up.  True: nobody will wait for it. */
static bool notify_parent_locked(struct process *child) REQUIRES(&process_tree_lock)
{
	struct process *parent = child->parent;
	int sig = child->exit_signal, status = child->exit_status;
	u32 uid = child->leader->caller.cred->uid; /* no thread is left to change it */
	bool autoreap = false;
	siginfo_t info;

	if (sig == SIGCHLD) {
		struct kernel_sigaction action;

		signal_action_read(parent, SIGCHLD, &action);
		if (action.handler == SIG_IGN) {
			autoreap = true;
			sig = 0;
		} else if (action.flags & SA_NOCLDWAIT) {
			autoreap = true;
		}
	}
	if (sig && sig <= SIGNAL_MAX) { /* clone(2) takes any number */
		if (status & 0x7f)
			signal_child_info(child, uid, exit_code_of(status), status & 0x7f, &info);
		else
			signal_child_info(child, uid, CLD_EXITED, status >> 8 & 0xff, &info);
		info.si_signo = sig;
		signal_send_process(parent, &info);
	}
	waitq_wake_all(&parent->child_wait);
	return autoreap;
}

/* A thread of @process that has not ended; @process has one. */
static struct task *living_task(struct process *process)
{
	unsigned long flags = spin_lock_irqsave(&process->lock);
	struct task *task;

	list_for_each_entry(task, &process->tasks, process_link)
		if (!task->dead)
			break;
	spin_unlock_irqrestore(&process->lock, flags);
	return task;
}

/* PR_SET_PDEATHSIG: each thread of @child may have asked. */
static void tell_of_parent_death(struct process *child)
{
	unsigned long flags;
	struct task *task;
	u64 signals = 0;

	if (child->state != PROCESS_ALIVE)
		return;
	flags = spin_lock_irqsave(&child->lock);
	list_for_each_entry(task, &child->tasks, process_link)
		if (unlikely(READ_ONCE(task->parent_death_signal)))
			signals |= SIGNAL_MASK(task->parent_death_signal);
	spin_unlock_irqrestore(&child->lock, flags);
	for (; signals; signals &= signals - 1)
		signal_send_process_by_caller(child, bit_ctz(signals) + 1);
}

/* @self ends and others go on: its children are now those of another thread. */
static void children_to_sibling_locked(struct process *process, struct task *self)
	REQUIRES(&process_tree_lock)
{
	struct process *child;

	list_for_each_entry(child, &process->children, sibling) {
		if (child->parent_task != self)
			continue;
		child->parent_task = living_task(process);
		tell_of_parent_death(child);
	}
}

/* Hands the children over; those to be forgotten at once go on @dead. */
static void reparent_children_locked(struct process *process, struct list_node *dead)
	REQUIRES(&process_tree_lock)
{
	struct process *reaper, *child, *next;
	struct task *reaper_task;

	if (list_empty(&process->children))
		return;
	reaper = find_reaper(process);
	reaper_task = living_task(reaper);
	list_for_each_entry_safe(child, next, &process->children, sibling) {
		tell_of_parent_death(child);
		child->parent = reaper;
		child->parent_task = reaper_task;
		list_move_tail(&reaper->children, &child->sibling);
		child->exit_signal = SIGCHLD;
		if (child->state == PROCESS_ZOMBIE) {
			if (notify_parent_locked(child)) {
				child->state = PROCESS_DEAD;
				list_move_tail(dead, &child->sibling);
			}
			continue;
		}
		group_orphan_check_locked(child, process);
	}
}

static void process_become_zombie(struct process *process)
{
	struct process *child, *next;
	bool autoreap;
	DEFINE_LIST(dead);

	spin_lock(&process_tree_lock);
	reparent_children_locked(process, &dead);
	group_orphan_check_locked(process, NULL);
	autoreap = notify_parent_locked(process);
	process->state = autoreap ? PROCESS_DEAD : PROCESS_ZOMBIE;
	waitq_wake_events_all(&process->pidfd_wait, EPOLLIN | EPOLLRDNORM);
	spin_unlock(&process_tree_lock);

	if (autoreap)
		process_release(process);
	list_for_each_entry_safe(child, next, &dead, sibling) {
		list_init(&child->sibling);
		process_release(child);
	}
}

void process_release(struct process *process)
{
	struct task *leader = process->leader;
	unsigned long flags;

	spin_lock(&process_tree_lock);
	pid_detach(process->pid, &leader->tid_link);
	pid_detach(process->pid, &process->tgid_link);
	pid_detach(process->group, &process->group_link);
	pid_detach(process->session, &process->session_link);
	list_del_init(&process->sibling);
	list_del_init(&process->all_link);
	/* The task refers to the process: the other way must end here. */
	flags = spin_lock_irqsave(&process->lock);
	process->last_cred = cred_get(leader->caller.cred);
	list_del_init(&leader->process_link);
	process->leader = NULL;
	process->ntasks = 0;
	spin_unlock_irqrestore(&process->lock, flags);
	spin_unlock(&process_tree_lock);
	task_put(leader);
	process_put(process);
}

/* --- threads -------------------------------------------------------------------- */

static void task_count_usage(struct process *process, struct task *task)
{
	struct process_usage usage;

	task_usage(task, &usage);
	process_usage_add(&process->usage, &usage);
}

/* Signals to the process that this thread was to take: others look. */
static void pass_signals_on_locked(struct process *process) REQUIRES(&process->lock)
{
	struct task *task;

	if (!process->pending.set)
		return;
	list_for_each_entry(task, &process->tasks, process_link)
		if (!task->dead && process->pending.set & ~task->sigmask)
			task_interrupt(task, false);
}

__noreturn void task_exit(int status)
{
	struct task *self = current_task();
	struct process *process = self->process;
	bool last, stopped, unlinked = false;
	unsigned long flags;
	int stop_signal;

	if (unlikely(READ_ONCE(process->flags) & PROCESS_DUMPING))
		core_dump_park(self);
	if (futex_pi_leave(&self->futex) || self->futex.robust_list || self->futex.clear_child_tid)
		futex_task_exit(&self->futex,
				process->space && (process->nlive > 1 ||
						   refcount_read(&process->space->refs) > 1));
	file_run_deferred();
	/* Before the others can see that it ended; the last one's go after its memory. */
	if (READ_ONCE(process->nlive) > 1)
		task_leave_files(self);
	if (process->space) /* nothing of it is read or written by this thread any more */
		vm_space_leave(process->space);

	spin_lock(&process_tree_lock);
	if (self != process->leader) {
		unlinked = true;
		pid_detach(self->tid, &self->tid_link);
	}
	flags = spin_lock_irqsave(&process->lock);
	self->dead = true;
	signal_queue_discard(&self->pending, ~0ULL);
	stopped = signal_stop_forget_locked(process, self);
	stop_signal = process->stop_signal;
	task_count_usage(process, self);
	last = --process->nlive == 0;
	if (last && !(process->flags & PROCESS_GROUP_EXIT)) {
		process->flags |= PROCESS_GROUP_EXIT;
		process->exit_status = status;
	}
	if (!last)
		pass_signals_on_locked(process);
	else
		signal_queue_discard(&process->pending, ~0ULL);
	if (unlinked) {
		list_del_init(&self->process_link);
		process->ntasks--;
	}
	if (process->flags & (PROCESS_EXECING | PROCESS_DUMPING))
		waitq_wake_all(&process->task_exit_wait);
	atomic_dec(&self->caller.cred->user->ntasks);
	spin_unlock_irqrestore(&process->lock, flags);
	if (!last && !list_empty(&process->children))
		children_to_sibling_locked(process, self);
	spin_unlock(&process_tree_lock);
	fork_task_gone();

	if (stopped && !last)
		signal_tell_parent(process, CLD_STOPPED, stop_signal);
	if (last) {
		if (unlikely(process == process_init)) {
			if (process_init_exited)
				process_init_exited(process->exit_status);
			panic("process 1 ended with status 0x%x", process->exit_status);
		}
		process_leave(process);
		process_become_zombie(process);
	} else {
		current->space = NULL; /* the last one may free it from now on */
		task_wake_vfork(self);
	}
	if (unlinked)
		task_put(self);
	thread_exit();
}

__noreturn void process_exit(int status)
{
	struct process *process = current_process();
	unsigned long flags = spin_lock_irqsave(&process->lock);

	if (process->flags & PROCESS_GROUP_EXIT) {
		status = process->exit_status;
	} else if (process->nlive == 1) {
		process->flags |= PROCESS_GROUP_EXIT;
		process->exit_status = status;
	} else {
		process_kill_locked(process, status);
	}
	spin_unlock_irqrestore(&process->lock, flags);
	task_exit(status);
}
