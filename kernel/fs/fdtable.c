/*
 * fdtable.c - descriptors: found, given out, closed.
 *
 *	open    1 bit per descriptor: reserved or in use
 *	full    1 bit per word of open that has no free bit
 *	next    no descriptor below it is free
 *
 * so the lowest free one is a find-first-zero in two words.  Arrays grow by
 * replacement; readers (fd_get) load the array once, under RCU.  The life of
 * a table, and what closes many at once, is in fdtable_life.c.
 *
 * While a table has one user, that user's lookups borrow the file: nobody
 * else can close it.  With more users fdtable_lookup_slow() takes a reference
 * and checks that the slot still holds the file.  What it counts may have been
 * closed and opened as another file meanwhile, never as something else: files
 * are objects of a typesafe cache (slab_cache_typesafe).
 */
#include "fs/fdtable.h"
#include "fs/flock.h"
#include "fs/inode.h"
#include "lib/bitmap.h"
#include "lib/bitops.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "fs/fdtable_internal.h"

int fs_nr_open = FS_NR_OPEN_MAX;

struct file *fdtable_lookup_slow(struct fdtable *fds, unsigned fd)
{
	struct file *file;

	for (;;) {
		file = fdtable_peek(fds, fd);
		if (!file)
			return NULL;
		if (!refcount_get_unless_zero(&file->refs))
			continue; /* being closed: the slot changes */
		if (fdtable_peek(fds, fd) == file)
			return file;
		file_put(file);
	}
}

/* --- Free descriptors ---------------------------------------------------- */

static u32 find_free(const struct fd_array *array, u32 from)
{
	u32 w = from / 64, words = array->size / 64;
	u64 busy;

	if (from >= array->size)
		return array->size;
	busy = array->open[w] | ((1ULL << (from % 64)) - 1);
	if (busy != U64_MAX)
		return w * 64 + bit_ctz(~busy);
	w = bitmap_find_clear(array->full, words, w + 1);
	if (w >= words)
		return array->size;
	return w * 64 + bit_ctz(~array->open[w]);
}

static void mark_open(struct fd_array *array, u32 fd)
{
	u64 *word = &array->open[fd / 64];

	*word |= 1ULL << (fd % 64);
	if (*word == U64_MAX)
		bitmap_set(array->full, fd / 64);
}

static void array_free_rcu(struct rcu_head *rcu)
{
	kvfree(container_of(rcu, struct fd_array, rcu));
}

static void array_copy(struct fd_array *dst, const struct fd_array *src)
{
	u32 size = min(dst->size, src->size), words = size / 64;

	memcpy(dst->files, src->files, size * sizeof(struct file *));
	memcpy(dst->open, src->open, words * sizeof(u64));
	memcpy(dst->cloexec, src->cloexec, words * sizeof(u64));
	for (u32 i = 0; i < words; i++)
		if (dst->open[i] == U64_MAX)
			bitmap_set(dst->full, i);
}

/* Room for descriptor fd; drops the lock to allocate. */
static int grow_locked(struct fdtable *fds, u32 fd) REQUIRES(&fds->lock)
{
	struct fd_array *old, *new;
	u32 size = max_t(u32, roundup_pow2(fd + 1), 256);

	if (fd >= (u32)READ_ONCE(fs_nr_open))
		return -EMFILE;
	spin_unlock(&fds->lock);
	new = fd_array_new(size);
	spin_lock(&fds->lock);
	if (!new)
		return -ENOMEM;
	old = fds->array;
	if (old->size >= size) {
		kvfree(new);
		return 0;
	}
	array_copy(new, old);
	store_release(&fds->array, new);
	if (old != &fds->first)
		call_rcu(&old->rcu, array_free_rcu);
	return 0;
}

static int reserve_locked(struct fdtable *fds, u32 from, u64 limit) REQUIRES(&fds->lock)
{
	u32 start, fd;
	int err;

	for (;;) {
		start = max(from, fds->next);
		fd = find_free(fds->array, start);
		if (fd >= limit)
			return -EMFILE;
		if (likely(fd < fds->array->size))
			break;
		err = grow_locked(fds, max(fd, start));
		if (err)
			return err;
	}
	mark_open(fds->array, fd);
	if (start == fds->next)
		fds->next = fd + 1;
	return fd;
}

int fdtable_reserve(struct fdtable *fds, int n, int *out)
{
	u64 limit = fdtable_limit();
	int i, fd;

	spin_lock(&fds->lock);
	for (i = 0; i < n; i++) {
		fd = reserve_locked(fds, 0, limit);
		if (unlikely(fd < 0))
			goto out_free;
		out[i] = fd;
	}
	spin_unlock(&fds->lock);
	return 0;

out_free:
	while (--i >= 0)
		fdtable_mark_free(fds, fds->array, out[i]);
	spin_unlock(&fds->lock);
	return fd;
}

