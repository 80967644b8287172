/*
 * job.h - job control: sessions, foreground groups, controlling terminals.
 * POSIX.1 chapter 11, credentials(7), setsid(2), tcsetpgrp(3).
 */
#pragma once
#include "lib/annotate.h"
#include "lib/types.h"

struct file;
struct pid;
struct process;
struct tty;

/*
 * May the calling process read/write now?  0, -EIO (orphaned, or SIGTTIN
 * ignored or blocked), or -ERESTARTSYS after the signal was sent.
 */
int job_check_read(struct tty *tty);
int job_check_change(struct tty *tty); /* SIGTTOU: write with TOSTOP, tcset*() */

/* Terminal of the calling process, with a reference, or NULL. */
struct tty *job_controlling_tty(struct process *p);
/* For /proc/pid/stat: device number and foreground group (0 and -1 if none). */
void job_stat(struct process *p, u32 *dev, int *tpgid);

long job_ioctl_sctty(struct tty *tty, struct file *file, unsigned long force);
long job_ioctl_notty(struct tty *tty);
long job_get_pgrp(struct tty *tty, bool master); /* the number, or -ENOTTY */
long job_set_pgrp(struct tty *tty, int pgrp);
long job_get_sid(struct tty *tty, bool master);

/* open() without O_NOCTTY by a session leader that has no terminal. */
void job_open(struct tty *tty, int oflags);

/* hooks.session_exit_tty: a session leader exits. */
void job_session_exit(struct pid *session);

/* O_ASYNC without F_SETOWN: the foreground group is told, else the process. */
void job_sigio_owner(struct tty *tty, struct file *file);
void job_signal_foreground(struct tty *tty, int sig);
/* tty_hangup's part: SIGHUP and SIGCONT to the leader, session and group forgotten. */
void job_hangup(struct tty *tty, bool session_exit);
