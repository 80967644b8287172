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

/* Groups that do not exist are full: a search ends at them. */
static void mark_the_rest(struct fd_array *array)
{
	u32 groups = array->size / FD_GROUP, words = groups / 64 + 1;

	array->full[groups / 64] = ~0ULL << (groups % 64);
	array->full_words[words / 64] = ~0ULL << (words % 64);
	if (groups % 64 == 0)
		bitmap_set(array->full_words, groups / 64);
}

struct fd_array *fd_array_new(u32 size)
{
	u32 words = size / FD_GROUP / 64 + 1, full_words = words / 64 + 1;
	struct fd_array *array;

	/* The slots begin a cache line. */
	array = kvzalloc(64 + size * sizeof(fd_slot) + (words + full_words) * sizeof(u64));
	if (!array)
		return NULL;
	static_assert(sizeof(*array) <= 64, "before the slots");
	array->size = size;
	array->slots = (fd_slot *)((char *)array + 64);
	array->full = (u64 *)(array->slots + size);
	array->full_words = array->full + words;
	mark_the_rest(array);
	return array;
}

void fd_array_copy(struct fd_array *dst, const struct fd_array *src)
{
	for (u32 group = 0; group < src->groups_used; group++) {
		const fd_slot *from = &src->slots[group * FD_GROUP];
		fd_slot *to = &dst->slots[group * FD_GROUP];

		to[0] = from[0] & ~SLOT_LOCK;
		for (u32 i = 1; i < FD_GROUP; i++)
			to[i] = from[i];
	}
	dst->groups_used = src->groups_used;
	/* Whole words of what is full; the rest is found again. */
	for (u32 w = 0; w < src->size / FD_GROUP / 64; w++) {
		dst->full[w] = src->full[w];
		if (dst->full[w] == U64_MAX)
			bitmap_set(dst->full_words, w);
	}
	dst->low = bitmap_find_clear(dst->full_words, dst->size / FD_GROUP / 64 + 1, 0);
}

static struct fdtable *table_alloc(void)
{
	struct fdtable *fds = kmalloc(sizeof(*fds));

	static_assert(offsetof(struct fdtable, first_slots) % 64 == 0, "a group is a cache line");
	if (!fds)
		return NULL;
	atomic_set(&fds->users, 1);
	refcount_init(&fds->refs, 1);
	atomic_set(&fds->nlocks, 0);
	spin_init(&fds->lock, LOCK_FDTABLE);
	fds->first.size = ARRAY_SIZE(fds->first_slots);
	fds->first.groups_used = fds->first.low = 0;
	fds->first.slots = fds->first_slots;
	fds->first.full = &fds->first_full;
	fds->first.full_words = &fds->first_full_words;
	memset(fds->first_slots, 0, sizeof(fds->first_slots));
	fds->first_full = ~0ULL << ARRAY_SIZE(fds->first_slots) / FD_GROUP;
	fds->first_full_words = ~1ULL;
	fds->array = &fds->first;
	return fds;
}

struct fdtable *fdtable_new(void)
{
	return table_alloc();
}

/* References on what is open; what is reserved belongs to a call under way. */
static void copy_open(struct fd_array *dst, const struct fd_array *src, u32 groups)
{
	for (u32 group = 0; group < groups; group++) {
		u32 fd = group * FD_GROUP, end = fd + FD_GROUP;

		if (!(fd_group_any(&src->slots[fd]) & ~SLOT_LOCK))
			continue;
		for (; fd < end; fd++) {
			fd_slot slot = src->slots[fd];

			if (!fd_slot_file(slot))
				continue;
			file_get(fd_slot_file(slot));
			dst->slots[fd] = slot & ~SLOT_LOCK;
			dst->groups_used = group + 1;
		}
	}
}

/* Up to the last that has something. */
static u32 groups_open(const struct fd_array *array, u32 groups)
{
	while (groups && !(fd_group_any(&array->slots[(groups - 1) * FD_GROUP]) & ~SLOT_LOCK))
		groups--;
	return groups;
}

