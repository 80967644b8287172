/*
 * names.c - names that come, go and change: mkdir(2), mknod(2), link(2), symlink(2), rename(2),
 * unlink(2), readlink(2).
 */
#include <linux/fs.h>
#include "abi/fcntl.h"
#include "core/cred.h"
#include "fs/vfs.h"
#include "syscall/syscalls.h"
#include "syscall/user_path.h"

static long make_at(int dfd, const char __user *uname, bool is_dir, u32 mode, unsigned dev)
{
	struct user_path name;
	struct user_base base;
	long ret = user_path_get(&name, uname);

	if (ret)
		return ret;
	ret = user_base_get(&base, dfd, name.str);
	if (!ret) {
		ret = is_dir ? vfs_mkdir(current_caller(), base.at, name.str, mode) :
			       vfs_mknod(current_caller(), base.at, name.str, mode, dev);
		user_base_put(&base);
	}
	user_path_put(&name);
	return ret;
}

long sys_mkdirat(int dfd, const char __user *uname, u32 mode)
{
	return make_at(dfd, uname, true, mode, 0);
}

long sys_mkdir(const char __user *uname, u32 mode)
{
	return make_at(AT_FDCWD, uname, true, mode, 0);
}

long sys_mknodat(int dfd, const char __user *uname, u32 mode, unsigned dev)
{
	int err = vfs_mknod_check(mode);

	return err ? err : make_at(dfd, uname, false, mode, dev);
}

long sys_mknod(const char __user *uname, u32 mode, unsigned dev)
{
	return sys_mknodat(AT_FDCWD, uname, mode, dev);
}

long sys_unlinkat(int dfd, const char __user *uname, int flags)
{
	struct user_path name;
	struct user_base base;
	long ret;

	if (flags & ~AT_REMOVEDIR)
		return -EINVAL;
	ret = user_path_get(&name, uname);
	if (ret)
		return ret;
	ret = user_base_get(&base, dfd, name.str);
	if (!ret) {
		ret = flags & AT_REMOVEDIR ? vfs_rmdir(current_caller(), base.at, name.str) :
					     vfs_unlink(current_caller(), base.at, name.str);
		user_base_put(&base);
	}
	user_path_put(&name);
	return ret;
}

long sys_unlink(const char __user *uname)
{
	return sys_unlinkat(AT_FDCWD, uname, 0);
}

long sys_rmdir(const char __user *uname)
{
	return sys_unlinkat(AT_FDCWD, uname, AT_REMOVEDIR);
}

long sys_symlinkat(const char __user *utarget, int dfd, const char __user *uname)
{
	struct user_path target, name;
	struct user_base base;
	long ret = user_path_get(&target, utarget);

	if (ret)
		return ret;
	ret = user_path_get(&name, uname);
	if (ret)
		goto out_put_target;
	ret = user_base_get(&base, dfd, name.str);
	if (!ret) {
		ret = vfs_symlink(current_caller(), target.str, base.at, name.str);
		user_base_put(&base);
	}
	user_path_put(&name);
out_put_target:
	user_path_put(&target);
	return ret;
}

long sys_symlink(const char __user *utarget, const char __user *uname)
{
	return sys_symlinkat(utarget, AT_FDCWD, uname);
}

/* A name with its base. */
struct user_name {
	struct user_path path;
	struct user_base base;
};

static long name_get(struct user_name *n, int dfd, const char __user *uname)
{
	long ret = user_path_get(&n->path, uname);

	if (ret)
		return ret;
	ret = user_base_get(&n->base, dfd, n->path.str);
	if (ret)
		user_path_put(&n->path);
	return ret;
}

static void name_put(struct user_name *n)
{
	user_base_put(&n->base);
	user_path_put(&n->path);
}

long sys_linkat(int old_dfd, const char __user *uold, int new_dfd, const char __user *unew,
		int flags)
{
	unsigned lookup = flags & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0;
	struct user_name new;
	struct path old;
	long ret;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH) {
		if (!cred_capable(current_cred(), CAP_DAC_READ_SEARCH))
			return -ENOENT;
		lookup |= LOOKUP_EMPTY;
	}
	/* The old name is found before the new one is looked at. */
	ret = user_path_lookup(old_dfd, uold, lookup, &old);
	if (ret)
		return ret;
	ret = name_get(&new, new_dfd, unew);
	if (!ret) {
		ret = vfs_link(current_caller(), &old, new.base.at, new.path.str);
		name_put(&new);
	}
	path_put(&old);
	return ret;
}

long sys_link(const char __user *uold, const char __user *unew)
{
	return sys_linkat(AT_FDCWD, uold, AT_FDCWD, unew, 0);
}

long sys_renameat2(int old_dfd, const char __user *uold, int new_dfd, const char __user *unew,
		   unsigned flags)
{
	const struct caller *caller = current_caller();
	struct user_name old, new;
	struct path_parent from, to;
	long ret;

	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT))
		return -EINVAL;
	if ((flags & RENAME_EXCHANGE) && (flags & (RENAME_NOREPLACE | RENAME_WHITEOUT)))
		return -EINVAL;
	ret = name_get(&old, old_dfd, uold);
	if (ret)
		return ret;
	/* The old directory is found before the new name is looked at. */
	ret = path_lookup_parent(caller, old.base.at, old.path.str, 0, &from);
	if (ret)
		goto out_put_old;
	ret = name_get(&new, new_dfd, unew);
	if (ret)
		goto out_put_from;
	ret = path_lookup_parent(caller, new.base.at, new.path.str, 0, &to);
	if (ret)
		goto out_put_new;
	ret = vfs_rename(caller, &from, &to, flags);
	path_parent_put(&to);
out_put_new:
	name_put(&new);
out_put_from:
	path_parent_put(&from);
out_put_old:
	name_put(&old);
	return ret;
}

long sys_renameat(int old_dfd, const char __user *uold, int new_dfd, const char __user *unew)
{
	return sys_renameat2(old_dfd, uold, new_dfd, unew, 0);
}

long sys_rename(const char __user *uold, const char __user *unew)
{
	return sys_renameat2(AT_FDCWD, uold, AT_FDCWD, unew, 0);
}

long sys_readlinkat(int dfd, const char __user *uname, char __user *ubuf, int size)
{
	struct user_path name;
	struct user_base base;
	size_t room;
	char *buf;
	long ret;

	if (size <= 0)
		return -EINVAL;
	ret = user_path_get_lookup(&name, uname, LOOKUP_EMPTY);
	if (ret)
		return ret;
	room = min_t(size_t, size, PATH_MAX);
	ret = -ENOMEM;
	buf = kmalloc(room);
	if (!buf)
		goto out_put_name;
	ret = user_base_get(&base, dfd, name.str);
	if (!ret) {
		ret = vfs_readlink(current_caller(), base.at, name.str, buf, room);
		user_base_put(&base);
	}
	if (ret > 0 && copy_to_user(ubuf, buf, ret))
		ret = -EFAULT;
	kfree(buf);
out_put_name:
	user_path_put(&name);
	return ret;
}

long sys_readlink(const char __user *uname, char __user *ubuf, int size)
{
	return sys_readlinkat(AT_FDCWD, uname, ubuf, size);
}
