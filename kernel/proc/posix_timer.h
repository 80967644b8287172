/* posix_timer.h - timer_create(2) and its kin; see posix_timer.c. */
#pragma once

#include "lib/annotate.h"
#include "lib/types.h"
#include "abi/signal.h"

struct process;
struct seq; /* fs/seq.h */
struct sigevent;

struct posix_timer_spec {
	u64 value_ns, interval_ns;
};

/* @id_as_value: no sigevent was given; the value is the timer's number.  *id may be given with
 * an error too; else it is -1. */
int posix_timer_create(int clock, const struct sigevent *event, bool id_as_value, int *id)
	__must_check;
int posix_timer_settime(int id, bool absolute, const struct posix_timer_spec *new,
			struct posix_timer_spec *old) __must_check;
int posix_timer_gettime(int id, struct posix_timer_spec *spec) __must_check;
int posix_timer_getoverrun(int id);
int posix_timer_delete(int id);
/* For /proc/PID/timers: chain by chain; *cookie begins with 0.  1, or 0 at the end. */
int posix_timer_show_next(struct process *process, struct seq *s, u64 *cookie);
