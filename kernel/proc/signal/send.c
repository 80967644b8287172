/*
 * send.c - from a sender to the thread that will take the signal.
 *
 * A signal is dropped at once when its target ignores it and does not block it.
 * Else it is queued, and one thread that does not block it is made to look
 * (WORK_SIGNAL).  A signal that will end the process starts that here: every
 * thread gets SIGKILL and WORK_KILL, so death does not depend on which thread
 * next returns to user mode.  kill(2), signal(7).
 *
 * Context: any, interrupts included (process.lock is taken with interrupts
 * off), except sending to groups, which takes process_tree_lock.
 */
#include "proc/signal/signal_internal.h"
#include "core/cred.h"
#include "core/hooks.h"
#include "core/log.h"
#include "proc/coredump.h"
#include "proc/session.h"
#include "lib/string.h"
#include "sched/sched.h"

void task_interrupt(struct task *task, bool kill)
{
	if (kill)
		thread_interrupt_kill(&task->thread);
	else
		thread_interrupt(&task->thread);
}

/* Sends every thread but @spared (NULL: none) towards its exit; a stop is over. */
void process_kill_tasks_locked(struct process *process, const struct task *spared)
{
	struct task *task;

	process->flags &= ~(PROCESS_STOPPING | PROCESS_STOPPED);
	process->stop_count = 0;
	list_for_each_entry(task, &process->tasks, process_link) {
		if (task->dead)
			continue;
		task->stop = 0;
		if (task == spared)
			continue;
		task->pending.set |= SIGNAL_MASK(SIGKILL);
		if (&task->thread != current)
			task_interrupt(task, true);
		else
			thread_work_set(current, WORK_SIGNAL | WORK_KILL);
	}
}

/* Marks the whole process for death with @status; idempotent. */
void process_kill_locked(struct process *process, int status)
{
	if (!(process->flags & PROCESS_GROUP_EXIT)) {
		process->flags |= PROCESS_GROUP_EXIT;
		process->exit_status = status;
	}
	process_kill_tasks_locked(process, NULL);
}

static bool task_wants(const struct task *task, int sig)
{
	if (task->dead)
		return false;
	if (task->sigmask & ~task->sigwait & SIGNAL_MASK(sig))
		return false;
	return sig == SIGKILL || !(task->stop & TASK_STOPPED);
}

/* Which task takes a signal to the process; NULL when all block it. */
static struct task *choose_task(struct process *process, int sig) REQUIRES(&process->lock)
{
	struct task *task = process->leader, *found = NULL;

	if (likely(task_wants(task, sig)))
		return task;
	if (process->ntasks <= 1)
		return NULL;
	/* Prefer a thread that has nothing to do yet. */
	list_for_each_entry(task, &process->tasks, process_link) {
		if (!task_wants(task, sig))
			continue;
		if (!thread_work_test(&task->thread, WORK_SIGNAL))
			return task;
		if (!found)
			found = task;
	}
	return found;
}

/* Is the signal to be dropped unseen? */
static bool is_dropped(struct process *process, struct task *task, int sig, bool force)
	REQUIRES(&process->lock)
{
	u64 bit = SIGNAL_MASK(sig);
	struct signal_handlers *handlers = process->handlers;
	const struct task *asked = task ? task : process->leader;

	if (force)
		return false;
	/* Process 1 gets only what it has a handler for. */
	if (unlikely(process->flags & PROCESS_INIT) && !(READ_ONCE(handlers->handled) & bit) &&
	    !(asked->sigmask & bit))
		return true;
	if (sig == SIGKILL || !(READ_ONCE(handlers->ignored) & bit))
		return false;
	return !(asked->sigmask & bit); /* though sigtimedwait(2) may be waiting for it */
}

/* Looked at again under the lock: another thread may be changing one for the other. */
static bool has_default_action(struct signal_handlers *handlers, u64 bit)
{
	bool is_default;

	if ((READ_ONCE(handlers->handled) | READ_ONCE(handlers->ignored)) & bit)
		return false;
	spin_lock(&handlers->lock);
	is_default = !((handlers->handled | handlers->ignored) & bit);
	spin_unlock(&handlers->lock);
	return is_default;
}

static bool is_fatal(struct process *process, struct task *task, int sig, bool force)
	REQUIRES(&process->lock)
{
	u64 bit = SIGNAL_MASK(sig);

	if (sig == SIGKILL)
		return !(process->flags & PROCESS_INIT) || force;
	if (!has_default_action(process->handlers, bit))
		return false;
	if (bit & (SIGNALS_STOP | SIGNALS_IGNORED) || task->sigwait & bit)
		return false;
	if (bit & SIGNALS_CORE && core_dump_wanted(process))
		return false; /* the thread that takes it sees to that */
	return !(process->flags & PROCESS_INIT) || force;
}

/*
 * @task NULL: to the process.  @record: queue this one (of a timer) instead of
 * a copy of @info.  @force: from a fault; not to be dropped.
 * Return: 0; 1 when it was dropped and @record was not queued; -EAGAIN.
 */
