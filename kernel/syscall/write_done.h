/* write_done.h - the end of every call that writes: write(2) on SIGPIPE and SIGXFSZ. */
#pragma once
#include "abi/signal.h"
#include "core/rlimit.h"
#include "lib/errno.h"
#include "proc/signal/signal.h"

long write_failed(long ret);

static inline long write_done(long ret)
{
	if (unlikely(ret == -EPIPE || ret == -EFBIG))
		return write_failed(ret);
	return ret;
}
