/*
 * tty_ioctl.c - what ioctl(2) does to any terminal: ioctl_tty(2), termios(3).
 *
 * A flat switch over small functions.  A pty's master asks through the same
 * one; it sees and changes its slave, as on Linux.
 */
#include <linux/fcntl.h>
#include <linux/signal.h>
#include "abi/termios.h"
#include "core/clock.h"
#include "core/cred.h"
#include "fs/file.h"
#include "fs/poll.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/user.h"
#include "proc/process.h"
#include "sched/waitq.h"
#include "tty/job.h"
#include "tty/termios_lock.h"
#include "tty/tty.h"

static const u32 bauds[] = {
	0,
	50,
	75,
	110,
	134,
	150,
	200,
	300,
	600,
	1200,
	1800,
	2400,
	4800,
	9600,
	19200,
	38400,
	/* CBAUDEX | 1 ... */
	57600,
	115200,
	230400,
	460800,
	500000,
	576000,
	921600,
	1000000,
	1152000,
	1500000,
	2000000,
	2500000,
	3000000,
	3500000,
	4000000,
};

static u32 decode_baud(tcflag_t code, u32 other)
{
	unsigned i = code & (CBAUD & ~CBAUDEX);

	if ((code & CBAUD) == BOTHER)
		return other;
	if (code & CBAUDEX)
		i += 15;
	return i < ARRAY_SIZE(bauds) ? bauds[i] : 0;
}

/* The numbers that go with the codes; BOTHER keeps what was given. */
static void fill_speeds(struct termios2 *t)
{
	tcflag_t in = (t->c_cflag >> IBSHIFT) & CBAUD;

	t->c_ospeed = decode_baud(t->c_cflag & CBAUD, t->c_ospeed);
	t->c_ispeed = in ? decode_baud(in, t->c_ispeed) : t->c_ospeed;
}

int tty_wait_sent(struct tty *tty, ktime_t deadline_ns)
{
	int err = 0;

	spin_lock(&tty->lock);
	while (tty->ops->outq && tty->ops->outq(tty) > 0 && !tty->other_closed && !err) {
		err = waitq_sleep_spin(&tty->write_wait, &tty->lock, deadline_ns);
		if (err == -ETIMEDOUT) {
			err = 0;
			break;
		}
	}
	spin_unlock(&tty->lock);
	return err;
}

/* ---- termios ---- */

enum { SET_NOW, SET_WAIT, SET_FLUSH };

/* Commit new settings; @how: TCSANOW, TCSADRAIN, TCSAFLUSH. */
static int set_termios(struct tty *tty, struct termios2 *new, int how)
{
	struct termios2 old;
	int err;

	if (how != SET_NOW) {
		err = tty_wait_sent(tty, DEADLINE_NONE);
		if (err)
			return err;
	}
	spin_lock(&tty->lock);
	if (how == SET_FLUSH)
		ldisc_flush_input(&tty->ld);
	old = tty->ld.t;
	termios_lock_apply(tty, new);
	ldisc_set_termios(&tty->ld, new);
	if (tty->ops->set_termios)
		tty->ops->set_termios(tty, &old);
	waitq_wake_events_all(&tty->read_wait, EPOLLIN | EPOLLRDNORM);
	waitq_wake_events_all(&tty->write_wait, EPOLLOUT | EPOLLWRNORM);
	spin_unlock(&tty->lock);
	if (tty->throttled && tty->ops->unthrottle)
		tty->ops->unthrottle(tty);
	return 0;
}

static void get_termios(struct tty *tty, struct termios2 *t)
{
	spin_lock(&tty->lock);
	*t = tty->ld.t;
	spin_unlock(&tty->lock);
}

static long ioctl_get(struct tty *tty, void __user *arg, size_t size)
{
	struct termios2 t;

	get_termios(tty, &t);
	return copy_to_user(arg, &t, size);
}

static long ioctl_set(struct tty *tty, const void __user *arg, size_t size, int how)
{
	struct termios2 t;
	long err = job_check_change(tty);

	if (err)
		return err;
	get_termios(tty, &t);
	err = copy_from_user(&t, arg, size);
	if (err)
		return err;
	fill_speeds(&t);
	return set_termios(tty, &t, how);
}

/* The older struct termio: the low halves of the flags. */
static long ioctl_get_old(struct tty *tty, void __user *arg)
{
	struct termio old = { 0 };
	struct termios2 t;

	get_termios(tty, &t);
	old.c_iflag = t.c_iflag;
	old.c_oflag = t.c_oflag;
	old.c_cflag = t.c_cflag;
	old.c_lflag = t.c_lflag;
	old.c_line = t.c_line;
	memcpy(old.c_cc, t.c_cc, NCC);
	return copy_to_user(arg, &old, sizeof(old));
}

