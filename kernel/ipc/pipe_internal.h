/* pipe_internal.h - a pipe as the files of its own see it; pipe.c has the picture. */
#pragma once
#include "core/refcount.h"
#include "fs/sigio.h"
#include "ipc/pipe.h"
#include "mem/page.h"
#include "sched/mutex.h"
#include "sched/waitq.h"

struct cred;	  /* core/cred.h */
struct file_ops;  /* fs/file.h */
struct pipe_user; /* pipe_alloc.c */

#define PIPE_SLOTS 16u /* 64 KiB, as pipe(7) says */

struct pipe_buf {
	struct page *page;
	u16 offset;
	u16 len; /* > 0 */
	bool packet;
};

/* Fields: [I] immutable  [a] atomic  [l] pipe.lock */
struct pipe {
	struct mutex lock;		    /* rank LOCK_PIPE */
	u32 head GUARDED_BY(&lock);	    /* [l] slots ever filled */
	u32 tail GUARDED_BY(&lock);	    /* [l] slots ever drained */
	u32 nslots GUARDED_BY(&lock);	    /* [l] a power of two */
	u32 nreaders GUARDED_BY(&lock);	    /* [l] files open for reading */
	u32 nwriters GUARDED_BY(&lock);	    /* [l] ... for writing; 0: end of file */
	u32 reader_opens GUARDED_BY(&lock); /* [l] ever; a FIFO's open waits for it */
	u32 writer_opens GUARDED_BY(&lock); /* [l] */
	bool polled GUARDED_BY(&lock);	    /* [l] somebody waits with poll */
	bool claimed GUARDED_BY(&lock); /* [l] a splice has the bytes at the tail: others wait */
	struct pipe_buf *bufs GUARDED_BY(&lock); /* [l] nslots of them */
	struct page *spare GUARDED_BY(&lock);	 /* [l] an empty page at hand, or NULL */
	struct sigio_list async;		 /* files with O_ASYNC; polled is then set */
	struct waitq readers;			 /* wait for bytes, or for a partner */
	struct waitq writers;			 /* wait for room */
	struct refcount refs;			 /* [a] files; a FIFO's: fifo.c */
	struct inode *inode;			 /* [I] the FIFO's, or NULL */
	struct pipe_user *user;			 /* [I] */
	u64 ino;				 /* [I] */
	struct pipe_buf first[PIPE_SLOTS];
};

/* pipe_alloc.c.  -ENFILE: the hard limit of this user; -ENOMEM. */
int pipe_alloc(const struct cred *cred, struct inode *inode, struct pipe **out) __must_check;
void pipe_free(struct pipe *pipe);
void pipe_put(struct pipe *pipe);

/* fifo.c */
int pipe_reopen(struct file *old, u32 flags, struct file **out) __must_check;
void fifo_init(void);

/* pipe.c */
extern const struct file_ops pipe_ops;
long pipe_write_uio(struct pipe *pipe, struct uio *src, bool nonblock, bool packet);

/* The slot at the tail is empty: keep its page or give it back. */
static inline void pipe_drop_tail(struct pipe *pipe, struct pipe_buf *buf) REQUIRES(&pipe->lock)
{
	if (!pipe->spare)
		pipe->spare = buf->page;
	else
		page_put(buf->page);
	pipe->tail++;
}
