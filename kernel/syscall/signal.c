/*
 * signal.c - receiving signals: sigaction(2), sigprocmask(2), sigtimedwait(2), sigaltstack(2).
 */
#include "abi/signal.h"
#include "abi/time.h"
#include "arch/api/signal_frame.h"
#include "arch/api/thread.h"
#include "core/clock.h"
#include "lib/string.h"
#include "mem/user.h"
#include "proc/signal/signal_internal.h"
#include "syscall/syscalls.h"

/* --- actions, masks ------------------------------------------------------------------ */

#define SA_KNOWN                                                                                   \
	(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER |         \
	 SA_RESETHAND | SA_RESTORER | 0x800 /* SA_EXPOSE_TAGBITS */)

long sys_rt_sigaction(int sig, const void __user *unew, void __user *uold, size_t size)
{
	struct kernel_sigaction new, old;
	int err;

	if (size != sizeof(u64))
		return -EINVAL;
	if (unew && copy_from_user(&new, unew, sizeof(new)))
		return -EFAULT;
	if (unew)
		new.flags &= SA_KNOWN; /* how programs ask for a flag: it stays or not */
	err = signal_set_action(sig, unew ? &new : NULL, uold ? &old : NULL);
	if (!err && uold && copy_to_user(uold, &old, sizeof(old)))
		err = -EFAULT;
	return err;
}

long sys_rt_sigprocmask(int how, const u64 __user *unew, u64 __user *uold, size_t size)
{
	u64 mask = current_task()->sigmask, set;

	if (size != sizeof(u64))
		return -EINVAL;
	if (unew) {
		if (get_user_u64(&set, unew))
			return -EFAULT;
		switch (how) {
		case SIG_BLOCK:
			set |= mask;
			break;
		case SIG_UNBLOCK:
			set = mask & ~set;
			break;
		case SIG_SETMASK:
			break;
		default:
			return -EINVAL;
		}
		signal_set_mask(set);
	}
	if (uold && put_user_u64(mask, uold))
		return -EFAULT;
	return 0;
}

long sys_rt_sigpending(u64 __user *uset, size_t size)
{
	struct task *task = current_task();
	u64 set = (task->pending.set | READ_ONCE(task->process->pending.set)) & task->sigmask;

	if (size > sizeof(set))
		return -EINVAL;
	return copy_to_user(uset, &set, size);
}

/* --- waiting ---------------------------------------------------------------------------- */

static long pause_for_signal(void)
{
	while (!signal_pending()) {
		thread_sleep_prepare(SLEEP_INTERRUPTIBLE);
		if (signal_pending()) {
			thread_sleep_cancel();
			break;
		}
		if (thread_sleep(DEADLINE_NONE, SLEEP_INTERRUPTIBLE))
			break;
	}
	return -ERESTARTNOHAND;
}

long sys_pause(void)
{
	return pause_for_signal();
}

long sys_rt_sigsuspend(const u64 __user *umask, size_t size)
{
	int err;

	if (size != sizeof(u64))
		return -EINVAL;
	if (!umask)
		return -EFAULT;
	err = signal_mask_enter(umask, size);
	if (err)
		return err;
	return pause_for_signal();
}

/* EAGAIN: time is up.  EINTR: another signal's handler runs. */
long sys_rt_sigtimedwait(const u64 __user *uset, void __user *uinfo,
			 const struct __kernel_timespec __user *utimeout, size_t size)
{
	struct __kernel_timespec timeout;
	ktime_t deadline = DEADLINE_NONE, wait;
	siginfo_t info;
	u64 set;
	int sig;

	if (size != sizeof(set))
		return -EINVAL;
	if (get_user_u64(&set, uset))
		return -EFAULT;
	if (utimeout) {
		if (copy_from_user(&timeout, utimeout, sizeof(timeout)))
			return -EFAULT;
		if (!timespec_valid(&timeout))
			return -EINVAL;
		wait = timespec_to_ns(&timeout);
		if (wait == 0)
			deadline = 0;
		else if (wait < S64_MAX / 2)
			deadline = clock_monotonic_ns() + wait;
	}
	sig = signal_wait(set, &info, deadline);
	if (sig > 0 && uinfo && copy_to_user(uinfo, &info, sizeof(info)))
		return -EFAULT;
	return sig;
}

/* --- stacks and frames ---------------------------------------------------------------------- */

#define MINSIGSTKSZ_KERNEL 2048

static bool runs_on_altstack(const struct user_regs *regs, const struct task *task)
{
	return task->altstack_size && !(task->altstack_flags & SS_AUTODISARM) &&
	       arch_on_altstack(regs, task->altstack_base, task->altstack_size);
}

static void read_altstack(const struct user_regs *regs, const struct task *task, stack_t *out)
{
	memset(out, 0, sizeof(*out));
	out->ss_sp = (void *)task->altstack_base;
	out->ss_size = task->altstack_size;
	out->ss_flags = (int)(task->altstack_flags & SS_AUTODISARM);
	if (!task->altstack_size)
		out->ss_flags |= SS_DISABLE;
	else if (runs_on_altstack(regs, task))
		out->ss_flags |= SS_ONSTACK;
}

/* EPERM: it runs on it.  EINVAL: flags.  ENOMEM: too small. */
static int set_altstack(const struct user_regs *regs, struct task *task, const stack_t *new)
{
	u32 mode = new->ss_flags & ~SS_AUTODISARM;

	if (runs_on_altstack(regs, task))
		return -EPERM;
	if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
		return -EINVAL;
	if (mode == SS_DISABLE) {
		task->altstack_base = task->altstack_size = 0;
	} else {
		if (new->ss_size < max((size_t)MINSIGSTKSZ_KERNEL, arch_minsigstksz()))
			return -ENOMEM;
		task->altstack_base = (u64) new->ss_sp;
		task->altstack_size = new->ss_size;
	}
	task->altstack_flags = new->ss_flags; /* as given: handlers see it in their context */
	return 0;
}

long sys_sigaltstack(const void __user *unew, void __user *uold)
{
	struct task *task = current_task();
	const struct user_regs *regs = arch_thread_regs(&current->arch);
	stack_t new, old;
	int err;

	if (unew && copy_from_user(&new, unew, sizeof(new)))
		return -EFAULT;
	read_altstack(regs, task, &old);
	if (unew) {
		err = set_altstack(regs, task, &new);
		if (err)
			return err;
	}
	if (uold && copy_to_user(uold, &old, sizeof(old)))
		return -EFAULT;
	return 0;
}

long sys_rt_sigreturn(struct user_regs *regs)
{
	struct task *task = current_task();
	struct signal_return frame;
	stack_t altstack;
	int err = 0;
	long ret = arch_sigreturn(&current->arch, regs, &frame, &err);

	thread_work_set(current, WORK_FULL_EXIT);
	if (err) {
		signal_force_fault(SIGSEGV, SI_KERNEL, 0, 0);
		return 0;
	}
	altstack = (stack_t){ .ss_sp = (void *)frame.altstack_sp,
			      .ss_size = frame.altstack_size,
			      .ss_flags = (int)frame.altstack_flags };
	regs_set_syscall_nr(regs, -1);
	signal_set_mask(frame.mask);
	/* As sigaltstack(2) by the program returned to; what that would refuse changes nothing. */
	(void)set_altstack(regs, task, &altstack);
	return ret;
}

long sys_restart_syscall(void)
{
	long (*fn)(struct restart_block *) = current->restart.fn;

	if (!fn)
		return -EINTR;
	current->restart.fn = NULL;
	return fn(&current->restart);
}