static long ioctl_set_old(struct tty *tty, const void __user *arg, int how)
{
	struct termio old;
	struct termios2 t;
	long err = job_check_change(tty);

	if (err)
		return err;
	err = copy_from_user(&old, arg, sizeof(old));
	if (err)
		return err;
	get_termios(tty, &t);
	t.c_iflag = (t.c_iflag & 0xffff0000) | old.c_iflag;
	t.c_oflag = (t.c_oflag & 0xffff0000) | old.c_oflag;
	t.c_cflag = (t.c_cflag & 0xffff0000) | old.c_cflag;
	t.c_lflag = (t.c_lflag & 0xffff0000) | old.c_lflag;
	t.c_line = old.c_line;
	memcpy(t.c_cc, old.c_cc, NCC);
	fill_speeds(&t);
	return set_termios(tty, &t, how);
}

/* ---- queues and flow ---- */

static long ioctl_flush(struct tty *tty, unsigned long which)
{
	long err = job_check_change(tty);

	if (err)
		return err;
	if (which > TCIOFLUSH)
		return -EINVAL;
	spin_lock(&tty->lock);
	if (which != TCOFLUSH)
		ldisc_flush_input(&tty->ld);
	if (which != TCIFLUSH) {
		tty->ops->ld.flush_output(&tty->ld);
		waitq_wake_events_all(&tty->write_wait, EPOLLOUT | EPOLLWRNORM);
	}
	spin_unlock(&tty->lock);
	if (tty->throttled && tty->ops->unthrottle)
		tty->ops->unthrottle(tty);
	return 0;
}

/* tcflow(3): hold our output, or ask the other side to hold its. */
static long ioctl_flow(struct tty *tty, unsigned long how)
{
	long err = job_check_change(tty);
	u8 c;

	if (err)
		return err;
	spin_lock(&tty->lock);
	switch (how) {
	case TCOOFF:
	case TCOON:
		ldisc_hold_output(&tty->ld, how == TCOOFF);
		break;
	case TCIOFF:
	case TCION:
		c = tty->ld.t.c_cc[how == TCIOFF ? VSTOP : VSTART];
		if (c)
			ldisc_send_flow(&tty->ld, c);
		break;
	default:
		err = -EINVAL;
	}
	spin_unlock(&tty->lock);
	if (tty->ops->kick)
		tty->ops->kick(tty);
	return err;
}

/* tcsendbreak(3), tcdrain(3).  @ms 0: only wait until all is sent. */
static long ioctl_break(struct tty *tty, unsigned ms)
{
	long err = job_check_change(tty);

	if (!err)
		err = tty_wait_sent(tty, DEADLINE_NONE);
	if (err || !ms || !tty->ops->brk)
		return err;
	tty->ops->brk(tty, 1);
	err = thread_sleep_until(clock_monotonic_ns() + ms * NSEC_PER_MSEC, SLEEP_INTERRUPTIBLE);
	tty->ops->brk(tty, 0);
	return err;
}

/* ---- size, modem lines, single words ---- */

static long ioctl_get_size(struct tty *tty, void __user *arg)
{
	struct winsize ws;

	spin_lock(&tty->lock);
	ws = tty->winsize;
	spin_unlock(&tty->lock);
	return copy_to_user(arg, &ws, sizeof(ws));
}

static long ioctl_set_size(struct tty *tty, const void __user *arg)
{
	struct winsize ws;
	bool changed;

	if (copy_from_user(&ws, arg, sizeof(ws)))
		return -EFAULT;
	spin_lock(&tty->lock);
	changed = memcmp(&ws, &tty->winsize, sizeof(ws)) != 0;
	tty->winsize = ws;
	spin_unlock(&tty->lock);
	if (changed)
		job_signal_foreground(tty, SIGWINCH);
	return 0;
}

static long ioctl_modem(struct tty *tty, unsigned cmd, void __user *arg)
{
	u32 bits;
	int now;

	if (!tty->ops->modem_get)
		return -ENOTTY;
	now = tty->ops->modem_get(tty);
	if (cmd == TIOCMGET)
		return put_user_s32(now, arg);
	if (get_user_u32(&bits, arg))
		return -EFAULT;
	if (cmd == TIOCMBIS)
		bits = now | bits;
	else if (cmd == TIOCMBIC)
		bits = now & ~bits;
	tty->ops->modem_set(tty, bits);
	return 0;
}

/* TIOCSTI: a byte as if typed.  EPERM: not our terminal. */
static long ioctl_type(struct tty *tty, const void __user *arg)
{
	u8 c;

	if (current_process()->tty != tty && !cred_capable(current_cred(), CAP_SYS_ADMIN))
		return -EPERM;
	if (get_user_u8(&c, arg))
		return -EFAULT;
	tty_receive(tty, &c, 1);
	return 0;
}

