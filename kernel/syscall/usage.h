/* usage.h - what a process has used, as the calls tell it. */
#pragma once
#include "lib/annotate.h"

struct process_usage;
struct rusage;

/* -EFAULT. */
int put_rusage(struct rusage __user *dst, const struct process_usage *usage) __must_check;
