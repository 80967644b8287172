/*
 * splice.c - to and from pipes: splice(2), tee(2), vmsplice(2).
 */
#include "abi/fcntl.h"
#include "fs/fdtable.h"
#include "fs/vfs.h"
#include "ipc/pipe.h"
#include "mem/uio.h"
#include "proc/process.h"
#include "syscall/splice.h"
#include "syscall/syscalls.h"
#include "syscall/user_path.h"
#include "syscall/write_done.h"

#define SPLICE_ALL   (SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT)
#define SPLICE_CHUNK (16 * 1024)

static inline bool is_stream(const struct file *file)
{
	return file->ops->flags & FILE_STREAM;
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
	bool stream = is_stream(in);
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
						stream ? pipe->flags & O_NONBLOCK :
							 nonblock || done);
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

/* -EBADF, -EINVAL, in Linux's order: may bytes go from @in to @out, at these offsets? */
static int check_splice(const struct file *in, const s64 __user *uin, s64 in_pos,
			const struct file *out, const s64 __user *uout, s64 out_pos)
{
	bool in_pipe = file_is_pipe(in), out_pipe = file_is_pipe(out);

	if (!(in->mode & FMODE_READ) || !(out->mode & FMODE_WRITE))
		return -EBADF;
	if (!in_pipe && !out_pipe)
		return -EINVAL;
	if (in_pipe && out_pipe)
		return in->priv == out->priv ? -EINVAL : 0;
	if ((uin && is_stream(in)) || (uout && is_stream(out)))
		return -EINVAL;
	if (!in_pipe)
		return splices_from(in) && in_pos >= 0 ? 0 : -EINVAL;
	if (!splices_to(out) || (out->flags & O_APPEND))
		return -EINVAL;
	return out_pos >= 0 ? 0 : -EINVAL;
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
	if (!in.file || !out.file)
		goto out;
	in_pipe = file_is_pipe(in.file);
	out_pipe = file_is_pipe(out.file);
	ret = -ESPIPE;
	if ((uin && in_pipe) || (uout && out_pipe))
		goto out;
	ret = offset_read(out.file, uout, &out_pos);
	if (!ret)
		ret = offset_read(in.file, uin, &in_pos);
	if (ret)
		goto out;
	ret = check_splice(in.file, uin, in_pos, out.file, uout, out_pos);
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
		bool stream = is_stream(out.file);

		ret = splice_from_pipe(in.file, out.file, stream ? NULL : &out_pos, len, nonblock,
				       buf);
		if (ret > 0 && !stream && offset_set(out.file, uout, out_pos))
			ret = -EFAULT;
	} else {
		bool stream = is_stream(in.file);

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

static long vmsplice_read(struct file *pipe, struct uio *uio, bool nonblock)
{
	char *buf = kmalloc(SPLICE_CHUNK);
	long done = 0, n = 0;
	int err;

	if (!buf)
		return -ENOMEM;
	while (uio->len > 0) {
		n = pipe_claim(pipe, nonblock || done);
		if (n <= 0)
			break;
		n = pipe_peek(pipe, buf, min_t(size_t, uio->len, SPLICE_CHUNK), 0);
		err = copy_to_uio(uio, buf, n);
		pipe_unclaim(pipe, err ? 0 : n);
		if (err) {
			n = err;
			break;
		}
		done += n;
	}
	kfree(buf);
	return done ? done : n;
}

/* Whether it waits is for @flags alone to say, not for the file's O_NONBLOCK. */
long sys_vmsplice(int fd, const struct iovec __user *vec, size_t n, unsigned flags)
{
	struct fd_ref ref;
	struct iovec fast[UIO_FAST_SEGS], *heap = NULL;
	struct uio uio;
	long ret;

	if (flags & ~SPLICE_ALL)
		return -EINVAL;
	ref = fd_get(current_fds(), fd);
	ret = -EBADF;
	if (!ref.file || !(ref.file->mode & (FMODE_READ | FMODE_WRITE)))
		goto out;
	ret = uio_init_iovec(&uio, vec, n, fast, &heap);
	if (ret || !uio.len)
		goto out;
	ret = -EBADF;
	if (!file_is_pipe(ref.file))
		goto out;
	if (ref.file->mode & FMODE_WRITE)
		ret = vmsplice_write(ref.file, &uio, flags & SPLICE_F_NONBLOCK);
	else
		ret = vmsplice_read(ref.file, &uio, flags & SPLICE_F_NONBLOCK);
out:
	kfree(heap);
	fd_put(ref);
	return write_done(ret);
}
