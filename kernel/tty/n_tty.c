/*
 * n_tty.c - terminals as files: read, write, poll and open around the line
 * discipline (ldisc.c).  The terminal itself, and what drivers call, is in tty.c.
 *
 * A read copies through a small buffer on the stack, so that user memory is
 * never touched under tty.lock.  read_lock keeps one read(2) whole; so does
 * write_lock for writes.
 *
 * Raw reads, by VMIN and VTIME (termios(3)):
 *	MIN 0, TIME 0	what is there, perhaps nothing
 *	MIN > 0, TIME 0	wait for MIN bytes
 *	MIN 0, TIME > 0	wait TIME for one byte
 *	MIN, TIME > 0	wait for the first byte; then until MIN are there, or TIME
 *			passed since the last
 *
 * A hang-up makes every file that is open now dead: reads give end of file,
 * writes EIO.  tty.hangups counts them, and each file knows (in file->pos)
 * after how many it was opened.
 *
 * Locking: tty.lock for the state; process_tree_lock (job.c) is never taken
 * inside it, so signals are collected under the lock and sent after.
 */
#include <linux/fcntl.h>
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/poll.h"
#include "core/clock.h"
#include "core/cred.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "mem/uio.h"
#include "sched/waitq.h"
#include "tty/job.h"
#include "tty/tty.h"

#define CHUNK	   256
#define DECISECOND (100 * NSEC_PER_MSEC)

/* ---- read ---- */

/* How long, and for how much, a read waits; from the settings in force now. */
struct read_plan {
	size_t minimum;
	ktime_t deadline; /* for the first byte */
	s64 gap_ns;	  /* between bytes; 0: none */
};

static struct read_plan read_plan(const struct ldisc *ld)
{
	struct read_plan plan = { .minimum = 1, .deadline = DEADLINE_NONE };
	s64 time_ns = ld->t.c_cc[VTIME] * DECISECOND;

	if (ld->t.c_lflag & ICANON) /* with EXTPROC too */
		return plan;
	if (ld->t.c_cc[VMIN]) {
		plan.minimum = ld->t.c_cc[VMIN];
		plan.gap_ns = time_ns;
	} else {
		plan.deadline = time_ns ? clock_monotonic_ns() + time_ns : 0;
	}
	return plan;
}

/*
 * Wait for input, with tty.lock held.  1: look again, 0: end the read with what
 * there is, or an error.
 */
static int wait_input_locked(struct tty *tty, struct file *file, ktime_t deadline)
	REQUIRES(&tty->lock)
{
	int err;

	if (tty->other_closed)
		return -EIO;
	if (tty_file_hung_up(file, tty))
		return 0;
	if (deadline == 0)
		return 0;
	if (file->flags & O_NONBLOCK)
		return -EAGAIN;
	err = waitq_sleep_spin(&tty->read_wait, &tty->lock, deadline);
	if (err == -ETIMEDOUT)
		return 0;
	return err ? err : 1;
}

/* Bytes into @dst as read(2) wants them; read_lock is held. */
static long read_chunks(struct tty *tty, struct file *file, struct uio *dst)
{
	struct read_plan plan;
	bool line_end = false;
	u8 buf[CHUNK];
	long done = 0;
	int ret = 0;

	spin_lock(&tty->lock);
	plan = read_plan(&tty->ld);
	while (dst->len > 0) {
		bool canonical = ldisc_canonical(&tty->ld);
		size_t n;

		if (!ldisc_readable(&tty->ld, 1)) {
			if (done && canonical)
				break;
			ret = wait_input_locked(tty, file, plan.deadline);
			if (ret <= 0)
				break;
			continue;
		}
		n = ldisc_read(&tty->ld, buf, min(dst->len, sizeof(buf)), &line_end);
		spin_unlock(&tty->lock);
		ret = copy_to_uio(dst, buf, n);
		memzero_explicit(buf, n);
		spin_lock(&tty->lock);
		if (ret)
			break;
		done += n;
		if (line_end || (!ldisc_canonical(&tty->ld) && done >= plan.minimum &&
				 !ldisc_readable(&tty->ld, 1)))
			break;
		if (!canonical && plan.gap_ns)
			plan.deadline = clock_monotonic_ns() + plan.gap_ns;
	}
	spin_unlock(&tty->lock);
	memzero_explicit(buf, sizeof(buf));
	return done ? done : ret;
}

/* The analysis would have each way of taking it return by itself. */
static int lock_for(struct mutex *mutex, const struct file *file)
	TRY_ACQUIRE(0, mutex) NO_THREAD_SAFETY
{
	if (mutex_trylock(mutex))
		return 0;
	if (file->flags & O_NONBLOCK)
		return -EAGAIN;
	return mutex_lock_interruptible(mutex);
}

static long tty_read(struct file *file, struct uio *dst, u64 *pos)
{
	struct tty *tty = file->priv;
	long ret;

	if (tty_file_hung_up(file, tty))
		return 0;
	ret = job_check_read(tty);
	if (ret)
		return ret;
	ret = lock_for(&tty->read_lock, file);
	if (ret)
		return ret;
	ret = read_chunks(tty, file, dst);
	mutex_unlock(&tty->read_lock);
	tty_unthrottle(tty);
	if (ret > 0 && file->inode)
		file->inode->atime = inode_now();
	return ret;
}

/* ---- write ---- */

