/*
 * process.h - the process: what a program's threads share.
 *
 * A process is a thread group.  Each of its threads is a struct task
 * (proc/task.h); the first one is the leader.  What Linux keeps per thread
 * (credentials, descriptors, root, signal mask, name) is in the task; the rest is here.
 *
 *	process --tasks--> task, task, ...       one struct thread each
 *	   |  \--children--> process, ...        linked through .sibling
 *	   +-- space, handlers                   each with its own count, so that
 *	                                         clone() can share it on its own
 *
 * Locks, in this order: process_tree_lock (one; parents, children, groups,
 * sessions, controlling terminals), process.lock (tasks, pending signals, stop
 * state), signal_handlers.lock (actions).
 *
 * Fields: [I] immutable after creation  [a] atomic  [l] process.lock
 *	[t] process_tree_lock  [T] only the process's own threads, and then only
 *	when it has one, or at the death of the last
 *
 * Lifetime: counted.  The reference of the living is dropped when the parent
 * has waited for it; look-ups by pid take one under process_tree_lock.
 */
#pragma once

#include "lib/types.h"
#include "lib/list.h"
#include "lib/annotate.h"
#include "core/caller.h"
#include "core/pid.h"
#include "core/refcount.h"
#include "core/rlimit.h"
#include "core/spinlock.h"
#include "sched/completion.h"
#include "sched/rcu.h"
#include "sched/thread.h"
#include "sched/timer.h"
#include "sched/waitq.h"
#include "proc/signal/signal.h"
#include "proc/task.h"
#include "proc/timer_table.h"

struct vm_space;
struct fdtable;
struct fs_context;
struct file;
struct tty;
struct user;

/* What getrusage(2) and wait4(2) report; times in ns. */
struct process_usage {
	u64 user_ns, system_ns;
	u64 minor_faults, major_faults;
	u64 voluntary_switches, involuntary_switches;
	u64 in_blocks, out_blocks;
	u64 max_rss_pages;
};

enum process_state {
	PROCESS_ALIVE,
	PROCESS_ZOMBIE, /* all tasks are gone; waits for its parent */
	PROCESS_DEAD,	/* reaped */
};

/* One interval timer that runs on processor time (itimer.c). */
struct cpu_itimer {
	u64 expires_ns;	 /* [l] processor time; 0 is off */
	u64 interval_ns; /* [l] */
};

struct process {
	struct refcount refs;	  /* [a] */
	struct spinlock lock;	  /* rank LOCK_SIGNAL_QUEUE, irq */
	struct pid *pid;	  /* [I] the thread group id */
	enum process_state state; /* [t] */

	/* Threads. */
	struct list_node tasks GUARDED_BY(&lock); /* [l] task.process_link */
	struct task *leader;			  /* [l] changes in execve(2); NULL once reaped */
	const struct cred *last_cred;		  /* [l] the leader's, once reaped */
	unsigned ntasks;			  /* [l] on the list, dead leader included */
	unsigned nlive;				  /* [l] not yet in task_exit() */
	struct waitq task_exit_wait;		  /* for execve: the others are gone */

	/* What clone(2) may share. */
	struct vm_space *space;		  /* [T] NULL once exited */
	struct signal_handlers *handlers; /* [l] */

	/* Signals. */
	struct signal_queue pending GUARDED_BY(&lock); /* [l] sent to the process */
	struct task *signal_next GUARDED_BY(&lock);    /* [l] next thread to bother */

	/* Stop, continue, death. */
	u32 flags GUARDED_BY(&lock);		    /* [l] PROCESS_* */
	int exit_status;			    /* [l] as wait(2) encodes it */
	int stop_signal GUARDED_BY(&lock);	    /* [l] */
	struct task *core_writer GUARDED_BY(&lock); /* [l] coredump.c */
	unsigned core_parked GUARDED_BY(&lock);	    /* [l] tasks that wait for it */
	u16 core_filter;			    /* [a] CORE_*: what it writes */
	unsigned stop_count GUARDED_BY(&lock);	    /* [l] tasks still to stop */

