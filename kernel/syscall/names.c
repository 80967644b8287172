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
	return make_at(dfd, uname, false, mode, dev);
}

long sys_mknod(const char __user *uname, u32 mode, unsigned dev)
{
	return make_at(AT_FDCWD, uname, false, mode, dev);
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

/* Two names, each with its base, for link and rename. */
struct user_pair {
	struct user_path old, new;
	struct user_base old_base, new_base;
};

static long pair_get(struct user_pair *p, int old_dfd, const char __user *uold, int new_dfd,
		     const char __user *unew)
{
	long ret = user_path_get(&p->old, uold);

	if (ret)
		return ret;
	ret = user_path_get(&p->new, unew);
	if (ret)
		goto out_put_old;
	ret = user_base_get(&p->old_base, old_dfd, p->old.str);
	if (ret)
		goto out_put_new;
	ret = user_base_get(&p->new_base, new_dfd, p->new.str);
	if (!ret)
		return 0;
	user_base_put(&p->old_base);
out_put_new:
	user_path_put(&p->new);
out_put_old:
	user_path_put(&p->old);
	return ret;
}

static void pair_put(struct user_pair *p)
{
	user_base_put(&p->new_base);
	user_base_put(&p->old_base);
	user_path_put(&p->new);
	user_path_put(&p->old);
}

long sys_linkat(int old_dfd, const char __user *uold, int new_dfd, const char __user *unew,
		int flags)
{
	unsigned lookup = flags & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0;
	struct user_pair p;
	long ret;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH) {
		if (!cred_capable(current_cred(), CAP_DAC_READ_SEARCH))
			return -ENOENT;
		lookup |= LOOKUP_EMPTY;
	}
	ret = pair_get(&p, old_dfd, uold, new_dfd, unew);
	if (ret)
		return ret;
	ret = vfs_link(current_caller(), p.old_base.at, p.old.str, p.new_base.at, p.new.str,
		       lookup);
	pair_put(&p);
	return ret;
}

long sys_link(const char __user *uold, const char __user *unew)
{
	return sys_linkat(AT_FDCWD, uold, AT_FDCWD, unew, 0);
}

long sys_renameat2(int old_dfd, const char __user *uold, int new_dfd, const char __user *unew,
		   unsigned flags)
{
	struct user_pair p;
	long ret;

	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT))
		return -EINVAL;
	ret = pair_get(&p, old_dfd, uold, new_dfd, unew);
	if (ret)
		return ret;
	ret = vfs_rename(current_caller(), p.old_base.at, p.old.str, p.new_base.at, p.new.str,
			 flags);
	pair_put(&p);
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
	ret = user_path_get(&name, uname);
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
