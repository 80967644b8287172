/*
 * task.h - one thread of a process.
 *
 * struct thread (sched/) is what runs; struct task is what POSIX and Linux
 * attach to it.  thread->owner points back here.
 *
 * Fields: [I] immutable  [a] atomic  [l] process.lock  [T] the task itself
 *	[o] written by the task itself under process.lock, so that it reads
 *	freely and others read under the lock
 */
#pragma once

#include "lib/types.h"
#include "lib/list.h"
#include "core/caller.h"
#include "core/pid.h"
#include "core/refcount.h"
#include "sched/rcu.h"
#include "sched/thread.h"
#include "proc/signal/signal.h"
#include "proc/signal/restart.h"

struct process;
struct robust_list_head;
struct user_regs;

struct task {
	struct refcount refs;			/* [a] */
	struct thread *thread;			/* [I] NULL once it left the processor */
	struct process *process;		/* [I] holds a reference */
	struct pid *tid;			/* [l] execve(2) may change it */
	struct list_node process_link;		/* [l] process.tasks */
	struct caller caller;			/* [o] .cred; the rest [I] */
	char comm[16];				/* [o] */

	/* Signals. */
	u64 sigmask;				/* [o] blocked */
	u64 saved_sigmask;			/* [T] to put back, with restore_sigmask */
	u64 sigwait;				/* [l] sigtimedwait(2) wants these */
	bool restore_sigmask;			/* [T] */
	u8 stop;				/* [l] TASK_STOP_* */
	bool dead;				/* [l] in task_exit() */
	struct signal_queue pending;		/* [l] sent to this thread */
	u64 altstack_base, altstack_size;	/* [T] sigaltstack(2) */
	u32 altstack_flags;			/* [T] SS_* */
	struct restart_block restart;		/* [T] */

	/* User-space hooks at the end. */
	u32 __user *clear_child_tid;		/* [T] */
	struct robust_list_head __user *robust_list;	/* [T] */

	u64 timer_slack_ns;			/* [T] */
	u64 min_faults, maj_faults;		/* [T] */
	struct task *vfork_child;		/* [T] */
	struct rcu_head rcu;
};

#define TASK_STOP_PENDING	1	/* is to stop at return to user */
#define TASK_STOPPED		2	/* sleeps in signal_stop() */

static inline struct task *current_task(void)
{
	return current->owner;
}

static inline struct task *task_get(struct task *task)
{
	refcount_get(&task->refs);
	return task;
}

void task_put(struct task *task);

static inline int task_number(const struct task *task)
{
	return (int)task->tid->number;
}
