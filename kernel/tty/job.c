/*
 * job.c - job control: who owns a terminal, who may read and change it.
 *
 * A terminal belongs to at most one session, which has at most one terminal;
 * one process group of the session is in the foreground.  process.tty says
 * which terminal a process has; tty.session and tty.pgrp are references to the
 * pids.  A terminal that goes away hangs up first, and that clears
 * process.tty in the whole session: so process.tty needs no count.
 *
 * Locking: process_tree_lock for process.tty, tty.session and tty.pgrp.
 * Signals are sent after it is dropped.
 *
 * POSIX.1 chapter 11, credentials(7).
 */
#include <linux/fcntl.h>
#include "abi/termios.h"
#include "core/cred.h"
#include "core/pid.h"
#include "fs/file.h"
#include "fs/sigio.h"
#include "lib/errno.h"
#include "proc/process.h"
#include "proc/session.h"
#include "proc/signal/signal.h"
#include "tty/job.h"
#include "tty/tty.h"

/* A background process uses its terminal: the rules of both directions. */
static int check(struct tty *tty, int sig)
{
	struct process *self = current_process();
	struct pid *group = NULL;
	int ret = 0;

	/* Racy looks: a change meanwhile is as good as one just after. */
	if (READ_ONCE(self->tty) != tty)
		return 0;
	if (READ_ONCE(self->group) == READ_ONCE(tty->pgrp))
		return 0;

	spin_lock(&process_tree_lock);
	if (self->tty == tty && tty->pgrp && self->group != tty->pgrp)
		group = pid_get(self->group);
	spin_unlock(&process_tree_lock);
	if (!group)
		return 0;
	if (signal_is_ignored(sig)) {
		ret = sig == SIGTTIN ? -EIO : 0;
	} else if (group_is_orphaned(group)) {
		ret = -EIO;
	} else {
		signal_send_group_kernel(group, sig);
		ret = -ERESTARTSYS;
	}
	pid_put(group);
	return ret;
}

int job_check_read(struct tty *tty)
{
	return check(tty, SIGTTIN);
}

int job_check_change(struct tty *tty)
{
	return check(tty, SIGTTOU);
}

struct tty *job_controlling_tty(struct process *p)
{
	struct tty *tty;

	spin_lock(&process_tree_lock);
	tty = p->tty;
	if (tty)
		tty_get(tty);
	spin_unlock(&process_tree_lock);
	return tty;
}

void job_stat(struct process *p, u32 *dev, int *tpgid)
{
	spin_lock(&process_tree_lock);
	*dev = p->tty ? p->tty->dev : 0;
	*tpgid = p->tty ? pid_nr(p->tty->pgrp) : -1;
	if (p->tty && !p->tty->pgrp)
		*tpgid = -1;
	spin_unlock(&process_tree_lock);
}

void job_signal_foreground(struct tty *tty, int sig)
{
	struct pid *group;

	spin_lock(&process_tree_lock);
	group = tty->pgrp ? pid_get(tty->pgrp) : NULL;
	spin_unlock(&process_tree_lock);
	if (group) {
		signal_send_group_kernel(group, sig);
		pid_put(group);
	}
}

/* ---- gaining and losing a terminal ---- */

/* tree lock held.  Gives the pids out, for the caller to put after unlocking. */
static void disown_locked(struct tty *tty, struct pid **session, struct pid **group)
	REQUIRES(&process_tree_lock)
{
	struct process *p;

	*session = tty->session;
	*group = tty->pgrp;
	tty->session = NULL;
	tty->pgrp = NULL;
	if (!*session)
		return;
	list_for_each_entry(p, &(*session)->users[PID_SID], session_link)
		if (p->tty == tty)
			p->tty = NULL;
}

static void own_locked(struct tty *tty, struct process *self, struct pid **forgotten)
	REQUIRES(&process_tree_lock)
{
	*forgotten = self->old_foreground;
	self->old_foreground = NULL;
	tty->session = pid_get(self->session);
	tty->pgrp = pid_get(self->group);
	self->tty = tty;
}

void job_open(struct tty *tty, int oflags)
{
	struct pid *forgotten = NULL;
	struct process *self;

	if ((oflags & O_NOCTTY) || (oflags & O_ACCMODE) == O_WRONLY || !current->owner)
		return;
	self = current_process();
	if (READ_ONCE(self->tty) || !process_is_session_leader(self))
		return;
	spin_lock(&process_tree_lock);
	if (!self->tty && !tty->session && self->session == self->pid)
		own_locked(tty, self, &forgotten);
	spin_unlock(&process_tree_lock);
	pid_put(forgotten);
}

/* TIOCSCTTY.  EPERM: no session leader, has one, or the terminal is another's. */
long job_ioctl_sctty(struct tty *tty, struct file *file, unsigned long force)
{
	struct process *self = current_process();
	bool admin = cred_capable(current_cred(), CAP_SYS_ADMIN);
	struct pid *session = NULL, *group = NULL, *forgotten = NULL;
	long ret = 0;

	spin_lock(&process_tree_lock);
	if (self->session == self->pid && tty->session == self->session)
		goto out_unlock;
	ret = -EPERM;
	if (self->session != self->pid || self->tty)
		goto out_unlock;
	if (tty->session) {
		if (force != 1 || !admin)
			goto out_unlock;
		disown_locked(tty, &session, &group);
	}
	if (!(file->mode & FMODE_READ) && !admin)
		goto out_unlock;
	own_locked(tty, self, &forgotten);
	ret = 0;
out_unlock:
	spin_unlock(&process_tree_lock);
	pid_put(forgotten);
	pid_put(session);
	pid_put(group);
	return ret;
}