	/* Family. */
	struct process *parent;	   /* [t] */
	struct task *parent_task;  /* [t] which of its threads: identity only */
	struct list_node children; /* [t] child->sibling */
	struct list_node sibling;  /* [t] */
	struct waitq child_wait;   /* parents sleep here in wait(2) */
	struct list_node all_link; /* [t] process_list */
	int exit_signal;	   /* [t] to the parent; 0 is none */

	/* Job control. */
	struct pid *group;	       /* [t] */
	struct pid *session;	       /* [t] */
	struct list_node tgid_link;    /* [t] pid->users[PID_TGID] */
	struct list_node group_link;   /* [t] group->users[PID_PGID] */
	struct list_node session_link; /* [t] session->users[PID_SID] */
	struct tty *tty;	       /* [t] controlling terminal */
	struct pid *old_foreground;    /* [t] of a terminal that hung up (leaders) */

	/* Accounting and limits. */
	struct rlimits *limits; /* [I] &own_limits */
	struct rlimits own_limits;
	struct process_usage usage GUARDED_BY(&lock); /* [l] of tasks that ended */
	struct process_usage children_usage;	      /* [l] of children waited for */
	ktime_t start_boottime;			      /* [I] */

	/* The program. */
	struct file *exe;   /* [l] process_exe_get() */
	bool dumpable;	    /* [a] PR_SET_DUMPABLE */
	bool thp_disabled;  /* [a] PR_SET_THP_DISABLE: remembered */
	u8 mce_kill;	    /* [a] PR_MCE_KILL: remembered */
	bool uses_signalfd; /* [a] signals wake signalfds too */
	bool subreaper;	    /* [t] */
	bool has_execed;    /* [t] setpgid(2) asks */
	u32 personality;    /* [T] abi/personality.h */
	s16 oom_score_adj;  /* [a] -1000..1000 */

	/* Timers. */
	struct timer real_timer;			    /* ITIMER_REAL */
	ktime_t real_expires GUARDED_BY(&lock);		    /* [l] 0 is off */
	u64 real_interval_ns GUARDED_BY(&lock);		    /* [l] */
	struct cpu_itimer cpu_itimers[2] GUARDED_BY(&lock); /* [l] ITIMER_VIRTUAL, ITIMER_PROF */
	struct timer cpu_timer;				    /* drives those, and RLIMIT_CPU */
	struct timer_table posix_timers GUARDED_BY(&lock);  /* [l] by number; posix_timer.c */

	struct waitq pidfd_wait; /* poll(2) on pidfds */
	struct waitq stop_wait;	 /* stopped threads sleep here */
	struct rcu_head rcu;
};

#define PROCESS_GROUP_EXIT BIT(0) /* all tasks are to die with exit_status */
#define PROCESS_EXECING	   BIT(1) /* one task is killing the others for exec */
#define PROCESS_STOPPED	   BIT(2) /* every task is stopped by a signal */
#define PROCESS_STOPPING   BIT(3) /* some task still has to stop */
#define PROCESS_STOP_NEWS  BIT(4) /* the parent has not waited for the stop */
#define PROCESS_CONT_NEWS  BIT(5) /* ... for the continuation */
#define PROCESS_INIT	   BIT(6) /* pid 1: not killed by default actions */
#define PROCESS_TELL_CONT  BIT(7) /* the parent is to hear of the continuation */
#define PROCESS_TELL_STOP  BIT(8) /* ... of the stop */
#define PROCESS_DUMPING	   BIT(9) /* a core file is being written */

#define WAIT_CORE_DUMPED   0x80 /* in exit_status: WCOREDUMP() */

extern struct spinlock process_tree_lock;
extern struct list_node process_list; /* [t] every process, by .all_link */
extern struct process *process_init;  /* pid 1, once started */

