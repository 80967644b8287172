/*
 * pipe.c - pipes and FIFOs: pipe(2), fifo(7), pipe(7).
 *
 * A pipe is a ring of slots, each a part of one page:
 *
 *	bufs:  [ . ][ page, offset, len ][ page, 0, 4096 ][ page, 0, 17 ][ . ]
 *	              tail                                  last           head
 *
 * Pages come when they are filled and go when they are drained; one is kept as
 * a spare, so that the usual small write and small read allocate nothing.
 * A write appends to the last page where its odd bytes fit, and fills whole
 * pages otherwise.  So up to PIPE_BUF bytes always land in one piece: either
 * behind the last, or in one new slot.  O_DIRECT: each write is a packet of
 * its own slot, and a read takes one at most.
 *
 * Readers sleep only while the ring is empty, writers only while it is full,
 * both under the lock: so a wake is due only when a write found it empty or a
 * read found it full - and for poll, which wants to hear of each change.
 *
 * Life, accounts and sizes are in pipe_alloc.c, FIFOs in fifo.c, splice's side
 * in pipe_splice.c.
 *
 * Locking: pipe.lock for all fields; the count with small_lock for FIFOs.
 * User memory is touched under pipe.lock; a fault takes only locks behind it.
 */
#include <linux/fcntl.h>
#include <asm/ioctls.h>
#include <linux/stat.h>
#include "core/hooks.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/poll.h"
#include "ipc/pipe.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "mem/page.h"
#include "mem/uio.h"
#include "mem/user.h"
#include "sched/waitq.h"
#include "ipc/pipe_internal.h"

/* ---- read ---- */

/* Take what is there.  Bytes moved, or -EFAULT when the first cannot be. */
static long take(struct pipe *pipe, struct uio *dst) REQUIRES(&pipe->lock)
{
	long done = 0;

	while (pipe->head != pipe->tail && dst->len > 0) {
		struct pipe_buf *buf = &pipe->bufs[pipe->tail & (pipe->nslots - 1)];
		size_t before = dst->len;
		size_t n = min((size_t)buf->len, before);
		bool packet = buf->packet;
		int err = copy_to_uio(dst, page_to_virt(buf->page) + buf->offset, n);

		n = before - dst->len;
		done += n;
		if (err && !packet) {
			buf->offset += n;
			buf->len -= n;
			if (!buf->len)
				pipe_drop_tail(pipe, buf);
			return done ? done : err;
		}
		if (err)
			return done ? done : err;
		buf->offset += n;
		buf->len -= n;
		if (!buf->len || packet)
			pipe_drop_tail(pipe, buf);
		if (packet)
			break;
	}
	return done;
}

/* Wakes come after the unlock, so that a reader on another CPU finds it free. */
static long read_pipe(struct pipe *pipe, struct uio *dst, bool nonblock)
{
	bool room = false, more = false, slept = false, was_full, polled;
	long ret = 0;

	if (dst->len == 0)
		return 0;
	mutex_lock(&pipe->lock);
	while (pipe->head == pipe->tail || unlikely(pipe->claimed)) {
		if (!pipe->nwriters && !pipe->claimed)
			goto out_unlock;
		if (nonblock && !pipe->claimed) {
			ret = -EAGAIN;
			goto out_unlock;
		}
		ret = waitq_sleep_mode(&pipe->readers, &pipe->lock, DEADLINE_NONE,
				       SLEEP_INTERRUPTIBLE, true);
		slept = true;
		if (ret < 0)
			goto out_unlock;
	}
	was_full = pipe->head - pipe->tail >= pipe->nslots;
	ret = take(pipe, dst);
	room = (was_full && pipe->head - pipe->tail < pipe->nslots) || pipe->polled;
	more = slept && pipe->head != pipe->tail;
out_unlock:
	polled = pipe->polled;
	mutex_unlock(&pipe->lock);
	if (unlikely(room))
		waitq_wake_events(&pipe->writers, EPOLLOUT | EPOLLWRNORM);
	if (unlikely(polled))
		sigio_send(&pipe->async, FMODE_WRITE, POLL_OUT);
	if (unlikely(more)) /* this one was woken for all of it: pass it on */
		waitq_wake_events(&pipe->readers, EPOLLIN | EPOLLRDNORM);
	return ret;
}