/* All of @buf to the line discipline; *done counts.  write_lock is held. */
static int write_chunk(struct tty *tty, struct file *file, const u8 *buf, size_t len, long *done)
{
	size_t at = 0, n;
	bool kicked = false;
	int err = 0;

	spin_lock(&tty->lock);
	for (;;) {
		if (tty_file_hung_up(file, tty) || tty->other_closed) {
			err = -EIO;
			break;
		}
		n = ldisc_write(&tty->ld, buf + at, len - at);
		at += n;
		*done += n;
		if (at == len)
			break;
		if (n || !kicked) {
			/* Let the driver make room before anybody sleeps. */
			spin_unlock(&tty->lock);
			if (tty->ops->kick)
				tty->ops->kick(tty);
			spin_lock(&tty->lock);
			kicked = true;
			continue;
		}
		if (file->flags & O_NONBLOCK) {
			tty->write_short = true;
			err = -EAGAIN;
			break;
		}
		err = waitq_sleep_spin(&tty->write_wait, &tty->lock, DEADLINE_NONE);
		if (err)
			break;
		kicked = false;
	}
	spin_unlock(&tty->lock);
	return err;
}

static long tty_write(struct file *file, struct uio *src, u64 *pos)
{
	struct tty *tty = file->priv;
	u8 buf[CHUNK * 2];
	long done = 0;
	size_t n;
	int err;

	if (tty_file_hung_up(file, tty))
		return -EIO;
	if (READ_ONCE(tty->ld.t.c_lflag) & TOSTOP) {
		err = job_check_change(tty);
		if (err)
			return err;
	}
	err = lock_for(&tty->write_lock, file);
	if (err)
		return err;
	while (src->len > 0 && !err) {
		n = min(src->len, sizeof(buf));
		err = copy_from_uio(src, buf, n);
		if (!err)
			err = write_chunk(tty, file, buf, n, &done);
	}
	mutex_unlock(&tty->write_lock);
	if (tty->ops->kick)
		tty->ops->kick(tty);
	if (done && file->inode)
		file->inode->mtime = inode_now();
	return done ? done : err;
}

/* ---- the rest ---- */

static u32 tty_poll(struct file *file, struct poll_table *pt)
{
	struct tty *tty = file->priv;
	const u8 *cc = tty->ld.t.c_cc;
	u32 mask = 0;

	poll_wait(pt, &tty->read_wait);
	poll_wait(pt, &tty->write_wait);
	spin_lock(&tty->lock);
	if (ldisc_readable(&tty->ld, cc[VTIME] ? 1 : cc[VMIN]))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (tty_file_hung_up(file, tty))
		mask |= EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLRDNORM | EPOLLWRNORM;
	if (tty->other_closed)
		mask |= EPOLLHUP;
	if (tty->ops->ld.room(&tty->ld) >= CHUNK)
		mask |= EPOLLOUT | EPOLLWRNORM;
	spin_unlock(&tty->lock);
	return mask;
}

static long tty_ioctl(struct file *file, unsigned cmd, unsigned long arg)
{
	struct tty *tty = file->priv;
	long ret;

	if (tty_file_hung_up(file, tty))
		return cmd == TIOCSPGRP ? -ENOTTY : -EIO;
	ret = tty->ops->ioctl ? tty->ops->ioctl(tty, file, cmd, arg) : -ENOIOCTLCMD;
	if (ret == -ENOIOCTLCMD)
		ret = tty_ioctl_common(tty, file, cmd, arg, false);
	return ret == -ENOIOCTLCMD ? -ENOTTY : ret;
}

static struct sigio_list *tty_sigio(struct file *file)
{
	return &((struct tty *)file->priv)->async;
}

/* Who has named nobody means the foreground group, or itself. */
static void tty_sigio_on(struct file *file)
{
	job_sigio_owner(file->priv, file);
}

static void tty_release(struct file *file)
{
	struct tty *tty = file->priv;
	bool last;

	spin_lock(&tty->lock);
	last = --tty->nfiles == 0;
	if (last) {
		tty->exclusive = false;
		if (tty->hangs_up_at_exit) /* the end of a pty has the life of its master */
			tty->termios_lock = (struct termios){ 0 };
	}
	spin_unlock(&tty->lock);
	if (last && tty->ops->close)
		tty->ops->close(tty);
	tty_put(tty);
}

const struct file_ops tty_file_ops = {
	.read = tty_read,
	.write = tty_write,
	.ioctl = tty_ioctl,
	.poll = tty_poll,
	.release = tty_release,
	.sigio = tty_sigio,
	.sigio_on = tty_sigio_on,
	.name = "tty",
	.flags = FILE_STREAM,
};

/* -EBUSY: TIOCEXCL by another; what the driver says. */
int tty_open(struct tty *tty, struct file *file)
{
	int err;

	spin_lock(&tty->lock);
	if (tty->exclusive && tty->nfiles > 0 && !cred_capable(file->cred, CAP_SYS_ADMIN)) {
		spin_unlock(&tty->lock);
		return -EBUSY;
	}
	tty->nfiles++;
	file->pos = tty->hangups;
	spin_unlock(&tty->lock);
	tty_get(tty);
	err = tty->ops->open ? tty->ops->open(tty, file) : 0;
	if (err) {
		spin_lock(&tty->lock);
		tty->nfiles--;
		spin_unlock(&tty->lock);
		tty_put(tty);
		return err;
	}
	file->ops = &tty_file_ops;
	file->priv = tty;
	job_open(tty, file->flags);
	return 0;
}