/* The session lets its terminal go: SIGHUP (and SIGCONT) to the foreground. */
static void leave(struct pid *session, struct tty *tty, bool exiting)
{
	struct pid *owner = NULL, *group = NULL;

	spin_lock(&process_tree_lock);
	if (tty->session == session)
		disown_locked(tty, &owner, &group);
	spin_unlock(&process_tree_lock);
	if (group) {
		signal_send_group_kernel(group, SIGHUP);
		if (!exiting)
			signal_send_group_kernel(group, SIGCONT);
	}
	pid_put(group);
	pid_put(owner);
}

/* @self's terminal hung up while it led the session: the group of then. */
static struct pid *old_foreground_take(struct process *self)
{
	struct pid *group;

	spin_lock(&process_tree_lock);
	group = self->old_foreground;
	self->old_foreground = NULL;
	spin_unlock(&process_tree_lock);
	return group;
}

/*
 * hooks.session_exit_tty.  A line is hung up, so that the next session finds it
 * as new; a pty goes on to live, since its master may want to read the rest.
 */
void job_session_exit(struct pid *session)
{
	struct process *leader = current_process();
	struct tty *tty = job_controlling_tty(leader);
	struct pid *group;

	if (tty) {
		if (READ_ONCE(tty->session) == session && tty->hangs_up_at_exit)
			tty_hangup(tty, true);
		else
			leave(session, tty, true);
		tty_put(tty);
		pid_put(old_foreground_take(leader));
		return;
	}
	group = old_foreground_take(leader);
	if (group) {
		signal_send_group_kernel(group, SIGHUP);
		signal_send_group_kernel(group, SIGCONT);
		pid_put(group);
	}
}

/* The process leaves its terminal behind. */
static void detach(struct process *p)
{
	spin_lock(&process_tree_lock);
	p->tty = NULL;
	spin_unlock(&process_tree_lock);
}

/* TIOCNOTTY.  A session's leader gives the terminal up for all. */
long job_ioctl_notty(struct tty *tty)
{
	struct process *self = current_process();

	if (READ_ONCE(self->tty) != tty)
		return -ENOTTY;
	if (!process_is_session_leader(self))
		detach(self);
	else if (tty->hangs_up_at_exit)
		tty_hangup(tty, true);
	else
		leave(self->pid, tty, false);
	return 0;
}

/*
 * The leader hears of it at once; the foreground group when the leader exits,
 * which remembers it, or now when that exit is why the line hangs up.
 */
void job_hangup(struct tty *tty, bool session_exit)
{
	struct pid *session, *group, *forgotten = NULL;
	struct process *leader = NULL;

	spin_lock(&process_tree_lock);
	disown_locked(tty, &session, &group);
	if (session && !list_empty(&session->users[PID_TGID])) {
		leader = process_get(
			list_first_entry(&session->users[PID_TGID], struct process, tgid_link));
		if (group) {
			forgotten = leader->old_foreground;
			leader->old_foreground = pid_get(group);
		}
	}
	spin_unlock(&process_tree_lock);
	if (leader) {
		signal_send_process_kernel(leader, SIGHUP);
		signal_send_process_kernel(leader, SIGCONT);
		process_put(leader);
	}
	if (group && session_exit)
		signal_send_group_kernel(group, SIGHUP);
	pid_put(forgotten);
	pid_put(group);
	pid_put(session);
}

void job_sigio_owner(struct tty *tty, struct file *file)
{
	struct pid *group;

	spin_lock(&process_tree_lock);
	group = tty->pgrp ? pid_get(tty->pgrp) : NULL;
	spin_unlock(&process_tree_lock);
	if (group)
		sigio_default_owner(file, current_cred(), F_OWNER_PGRP, group);
	else
		sigio_default_owner(file, current_cred(), F_OWNER_PID, current_process()->pid);
	pid_put(group);
}

/* ---- tcgetpgrp(3), tcsetpgrp(3), tcgetsid(3) ---- */

long job_get_pgrp(struct tty *tty, bool master)
{
	struct process *self = current_process();
	long ret = -ENOTTY;

	spin_lock(&process_tree_lock);
	if (master || self->tty == tty)
		ret = pid_nr(tty->pgrp);
	spin_unlock(&process_tree_lock);
	return ret;
}

/* ENOTTY: not our terminal.  EINVAL.  ESRCH: no such group.  EPERM: another session's. */
long job_set_pgrp(struct tty *tty, int nr)
{
	struct process *self = current_process();
	struct pid *group, *old = NULL;
	long ret;

	ret = job_check_change(tty);
	if (ret)
		return ret == -EIO ? -ENOTTY : ret;
	if (nr < 0)
		return -EINVAL;
	group = pid_lookup(&pid_table_root, nr);
	if (!group)
		return -ESRCH;
	if (!group_in_session(group, READ_ONCE(self->session))) {
		pid_put(group);
		return -EPERM;
	}
	spin_lock(&process_tree_lock);
	ret = -ENOTTY;
	if (self->tty == tty && tty->session == self->session) {
		old = tty->pgrp;
		tty->pgrp = group;
		group = old;
		ret = 0;
	}
	spin_unlock(&process_tree_lock);
	pid_put(group);
	return ret;
}

long job_get_sid(struct tty *tty, bool master)
{
	struct process *self = current_process();
	long ret = -ENOTTY;

	spin_lock(&process_tree_lock);
	if ((master || self->tty == tty) && tty->session)
		ret = pid_nr(tty->session);
	spin_unlock(&process_tree_lock);
	return ret;
}
