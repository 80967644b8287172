/* splice.h - what splice(2), sendfile(2) and copy_file_range(2) share. */
#pragma once

#include "fs/file.h"
#include "fs/inode.h"
#include "lib/errno.h"
#include "mem/user.h"

static inline bool splices_from(const struct file *file)
{
	return file->ops->read && !(file->ops->flags & FILE_NO_SPLICE_FROM) &&
	       !(file->inode && inode_is_dir(file->inode));
}

static inline bool splices_to(const struct file *file)
{
	return file->ops->write && !(file->ops->flags & FILE_NO_SPLICE_TO);
}

/* The offset argument of copy_file_range, sendfile and splice: NULL is the position. */
static inline int offset_read(struct file *file, const s64 __user *uoffset, u64 *pos)
{
	if (!uoffset) {
		*pos = file->pos;
		return 0;
	}
	if (get_user_u64(pos, uoffset))
		return -EFAULT;
	return 0;
}

static inline int offset_set(struct file *file, s64 __user *uoffset, u64 pos)
{
	if (uoffset)
		return put_user_u64(pos, uoffset);
	file->pos = pos;
	return 0;
}
