/* eventfd.h - eventfd(2). */
#pragma once
#include "lib/annotate.h"
#include "lib/types.h"

struct file; /* fs/file.h */

/* @flags: EFD_SEMAPHORE EFD_CLOEXEC (ignored here) EFD_NONBLOCK, else -EINVAL. */
int eventfd_new(unsigned initval, int flags, struct file **out) __must_check;
