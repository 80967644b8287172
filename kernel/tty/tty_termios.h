/* tty_termios.h - a terminal's settings in all their forms; see tty_termios.c. */
#pragma once
#include "abi/termios.h"
#include "lib/annotate.h"
#include "lib/types.h"

struct tty; /* tty/tty.h */

/* When new settings hold; in the order of the ioctls, TCSETS and its kin. */
enum tty_set {
	TTY_SET_NOW,
	TTY_SET_WAIT,  /* once all output is sent */
	TTY_SET_FLUSH, /* then, and what was typed is dropped */
};

/* @size: of struct termios, or of struct termios2, which begins as that one.  -EFAULT. */
long tty_termios_get(struct tty *tty, void __user *arg, size_t size);
/* -EFAULT; -EIO, -ERESTARTSYS: of job_check_change(), or a signal ended the wait. */
long tty_termios_set(struct tty *tty, const void __user *arg, size_t size, enum tty_set how);
/* The same for the older struct termio. */
long tty_termio_get(struct tty *tty, void __user *arg);
long tty_termio_set(struct tty *tty, const void __user *arg, enum tty_set how);

/* TIOCGSOFTCAR, TIOCSSOFTCAR: CLOCAL as a number.  -EFAULT. */
long tty_soft_carrier_get(struct tty *tty, void __user *arg);
long tty_soft_carrier_set(struct tty *tty, const void __user *arg);
