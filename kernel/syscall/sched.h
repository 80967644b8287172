/* sched.h - whom the scheduling calls may change: sched.c. */
#pragma once
#include "lib/types.h"

struct task;

/* The task that @pid means (0: the caller), with a reference.  NULL: none. */
struct task *sched_target(int pid);
bool sched_may_change(struct task *task);
/* Without CAP_SYS_NICE: RLIMIT_NICE decides. */
bool sched_nice_allowed(struct task *task, int nice);
