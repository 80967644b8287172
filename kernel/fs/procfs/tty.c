/*
 * tty.c - /proc/consoles and /proc/tty: the terminals that there are.
 *
 * procps and psmisc learn from /proc/tty/drivers what a terminal's number is called.
 * The other side of a pty is no terminal here, so Linux's pty_master is left out.
 */
#include "abi/dev.h"
#include "core/log.h"
#include "drivers/serial/serial.h"
#include "fs/procfs/procfs_internal.h"
#include "lib/string.h"
#include "tty/tty.h"

/* -W-: it is written to only.  E: enabled, C: /dev/console, p: for the log, a: at any time. */
static void console_line(const struct console *con, void *arg)
{
	const struct tty *preferred = console_tty();

	seq_printf(arg, "%-21s-W- (E%c p a) %4d:%d\n", con->name,
		   preferred && str_eq(preferred->name, con->name) ? 'C' : ' ', dev_major(con->dev),
		   dev_minor(con->dev));
}

int proc_consoles_show(struct seq *s, const struct proc_node *node)
{
	console_for_each(console_line, s);
	return 0;
}

static int drivers_show(struct seq *s, const struct proc_node *node)
{
	seq_puts(s, "/dev/tty             /dev/tty        5       0 system:/dev/tty\n"
		    "/dev/console         /dev/console    5       1 system:console\n"
		    "/dev/ptmx            /dev/ptmx       5       2 system\n"
		    "serial               /dev/ttyS       4 64-67 serial\n"
		    "pty_slave            /dev/pts      136 0-1048575 pty:slave\n");
	return 0;
}

static int ldiscs_show(struct seq *s, const struct proc_node *node)
{
	seq_puts(s, "n_tty       0\n");
	return 0;
}

static int serial_text(struct seq *s, const struct proc_node *node)
{
	serial_show(s);
	return 0;
}

static const struct proc_entry driver_children[] = {
	PROC_FILE("serial", 0444, serial_text),
	{ 0 },
};

static const struct proc_entry no_children[] = { { 0 } };

const struct proc_entry proc_tty_children[] = {
	PROC_DIR("driver", 0500, driver_children),
	PROC_FILE("drivers", 0444, drivers_show),
	PROC_DIR("ldisc", 0555, no_children),
	PROC_FILE("ldiscs", 0444, ldiscs_show),
	{ 0 },
};
