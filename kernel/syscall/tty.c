/* tty.c - vhangup(2). */
#include "core/cred.h"
#include "lib/errno.h"
#include "proc/process.h"
#include "syscall/syscalls.h"
#include "tty/job.h"
#include "tty/tty.h"

/* EPERM.  Without a terminal there is nothing to hang up. */
long sys_vhangup(void)
{
	struct tty *tty;

	if (!cred_capable(current_cred(), CAP_SYS_TTY_CONFIG))
		return -EPERM;
	tty = job_controlling_tty(current_process());
	if (tty) {
		tty_hangup(tty, false);
		tty_put(tty);
	}
	return 0;
}
