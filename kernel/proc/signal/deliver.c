/*
 * deliver.c - taking signals, on the way back to user mode.
 *
 * signal_deliver() runs when WORK_SIGNAL is set.  It takes one signal after
 * another; ignored ones vanish, default actions stop or end the process, and a
 * handler gets a frame on the user's stack.  It is also the one place where the
 * restart codes of an interrupted system call become EINTR or a restart.
 *
 * WORK_SIGNAL is set by whoever makes a signal pending and cleared only by the
 * thread itself, under process.lock, when nothing is left: so a sleep that was
 * interrupted always comes by here.  signal(7), sigaction(2), sigreturn(2).
 */
#include "proc/signal/signal_internal.h"
#include "abi/unistd.h"
#include "arch/api/signal_frame.h"
#include "arch/api/thread.h"
#include "arch/api/upcalls.h"
#include "proc/coredump.h"
#include "proc/proc_internal.h"
#include "proc/session.h"
#include "sched/sched.h"

/* --- taking -------------------------------------------------------------- */

/* EAGAIN: the deadline passed.  EINTR: another signal is to be handled first. */
int signal_wait(u64 set, siginfo_t *info, ktime_t deadline_ns)
{
	struct task *task = current_task();
	struct process *process = task->process;
	unsigned long flags;
	int sig, err = 0;

	set &= ~SIGNALS_UNBLOCKABLE;
	flags = spin_lock_irqsave(&process->lock);
	for (;;) {
		sig = signal_queue_take(&task->pending, set, info);
		if (!sig)
			sig = signal_queue_take(&process->pending, set, info);
		task->sigwait = 0;
		signal_recalculate_locked(process, task);
		if (sig || err || deadline_ns == 0)
			break;
		/* Unblocked while it sleeps: the sender interrupts the sleep. */
		task->sigwait = set;
		thread_sleep_prepare(SLEEP_INTERRUPTIBLE);
		spin_unlock_irqrestore(&process->lock, flags);
		err = thread_sleep(deadline_ns, SLEEP_INTERRUPTIBLE);
		flags = spin_lock_irqsave(&process->lock);
	}
	spin_unlock_irqrestore(&process->lock, flags);
	if (sig)
		return sig;
	return err == -ERESTARTSYS ? -EINTR : -EAGAIN;
}

/*
 * The default action of @sig is to stop.  But for SIGSTOP, not in an orphaned group; asking
 * takes a lock that is outside, and a SIGCONT that comes meanwhile revokes the stop.
 */
static void take_stop(struct process *process, struct task *task, int sig, unsigned long *flags)
	REQUIRES(&process->lock)
{
	task->stop |= TASK_STOP_DEQUEUED;
	if (sig != SIGSTOP) {
		bool orphaned;

		spin_unlock_irqrestore(&process->lock, *flags);
		spin_lock(&process_tree_lock);
		orphaned = group_is_orphaned_locked(process->group, NULL);
		spin_unlock(&process_tree_lock);
		*flags = spin_lock_irqsave(&process->lock);
		if (orphaned)
			task->stop &= ~TASK_STOP_DEQUEUED;
	}
	if (!(task->stop & TASK_STOP_DEQUEUED))
		return;
	task->stop &= ~TASK_STOP_DEQUEUED;
	if (!(process->flags & PROCESS_STOPPING))
		signal_stop_begin_locked(process, task, sig);
}

/*
 * The next signal that has a handler; 0: none.  Default actions happen here.
 */
