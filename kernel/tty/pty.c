/*
 * pty.c - pseudo-terminals: pty(7), /dev/ptmx and the slaves in /dev/pts.  The master's
 * side is in pty_master.c.
 *
 *	master write --> [backlog] --> slave's ldisc --> slave read
 *	master read  <-- [out ring] <-- slave's ldisc <-- slave write, echo
 *
 * The slave is an ordinary terminal (n_tty.c) whose line is the out ring.  The
 * master is no terminal: a byte pipe with a few ioctls, and packet mode, in
 * which each read begins with a byte that tells data from events.  What it is
 * asked about settings, size and job control is answered by the slave.
 *
 * What the slave's line discipline does not take is kept in the backlog (8 KiB,
 * as on Linux), made when first needed; then master writes sleep.
 *
 * The pty lives until both sides are closed.  Closing the master hangs the
 * slave up and removes its name.  Locking: slave.lock for everything.
 */
#include <linux/fcntl.h>
#include "core/log.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/poll.h"
#include "fs/superblock.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "sched/waitq.h"
#include "tty/pty.h"

static struct pty *pty_of(struct ldisc *ld)
{
	return container_of(ld, struct pty, slave.ld);
}

static void pty_free(struct tty *tty)
{
	struct pty *pty = container_of(tty, struct pty, slave);

	superblock_put(pty->sb);
	kfree(pty->out.buf);
	kfree(pty->backlog.buf);
	kfree(pty);
}

/* ---- the slave's line ---- */

static size_t pty_put(struct ldisc *ld, const u8 *buf, size_t len)
{
	struct pty *pty = pty_of(ld);
	size_t n;

	spin_assert_held(&pty->slave.lock);
	if (pty->slave.other_closed)
		return len;
	if (ld->stopped)
		return 0;
	n = ring_put(&pty->out, buf, len);
	if (n)
		waitq_wake_events_all(&pty->master_read, EPOLLIN | EPOLLRDNORM);
	return n;
}

static size_t pty_room(struct ldisc *ld)
{
	return ld->stopped ? 0 : ring_free(&pty_of(ld)->out);
}

/* An event for packet mode. */
static void report_locked(struct pty *pty, u8 set, u8 clear) REQUIRES(&pty->slave.lock)
{
	if (!pty->packet)
		return;
	pty->status = (pty->status & ~clear) | set;
	waitq_wake_events_all(&pty->master_read, EPOLLIN | EPOLLRDNORM | EPOLLPRI);
}

/* Something for the master may have been put. */
static void pty_kick(struct tty *tty)
{
	struct pty *pty = container_of(tty, struct pty, slave);

	if (READ_ONCE(pty->out.head) != READ_ONCE(pty->out.tail))
		sigio_send(&pty->master_async, FMODE_READ | FMODE_WRITE, POLL_IN);
}

/*
 * What has arrived at the master stays: on Linux a line discipline full, without the echo of
 * the bytes among which the signal key is.
 */
static void pty_flush_output(struct ldisc *ld)
{
	struct pty *pty = pty_of(ld);
	u32 arrived = (pty->receiving ? pty->head_before : pty->out.head) - pty->out.tail;

	spin_assert_held(&pty->slave.lock);
	pty->out.head = pty->out.tail + min(arrived, LDISC_BUF - 1);
	report_locked(pty, TIOCPKT_FLUSHWRITE, 0);
	waitq_wake_events_all(&pty->slave.write_wait, EPOLLOUT | EPOLLWRNORM);
}

static void pty_flush_input(struct ldisc *ld)
{
	struct pty *pty = pty_of(ld);

	spin_assert_held(&pty->slave.lock);
	pty->backlog.tail = pty->backlog.head;
	report_locked(pty, TIOCPKT_FLUSHREAD, 0);
	waitq_wake_events_all(&pty->master_write, EPOLLOUT | EPOLLWRNORM);
}

static void pty_start(struct ldisc *ld)
{
	struct pty *pty = pty_of(ld);

	spin_assert_held(&pty->slave.lock);
	report_locked(pty, TIOCPKT_START, TIOCPKT_STOP);
	waitq_wake_events_all(&pty->slave.write_wait, EPOLLOUT | EPOLLWRNORM);
}

static void pty_stop(struct ldisc *ld)
{
	struct pty *pty = pty_of(ld);

	spin_assert_held(&pty->slave.lock);
	report_locked(pty, TIOCPKT_STOP, TIOCPKT_START);
}

static bool uses_usual_flow_keys(const struct termios2 *t)
{
	return (t->c_iflag & IXON) && t->c_cc[VSTOP] == 023 && t->c_cc[VSTART] == 021;
}