static long pipe_read(struct file *file, struct uio *dst, u64 *pos)
{
	struct pipe *pipe = file->priv;
	long ret = read_pipe(pipe, dst, file->flags & O_NONBLOCK);

	if (ret > 0 && unlikely(pipe->inode))
		inode_touch_atime(file->path.mount, pipe->inode);
	return ret;
}

/* ---- write ---- */

/* The odd bytes of a write go behind the last ones, where all of them fit. */
static long merge(struct pipe *pipe, struct uio *src) REQUIRES(&pipe->lock)
{
	struct pipe_buf *buf = &pipe->bufs[(pipe->head - 1) & (pipe->nslots - 1)];
	size_t n = src->len & (PAGE_SIZE - 1);
	unsigned end = buf->offset + buf->len;
	int err;

	if (buf->packet || n == 0 || end + n > PAGE_SIZE)
		return 0;
	err = copy_from_uio(src, page_to_virt(buf->page) + end, n);
	if (err)
		return err; /* nothing becomes visible */
	buf->len += n;
	return n;
}

/* One new slot from @src.  Bytes moved, -EFAULT, -ENOMEM. */
static long fill_slot(struct pipe *pipe, struct uio *src, bool packet) REQUIRES(&pipe->lock)
{
	struct pipe_buf *buf = &pipe->bufs[pipe->head & (pipe->nslots - 1)];
	size_t n = min((size_t)PAGE_SIZE, src->len);
	int err;

	if (!pipe->spare) {
		pipe->spare = page_alloc(0);
		if (!pipe->spare)
			return -ENOMEM;
	}
	err = copy_from_uio(src, page_to_virt(pipe->spare), n);
	if (err)
		return err;
	*buf = (struct pipe_buf){ .page = pipe->spare, .len = n, .packet = packet };
	pipe->spare = NULL;
	pipe->head++;
	return n;
}

long pipe_write_uio(struct pipe *pipe, struct uio *src, bool nonblock, bool packet)
{
	bool was_empty, slept = false, data = false, room = false, polled, broken = false;
	long done = 0, n;

	if (src->len == 0)
		return 0;
	mutex_lock(&pipe->lock);
	was_empty = pipe->head == pipe->tail;
	if (!was_empty && !packet && pipe->nreaders) {
		done = merge(pipe, src);
		if (done < 0)
			goto out_unlock;
	}
	while (src->len > 0) {
		if (!pipe->nreaders) {
			broken = done > 0;
			done = done ? done : -EPIPE;
			break;
		}
		if (pipe->head - pipe->tail < pipe->nslots) {
			n = fill_slot(pipe, src, packet);
			if (n < 0) {
				done = done ? done : n;
				break;
			}
			done += n;
			continue;
		}
		if (nonblock) {
			done = done ? done : -EAGAIN;
			break;
		}
		if (was_empty || pipe->polled) {
			waitq_wake_events(&pipe->readers, EPOLLIN | EPOLLRDNORM);
			sigio_send(&pipe->async, FMODE_READ, POLL_IN);
		}
		n = waitq_sleep_mode(&pipe->writers, &pipe->lock, DEADLINE_NONE,
				     SLEEP_INTERRUPTIBLE, true);
		slept = true;
		was_empty = pipe->head == pipe->tail;
		if (n < 0) {
			done = done ? done : n;
			break;
		}
	}
	data = (was_empty || pipe->polled) && pipe->head != pipe->tail;
	room = slept && pipe->head - pipe->tail < pipe->nslots;
out_unlock:
	polled = pipe->polled;
	mutex_unlock(&pipe->lock);
	if (data)
		waitq_wake_events(&pipe->readers, EPOLLIN | EPOLLRDNORM);
	if (unlikely(polled))
		sigio_send(&pipe->async, FMODE_READ, POLL_IN);
	if (unlikely(broken))
		kernel_hooks.write_broken();
	if (unlikely(room)) /* one writer was woken: pass it on */
		waitq_wake_events(&pipe->writers, EPOLLOUT | EPOLLWRNORM);
	return done;
}

static long pipe_write(struct file *file, struct uio *src, u64 *pos)
{
	struct pipe *pipe = file->priv;
	long ret = pipe_write_uio(pipe, src, file->flags & O_NONBLOCK, file->flags & O_DIRECT);

	if (ret > 0 && unlikely(pipe->inode))
		pipe->inode->mtime = pipe->inode->ctime = inode_now();
	return ret;
}

/* ---- the rest of the file operations ---- */

