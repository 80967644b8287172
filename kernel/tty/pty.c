/*
 * pty.c - pseudo-terminals: pty(7), /dev/ptmx and the slaves in /dev/pts.
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
#include <linux/signal.h>
#include "core/cred.h"
#include "core/log.h"
#include "fs/dentry.h"
#include "fs/fdtable.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/poll.h"
#include "fs/seq.h"
#include "fs/superblock.h"
#include "fs/vfs.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "mem/uio.h"
#include "mem/user.h"
#include "proc/process.h"
#include "sched/waitq.h"
#include "tty/job.h"
#include "tty/pty.h"

#define OUT_SIZE     8192u
#define BACKLOG_SIZE 8192u
#define CHUNK	     512

static const struct file_ops master_ops;

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

/* Under slave.lock: an event for packet mode. */
static void report_locked(struct pty *pty, u8 set, u8 clear)
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

	pty->out.head = pty->out.tail + min(arrived, LDISC_BUF - 1);
	report_locked(pty, TIOCPKT_FLUSHWRITE, 0);
	waitq_wake_events_all(&pty->slave.write_wait, EPOLLOUT | EPOLLWRNORM);
}

static void pty_flush_input(struct ldisc *ld)
{
	struct pty *pty = pty_of(ld);

	pty->backlog.tail = pty->backlog.head;
	report_locked(pty, TIOCPKT_FLUSHREAD, 0);
	waitq_wake_events_all(&pty->master_write, EPOLLOUT | EPOLLWRNORM);
}

static void pty_start(struct ldisc *ld)
{
	report_locked(pty_of(ld), TIOCPKT_START, TIOCPKT_STOP);
	waitq_wake_events_all(&pty_of(ld)->slave.write_wait, EPOLLOUT | EPOLLWRNORM);
}

static void pty_stop(struct ldisc *ld)
{
	report_locked(pty_of(ld), TIOCPKT_STOP, TIOCPKT_START);
}

static bool uses_usual_flow_keys(const struct termios2 *t)
{
	return (t->c_iflag & IXON) && t->c_cc[VSTOP] == 023 && t->c_cc[VSTART] == 021;
}

