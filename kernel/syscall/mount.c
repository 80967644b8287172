/*
 * mount(2), umount2(2), pivot_root(2).  The newer mount API (fsopen and its
 * kin) is ENOSYS; programs fall back to these.
 */
#include <linux/limits.h>

#include "abi/mount.h"
#include "core/cred.h"
#include "fs/mount.h"
#include "syscall/syscalls.h"
#include "syscall/user_path.h"

/* NULL stays NULL.  No path: -EINVAL where it is too long. */
static int optional_string(const char __user *ustr, char **out)
{
	int err;

	*out = NULL;
	if (!ustr)
		return 0;
	err = strndup_user(ustr, PAGE_SIZE, out);
	return err == -ENAMETOOLONG ? -EINVAL : err;
}

long sys_mount(const char __user *usource, const char __user *utarget, const char __user *utype,
	       u64 flags, const void __user *udata)
{
	char *source, *target, *type, *options;
	long ret;

	ret = optional_string(utype, &type);
	if (ret)
		return ret;
	ret = optional_string(usource, &source);
	if (ret)
		goto out_free_type;
	ret = optional_string(udata, &options);
	if (ret)
		goto out_free_source;
	ret = strndup_user(utarget, PATH_MAX, &target);
	if (ret)
		goto out_free_options;
	ret = vfs_mount(current_caller(), source, target, type, flags, options);
	kfree(target);
out_free_options:
	kfree(options);
out_free_source:
	kfree(source);
out_free_type:
	kfree(type);
	return ret;
}

long sys_umount2(const char __user *utarget, int flags)
{
	char *target;
	long ret;

	if (flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	ret = strndup_user(utarget, PATH_MAX, &target);
	if (ret)
		return ret;
	ret = vfs_umount(current_caller(), target, flags);
	kfree(target);
	return ret;
}

long sys_pivot_root(const char __user *unew, const char __user *uold)
{
	char *new, *old;
	long ret;

	if (!cred_capable(current_cred(), CAP_SYS_ADMIN))
		return -EPERM;
	ret = strndup_user(unew, PATH_MAX, &new);
	if (ret)
		return ret;
	ret = strndup_user(uold, PATH_MAX, &old);
	if (!ret) {
		ret = vfs_pivot_root(current_caller(), new, old);
		kfree(old);
	}
	kfree(new);
	return ret;
}
