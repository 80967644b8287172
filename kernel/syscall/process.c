/*
 * process.c - making, running, ending and waiting for processes; their limits
 * and figures.
 */
#include <linux/sched.h>
#include "abi/fcntl.h"
#include "abi/prctl.h"
#include "abi/resource.h"
#include "abi/sched.h"
#include "arch/api/thread.h"
#include "core/clock.h"
#include "core/cred.h"
#include "fs/fdtable.h"
#include "fs/fs_context.h"
#include "fs/path.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/user.h"
#include "mem/slab.h"
#include "proc/exec.h"
#include "proc/fork.h"
#include "proc/pidfd.h"
#include "proc/proc_internal.h"
#include "proc/session.h"
#include "proc/signal/signal_internal.h"
#include "proc/wait.h"
#include "syscall/syscalls.h"
#include "vm/space.h"

/* --- numbers ----------------------------------------------------------------------- */

long sys_getpid(void)
{
	return current_task()->caller.pid->nr;
}

long sys_gettid(void)
{
	return current_task()->tid->nr;
}

long sys_getppid(void)
{
	struct process *parent;
	long number;

	spin_lock(&process_tree_lock);
	parent = current_process()->parent;
	number = parent ? process_number(parent) : 0;
	spin_unlock(&process_tree_lock);
	return number;
}

long sys_set_tid_address(u32 __user *word)
{
	current_task()->futex.clear_child_tid = word;
	return task_number(current_task());
}

long sys_getpgrp(void)
{
	return process_group_number(current_process());
}

static long group_or_session_of(int pid, int (*number)(struct process *))
{
	struct process *process;
	long ret;

	if (pid == 0)
		return number(current_process());
	process = process_lookup_thread(pid);
	if (!process)
		return -ESRCH;
	ret = number(process);
	process_put(process);
	return ret;
}

long sys_getpgid(int pid)
{
	return group_or_session_of(pid, process_group_number);
}

long sys_getsid(int pid)
{
	return group_or_session_of(pid, process_session_number);
}

long sys_setpgid(int pid, int pgid)
{
	return group_set(pid, pgid);
}

long sys_setsid(void)
{
	return session_new();
}

/* --- clone ---------------------------------------------------------------------------- */

long sys_fork(struct user_regs *regs)
{
	struct clone_request req = { .exit_signal = SIGCHLD, .regs = regs };

	return process_clone(&req);
}

long sys_vfork(struct user_regs *regs)
{
	struct clone_request req = { .flags = CLONE_VFORK | CLONE_VM,
				     .exit_signal = SIGCHLD,
				     .regs = regs };

	return process_clone(&req);
}

long sys_clone(struct user_regs *regs)
{
	u64 flags = (u32)regs_arg(regs, 0);
	struct clone_request req = {
		.flags = flags & ~(u64)CSIGNAL,
		.exit_signal = flags & CSIGNAL,
		.stack = regs_arg(regs, 1),
		.parent_tid = (u32 __user *)regs_arg(regs, 2),
		.child_tid = (u32 __user *)regs_arg(regs, 3),
		.pidfd = (int __user *)regs_arg(regs, 2),
		.tls = regs_arg(regs, 4),
		.regs = regs,
	};

	if (flags & CLONE_PIDFD && flags & CLONE_PARENT_SETTID)
		return -EINVAL;
	if (req.exit_signal > SIGNAL_MAX)
		return -EINVAL;
	if (flags & CLONE_THREAD)
		req.exit_signal = 0;
	return process_clone(&req);
}

