/*
 * tty.c - a terminal's life, and what its driver calls: input has come, output has gone,
 * the line is gone.
 *
 * Signals for the foreground group are collected under tty.lock and sent after it, as
 * process_tree_lock (job.c) is never taken inside.
 */
#include <linux/signal.h>
#include "fs/file.h"
#include "fs/poll.h"
#include "lib/string.h"
#include "sched/waitq.h"
#include "tty/job.h"
#include "tty/tty.h"

void tty_setup(struct tty *tty, const struct tty_ops *ops, void *priv, const char *name, u32 dev)
{
	refcount_init(&tty->refs, 1);
	tty->ops = ops;
	tty->priv = priv;
	tty->dev = dev;
	strlcpy(tty->name, name, sizeof(tty->name));
	spin_init(&tty->lock, LOCK_TTY_STATE);
	ldisc_init(&tty->ld, &ops->ld);
	mutex_init(&tty->read_lock, LOCK_TTY);
	mutex_init(&tty->write_lock, LOCK_TTY);
	sigio_list_init(&tty->async);
	waitq_init(&tty->read_wait);
	waitq_init(&tty->write_wait);
}

void tty_setup_line(struct tty *tty, tcflag_t cflag, u32 baud)
{
	spin_lock(&tty->lock);
	tty->ld.t.c_cflag = cflag;
	tty->ld.t.c_ispeed = tty->ld.t.c_ospeed = baud;
	spin_unlock(&tty->lock);
}

void tty_get(struct tty *tty)
{
	refcount_get(&tty->refs);
}

void tty_put(struct tty *tty)
{
	if (refcount_put(&tty->refs) && tty->ops->free)
		tty->ops->free(tty);
}

bool tty_file_hung_up(const struct file *file, const struct tty *tty)
{
	return (u32)file->pos != READ_ONCE(tty->hangups);
}

/* What ld.signals asked for; without tty->lock. */
static void send_signals(struct tty *tty, u8 signals)
{
	if (signals & LDISC_SIGINT)
		job_signal_foreground(tty, SIGINT);
	if (signals & LDISC_SIGQUIT)
		job_signal_foreground(tty, SIGQUIT);
	if (signals & LDISC_SIGTSTP)
		job_signal_foreground(tty, SIGTSTP);
}

/* ---- from the driver ---- */

/* Under tty.lock: any byte wakes.  A reader takes what is there and counts by
 * itself up to VMIN; a poller looks again. */
static bool wake_readers_locked(struct tty *tty) REQUIRES(&tty->lock)
{
	bool readable = ldisc_readable(&tty->ld, 1);

	if (readable)
		waitq_wake_events_all(&tty->read_wait, EPOLLIN | EPOLLRDNORM);
	return readable;
}

void tty_input_done(struct tty *tty)
{
	bool readable;
	u8 signals;

	spin_lock(&tty->lock);
	signals = tty->ld.signals;
	tty->ld.signals = 0;
	readable = wake_readers_locked(tty);
	spin_unlock(&tty->lock);
	if (readable)
		sigio_send(&tty->async, FMODE_READ | FMODE_WRITE, POLL_IN);
	if (unlikely(signals))
		send_signals(tty, signals);
	if (tty->ops->kick)
		tty->ops->kick(tty);
}

size_t tty_receive(struct tty *tty, const u8 *buf, size_t len)
{
	size_t taken;

	spin_lock(&tty->lock);
	taken = ldisc_receive(&tty->ld, buf, len);
	tty->throttled = taken < len;
	spin_unlock(&tty->lock);
	tty_input_done(tty);
	return taken;
}

void tty_signal_room(struct tty *tty)
{
	if (likely(!READ_ONCE(tty->write_short)))
		return;
	WRITE_ONCE(tty->write_short, false);
	sigio_send(&tty->async, FMODE_READ | FMODE_WRITE, POLL_OUT);
}

void tty_output_ready(struct tty *tty)
{
	spin_lock(&tty->lock);
	ldisc_echo_drain(&tty->ld);
	waitq_wake_events_all(&tty->write_wait, EPOLLOUT | EPOLLWRNORM);
	spin_unlock(&tty->lock);
	tty_signal_room(tty);
	if (tty->ops->kick)
		tty->ops->kick(tty);
}

void tty_hangup(struct tty *tty, bool session_exit)
{
	spin_lock(&tty->lock);
	tty->hangups++;
	tty->ld.echo_len = 0;
	tty->ld.stopped = false;
	ldisc_flush_input(&tty->ld);
	if (tty->ops->ld.flush_output)
		tty->ops->ld.flush_output(&tty->ld);
	spin_unlock(&tty->lock);
	waitq_wake_events_all(&tty->read_wait, EPOLLIN | EPOLLRDNORM | EPOLLERR | EPOLLHUP);
	waitq_wake_events_all(&tty->write_wait, EPOLLOUT | EPOLLWRNORM | EPOLLERR | EPOLLHUP);
	job_hangup(tty, session_exit);
}
