/*
 * fifo.c - how a file becomes an end of a pipe: fifo(7), /proc/self/fd/N.
 *
 * A FIFO's pipe is found through its inode: inode->ipc points to it while any
 * file has it open.  An open for one direction waits until the other side was
 * opened, which the counts reader_opens and writer_opens tell even when that
 * side is closed again before the waiter runs.
 *
 * Locking: inode->small_lock for inode->ipc and the count of references with
 * it; pipe.lock for the ends.
 */
#include <linux/fcntl.h>
#include "core/cred.h"
#include "core/spinlock.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "ipc/pipe.h"
#include "lib/errno.h"
#include "ipc/pipe_internal.h"

/* @file becomes an end of @pipe, of which it owns a reference on success. */
static int attach(struct pipe *pipe, struct file *file)
{
	bool reader = file->mode & FMODE_READ, writer = file->mode & FMODE_WRITE;
	u32 *awaited = NULL, seen;
	int err = 0;

	mutex_lock(&pipe->lock);
	if (writer && !reader && pipe->inode && (file->flags & O_NONBLOCK) && !pipe->nreaders) {
		mutex_unlock(&pipe->lock);
		return -ENXIO;
	}
	if (reader) {
		pipe->reader_opens++;
		pipe->nreaders++;
	}
	if (writer) {
		pipe->writer_opens++;
		pipe->nwriters++;
	}
	if (pipe->inode) {
		waitq_wake_all(&pipe->readers);
		if (reader && !writer && !pipe->nwriters) {
			if (file->flags & O_NONBLOCK)
				file->pos = pipe->writer_opens;
			else
				awaited = &pipe->writer_opens;
		} else if (writer && !reader && !pipe->nreaders) {
			awaited = &pipe->reader_opens;
		}
	}
	if (awaited) {
		for (seen = *awaited; *awaited == seen && !err;)
			err = waitq_sleep(&pipe->readers, &pipe->lock, DEADLINE_NONE);
		if (*awaited != seen)
			err = 0;
	}
	if (err) {
		if (reader && --pipe->nreaders == 0)
			waitq_wake_all(&pipe->writers);
		if (writer && --pipe->nwriters == 0)
			waitq_wake_all(&pipe->readers);
	} else {
		file->ops = &pipe_ops;
		file->priv = pipe;
	}
	mutex_unlock(&pipe->lock);
	return err;
}

/* The pipe of a FIFO's inode, made if need be, with a reference. */
static int fifo_pipe(struct inode *inode, const struct cred *cred, struct pipe **out)
{
	struct pipe *pipe, *new = NULL;
	int err;

	for (;;) {
		spin_lock(&inode->small_lock);
		pipe = inode->ipc;
		if (pipe)
			refcount_get(&pipe->refs);
		else if (new)
			inode->ipc = pipe = new;
		spin_unlock(&inode->small_lock);
		if (pipe)
			break;
		err = pipe_alloc(cred, inode, &new);
		if (err)
			return err;
	}
	if (new && new != pipe)
		pipe_free(new);
	*out = pipe;
	return 0;
}

int fifo_open(struct inode *inode, struct file *file)
{
	struct pipe *pipe;
	int err;

	if (!(file->mode & (FMODE_READ | FMODE_WRITE)))
		return -EINVAL;
	err = fifo_pipe(inode, file->cred, &pipe);
	if (err)
		return err;
	err = attach(pipe, file);
	if (err)
		pipe_put(pipe);
	return err;
}

/* open("/proc/self/fd/N") of an anonymous pipe: another end of the same. */
int pipe_reopen(struct file *old, u32 flags, struct file **out)
{
	struct pipe *pipe = old->priv;
	struct file *file;
	int err;

	refcount_get(&pipe->refs);
	err = file_alloc(old->cred, flags, &file);
	if (err) {
		pipe_put(pipe);
		return err;
	}
	file->anon_ino = pipe->ino;
	if (attach(pipe, file)) {
		file_free_unopened(file);
		pipe_put(pipe);
		return -ENXIO;
	}
	*out = file;
	return 0;
}

/* The pipe goes with the last file, hence before the inode. */
static void fifo_evict(struct inode *inode)
{
	assert(!inode->ipc);
}

static const struct special_ops fifo_ops = { .open = fifo_open, .evict = fifo_evict };

void fifo_init(void)
{
	special_fifo = &fifo_ops;
}
