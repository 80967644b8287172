/*
 * wait.c - exit(2), wait4(2), waitid(2).
 */
#include "abi/fcntl.h"
#include "abi/resource.h"
#include "mem/user.h"
#include "proc/pidfd.h"
#include "proc/proc_internal.h"
#include "proc/wait.h"
#include "syscall/syscalls.h"
#include "syscall/usage.h"

long sys_exit(int status)
{
	task_exit((status & 0xff) << 8);
}

long sys_exit_group(int status)
{
	process_exit((status & 0xff) << 8);
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

/* The child's number; 0: none has news yet. */
static long wait_for(int type, int id, int options, struct wait_request *req)
{
	unsigned file_flags = 0;
	long ret;

	if (options & ~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD |
			__WCLONE | __WALL) ||
	    !(options & (WEXITED | WSTOPPED | WCONTINUED)))
		return -EINVAL;
	req->options = options;
	ret = waitid_target(type, id, req, &file_flags);
	if (ret)
		return ret;
	if (file_flags & O_NONBLOCK)
		req->options |= WNOHANG;
	ret = process_wait(req);
	pid_put(req->pid);
	if (ret == 0 && file_flags & O_NONBLOCK && !(options & WNOHANG))
		return -EAGAIN;
	return ret;
}

/* The siginfo is written whatever happens, and not to be able to is what is told then. */
long sys_waitid(int type, int id, void __user *uinfo, int options, struct rusage __user *urusage)
{
	struct process_usage usage;
	struct wait_request req = { .usage = urusage ? &usage : NULL };
	long ret = wait_for(type, id, options, &req);
	siginfo_t info;

	if (ret > 0 && urusage && put_rusage(urusage, &usage))
		return -EFAULT;
	if (!uinfo)
		return min(ret, 0l);
	siginfo_init(&info, ret > 0 ? SIGCHLD : 0, 0);
	if (ret > 0) {
		info.si_code = req.code;
		info.si_pid = ret;
		info.si_uid = req.uid;
		info.si_status = req.code_status;
	}
	if (put_wait_info(uinfo, &info))
		return -EFAULT;
	return min(ret, 0l);
}
