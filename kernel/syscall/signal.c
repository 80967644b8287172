/*
 * signal.c - kill(2), sigaction(2), sigprocmask(2), sigtimedwait(2) and kin.
 */
#include "abi/signal.h"
#include "arch/api/signal_frame.h"
#include "arch/api/thread.h"
#include "abi/time.h"
#include "core/clock.h"
#include "core/cred.h"
#include "fs/fdtable.h"
#include "fs/procfs/procfs.h"
#include "lib/string.h"
#include "mem/user.h"
#include "proc/pidfd.h"
#include "proc/session.h"
#include "proc/signal/signal_internal.h"
#include "sched/waitq.h"
#include "syscall/syscalls.h"

/* --- sending --------------------------------------------------------------------- */

static void fill_kill(siginfo_t *info, int sig, int code)
{
	siginfo_init(info, sig, code);
	info->si_pid = process_number(current_process());
	info->si_uid = current_cred()->uid;
}

/* kill(2)'s rule.  EINVAL, EPERM. */
static int check_kill(struct process *target, int sig)
{
	const struct cred *theirs;
	bool may;

	if (sig < 0 || sig > SIGNAL_MAX)
		return -EINVAL;
	if (target == current_process())
		return 0;
	theirs = process_cred_get(target);
	may = cred_may_kill(current_cred(), theirs);
	cred_put(theirs);
	if (!may && sig == SIGCONT)
		may = target->session == current_process()->session;
	return may ? 0 : -EPERM;
}

static int kill_one(struct process *target, int sig, const siginfo_t *info)
{
	int err = check_kill(target, sig);

	if (err || sig == 0)
		return err;
	return signal_send_process(target, info);
}

static long kill_number(int pid, int sig, const siginfo_t *info)
{
	struct process *target = process_lookup_thread(pid);
	long err;

	if (!target)
		return -ESRCH;
	err = kill_one(target, sig, info);
	process_put(target);
	return err;
}

/* To a group: 0 if one could be signalled, else the last error. */
static long kill_group(struct pid *group, int sig, const siginfo_t *info)
{
	struct process *member;
	long err = -ESRCH, one;
	bool sent = false;

	spin_lock(&process_tree_lock);
	list_for_each_entry(member, &group->users[PID_PGID], group_link) {
		one = kill_one(member, sig, info);
		sent = sent || one == 0;
		err = one;
	}
	spin_unlock(&process_tree_lock);
	return sent ? 0 : err;
}

/* kill(-1): to all but process 1 and the caller. */
static long kill_all(int sig, const siginfo_t *info)
{
	struct process *process, *self = current_process();
	long err = -ESRCH, one;
	bool any = false;

	spin_lock(&process_tree_lock);
	list_for_each_entry(process, &process_list, all_link) {
		if (process == process_init || process == self)
			continue;
		one = kill_one(process, sig, info);
		if (!any || one != -EPERM)
			err = one == -EPERM ? 0 : one; /* not allowed is no failure here */
		any = true;
	}
	spin_unlock(&process_tree_lock);
	return err;
}

long sys_kill(int pid, int sig)
{
	struct pid *group;
	siginfo_t info;
	long err;

	fill_kill(&info, sig, SI_USER);
	if (pid > 0)
		return kill_number(pid, sig, &info);
	if (pid == -1)
		return kill_all(sig, &info);
	if (pid == INT_MIN)
		return -ESRCH;
	if (pid == 0) {
		spin_lock(&process_tree_lock);
		group = pid_get(current_process()->group);
		spin_unlock(&process_tree_lock);
	} else {
		group = pid_lookup(&pid_table_root, -pid);
		if (!group)
			return -ESRCH;
	}
	err = kill_group(group, sig, &info);
	pid_put(group);
	return err;
}

static long kill_thread(int tgid, int tid, int sig, const siginfo_t *info)
{
	struct task *task = task_lookup(tid);
	long err = -ESRCH;

	if (!task)
		return -ESRCH;
	if (tgid > 0 && process_number(task->process) != tgid)
		goto out_put;
	err = check_kill(task->process, sig);
	if (!err && sig)
		err = signal_send_task(task, info);
out_put:
	task_put(task);
	return err;
}

long sys_tkill(int tid, int sig)
{
	siginfo_t info;

	if (tid <= 0)
		return -EINVAL;
	fill_kill(&info, sig, SI_TKILL);
	return kill_thread(0, tid, sig, &info);
}

long sys_tgkill(int tgid, int tid, int sig)
{
	siginfo_t info;

	if (tgid <= 0 || tid <= 0)
		return -EINVAL;
	fill_kill(&info, sig, SI_TKILL);
	return kill_thread(tgid, tid, sig, &info);
}

