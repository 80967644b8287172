/*
 * io.c - SIGIO: readiness of a file becomes a signal: fcntl(2).
 *
 * Without F_SETSIG it is a plain SIGIO.  With it the signal carries which
 * descriptor and what happened; should the queue be full, SIGIO tells at least
 * that something did.
 */
#include "core/cred.h"
#include "core/hooks.h"
#include "core/pid.h"
#include "proc/process.h"
#include "proc/signal/signal_internal.h"
#include <linux/eventpoll.h>
#include <linux/fcntl.h>

/* siginfo.si_band by si_code, POLL_IN first. */
static const long bands[] = {
	EPOLLIN | EPOLLRDNORM,
	EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND,
	EPOLLIN | EPOLLRDNORM | EPOLLMSG,
	EPOLLERR,
	EPOLLPRI | EPOLLRDBAND,
	EPOLLHUP | EPOLLERR,
};

/* These number their si_codes themselves: theirs would be misread. */
static bool has_own_codes(int sig)
{
	return sig == SIGILL || sig == SIGFPE || sig == SIGSEGV || sig == SIGBUS ||
	       sig == SIGTRAP || sig == SIGCHLD || sig == SIGSYS;
}

static bool may_signal(const struct io_signal *io, struct process *process, struct task *task)
{
	unsigned long flags = spin_lock_irqsave(&process->lock);
	const struct cred *cred = task ? task->caller.cred : process_cred_locked(process);
	bool may = io->euid == 0 || io->euid == cred->suid || io->euid == cred->uid ||
		   io->uid == cred->suid || io->uid == cred->uid;

	spin_unlock_irqrestore(&process->lock, flags);
	return may;
}

static void send(const struct io_signal *io, struct process *process, struct task *task)
{
	siginfo_t info;
	int err = -EAGAIN;

	if (!may_signal(io, process, task))
		return;
	if (io->sig) {
		siginfo_init(&info, io->sig, has_own_codes(io->sig) ? SI_SIGIO : io->code);
		info.si_band = bands[io->code - POLL_IN];
		info.si_fd = io->fd;
		err = task ? signal_send_task(task, &info) : signal_send_process(process, &info);
	}
	if (err == -EAGAIN) {
		SIGINFO_KERNEL(&info, SIGIO);
		if (task)
			signal_send_task(task, &info);
		else
			signal_send_process(process, &info);
	}
}

/* kernel_hooks.signal_io */
void signal_io(const struct io_signal *io)
{
	struct process *process;
	struct task *task;

	spin_lock(&process_tree_lock);
	if (io->owner_type == F_OWNER_PGRP) {
		list_for_each_entry(process, &io->pid->users[PID_PGID], group_link)
			send(io, process, NULL);
	} else if (io->owner_type == F_OWNER_TID) {
		list_for_each_entry(task, &io->pid->users[PID_TID], tid_link)
			send(io, task->process, task);
	} else {
		list_for_each_entry(process, &io->pid->users[PID_TGID], tgid_link)
			send(io, process, NULL);
	}
	spin_unlock(&process_tree_lock);
}
