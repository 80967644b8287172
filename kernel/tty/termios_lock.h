/* termios_lock.h - settings of a terminal that cannot be changed; see termios_lock.c. */
#pragma once
#include "abi/termios.h"
#include "lib/annotate.h"

struct tty;

/* Puts back in @new what is locked.  tty->lock held. */
void termios_lock_apply(const struct tty *tty, struct termios2 *new);
long termios_lock_get(struct tty *tty, void __user *arg);
/* -EPERM without CAP_SYS_ADMIN; -EFAULT. */
long termios_lock_set(struct tty *tty, const void __user *arg);
