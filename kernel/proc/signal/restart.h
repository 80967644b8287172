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
 *				which calls current->restart.fn; else EINTR
 *
 * The last is for calls with a relative timeout, which record their absolute
 * deadline in current->restart (struct restart_block of sched/thread.h).
 */
#pragma once

#include "lib/errno.h"
#include "sched/thread.h"
