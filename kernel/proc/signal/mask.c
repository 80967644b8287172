/*
 * mask.c - which signals a thread blocks, and what is pending for it.
 *
 * WORK_SIGNAL says that there may be something to take: signal_recalculate_locked() keeps it
 * true after each change of the mask or the queues.  A thread that blocks more passes on what
 * it was to take for the process.
 *
 * Locking: process.lock.  A thread reads its own mask without.  sigprocmask(2), signal(7).
 */
#include "proc/signal/signal_internal.h"
#include "lib/bitops.h"
#include "mem/user.h"
#include "core/cred.h"
#include "core/user.h"

void signal_recalculate_locked(struct process *process, struct task *task)
{
	u64 ready = (task->pending.set | process->pending.set) & ~task->sigmask;

	if (ready || task->stop & TASK_STOP_PENDING ||
	    process->flags & (PROCESS_TELL_CONT | PROCESS_TELL_STOP) ||
	    task->pending.set & SIGNAL_MASK(SIGKILL))
		thread_work_set(&task->thread, WORK_SIGNAL);
	else if (thread_work_test(&task->thread, WORK_SIGNAL))
		thread_work_clear(&task->thread, WORK_SIGNAL);
}

/* Signals to the process that this thread blocks from now on: others may take them. */
static void retarget_locked(struct process *process, struct task *self, u64 set)
	REQUIRES(&process->lock)
{
	u64 left = process->pending.set & set;
	struct task *task;

	if (process->nlive <= 1)
		return;
	list_for_each_entry(task, &process->tasks, process_link) {
		if (!left)
			return;
		if (task == self || task->dead || !(left & ~task->sigmask))
			continue;
		left &= task->sigmask;
		task_interrupt(task, false);
	}
}

void signal_set_mask(u64 mask)
{
	struct task *task = current_task();
	struct process *process = task->process;
	unsigned long flags;

	mask &= ~SIGNALS_UNBLOCKABLE;
	if (mask == task->sigmask)
		return;
	flags = spin_lock_irqsave(&process->lock);
	if (process->pending.set & mask & ~task->sigmask)
		retarget_locked(process, task, mask & ~task->sigmask);
	task->sigmask = mask;
	signal_recalculate_locked(process, task);
	spin_unlock_irqrestore(&process->lock, flags);
}

/* EINVAL: a set of another size.  A NULL mask changes nothing. */
int signal_mask_enter(const void __user *umask, size_t size)
{
	struct task *task = current_task();
	u64 mask;

	if (!umask)
		return 0;
	if (size != sizeof(mask))
		return -EINVAL;
	if (copy_from_user(&mask, umask, sizeof(mask)))
		return -EFAULT;
	task->saved_sigmask = task->sigmask;
	task->restore_sigmask = true;
	signal_set_mask(mask);
	return 0;
}

void signal_mask_leave(bool interrupted)
{
	struct task *task = current_task();

	if (interrupted || !task->restore_sigmask)
		return; /* signal_deliver() puts it back */
	task->restore_sigmask = false;
	signal_set_mask(task->saved_sigmask);
}

bool signal_pending(void)
{
	return thread_work_test(current, WORK_SIGNAL);
}

bool signal_is_ignored(int sig)
{
	struct task *task = current_task();

	return (task->sigmask | READ_ONCE(task->process->handlers->ignored)) & SIGNAL_MASK(sig);
}

void signal_sets_read(struct task *task, struct signal_sets *sets)
{
	struct process *process = task->process;
	unsigned long flags = spin_lock_irqsave(&process->lock);
	struct signal_handlers *handlers = process->handlers;

	sets->pending = task->pending.set;
	sets->shared_pending = process->pending.set;
	sets->blocked = task->sigmask;
	sets->ignored = 0;
	spin_lock(&handlers->lock);
	sets->caught = handlers->handled;
	for (int i = 0; i < SIGNAL_MAX; i++)
		if (handlers->actions[i].handler == SIG_IGN)
			sets->ignored |= BIT(i);
	spin_unlock(&handlers->lock);
	sets->queued = atomic_read(&process_cred_locked(process)->user->nsignals);
	sets->queue_limit = rlimit_cur(process->limits, RLIMIT_SIGPENDING);
	spin_unlock_irqrestore(&process->lock, flags);
}
