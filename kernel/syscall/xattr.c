/*
 * Extended attributes: xattr(7).
 */
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/xattr.h>

#include "fs/mount.h"
#include "fs/vfs.h"
#include "lib/string.h"
#include "syscall/syscalls.h"
#include "syscall/user_path.h"

/* An attribute's name.  -ERANGE: empty or too long; -EFAULT. */
static int name_get(char name[XATTR_NAME_MAX + 1], const char __user *uname)
{
	long len = strncpy_from_user(name, uname, XATTR_NAME_MAX + 1);

	if (len == 0 || len == -ENAMETOOLONG)
		return -ERANGE;
	return len < 0 ? len : 0;
}

/* The target of a call: a path, or an open file's; a pipe and its kin have none. */
struct target {
	struct path path; /* dentry NULL: a file without a name */
	struct fd_ref ref;
	bool owned;
};

static int target_path(struct target *t, const char __user *upath, unsigned lookup)
{
	t->owned = true;
	t->ref = (struct fd_ref){ NULL, false };
	return user_path_lookup(AT_FDCWD, upath, lookup, &t->path);
}

static int target_fd(struct target *t, int fd)
{
	t->owned = false;
	t->ref = fd_get(current_fds(), fd);
	if (!t->ref.file)
		return -EBADF;
	t->path = t->ref.file->path;
	return 0;
}

static void target_put(struct target *t)
{
	if (t->owned)
		path_put(&t->path);
	fd_put(t->ref);
}

/* -EROFS, before the attribute is looked at. */
static long target_writable(const struct target *t)
{
	return t->path.mount ? mount_writable(t->path.mount) : 0;
}

/* What has no name has no attributes, and may have none that are a user's. */
static long no_attribute(const char *name, long user_errno)
{
	return str_starts(name, XATTR_USER_PREFIX) ? user_errno : -EOPNOTSUPP;
}

/* err: of the look-up of the target, which is put in any case. */
static long do_set(int err, struct target *t, const char __user *uname, const void __user *uvalue,
		   size_t size, int flags)
{
	char name[XATTR_NAME_MAX + 1];
	void *value = NULL;
	long ret = err;

	if (ret)
		return ret;
	ret = target_writable(t);
	if (ret)
		goto out;
	ret = -EINVAL;
	if (flags & ~(XATTR_CREATE | XATTR_REPLACE))
		goto out;
	ret = name_get(name, uname);
	if (ret)
		goto out;
	ret = -E2BIG;
	if (size > XATTR_SIZE_MAX)
		goto out;
	ret = size ? memdup_user(uvalue, size, &value) : 0;
	if (!ret && !t->path.dentry)
		ret = no_attribute(name, -EPERM);
	else if (!ret)
		ret = vfs_setxattr(current_caller(), &t->path, name, size ? value : "", size,
				   flags);
	kfree(value);
out:
	target_put(t);
	return ret;
}

static long do_get(int err, struct target *t, const char __user *uname, void __user *uvalue,
		   size_t size)
{
	char name[XATTR_NAME_MAX + 1];
	void *value = NULL;
	long ret = err;

	if (ret)
		return ret;
	ret = name_get(name, uname);
	if (!ret && !t->path.dentry)
		ret = no_attribute(name, -ENODATA);
	if (ret)
		goto out;
	size = min_t(size_t, size, XATTR_SIZE_MAX);
	ret = -ENOMEM;
	if (size) {
		value = kvmalloc(size);
		if (!value)
			goto out;
	}
	ret = vfs_getxattr(current_caller(), &t->path, name, value, size);
	if (ret > 0 && size && copy_to_user(uvalue, value, ret))
		ret = -EFAULT;
	if (value)
		kvfree(value);
out:
	target_put(t);
	return ret;
}

static long do_list(int err, struct target *t, char __user *ulist, size_t size)
{
	char *list = NULL;
	long ret = err;

	if (ret)
		return ret;
	if (!t->path.dentry)
		goto out;
	size = min_t(size_t, size, XATTR_LIST_MAX);
	ret = -ENOMEM;
	if (size) {
		list = kvmalloc(size);
		if (!list)
			goto out;
	}
	ret = vfs_listxattr(current_caller(), &t->path, list, size);
	if (ret > 0 && size && copy_to_user(ulist, list, ret))
		ret = -EFAULT;
	if (list)
		kvfree(list);
out:
	target_put(t);
	return ret;
}

static long do_remove(int err, struct target *t, const char __user *uname)
{
	char name[XATTR_NAME_MAX + 1];
	long ret = err;

	if (ret)
		return ret;
	ret = target_writable(t);
	if (!ret)
		ret = name_get(name, uname);
	if (!ret && !t->path.dentry)
		ret = no_attribute(name, -EPERM);
	else if (!ret)
		ret = vfs_removexattr(current_caller(), &t->path, name);
	target_put(t);
	return ret;
}

long sys_setxattr(const char __user *upath, const char __user *uname, const void __user *value,
		  size_t size, int flags)
{
	struct target t;

	return do_set(target_path(&t, upath, LOOKUP_FOLLOW), &t, uname, value, size, flags);
}

long sys_lsetxattr(const char __user *upath, const char __user *uname, const void __user *value,
		   size_t size, int flags)
{
	struct target t;

	return do_set(target_path(&t, upath, 0), &t, uname, value, size, flags);
}

long sys_fsetxattr(int fd, const char __user *uname, const void __user *value, size_t size,
		   int flags)
{
	struct target t;

	return do_set(target_fd(&t, fd), &t, uname, value, size, flags);
}

long sys_getxattr(const char __user *upath, const char __user *uname, void __user *value,
		  size_t size)
{
	struct target t;

	return do_get(target_path(&t, upath, LOOKUP_FOLLOW), &t, uname, value, size);
}

long sys_lgetxattr(const char __user *upath, const char __user *uname, void __user *value,
		   size_t size)
{
	struct target t;

	return do_get(target_path(&t, upath, 0), &t, uname, value, size);
}

long sys_fgetxattr(int fd, const char __user *uname, void __user *value, size_t size)
{
	struct target t;

	return do_get(target_fd(&t, fd), &t, uname, value, size);
}

long sys_listxattr(const char __user *upath, char __user *list, size_t size)
{
	struct target t;

	return do_list(target_path(&t, upath, LOOKUP_FOLLOW), &t, list, size);
}

long sys_llistxattr(const char __user *upath, char __user *list, size_t size)
{
	struct target t;

	return do_list(target_path(&t, upath, 0), &t, list, size);
}

long sys_flistxattr(int fd, char __user *list, size_t size)
{
	struct target t;

	return do_list(target_fd(&t, fd), &t, list, size);
}

long sys_removexattr(const char __user *upath, const char __user *uname)
{
	struct target t;

	return do_remove(target_path(&t, upath, LOOKUP_FOLLOW), &t, uname);
}

long sys_lremovexattr(const char __user *upath, const char __user *uname)
{
	struct target t;

	return do_remove(target_path(&t, upath, 0), &t, uname);
}

long sys_fremovexattr(int fd, const char __user *uname)
{
	struct target t;

	return do_remove(target_fd(&t, fd), &t, uname);
}
