/*
 * signal.h - sending, blocking and taking signals.
 *
 * A signal set is a u64, bit (sig - 1).  A queue is such a set plus the list
 * of siginfo records; a standard signal has at most one record, a real-time
 * signal one per send.  A record is charged to the sender's uid
 * (RLIMIT_SIGPENDING); when none can be had a standard signal goes out without.
 */
#pragma once

#include "lib/types.h"
#include "lib/list.h"
#include "lib/annotate.h"
#include "core/refcount.h"
#include "core/spinlock.h"
#include <linux/signal.h>
#include "abi/signal.h"

struct process;
struct task;
struct thread;
struct pid;
struct user_regs;
struct sigpending_record;

#define SIGNAL_MAX	    64
#define SIGNAL_MASK(sig)    (1ULL << ((sig) - 1))
#define SIGNALS_UNBLOCKABLE (SIGNAL_MASK(SIGKILL) | SIGNAL_MASK(SIGSTOP))

struct signal_queue {
	u64 set;		  /* which are pending */
	u32 count;		  /* of records */
	struct list_node records; /* struct sigpending_record, oldest first */
};

/* Actions; shared with CLONE_SIGHAND.  The two sets are also read without the lock, by those to
 * whom a change at the same moment may come just after. */
struct signal_handlers {
	struct refcount refs;	       /* [a] */
	struct spinlock lock;	       /* rank LOCK_LEAF, irq */
	u64 ignored GUARDED_BY(&lock); /* [l] SIG_IGN, and SIG_DFL where that ignores */
	u64 handled GUARDED_BY(&lock); /* [l] a function */
	u64 touched GUARDED_BY(&lock); /* [l] not as a fresh process has them */
	struct kernel_sigaction actions[SIGNAL_MAX] GUARDED_BY(&lock); /* [l] */
};

/* A siginfo for kill(2)-like signals from the kernel itself. */
void siginfo_init(siginfo_t *info, int sig, int code);
#define SIGINFO_KERNEL(info, sig) siginfo_init(info, sig, SI_KERNEL)

/*
 * Send.  @info->si_signo is the signal.  Any context, interrupts included;
 * no lock of proc/ held except where _locked says so.
 * Return: 0; -EAGAIN when a real-time signal could not be queued.
 */
int signal_send_process(struct process *process, const siginfo_t *info);
int signal_send_task(struct task *task, const siginfo_t *info);
/* The kernel's own (terminals: SIGINT, SIGHUP ...).  To a group: 0 when one was reached, -ESRCH
 * when it has no members. */
int signal_send_group_kernel(struct pid *group, int sig);
int signal_send_process_kernel(struct process *process, int sig);
int signal_send_process_by_caller(struct process *process, int sig); /* as kill(2) */
int signal_send_current(int sig); /* to this thread, e.g. SIGPIPE */

/* A fault of the running thread: not to be blocked or ignored. */
void signal_force_fault(int sig, int code, u64 address, int trapno);

/* Anything to take at return to user? */
bool signal_pending(void);
/* Is the signal blocked or ignored by this thread (terminals ask)? */
bool signal_is_ignored(int sig);

/* The mask of this thread; keeps WORK_SIGNAL right. */
void signal_set_mask(u64 mask);
/* pselect, ppoll, epoll_pwait, sigsuspend: swap it for the time of the call.
 * signal_mask_leave(): call at the end with interrupted = the call returns
 * because of a signal; else the old mask is put back at once. */
int signal_mask_enter(const void __user *umask, size_t size);
void signal_mask_leave(bool interrupted);

/* Sets blocked by all tasks etc. for /proc/PID/status. */
struct signal_sets {
	u64 pending, shared_pending, blocked, ignored, caught;
	unsigned queued;
	u64 queue_limit;
};
void signal_sets_read(struct task *task, struct signal_sets *sets);
