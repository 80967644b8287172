/*
 * splice.c - from descriptor to descriptor: sendfile(2), copy_file_range(2), splice(2), tee(2),
 * vmsplice(2).
 */
#include "abi/fcntl.h"
#include "fs/fdtable.h"
#include "fs/vfs.h"
#include "ipc/pipe.h"
#include "mem/uio.h"
#include "proc/process.h"
#include "syscall/syscalls.h"
#include "syscall/user_path.h"
#include "syscall/write_done.h"

#define SPLICE_ALL   (SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT)
#define SPLICE_CHUNK (16 * 1024)

/* --- Files to files ------------------------------------------------------ */

static bool splices_from(const struct file *file)
{
	return file->ops->read && !(file->ops->flags & FILE_NO_SPLICE_FROM) &&
	       !(file->inode && inode_is_dir(file->inode));
}

static bool splices_to(const struct file *file)
{
	return file->ops->write && !(file->ops->flags & FILE_NO_SPLICE_TO);
}

long sys_sendfile(int out_fd, int in_fd, s64 __user *uoffset, size_t len)
{
	struct fdtable *fds = current_fds();
	struct fd_ref in, out;
	u64 pos;
	long ret = -EBADF;

	in = fd_get(fds, in_fd);
	out = fd_get(fds, out_fd);
	if (!in.file || !out.file || !(in.file->mode & FMODE_READ) ||
	    !(out.file->mode & FMODE_WRITE))
		goto out;
	ret = uoffset ? -ESPIPE : -EINVAL;
	if (in.file->ops->flags & FILE_STREAM)
		goto out;
	ret = -EINVAL;
	if (!splices_from(in.file) || !splices_to(out.file) || (out.file->flags & O_APPEND) ||
	    (s64)len < 0)
		goto out;
	pos = in.file->pos;
	if (uoffset) {
		ret = get_user_u64(&pos, uoffset);
		if (ret)
			goto out;
		ret = -EINVAL;
		if ((s64)pos < 0)
			goto out;
	}
	ret = vfs_copy(in.file, &pos, out.file, NULL, min_t(size_t, len, UIO_MAX_BYTES));
	if (ret > 0) {
		if (!uoffset)
			in.file->pos = pos;
		else if (put_user_u64(pos, uoffset))
			ret = -EFAULT;
	}
out:
	fd_put(in);
	fd_put(out);
	return write_done(ret);
}

/* The offset argument of copy_file_range and splice: NULL is the position. */
static int offset_read(struct file *file, const s64 __user *uoffset, u64 *pos)
{
	if (!uoffset) {
		*pos = file->pos;
		return 0;
	}
	if (get_user_u64(pos, uoffset))
		return -EFAULT;
	return 0;
}

static int offset_get(struct file *file, const s64 __user *uoffset, u64 *pos)
{
	int err = offset_read(file, uoffset, pos);

	return !err && (s64)*pos < 0 ? -EINVAL : err;
}

static int offset_set(struct file *file, s64 __user *uoffset, u64 pos)
{
	if (uoffset)
		return put_user_u64(pos, uoffset);
	file->pos = pos;
	return 0;
}

long sys_copy_file_range(int in_fd, s64 __user *uin, int out_fd, s64 __user *uout, size_t len,
			 unsigned flags)
{
	struct fdtable *fds = current_fds();
	struct fd_ref in = fd_get(fds, in_fd), out = fd_get(fds, out_fd);
	struct inode *from, *to;
	u64 in_pos, out_pos;
	long ret = -EBADF;

	if (!in.file || !out.file)
		goto out;
	ret = offset_read(in.file, uin, &in_pos);
	if (!ret)
		ret = offset_read(out.file, uout, &out_pos);
	if (ret)
		goto out;
	ret = -EINVAL;
	if (flags)
		goto out;
	from = in.file->inode;
	to = out.file->inode;
	ret = -EISDIR;
	if ((from && inode_is_dir(from)) || (to && inode_is_dir(to)))
		goto out;
	ret = -EINVAL;
	if (!from || !to || !inode_is_reg(from) || !inode_is_reg(to))
		goto out;
	ret = -EBADF;
	if (!(in.file->mode & FMODE_READ) || !(out.file->mode & FMODE_WRITE) ||
	    (out.file->flags & O_APPEND))
		goto out;
	ret = -EXDEV;
	if (from->sb != to->sb)
		goto out;
	ret = -EOVERFLOW;
	if (in_pos + len < in_pos || out_pos + len < out_pos)
		goto out;
	ret = -EINVAL;
	if ((s64)in_pos < 0 || (s64)out_pos < 0)
		goto out;
	len = min_t(u64, len, in_pos < from->size ? from->size - in_pos : 0);
	len = min_t(u64, len, UIO_MAX_BYTES);
	ret = -EINVAL;
	if (from == to && out_pos + len > in_pos && out_pos < in_pos + len)
		goto out;
	ret = 0;
	if (len == 0)
		goto out;
	ret = vfs_copy(in.file, &in_pos, out.file, &out_pos, len);
	if (ret > 0 && (offset_set(in.file, uin, in_pos) || offset_set(out.file, uout, out_pos)))
		ret = -EFAULT;
out:
	fd_put(in);
	fd_put(out);
	return write_done(ret);
}

