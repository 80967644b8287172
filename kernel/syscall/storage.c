/*
 * storage.c - what a file takes and when it is safe: truncate(2), fallocate(2), fsync(2), advice.
 */
#include <linux/fadvise.h>
#include <linux/stat.h>
#include "abi/fcntl.h"
#include "fs/fdtable.h"
#include "fs/superblock.h"
#include "fs/vfs.h"
#include "proc/process.h"
#include "syscall/syscalls.h"
#include "syscall/user_path.h"
#include "syscall/write_done.h"
#include "vm/page_cache.h"

#define SYNC_FILE_RANGE_ALL 7

long sys_truncate(const char __user *uname, s64 size)
{
	struct path path;
	long ret;

	if (size < 0)
		return -EINVAL;
	ret = user_path_lookup(AT_FDCWD, uname, LOOKUP_FOLLOW, &path);
	if (ret)
		return ret;
	ret = vfs_truncate(current_caller(), &path, size);
	path_put(&path);
	return write_done(ret);
}

long sys_ftruncate(int fd, s64 size)
{
	struct fd_ref ref;
	long ret;

	if (size < 0)
		return -EINVAL;
	ref = fd_get(current_fds(), fd);
	if (!ref.file)
		return -EBADF;
	ret = vfs_ftruncate(current_caller(), ref.file, size);
	fd_put(ref);
	return write_done(ret);
}

long sys_fallocate(int fd, int mode, s64 offset, s64 len)
{
	struct fd_ref ref = fd_get(current_fds(), fd);
	long ret;

	if (!ref.file)
		return -EBADF;
	ret = vfs_fallocate(ref.file, mode, offset, len);
	fd_put(ref);
	return write_done(ret);
}

static long do_fsync(int fd, bool data_only)
{
	struct fd_ref ref = fd_get(current_fds(), fd);
	long ret;

	if (!ref.file)
		return -EBADF;
	ret = vfs_fsync(ref.file, data_only);
	fd_put(ref);
	return ret;
}

long sys_fsync(int fd)
{
	return do_fsync(fd, false);
}

long sys_fdatasync(int fd)
{
	return do_fsync(fd, true);
}

long sys_sync(void)
{
	page_cache_sync_all();
	superblock_sync_all();
	return 0;
}

long sys_syncfs(int fd)
{
	struct fd_ref ref = fd_get(current_fds(), fd);
	struct superblock *sb;
	long ret = 0;

	if (!ref.file)
		return -EBADF;
	if (ref.file->inode) {
		sb = ref.file->inode->sb;
		if (!(sb->flags & SB_MEMORY))
			page_cache_sync_all();
		if (sb->ops->sync)
			ret = sb->ops->sync(sb);
	}
	fd_put(ref);
	return ret;
}

long sys_sync_file_range(int fd, s64 offset, s64 len, unsigned flags)
{
	struct fd_ref ref;
	long ret = 0;

	ref = fd_get(current_fds(), fd);
	if (!ref.file)
		return -EBADF;
	if (flags & ~SYNC_FILE_RANGE_ALL || offset < 0 || len < 0 || len > S64_MAX - offset)
		ret = -EINVAL;
	else if (!ref.file->inode ||
		 !(inode_is_reg(ref.file->inode) || inode_is_dir(ref.file->inode)))
		ret = -ESPIPE;
	else if (ref.file->inode->cache && flags)
		ret = page_cache_sync(ref.file->inode->cache, (u64)offset >> PAGE_SHIFT,
				      len ? (u64)(offset + len - 1) >> PAGE_SHIFT : U64_MAX);
	fd_put(ref);
	return ret;
}

long sys_readahead(int fd, s64 offset, size_t len)
{
	struct fd_ref ref = fd_get(current_fds(), fd);
	long ret = -EINVAL;

	if (!ref.file || !(ref.file->mode & FMODE_READ)) {
		fd_put(ref);
		return -EBADF;
	}
	if (ref.file->inode && inode_is_reg(ref.file->inode) && ref.file->inode->cache) {
		page_cache_readahead(ref.file->inode->cache, (u64)offset >> PAGE_SHIFT,
				     min_t(u64, DIV_ROUND_UP(len, PAGE_SIZE), 512));
		ret = 0;
	}
	fd_put(ref);
	return ret;
}

long sys_fadvise64(int fd, s64 offset, size_t len, int advice)
{
	struct fd_ref ref = fd_get(current_fds(), fd);
	struct inode *inode;
	long ret = 0;

	if (!ref.file)
		return -EBADF;
	inode = ref.file->inode;
	if (((inode ? inode->mode : ref.file->ops->mode) & S_IFMT) == S_IFIFO)
		ret = -ESPIPE;
	else if ((s64)len < 0 || advice < POSIX_FADV_NORMAL || advice > POSIX_FADV_NOREUSE)
		ret = -EINVAL;
	else if (inode && inode->cache && advice == POSIX_FADV_DONTNEED)
		page_cache_drop_clean(inode->cache, DIV_ROUND_UP((u64)offset, PAGE_SIZE),
				      len ? ((u64)offset + len) / PAGE_SIZE - 1 : U64_MAX);
	else if (inode && inode->cache && advice == POSIX_FADV_WILLNEED)
		page_cache_readahead(inode->cache, (u64)offset >> PAGE_SHIFT,
				     min_t(u64, DIV_ROUND_UP(len, PAGE_SIZE), 512));
	fd_put(ref);
	return ret;
}