long sys_clone3(struct user_regs *regs)
{
	void __user *uargs = (void __user *)regs_arg(regs, 0);
	size_t size = regs_arg(regs, 1);
	struct clone_args args;
	struct clone_request req;
	int err, number = 0;

	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < CLONE_ARGS_SIZE_VER0)
		return -EINVAL;
	err = copy_struct_from_user(&args, sizeof(args), uargs, size);
	if (err)
		return err;
	if (args.flags & (CLONE_DETACHED | CSIGNAL) || args.exit_signal & ~(u64)CSIGNAL ||
	    args.exit_signal > SIGNAL_MAX)
		return -EINVAL;
	if (args.flags & (CLONE_THREAD | CLONE_PARENT) && args.exit_signal)
		return -EINVAL;
	if (!args.set_tid != !args.set_tid_size || args.set_tid_size > 32)
		return -EINVAL;
	if (args.set_tid && get_user_u32((u32 *)&number, (const u32 __user *)args.set_tid))
		return -EFAULT;
	if (args.flags & CLONE_INTO_CGROUP)
		return -EINVAL;
	if (!args.stack != !args.stack_size)
		return -EINVAL;
	if (args.stack && !user_range_ok((void __user *)args.stack, args.stack_size))
		return -EINVAL;
	if (args.set_tid_size > 1 || (args.set_tid && number < 1))
		return -EINVAL; /* there is one namespace of numbers */
	if (args.set_tid && !cred_capable(current_cred(), CAP_CHECKPOINT_RESTORE) &&
	    !cred_capable(current_cred(), CAP_SYS_ADMIN))
		return -EPERM;
	req = (struct clone_request){
		.flags = args.flags,
		.exit_signal = args.exit_signal,
		.choose_number = args.set_tid != 0,
		.number = number,
		.stack = args.stack ? args.stack + args.stack_size : 0,
		.tls = args.tls,
		.parent_tid = (u32 __user *)args.parent_tid,
		.child_tid = (u32 __user *)args.child_tid,
		.pidfd = (int __user *)args.pidfd,
		.regs = regs,
	};
	return process_clone(&req);
}

/*
 * What unshare(2) can take back without namespaces: descriptors, and root,
 * working directory and umask.  Memory and handlers stay with the process, so
 * those flags want one that shares nothing.
 */
long sys_unshare(u64 flags)
{
	struct process *process = current_process();
	struct task *task = current_task();
	int err = 0;

	if (flags &
	    ~(u64)(CLONE_FS | CLONE_FILES | CLONE_VM | CLONE_SIGHAND | CLONE_THREAD |
		   CLONE_SYSVSEM | CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
		   CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME))
		return -EINVAL;
	if (flags & (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID |
		     CLONE_NEWNET | CLONE_NEWTIME | CLONE_NEWUSER))
		return flags & CLONE_NEWUSER || cred_capable(current_cred(), CAP_SYS_ADMIN) ?
			       -EINVAL :
			       -EPERM;
	if (flags & (CLONE_VM | CLONE_SIGHAND | CLONE_THREAD) && process->nlive > 1)
		return -EINVAL;
	if (flags & (CLONE_VM | CLONE_SIGHAND) && (refcount_read(&process->space->refs) > 1 ||
						   refcount_read(&process->handlers->refs) > 1))
		return -EINVAL;
	if (flags & CLONE_FS)
		err = task_unshare_fs(task);
	if (!err && flags & CLONE_FILES)
		err = task_unshare_fds(task);
	return err;
}

/* --- exec -------------------------------------------------------------------------------- */

#define PATH_MAX_KERNEL 4096

long sys_execve(struct user_regs *regs)
{
	struct exec_request req = {
		.lookup = LOOKUP_FOLLOW,
		.argv = regs_arg(regs, 1),
		.envp = regs_arg(regs, 2),
	};
	char *name;
	long err = strndup_user((const char __user *)regs_arg(regs, 0), PATH_MAX_KERNEL, &name);

	if (err)
		return err;
	req.name = req.display_name = name;
	err = process_exec(regs, &req);
	kfree(name);
	return err;
}

/* A relative name below a descriptor is shown as /dev/fd/N/name. */
static char *descriptor_name(int fd, const char *name)
{
	return *name ? kasprintf("/dev/fd/%d/%s", fd, name) : kasprintf("/dev/fd/%d", fd);
}

