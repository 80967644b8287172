/* fdtable_internal.h - between the files of fdtable. */
#pragma once
#include "core/lockrank.h"
#include "fs/fdtable.h"
#include "lib/bitmap.h"

/* fdtable_life.c: all in one block, zeroed; NULL without memory.  @size: a multiple of 64. */
struct fd_array *fd_array_new(u32 size);
/* Every slot of @src to @dst, which is as large. */
void fd_array_copy(struct fd_array *dst, const struct fd_array *src);

/* fdtable.c: what each close of a descriptor does, whatever becomes of the file. */
int fdtable_file_closed(struct fdtable *fds, struct file *file);
/* Out of the table; NULL: there is none.  The caller has its reference. */
struct file *fdtable_take(struct fdtable *fds, u32 fd);

/*
 * fdtable_group.c.  A group's lock is a bit of its first slot, so that who gives out or takes
 * back a descriptor moves one line; nobody sleeps with it.  Several are taken in ascending
 * order.  The array of a locked group stays fds->array.
 */
void fd_group_wait(fd_slot *first);
/*
 * All groups that were ever used: what is open stands still.  With @unused_too the others as
 * well, so that nothing is opened.  Returns how many they are.
 */
u32 fdtable_lock_all(struct fdtable *fds, bool unused_too);
void fd_array_unlock_all(struct fd_array *array, u32 groups);
/* Before the lock of a group is taken to use it for the first time. */
void fd_group_use(struct fdtable *fds, struct fd_array *array, u32 group);
/* With the group's lock: nothing is free in it; something is free again. */
void fd_group_set_full(struct fdtable *fds, struct fd_array *array, u32 group);
void fd_group_clear_full(struct fdtable *fds, struct fd_array *array, u32 group);

static inline fd_slot *fd_group_first(const struct fd_array *array, u32 fd)
{
	return &array->slots[fd & ~(FD_GROUP - 1)];
}

static inline void fd_group_lock(fd_slot *first)
{
	if (CONFIG_DEBUG)
		lockrank_acquire(first, LOCK_FDTABLE_GROUP, LOCK_WAIT);
	if (unlikely(__atomic_fetch_or(first, SLOT_LOCK, __ATOMIC_ACQUIRE) & SLOT_LOCK)) {
		fd_group_wait(first);
		if (CONFIG_DEBUG)
			lockrank_waited(first);
	}
}

static inline void fd_group_unlock(fd_slot *first)
{
	if (CONFIG_DEBUG)
		lockrank_release(first);
	__atomic_store_n(first, *first & ~SLOT_LOCK, __ATOMIC_RELEASE);
}

/* Locks the group of @fd in @array, unless that is no longer the table's. */
static inline bool fd_group_lock_in(struct fdtable *fds, struct fd_array *array, u32 fd)
{
	fd_slot *first = fd_group_first(array, fd);

	fd_group_lock(first);
	if (likely(READ_ONCE(fds->array) == array))
		return true;
	fd_group_unlock(first);
	return false;
}

/* Locks the group of @fd in the table's array, which is returned; NULL: it has no such descriptor. */
static inline struct fd_array *fdtable_lock_group(struct fdtable *fds, u32 fd)
{
	for (;;) {
		struct fd_array *array = load_acquire(&fds->array);

		if (unlikely(fd >= array->size))
			return NULL;
		if (fd_group_lock_in(fds, array, fd))
			return array;
	}
}

/* Of a locked group. */
static inline void fd_slot_set(fd_slot *slot, fd_slot value)
{
	store_release(slot, value | (*slot & SLOT_LOCK));
}

static inline bool fd_slot_is_free(fd_slot slot)
{
	return !(slot & ~SLOT_LOCK);
}

/* All bits of a group's slots together: many groups are empty where a shell has descriptor 255.  Racy without the lock. */
static inline fd_slot fd_group_any(const fd_slot *slots)
{
	fd_slot any = 0;

#pragma GCC unroll 8
	for (u32 i = 0; i < FD_GROUP; i++)
		any |= READ_ONCE(slots[i]);
	return any;
}

/* @fd of a locked group is free again. */
static inline void fd_slot_clear(struct fdtable *fds, struct fd_array *array, u32 fd)
{
	fd_slot_set(&array->slots[fd], 0);
	if (unlikely(bitmap_test(array->full, fd / FD_GROUP)))
		fd_group_clear_full(fds, array, fd / FD_GROUP);
}
