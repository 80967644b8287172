/*
 * tty.h - terminals: the object behind /dev/ttyS0, /dev/console and /dev/pts/N.
 */
#pragma once
#include "core/refcount.h"
#include "core/spinlock.h"
#include "fs/sigio.h"
#include "lib/annotate.h"
#include "lib/types.h"
#include "sched/mutex.h"
#include "sched/waitq.h"
#include "tty/ldisc.h"

struct file;	/* fs/file.h */
struct inode;	/* fs/inode.h */
struct pid;	/* core/pid.h */
struct process; /* proc/process.h */
struct tty;
struct uio;

struct tty_ops {
	const char *driver;				 /* "serial", "pty_slave" */
	struct ldisc_ops ld;				 /* all with tty.lock held */
	int (*open)(struct tty *tty, struct file *file); /* may be NULL */
	void (*close)(struct tty *tty);			 /* the last file closed; may be NULL */
	void (*kick)(struct tty *tty);			 /* send what put() queued; lock not held */
	void (*unthrottle)(struct tty *tty);		 /* input room appeared; lock not held */
	size_t (*outq)(struct tty *tty);		 /* bytes not yet sent; lock held */
	void (*set_termios)(struct tty *tty, const struct termios2 *old); /* lock held */
	int (*brk)(struct tty *tty, int on); /* a break begins, ends; may be NULL */
	int (*modem_get)(struct tty *tty);   /* TIOCM_*; may be NULL */
	/* At once, so that of two who change different lines neither undoes the other. */
	void (*modem_set)(struct tty *tty, int set, int clear);
	void (*free)(struct tty *tty); /* the last reference */
	long (*ioctl)(struct tty *tty, struct file *file, unsigned cmd, unsigned long arg);
};

/* Fields: [I] immutable  [a] atomic  [l] tty.lock  [j] process_tree_lock */
struct tty {
	struct refcount refs;		   /* [a] */
	const struct tty_ops *ops;	   /* [I] */
	void *priv;			   /* [I] the driver's */
	u32 dev;			   /* [I] new_encode_dev form: st_rdev, /proc tty_nr */
	char name[16];			   /* [I] "ttyS0", "pts/3" */
	struct spinlock lock;		   /* rank LOCK_TTY_STATE; thread context only */
	struct ldisc ld GUARDED_BY(&lock); /* [l] */
	struct termios termios_lock GUARDED_BY(&lock); /* [l] what of ld.t stays: termios_lock.c */
	struct winsize winsize GUARDED_BY(&lock);      /* [l] */
	unsigned nfiles GUARDED_BY(&lock);	       /* [l] open files */
	bool hangs_up_at_exit;		     /* [I] when its session's leader exits: a real line */
	bool exclusive GUARDED_BY(&lock);    /* [l] TIOCEXCL */
	bool throttled GUARDED_BY(&lock);    /* [l] the line holds input back for us */
	bool other_closed GUARDED_BY(&lock); /* [l] pty: the master went away */
	u32 hangups GUARDED_BY(&lock);	     /* [l] counts hangups: older files are dead */
	struct pid *pgrp;		     /* [j] foreground group, a reference */
	struct pid *session;		     /* [j] controlling session, a reference */
	struct mutex read_lock;		     /* rank LOCK_TTY: one reader at a time */
	struct mutex write_lock;	     /* rank LOCK_TTY: one writer at a time */
	bool write_short GUARDED_BY(&lock);  /* [l] O_ASYNC: say when there is room */
	struct sigio_list async;	     /* files with O_ASYNC */
	struct waitq read_wait;
	struct waitq write_wait;
};

/* Boot: registers /dev/tty, /dev/console, /dev/ptmx, and devpts. */
void tty_init(void);

void tty_setup(struct tty *tty, const struct tty_ops *ops, void *priv, const char *name, u32 dev);
/* After that, where c_cflag is not to be the usual one. */
void tty_setup_line(struct tty *tty, tcflag_t cflag, u32 baud);
void tty_get(struct tty *tty);
void tty_put(struct tty *tty);

/* Input from a driver, thread context.  Returns bytes taken; fewer: throttled. */
size_t tty_receive(struct tty *tty, const u8 *buf, size_t len);
/* There is room for input again: where the driver holds some back, it goes on.  Lock not held. */
static inline void tty_unthrottle(struct tty *tty)
{
	if (READ_ONCE(tty->throttled) && tty->ops->unthrottle)
		tty->ops->unthrottle(tty);
}
/* What follows input that was put into tty->ld directly: signals, wake-ups, echo. */
void tty_input_done(struct tty *tty);
/* Output room appeared.  Thread context, tty->lock not held. */
void tty_output_ready(struct tty *tty);
/* The line is gone: readers see end of file, the session is told as job_hangup() says. */
void tty_hangup(struct tty *tty, bool session_exit);

/* A file onto @tty: takes a reference, sets file->ops and priv.  Also what
 * makes the terminal the controlling one when the opener has none. */
int tty_open(struct tty *tty, struct file *file) __must_check;
extern const struct file_ops tty_file_ops;

/* tty_ioctl.c: what terminals have in common.  @master: asked through a pty's
 * master.  -ENOIOCTLCMD: not one of these. */
long tty_ioctl_common(struct tty *tty, struct file *file, unsigned cmd, unsigned long arg,
		      bool master);
/* Wait until all output is on the line.  -ERESTARTSYS. */
int tty_wait_sent(struct tty *tty, ktime_t deadline_ns);
/* After output went off: O_ASYNC of who found no room; lock not held. */
void tty_signal_room(struct tty *tty);
bool tty_file_hung_up(const struct file *file, const struct tty *tty);

/* devpts: the mount function is in the table fs/table.c. */
struct fs_params;
struct fs_type;
struct superblock;
extern const struct fs_type devpts_type;
int devpts_init(void); /* part of tty_init */
int ptmx_open(struct inode *inode, struct file *file);

/* The system console: what /dev/console opens. */
struct tty *console_tty(void);
/* A driver offers @tty: it becomes the console if console= says so (or nothing). */
void console_tty_add(struct tty *tty);