long sys_execveat(struct user_regs *regs)
{
	int fd = (int)regs_arg(regs, 0), flags = (int)regs_arg(regs, 4);
	struct exec_request req = {
		.lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW,
		.argv = regs_arg(regs, 2),
		.envp = regs_arg(regs, 3),
	};
	struct fd_ref ref = { NULL, false };
	struct path base;
	char *name, *display = NULL;
	long err;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH)
		req.lookup |= LOOKUP_EMPTY;
	err = strndup_user((const char __user *)regs_arg(regs, 1), PATH_MAX_KERNEL, &name);
	if (err)
		return err;
	req.name = req.display_name = name;
	if (name[0] != '/' && fd != AT_FDCWD) {
		ref = fd_get_raw(current_fds(), fd);
		err = -EBADF;
		if (!ref.file)
			goto out_free;
		err = -EACCES;
		if (!ref.file->path.dentry)
			goto out_put_fd;
		display = descriptor_name(fd, name);
		err = -ENOMEM;
		if (!display)
			goto out_put_fd;
		base = ref.file->path;
		path_get(&base);
		req.base = &base;
		req.display_name = display;
		req.name_inaccessible = fdtable_get_cloexec(current_fds(), fd) > 0;
	}
	err = process_exec(regs, &req);
	if (req.base)
		path_put(&base);
out_put_fd:
	fd_put(ref);
	kfree(display);
out_free:
	kfree(name);
	return err;
}

/* --- exit, wait ----------------------------------------------------------------------------- */

long sys_exit(int status)
{
	task_exit((status & 0xff) << 8);
}

long sys_exit_group(int status)
{
	process_exit((status & 0xff) << 8);
}

static void fill_timeval(struct __kernel_old_timeval *tv, u64 ns)
{
	tv->tv_sec = ns / NSEC_PER_SEC;
	tv->tv_usec = ns % NSEC_PER_SEC / NSEC_PER_USEC;
}

static int put_rusage(struct rusage __user *dst, const struct process_usage *usage)
{
	struct rusage out;

	memset(&out, 0, sizeof(out));
	fill_timeval((struct __kernel_old_timeval *)&out.ru_utime, usage->user_ns);
	fill_timeval((struct __kernel_old_timeval *)&out.ru_stime, usage->system_ns);
	out.ru_maxrss = usage->max_rss_pages * (PAGE_SIZE / 1024);
	out.ru_minflt = usage->minor_faults;
	out.ru_majflt = usage->major_faults;
	out.ru_inblock = usage->in_blocks;
	out.ru_oublock = usage->out_blocks;
	out.ru_nvcsw = usage->voluntary_switches;
	out.ru_nivcsw = usage->involuntary_switches;
	return copy_to_user(dst, &out, sizeof(out));
}

long sys_wait4(int pid, int __user *ustatus, int options, struct rusage __user *urusage)
{
	struct process_usage usage;
	struct wait_request req = { .usage = urusage ? &usage : NULL };
	long ret;

	if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL))
		return -EINVAL;
	if (pid == INT_MIN)
		return -ESRCH;
	req.options = options | WEXITED;
	if (pid == -1) {
		req.type = P_ALL;
	} else if (pid > 0) {
		req.type = P_PID;
		req.pid = pid_lookup(&pid_table_root, pid);
	} else {
		req.type = P_PGID;
		if (pid == 0) {
			spin_lock(&process_tree_lock);
			req.pid = pid_get(current_process()->group);
			spin_unlock(&process_tree_lock);
		} else {
			req.pid = pid_lookup(&pid_table_root, -pid);
		}
	}
	ret = process_wait(&req);
	pid_put(req.pid);
	if (ret > 0) {
		if (ustatus && put_user_s32(req.status, ustatus))
			return -EFAULT;
		if (urusage && put_rusage(urusage, &usage))
			return -EFAULT;
	}
	return ret;
}

static int waitid_target(int type, int id, struct wait_request *req, unsigned *file_flags)
{
	struct process *process;
	int err;

	req->type = type;
	switch (type) {
	case P_ALL:
		return 0;
	case P_PID:
		if (id <= 0)
			return -EINVAL;
		req->pid = pid_lookup(&pid_table_root, id);
		return 0;
	case P_PGID:
		if (id < 0)
			return -EINVAL;
		if (id > 0) {
			req->pid = pid_lookup(&pid_table_root, id);
			return 0;
		}
		spin_lock(&process_tree_lock);
		req->pid = pid_get(current_process()->group);
		spin_unlock(&process_tree_lock);
		return 0;
	case P_PIDFD:
		if (id < 0)
			return -EINVAL;
		err = pidfd_process(id, &process);
		if (err)
			return err;
		*file_flags = pidfd_flags(id);
		req->type = P_PID;
		req->pid = pid_get(process->pid);
		process_put(process);
		return 0;
	}
	return -EINVAL;
}

