/* clock.h - the clocks that programs name by number: time.c. */
#pragma once
#include "lib/annotate.h"
#include "lib/types.h"

struct __kernel_timespec;

/* Kinds of processor-time clocks, in the low bits of a clock's number. */
#define CPUCLOCK_PROF	0 /* user + system */
#define CPUCLOCK_VIRT	1 /* user */
#define CPUCLOCK_SCHED	2 /* exact run time */
#define CPUCLOCK_FD	3 /* a device's clock: there is none */
#define CPUCLOCK_THREAD 4

/* EINVAL: no such clock. */
int clock_read(int clock, ktime_t *now) __must_check;
int put_timespec(struct __kernel_timespec __user *uts, ktime_t ns) __must_check;
