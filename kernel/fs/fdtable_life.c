/*
 * fdtable_life.c - tables of descriptors as a whole: made, copied, ended; and
 * many descriptors closed at once (exec, close_range(2)).
 *
 * A table has users, who are its processes, and visitors (/proc/PID/fd), who
 * keep only the memory: the last user closes what is open, the last of all
 * frees the table.
 */
#include "fs/fdtable.h"
#include "lib/bitmap.h"
#include "lib/bitops.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "sched/sched.h"
#include "fs/fdtable_internal.h"

/* All in one block: the struct, files, three bitmaps. */
struct fd_array *fd_array_new(u32 size)
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

static struct fdtable *table_alloc(void)
{
	struct fdtable *fds = kmalloc(sizeof(*fds));

	if (!fds)
		return NULL;
	atomic_set(&fds->users, 1);
	refcount_init(&fds->refs, 1);
	fds->next = 0;
	atomic_set(&fds->nlocks, 0);
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
		fds->array = fd_array_new(used);
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
				fdtable_file_closed(fds, file);
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
			struct file *file = fdtable_take_locked(fds, w * 64 + bit_ctz(bits));

			if (!file)
				continue;
			spin_unlock(&fds->lock);
			fdtable_file_closed(fds, file);
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
			struct file *file = fdtable_take_locked(fds, w * 64 + bit_ctz(bits));

			if (!file)
				continue;
			spin_unlock(&fds->lock);
			fdtable_file_closed(fds, file);
			spin_lock(&fds->lock);
		}
	}
	spin_unlock(&fds->lock);
}
