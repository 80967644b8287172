/*
 * fdtable.c - descriptors: found, given out, closed.
 *
 * Eight slots are a group: one cache line with a lock in it (fdtable_group.c), so that threads
 * of one process that open and close move one line.  A bit in array.full says that a group was
 * found without a free slot; so the lowest free descriptor is in the first group without its
 * bit, which is a find-first-zero in two words, and there the first slot that is 0.
 *
 *	A group with a free slot has no bit: who frees takes it back under the group's lock.
 *	So if all groups below are marked while one's lock is held, its first free slot is the
 *	lowest of the table at that moment: open(2) gives the lowest also beside others.
 *
 * Arrays grow by replacement, with all groups locked; readers (fd_get) load the array once,
 * under RCU, and who has locked a group looks whether its array is still the table's.  The life
 * of a table, and what closes many at once, is in fdtable_life.c.
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

/* The first group at or after @from that is not known to be full; array->size / FD_GROUP: none. */
static u32 find_group(const struct fd_array *array, u32 from)
{
	u32 groups = array->size / FD_GROUP, w = from / 64;
	u64 busy;

	if (from >= groups)
		return groups;
	busy = READ_ONCE(array->full[w]) | ((1ULL << (from % 64)) - 1);
	while (busy == U64_MAX) {
		w = bitmap_find_clear(array->full_words, groups / 64 + 1, w + 1);
		if (w > groups / 64)
			return groups;
		busy = READ_ONCE(array->full[w]); /* may have become full just now */
	}
	return w * 64 + bit_ctz(~busy);
}

static void array_free_rcu(struct rcu_head *rcu)
{
	kvfree(container_of(rcu, struct fd_array, rcu));
}

/* Room for descriptor fd; sleeps. */
static int fdtable_grow(struct fdtable *fds, u32 fd)
{
	u32 size = max_t(u32, roundup_pow2(fd + 1), 256), groups;
	struct fd_array *old, *new;

	if (fd >= (u32)READ_ONCE(fs_nr_open))
		return -EMFILE;
	new = fd_array_new(size);
	if (!new)
		return -ENOMEM;
	groups = fdtable_lock_all(fds, true);
	old = fds->array;
	if (old->size >= size) {
		fd_array_unlock_all(old, groups);
		kvfree(new);
		return 0;
	}
	fd_array_copy(new, old);
	store_release(&fds->array, new);
	fd_array_unlock_all(old, groups);
	if (old != &fds->first)
		call_rcu(&old->rcu, array_free_rcu);
	return 0;
}

/*
 * The group of @fd, to be used: locked, in the array that is returned.  The array grows where
 * it has no such descriptor; NULL and *err then, if it cannot.
 */
static struct fd_array *lock_to_use(struct fdtable *fds, u32 fd, int *err)
{
	struct fd_array *array;

	for (;;) {
		array = load_acquire(&fds->array);
		if (unlikely(fd >= array->size)) {
			*err = fdtable_grow(fds, fd);
			if (*err)
				return NULL;
			continue;
		}
		if (unlikely(fd / FD_GROUP >= READ_ONCE(array->groups_used)))
			fd_group_use(fds, array, fd / FD_GROUP);
		if (fd_group_lock_in(fds, array, fd))
			return array;
	}
}

/* The lowest free descriptor at or above @from becomes @value. */
static __noinline int fdtable_give_from(struct fdtable *fds, u32 from, u64 limit, fd_slot value)
{
	u32 group = from / FD_GROUP, start = group, fd, end;
	struct fd_array *array;
	int err;

	for (;;) {
		group = find_group(load_acquire(&fds->array), start);
		fd = max(from, group * FD_GROUP);
		if (unlikely(fd >= limit))
			return -EMFILE;
		array = lock_to_use(fds, fd, &err);
		if (unlikely(!array))
			return err;
		group = fd / FD_GROUP; /* from was beyond the table */
		end = (group + 1) * FD_GROUP;
		while (fd < end && !fd_slot_is_free(array->slots[fd]))
			fd++;
		if (unlikely(fd == end)) {
			if (from <= group * FD_GROUP)
				fd_group_set_full(fds, array, group);
			else
				start = group + 1; /* there may be some below from */
		} else if (unlikely(fd >= limit)) {
			fd_group_unlock(fd_group_first(array, group * FD_GROUP));
			return -EMFILE;
		} else if (likely(!fdtable_is_shared(fds) || find_group(array, start) == group)) {
			fd_slot_set(&array->slots[fd], value);
			fd_group_unlock(fd_group_first(array, fd));
			return fd;
		}
		fd_group_unlock(fd_group_first(array, group * FD_GROUP));
	}
}

/*
 * The lowest free descriptor becomes @value.  As fdtable_give_from() does it where its group
 * was used before and nobody comes between.
 */
