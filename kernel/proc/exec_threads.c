/*
 * exec_threads.c - execve(2) in a process of several threads: the one that calls it stays.
 *
 * The others are sent SIGKILL and end by themselves on their way to user mode.  Then the
 * caller is made the leader, if it was not, so that the process keeps its number.
 */
#include "proc/proc_internal.h"
#include "proc/signal/signal_internal.h"

/* The caller becomes the leader: its number, and its place. */
static void take_over_leader(struct process *process, struct task *self)
{
	struct task *leader = process->leader;
	struct pid *old = self->tid;
	unsigned long flags;

	spin_lock(&process_tree_lock);
	pid_detach(process->pid, &leader->tid_link);
	pid_detach(old, &self->tid_link);
	pid_attach(process->pid, PID_TID, &self->tid_link);
	flags = spin_lock_irqsave(&process->lock);
	self->tid = pid_get(process->pid);
	list_del_init(&leader->process_link);
	process->leader = self;
	process->ntasks--;
	process->exit_signal = SIGCHLD;
	spin_unlock_irqrestore(&process->lock, flags);
	spin_unlock(&process_tree_lock);
	self->futex.tid = self->tid->nr;
	pid_put(old);
	task_put(leader);
}

/*
 * execve(2): the calling thread becomes the only one.  EAGAIN: somebody else is
 * at it, or the process is being killed.
 */
int process_become_single(void)
{
	struct task *self = current_task();
	struct process *process = self->process;
	unsigned long flags;
	struct waiter waiter;
	int err = 0;

	if (likely(process->ntasks == 1))
		return 0;
	flags = spin_lock_irqsave(&process->lock);
	if (process->flags & (PROCESS_GROUP_EXIT | PROCESS_EXECING)) {
		spin_unlock_irqrestore(&process->lock, flags);
		return -EAGAIN;
	}
	process->flags |= PROCESS_EXECING;
	process_kill_tasks_locked(process, self);
	spin_unlock_irqrestore(&process->lock, flags);

	waiter_init(&waiter);
	for (;;) {
		waitq_prepare(&process->task_exit_wait, &waiter, SLEEP_KILLABLE);
		if (READ_ONCE(process->nlive) == 1)
			break;
		err = thread_sleep(DEADLINE_NONE, SLEEP_KILLABLE);
		if (err)
			break;
	}
	waitq_finish(&process->task_exit_wait, &waiter);

	flags = spin_lock_irqsave(&process->lock);
	process->flags &= ~PROCESS_EXECING;
	if (process->flags & PROCESS_GROUP_EXIT)
		err = -EAGAIN;
	spin_unlock_irqrestore(&process->lock, flags);
	if (err)
		return -EAGAIN;
	if (process->leader != self)
		take_over_leader(process, self);
	return 0;
}
