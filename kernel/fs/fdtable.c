/*
 * Descriptor tables.
 *
 *	open    1 bit per descriptor: reserved or in use
 *	full    1 bit per word of open that has no free bit
 *	next    no descriptor below it is free
 *
 * so the lowest free one is a find-first-zero in two words.  Arrays grow by
 * replacement; readers (fd_get) load the array once, under RCU.
 *
 * While a table has one user, that user's lookups borrow the file: nobody
 * else can close it.  With more users fdtable_lookup_slow() takes a reference
 * and checks that the slot still holds the file; a file that was ever removed
 * from a shared table is freed after a grace period only (file->rcu_free).
 */
#include "fs/fdtable.h"

#include "fs/flock.h"
#include "fs/inode.h"
#include "lib/bitmap.h"
#include "lib/bitops.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "sched/sched.h"

#define FD_MAX (1u << 20) /* fs.nr_open */

static void array_free_rcu(struct rcu_head *rcu)
{
	kvfree(container_of(rcu, struct fd_array, rcu));
}

/* All in one block: the struct, files, three bitmaps. */
static struct fd_array *array_new(u32 size)
{
	u32 words = size / 64, full_words = DIV_ROUND_UP(words, 64);
	struct fd_array *array;

	array = kvzalloc(sizeof(*array) + size * sizeof(struct file *) +
			 (2 * words + full_words) * sizeof(u64));
	if (!array)
		return NULL;
	array->size = size;
	array->files = (struct file **)(array + 1);
	array->open = (u64 *)(array->files + size);
	array->cloexec = array->open + words;
	array->full = array->cloexec + words;
	return array;
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

static struct fdtable *table_alloc(void)
{
	struct fdtable *fds = kmalloc(sizeof(*fds));

	if (!fds)
		return NULL;
	atomic_set(&fds->users, 1);
	refcount_init(&fds->refs, 1);
	fds->next = 0;
	spin_init(&fds->lock, LOCK_FDTABLE);
	fds->first.size = 64;
	fds->first.open = &fds->first_open;
	fds->first.cloexec = &fds->first_cloexec;
	fds->first.full = &fds->first_full;
	fds->first.files = fds->first_files;
	fds->first_open = fds->first_cloexec = fds->first_full = 0;
	memset(fds->first_files, 0, sizeof(fds->first_files));
	fds->array = &fds->first;
	return fds;
}

struct fdtable *fdtable_new(void)
{
	return table_alloc();
}

/* Descriptors that a copy must have room for. */
static u32 array_used(const struct fd_array *array)
{
	u32 words = array->size / 64;

	while (words > 1 && array->open[words - 1] == 0)
		words--;
	return words * 64;
}

struct fdtable *fdtable_fork(struct fdtable *src)
{
	struct fdtable *fds = table_alloc();
	struct fd_array *array;
	u32 used;

	if (!fds)
		return NULL;
	spin_lock(&src->lock);
	while ((used = array_used(src->array)) > fds->array->size) {
		spin_unlock(&src->lock);
		if (fds->array != &fds->first)
			kvfree(fds->array);
		fds->array = array_new(used);
		if (!fds->array) {
			kfree(fds);
			return NULL;
		}
		spin_lock(&src->lock);
	}
	array = fds->array;
	for (u32 w = 0; w < used / 64; w++) {
		u64 bits = src->array->open[w];

		array->cloexec[w] = src->array->cloexec[w];
		for (; bits; bits &= bits - 1) {
			u32 fd = w * 64 + bit_ctz(bits);
			struct file *file = src->array->files[fd];

			if (!file) { /* reserved by a call that is under way */
				bitmap_clear(array->cloexec, fd);
				continue;
			}
			file_get(file);
			array->files[fd] = file;
			bitmap_set(array->open, fd);
		}
		if (array->open[w] == U64_MAX)
			bitmap_set(array->full, w);
	}
	spin_unlock(&src->lock);
	return fds;
}

void fdtable_get(struct fdtable *fds)
{
	atomic_inc(&fds->users);
}

/* What each close of a descriptor does, whatever becomes of the file. */
static int file_closed(struct fdtable *fds, struct file *file)
{
	int ret = 0;

	if (file->ops && file->ops->flush)
		ret = file->ops->flush(file);
	if (unlikely(file->inode && file->inode->locks))
		record_lock_release(file, fds);
	if (unlikely(atomic_read(&fds->users) > 1))
		file->rcu_free = true;
	file_put_now(file);
	return ret;
}

/* Out of a table that has no user any more; visitors may still look. */
static struct file *final_take(struct fdtable *fds, u32 fd)
{
	struct file *file;