static __always_inline int fdtable_give(struct fdtable *fds, u64 limit, fd_slot value)
{
	struct fd_array *array = load_acquire(&fds->array);
	u32 low = READ_ONCE(array->low), group, i;
	u64 full = READ_ONCE(array->full[low]);
	fd_slot *slots;

	if (unlikely(full == U64_MAX))
		return fdtable_give_from(fds, 0, limit, value);
	group = low * 64 + bit_ctz(~full);
	if (unlikely(group >= READ_ONCE(array->groups_used)))
		return fdtable_give_from(fds, 0, limit, value);
	slots = &array->slots[group * FD_GROUP];
	fd_group_lock(slots);
#pragma GCC unroll 8
	for (i = 0; i < FD_GROUP; i++)
		if (fd_slot_is_free(slots[i]))
			break;
	if (unlikely(i == FD_GROUP || group * FD_GROUP + i >= limit ||
		     READ_ONCE(fds->array) != array || READ_ONCE(array->low) != low ||
		     READ_ONCE(array->full[low]) != full)) {
		fd_group_unlock(slots);
		return fdtable_give_from(fds, 0, limit, value);
	}
	fd_slot_set(&slots[i], value);
	fd_group_unlock(slots);
	return group * FD_GROUP + i;
}

int fdtable_reserve(struct fdtable *fds, int n, int *out)
{
	u64 limit = fdtable_limit();
	int i, fd;

	for (i = 0; i < n; i++) {
		fd = fdtable_give(fds, limit, SLOT_RESERVED);
		if (unlikely(fd < 0)) {
			fdtable_release(fds, i, out);
			return fd;
		}
		out[i] = fd;
	}
	return 0;
}

int fdtable_reserve_from(struct fdtable *fds, u32 min)
{
	u64 limit = fdtable_limit();

	if (min >= limit)
		return -EINVAL;
	return fdtable_give_from(fds, min, limit, SLOT_RESERVED);
}

void fdtable_install(struct fdtable *fds, int fd, struct file *file, bool cloexec)
{
	struct fd_array *array = fdtable_lock_group(fds, fd);
	fd_slot *slot = &array->slots[fd];

	/* close_range(2) may have marked it. */
	fd_slot_set(slot, (fd_slot)file | (cloexec ? SLOT_CLOEXEC : *slot & SLOT_CLOEXEC));
	fd_group_unlock(fd_group_first(array, fd));
}

void fdtable_release(struct fdtable *fds, int n, const int *fd)
{
	for (int i = 0; i < n; i++) {
		struct fd_array *array = fdtable_lock_group(fds, fd[i]);

		fd_slot_clear(fds, array, fd[i]);
		fd_group_unlock(fd_group_first(array, fd[i]));
	}
}

int fdtable_add(struct fdtable *fds, struct file *file, bool cloexec)
{
	return fdtable_give(fds, fdtable_limit(), (fd_slot)file | (cloexec ? SLOT_CLOEXEC : 0));
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

struct file *fdtable_take(struct fdtable *fds, u32 fd)
{
	struct fd_array *array = fdtable_lock_group(fds, fd);
	struct file *file;

	if (unlikely(!array))
		return NULL;
	file = fd_slot_file(array->slots[fd]);
	if (likely(file))
		fd_slot_clear(fds, array, fd);
	fd_group_unlock(fd_group_first(array, fd));
	return file;
}

int fdtable_close(struct fdtable *fds, unsigned fd)
{
	struct file *file = fdtable_take(fds, fd);

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
	struct fd_array *array;
	fd_slot old;
	int err;

	if (fd >= fdtable_limit())
		return -EBADF;
	array = lock_to_use(fds, fd, &err);
	if (!array)
		return err == -EMFILE ? -EBADF : err;
	old = array->slots[fd];
	if (!(old & SLOT_RESERVED)) {
		file_get(file);
		fd_slot_set(&array->slots[fd], (fd_slot)file | (cloexec ? SLOT_CLOEXEC : 0));
	}
	fd_group_unlock(fd_group_first(array, fd));
	if (old & SLOT_RESERVED)
		return -EBUSY;
	if (fd_slot_file(old))
		fdtable_file_closed(fds, fd_slot_file(old));
	return fd;
}

int fdtable_set_cloexec(struct fdtable *fds, unsigned fd, bool cloexec)
{
	struct fd_array *array = fdtable_lock_group(fds, fd);
	struct file *file;

	if (!array)
		return -EBADF;
	file = fd_slot_file(array->slots[fd]);
	if (file)
		fd_slot_set(&array->slots[fd], (fd_slot)file | (cloexec ? SLOT_CLOEXEC : 0));
	fd_group_unlock(fd_group_first(array, fd));
	return file ? 0 : -EBADF;
}

int fdtable_get_cloexec(struct fdtable *fds, unsigned fd)
{
	const struct fd_array *array = load_acquire(&fds->array);
	fd_slot slot = fd < array->size ? READ_ONCE(array->slots[fd]) : 0;

	if (!fd_slot_file(slot))
		return -EBADF;
	return slot & SLOT_CLOEXEC ? 1 : 0;
}

int fdtable_next(struct fdtable *fds, unsigned fd)
{
	const struct fd_array *array = load_acquire(&fds->array);
	u32 end = READ_ONCE(array->groups_used) * FD_GROUP;

	for (; fd < end; fd++)
		if (fd_slot_file(READ_ONCE(array->slots[fd])))
			return fd;
	return -1;
}