int fdtable_reserve_from(struct fdtable *fds, u32 min)
{
	u64 limit = fdtable_limit();
	int fd;

	if (min >= limit)
		return -EINVAL;
	spin_lock(&fds->lock);
	fd = reserve_locked(fds, min, limit);
	spin_unlock(&fds->lock);
	return fd;
}

void fdtable_install(struct fdtable *fds, int fd, struct file *file, bool cloexec)
{
	spin_lock(&fds->lock);
	if (cloexec)
		bitmap_set(fds->array->cloexec, fd);
	store_release(&fds->array->files[fd], file);
	spin_unlock(&fds->lock);
}

void fdtable_release(struct fdtable *fds, int n, const int *fd)
{
	spin_lock(&fds->lock);
	for (int i = 0; i < n; i++)
		fdtable_mark_free(fds, fds->array, fd[i]);
	spin_unlock(&fds->lock);
}

int fdtable_add(struct fdtable *fds, struct file *file, bool cloexec)
{
	u64 limit = fdtable_limit();
	int fd;

	spin_lock(&fds->lock);
	fd = reserve_locked(fds, 0, limit);
	if (likely(fd >= 0)) {
		if (cloexec)
			bitmap_set(fds->array->cloexec, fd);
		store_release(&fds->array->files[fd], file);
	}
	spin_unlock(&fds->lock);
	return fd;
}

/* --- Closing ------------------------------------------------------------- */

/* What each close of a descriptor does, whatever becomes of the file. */
int fdtable_file_closed(struct fdtable *fds, struct file *file)
{
	int ret = 0;

	if (file->ops && file->ops->flush)
		ret = file->ops->flush(file);
	if (unlikely(atomic_read(&fds->users) > 1))
		smp_mb(); /* slot, then count: fcntl(2) counts its lock, then looks at the slot */
	if (unlikely(atomic_read(&fds->nlocks)) && file->inode)
		record_lock_release(file, fds);
	file_put_now(file);
	return ret;
}

int fdtable_close(struct fdtable *fds, unsigned fd)
{
	struct file *file;

	spin_lock(&fds->lock);
	file = fdtable_take_locked(fds, fd);
	spin_unlock(&fds->lock);
	if (!file)
		return -EBADF;
	return fdtable_file_closed(fds, file);
}

/* --- By number ------------------------------------------------------------ */

/**
 * fdtable_dup2 - make fd another descriptor of file, closing what it was
 *
 * Takes its own reference.  -EBADF: fd beyond RLIMIT_NOFILE or fs.nr_open; -EBUSY: another
 * thread is opening it at this moment; -ENOMEM.  Source: dup2(2)
 */
int fdtable_dup2(struct fdtable *fds, struct file *file, unsigned fd, bool cloexec)
{
	struct file *old;
	int err;

	if (fd >= fdtable_limit())
		return -EBADF;
	spin_lock(&fds->lock);
	if (fd >= fds->array->size) {
		err = grow_locked(fds, fd);
		if (err) {
			spin_unlock(&fds->lock);
			return err == -EMFILE ? -EBADF : err;
		}
	}
	old = fds->array->files[fd];
	if (!old && bitmap_test(fds->array->open, fd)) {
		spin_unlock(&fds->lock);
		return -EBUSY;
	}
	file_get(file);
	mark_open(fds->array, fd);
	if (cloexec)
		bitmap_set(fds->array->cloexec, fd);
	else
		bitmap_clear(fds->array->cloexec, fd);
	store_release(&fds->array->files[fd], file);
	spin_unlock(&fds->lock);
	if (old)
		fdtable_file_closed(fds, old);
	return fd;
}

int fdtable_set_cloexec(struct fdtable *fds, unsigned fd, bool cloexec)
{
	int ret = -EBADF;

	spin_lock(&fds->lock);
	if (fd < fds->array->size && fds->array->files[fd]) {
		if (cloexec)
			bitmap_set(fds->array->cloexec, fd);
		else
			bitmap_clear(fds->array->cloexec, fd);
		ret = 0;
	}
	spin_unlock(&fds->lock);
	return ret;
}

int fdtable_get_cloexec(struct fdtable *fds, unsigned fd)
{
	int ret = -EBADF;

	spin_lock(&fds->lock);
	if (fd < fds->array->size && fds->array->files[fd])
		ret = bitmap_test(fds->array->cloexec, fd);
	spin_unlock(&fds->lock);
	return ret;
}

int fdtable_next(struct fdtable *fds, unsigned fd)
{
	int ret = -1;

	spin_lock(&fds->lock);
	for (; fd < fds->array->size; fd++) {
		fd = bitmap_find_set(fds->array->open, fds->array->size, fd);
		if (fd < fds->array->size && fds->array->files[fd]) {
			ret = fd;
			break;
		}
	}
	spin_unlock(&fds->lock);
	return ret;
}