	spin_lock(&fds->lock);
	file = fds->array->files[fd];
	WRITE_ONCE(fds->array->files[fd], NULL);
	spin_unlock(&fds->lock);
	return file;
}

void fdtable_put(struct fdtable *fds)
{
	struct fd_array *array;

	if (!atomic_dec_and_test(&fds->users))
		return;
	array = fds->array;
	for (u32 w = 0; w < array->size / 64; w++) {
		for (u64 bits = array->open[w]; bits; bits &= bits - 1) {
			struct file *file = final_take(fds, w * 64 + bit_ctz(bits));

			if (file)
				file_closed(fds, file);
		}
		sched_yield_point();
	}
	fdtable_leave(fds);
}

void fdtable_visit(struct fdtable *fds)
{
	refcount_get(&fds->refs);
}

/* Under the lock the slot's own reference keeps the file. */
struct file *fdtable_visit_file(struct fdtable *fds, unsigned fd)
{
	struct file *file;

	spin_lock(&fds->lock);
	file = fdtable_peek(fds, fd);
	if (file)
		file_get(file);
	spin_unlock(&fds->lock);
	return file;
}

void fdtable_leave(struct fdtable *fds)
{
	if (!refcount_put(&fds->refs))
		return;
	if (fds->array != &fds->first)
		kvfree(fds->array);
	kfree(fds);
}

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

static void mark_free(struct fdtable *fds, struct fd_array *array, u32 fd)
{
	bitmap_clear(array->full, fd / 64);
	bitmap_clear(array->open, fd);
	bitmap_clear(array->cloexec, fd);
	if (fd < fds->next)
		fds->next = fd;
}

/* Room for descriptor fd; drops the lock to allocate. */
static int grow_locked(struct fdtable *fds, u32 fd) REQUIRES(&fds->lock)
{
	struct fd_array *old, *new;
	u32 size = max_t(u32, roundup_pow2(fd + 1), 256);

	spin_unlock(&fds->lock);
	new = size <= FD_MAX ? array_new(size) : NULL;
	spin_lock(&fds->lock);
	if (!new)
		return size <= FD_MAX ? -ENOMEM : -EMFILE;
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
		mark_free(fds, fds->array, out[i]);
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
		mark_free(fds, fds->array, fd[i]);
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

static struct file *take_locked(struct fdtable *fds, u32 fd) REQUIRES(&fds->lock)
{
	struct fd_array *array = fds->array;
	struct file *file;

	if (fd >= array->size)
		return NULL;
	file = array->files[fd];
	if (!file)
		return NULL;
	WRITE_ONCE(array->files[fd], NULL);
	mark_free(fds, array, fd);
	return file;
}

int fdtable_close(struct fdtable *fds, unsigned fd)
{
	struct file *file;

	spin_lock(&fds->lock);
	file = take_locked(fds, fd);
	spin_unlock(&fds->lock);
	if (!file)
		return -EBADF;
	return file_closed(fds, file);
}

int fdtable_close_range(struct fdtable *fds, unsigned first, unsigned last, bool cloexec)
{
	spin_lock(&fds->lock);
	for (u32 w = first / 64; w < fds->array->size / 64 && w <= last / 64; w++) {
		u64 bits = fds->array->open[w];

		if (w == first / 64)
			bits &= ~0ULL << (first % 64);
		if (w == last / 64 && last % 64 != 63)
			bits &= (1ULL << (last % 64 + 1)) - 1;
		if (cloexec) {
			fds->array->cloexec[w] |= bits;
			continue;
		}
		for (; bits; bits &= bits - 1) {
			struct file *file = take_locked(fds, w * 64 + bit_ctz(bits));

			if (!file)
				continue;
			spin_unlock(&fds->lock);
			file_closed(fds, file);
			sched_yield_point();
			spin_lock(&fds->lock);
		}
	}
	spin_unlock(&fds->lock);
	return 0;
}

void fdtable_close_on_exec(struct fdtable *fds)
{
	spin_lock(&fds->lock);
	for (u32 w = 0; w < fds->array->size / 64; w++) {
		u64 bits = fds->array->cloexec[w] & fds->array->open[w];

		for (; bits; bits &= bits - 1) {
			struct file *file = take_locked(fds, w * 64 + bit_ctz(bits));

			if (!file)
				continue;
			spin_unlock(&fds->lock);
			file_closed(fds, file);
			spin_lock(&fds->lock);
		}
	}
	spin_unlock(&fds->lock);
}

/**
 * fdtable_dup2 - make fd another descriptor of file, closing what it was
 *
 * Takes its own reference.  -EBADF: fd beyond RLIMIT_NOFILE; -EBUSY: another
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
			return err;
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
		file_closed(fds, old);
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
