/*
 * restart.h - interrupted system calls.
 *
 * A sleep that a signal ends returns one of four codes, and signal_deliver()
 * alone turns it into EINTR or a restart (signal(7)):
 *
 *	-ERESTARTSYS		restart, after a handler only with SA_RESTART
 *	-ERESTARTNOINTR		restart always
 *	-ERESTARTNOHAND		restart only when no handler ran
 *	-ERESTART_RESTARTBLOCK	no handler: continue through restart_syscall(2),
 *				which calls the function below; else EINTR
 *
 * For the last, a call with a relative timeout records its absolute deadline:
 *
 *	return restart_set(&current_task()->restart, nanosleep_restart, a, b, c);
 */
#pragma once

#include "lib/types.h"
#include "lib/errno.h"

struct restart_block {
	long (*fn)(struct restart_block *block);
	u64 args[6];
};

static inline long restart_set(struct restart_block *block,
			       long (*fn)(struct restart_block *), u64 a, u64 b, u64 c,
			       u64 d, u64 e)
{
	block->fn = fn;
	block->args[0] = a;
	block->args[1] = b;
	block->args[2] = c;
	block->args[3] = d;
	block->args[4] = e;
	return -ERESTART_RESTARTBLOCK;
}
