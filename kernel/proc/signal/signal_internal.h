/* signal_internal.h - what the files of proc/ share about signals. */
#pragma once

#include "proc/process.h"

struct posix_timer;

#define SIGNALS_STOP                                                                               \
	(SIGNAL_MASK(SIGSTOP) | SIGNAL_MASK(SIGTSTP) | SIGNAL_MASK(SIGTTIN) | SIGNAL_MASK(SIGTTOU))
#define SIGNALS_IGNORED                                                                            \
	(SIGNAL_MASK(SIGCHLD) | SIGNAL_MASK(SIGCONT) | SIGNAL_MASK(SIGURG) | SIGNAL_MASK(SIGWINCH))
#define SIGNALS_SYNCHRONOUS                                                                        \
	(SIGNAL_MASK(SIGSEGV) | SIGNAL_MASK(SIGBUS) | SIGNAL_MASK(SIGILL) | SIGNAL_MASK(SIGTRAP) | \
	 SIGNAL_MASK(SIGFPE) | SIGNAL_MASK(SIGSYS))

/* They leave a core file, where one is wanted. */
#define SIGNALS_CORE                                                                               \
	(SIGNALS_SYNCHRONOUS | SIGNAL_MASK(SIGQUIT) | SIGNAL_MASK(SIGABRT) |                       \
	 SIGNAL_MASK(SIGXCPU) | SIGNAL_MASK(SIGXFSZ))

/* One queued siginfo.  A timer owns its record, and sends it again and again. */
struct sigpending_record {
	struct list_node link;	    /* [l] empty when not queued */
	siginfo_t info;		    /* [l] */
	struct user *user;	    /* [I] charged; NULL for a timer's */
	struct posix_timer *timer;  /* [I] */
	struct signal_queue *queue; /* [l] where a timer's record is */
};

/* queue.c; all want process->lock (or nobody else to know the queue). */
/* Boot: the caches of records and of handlers. */
void signal_records_init(void);
void signal_handlers_init(void);
void signal_queue_init(struct signal_queue *queue);
int signal_queue_add(struct signal_queue *queue, struct process *target, const siginfo_t *info)
	REQUIRES(&target->lock);
void signal_queue_add_record(struct signal_queue *queue, struct sigpending_record *record);
/* The next signal out of @allowed, with its siginfo; 0: none. */
int signal_queue_take(struct signal_queue *queue, u64 allowed, siginfo_t *info);
void signal_queue_discard(struct signal_queue *queue, u64 set);
/* execve(2): what timers have queued goes with them. */
void signal_queue_discard_timers(struct signal_queue *queue);

/* send.c; want process->lock. */
int signal_send_locked(struct process *process, struct task *task, const siginfo_t *info,
		       struct sigpending_record *record, bool force) REQUIRES(&process->lock);
void process_kill_locked(struct process *process, int status) REQUIRES(&process->lock);
void process_kill_tasks_locked(struct process *process, const struct task *spared)
	REQUIRES(&process->lock);
void task_interrupt(struct task *task, bool kill);

/* action.c */
struct signal_handlers *signal_handlers_new(void);
struct signal_handlers *signal_handlers_copy(struct signal_handlers *src);
void signal_handlers_put(struct signal_handlers *handlers);
/* execve(2): handlers become SIG_DFL; what is ignored stays so. */
void signal_handlers_reset(struct signal_handlers *handlers);
int signal_set_action(int sig, const struct kernel_sigaction *new, struct kernel_sigaction *old);
/* A copy of what another process, which may be in execve(2), does about @sig. */
void signal_action_read(struct process *process, int sig, struct kernel_sigaction *action);
/* SA_RESETHAND: its handler was taken. */
void signal_action_reset_locked(struct signal_handlers *handlers, int sig)
	REQUIRES(&handlers->lock);

/* mask.c */
/* Sets or clears WORK_SIGNAL of the current task after its mask or queues changed. */
void signal_recalculate_locked(struct process *process, struct task *task) REQUIRES(&process->lock);

/* deliver.c */
void signal_deliver(struct user_regs *regs);
/* sigtimedwait(2): a signal out of @set, or -EAGAIN, -EINTR. */
int signal_wait(u64 set, siginfo_t *info, ktime_t deadline_ns);

/* io.c: kernel_hooks.signal_io */
struct io_signal;
void signal_io(const struct io_signal *io);

/* stop.c; want process->lock, with the flags of its irqsave where it is dropped. */
void signal_stop_begin_locked(struct process *process, struct task *self, int sig)
	REQUIRES(&process->lock);
void signal_stop_join(struct process *process, struct task *self, unsigned long *flags)
	REQUIRES(&process->lock);
void signal_continue_locked(struct process *process) REQUIRES(&process->lock);
/* A task with TASK_STOP_PENDING dies: true when the parent is to be told. */
bool signal_stop_forget_locked(struct process *process, struct task *task) REQUIRES(&process->lock);
void signal_tell_parent(struct process *process, int code, int status);
/* SIGCHLD's siginfo about @child, whose real user is @uid. */
void signal_child_info(struct process *child, u32 uid, int code, int status, siginfo_t *info);

/* posix_timer_expire.c; want process.lock */
/* A timer's signal was taken: fills the overrun, arms it again. */
void posix_timer_taken_locked(struct posix_timer *timer, siginfo_t *info);
/* Its signal is gone without having been taken. */
void posix_timer_dropped_locked(struct posix_timer *timer);

/* signalfd.c; wants process.lock. */
void signalfd_wake(int sig);