/* --- splice: one side at least is a pipe --------------------------------- */

/*
 * From a pipe: claim it, look, write, then take what was written.  Into a pipe
 * nothing waits while the claim is held: its reader may be who reads from here.
 */
static long splice_from_pipe(struct file *pipe, struct file *out, u64 *pos, size_t len,
			     bool nonblock, char *buf)
{
	long done = 0, n, put = 0;

	while (len > 0) {
		struct uio uio;

		n = pipe_claim(pipe, nonblock || done);
		if (n <= 0)
			return done ? done : n;
		n = pipe_peek(pipe, buf, min_t(size_t, len, SPLICE_CHUNK), 0);
		if (file_is_pipe(out)) {
			put = pipe_write_kernel(out, buf, n, true);
		} else {
			uio_init_kernel(&uio, buf, n);
			put = vfs_write(out, &uio, pos);
		}
		pipe_unclaim(pipe, max(put, 0l));
		if (put == -EAGAIN && file_is_pipe(out) && !nonblock && !done)
			put = pipe_wait_room(out);
		else if (put <= 0)
			return done ? done : put;
		if (put < 0)
			return put;
		done += put;
		len -= put;
	}
	return done;
}

/* A stream gives its bytes once: they are all written, blocking if need be. */
static long splice_to_pipe(struct file *in, u64 *pos, struct file *pipe, size_t len, bool nonblock,
			   char *buf)
{
	bool stream = in->ops->flags & FILE_STREAM;
	long done = 0, n, put = 0;

	while (len > 0) {
		struct uio uio;
		u64 at = pos ? *pos : 0;

		uio_init_kernel(&uio, buf, min_t(size_t, len, SPLICE_CHUNK));
		n = vfs_read(in, &uio, stream ? NULL : &at);
		if (n <= 0)
			return done ? done : n;
		for (long off = 0; off < n; off += put) {
			put = pipe_write_kernel(pipe, buf + off, n - off,
						!stream && (nonblock || done));
			if (put <= 0)
				return done ? done : put;
			done += put;
			len -= put;
			if (pos)
				*pos += put;
			if (!stream && put < n - off)
				return done;
		}
		if (stream)
			return done;
	}
	return done;
}

long sys_splice(int in_fd, s64 __user *uin, int out_fd, s64 __user *uout, size_t len,
		unsigned flags)
{
	struct fdtable *fds = current_fds();
	struct fd_ref in, out;
	bool nonblock = flags & SPLICE_F_NONBLOCK, in_pipe, out_pipe;
	u64 in_pos = 0, out_pos = 0;
	char *buf = NULL;
	long ret;

	if (len == 0)
		return 0;
	if (flags & ~SPLICE_ALL)
		return -EINVAL;
	in = fd_get(fds, in_fd);
	out = fd_get(fds, out_fd);
	ret = -EBADF;
	if (!in.file || !out.file || !(in.file->mode & FMODE_READ) ||
	    !(out.file->mode & FMODE_WRITE))
		goto out;
	in_pipe = file_is_pipe(in.file);
	out_pipe = file_is_pipe(out.file);
	ret = -EINVAL;
	if (!in_pipe && !out_pipe)
		goto out;
	if (in_pipe && out_pipe && in.file->priv == out.file->priv)
		goto out;
	ret = -ESPIPE;
	if ((uin && (in.file->ops->flags & FILE_STREAM)) ||
	    (uout && (out.file->ops->flags & FILE_STREAM)))
		goto out;
	ret = -EINVAL;
	if ((!in_pipe && !splices_from(in.file)) || (!out_pipe && !splices_to(out.file)) ||
	    (!out_pipe && (out.file->flags & O_APPEND)))
		goto out;
	ret = offset_get(in.file, uin, &in_pos);
	if (!ret)
		ret = offset_get(out.file, uout, &out_pos);
	if (ret)
		goto out;
	ret = -ENOMEM;
	buf = kmalloc(SPLICE_CHUNK);
	if (!buf)
		goto out;
	len = min_t(size_t, len, UIO_MAX_BYTES);
	nonblock |= (in_pipe && (in.file->flags & O_NONBLOCK)) ||
		    (out_pipe && (out.file->flags & O_NONBLOCK));
	if (in_pipe) {
		bool stream = out.file->ops->flags & FILE_STREAM;

		ret = splice_from_pipe(in.file, out.file, stream ? NULL : &out_pos, len, nonblock,
				       buf);
		if (ret > 0 && !stream && offset_set(out.file, uout, out_pos))
			ret = -EFAULT;
	} else {
		bool stream = in.file->ops->flags & FILE_STREAM;

		ret = splice_to_pipe(in.file, stream ? NULL : &in_pos, out.file, len, nonblock,
				     buf);
		if (ret > 0 && !stream && offset_set(in.file, uin, in_pos))
			ret = -EFAULT;
	}
out:
	kfree(buf);
	fd_put(in);
	fd_put(out);
	return write_done(ret);
}