struct fdtable *fdtable_fork(struct fdtable *src)
{
	struct fdtable *fds = table_alloc();
	u32 locked, groups;

	if (!fds)
		return NULL;
	for (;;) {
		/* All at once: a descriptor that another thread moves is here or there. */
		if (fdtable_is_shared(src)) {
			locked = fdtable_lock_all(src, false);
			groups = groups_open(src->array, locked);
		} else {
			locked = 0; /* visitors may have locked one */
			groups = groups_open(src->array, src->array->groups_used);
			src->array->groups_used = groups; /* the next one need not look */
		}
		if (groups * FD_GROUP <= fds->array->size)
			break;
		fd_array_unlock_all(src->array, locked);
		if (fds->array != &fds->first)
			kvfree(fds->array);
		fds->array = fd_array_new(ALIGN_UP(groups * FD_GROUP, 64));
		if (!fds->array) {
			kfree(fds);
			return NULL;
		}
	}
	copy_open(fds->array, src->array, groups);
	fd_array_unlock_all(src->array, locked);
	return fds;
}

void fdtable_get(struct fdtable *fds)
{
	atomic_inc(&fds->users);
}

/* The first of [fd, end) that is open and has @bits; end or behind it: none. */
static u32 find_open(struct fdtable *fds, u32 fd, u32 end, fd_slot bits)
{
	const fd_slot *slots = load_acquire(&fds->array)->slots;
	fd_slot wanted = bits ? bits : ~SLOT_BITS;

	while (fd < end) {
		if (fd % FD_GROUP == 0 && !(fd_group_any(&slots[fd]) & wanted)) {
			fd += FD_GROUP;
			continue;
		}
		do {
			fd_slot slot = READ_ONCE(slots[fd]);

			if (slot > SLOT_BITS && (slot & bits) == bits)
				return fd;
		} while (++fd % FD_GROUP && fd < end);
	}
	return end;
}

/* Closes those of [fd, end) that have @bits; others may open and close meanwhile. */
static void close_slots(struct fdtable *fds, u32 fd, u32 end, fd_slot bits)
{
	for (; (fd = find_open(fds, fd, end, bits)) < end; fd++) {
		struct file *file = fdtable_take(fds, fd);

		if (!file)
			continue;
		fdtable_file_closed(fds, file);
		sched_yield_point();
	}
}

static u32 slots_used(struct fdtable *fds)
{
	return READ_ONCE(load_acquire(&fds->array)->groups_used) * FD_GROUP;
}

void fdtable_put(struct fdtable *fds)
{
	if (!atomic_dec_and_test(&fds->users))
		return;
	close_slots(fds, 0, slots_used(fds), 0); /* visitors may still look */
	fdtable_leave(fds);
}

void fdtable_visit(struct fdtable *fds)
{
	refcount_get(&fds->refs);
}

/* Under the lock the slot's own reference keeps the file. */
struct file *fdtable_visit_file(struct fdtable *fds, unsigned fd)
{
	struct fd_array *array = fdtable_lock_group(fds, fd);
	struct file *file;

	if (!array)
		return NULL;
	file = fd_slot_file(array->slots[fd]);
	if (file)
		file_get(file);
	fd_group_unlock(fd_group_first(array, fd));
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
	u32 end = slots_used(fds);

	if (last < end)
		end = last + 1;
	if (!cloexec) {
		close_slots(fds, first, end, 0);
		return 0;
	}
	for (u32 fd = first; fd < end; fd++) {
		struct fd_array *array = fdtable_lock_group(fds, fd);
		fd_slot slot = array->slots[fd] & ~SLOT_LOCK;

		if (slot)
			fd_slot_set(&array->slots[fd], slot | SLOT_CLOEXEC);
		fd_group_unlock(fd_group_first(array, fd));
	}
	return 0;
}

void fdtable_close_on_exec(struct fdtable *fds)
{
	close_slots(fds, 0, slots_used(fds), SLOT_CLOEXEC);
}
