/*
 * task.h - one thread of a process.
 *
 * struct thread (sched/) is what runs; struct task is what POSIX and Linux
 * attach to it, and embeds it.  thread->owner points back here, and the
 * thread's reference count is the task's: the struct goes after the last
 * task_put() and a grace period.
 *
 * Descriptors, root, working directory and umask belong to the task, as in
 * Linux: clone(2) usually makes a process's threads share them, unshare(2)
 * takes that back for one.
 *
 * Fields: [I] immutable  [a] atomic  [l] process.lock  [t] process_tree_lock
 *	[T] the task itself  [o] written by the task itself under process.lock,
 *	so that it reads freely and others read under the lock
 */
#pragma once

#include "lib/types.h"
#include "lib/list.h"
#include "core/caller.h"
#include "core/pid.h"
#include "ipc/futex.h"
#include "sched/thread.h"
#include "proc/signal/signal.h"
#include "proc/signal/restart.h"

struct completion; /* sched/completion.h */
struct fdtable;
struct process;
struct user_regs;

struct task {
	struct thread thread;	       /* its .name is the comm */
	struct process *process;       /* [I] holds a reference */
	struct pid *tid;	       /* [t] execve(2) may change it */
	struct list_node tid_link;     /* [t] tid->users[PID_TID] */
	struct list_node process_link; /* [l] process.tasks */
	struct caller caller; /* [o] .cred, .fs (counted; NULL once exited); the rest [I] */
	struct fdtable *fds;  /* [o] counted; NULL once exited */

	/* Signals. */
	u64 sigmask;			  /* [o] blocked */
	u64 saved_sigmask;		  /* [T] to put back, with restore_sigmask */
	u64 sigwait;			  /* [o] sigtimedwait(2) wants these */
	bool restore_sigmask;		  /* [T] */
	u8 stop;			  /* [l] TASK_STOP_* */
	bool dead;			  /* [l] in task_exit() */
	struct signal_queue pending;	  /* [l] sent to this thread */
	u64 altstack_base, altstack_size; /* [T] sigaltstack(2) */
	u32 altstack_flags;		  /* [T] SS_*, as given */

	struct completion *vfork_done; /* [l] who made it waits until it executes or ends */
	struct futex_task futex;       /* [T] robust list, clear_child_tid */
	u32 __user *set_child_tid;     /* [T] CLONE_CHILD_SETTID */
	u64 timer_slack_ns;	       /* [a] */
	u64 default_slack_ns;	       /* [I] what 0 puts back: the creator's */
	u32 login_uid, session_id;     /* [o] of the login it belongs to; -1: none */
	u64 rt_sleeps,
		rt_since_ns;	 /* [l] RLIMIT_RTTIME: switches and run time when it last slept */
	u64 rt_told_ns;		 /* [l] ... it is to hear of it again */
	u16 ioprio;		 /* [a] ioprio_set(2) */
	bool io_flusher;	 /* [T] PR_SET_IO_FLUSHER: remembered */
	int parent_death_signal; /* [a] PR_SET_PDEATHSIG */
};

#define TASK_STOP_PENDING  1 /* is to stop at return to user */
#define TASK_STOPPED	   2 /* sleeps in signal_stop_join() */
#define TASK_STOP_DEQUEUED 4 /* took a stop signal; SIGCONT revokes it */

static inline struct task *current_task(void)
{
	return current->owner;
}

static inline struct task *task_get(struct task *task)
{
	thread_get(&task->thread);
	return task;
}

static inline void task_put(struct task *task)
{
	thread_put(&task->thread);
}

/* PR_SET_TIMERSLACK; 0: the default.  Real-time threads have none, and keep their default. */
static inline void task_set_timer_slack(struct task *task, u64 ns)
{
	if (!task->thread.own_rt_priority)
		WRITE_ONCE(task->timer_slack_ns, ns ? ns : task->default_slack_ns);
}

static inline u64 task_timer_slack(const struct task *task)
{
	return task->thread.own_rt_priority ? 0 : READ_ONCE(task->timer_slack_ns);
}

static inline int task_number(const struct task *task)
{
	return task->tid->nr;
}
