/*
 * termios_lock.c - TIOCGLCKTRMIOS, TIOCSLCKTRMIOS: settings that cannot be changed.
 *
 * The lock looks like the settings: a bit set in its flags, a control
 * character or line discipline that is not 0, keeps what the terminal has.
 * It binds everybody; only who has CAP_SYS_ADMIN may change it.
 * ioctl_tty(2).
 */
#include <linux/capability.h>
#include "core/cred.h"
#include "lib/errno.h"
#include "mem/user.h"
#include "proc/process.h"
#include "tty/termios_lock.h"
#include "tty/tty.h"

static void keep(u32 *new, u32 old, u32 locked)
{
	*new = (old & locked) | (*new & ~locked);
}

void termios_lock_apply(const struct tty *tty, struct termios2 *new)
{
	const struct termios *lock = &tty->termios_lock;
	const struct termios2 *old = &tty->ld.t;

	keep(&new->c_iflag, old->c_iflag, lock->c_iflag);
	keep(&new->c_oflag, old->c_oflag, lock->c_oflag);
	keep(&new->c_cflag, old->c_cflag, lock->c_cflag);
	keep(&new->c_lflag, old->c_lflag, lock->c_lflag);
	if (lock->c_line)
		new->c_line = old->c_line;
	for (int i = 0; i < NCCS; i++)
		if (lock->c_cc[i])
			new->c_cc[i] = old->c_cc[i];
}

long termios_lock_get(struct tty *tty, void __user *arg)
{
	struct termios lock;

	spin_lock(&tty->lock);
	lock = tty->termios_lock;
	spin_unlock(&tty->lock);
	return copy_to_user(arg, &lock, sizeof(lock));
}

long termios_lock_set(struct tty *tty, const void __user *arg)
{
	struct termios lock;

	if (!cred_capable(current_cred(), CAP_SYS_ADMIN))
		return -EPERM;
	if (copy_from_user(&lock, arg, sizeof(lock)))
		return -EFAULT;
	spin_lock(&tty->lock);
	tty->termios_lock = lock;
	spin_unlock(&tty->lock);
	return 0;
}
