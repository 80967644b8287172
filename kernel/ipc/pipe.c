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
 * A FIFO is the same with the pipe found through its inode: inode->ipc points
 * to it while any file has it open, guarded by inode->small_lock.
 *
 * Locking: pipe.lock for all fields; the count with small_lock for FIFOs.
 * User memory is touched under pipe.lock; a fault takes only locks behind it.
 */
#include <linux/fcntl.h>
#include <asm/ioctls.h>
#include <linux/stat.h>
#include "core/caller.h"
#include "core/cred.h"
#include "core/hooks.h"
#include "core/refcount.h"
#include "core/spinlock.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/poll.h"
#include "fs/sigio.h"
#include "ipc/pipe.h"
#include "lib/bitops.h"
#include "lib/errno.h"
#include "lib/hlist.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/page.h"
#include "mem/slab.h"
#include "mem/uio.h"
#include "mem/user.h"
#include "sched/mutex.h"
#include "sched/waitq.h"

#define PIPE_SLOTS	16u /* 64 KiB, as pipe(7) says */
#define PIPE_SLOTS_POOR 2u  /* for a user beyond the soft limit */
#define PIPE_SIZE_TOP	(1ul << 31)

struct pipe_buf {
	struct page *page;
	u16 offset;
	u16 len; /* > 0 */
	bool packet;
};

/* What one uid holds, for pipe-user-pages-*.  Fields: pipe_users.lock. */
struct pipe_user {
	struct hlist_node link;
	u32 uid;
	u32 npipes;
	size_t npages;
};

static struct {
	struct spinlock lock;
	struct hlist_head hash[16];
} pipe_users = { .lock = SPINLOCK_INIT };

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

struct pipe_limits pipe_limits = {
	.max_size = 1048576,
	.user_pages_soft = 16384,
	.user_pages_hard = 0,
};

static struct slab_cache pipe_cache;
static const struct file_ops pipe_ops;

/* ---- accounting ---- */

static struct pipe_user *user_find_locked(u32 uid)
{
	struct pipe_user *user;

	hlist_for_each_entry(user, &pipe_users.hash[uid % 16], link)
		if (user->uid == uid)
			return user;
	return NULL;
}

/* The record of @uid with one pipe more, or NULL without memory. */
static struct pipe_user *user_get(u32 uid)
{
	struct pipe_user *user, *new = NULL;

	for (;;) {
		spin_lock(&pipe_users.lock);
		user = user_find_locked(uid);
		if (!user && new) {
			user = new;
			new = NULL;
			user->uid = uid;
			hlist_add(&pipe_users.hash[uid % 16], &user->link);
		}
		if (user)
			user->npipes++;
		spin_unlock(&pipe_users.lock);
		if (user) {
			kfree(new);
			return user;
		}
		new = kzalloc(sizeof(*new));
		if (!new)
			return NULL;
	}
}

static void user_put(struct pipe_user *user)
{
	bool last;

	spin_lock(&pipe_users.lock);
	last = --user->npipes == 0;
	if (last)
		hlist_del(&user->link);
	spin_unlock(&pipe_users.lock);
	if (last)
		kfree(user);
}

static bool privileged(const struct cred *cred)
{
	return cred_capable(cred, CAP_SYS_RESOURCE) || cred_capable(cred, CAP_SYS_ADMIN);
}

/* Replace @old pages by @new in the account; false: beyond @limit. */
static bool user_charge(struct pipe_user *user, size_t old, size_t new, size_t limit)
{
	bool ok;

	spin_lock(&pipe_users.lock);
	ok = !limit || user->npages - old + new <= limit;
	if (ok)
		user->npages += new - old;
	spin_unlock(&pipe_users.lock);
	return ok;
}

/* ---- life ---- */

