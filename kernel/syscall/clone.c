/*
 * clone.c - new threads and processes: fork(2), vfork(2), clone(2), clone3(2), unshare(2).
 */
#include <linux/sched.h>
#include "abi/prctl.h"
#include "abi/sched.h"
#include "core/cred.h"
#include "mem/user.h"
#include "proc/fork.h"
#include "proc/signal/signal_internal.h"
#include "syscall/syscalls.h"
#include "vm/space.h"

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
