/* signalfd.h - signals read from a descriptor; see signalfd.c. */
#pragma once

#include "lib/annotate.h"
#include "lib/types.h"

struct file;

int signalfd_new(u64 mask, int flags, struct file **out) __must_check;
int signalfd_change(struct file *file, u64 mask) __must_check; /* EINVAL: no signalfd */