/* -ENFILE: the hard limit of this user; -ENOMEM. */
static int pipe_alloc(const struct cred *cred, struct inode *inode, struct pipe **out)
{
	size_t soft = READ_ONCE(pipe_limits.user_pages_soft);
	size_t hard = READ_ONCE(pipe_limits.user_pages_hard);
	struct pipe *pipe = slab_alloc(&pipe_cache);
	u32 nslots = PIPE_SLOTS;

	if (!pipe)
		return -ENOMEM;
	memset(pipe, 0, offsetof(struct pipe, first));
	pipe->user = user_get(cred->uid);
	if (!pipe->user) {
		slab_free(&pipe_cache, pipe);
		return -ENOMEM;
	}
	if (privileged(cred))
		soft = hard = 0;
	if (!user_charge(pipe->user, 0, nslots, soft)) {
		nslots = PIPE_SLOTS_POOR;
		if (!user_charge(pipe->user, 0, nslots, hard)) {
			user_put(pipe->user);
			slab_free(&pipe_cache, pipe);
			return -ENFILE;
		}
	}
	mutex_init(&pipe->lock, LOCK_PIPE);
	sigio_list_init(&pipe->async);
	waitq_init(&pipe->readers);
	waitq_init(&pipe->writers);
	refcount_init(&pipe->refs, 1);
	pipe->bufs = pipe->first;
	pipe->nslots = nslots;
	pipe->inode = inode;
	pipe->ino = inode ? inode->ino : file_next_ino();
	*out = pipe;
	return 0;
}

static void pipe_free(struct pipe *pipe)
{
	for (; pipe->tail != pipe->head; pipe->tail++)
		page_put(pipe->bufs[pipe->tail & (pipe->nslots - 1)].page);
	if (pipe->spare)
		page_put(pipe->spare);
	if (pipe->bufs != pipe->first)
		kfree(pipe->bufs);
	user_charge(pipe->user, pipe->nslots, 0, 0);
	user_put(pipe->user);
	slab_free(&pipe_cache, pipe);
}

static void pipe_put(struct pipe *pipe)
{
	struct inode *inode = pipe->inode;
	bool last;

	if (!inode) {
		if (refcount_put(&pipe->refs))
			pipe_free(pipe);
		return;
	}
	spin_lock(&inode->small_lock);
	last = refcount_put(&pipe->refs);
	if (last)
		inode->ipc = NULL;
	spin_unlock(&inode->small_lock);
	if (last)
		pipe_free(pipe);
}

/* ---- read ---- */

/* The slot at the tail is empty: keep its page or give it back. */
static void drop_tail(struct pipe *pipe, struct pipe_buf *buf)
{
	if (!pipe->spare)
		pipe->spare = buf->page;
	else
		page_put(buf->page);
	pipe->tail++;
}

/* Take what is there.  Bytes moved, or -EFAULT when the first cannot be. */
static long take(struct pipe *pipe, struct uio *dst)
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
				drop_tail(pipe, buf);
			return done ? done : err;
		}
		if (err)
			return done ? done : err;
		buf->offset += n;
		buf->len -= n;
		if (!buf->len || packet)
			drop_tail(pipe, buf);
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
static long merge(struct pipe *pipe, struct uio *src)
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
static long fill_slot(struct pipe *pipe, struct uio *src, bool packet)
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

static long write_pipe(struct pipe *pipe, struct uio *src, bool nonblock, bool packet)
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
	long ret = write_pipe(pipe, src, file->flags & O_NONBLOCK, file->flags & O_DIRECT);

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

static size_t bytes_queued_locked(const struct pipe *pipe)
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