/* Copies what is there and fits; waits for the first byte of either only. */
static long tee_pipe(struct file *in, struct file *out, size_t len, bool nonblock, char *buf)
{
	long done, n, put;

	for (;;) {
		n = pipe_claim(in, nonblock);
		if (n <= 0)
			return n;
		for (done = 0, put = 0; (size_t)done < len; done += put) {
			n = pipe_peek(in, buf, min_t(size_t, len - done, SPLICE_CHUNK), done);
			put = n ? pipe_write_kernel(out, buf, n, true) : 0;
			if (put <= 0)
				break;
		}
		pipe_unclaim(in, 0);
		if (done || put != -EAGAIN || nonblock)
			return done ? done : put;
		n = pipe_wait_room(out);
		if (n < 0)
			return n;
	}
}

long sys_tee(int in_fd, int out_fd, size_t len, unsigned flags)
{
	struct fdtable *fds = current_fds();
	struct fd_ref in, out;
	bool nonblock = flags & SPLICE_F_NONBLOCK;
	long ret;
	char *buf = NULL;

	if (flags & ~SPLICE_ALL)
		return -EINVAL;
	if (len == 0)
		return 0;
	in = fd_get(fds, in_fd);
	out = fd_get(fds, out_fd);
	ret = -EBADF;
	if (!in.file || !out.file || !(in.file->mode & FMODE_READ) ||
	    !(out.file->mode & FMODE_WRITE))
		goto out;
	ret = -EINVAL;
	if (!file_is_pipe(in.file) || !file_is_pipe(out.file) || in.file->priv == out.file->priv)
		goto out;
	ret = -ENOMEM;
	buf = kmalloc(SPLICE_CHUNK);
	if (!buf)
		goto out;
	nonblock |= (in.file->flags | out.file->flags) & O_NONBLOCK;
	ret = tee_pipe(in.file, out.file, len, nonblock, buf);
out:
	kfree(buf);
	fd_put(in);
	fd_put(out);
	return write_done(ret);
}

static long vmsplice_write(struct file *pipe, struct uio *uio, bool nonblock)
{
	char *buf = kmalloc(SPLICE_CHUNK);
	long done = 0, n = 0;

	if (!buf)
		return -ENOMEM;
	while (uio->len > 0) {
		size_t chunk = min_t(size_t, uio->len, SPLICE_CHUNK);

		n = copy_from_uio(uio, buf, chunk);
		if (!n)
			n = pipe_write_kernel(pipe, buf, chunk, nonblock || done);
		if (n <= 0)
			break;
		done += n;
		if ((size_t)n < chunk)
			break;
	}
	kfree(buf);
	return done ? done : n;
}

long sys_vmsplice(int fd, const struct iovec __user *vec, size_t n, unsigned flags)
{
	struct fd_ref ref;
	struct iovec fast[UIO_FAST_SEGS], *heap = NULL;
	struct uio uio;
	long ret;

	if (flags & ~SPLICE_ALL)
		return -EINVAL;
	ref = fd_get(current_fds(), fd);
	if (!ref.file)
		return -EBADF;
	ret = -EBADF;
	if (!file_is_pipe(ref.file))
		goto out;
	ret = uio_init_iovec(&uio, vec, n, fast, &heap);
	if (ret || !uio.len)
		goto out;
	if (ref.file->mode & FMODE_WRITE)
		ret = vmsplice_write(ref.file, &uio,
				     (flags & SPLICE_F_NONBLOCK) || (ref.file->flags & O_NONBLOCK));
	else
		ret = vfs_read(ref.file, &uio, NULL);
	kfree(heap);
out:
	fd_put(ref);
	return write_done(ret);
}