static long ioctl_soft_carrier(struct tty *tty, const void __user *arg)
{
	struct termios2 t;
	u32 on;

	if (get_user_u32(&on, arg))
		return -EFAULT;
	get_termios(tty, &t);
	t.c_cflag = on ? t.c_cflag | CLOCAL : t.c_cflag & ~CLOCAL;
	return set_termios(tty, &t, SET_NOW);
}

static long ioctl_exclusive(struct tty *tty, bool on)
{
	spin_lock(&tty->lock);
	tty->exclusive = on;
	spin_unlock(&tty->lock);
	return 0;
}

static long ioctl_count(struct tty *tty, void __user *arg, bool input)
{
	size_t n;

	spin_lock(&tty->lock);
	n = input ? ldisc_inq(&tty->ld) : (tty->ops->outq ? tty->ops->outq(tty) : 0);
	spin_unlock(&tty->lock);
	return put_user_s32(n, arg);
}

static long put_number(long value, void __user *arg)
{
	return value < 0 ? value : put_user_s32(value, arg);
}

/* One flat switch. */
long tty_ioctl_common(struct tty *tty, struct file *file, unsigned cmd, unsigned long arg,
		      bool master)
{
	void __user *uarg = (void __user *)arg;
	u32 word;

	switch (cmd) {
	case TCGETS:
		return ioctl_get(tty, uarg, sizeof(struct termios));
	case TCGETS2:
		return ioctl_get(tty, uarg, sizeof(struct termios2));
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return ioctl_set(tty, uarg, sizeof(struct termios), cmd - TCSETS);
	case TCSETS2:
	case TCSETSW2:
	case TCSETSF2:
		return ioctl_set(tty, uarg, sizeof(struct termios2), (cmd - TCSETS2) & 3);
	case TCGETA:
		return ioctl_get_old(tty, uarg);
	case TCSETA:
	case TCSETAW:
	case TCSETAF:
		return ioctl_set_old(tty, uarg, cmd - TCSETA);
	case TIOCGLCKTRMIOS:
		return termios_lock_get(tty, uarg);
	case TIOCSLCKTRMIOS:
		return termios_lock_set(tty, uarg);
	case TCFLSH:
		return ioctl_flush(tty, arg);
	case TCXONC:
		return ioctl_flow(tty, arg);
	case TCSBRK:
		return ioctl_break(tty, arg ? 0 : 250);
	case TCSBRKP:
		return ioctl_break(tty, arg ? min(arg, 100ul) * 100 : 250);
	case TIOCSBRK:
	case TIOCCBRK:
		return tty->ops->brk ? tty->ops->brk(tty, cmd == TIOCSBRK) : 0;
	case TIOCGWINSZ:
		return ioctl_get_size(tty, uarg);
	case TIOCSWINSZ:
		return ioctl_set_size(tty, uarg);
	case TIOCSCTTY:
		return job_ioctl_sctty(tty, file, arg);
	case TIOCNOTTY:
		return job_ioctl_notty(tty);
	case TIOCGPGRP:
		return put_number(job_get_pgrp(tty, master), uarg);
	case TIOCSPGRP:
		if (get_user_u32(&word, uarg))
			return -EFAULT;
		return job_set_pgrp(tty, (int)word);
	case TIOCGSID:
		return put_number(job_get_sid(tty, master), uarg);
	case TIOCSTI:
		return ioctl_type(tty, uarg);
	case TIOCOUTQ:
		return ioctl_count(tty, uarg, false);
	case FIONREAD:
		return ioctl_count(tty, uarg, true);
	case TIOCEXCL:
	case TIOCNXCL:
		return ioctl_exclusive(tty, cmd == TIOCEXCL);
	case TIOCGPTPEER: /* of a pty's master alone, which does not come here for it */
		return -EIO;
	case TIOCGEXCL:
		return put_user_s32(tty->exclusive, uarg);
	case TIOCGDEV:
		return put_user_u32(tty->dev, uarg);
	case TIOCGETD:
		return put_user_s32(0, uarg); /* N_TTY */
	case TIOCSETD:
		if (get_user_u32(&word, uarg))
			return -EFAULT;
		return word ? -EINVAL : 0;
	case TIOCMGET:
	case TIOCMSET:
	case TIOCMBIS:
	case TIOCMBIC:
		return ioctl_modem(tty, cmd, uarg);
	case TIOCGSOFTCAR:
		return put_user_s32(!!(tty->ld.t.c_cflag & CLOCAL), uarg);
	case TIOCSSOFTCAR:
		return ioctl_soft_carrier(tty, uarg);
	case TIOCVHANGUP:
		if (!cred_capable(current_cred(), CAP_SYS_ADMIN))
			return -EPERM;
		tty_hangup(tty, false);
		return 0;
	}
	return -ENOIOCTLCMD;
}
