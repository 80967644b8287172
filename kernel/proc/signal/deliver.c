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
#include "lib/bitops.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "mem/user.h"
#include "proc/coredump.h"
#include "proc/proc_internal.h"
#include "proc/session.h"
#include "proc/user.h"
#include "sched/sched.h"

static struct slab_cache handlers_cache;

/* --- actions ------------------------------------------------------------- */

void signal_handlers_init(void)
{
	slab_cache_init(&handlers_cache, "sighand", sizeof(struct signal_handlers), 0);
}

struct signal_handlers *signal_handlers_new(void)
{
	struct signal_handlers *handlers = slab_zalloc(&handlers_cache);

	if (!handlers)
		return NULL;
	refcount_init(&handlers->refs, 1);
	spin_init(&handlers->lock, LOCK_LEAF);
	handlers->ignored = SIGNALS_IGNORED;
	return handlers;
}

struct signal_handlers *signal_handlers_copy(struct signal_handlers *src)
{
	struct signal_handlers *handlers;
	unsigned long flags;

	handlers = slab_alloc(&handlers_cache);
	if (!handlers)
		return NULL;
	flags = spin_lock_irqsave(&src->lock);
	memcpy(handlers, src, sizeof(*handlers));
	spin_unlock_irqrestore(&src->lock, flags);
	refcount_init(&handlers->refs, 1);
	spin_init(&handlers->lock, LOCK_LEAF);
	return handlers;
}

void signal_handlers_put(struct signal_handlers *handlers)
{
	if (refcount_put(&handlers->refs))
		slab_free(&handlers_cache, handlers);
}

void signal_handlers_reset(struct signal_handlers *handlers)
{
	unsigned long flags = spin_lock_irqsave(&handlers->lock);

	for (u64 left = handlers->touched; left; left &= left - 1) {
		struct kernel_sigaction *action = &handlers->actions[bit_ctz(left)];

		if (action->handler != SIG_IGN) {
			action->handler = SIG_DFL;
			handlers->touched &= ~(left & -left);
		}
		action->flags = 0;
		action->mask = 0;
		action->restorer = NULL;
	}
	/* What had a handler and is ignored by default is ignored again. */
	handlers->ignored |= handlers->handled & SIGNALS_IGNORED;
	handlers->handled = 0;
	spin_unlock_irqrestore(&handlers->lock, flags);
}

/* @handled: a function, @ignored: SIG_IGN or what comes to it.  Constants, where this is inlined. */
static __always_inline void set_action_locked(struct signal_handlers *handlers, int sig,
					      const struct kernel_sigaction *new, bool handled,
					      bool ignored) REQUIRES(&handlers->lock)
{
	struct kernel_sigaction action = *new;
	u64 bit = SIGNAL_MASK(sig);

	action.mask &= ~SIGNALS_UNBLOCKABLE;
	handlers->actions[(unsigned)sig - 1] = action;
	handlers->touched |= bit;
	WRITE_ONCE(handlers->handled, (handlers->handled & ~bit) | (handled ? bit : 0));
	WRITE_ONCE(handlers->ignored, (handlers->ignored & ~bit) | (ignored ? bit : 0));
}

static bool is_function(__sighandler_t handler)
{
	return (u64)handler > (u64)SIG_IGN; /* 1; SIG_DFL is 0 */
}

/* SIG_DFL or SIG_IGN.  POSIX: to ignore a signal is to drop what is pending of it. */
static __noinline void set_no_function(struct process *process, int sig,
				       const struct kernel_sigaction *new,
				       struct kernel_sigaction *old)
{
	struct signal_handlers *handlers = process->handlers;
	u64 bit = SIGNAL_MASK(sig);
	bool ignored = new->handler == SIG_IGN || (bit & SIGNALS_IGNORED);
	unsigned long flags = spin_lock_irqsave(&process->lock);
	struct task *task;

	spin_lock(&handlers->lock);
	if (old)
		*old = handlers->actions[sig - 1];
	set_action_locked(handlers, sig, new, false, ignored);
	spin_unlock(&handlers->lock);
	if (ignored) {
		signal_queue_discard(&process->pending, bit);
		list_for_each_entry(task, &process->tasks, process_link)
			signal_queue_discard(&task->pending, bit);
	}
	spin_unlock_irqrestore(&process->lock, flags);
}

/* EINVAL: no such signal, or SIGKILL, SIGSTOP with @new.  Interrupts are on. */
int signal_set_action(int sig, const struct kernel_sigaction *new, struct kernel_sigaction *old)
{
	struct process *process = current_process();
	struct signal_handlers *handlers = process->handlers;

	if (sig < 1 || sig > SIGNAL_MAX || (new && SIGNAL_MASK(sig) & SIGNALS_UNBLOCKABLE))
		return -EINVAL;
	if (new && !is_function(new->handler)) {
		set_no_function(process, sig, new, old);
		return 0;
	}
	spin_lock_irq(&handlers->lock);
	if (old)
		*old = handlers->actions[(unsigned)sig - 1];
	if (new)
		set_action_locked(handlers, sig, new, true, false);
	spin_unlock_irq(&handlers->lock);
	return 0;
}

/* --- masks --------------------------------------------------------------- */

void signal_recalculate_locked(struct task *task)
{
	struct process *process = task->process;
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
	signal_recalculate_locked(task);
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

bool signal_fatal_pending(void)
{
	return thread_work_test(current, WORK_KILL);
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

	sets->pending = task->pending.set;
	sets->shared_pending = process->pending.set;
	sets->blocked = task->sigmask;
	sets->caught = process->handlers->handled;
	sets->ignored = 0;
	for (int i = 0; i < SIGNAL_MAX; i++)
		if (process->handlers->actions[i].handler == SIG_IGN)
			sets->ignored |= BIT(i);
	sets->queued = process->user ? atomic_read(&process->user->nsignals) : 0;
	sets->queue_limit = rlimit_cur(process->limits, RLIMIT_SIGPENDING);
	spin_unlock_irqrestore(&process->lock, flags);
}

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
		signal_recalculate_locked(task);
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
		/* process_kill_locked() or process_become_single() */
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
		if (action->flags & SA_RESETHAND) {
			static const struct kernel_sigaction dfl;

			set_action_locked(handlers, sig, &dfl, false, bit & SIGNALS_IGNORED);
		}
		spin_unlock(&handlers->lock);
		goto out;
	}
	spin_unlock(&handlers->lock);
	if (ignored || bit & SIGNALS_IGNORED || process->flags & PROCESS_INIT)
		goto again;
	if (bit & SIGNALS_STOP) {
		task->stop |= TASK_STOP_DEQUEUED;
		if (sig != SIGSTOP) {
			bool orphaned;

			spin_unlock_irqrestore(&process->lock, flags);
			spin_lock(&process_tree_lock);
			orphaned = group_is_orphaned_locked(process->group, NULL);
			spin_unlock(&process_tree_lock);
			flags = spin_lock_irqsave(&process->lock);
			if (orphaned)
				task->stop &= ~TASK_STOP_DEQUEUED;
		}
		if (task->stop & TASK_STOP_DEQUEUED) { /* no SIGCONT meanwhile */
			task->stop &= ~TASK_STOP_DEQUEUED;
			if (!(process->flags & PROCESS_STOPPING))
				signal_stop_begin_locked(process, task, sig);
		}
		goto again;
	}
	if (bit & SIGNALS_CORE && core_dump_wanted(process))
		core_dump_locked(process, info, &flags);
	else
		process_kill_locked(process, sig);
	goto again;

out:
	signal_recalculate_locked(task);
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