/* Only the fields that waitid(2) defines: the rest of the caller's structure stays. */
static int put_wait_info(void __user *uinfo, const siginfo_t *info)
{
	const char *from = (const char *)info;
	size_t head = offsetof(siginfo_t, si_code) + sizeof(int);
	size_t pid = offsetof(siginfo_t, si_pid),
	       end = offsetof(siginfo_t, si_status) + sizeof(int);

	if (copy_to_user(uinfo, from, head) ||
	    copy_to_user((char __user *)uinfo + pid, from + pid, end - pid))
		return -EFAULT;
	return 0;
}

long sys_waitid(int type, int id, void __user *uinfo, int options, struct rusage __user *urusage)
{
	struct process_usage usage;
	struct wait_request req = { .usage = urusage ? &usage : NULL };
	unsigned file_flags = 0;
	siginfo_t info;
	long ret;

	if (options & ~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD |
			__WCLONE | __WALL) ||
	    !(options & (WEXITED | WSTOPPED | WCONTINUED)))
		return -EINVAL;
	req.options = options;
	ret = waitid_target(type, id, &req, &file_flags);
	if (ret)
		return ret;
	if (file_flags & O_NONBLOCK)
		req.options |= WNOHANG;
	ret = process_wait(&req);
	pid_put(req.pid);
	if (ret == 0 && file_flags & O_NONBLOCK && !(options & WNOHANG))
		return -EAGAIN;
	if (ret < 0)
		return ret;
	if (ret > 0 && urusage && put_rusage(urusage, &usage))
		return -EFAULT;
	if (!uinfo)
		return 0;
	siginfo_init(&info, ret > 0 ? SIGCHLD : 0, 0);
	if (ret > 0) {
		info.si_code = req.code;
		info.si_pid = ret;
		info.si_uid = req.uid;
		info.si_status = req.code_status;
	}
	return put_wait_info(uinfo, &info);
}

/* --- pidfd -------------------------------------------------------------------------------------- */

long sys_pidfd_open(int pid, unsigned flags)
{
	return pidfd_open(pid, flags);
}

/* EBADF: either descriptor.  EPERM: ptrace's rule.  ESRCH: it has ended. */
long sys_pidfd_getfd(int pidfd, int fd, unsigned flags)
{
	struct process *process;
	struct fdtable *fds;
	struct task *task;
	struct file *file;
	long err;

	if (flags)
		return -EINVAL;
	err = pidfd_process(pidfd, &process);
	if (err)
		return err;
	err = process_access_check(process, true);
	if (err)
		goto out_put;
	err = -ESRCH;
	task = process_leader_get(process);
	fds = task ? task_fds_visit(task) : NULL;
	if (task)
		task_put(task);
	if (!fds)
		goto out_put;
	file = fdtable_visit_file(fds, fd);
	fdtable_leave(fds);
	err = -EBADF;
	if (!file)
		goto out_put;
	err = fdtable_add(current_fds(), file, true);
	if (err < 0)
		file_put(file);
out_put:
	process_put(process);
	return err;
}

/* --- limits and figures ---------------------------------------------------------------------------- */

#define NR_OPEN_MAX 1048576

static int set_limit(struct process *process, unsigned which, const struct rlimit64 *new)
{
	int err;

	if (which == RLIMIT_NOFILE && new->rlim_max > NR_OPEN_MAX)
		return -EPERM;
	err = rlimit_write(process->limits, which, new,
			   cred_capable(current_cred(), CAP_SYS_RESOURCE));
	if (err)
		return err;
	if (which == RLIMIT_CPU || which == RLIMIT_RTTIME) {
		cpu_timer_update(process);
	} else if (which == RLIMIT_AS || which == RLIMIT_DATA || which == RLIMIT_STACK ||
		   which == RLIMIT_MEMLOCK) {
		struct vm_space *space = process_space_get(process);

		if (space) {
			vm_space_set_limits(space, process->limits);
			vm_space_put(space);
		}
	}
	return 0;
}