static void pty_set_termios(struct tty *tty, const struct termios2 *old)
{
	struct pty *pty = container_of(tty, struct pty, slave);
	struct termios2 *t = &tty->ld.t;

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

static size_t receive_locked(struct pty *pty, const u8 *buf, size_t len)
{
	size_t taken;

	pty->head_before = pty->out.head;
	pty->receiving = true;
	taken = ldisc_receive(&pty->slave.ld, buf, len);
	pty->receiving = false;
	return taken;
}

/* Backlog into the line discipline; true when it is empty now. */
static bool feed_locked(struct pty *pty)
{
	while (!ring_empty(&pty->backlog)) {
		u32 at = pty->backlog.tail & (BACKLOG_SIZE - 1);
		u32 n = min(ring_used(&pty->backlog), BACKLOG_SIZE - at);
		u32 before = pty->backlog.tail;
		size_t taken = receive_locked(pty, pty->backlog.buf + at, n);

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

	spin_lock(&tty->lock);
	feed_locked(pty);
	waitq_wake_events_all(&pty->master_write, EPOLLOUT | EPOLLWRNORM);
	spin_unlock(&tty->lock);
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

/* ---- the master ---- */

/* Up to @len bytes into @buf, sleeping for the first.  0 is no end of file. */
static long master_take(struct pty *pty, struct file *file, u8 *buf, size_t len)
{
	long n = 0;
	int err;

	spin_lock(&pty->slave.lock);
	for (;;) {
		if (pty->packet && pty->status) {
			buf[0] = pty->status;
			pty->status = 0;
			n = 1;
			break;
		}
		if (!ring_empty(&pty->out)) {
			if (pty->packet)
				buf[n++] = TIOCPKT_DATA;
			n += ring_get(&pty->out, buf + n, len - n);
			ldisc_echo_drain(&pty->slave.ld);
			if (ring_free(&pty->out) >= OUT_SIZE / 4)
				waitq_wake_events_all(&pty->slave.write_wait,
						      EPOLLOUT | EPOLLWRNORM);
			break;
		}
		if (pty->slave_gone)
			n = -EIO;
		else if (file->flags & O_NONBLOCK)
			n = -EAGAIN;
		if (n)
			break;
		err = waitq_sleep_spin(&pty->master_read, &pty->slave.lock, DEADLINE_NONE);
		if (err) {
			n = err;
			break;
		}
	}
	spin_unlock(&pty->slave.lock);
	tty_signal_room(&pty->slave);
	return n;
}

/* More to give right now?  Then one read(2) goes on with the next chunk. */
static bool master_more(struct pty *pty)
{
	return !READ_ONCE(pty->packet) && READ_ONCE(pty->out.head) != READ_ONCE(pty->out.tail);
}

static long master_read(struct file *file, struct uio *dst, u64 *pos)
{
	struct pty *pty = file->priv;
	u8 buf[CHUNK];
	long done = 0, n;

	if (dst->len == 0)
		return 0;
	do {
		n = master_take(pty, file, buf, min(dst->len, sizeof(buf)));
		if (n < 0)
			break;
		if (copy_to_uio(dst, buf, n)) {
			n = -EFAULT;
			break;
		}
		done += n;
	} while (dst->len > 0 && master_more(pty));
	return done ? done : n;
}

/* Room beyond the line discipline: made when first needed. */
static int need_backlog(struct pty *pty)
{
	void *buf;

	if (pty->backlog.buf)
		return 0;
	buf = kmalloc(BACKLOG_SIZE);
	if (!buf)
		return -ENOMEM;
	spin_lock(&pty->slave.lock);
	ring_init(&pty->backlog, buf, BACKLOG_SIZE);
	spin_unlock(&pty->slave.lock);
	return 0;
}

/* master_lock is held.  Bytes of @buf that are on their way. */
static size_t master_give(struct pty *pty, const u8 *buf, size_t len)
{
	size_t n = 0;

	spin_lock(&pty->slave.lock);
	if (!pty->backlog.buf || feed_locked(pty))
		n = receive_locked(pty, buf, len);
	if (n < len && pty->backlog.buf) {
		n += ring_put(&pty->backlog, buf + n, len - n);
		pty->slave.throttled = true;
	}
	spin_unlock(&pty->slave.lock);
	return n;
}

static long master_write_chunk(struct pty *pty, struct file *file, const u8 *buf, size_t len,
			       long *done)
{
	size_t at = 0, n;
	int err;

	for (;;) {
		n = master_give(pty, buf + at, len - at);
		tty_input_done(&pty->slave);
		at += n;
		*done += n;
		if (at == len)
			return 0;
		if (!pty->backlog.buf) {
			err = need_backlog(pty);
			if (err)
				return err;
			continue;
		}
		if (file->flags & O_NONBLOCK)
			return -EAGAIN;
		spin_lock(&pty->slave.lock);
		err = 0;
		if (ring_full(&pty->backlog))
			err = waitq_sleep_spin(&pty->master_write, &pty->slave.lock, DEADLINE_NONE);
		spin_unlock(&pty->slave.lock);
		if (err)
			return err;
	}
}

static long master_write(struct file *file, struct uio *src, u64 *pos)
{
	struct pty *pty = file->priv;
	u8 buf[CHUNK];
	long done = 0, err;
	size_t n;

	err = mutex_lock_interruptible(&pty->master_lock);
	if (err)
		return err;
	while (src->len > 0 && !err) {
		n = min(src->len, sizeof(buf));
		err = copy_from_uio(src, buf, n);
		if (!err)
			err = master_write_chunk(pty, file, buf, n, &done);
	}
	mutex_unlock(&pty->master_lock);
	memzero_explicit(buf, sizeof(buf)); /* it may be a password */
	return done ? done : err;
}

static u32 master_poll(struct file *file, struct poll_table *pt)
{
	struct pty *pty = file->priv;
	u32 mask = 0;

	poll_wait(pt, &pty->master_read);
	poll_wait(pt, &pty->master_write);
	spin_lock(&pty->slave.lock);
	if (!ring_empty(&pty->out))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (pty->packet && pty->status)
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLPRI;
	if (pty->slave_gone)
		mask |= EPOLLHUP;
	if (ldisc_receive_room(&pty->slave.ld) > 0 || !pty->backlog.buf ||
	    !ring_full(&pty->backlog))
		mask |= EPOLLOUT | EPOLLWRNORM;
	spin_unlock(&pty->slave.lock);
	return mask;
}

static long set_packet(struct pty *pty, const void __user *arg)
{
	u32 on;

	if (get_user_u32(&on, arg))
		return -EFAULT;
	spin_lock(&pty->slave.lock);
	if (on && !pty->packet)
		pty->status = 0;
	pty->packet = on;
	spin_unlock(&pty->slave.lock);
	return 0;
}

/* TIOCGPTPEER: the slave, without going through its name. */
static long open_peer(struct pty *pty, struct file *file, unsigned long flags)
{
	struct fdtable *fds = current_fds();
	struct path root, path;
	struct file *peer;
	long ret;

	ret = devpts_locate(file, &root);
	if (ret)
		return ret;
	path = (struct path){ root.mount, pty->dentry };
	ret = vfs_open_path(current_caller(), &path, (u32)flags & ~O_CLOEXEC, &peer);
	path_put(&root);
	if (ret)
		return ret;
	ret = fdtable_add(fds, peer, flags & O_CLOEXEC);
	if (ret < 0)
		file_put(peer);
	return ret;
}

static long master_ioctl(struct file *file, unsigned cmd, unsigned long arg)
{
	struct pty *pty = file->priv;
	void __user *uarg = (void __user *)arg;
	long ret;
	u32 word;

	switch (cmd) {
	case TIOCGPTN:
		return put_user_s32(pty->index, uarg);
	case TIOCSPTLCK:
		if (get_user_u32(&word, uarg))
			return -EFAULT;
		WRITE_ONCE(pty->locked, word != 0);
		return 0;
	case TIOCGPTLCK:
		return put_user_s32(pty->locked, uarg);
	case TIOCPKT:
		return set_packet(pty, uarg);
	case TIOCGPKT:
		return put_user_s32(pty->packet, uarg);
	case TIOCGPTPEER:
		return open_peer(pty, file, arg);
	case TIOCSIG:
		if (arg != SIGINT && arg != SIGQUIT && arg != SIGTSTP)
			return -EINVAL;
		job_signal_foreground(&pty->slave, (int)arg);
		return 0;
	case FIONREAD:
		return put_user_s32(ring_used(&pty->out), uarg);
	case TIOCOUTQ:
		return put_user_s32(pty->backlog.buf ? ring_used(&pty->backlog) : 0, uarg);
	case TIOCSTI:
	case TIOCSCTTY:
	case TIOCNOTTY:
		return -ENOTTY;
	}
	ret = tty_ioctl_common(&pty->slave, file, cmd, arg, true);
	return ret == -ENOIOCTLCMD ? -ENOTTY : ret;
}

static void master_release(struct file *file)
{
	struct pty *pty = file->priv;

	spin_lock(&pty->slave.lock);
	pty->slave.other_closed = true;
	spin_unlock(&pty->slave.lock);
	devpts_remove(pty);
	tty_hangup(&pty->slave, false);
	tty_put(&pty->slave);
}

static struct sigio_list *master_sigio(struct file *file)
{
	return &((struct pty *)file->priv)->master_async;
}

static void master_sigio_on(struct file *file)
{
	sigio_default_owner(file, current_cred(), F_OWNER_PID, current_process()->pid);
}

static void master_fdinfo(struct file *file, struct seq *s)
{
	seq_printf(s, "tty-index:\t%d\n", ((struct pty *)file->priv)->index);
}

static const struct file_ops master_ops = {
	.read = master_read,
	.fdinfo = master_fdinfo,
	.write = master_write,
	.ioctl = master_ioctl,
	.poll = master_poll,
	.release = master_release,
	.sigio = master_sigio,
	.sigio_on = master_sigio_on,
	.name = "ptmx",
	.flags = FILE_STREAM,
};

struct tty *pty_master_slave(const struct file *file)
{
	return file->ops == &master_ops ? &((struct pty *)file->priv)->slave : NULL;
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
	ring_init(&pty->out, kmalloc(OUT_SIZE), OUT_SIZE);
	if (!pty->out.buf)
		goto out_free;
	err = devpts_add(&root, pty, file->cred);
	if (err)
		goto out_free;
	snprintf(name, sizeof(name), "pts/%d", pty->index);
	tty_setup(&pty->slave, &slave_ops, pty, name, (u32)dev_make(136, pty->index));
	pty->slave.ld.t.c_cflag = B38400 | CS8 | CREAD;
	sigio_list_init(&pty->master_async);
	waitq_init(&pty->master_read);
	waitq_init(&pty->master_write);
	mutex_init(&pty->master_lock, LOCK_TTY);
	pty->locked = true;

	/* Commit point. */
	devpts_publish(pty);
	file->ops = &master_ops;
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
