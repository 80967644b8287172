/*
 * fork.c - clone(2) in all its forms: processes and threads.
 *
 * One function, process_clone(), takes struct clone_request.  It makes a task
 * (task_clone.c), and a process around it unless CLONE_THREAD; shares or copies
 * each part as the flags say; and, when nothing can fail any more, puts both
 * into the tree and starts the thread, which enters user mode with the parent's
 * registers and 0 as the result.
 *
 * What Linux has and we have not is refused: namespaces (EINVAL, as Linux does
 * without them) and cgroups.
 * clone(2), fork(2), vfork(2).
 */
#include "proc/fork.h"
#include <linux/sched.h>
#include "core/cred.h"
#include "core/user.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "mem/page.h"
#include "mem/user.h"
#include "proc/pidfd.h"
#include "proc/proc_internal.h"
#include "proc/signal/signal_internal.h"
#include "sched/sched.h"
#include "vm/oom.h"
#include "vm/space.h"

#define CLONE_NAMESPACES                                                                           \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |             \
	 CLONE_NEWPID | CLONE_NEWNET)
#define CLONE_KNOWN                                                                                \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_PIDFD | CLONE_PTRACE |          \
	 CLONE_VFORK | CLONE_PARENT | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS |                \
	 CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_DETACHED | CLONE_UNTRACED |            \
	 CLONE_CHILD_SETTID | CLONE_IO | CLONE_CLEAR_SIGHAND)

#define THREADS_MIN 20

static struct atomic task_total; /* [a] tasks that live */

int threads_max;

/* An eighth of memory for stacks of 16 KiB, as Linux counts. */
void fork_init(void)
{
	struct page_stats memory;

	page_stats(&memory);
	threads_max = clamp(memory.total / 32, (u64)THREADS_MIN, (u64)THREADS_LIMIT);
}

void fork_task_born(void)
{
	atomic_inc(&task_total);
}

void fork_task_gone(void)
{
	atomic_dec(&task_total);
}

/* EINVAL: flags that contradict each other, or that we have not.  EPERM: to choose the number. */
static int check_flags(const struct clone_request *req)
{
	u64 flags = req->flags;
	struct process *self = current_process();

	if (flags & ~CLONE_KNOWN & ~CLONE_NAMESPACES)
		return -EINVAL;
	if (flags & CLONE_NAMESPACES)
		return flags & CLONE_NEWUSER || cred_capable(current_cred(), CAP_SYS_ADMIN) ?
			       -EINVAL :
			       -EPERM;
	if (flags & CLONE_THREAD && !(flags & CLONE_SIGHAND))
		return -EINVAL;
	if (flags & CLONE_SIGHAND && !(flags & CLONE_VM))
		return -EINVAL;
	if (flags & CLONE_SIGHAND && flags & CLONE_CLEAR_SIGHAND)
		return -EINVAL;
	if (flags & CLONE_PIDFD && flags & (CLONE_THREAD | CLONE_DETACHED))
		return -EINVAL;
	if (flags & CLONE_PARENT && READ_ONCE(self->flags) & PROCESS_INIT)
		return -EINVAL;
	if (req->choose_number && !cred_capable(current_cred(), CAP_CHECKPOINT_RESTORE) &&
	    !cred_capable(current_cred(), CAP_SYS_ADMIN))
		return -EPERM;
	return 0;
}

static int check_limits(struct process *self)
{
	const struct cred *cred = current_cred();
	const struct user *user = cred->user;

	if (atomic_read(&task_total) >= READ_ONCE(threads_max))
		return -EAGAIN;
	if (unlikely((u64)atomic_read(&user->ntasks) >= rlimit_cur(self->limits, RLIMIT_NPROC)) &&
	    user->uid != 0 && !cred_capable(cred, CAP_SYS_RESOURCE) &&
	    !cred_capable(cred, CAP_SYS_ADMIN))
		return -EAGAIN;
	return 0;
}

