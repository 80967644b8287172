/*
 * console_tty.c - /dev/console and /dev/tty: names for another terminal.
 *
 * Drivers offer their terminals with console_tty_add(); the one that the last
 * console= on the command line names becomes /dev/console, as with Linux.
 * Without any console= it is the first one offered.
 */
#include <linux/fcntl.h>
#include <linux/stat.h>
#include "core/cmdline.h"
#include "core/hooks.h"
#include "core/log.h"
#include "fs/devfs/devfs.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "proc/process.h"
#include "tty/job.h"
#include "tty/tty.h"

/* Set while booting, one driver at a time. */
static struct {
	struct tty *tty; /* never freed */
	int rank;	 /* which console= named it; 0: none did */
} console;

/* Position, from 1, of the last console= that names @name; 0: none does. */
static int console_rank(const char *name)
{
	size_t iter = 0, len = strlen(name);
	int rank = 0, i = 0;
	const char *word;

	while ((word = cmdline_next("console", &iter))) {
		i++;
		if (strncmp(word, name, len) == 0 && (word[len] == 0 || word[len] == ','))
			rank = i;
	}
	return rank;
}

void console_tty_add(struct tty *tty)
{
	int rank = console_rank(tty->name);

	if (!console.tty || rank > console.rank) {
		console.tty = tty;
		console.rank = rank;
	}
}

struct tty *console_tty(void)
{
	return console.tty;
}

/* /dev/console never becomes a controlling terminal by being opened. */
static int console_open(struct inode *inode, struct file *file)
{
	u32 flags = file->flags;
	int err;

	if (!console.tty)
		return -ENODEV;
	file->flags |= O_NOCTTY;
	err = tty_open(console.tty, file);
	file->flags = flags;
	return err;
}

/* /dev/tty: the terminal of the caller.  ENXIO: it has none. */
static int own_tty_open(struct inode *inode, struct file *file)
{
	struct tty *tty = job_controlling_tty(current_process());
	u32 flags = file->flags;
	int err;

	if (!tty)
		return -ENXIO;
	file->flags |= O_NOCTTY;
	err = tty_open(tty, file);
	file->flags = flags;
	tty_put(tty);
	return err;
}

void tty_init(void)
{
	int err;

	kernel_hooks.session_exit_tty = job_session_exit;
	err = devfs_register_open("tty", S_IFCHR | 0666, dev_make(5, 0), &tty_file_ops, NULL,
				  own_tty_open);
	if (!err)
		err = devfs_register_open("console", S_IFCHR | 0600, dev_make(5, 1), &tty_file_ops,
					  NULL, console_open);
	if (!err)
		err = devfs_register_open("ptmx", S_IFCHR | 0666, dev_make(5, 2), &tty_file_ops,
					  NULL, ptmx_open);
	if (!err)
		err = devpts_init();
	if (err)
		log_err(TTY, "no terminal nodes: error %d", -err);
}
