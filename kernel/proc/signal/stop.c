/*
 * stop.c - job control: stopping, continuing, telling the parent.
 *
 * A stop signal taken by one thread asks all others to stop too
 * (TASK_STOP_PENDING); each stops on its way to user mode; the last one tells
 * the parent.  SIGCONT, at the moment it is sent, makes all of them go on; the
 * first that runs tells the parent.  POSIX.1 2.4.3, wait(2), signal(7).
 */
#include "proc/signal/signal_internal.h"
#include "core/clock.h"
#include "core/cred.h"
#include "sched/sched.h"

#define NSEC_PER_TICK (NSEC_PER_SEC / 100) /* clock_t of the ABI */

void signal_child_info(struct process *child, u32 uid, int code, int status, siginfo_t *info)
{
	struct process_usage usage;

	process_usage_sum(child, &usage);
	siginfo_init(info, SIGCHLD, code);
	info->si_pid = process_number(child);
	info->si_uid = uid;
	info->si_status = status;
	info->si_utime = usage.user_ns / NSEC_PER_TICK;
	info->si_stime = usage.system_ns / NSEC_PER_TICK;
}

/* The real user of @process, some thread of which may be changing its credentials. */
static u32 user_of(struct process *process)
{
	unsigned long flags = spin_lock_irqsave(&process->lock);
	u32 uid = process_cred_locked(process)->uid;

	spin_unlock_irqrestore(&process->lock, flags);
	return uid;
}

/*
 * CLD_STOPPED, CLD_CONTINUED.  No lock held: the process may have ended since, and been
 * waited for, if the caller is a thread that ends itself; then there is nothing to tell.
 */
void signal_tell_parent(struct process *process, int code, int status)
{
	struct process *parent;
	siginfo_t info;

	spin_lock(&process_tree_lock);
	parent = process->parent;
	if (parent && process->state == PROCESS_ALIVE) {
		struct kernel_sigaction action;

		signal_action_read(parent, SIGCHLD, &action);
		if (!(action.flags & SA_NOCLDSTOP) && action.handler != SIG_IGN) {
			signal_child_info(process, user_of(process), code, status, &info);
			signal_send_process(parent, &info);
		}
		waitq_wake_all(&parent->child_wait);
	}
	spin_unlock(&process_tree_lock);
}

/* Ask all threads to stop; @self joins itself with signal_stop_join(). */
void signal_stop_begin_locked(struct process *process, struct task *self, int sig)
{
	struct task *task;

	if (process->flags & (PROCESS_GROUP_EXIT | PROCESS_EXECING))
		return;
	process->stop_signal = sig;
	process->flags |= PROCESS_STOPPING;
	process->flags &= ~(PROCESS_CONT_NEWS | PROCESS_TELL_CONT);
	process->stop_count = 0;
	list_for_each_entry(task, &process->tasks, process_link) {
		if (task->dead || task->stop & TASK_STOPPED)
			continue;
		task->stop |= TASK_STOP_PENDING;
		process->stop_count++;
		if (task != self)
			task_interrupt(task, false);
	}
}

static bool stop_one_less(struct process *process) REQUIRES(&process->lock)
{
	if (process->stop_count == 0 || --process->stop_count > 0)
		return false;
	process->flags &= ~PROCESS_STOPPING;
	process->flags |= PROCESS_STOPPED | PROCESS_STOP_NEWS;
	return true;
}

bool signal_stop_forget_locked(struct process *process, struct task *task)
{
	if (!(task->stop & TASK_STOP_PENDING))
		return false;
	task->stop = 0;
	return stop_one_less(process);
}

/* process.lock held on entry and exit, dropped between: sleeps until SIGCONT or death. */
void signal_stop_join(struct process *process, struct task *self, unsigned long *flags)
{
	int sig = process->stop_signal;
	struct waiter waiter;
	bool last;

	self->stop = TASK_STOPPED;
	last = stop_one_less(process);
	spin_unlock_irqrestore(&process->lock, *flags);
	if (last)
		signal_tell_parent(process, CLD_STOPPED, sig);

	waiter_init(&waiter);
	for (;;) {
		waitq_prepare(&process->stop_wait, &waiter, SLEEP_KILLABLE);
		if (!(READ_ONCE(self->stop) & TASK_STOPPED))
			break;
		if (thread_sleep(DEADLINE_NONE, SLEEP_KILLABLE))
			break;
	}
	waitq_finish(&process->stop_wait, &waiter);
	*flags = spin_lock_irqsave(&process->lock);
	self->stop &= ~TASK_STOPPED;
}

/* SIGCONT is being sent: its effect does not wait for its delivery. */
void signal_continue_locked(struct process *process)
{
	struct task *task;

	signal_queue_discard(&process->pending, SIGNALS_STOP);
	list_for_each_entry(task, &process->tasks, process_link) {
		signal_queue_discard(&task->pending, SIGNALS_STOP);
		task->stop = 0;
	}
	if (process->flags & PROCESS_STOPPED)
		process->flags |= PROCESS_CONT_NEWS | PROCESS_TELL_CONT;
	else if (process->flags & PROCESS_STOPPING)
		process->flags |= PROCESS_TELL_STOP;
	else
		return;
	process->flags &= ~(PROCESS_STOPPED | PROCESS_STOPPING | PROCESS_STOP_NEWS);
	process->stop_count = 0;
	/* Somebody has to tell: all look. */
	list_for_each_entry(task, &process->tasks, process_link)
		if (!task->dead)
			task_interrupt(task, false);
	waitq_wake_all(&process->stop_wait);
}
