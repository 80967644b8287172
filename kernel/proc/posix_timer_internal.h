/* posix_timer_internal.h - a POSIX timer, for the files posix_timer*.c. */
#pragma once
#include "proc/posix_timer.h"
#include "proc/proc_internal.h"
#include "proc/signal/signal_internal.h"
#include "sched/timer.h"

/* Fields: [I] immutable  [l] process.lock */
struct posix_timer {
	struct timer_link link;	 /* [l] by its number in process.posix_timers */
	int clock;		 /* [I] CPUCLOCK_* ones are negative */
	int notify;		 /* [I] SIGEV_* */
	struct process *process; /* [I] borrowed: it owns the timer */
	struct task *task;	 /* [I] SIGEV_THREAD_ID */
	struct task *clock_task; /* [I] a per-thread clock */
	struct user *user;	 /* [I] charged */
	struct timer timer;
	int base;			 /* [l] the clock it is measured on */
	u64 expires_ns;			 /* [l] on its base; 0: off */
	u64 interval_ns;		 /* [l] */
	int last_overrun;		 /* [l] of the one last taken */
	bool stale;			 /* [l] its signal is of an earlier setting */
	bool deleted;			 /* [l] */
	bool orphaned;			 /* [l] deleted; whoever takes its signal frees it */
	struct sigpending_record record; /* [l] */
};

/* posix_timer_clock.c */
/* EINVAL, EOPNOTSUPP: no clock for a timer.  It says nothing of a process or thread it names. */
int posix_timer_check_clock(int clock) __must_check;
/* The clock of a new timer of the caller.  EINVAL: a process or thread that is not there. */
int posix_timer_set_clock(struct posix_timer *timer, int clock) __must_check;
/* Chooses the base for a new setting. */
void posix_timer_set_base_locked(struct posix_timer *timer, bool absolute)
	REQUIRES(&timer->process->lock);
/* What its base shows, in ns. */
u64 posix_timer_now_locked(const struct posix_timer *timer) REQUIRES(&timer->process->lock);
/* May somebody set its base, so that it is to be looked at again? */
bool posix_timer_base_steps_locked(const struct posix_timer *timer) REQUIRES(&timer->process->lock);

/* posix_timer_expire.c */
/* Sets the kernel's timer for what @timer has as its expiry. */
void posix_timer_arm_locked(struct posix_timer *timer) REQUIRES(&timer->process->lock);
/* The callback of timer.timer. */
void posix_timer_expired(struct timer *t);
/* Without its tasks.  process.lock may be held. */
void posix_timer_free(struct posix_timer *timer);
