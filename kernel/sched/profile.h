/* sched/profile.h - the sampling profiler; see profile.c. */
#pragma once
#include "lib/annotate.h"
#include "lib/types.h"

#define PROFILE_HZ_MAX 100000u

/* linnet.profile=HZ on the command line: from process 1 on. */
void profile_boot_init(void);
/* Begins anew, @hz samples a second on each processor.  -EINVAL: 0 or above PROFILE_HZ_MAX.
 * -EBUSY: it runs.  -ENOMEM. */
int profile_start(unsigned hz) __must_check;
void profile_stop(void);
bool profile_running(void);
/* Sample number @index as one line of folded stacks, without the newline: its length, or 0
 * when there is none.  The profiler is stopped. */
size_t profile_line(u64 index, char *line, size_t size);
/* What linnet.profile= collected, to the console, when the machine ends. */
void profile_report(void);
