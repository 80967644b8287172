/*
 * pipe_splice.c - what splice, tee and vmsplice need of a pipe.
 *
 * A claim keeps other readers off: bytes are copied out, sent on, and only
 * then taken, so that nothing is lost when the other side takes less.
 *
 * Locking: pipe.lock; a claim lasts without it.
 */
#include <linux/fcntl.h>
#include "fs/file.h"
#include "fs/poll.h"
#include "ipc/pipe.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/uio.h"
#include "ipc/pipe_internal.h"

long pipe_write_kernel(struct file *file, const void *src, size_t len, bool nonblock)
{
	struct uio uio;

	uio_init_kernel(&uio, (void *)src, len);
	return pipe_write_uio(file->priv, &uio, nonblock, file->flags & O_DIRECT);
}

/*
 * Until pipe_unclaim() nobody else reads from the pipe, so that bytes can be
 * copied, sent on, and only then taken.  Waits for bytes.
 * Return: 1; 0 at end of file; -EAGAIN, -ERESTARTSYS.
 */
int pipe_claim(struct file *file, bool nonblock)
{
	struct pipe *pipe = file->priv;
	int ret = 0;

	mutex_lock(&pipe->lock);
	while (pipe->claimed || (pipe->head == pipe->tail && pipe->nwriters)) {
		if (nonblock && !pipe->claimed)
			ret = -EAGAIN;
		else
			ret = waitq_sleep(&pipe->readers, &pipe->lock, DEADLINE_NONE);
		if (ret < 0)
			goto out_unlock;
	}
	if (pipe->head != pipe->tail) {
		pipe->claimed = true;
		ret = 1;
	}
out_unlock:
	mutex_unlock(&pipe->lock);
	return ret;
}

/* Copies up to @len bytes that lie @skip behind the first; the pipe is claimed. */
size_t pipe_peek(struct file *file, void *dst, size_t len, size_t skip)
{
	struct pipe *pipe = file->priv;
	size_t done = 0, n;
	u32 i;

	mutex_lock(&pipe->lock);
	for (i = pipe->tail; i != pipe->head && done < len; i++) {
		struct pipe_buf *buf = &pipe->bufs[i & (pipe->nslots - 1)];

		if (skip >= buf->len) {
			skip -= buf->len;
			continue;
		}
		n = min(len - done, buf->len - skip);
		memcpy((char *)dst + done, page_to_virt(buf->page) + buf->offset + skip, n);
		done += n;
		skip = 0;
	}
	mutex_unlock(&pipe->lock);
	return done;
}

/* Ends the claim; the first @taken bytes have gone elsewhere. */
void pipe_unclaim(struct file *file, size_t taken)
{
	struct pipe *pipe = file->priv;
	size_t n;

	mutex_lock(&pipe->lock);
	while (taken > 0) {
		struct pipe_buf *buf = &pipe->bufs[pipe->tail & (pipe->nslots - 1)];

		n = min_t(size_t, taken, buf->len);
		buf->offset += n;
		buf->len -= n;
		taken -= n;
		if (!buf->len)
			pipe_drop_tail(pipe, buf);
	}
	pipe->claimed = false;
	waitq_wake_events_all(&pipe->readers, EPOLLIN | EPOLLRDNORM);
	waitq_wake_events_all(&pipe->writers, EPOLLOUT | EPOLLWRNORM);
	mutex_unlock(&pipe->lock);
	sigio_send(&pipe->async, FMODE_WRITE, POLL_OUT);
}

/* Until a byte can be written, or nobody reads: the next write tells.  -ERESTARTSYS. */
int pipe_wait_room(struct file *file)
{
	struct pipe *pipe = file->priv;
	int err = 0;

	mutex_lock(&pipe->lock);
	while (!err && pipe->nreaders && pipe->head - pipe->tail >= pipe->nslots)
		err = waitq_sleep(&pipe->writers, &pipe->lock, DEADLINE_NONE);
	mutex_unlock(&pipe->lock);
	return err;
}
