/* getrlimit(2), getrusage(2), times(2). */
#pragma once

#include <linux/resource.h>
#include <linux/times.h>
#include "lib/types.h"

static_assert(sizeof(struct rlimit64) == 16, "rlimit ABI");
static_assert(sizeof(struct rusage) == 144, "rusage ABI");
static_assert(sizeof(struct tms) == 32, "tms ABI");

#define USER_HZ 100 /* clock_t of times(2) and /proc */