static void pty_set_termios(struct tty *tty, const struct termios2 *old)
{
	struct pty *pty = container_of(tty, struct pty, slave);
	struct termios2 *t = &tty->ld.t;

	spin_assert_held(&pty->slave.lock);
	if (pty->packet) {
		bool now = uses_usual_flow_keys(t), was = uses_usual_flow_keys(old);

		if (now && !was)
			report_locked(pty, TIOCPKT_DOSTOP, TIOCPKT_NOSTOP);
		if (!now && was)
			report_locked(pty, TIOCPKT_NOSTOP, TIOCPKT_DOSTOP);
		if ((old->c_lflag | t->c_lflag) & EXTPROC)
			report_locked(pty, TIOCPKT_IOCTL, 0);
	}
	t->c_cflag = (t->c_cflag & ~(CSIZE | PARENB)) | CS8 | CREAD;
}

static size_t pty_outq(struct tty *tty)
{
	return 0; /* what the ring holds has been sent, as Linux counts */
}

size_t pty_receive_locked(struct pty *pty, const u8 *buf, size_t len)
{
	size_t taken;

	pty->head_before = pty->out.head;
	pty->receiving = true;
	taken = ldisc_receive(&pty->slave.ld, buf, len);
	pty->receiving = false;
	return taken;
}

bool pty_feed_locked(struct pty *pty)
{
	while (!ring_empty(&pty->backlog)) {
		u32 at = pty->backlog.tail & (PTY_BACKLOG_SIZE - 1);
		u32 n = min(ring_used(&pty->backlog), PTY_BACKLOG_SIZE - at);
		u32 before = pty->backlog.tail;
		size_t taken = pty_receive_locked(pty, pty->backlog.buf + at, n);

		if (pty->backlog.tail != before)
			continue; /* a signal character flushed it */
		pty->backlog.tail += taken;
		if (taken < n)
			break;
	}
	pty->slave.throttled = !ring_empty(&pty->backlog);
	return !pty->slave.throttled;
}

static void pty_unthrottle(struct tty *tty)
{
	struct pty *pty = container_of(tty, struct pty, slave);

	spin_lock(&pty->slave.lock);
	pty_feed_locked(pty);
	waitq_wake_events_all(&pty->master_write, EPOLLOUT | EPOLLWRNORM);
	spin_unlock(&pty->slave.lock);
	tty_input_done(tty);
}

static int pty_open(struct tty *tty, struct file *file)
{
	struct pty *pty = container_of(tty, struct pty, slave);
	int err = 0;

	spin_lock(&tty->lock);
	if (tty->other_closed || pty->locked)
		err = -EIO;
	else
		pty->slave_gone = false;
	spin_unlock(&tty->lock);
	return err;
}

static void pty_close(struct tty *tty)
{
	struct pty *pty = container_of(tty, struct pty, slave);

	spin_lock(&tty->lock);
	if (tty->nfiles == 0)
		pty->slave_gone = true;
	spin_unlock(&tty->lock);
	waitq_wake_events_all(&pty->master_read, EPOLLIN | EPOLLRDNORM | EPOLLHUP);
	waitq_wake_events_all(&pty->master_write, EPOLLOUT | EPOLLWRNORM | EPOLLHUP);
}

static const struct tty_ops slave_ops = {
	.driver = "pty_slave",
	.ld = {
		.put = pty_put,
		.room = pty_room,
		.flush_output = pty_flush_output,
		.flush_input = pty_flush_input,
		.start = pty_start,
		.stop = pty_stop,
	},
	.open = pty_open,
	.close = pty_close,
	.kick = pty_kick,
	.unthrottle = pty_unthrottle,
	.outq = pty_outq,
	.set_termios = pty_set_termios,
	.free = pty_free,
};

int pty_slave_open(struct inode *inode, struct file *file)
{
	struct pty *pty = devpts_pty(inode);
	int err;

	if (!pty)
		return -EIO;
	err = tty_open(&pty->slave, file);
	tty_put(&pty->slave);
	return err;
}

/* open("/dev/ptmx").  ENODEV: no devpts beside it.  ENOSPC, ENOMEM. */
int ptmx_open(struct inode *inode, struct file *file)
{
	struct path root;
	struct pty *pty;
	char name[16];
	int err;

	err = devpts_locate(file, &root);
	if (err)
		return err;
	err = -ENOMEM;
	pty = kzalloc(sizeof(*pty));
	if (!pty)
		goto out_put_root;
	ring_init(&pty->out, kmalloc(PTY_OUT_SIZE), PTY_OUT_SIZE);
	if (!pty->out.buf)
		goto out_free;
	err = devpts_add(&root, pty, file->cred);
	if (err)
		goto out_free;
	snprintf(name, sizeof(name), "pts/%d", pty->index);
	tty_setup(&pty->slave, &slave_ops, pty, name, (u32)dev_make(136, pty->index));
	tty_setup_line(&pty->slave, B38400 | CS8 | CREAD, 38400);
	sigio_list_init(&pty->master_async);
	waitq_init(&pty->master_read);
	waitq_init(&pty->master_write);
	mutex_init(&pty->master_lock, LOCK_TTY);
	pty->locked = true;

	/* Commit point. */
	devpts_publish(pty);
	file->ops = &pty_master_ops;
	file->priv = pty;
	path_put(&root);
	return 0;

out_free:
	kfree(pty->out.buf);
	kfree(pty);
out_put_root:
	path_put(&root);
	return err;
}
