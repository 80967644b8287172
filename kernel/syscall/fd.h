/* What fcntl(2) and ioctl(2) share. */
#pragma once
#include "lib/types.h"

struct file;

/* F_SETFL, FIONBIO, FIOASYNC: O_* of an open file. */
long fd_set_flags(int fd, struct file *file, u32 flags);
