/*
 * getdents64(2), getdents(2).
 *
 * Entries are laid out in a page of the kernel's, under the directory's lock,
 * and copied out a page at a time without it.  d_off of an entry is where the
 * next one starts, so it is filled in when that is known.
 */
#include <linux/limits.h>

#include "abi/dirent.h"
#include "fs/fdtable.h"
#include "fs/inode.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "mem/user.h"
#include "proc/process.h"
#include "syscall/syscalls.h"

#define RECORD64(len) ALIGN_UP(offsetof(struct linux_dirent64, d_name) + (len) + 1, 8ul)
#define RECORD(len)   ALIGN_UP(offsetof(struct linux_dirent, d_name) + (len) + 2, 8ul)

struct listing {
	struct dir_emit emit; /* first */
	char *buf;	      /* a page */
	u32 used, room;	      /* of buf */
	s64 *last_off;	      /* d_off of the last entry, or NULL */
};

static bool emit64(struct dir_emit *emit, const char *name, size_t len, u64 ino, u8 type)
{
	struct listing *l = container_of(emit, struct listing, emit);
	struct linux_dirent64 *d = (struct linux_dirent64 *)(l->buf + l->used);
	u32 record = RECORD64(len);

	if (unlikely(l->used + record > l->room))
		return false;
	if (l->last_off)
		*l->last_off = emit->pos;
	*(u64 *)(l->buf + l->used + record - 8) = 0;
	d->d_ino = ino;
	d->d_reclen = record;
	d->d_type = type;
	memcpy(d->d_name, name, len);
	l->last_off = &d->d_off;
	l->used += record;
	return true;
}

static bool emit_old(struct dir_emit *emit, const char *name, size_t len, u64 ino, u8 type)
{
	struct listing *l = container_of(emit, struct listing, emit);
	struct linux_dirent *d = (struct linux_dirent *)(l->buf + l->used);
	u32 record = RECORD(len);

	if (l->used + record > l->room)
		return false;
	if (l->last_off)
		*l->last_off = emit->pos;
	d->d_ino = ino;
	d->d_reclen = record;
	memcpy(d->d_name, name, len);
	memset(d->d_name + len, 0, record - offsetof(struct linux_dirent, d_name) - len);
	l->buf[l->used + record - 1] = type;
	l->last_off = (s64 *)&d->d_off;
	l->used += record;
	return true;
}

/* file->pos is ours.  Bytes written; -EINVAL: not one entry fits. */
static long list_entries(struct file *file, struct listing *l, char __user *udir, size_t size)
{
	size_t done = 0;
	int err;

	l->emit.pos = file->pos;
	for (;;) {
		l->used = 0;
		l->room = min_t(size_t, size - done, PAGE_SIZE);
		l->last_off = NULL;
		err = file->ops->readdir(file, &l->emit);
		if (err || !l->used)
			break;
		*l->last_off = l->emit.pos;
		if (copy_to_user(udir + done, l->buf, l->used)) {
			err = -EFAULT;
			break;
		}
		file->pos = l->emit.pos;
		done += l->used;
		/* Less than a page was filled with room for more: the end. */
		if (l->room == PAGE_SIZE && l->used + RECORD64(NAME_MAX) <= PAGE_SIZE)
			break;
	}
	if (done)
		return done;
	if (err)
		return err;
	/* Empty: the end, or no room for the next entry? */
	if (size < RECORD64(NAME_MAX)) {
		l->room = PAGE_SIZE;
		l->emit.pos = file->pos;
		err = file->ops->readdir(file, &l->emit);
		if (!err && l->used)
			return -EINVAL;
	}
	return err;
}

static long do_getdents(int fd, char __user *udir, unsigned size,
			bool (*emit)(struct dir_emit *, const char *, size_t, u64, u8))
{
	struct fd_ref ref = fd_get(current_fds(), fd);
	struct listing l = { .emit.emit = emit };
	struct file *file = ref.file;
	long ret;

	if (!file)
		return -EBADF;
	ret = -ENOTDIR;
	if (!file->ops->readdir)
		goto out;
	ret = -ENOENT;
	if (file->inode && (file->inode->flags & INODE_DEAD))
		goto out;
	ret = -ENOMEM;
	l.buf = kmalloc(PAGE_SIZE);
	if (!l.buf)
		goto out;
	if (refcount_read(&file->refs) > 1) {
		mutex_lock(&file->pos_lock);
		ret = list_entries(file, &l, udir, size);
		mutex_unlock(&file->pos_lock);
	} else {
		ret = list_entries(file, &l, udir, size);
	}
	kfree(l.buf);
out:
	fd_put(ref);
	return ret;
}

long sys_getdents64(int fd, void __user *udir, unsigned size)
{
	return do_getdents(fd, udir, size, emit64);
}

long sys_getdents(int fd, void __user *udir, unsigned size)
{
	return do_getdents(fd, udir, size, emit_old);
}