static u32 pipe_poll(struct file *file, struct poll_table *pt)
{
	struct pipe *pipe = file->priv;
	u32 head, tail, mask = 0;

	if (pt && pt->queue) {
		/* From here on each read and write wakes; never cleared. */
		WRITE_ONCE(pipe->polled, true);
		if (file->mode & FMODE_READ)
			poll_wait(pt, &pipe->readers);
		if (file->mode & FMODE_WRITE)
			poll_wait(pt, &pipe->writers);
		smp_mb(); /* with the wake: queue first, then look */
	}
	tail = READ_ONCE(pipe->tail);
	head = READ_ONCE(pipe->head);
	if (file->mode & FMODE_READ) {
		if (head != tail)
			mask |= EPOLLIN | EPOLLRDNORM;
		/* A reader that opened before any writer sees no hang-up yet. */
		if (!READ_ONCE(pipe->nwriters) && (u32)file->pos != READ_ONCE(pipe->writer_opens))
			mask |= EPOLLHUP;
	}
	if (file->mode & FMODE_WRITE) {
		if (head - tail < READ_ONCE(pipe->nslots))
			mask |= EPOLLOUT | EPOLLWRNORM;
		if (!READ_ONCE(pipe->nreaders))
			mask |= EPOLLERR;
	}
	return mask;
}

static size_t bytes_queued_locked(const struct pipe *pipe) REQUIRES(&pipe->lock)
{
	size_t n = 0;
	u32 i;

	for (i = pipe->tail; i != pipe->head; i++)
		n += pipe->bufs[i & (pipe->nslots - 1)].len;
	return n;
}

static long pipe_ioctl(struct file *file, unsigned cmd, unsigned long arg)
{
	struct pipe *pipe = file->priv;
	size_t n;

	if (cmd != FIONREAD)
		return -ENOTTY;
	mutex_lock(&pipe->lock);
	n = bytes_queued_locked(pipe);
	mutex_unlock(&pipe->lock);
	return put_user_s32(n, (void __user *)arg);
}

static void pipe_release(struct file *file)
{
	struct pipe *pipe = file->priv;
	bool alone;

	mutex_lock(&pipe->lock);
	if (file->mode & FMODE_READ)
		pipe->nreaders--;
	if (file->mode & FMODE_WRITE)
		pipe->nwriters--;
	/* One side is alone now: tell it. */
	alone = !pipe->nreaders != !pipe->nwriters;
	if (alone) {
		waitq_wake_events_all(&pipe->readers, EPOLLIN | EPOLLRDNORM | EPOLLERR | EPOLLHUP);
		waitq_wake_events_all(&pipe->writers, EPOLLOUT | EPOLLWRNORM | EPOLLERR | EPOLLHUP);
	}
	mutex_unlock(&pipe->lock);
	if (alone) {
		sigio_send(&pipe->async, FMODE_READ, POLL_IN);
		sigio_send(&pipe->async, FMODE_WRITE, POLL_OUT);
	}
	pipe_put(pipe);
}

static struct sigio_list *pipe_sigio(struct file *file)
{
	struct pipe *pipe = file->priv;

	/* From here on each read and write looks at the list; never cleared. */
	WRITE_ONCE(pipe->polled, true);
	return &pipe->async;
}

static int pipe_describe(struct file *file, char *buf, size_t size)
{
	struct pipe *pipe = file->priv;

	return snprintf(buf, size, "pipe:[%llu]", pipe->ino);
}

/*
 * What is in a pipe counts for those who can write to it, then for those who can read it.
 */
static size_t pipe_held(const struct file *file)
{
	const struct pipe *pipe = file->priv;
	u32 nslots = READ_ONCE(pipe->nslots);
	size_t bytes = sizeof(*pipe) + (nslots > PIPE_SLOTS ? nslots * sizeof(*pipe->bufs) : 0);

	if (!(file->mode & FMODE_WRITE) && READ_ONCE(pipe->nwriters))
		return 0;
	return bytes + (size_t)(READ_ONCE(pipe->head) - READ_ONCE(pipe->tail)) * PAGE_SIZE;
}

const struct file_ops pipe_ops = {
	.read = pipe_read,
	.write = pipe_write,
	.ioctl = pipe_ioctl,
	.poll = pipe_poll,
	.release = pipe_release,
	.held = pipe_held,
	.sigio = pipe_sigio,
	.reopen = pipe_reopen,
	.describe = pipe_describe,
	.name = "pipe",
	.flags = FILE_STREAM | FILE_PACKETS,
	.mode = S_IFIFO | 0600,
};
