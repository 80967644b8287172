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
	struct mutex lock;	 /* rank LOCK_PIPE */
	u32 head;		 /* [l] slots ever filled */
	u32 tail;		 /* [l] slots ever drained */
	u32 nslots;		 /* [l] a power of two */
	u32 nreaders;		 /* [l] files open for reading */
	u32 nwriters;		 /* [l] ... for writing; 0: end of file */
	u32 reader_opens;	 /* [l] ever; a FIFO's open waits for it */
	u32 writer_opens;	 /* [l] */
	bool polled;		 /* [l] somebody waits with poll */
	bool claimed;		 /* [l] a splice has the bytes at the tail: others wait */
	struct pipe_buf *bufs;	 /* [l] nslots of them */
	struct page *spare;	 /* [l] an empty page at hand, or NULL */
	struct sigio_list async; /* files with O_ASYNC; polled is then set */
	struct waitq readers;	 /* wait for bytes, or for a partner */
	struct waitq writers;	 /* wait for room */
	struct refcount refs;	 /* [a] files; see above for FIFOs */
	struct inode *inode;	 /* [I] the FIFO's, or NULL */
	struct pipe_user *user;	 /* [I] */
	u64 ino;		 /* [I] */
	struct pipe_buf first[PIPE_SLOTS];
};

/* pipe_alloc.c.  -ENFILE: the hard limit of this user; -ENOMEM. */
int pipe_alloc(const struct cred *cred, struct inode *inode, struct pipe **out) __must_check;
void pipe_free(struct pipe *pipe);
void pipe_put(struct pipe *pipe);

/* fifo.c: @file becomes an end of @pipe, of which it owns a reference on success. */
int pipe_attach(struct pipe *pipe, struct file *file) __must_check;
int pipe_reopen(struct file *old, u32 flags, struct file **out) __must_check;
void fifo_init(void);

/* pipe.c */
extern const struct file_ops pipe_ops;
long pipe_write_uio(struct pipe *pipe, struct uio *src, bool nonblock, bool packet);

/* The slot at the tail is empty: keep its page or give it back. */
static inline void pipe_drop_tail(struct pipe *pipe, struct pipe_buf *buf)
{
	if (!pipe->spare)
		pipe->spare = buf->page;
	else
		page_put(buf->page);
	pipe->tail++;
}
