/*
 * pty_master.c - the master's side of a pseudo-terminal: a file that is no terminal.
 *
 * Reads take what the slave has put out, in packet mode behind a byte that says what it is;
 * writes are typed at the slave.  See pty.c; pty(7), ioctl_tty(2).
 */
#include <linux/fcntl.h>
#include <linux/signal.h>
#include "core/cred.h"
#include "fs/dentry.h"
#include "fs/fdtable.h"
#include "fs/file.h"
#include "fs/poll.h"
#include "fs/seq.h"
#include "fs/vfs.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "mem/uio.h"
#include "mem/user.h"
#include "proc/process.h"
#include "sched/waitq.h"
#include "tty/job.h"
#include "tty/pty.h"

#define CHUNK 512

/* Up to @len bytes into @buf, sleeping for the first.  0 is no end of file. */
static long master_take(struct pty *pty, struct file *file, u8 *buf, size_t len)
{
	bool was_full;
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
			was_full = ring_free(&pty->out) < LDISC_STEP_MAX;
			n += ring_get(&pty->out, buf + n, len - n);
			if (was_full)
				ldisc_echo_drain(&pty->slave.ld);
			if (ring_free(&pty->out) >= PTY_OUT_SIZE / 4)
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
static int need_backlog(struct pty *pty) REQUIRES(&pty->master_lock)
{
	void *buf;

	if (pty->backlog.buf)
		return 0;
	buf = kmalloc(PTY_BACKLOG_SIZE);
	if (!buf)
		return -ENOMEM;
	spin_lock(&pty->slave.lock);
	ring_init(&pty->backlog, buf, PTY_BACKLOG_SIZE);
	spin_unlock(&pty->slave.lock);
	return 0;
}

/* Bytes of @buf that are on their way. */
static size_t master_give(struct pty *pty, const u8 *buf, size_t len) REQUIRES(&pty->master_lock)
{
	size_t n = 0;

	spin_lock(&pty->slave.lock);
	if (!pty->backlog.buf || pty_feed_locked(pty))
		n = pty_receive_locked(pty, buf, len);
	if (n < len && pty->backlog.buf) {
		n += ring_put(&pty->backlog, buf + n, len - n);
		pty->slave.throttled = true;
	}
	spin_unlock(&pty->slave.lock);
	return n;
}

static long master_write_chunk(struct pty *pty, struct file *file, const u8 *buf, size_t len,
			       long *done) REQUIRES(&pty->master_lock)
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

/* TCFLSH: what this side could still read, and what it wrote that the slave did not take. */
static long master_flush(struct pty *pty, unsigned long which)
{
	if (which > TCIOFLUSH)
		return -EINVAL;
	spin_lock(&pty->slave.lock);
	if (which != TCOFLUSH) {
		pty->out.tail = pty->out.head;
		waitq_wake_events_all(&pty->slave.write_wait, EPOLLOUT | EPOLLWRNORM);
	}
	if (which != TCIFLUSH) {
		pty->backlog.tail = pty->backlog.head;
		waitq_wake_events_all(&pty->master_write, EPOLLOUT | EPOLLWRNORM);
	}
	spin_unlock(&pty->slave.lock);
	return 0;
}

/* Bytes in @ring.  Under the lock: between looks at its two ends both may have moved on. */
static long put_used(struct pty *pty, const struct ring *ring, void __user *arg)
{
	u32 used;

	spin_lock(&pty->slave.lock);
	used = ring_used(ring);
	spin_unlock(&pty->slave.lock);
	return put_user_s32((int)used, arg);
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
		return put_user_s32(READ_ONCE(pty->locked), uarg);
	case TIOCPKT:
		return set_packet(pty, uarg);
	case TIOCGPKT:
		return put_user_s32(READ_ONCE(pty->packet), uarg);
	case TCFLSH:
		return master_flush(pty, arg);
	case TIOCGPTPEER:
		return open_peer(pty, file, arg);
	case TIOCSIG:
		if (arg != SIGINT && arg != SIGQUIT && arg != SIGTSTP)
			return -EINVAL;
		job_signal_foreground(&pty->slave, (int)arg);
		return 0;
	case FIONREAD:
		return put_used(pty, &pty->out, uarg);
	case TIOCOUTQ:
		return put_used(pty, &pty->backlog, uarg);
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

static size_t master_held(const struct file *file)
{
	const struct pty *pty = file->priv;

	return sizeof(*pty) + PTY_OUT_SIZE + (READ_ONCE(pty->backlog.buf) ? PTY_BACKLOG_SIZE : 0);
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

const struct file_ops pty_master_ops = {
	.read = master_read,
	.fdinfo = master_fdinfo,
	.write = master_write,
	.ioctl = master_ioctl,
	.poll = master_poll,
	.release = master_release,
	.held = master_held,
	.sigio = master_sigio,
	.sigio_on = master_sigio_on,
	.name = "ptmx",
	.flags = FILE_STREAM,
};
