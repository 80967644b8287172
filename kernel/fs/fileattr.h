/* The flags of chattr(1): ioctl_iflags(2). */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"

struct caller;
struct file;

/* FS_*_FL.  -ENOTTY where files have none. */
int file_flags_get(struct file *file, u32 *flags) __must_check;
/* -EROFS; -EPERM: not the owner, or not CAP_LINUX_IMMUTABLE; -EOPNOTSUPP: an unknown flag. */
int file_flags_set(const struct caller *caller, struct file *file, u32 flags) __must_check;
