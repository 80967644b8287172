/*
 * fdtable_group.c - the locks of groups of descriptors, and which groups are full.
 *
 * fdtable.lock is taken inside a group's, for what belongs to all: array.full, full_words, low and
 * groups_used.  They change when a group is found full, when the first of a full one is free
 * again, and when a group is used for the first time; everybody else only reads them, so
 * their lines stay where they are.
 */
#include "arch/api/inline.h"
#include "fs/fdtable_internal.h"

__cold void fd_group_wait(fd_slot *first)
{
	do {
		while (READ_ONCE(*first) & SLOT_LOCK)
			arch_cpu_relax();
	} while (__atomic_fetch_or(first, SLOT_LOCK, __ATOMIC_ACQUIRE) & SLOT_LOCK);
}

/* Debug builds do not note these: there may be thousands. */
static void lock_one_of_all(fd_slot *first)
{
	if (__atomic_fetch_or(first, SLOT_LOCK, __ATOMIC_ACQUIRE) & SLOT_LOCK)
		fd_group_wait(first);
}

void fd_array_unlock_all(struct fd_array *array, u32 groups)
{
	while (groups--)
		__atomic_fetch_and(&array->slots[groups * FD_GROUP], ~SLOT_LOCK, __ATOMIC_RELEASE);
}

u32 fdtable_lock_all(struct fdtable *fds, bool unused_too)
{
	struct fd_array *array;
	u32 groups;

	for (;;) {
		array = load_acquire(&fds->array);
		lock_one_of_all(array->slots);
		if (READ_ONCE(fds->array) == array)
			break;
		fd_array_unlock_all(array, 1);
	}
	for (groups = 1;
	     groups < (unused_too ? array->size / FD_GROUP : READ_ONCE(array->groups_used));
	     groups++)
		lock_one_of_all(&array->slots[groups * FD_GROUP]);
	return groups;
}

void fd_group_use(struct fdtable *fds, struct fd_array *array, u32 group)
{
	spin_lock(&fds->lock);
	array->groups_used = max(array->groups_used, group + 1);
	spin_unlock(&fds->lock);
}

void fd_group_set_full(struct fdtable *fds, struct fd_array *array, u32 group)
{
	spin_lock(&fds->lock);
	bitmap_set(array->full, group);
	if (array->full[group / 64] == U64_MAX) {
		u32 last = array->size / FD_GROUP / 64;

		bitmap_set(array->full_words, group / 64);
		/* The last word goes on behind the last group: where all are full it is as good. */
		array->low = min_t(u32, bitmap_find_clear(array->full_words, last + 1, array->low),
				   last);
	}
	spin_unlock(&fds->lock);
}

void fd_group_clear_full(struct fdtable *fds, struct fd_array *array, u32 group)
{
	spin_lock(&fds->lock);
	bitmap_clear(array->full_words, group / 64);
	bitmap_clear(array->full, group);
	array->low = min(array->low, group / 64);
	spin_unlock(&fds->lock);
}
