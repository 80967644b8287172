/*
 * limits.c - what a process may use and has used: getrlimit(2), prlimit(2), getrusage(2), times(2).
 */
#include "abi/prctl.h"
#include "abi/resource.h"
#include "core/clock.h"
#include "core/cred.h"
#include "fs/fdtable.h"
#include "lib/string.h"
#include "mem/user.h"
#include "proc/proc_internal.h"
#include "syscall/syscalls.h"
#include "syscall/usage.h"
#include "vm/space.h"

static int set_limit(struct process *process, unsigned which, const struct rlimit64 *new)
{
	int err;

	if (which == RLIMIT_NOFILE && new->rlim_max > (u64)READ_ONCE(fs_nr_open))
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
	if (!err && which >= RLIM_NLIMITS)
		err = -EINVAL;
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

static void fill_timeval(struct __kernel_old_timeval *tv, u64 ns)
{
	tv->tv_sec = ns / NSEC_PER_SEC;
	tv->tv_usec = ns % NSEC_PER_SEC / NSEC_PER_USEC;
}

int put_rusage(struct rusage __user *dst, const struct process_usage *usage)
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