int signal_send_locked(struct process *process, struct task *task, const siginfo_t *info,
		       struct sigpending_record *record, bool force)
{
	int sig = info->si_signo, err;
	u64 bit = SIGNAL_MASK(sig);
	struct signal_queue *queue = task ? &task->pending : &process->pending;
	struct task *each;

	if (process->nlive == 0 || (task && task->dead))
		return 1;
	if (unlikely(bit & SIGNALS_STOP)) {
		signal_queue_discard(&process->pending, SIGNAL_MASK(SIGCONT));
		list_for_each_entry(each, &process->tasks, process_link)
			signal_queue_discard(&each->pending, SIGNAL_MASK(SIGCONT));
	} else if (unlikely(sig == SIGCONT)) {
		signal_continue_locked(process);
	}
	if (is_dropped(process, task, sig, force))
		return 1;
	if (record) {
		signal_queue_add_record(queue, record);
	} else {
		if (sig < SIGRTMIN && queue->set & bit)
			return 0;
		err = signal_queue_add(queue, process, info);
		if (err)
			return err;
	}

	if (unlikely(process->uses_signalfd))
		signalfd_wake(sig);
	if (!task)
		task = choose_task(process, sig);
	else if (!task_wants(task, sig))
		task = NULL;
	if (!task)
		return 0;
	if (!(process->flags & PROCESS_GROUP_EXIT) && is_fatal(process, task, sig, force)) {
		process_kill_locked(process, sig);
		return 0;
	}
	if (&task->thread == current)
		thread_work_set(current, WORK_SIGNAL);
	else
		task_interrupt(task, false);
	return 0;
}

int signal_send_process(struct process *process, const siginfo_t *info)
{
	unsigned long flags = spin_lock_irqsave(&process->lock);
	int err = signal_send_locked(process, NULL, info, NULL, false);

	spin_unlock_irqrestore(&process->lock, flags);
	return min(err, 0);
}

int signal_send_task(struct task *task, const siginfo_t *info)
{
	struct process *process = task->process;
	unsigned long flags = spin_lock_irqsave(&process->lock);
	int err = signal_send_locked(process, task, info, NULL, false);

	spin_unlock_irqrestore(&process->lock, flags);
	return min(err, 0);
}

static int send_group(struct pid *group, const siginfo_t *info)
{
	struct process *process;
	int err = -ESRCH, one;

	spin_lock(&process_tree_lock);
	list_for_each_entry(process, &group->users[PID_PGID], group_link) {
		one = signal_send_process(process, info);
		if (!one || err == -ESRCH)
			err = one;
	}
	spin_unlock(&process_tree_lock);
	return err;
}

int signal_send_group_kernel(struct pid *group, int sig)
{
	siginfo_t info;

	SIGINFO_KERNEL(&info, sig);
	return send_group(group, &info);
}

int signal_send_process_kernel(struct process *process, int sig)
{
	siginfo_t info;

	SIGINFO_KERNEL(&info, sig);
	return signal_send_process(process, &info);
}

/* As if the caller had used kill(2). */
static void siginfo_from_caller(siginfo_t *info, int sig)
{
	siginfo_init(info, sig, SI_USER);
	info->si_pid = process_number(current_process());
	info->si_uid = current_cred()->uid;
}

int signal_send_process_by_caller(struct process *process, int sig)
{
	siginfo_t info;

	siginfo_from_caller(&info, sig);
	return signal_send_process(process, &info);
}

int signal_send_current(int sig)
{
	siginfo_t info;

	siginfo_from_caller(&info, sig);
	return signal_send_task(current_task(), &info);
}

/*
 * A synchronous signal: if the thread blocks or ignores it, it gets its default
 * action, and even process 1 dies of that.
 */
static void send_forced(const siginfo_t *info)
{
	struct task *task = current_task();
	struct process *process = task->process;
	struct signal_handlers *handlers = process->handlers;
	u64 bit = SIGNAL_MASK(info->si_signo);
	unsigned long flags = spin_lock_irqsave(&process->lock);

	spin_lock(&handlers->lock);
	if ((task->sigmask | handlers->ignored) & bit) {
		memset(&handlers->actions[info->si_signo - 1], 0, sizeof(handlers->actions[0]));
		handlers->ignored &= ~bit;
		handlers->handled &= ~bit;
		task->sigmask &= ~bit;
	}
	if (!(handlers->handled & bit))
		process->flags &= ~PROCESS_INIT;
	spin_unlock(&handlers->lock);
	signal_send_locked(process, task, info, NULL, true);
	signal_recalculate_locked(process, task);
	spin_unlock_irqrestore(&process->lock, flags);
}

void signal_force_fault(int sig, int code, u64 address, int trapno)
{
	siginfo_t info;

	siginfo_init(&info, sig, code);
	info.si_addr = (void *)address;
	send_forced(&info);
}
