/* open(2), fcntl(2), *at(2) flags. */
#pragma once

#include <linux/fcntl.h>
#include "lib/types.h"

#ifndef SEEK_SET
#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2
#endif
#define SEEK_DATA 3
#define SEEK_HOLE 4
#define SEEK_MAX  SEEK_HOLE

#define R_OK	  4
#define W_OK	  2
#define X_OK	  1
#define F_OK	  0

/* utimensat(2) */
#define UTIME_NOW  ((1l << 30) - 1l)
#define UTIME_OMIT ((1l << 30) - 2l)

/* splice(2) */
#define SPLICE_F_MOVE	  1
#define SPLICE_F_NONBLOCK 2
#define SPLICE_F_MORE	  4
#define SPLICE_F_GIFT	  8

/* Only the kernel itself sets this; x86-64 programs get it implicitly. */
#define O_LARGEFILE_X86 0100000

static_assert(sizeof(struct flock) == 32, "fcntl lock ABI");
static_assert(O_DIRECTORY == 0200000 && O_NOFOLLOW == 0400000, "x86 open flags");
