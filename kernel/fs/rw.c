/*
 * Reading and writing through an open file, and moving bytes between two.
 *
 * The position is locked only if the file has other holders: one that a single
 * descriptor of an unshared table refers to cannot be used twice at a time.
 *
 * Source: read(2), write(2), sendfile(2), copy_file_range(2)
 */
#include "fs/vfs.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

#include "core/cred.h"
#include "fs/mount.h"
#include "fs/superblock.h"
#include "lib/errno.h"
#include "mem/slab.h"
#include "mem/uio.h"
#include "sched/sched.h"
#include "sched/thread.h"

long vfs_read(struct file *file, struct uio *dst, u64 *pos)
{
	long ret;

	if (unlikely(!(file->mode & FMODE_READ)))
		return -EBADF;
	if (unlikely(!file->ops->read))
		return -EINVAL;
	if (pos || (file->ops->flags & FILE_STREAM))
		return file->ops->read(file, dst, pos);
	if (likely(refcount_read(&file->refs) == 1))
		return file->ops->read(file, dst, &file->pos);
	mutex_lock(&file->pos_lock);
	ret = file->ops->read(file, dst, &file->pos);
	mutex_unlock(&file->pos_lock);
	return ret;
}

long vfs_write(struct file *file, struct uio *src, u64 *pos)
{
	long ret;

	if (unlikely(!(file->mode & FMODE_WRITE)))
		return -EBADF;
	if (unlikely(!file->ops->write))
		return -EINVAL;
	if (pos || (file->ops->flags & FILE_STREAM))
		return file->ops->write(file, src, pos);
	if (likely(refcount_read(&file->refs) == 1))
		return file->ops->write(file, src, &file->pos);
	mutex_lock(&file->pos_lock);
	ret = file->ops->write(file, src, &file->pos);
	mutex_unlock(&file->pos_lock);
	return ret;
}

long vfs_read_kernel(struct file *file, void *buf, size_t len, u64 pos)
{
	struct uio uio;
	long done = 0, n;

	if (!file->ops->read)
		return -EINVAL;
	while ((size_t)done < len) {
		uio_init_kernel(&uio, (char *)buf + done, len - done);
		n = file->ops->read(file, &uio, &pos);
		if (n <= 0)
			return done ? done : n;
		done += n;
	}
	return done;
}

long vfs_write_kernel(struct file *file, const void *buf, size_t len, u64 pos)
{
	struct uio uio;
	long done = 0, n;

	if (!file->ops->write)
		return -EINVAL;
	while ((size_t)done < len) {
		uio_init_kernel(&uio, (char *)buf + done, len - done);
		n = file->ops->write(file, &uio, file->ops->flags & FILE_STREAM ? NULL : &pos);
		if (n <= 0)
			return done ? done : n;
		done += n;
	}
	return done;
}

int vfs_fsync(struct file *file, bool data_only)
{
	return file->ops->fsync ? file->ops->fsync(file, data_only) : -EINVAL;
}

void file_remove_suid(struct file *file)
{
	struct inode *inode = file->inode;
	u32 mode = inode->mode;

	if (cred_capable(file_current_cred(), CAP_FSETID))
		return;
	mode &= ~S_ISUID;
	if (mode & S_IXGRP)
		mode &= ~S_ISGID;
	WRITE_ONCE(inode->mode, mode);
}

#define COPY_CHUNK (16 * 1024)

/**
 * vfs_copy - move bytes from a file with positions to any other
 * @in_pos, @out_pos:	NULL: the file's own position
 *
 * What was read and then not taken by @out is not consumed: the position of
 * @in moves by what was written.
 *
 * Return: bytes moved, 0 at end of file, or the error of the first part.
 */
long vfs_copy(struct file *in, u64 *in_pos, struct file *out, u64 *out_pos, size_t len)
{
	size_t size = min_t(size_t, len, COPY_CHUNK);
	u64 from = in_pos ? *in_pos : in->pos;
	long done = 0, n = 0, put;
	char *buf;

	if (!(in->mode & FMODE_READ) || !(out->mode & FMODE_WRITE))
		return -EBADF;
	if (!in->ops->read || !out->ops->write || (in->ops->flags & FILE_STREAM))
		return -EINVAL;
	if (len == 0)
		return 0;
	buf = kmalloc(size);
	if (!buf)
		return -ENOMEM;
	while (len > 0) {
		struct uio uio;

		uio_init_kernel(&uio, buf, min(len, size));
		u64 at = from;

		n = in->ops->read(in, &uio, &at);
		if (n <= 0)
			break;
		uio_init_kernel(&uio, buf, n);
		put = vfs_write(out, &uio, out_pos);
		if (put <= 0) {
			n = put;
			break;
		}
		from += put;
		done += put;
		len -= put;
		if (put < n)
			break;
		if (thread_sleep_interrupted(SLEEP_INTERRUPTIBLE))
			break;
		sched_yield_point();
	}
	kfree(buf);
	if (done) {
		if (in_pos)
			*in_pos = from;
		else
			in->pos = from;
	}
	return done ? done : n;
}
