/*
 * pipe_alloc.c - pipes come and go: their memory, its account by user, their size.
 *
 * Each uid has a record while it has pipes.  Beyond pipe-user-pages-soft a new
 * pipe gets two pages only, beyond pipe-user-pages-hard none; the privileged
 * have no limit.  F_SETPIPE_SZ replaces the ring by another.
 *
 * Locking: pipe_users.lock for the records; pipe.lock for a pipe's ring.
 */
#include <linux/fcntl.h>
#include <asm/ioctls.h>
#include <linux/stat.h>
#include "core/cred.h"
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
#include "lib/string.h"
#include "mem/page.h"
#include "mem/slab.h"
#include "sched/mutex.h"
#include "sched/waitq.h"
#include "ipc/pipe_internal.h"

#define PIPE_SLOTS_POOR 2u /* for a user beyond the soft limit */
#define PIPE_SIZE_TOP	(1ul << 31)

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
} pipe_users = { .lock = SPINLOCK_INIT_RANK(LOCK_THREAD_LEAF) };

struct pipe_limits pipe_limits = {
	.max_size = 1048576,
	.user_pages_soft = 16384,
	.user_pages_hard = 0,
};

static struct slab_cache pipe_cache;

static struct pipe_user *user_find_locked(u32 uid) REQUIRES(&pipe_users.lock)
{
	struct pipe_user *user;

	hlist_for_each_entry(user, &pipe_users.hash[uid % 16], link)
		if (user->uid == uid)
			return user;
	return NULL;
}

/* Replace @old pages by @new in the account; false: beyond @limit, 0 for none. */
static bool charge_locked(struct pipe_user *user, size_t old, size_t new, size_t limit)
	REQUIRES(&pipe_users.lock)
{
	if (limit && user->npages - old + new > limit)
		return false;
	user->npages += new - old;
	return true;
}

/*
 * One pipe more for @uid, of *nslots pages: as many as it may have.  -ENFILE: not even the
 * fewest; -ENOMEM.
 */
static int user_get(u32 uid, size_t soft, size_t hard, struct pipe_user **out, u32 *nslots)
{
	struct pipe_user *user, *new = NULL;
	int err = 0;

	for (;;) {
		spin_lock(&pipe_users.lock);
		user = user_find_locked(uid);
		if (user || new)
			break;
		spin_unlock(&pipe_users.lock);
		new = kzalloc(sizeof(*new));
		if (!new)
			return -ENOMEM;
		new->uid = uid;
	}
	*nslots = PIPE_SLOTS;
	if (!charge_locked(user ? user : new, 0, *nslots, soft)) {
		*nslots = PIPE_SLOTS_POOR;
		if (!charge_locked(user ? user : new, 0, *nslots, hard))
			err = -ENFILE;
	}
	if (!err && !user) {
		user = new;
		new = NULL;
		hlist_add(&pipe_users.hash[uid % 16], &user->link);
	}
	if (!err)
		user->npipes++;
	spin_unlock(&pipe_users.lock);
	kfree(new);
	*out = user;
	return err;
}

/* One pipe of @npages less. */
static void user_put(struct pipe_user *user, size_t npages)
{
	bool last;

	spin_lock(&pipe_users.lock);
	user->npages -= npages;
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

/* ---- life ---- */

/* No lock here: nobody knows the pipe yet. */
int pipe_alloc(const struct cred *cred, struct inode *inode, struct pipe **out) NO_THREAD_SAFETY
{
	size_t soft = READ_ONCE(pipe_limits.user_pages_soft);
	size_t hard = READ_ONCE(pipe_limits.user_pages_hard);
	struct pipe *pipe = slab_alloc(&pipe_cache);
	u32 nslots;
	int err;

	if (!pipe)
		return -ENOMEM;
	memset(pipe, 0, offsetof(struct pipe, first));
	if (privileged(cred))
		soft = hard = 0;
	err = user_get(cred->uid, soft, hard, &pipe->user, &nslots);
	if (err) {
		slab_free(&pipe_cache, pipe);
		return err;
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

/* Nor here: nobody knows it any more. */
void pipe_free(struct pipe *pipe) NO_THREAD_SAFETY
{
	for (; pipe->tail != pipe->head; pipe->tail++)
		page_put(pipe->bufs[pipe->tail & (pipe->nslots - 1)].page);
	if (pipe->spare)
		page_put(pipe->spare);
	if (pipe->bufs != pipe->first)
		kfree(pipe->bufs);
	user_put(pipe->user, pipe->nslots);
	slab_free(&pipe_cache, pipe);
}

void pipe_put(struct pipe *pipe)
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

/* A file that has no pipe yet: what file_new_anon() fails with releases nothing. */
static const struct cred *creator_cred(const struct file *file)
{
	return file->cred ? file->cred : &cred_root;
}

/* The two files of a pipe that nobody else knows yet. */
static void count_ends(struct pipe *pipe) NO_THREAD_SAFETY
{
	refcount_init(&pipe->refs, 2);
	pipe->nreaders = pipe->nwriters = 1;
	pipe->reader_opens = pipe->writer_opens = 1;
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
	count_ends(pipe);
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
	bool charged;
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
	spin_lock(&pipe_users.lock);
	charged = charge_locked(pipe->user, was, nslots, limit);
	spin_unlock(&pipe_users.lock);
	if (!charged)
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

void pipe_init(void)
{
	slab_cache_init(&pipe_cache, "pipe", sizeof(struct pipe), 0);
	fifo_init();
}
