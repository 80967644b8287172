/* fdtable_internal.h - between fdtable.c and fdtable_life.c. */
#pragma once
#include "fs/fdtable.h"
#include "lib/bitmap.h"

/* fdtable_life.c: all in one block, zeroed; NULL without memory.  @size: a multiple of 64. */
struct fd_array *fd_array_new(u32 size);

/* fdtable.c: what each close of a descriptor does, whatever becomes of the file. */
int fdtable_file_closed(struct fdtable *fds, struct file *file);

static inline void fdtable_mark_free(struct fdtable *fds, struct fd_array *array, u32 fd)
{
	bitmap_clear(array->full, fd / 64);
	bitmap_clear(array->open, fd);
	bitmap_clear(array->cloexec, fd);
	if (fd < fds->next)
		fds->next = fd;
}

static inline struct file *fdtable_take_locked(struct fdtable *fds, u32 fd) REQUIRES(&fds->lock)
{
	struct fd_array *array = fds->array;
	struct file *file;

	if (fd >= array->size)
		return NULL;
	file = array->files[fd];
	if (!file)
		return NULL;
	WRITE_ONCE(array->files[fd], NULL);
	fdtable_mark_free(fds, array, fd);
	return file;
}
