/*
 * path.c - paths from user memory, and where they start: chdir(2), chroot(2), getcwd(2), umask(2).
 */
#include "fs/fs_context.h"
#include "fs/vfs.h"
#include "lib/string.h"
#include "syscall/syscalls.h"
#include "syscall/user_path.h"

__cold int user_path_get_long(struct user_path *path, const char __user *ustr)
{
	int err = strndup_user(ustr, PATH_MAX, &path->heap);

	if (err) {
		path->heap = NULL;
		return err;
	}
	path->str = path->heap;
	return 0;
}

int user_path_lookup(int dfd, const char __user *ustr, unsigned lookup, struct path *out)
{
	struct user_path name;
	struct user_base base;
	int err = user_path_get_lookup(&name, ustr, lookup);

	if (err)
		return err;
	err = user_base_get(&base, dfd, name.str);
	if (!err) {
		err = path_lookup(current_caller(), base.at, name.str, lookup, out);
		user_base_put(&base);
	}
	user_path_put(&name);
	return err;
}

int user_path_lookup_at(int dfd, const char __user *ustr, int flags, struct path *out)
{
	unsigned lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	return user_path_lookup(dfd, ustr, lookup, out);
}

int user_fd_path(int fd, bool o_path_ok, struct fd_ref *ref)
{
	*ref = o_path_ok ? fd_get_raw(current_fds(), fd) : fd_get(current_fds(), fd);
	if (!ref->file)
		return -EBADF;
	if (!ref->file->path.dentry) {
		fd_put(*ref);
		return -EINVAL;
	}
	return 0;
}

/* --- Working directory, root, umask -------------------------------------- */

long sys_chdir(const char __user *uname)
{
	struct user_path name;
	long ret = user_path_get(&name, uname);

	if (ret)
		return ret;
	ret = vfs_chdir(current_caller(), name.str);
	user_path_put(&name);
	return ret;
}

long sys_fchdir(int fd)
{
	struct fd_ref ref = fd_get_raw(current_fds(), fd);
	struct inode *inode;
	long ret;

	if (!ref.file)
		return -EBADF;
	inode = ref.file->inode;
	ret = -ENOTDIR;
	if (inode && inode_is_dir(inode))
		ret = inode_permission(current_caller(), inode, MAY_EXEC);
	if (!ret)
		fs_context_set_cwd(current_caller()->fs, &ref.file->path);
	fd_put(ref);
	return ret;
}

long sys_chroot(const char __user *uname)
{
	struct user_path name;
	long ret = user_path_get(&name, uname);

	if (ret)
		return ret;
	ret = vfs_chroot(current_caller(), name.str);
	user_path_put(&name);
	return ret;
}

long sys_umask(int mask)
{
	return xchg(&current_caller()->fs->umask, mask & 0777);
}

long sys_getcwd(char __user *ubuf, size_t size)
{
	static const char prefix[] = "(unreachable)";
	struct fs_context *fs = current_caller()->fs;
	bool unreachable, deleted;
	struct path root, cwd;
	char *buf, *name;
	long ret = -ENOMEM;

	buf = kmalloc(PATH_MAX);
	if (!buf)
		return ret;
	fs_context_root(fs, &root);
	fs_context_cwd(fs, &cwd);
	name = path_name(&cwd, &root, buf + sizeof(prefix), PATH_MAX - sizeof(prefix), &unreachable,
			 &deleted);
	path_put(&cwd);
	path_put(&root);
	ret = -ENOENT;
	if (deleted)
		goto out;
	ret = -ENAMETOOLONG;
	if (!name)
		goto out;
	if (unreachable) {
		name -= sizeof(prefix) - 1;
		memcpy(name, prefix, sizeof(prefix) - 1);
	}
	ret = strlen(name) + 1;
	if ((size_t)ret > size)
		ret = -ERANGE;
	else if (copy_to_user(ubuf, name, ret))
		ret = -EFAULT;
out:
	kfree(buf);
	return ret;
}
