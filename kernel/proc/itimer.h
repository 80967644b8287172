/* itimer.h - interval timers; see itimer.c. */
#pragma once

#include "lib/types.h"
#include "abi/time.h"

/* Of the calling process; @which is ITIMER_REAL, _VIRTUAL or _PROF. */
void itimer_get(int which, u64 *value_ns, u64 *interval_ns);
void itimer_set(int which, u64 value_ns, u64 interval_ns, u64 *old_value, u64 *old_interval);
