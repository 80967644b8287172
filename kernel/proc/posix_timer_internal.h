/* posix_timer_internal.h - a POSIX timer, for posix_timer.c and posix_timer_show.c. */
#pragma once
#include "proc/posix_timer.h"
#include "proc/proc_internal.h"
#include "proc/signal/signal_internal.h"
#include "sched/timer.h"

/* Fields: [I] immutable  [l] process.lock */
struct posix_timer {
	struct timer_link link;	 /* [l] by its number in process.posix_timers */
	int clock;		 /* [I] */
	int notify;		 /* [I] SIGEV_* */
	struct process *process; /* [I] borrowed: it owns the timer */
	struct task *task;	 /* [I] SIGEV_THREAD_ID, or a thread's clock */
	struct user *user;	 /* [I] charged */
	struct timer timer;
	u64 expires_ns;			 /* [l] on its clock; 0: off */
	u64 interval_ns;		 /* [l] */
	s64 overrun;			 /* [l] of the signal on its way */
	int last_overrun;		 /* [l] of the one last taken */
	bool deleted;			 /* [l] */
	struct sigpending_record record; /* [l] */
};