static int take_handled(siginfo_t *info, struct kernel_sigaction *action)
{
	struct task *task = current_task();
	struct process *process = task->process;
	struct signal_handlers *handlers = process->handlers;
	unsigned long flags = spin_lock_irqsave(&process->lock);
	int sig, code;
	u64 bit;
	bool ignored;

again:
	if (task->pending.set & SIGNAL_MASK(SIGKILL)) {
		/* process_kill_tasks_locked() */
		code = process->exit_status;
		spin_unlock_irqrestore(&process->lock, flags);
		task_exit(code);
	}
	if (unlikely(process->flags & (PROCESS_TELL_CONT | PROCESS_TELL_STOP))) {
		code = process->flags & PROCESS_TELL_CONT ? CLD_CONTINUED : CLD_STOPPED;
		process->flags &= ~(PROCESS_TELL_CONT | PROCESS_TELL_STOP);
		sig = code == CLD_STOPPED ? process->stop_signal : SIGCONT;
		spin_unlock_irqrestore(&process->lock, flags);
		signal_tell_parent(process, code, sig);
		flags = spin_lock_irqsave(&process->lock);
		goto again;
	}
	if (unlikely(task->stop & TASK_STOP_PENDING)) {
		signal_stop_join(process, task, &flags);
		goto again;
	}

	sig = signal_queue_take(&task->pending, ~task->sigmask, info);
	if (!sig)
		sig = signal_queue_take(&process->pending, ~task->sigmask, info);
	if (!sig)
		goto out;
	bit = SIGNAL_MASK(sig);
	spin_lock(&handlers->lock);
	ignored = handlers->ignored & bit;
	if (handlers->handled & bit) {
		*action = handlers->actions[sig - 1];
		if (action->flags & SA_RESETHAND)
			signal_action_reset_locked(handlers, sig);
		spin_unlock(&handlers->lock);
		goto out;
	}
	spin_unlock(&handlers->lock);
	if (ignored || bit & SIGNALS_IGNORED || process->flags & PROCESS_INIT)
		goto again;
	if (bit & SIGNALS_STOP) {
		take_stop(process, task, sig, &flags);
		goto again;
	}
	if (bit & SIGNALS_CORE && core_dump_wanted(process))
		core_dump_locked(process, info, &flags);
	else
		process_kill_locked(process, sig);
	goto again;

out:
	signal_recalculate_locked(process, task);
	spin_unlock_irqrestore(&process->lock, flags);
	return sig;
}

/* --- frames and restarts -------------------------------------------------- */

static bool is_restart_code(long ret)
{
	return ret == -ERESTARTSYS || ret == -ERESTARTNOINTR || ret == -ERESTARTNOHAND ||
	       ret == -ERESTART_RESTARTBLOCK;
}

static void restart_before_handler(struct user_regs *regs, const struct kernel_sigaction *action)
{
	switch (regs_return(regs)) {
	case -ERESTARTSYS:
		if (!(action->flags & SA_RESTART))
			break;
		__fallthrough;
	case -ERESTARTNOINTR:
		regs_restart(regs);
		return;
	}
	regs_set_return(regs, -EINTR);
}

static void restart_without_handler(struct user_regs *regs)
{
	if (regs_return(regs) == -ERESTART_RESTARTBLOCK)
		regs_restart_with(regs, __NR_restart_syscall);
	else
		regs_restart(regs);
}

static void frame_push(struct user_regs *regs, int sig, const siginfo_t *info,
		       const struct kernel_sigaction *action)
{
	struct task *task = current_task();
	struct signal_delivery delivery = {
		.signo = sig,
		.handler = (u64)action->handler,
		.restorer = (u64)action->restorer,
		.sa_flags = action->flags,
		.siginfo = info,
		.mask = task->restore_sigmask ? task->saved_sigmask : task->sigmask,
		.altstack_sp = task->altstack_base,
		.altstack_size = task->altstack_size,
		.altstack_flags = task->altstack_flags,
	};
	u64 mask;

	if (arch_signal_deliver(&task->thread.arch, regs, &delivery)) {
		/* No stack to run on: as Linux, SIGSEGV, and no handler when it was that. */
		if (sig == SIGSEGV) {
			struct kernel_sigaction dfl = { 0 };

			signal_set_action(SIGSEGV, &dfl, NULL);
		}
		signal_force_fault(SIGSEGV, SI_KERNEL, 0, 0);
		return;
	}
	thread_work_set(current, WORK_FULL_EXIT);
	task->restore_sigmask = false;
	if (task->altstack_flags & SS_AUTODISARM) {
		task->altstack_base = task->altstack_size = 0;
		task->altstack_flags = SS_DISABLE;
	}
	mask = task->sigmask | action->mask;
	if (!(action->flags & SA_NODEFER))
		mask |= SIGNAL_MASK(sig);
	signal_set_mask(mask);
}

void signal_deliver(struct user_regs *regs)
{
	bool restart = regs_syscall_nr(regs) >= 0 && is_restart_code(regs_return(regs));
	struct task *task = current_task();
	struct kernel_sigaction action;
	siginfo_t info;
	int sig = take_handled(&info, &action);

	if (sig) {
		if (restart)
			restart_before_handler(regs, &action);
		regs_set_syscall_nr(regs, -1);
		frame_push(regs, sig, &info, &action);
		return;
	}
	if (restart) {
		restart_without_handler(regs);
		thread_work_set(current, WORK_FULL_EXIT);
	}
	regs_set_syscall_nr(regs, -1);
	if (task->restore_sigmask) {
		task->restore_sigmask = false;
		signal_set_mask(task->saved_sigmask);
	}
}

/* arch found a fault or trap in user mode. */
void upcall_user_exception(struct user_regs *regs, int signo, int si_code, u64 addr)
{
	signal_force_fault(signo, si_code, addr, 0);
}
