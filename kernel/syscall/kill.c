/*
 * kill.c - sending signals: kill(2), tgkill(2), rt_sigqueueinfo(2), pidfd_send_signal(2).
 */
#include "abi/signal.h"
#include "core/cred.h"
#include "fs/fdtable.h"
#include "fs/procfs/procfs.h"
#include "lib/string.h"
#include "mem/user.h"
#include "proc/pidfd.h"
#include "proc/signal/signal_internal.h"
#include "syscall/syscalls.h"

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

/*
 * kill(-1): to all but process 1 and the caller.  Never ESRCH, and EPERM is no
 * failure: on Linux there are always its own threads to be passed over.
 */
static long kill_all(int sig, const siginfo_t *info)
{
	struct process *process, *self = current_process();
	long err = (unsigned)sig > SIGNAL_MAX ? -EINVAL : 0, one;

	spin_lock(&process_tree_lock);
	list_for_each_entry(process, &process_list, all_link) {
		if (process == process_init || process == self)
			continue;
		one = kill_one(process, sig, info);
		if (one != -EPERM)
			err = one;
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

/* --- a siginfo from the caller ------------------------------------------------------- */

#define SIGINFO_USED 48 /* every layout that is defined ends before it */

/* Is @code one that means something with @sig, so that the layout is known? */
static bool siginfo_is_known(int sig, int code)
{
	static const u8 ncodes[] = {
		[SIGILL] = NSIGILL,   [SIGTRAP] = NSIGTRAP, [SIGBUS] = NSIGBUS,
		[SIGFPE] = NSIGFPE,   [SIGSEGV] = NSIGSEGV, [SIGCHLD] = NSIGCHLD,
		[SIGPOLL] = NSIGPOLL, [SIGSYS] = NSIGSYS
	};

	if (code <= 0)
		return code >= SI_DETHREAD || code == SI_ASYNCNL;
	if (code == SI_KERNEL)
		return true;
	if (sig >= 0 && sig < (int)ARRAY_SIZE(ncodes) && ncodes[sig])
		return code <= ncodes[sig];
	return code <= NSIGPOLL;
}

/*
 * @sig: the signal to be sent; NULL: as the siginfo says.
 * EFAULT.  E2BIG: more than a siginfo's known part is set, in one of unknown layout.
 */
static int copy_siginfo(const int *sig, const void __user *uinfo, siginfo_t *info)
{
	u64 extra[(sizeof(*info) - SIGINFO_USED) / sizeof(u64)];

	memset(info, 0, sizeof(*info));
	if (copy_from_user(info, uinfo, SIGINFO_USED))
		return -EFAULT;
	if (sig)
		info->si_signo = *sig;
	if (siginfo_is_known(info->si_signo, info->si_code))
		return 0;
	if (copy_from_user(extra, (const char __user *)uinfo + SIGINFO_USED, sizeof(extra)))
		return -EFAULT;
	for (size_t i = 0; i < ARRAY_SIZE(extra); i++)
		if (extra[i])
			return -E2BIG;
	return 0;
}

/* Does it pretend to be kill(2), or the kernel?  To others that is EPERM. */
static bool siginfo_pretends(const siginfo_t *info)
{
	return info->si_code >= 0 || info->si_code == SI_TKILL;
}

long sys_rt_sigqueueinfo(int pid, int sig, const void __user *uinfo)
{
	siginfo_t info;
	int err = copy_siginfo(&sig, uinfo, &info);

	if (err)
		return err;
	if (siginfo_pretends(&info) && pid != process_number(current_process()))
		return -EPERM;
	return kill_number(pid, sig, &info);
}

long sys_rt_tgsigqueueinfo(int tgid, int tid, int sig, const void __user *uinfo)
{
	siginfo_t info;
	int err = copy_siginfo(&sig, uinfo, &info);

	if (err)
		return err;
	if (tgid <= 0 || tid <= 0)
		return -EINVAL;
	if (siginfo_pretends(&info) && tid != task_number(current_task()))
		return -EPERM;
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
		err = copy_siginfo(NULL, uinfo, &info);
		if (err)
			goto out_put;
		err = -EINVAL;
		if (info.si_signo != sig)
			goto out_put;
		err = -EPERM;
		if (siginfo_pretends(&info) && target != current_process())
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
