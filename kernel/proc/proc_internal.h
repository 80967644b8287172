/* proc_internal.h - between the files of proc/. */
#pragma once

#include "proc/process.h"

/* process.c */
struct process *process_alloc(void);
struct task *task_alloc(struct process *process);
void task_free_unstarted(struct task *task);
/* The release function of tasks' threads. */
void task_release_thread(struct thread *thread);

/* task_clone.c */
struct clone_request; /* proc/fork.h */
/* A task of @process, not yet in the tree.  -ENOMEM, -EAGAIN: no number, -EEXIST: that one. */
int task_clone(const struct clone_request *req, struct process *process, struct task **out)
	__must_check;
/* One that did not get there. */
void task_clone_undo(struct task *task, u64 clone_flags);

/* task_files.c */
/* Put others in the place of the calling task's (NULL: none) and give back the old ones. */
struct fdtable *task_fds_replace(struct task *task, struct fdtable *fds);
struct fs_context *task_fs_replace(struct task *task, struct fs_context *fs);
/* pivot_root(2): whoever is at @old goes to @new. */
struct path;
void tasks_root_moved(const struct path *old, const struct path *new);

/* usage.c */
void process_usage_add(struct process_usage *sum, const struct process_usage *part);

/* si_code of one that a signal ended, from its status. */
static inline int exit_code_of(int status)
{
	return status & WAIT_CORE_DUMPED ? CLD_DUMPED : CLD_KILLED;
}

/* exit.c */
__noreturn void task_exit(int status);	  /* this thread; status for the last one */
__noreturn void process_exit(int status); /* exit_group: all threads */
/* Off all lists, numbers given back; drops the reference of the living. */
void process_release(struct process *process);
/* It uses the memory that it has no more: whoever made it with CLONE_VFORK goes on. */
void task_wake_vfork(struct task *task);
void process_drop_exe(struct process *process);

/* exec_threads.c */
/* Kill all other threads and wait until they are gone.  -EAGAIN. */
int process_become_single(void) __must_check;

/* itimer.c, posix_timer.c */
void itimers_init(struct process *process);
void itimers_stop(struct process *process);
void posix_timers_stop(struct process *process);
void cpu_timer_update(struct process *process);

/* cred_set.c */
/* Publishes @new as the caller's credentials; takes over the reference. */
void cred_commit(struct cred *new);
/* oom.c */
void process_oom_init(void);