/* --- the parts of a new process --------------------------------------------- */

static int copy_space(u64 flags, struct process *self, struct process *child)
{
	if (!self->space)
		return 0; /* process 1 is made without one */
	if (flags & CLONE_VM) {
		vm_space_get(self->space);
		child->space = self->space;
		return 0;
	}
	return vm_space_fork(self->space, &child->space);
}

static int copy_parts(u64 flags, struct process *self, struct process *child)
{
	if (flags & CLONE_SIGHAND) {
		refcount_get(&self->handlers->refs);
		child->handlers = self->handlers;
	} else {
		child->handlers = signal_handlers_copy(self->handlers);
		if (!child->handlers)
			return -ENOMEM;
		if (flags & CLONE_CLEAR_SIGHAND)
			signal_handlers_reset(child->handlers);
	}
	return copy_space(flags, self, child);
}

static void drop_parts(struct process *child)
{
	if (child->space)
		vm_space_put(child->space);
}

/* A process that inherits; not yet known to anybody. */
static int new_process(const struct clone_request *req, struct process **out)
{
	struct process *self = current_process(), *child = process_alloc();
	int err;

	if (!child)
		return -ENOMEM;
	rlimits_copy(child->limits, self->limits);
	child->personality = self->personality;
	child->oom_score_adj = READ_ONCE(self->oom_score_adj);
	child->dumpable = self->dumpable;
	child->thp_disabled = self->thp_disabled;
	child->mce_kill = self->mce_kill;
	child->core_filter = self->core_filter;
	child->uses_signalfd = self->uses_signalfd;
	child->exit_signal = req->exit_signal;
	err = copy_parts(req->flags, self, child);
	if (err) {
		drop_parts(child);
		process_put(child);
		return err;
	}
	if (self->exe && !inode_deny_write(self->exe->inode)) {
		child->exe = self->exe;
		file_get(child->exe);
	}
	*out = child;
	return 0;
}

/* --- into the tree -------------------------------------------------------------- */

/* EAGAIN-like for fork(2): a signal that kills or came for the group is handled first. */
static int link_thread(struct process *process, struct task *task)
{
	unsigned long flags;

	spin_lock(&process_tree_lock);
	flags = spin_lock_irqsave(&process->lock);
	if (process->flags & (PROCESS_GROUP_EXIT | PROCESS_EXECING)) {
		spin_unlock_irqrestore(&process->lock, flags);
		spin_unlock(&process_tree_lock);
		return -ERESTARTNOINTR;
	}
	list_add_tail(&process->tasks, &task->process_link);
	process->ntasks++;
	process->nlive++;
	if (process->flags & PROCESS_STOPPING) {
		task->stop = TASK_STOP_PENDING;
		process->stop_count++;
		atomic_or(&task->thread.work, WORK_SIGNAL);
	}
	spin_unlock_irqrestore(&process->lock, flags);
	pid_attach(task->tid, PID_TID, &task->tid_link);
	spin_unlock(&process_tree_lock);
	return 0;
}

static int link_process(const struct clone_request *req, struct process *child, struct task *task)
{
	struct process *self = current_process();
	struct process *parent = req->flags & CLONE_PARENT ? NULL : self;
	struct task *parent_task = current_task();

	child->pid = pid_get(task->tid);
	task->caller.pid = child->pid;
	child->leader = task;
	child->ntasks = child->nlive = 1;
	list_add(&child->tasks, &task->process_link);

	spin_lock(&process_tree_lock);
	/* POSIX: a signal that came before the fork is taken before it, so that a
	 * ^C reaches parent and child or the parent alone, with no child. */
	if (unlikely(signal_pending())) {
		spin_unlock(&process_tree_lock);
		return -ERESTARTNOINTR;
	}
	if (!parent) {
		parent = self->parent;
		parent_task = self->parent_task;
		child->exit_signal = self->exit_signal;
	}
	child->parent = parent;
	child->parent_task = parent_task;
	child->tty = self->tty;
	child->group = pid_get(self->group);
	child->session = pid_get(self->session);
	pid_attach(child->pid, PID_TID, &task->tid_link);
	pid_attach(child->pid, PID_TGID, &child->tgid_link);
	pid_attach(child->group, PID_PGID, &child->group_link);
	pid_attach(child->session, PID_SID, &child->session_link);
	list_add_tail(&parent->children, &child->sibling);
	list_add_tail(&process_list, &child->all_link);
	spin_unlock(&process_tree_lock);
	return 0;
}

