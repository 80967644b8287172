/* clock.h - the clocks that programs name by number: time.c. */
#pragma once
#include "lib/annotate.h"
#include "lib/types.h"

struct __kernel_timespec;

/* EINVAL: no such clock. */
int clock_read(int clock, ktime_t *now) __must_check;
int put_timespec(struct __kernel_timespec __user *uts, ktime_t ns) __must_check;
