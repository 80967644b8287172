/*
 * copy.c - from file to file: sendfile(2), copy_file_range(2).
 */
#include "abi/fcntl.h"
#include "fs/fdtable.h"
#include "fs/vfs.h"
#include "ipc/pipe.h"
#include "mem/uio.h"
#include "proc/process.h"
#include "syscall/splice.h"
#include "syscall/syscalls.h"
#include "syscall/write_done.h"

long sys_sendfile(int out_fd, int in_fd, s64 __user *uoffset, size_t len)
{
	struct fdtable *fds = current_fds();
	struct fd_ref in, out;
	u64 pos;
	s64 end;
	long ret = -EFAULT;

	if (uoffset && get_user_u64(&pos, uoffset))
		return ret;
	in = fd_get(fds, in_fd);
	out = fd_get(fds, out_fd);
	ret = -EBADF;
	if (!in.file || !(in.file->mode & FMODE_READ))
		goto out;
	ret = -ESPIPE;
	if (uoffset && (in.file->ops->flags & FILE_STREAM))
		goto out;
	if (!uoffset)
		pos = in.file->pos;
	ret = -EINVAL;
	if ((s64)pos < 0 || (s64)len < 0 || __builtin_add_overflow((s64)pos, (s64)len, &end))
		goto out;
	ret = -EBADF;
	if (!out.file || !(out.file->mode & FMODE_WRITE))
		goto out;
	ret = -EINVAL;
	if ((out.file->flags & O_APPEND) || file_is_pipe(in.file))
		goto out;
	ret = 0;
	if (len == 0)
		goto out;
	ret = -EINVAL;
	if ((in.file->ops->flags & FILE_STREAM) || !splices_from(in.file) || !splices_to(out.file))
		goto out;
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