/* ---- opening ---- */

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
static int pipe_reopen(struct file *old, u32 flags, struct file **out)
{
	struct pipe *pipe = old->priv;
	struct file *file;

	refcount_get(&pipe->refs);
	file = file_alloc(old->cred, flags);
	if (!file) {
		pipe_put(pipe);
		return -ENFILE;
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

static const struct file_ops pipe_ops = {
	.read = pipe_read,
	.write = pipe_write,
	.ioctl = pipe_ioctl,
	.poll = pipe_poll,
	.release = pipe_release,
	.sigio = pipe_sigio,
	.reopen = pipe_reopen,
	.describe = pipe_describe,
	.name = "pipe",
	.flags = FILE_STREAM,
	.mode = S_IFIFO | 0600,
};

/* A file that has no pipe yet: what file_new_anon() fails with releases nothing. */
static const struct cred *creator_cred(const struct file *file)
{
	return file->cred ? file->cred : &cred_root;
}

int pipe_new(int flags, struct file **reader, struct file **writer)
{
	u32 keep = flags & (O_NONBLOCK | O_DIRECT);
	struct file *in, *out;
	struct pipe *pipe;
	int err;

	err = file_new_anon("pipe", &pipe_ops, NULL, O_RDONLY | (keep & O_NONBLOCK), &in);
	if (err)
		return err;
	err = pipe_alloc(creator_cred(in), NULL, &pipe);
	if (err)
		goto out_free_in;
	err = file_new_anon("pipe", &pipe_ops, pipe, O_WRONLY | keep, &out);
	if (err)
		goto out_free_pipe;

	/* Commit point. */
	in->priv = pipe;
	refcount_init(&pipe->refs, 2);
	pipe->nreaders = pipe->nwriters = 1;
	pipe->reader_opens = pipe->writer_opens = 1;
	in->anon_ino = out->anon_ino = pipe->ino;
	*reader = in;
	*writer = out;
	return 0;

out_free_pipe:
	pipe_free(pipe);
out_free_in:
	file_free_unopened(in);
	return err;
}

/* ---- sizes ---- */

bool file_is_pipe(const struct file *file)
{
	return file->ops == &pipe_ops;
}

long pipe_get_size(struct file *file)
{
	struct pipe *pipe = file->priv;

	if (!file_is_pipe(file))
		return -EBADF;
	return (long)READ_ONCE(pipe->nslots) << PAGE_SHIFT;
}

/*
 * F_SETPIPE_SZ: at least @size bytes.  EINVAL: absurd.  EPERM: more than an
 * unprivileged user may have.  EBUSY: more is queued.  ENOMEM.
 */
long pipe_set_size(struct file *file, const struct cred *cred, unsigned long size)
{
	struct pipe *pipe = file->priv;
	struct pipe_buf *bufs, *old;
	u32 nslots, i, n, was;
	size_t limit;
	long ret;

	if (!file_is_pipe(file))
		return -EBADF;
	if (size > PIPE_SIZE_TOP)
		return -EINVAL;
	nslots = DIV_ROUND_UP(max(size, PAGE_SIZE), PAGE_SIZE);
	nslots = roundup_pow2(nslots);

	bufs = kmalloc(nslots * sizeof(*bufs));
	if (!bufs)
		return -ENOMEM;
	mutex_lock(&pipe->lock);
	was = pipe->nslots;
	ret = -EPERM;
	if (nslots > was && ((size_t)nslots << PAGE_SHIFT) > pipe_limits.max_size &&
	    !cred_capable(cred, CAP_SYS_RESOURCE))
		goto out_unlock;
	ret = -EBUSY;
	n = pipe->head - pipe->tail;
	if (n > nslots)
		goto out_unlock;
	ret = -EPERM;
	limit = pipe_limits.user_pages_hard;
	if (pipe_limits.user_pages_soft && (!limit || pipe_limits.user_pages_soft < limit))
		limit = pipe_limits.user_pages_soft;
	if (nslots <= was || privileged(cred))
		limit = 0;
	if (!user_charge(pipe->user, was, nslots, limit))
		goto out_unlock;

	/* Commit point. */
	for (i = 0; i < n; i++)
		bufs[i] = pipe->bufs[(pipe->tail + i) & (was - 1)];
	old = pipe->bufs;
	pipe->bufs = bufs;
	pipe->tail = 0;
	pipe->head = n;
	pipe->nslots = nslots;
	bufs = old == pipe->first ? NULL : old;
	waitq_wake_events_all(&pipe->writers, EPOLLOUT | EPOLLWRNORM);
	ret = (long)nslots << PAGE_SHIFT;
out_unlock:
	mutex_unlock(&pipe->lock);
	kfree(bufs);
	return ret;
}

/* ---- for splice and tee ---- */

long pipe_write_kernel(struct file *file, const void *src, size_t len, bool nonblock)
{
	struct uio uio;

	uio_init_kernel(&uio, (void *)src, len);
	return write_pipe(file->priv, &uio, nonblock || (file->flags & O_NONBLOCK),
			  file->flags & O_DIRECT);
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
			drop_tail(pipe, buf);
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

/* The pipe goes with the last file, hence before the inode. */
static void fifo_evict(struct inode *inode)
{
	assert(!inode->ipc);
}

static const struct special_ops fifo_ops = { .open = fifo_open, .evict = fifo_evict };

void pipe_init(void)
{
	slab_cache_init(&pipe_cache, "pipe", sizeof(struct pipe), 0);
	special_fifo = &fifo_ops;
}