static inline struct process *current_process(void)
{
	return ((struct task *)current->owner)->process;
}

/* What path lookups, permission checks and limits of this thread go by. */
static inline const struct caller *current_caller(void)
{
	return &((struct task *)current->owner)->caller;
}

static inline struct fdtable *current_fds(void)
{
	return ((struct task *)current->owner)->fds;
}

static inline const struct cred *current_cred(void)
{
	return ((struct task *)current->owner)->caller.cred;
}

static inline int process_number(const struct process *process)
{
	return process->pid->nr;
}

static inline struct process *process_get(struct process *process)
{
	refcount_get(&process->refs);
	return process;
}

void process_put(struct process *process);

/* By number, with a reference; NULL when there is none.  A zombie counts. */
struct process *process_lookup(int number);
struct process *process_lookup_pid(struct pid *pid);
/* The number may be that of any of its threads, as kill(2) and getpgid(2) take it. */
struct process *process_lookup_thread(int number);
/* The process whose thread has this number, and the task with a reference. */
struct task *task_lookup(int number);

/* With a reference; NULL once reaped. */
struct task *process_leader_get(struct process *process);

/* With references, for /proc; NULL where the process (or the task) has exited. */
struct vm_space *process_space_get(struct process *process);
struct fs_context *task_fs_get(struct task *task);
/* Of the calling task: a copy of its own, unless nobody shares it.  ENOMEM. */
int task_unshare_fds(struct task *task) __must_check;
int task_unshare_fs(struct task *task) __must_check;
/* For a visit only: fdtable_leave() gives it back. */
struct fdtable *task_fds_visit(struct task *task);
/* oom.c: neither process 1 nor one with an adjustment of -1000. */
bool process_may_be_oom_victim(const struct process *process);
/* oom.c: memory that goes with the process and its leader's descriptors; for oom_score. */
u64 process_held_bytes(struct process *process);
struct file *process_exe_get(struct process *process);
const struct cred *process_cred_get(struct process *process);
/* The leader's, also when it has ended. */
const struct cred *process_cred_locked(const struct process *process) REQUIRES(&process->lock);
/* Copies the leader's name, at most 16 bytes with its NUL. */
void process_comm(struct process *process, char comm[16]);
static inline const char *task_comm(const struct task *task)
{
	return task->thread.name;
}
/* 'R', 'S', 'D', 'T', 'Z', 'X' as in /proc/PID/stat. */
char process_state_letter(struct process *process);
char task_state_letter(struct task *task);

/* Sums the living tasks and those that ended. */
void process_usage_sum(struct process *process, struct process_usage *usage);
void task_usage(struct task *task, struct process_usage *usage);
/* user + system time so far, in ns, for CLOCK_PROCESS_CPUTIME_ID. */
u64 process_cpu_ns(struct process *process);

/* Number of processes and threads that live; for sysinfo(2) and /proc/loadavg. */
unsigned process_task_count(void);

/* May @caller see into @process (ptrace's rule)?  0, -EPERM. */
int process_access_check(struct process *process, bool use_real_ids);

/* Init order: process_subsystem_init() once slabs and the scheduler run. */
void process_subsystem_init(void);

/**
 * process_start_init - make process 1 and let it execute the init program
 * @path:	tried after rdinit= or /init, before init= and Linux's list; or NULL
 * @argv, @envp: NULL-terminated, argv without argv[0] (cmdline_init_args()); kept
 *
 * Return: 0, or a negative errno when not even the process could be made.
 */
int process_start_init(const char *path, const char *const *argv, const char *const *envp);

/* The root directory that process 1 starts with; before process_start_init(). */
struct path;
void boot_root_path_set(const struct path *root);

/* Set by boot/: called once when process 1 ends, with its wait(2) status. */
extern void (*process_init_exited)(int status);