long sys_getrlimit(unsigned which, struct rlimit __user *ulimit)
{
	struct rlimit64 limit;

	if (which >= RLIM_NLIMITS)
		return -EINVAL;
	rlimit_read(current_process()->limits, which, &limit);
	return copy_to_user(ulimit, &limit, sizeof(limit));
}

long sys_setrlimit(unsigned which, const struct rlimit __user *ulimit)
{
	struct rlimit64 limit;

	if (copy_from_user(&limit, ulimit, sizeof(limit)))
		return -EFAULT;
	if (which >= RLIM_NLIMITS)
		return -EINVAL;
	return set_limit(current_process(), which, &limit);
}

/* prlimit(2)'s rule for another process. */
static int check_prlimit(struct process *process)
{
	const struct cred *mine = current_cred(), *theirs;
	bool ok;

	if (process == current_process() || cred_capable(mine, CAP_SYS_RESOURCE))
		return 0;
	theirs = process_cred_get(process);
	ok = mine->uid == theirs->uid && mine->uid == theirs->euid && mine->uid == theirs->suid &&
	     mine->gid == theirs->gid && mine->gid == theirs->egid && mine->gid == theirs->sgid;
	cred_put(theirs);
	return ok ? 0 : -EPERM;
}

long sys_prlimit64(int pid, unsigned which, const struct rlimit64 __user *unew,
		   struct rlimit64 __user *uold)
{
	struct rlimit64 new, old;
	struct process *process;
	struct task *task;
	long err;

	if (which >= RLIM_NLIMITS)
		return -EINVAL;
	if (unew && copy_from_user(&new, unew, sizeof(new)))
		return -EFAULT;
	if (pid == 0) {
		process = process_get(current_process());
	} else {
		task = task_lookup(pid);
		if (!task)
			return -ESRCH;
		process = process_get(task->process);
		task_put(task);
	}
	err = check_prlimit(process);
	if (err)
		goto out_put;
	rlimit_read(process->limits, which, &old);
	if (unew)
		err = set_limit(process, which, &new);
	if (!err && uold)
		err = copy_to_user(uold, &old, sizeof(old));
out_put:
	process_put(process);
	return err;
}

long sys_getrusage(int who, struct rusage __user *urusage)
{
	struct process *process = current_process();
	struct process_usage usage;
	unsigned long flags;

	switch (who) {
	case RUSAGE_SELF:
		process_usage_sum(process, &usage);
		break;
	case RUSAGE_CHILDREN:
		flags = spin_lock_irqsave(&process->lock);
		usage = process->children_usage;
		spin_unlock_irqrestore(&process->lock, flags);
		break;
	case RUSAGE_THREAD:
		task_usage(current_task(), &usage);
		break;
	default:
		return -EINVAL;
	}
	return put_rusage(urusage, &usage);
}

long sys_times(struct tms __user *utms)
{
	const u64 tick = NSEC_PER_SEC / USER_HZ;
	struct process *process = current_process();
	struct process_usage usage;
	struct tms out;

	if (utms) {
		process_usage_sum(process, &usage);
		out.tms_utime = usage.user_ns / tick;
		out.tms_stime = usage.system_ns / tick;
		out.tms_cutime = process->children_usage.user_ns / tick;
		out.tms_cstime = process->children_usage.system_ns / tick;
		if (copy_to_user(utms, &out, sizeof(out)))
			return -EFAULT;
	}
	return clock_monotonic_ns() / tick;
}

long sys_personality(unsigned persona)
{
	struct process *process = current_process();
	u32 old = process->personality;

	if (persona != 0xffffffff)
		process->personality = persona;
	return old;
}

long sys_arch_prctl(int option, u64 arg)
{
	return arch_prctl(&current->arch, option, arg);
}
