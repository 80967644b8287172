/*
 * tty_termios.c - a terminal's settings, as ioctl(2) reads and writes them.
 *
 * Three structures show the same settings: struct termios, struct termios2 with
 * the speeds as numbers, and the older struct termio, which has the low halves
 * of the flags.  Whichever comes in is laid over what the terminal has.
 *
 * Context: all sleep, may fault, and take tty->lock.
 * ioctl_tty(2), termios(3).
 */
#include "tty/tty_termios.h"
#include "fs/poll.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/user.h"
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

static int set_termios(struct tty *tty, struct termios2 *new, enum tty_set how)
{
	struct termios2 old;
	int err;

	if (how != TTY_SET_NOW) {
		err = tty_wait_sent(tty, DEADLINE_NONE);
		if (err)
			return err;
	}
	spin_lock(&tty->lock);
	if (how == TTY_SET_FLUSH)
		ldisc_flush_input(&tty->ld);
	old = tty->ld.t;
	termios_lock_apply(tty, new);
	ldisc_set_termios(&tty->ld, new);
	if (tty->ops->set_termios)
		tty->ops->set_termios(tty, &old);
	waitq_wake_events_all(&tty->read_wait, EPOLLIN | EPOLLRDNORM);
	waitq_wake_events_all(&tty->write_wait, EPOLLOUT | EPOLLWRNORM);
	spin_unlock(&tty->lock);
	tty_unthrottle(tty);
	return 0;
}

static void get_termios(struct tty *tty, struct termios2 *t)
{
	spin_lock(&tty->lock);
	*t = tty->ld.t;
	spin_unlock(&tty->lock);
}

long tty_termios_get(struct tty *tty, void __user *arg, size_t size)
{
	struct termios2 t;

	get_termios(tty, &t);
	return copy_to_user(arg, &t, size);
}

long tty_termios_set(struct tty *tty, const void __user *arg, size_t size, enum tty_set how)
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

long tty_termio_get(struct tty *tty, void __user *arg)
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

long tty_termio_set(struct tty *tty, const void __user *arg, enum tty_set how)
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

long tty_soft_carrier_get(struct tty *tty, void __user *arg)
{
	struct termios2 t;

	get_termios(tty, &t);
	return put_user_s32(!!(t.c_cflag & CLOCAL), arg);
}

long tty_soft_carrier_set(struct tty *tty, const void __user *arg)
{
	struct termios2 t;
	u32 on;

	if (get_user_u32(&on, arg))
		return -EFAULT;
	get_termios(tty, &t);
	t.c_cflag = on ? t.c_cflag | CLOCAL : t.c_cflag & ~CLOCAL;
	return set_termios(tty, &t, TTY_SET_NOW);
}
