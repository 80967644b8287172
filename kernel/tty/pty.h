/* pty.h - between pty.c, pty_master.c and devpts.c. */
#pragma once
#include "fs/path.h"
#include "lib/ring.h"
#include "tty/tty.h"

struct dentry;
struct file_ops;
struct superblock;

#define PTY_OUT_SIZE	 8192u
#define PTY_BACKLOG_SIZE 8192u

/* Fields: [I] immutable  [l] slave.lock */
struct pty {
	struct tty slave;		/* first: its count is the pty's */
	int index;			/* [I] /dev/pts/N */
	struct superblock *sb;		/* [I] its devpts, counted */
	struct dentry *dentry;		/* [I] its node, counted; till the master closes */
	struct ring out;		/* [l] slave's output, for the master */
	struct ring backlog;		/* [l] master's output that ldisc did not take */
	u32 head_before;		/* [l] out.head when these bytes were received */
	bool receiving;			/* [l] the line discipline takes bytes right now */
	bool locked;			/* [l] TIOCSPTLCK: the slave cannot be opened */
	bool slave_gone;		/* [l] opened once, and closed by all since */
	bool packet;			/* [l] TIOCPKT */
	u8 status;			/* [l] TIOCPKT_* to report */
	struct sigio_list master_async; /* masters with O_ASYNC */
	struct waitq master_read;
	struct waitq master_write;
	struct mutex master_lock; /* rank LOCK_TTY: one master write at a time */
};

/* The devpts instance that belongs to a ptmx node: *out is referenced. -ENODEV */
int devpts_locate(const struct file *ptmx, struct path *out) __must_check;
/* Number @pty, make its node in @root's instance.  -ENOSPC, -ENOMEM. */
int devpts_add(struct path *root, struct pty *pty, const struct cred *cred) __must_check;
int devpts_count(void); /* how many there are */
void devpts_publish(struct pty *pty);
/* The node goes, the number becomes free. */
void devpts_remove(struct pty *pty);
/* The pty of a devpts inode, with a reference to the slave, or NULL. */
struct pty *devpts_pty(struct inode *inode);
int pty_slave_open(struct inode *inode, struct file *file);

extern const struct file_ops pty_master_ops;
/* Typed bytes to the slave's line discipline; how many it took. */
size_t pty_receive_locked(struct pty *pty, const u8 *buf, size_t len) REQUIRES(&pty->slave.lock);
/* Backlog into the line discipline; true when it is empty now. */
bool pty_feed_locked(struct pty *pty) REQUIRES(&pty->slave.lock);
