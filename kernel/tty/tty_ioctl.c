/*
 * tty_ioctl.c - what ioctl(2) does to any terminal: ioctl_tty(2), termios(3).
 *
 * A flat switch over small functions; those of the settings are in
 * tty_termios.c, of job control in job.c.  A pty's master asks through the same
 * one; it sees and changes its slave, as on Linux.
 */
#include <linux/fcntl.h>
#include <linux/signal.h>
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
#include "tty/tty_termios.h"

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
	tty_unthrottle(tty);
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

	if (!tty->ops->modem_get)
		return -ENOTTY;
	if (cmd == TIOCMGET)
		return put_user_s32(tty->ops->modem_get(tty), arg);
	if (get_user_u32(&bits, arg))
		return -EFAULT;
	tty->ops->modem_set(tty, cmd == TIOCMBIC ? 0 : (int)bits,
			    cmd == TIOCMBIC ? (int)bits :
			    cmd == TIOCMSET ? (int)~bits :
					      0);
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
		return tty_termios_get(tty, uarg, sizeof(struct termios));
	case TCGETS2:
		return tty_termios_get(tty, uarg, sizeof(struct termios2));
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return tty_termios_set(tty, uarg, sizeof(struct termios), cmd - TCSETS);
	case TCSETS2:
	case TCSETSW2:
	case TCSETSF2:
		return tty_termios_set(tty, uarg, sizeof(struct termios2), (cmd - TCSETS2) & 3);
	case TCGETA:
		return tty_termio_get(tty, uarg);
	case TCSETA:
	case TCSETAW:
	case TCSETAF:
		return tty_termio_set(tty, uarg, cmd - TCSETA);
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
		return put_user_s32(READ_ONCE(tty->exclusive), uarg);
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
		return tty_soft_carrier_get(tty, uarg);
	case TIOCSSOFTCAR:
		return tty_soft_carrier_set(tty, uarg);
	case TIOCVHANGUP:
		if (!cred_capable(current_cred(), CAP_SYS_ADMIN))
			return -EPERM;
		tty_hangup(tty, false);
		return 0;
	}
	return -ENOIOCTLCMD;
}