/* --- the whole -------------------------------------------------------------------- */

/* CLONE_VFORK: @task runs, and we go on once it executes or ends, or when we are killed. */
static void start_and_wait(struct task *task)
{
	struct completion done;
	unsigned long flags;

	completion_init(&done);
	task->vfork_done = &done; /* not yet looked at: it does not run */
	task_get(task);
	thread_start(&task->thread);
	if (completion_wait_timeout(&done, DEADLINE_NONE, SLEEP_KILLABLE)) {
		flags = spin_lock_irqsave(&task->process->lock);
		task->vfork_done = NULL;
		spin_unlock_irqrestore(&task->process->lock, flags);
	}
	task_put(task);
}

static long clone_once(const struct clone_request *req)
{
	struct process *self = current_process(), *process = self;
	bool is_thread = req->flags & CLONE_THREAD;
	struct task *task;
	int err, number, pidfd = -1;

	err = check_flags(req);
	if (err)
		return err;
	err = check_limits(self);
	if (err)
		return err;
	if (!is_thread) {
		err = new_process(req, &process);
		if (err)
			return err;
	}
	err = task_clone(req, process, &task);
	if (err)
		goto out_drop_process;
	number = task->tid->nr;

	if (req->flags & CLONE_PIDFD) {
		pidfd = pidfd_reserve(req->pidfd);
		err = min(pidfd, 0);
		if (err)
			goto out_drop_task;
	}
	if (req->flags & CLONE_PARENT_SETTID)
		(void)!put_user_s32(number, req->parent_tid); /* Linux ignores a fault too */
	if (is_thread) {
		task->caller.pid = process->pid;
		err = link_thread(process, task);
	} else {
		process_get(process); /* ours; the first one is of the living */
		err = link_process(req, process, task);
	}
	if (err)
		goto out_undo;

	/* Commit point. */
	atomic_inc(&task_total);
	atomic_inc(&task->caller.cred->user->ntasks);
	if (pidfd >= 0)
		pidfd_install(pidfd, process);
	if (unlikely(!is_thread && (rlimit_cur(process->limits, RLIMIT_CPU) &
				    rlimit_cur(process->limits, RLIMIT_RTTIME)) != RLIM64_INFINITY))
		cpu_timer_update(process);
	if (req->flags & CLONE_VFORK)
		start_and_wait(task);
	else
		thread_start(&task->thread);
	if (!is_thread)
		process_put(process);
	return number;

out_undo:
	if (!is_thread) {
		pid_put(process->pid);
		process->pid = NULL;
		process_put(process);
	}
	if (pidfd >= 0)
		pidfd_release(pidfd);
out_drop_task:
	task_clone_undo(task, req->flags);
out_drop_process:
	if (!is_thread) {
		drop_parts(process);
		process_put(process);
	}
	return err;
}

/*
 * Return: the number of the new process or thread.
 *	-EAGAIN		too many processes
 *	-EINVAL		flags
 *	-ENOMEM		a limit; of memory itself only where nobody can be killed for it
 *	-EPERM		namespaces, without privilege
 *	-EFAULT		CLONE_PIDFD: *pidfd
 */
long process_clone(const struct clone_request *req)
{
	unsigned attempt = 0;
	long ret;

	do
		ret = clone_once(req);
	while (unlikely(ret == -ENOMEM) && vm_oom_retry_call(attempt++));
	return ret;
}