/* EPERM: pretending to be kill(2), or the kernel, to somebody else. */
static int read_info(int sig, const void __user *uinfo, bool to_self, siginfo_t *info)
{
	if (copy_from_user(info, uinfo, sizeof(*info)))
		return -EFAULT;
	info->si_signo = sig;
	if ((info->si_code >= 0 || info->si_code == SI_TKILL) && !to_self)
		return -EPERM;
	return 0;
}

long sys_rt_sigqueueinfo(int pid, int sig, const void __user *uinfo)
{
	siginfo_t info;
	int err = read_info(sig, uinfo, pid == process_number(current_process()), &info);

	if (err)
		return err;
	return kill_number(pid, sig, &info);
}

long sys_rt_tgsigqueueinfo(int tgid, int tid, int sig, const void __user *uinfo)
{
	siginfo_t info;
	int err;

	if (tgid <= 0 || tid <= 0)
		return -EINVAL;
	err = read_info(sig, uinfo, tid == task_number(current_task()), &info);
	if (err)
		return err;
	return kill_thread(tgid, tid, sig, &info);
}

/*
 * The process behind a pidfd or an open directory /proc/PID, with a reference: Linux takes the
 * latter here, and nowhere else that wants a pidfd.  -EBADF, -ESRCH.
 */
static int signal_target(int fd, struct process **out)
{
	struct fd_ref ref = fd_get(current_fds(), fd);
	struct process *target;
	int err = 0;

	if (!ref.file)
		return -EBADF;
	target = pidfd_file_process(ref.file);
	if (target)
		*out = process_get(target);
	else
		err = procfs_file_process(ref.file, out);
	fd_put(ref);
	return err;
}

/* EBADF: no pidfd and no /proc/PID.  EINVAL: flags, or a siginfo for another signal. */
long sys_pidfd_send_signal(int pidfd, int sig, const void __user *uinfo, unsigned flags)
{
	struct process *target;
	siginfo_t info;
	long err;

	if (flags)
		return -EINVAL;
	err = signal_target(pidfd, &target);
	if (err)
		return err;
	if (uinfo) {
		err = -EFAULT;
		if (copy_from_user(&info, uinfo, sizeof(info)))
			goto out_put;
		err = -EINVAL;
		if (info.si_signo != sig)
			goto out_put;
		err = -EPERM;
		if (target != current_process() && (info.si_code >= 0 || info.si_code == SI_TKILL))
			goto out_put;
	} else {
		fill_kill(&info, sig, SI_USER);
	}
	err = -ESRCH;
	if (target->state != PROCESS_DEAD)
		err = kill_one(target, sig, &info);
out_put:
	process_put(target);
	return err;
}

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
	u64 set = (task->pending.set | task->process->pending.set) & task->sigmask;

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

static void read_altstack(const struct user_regs *regs, const struct task *task, stack_t *out)
{
	memset(out, 0, sizeof(*out));
	out->ss_sp = (void *)task->altstack_base;
	out->ss_size = task->altstack_size;
	out->ss_flags = task->altstack_flags;
	if (task->altstack_size && arch_on_altstack(regs, task->altstack_base, task->altstack_size))
		out->ss_flags |= SS_ONSTACK;
}

/* EPERM: it runs on it.  EINVAL: flags.  ENOMEM: too small. */
static int set_altstack(struct task *task, bool on_it, const stack_t *new)
{
	u32 mode = new->ss_flags & ~SS_AUTODISARM;

	if (on_it)
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
	task->altstack_flags = new->ss_flags & ~SS_ONSTACK;
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
		err = set_altstack(task,
				   task->altstack_size && old.ss_flags & SS_ONSTACK &&
					   !(task->altstack_flags & SS_AUTODISARM),
				   &new);
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
	int err = 0;
	long ret = arch_sigreturn(&current->arch, regs, &frame, &err);

	thread_work_set(current, WORK_FULL_EXIT);
	if (err) {
		signal_force_fault(SIGSEGV, SI_KERNEL, 0, 0);
		return 0;
	}
	regs_set_syscall_nr(regs, -1);
	signal_set_mask(frame.mask);
	if (frame.altstack_size == 0 || frame.altstack_flags & SS_DISABLE) {
		task->altstack_base = task->altstack_size = 0;
		task->altstack_flags = SS_DISABLE;
	} else {
		task->altstack_base = frame.altstack_sp;
		task->altstack_size = frame.altstack_size;
		task->altstack_flags = frame.altstack_flags & SS_AUTODISARM;
	}
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
