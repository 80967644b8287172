/*
 * attr.c - who may do what with a file: access(2), chmod(2), chown(2) and their kin.
 */
#include "abi/fcntl.h"
#include "core/cred.h"
#include "fs/vfs.h"
#include "syscall/syscalls.h"
#include "syscall/user_path.h"

/* --- access -------------------------------------------------------------- */

/* access(2) asks for the real user: -ENOMEM, or *out to be put back (or NULL). */
static int real_cred(const struct cred *cred, struct cred **out)
{
	u64 effective = cred->uid == 0 ? cred->permitted : 0;

	*out = NULL;
	if (cred->fsuid == cred->uid && cred->fsgid == cred->gid && cred->effective == effective)
		return 0;
	*out = cred_dup(cred);
	if (!*out)
		return -ENOMEM;
	(*out)->fsuid = cred->uid;
	(*out)->fsgid = cred->gid;
	(*out)->effective = effective;
	return 0;
}

static long do_access(int dfd, const char __user *uname, int mode, int flags)
{
	struct caller caller = *current_caller();
	struct cred *real = NULL;
	struct user_path name;
	struct user_base base;
	unsigned lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	long ret;

	if ((mode & ~7) || (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	ret = user_path_get_lookup(&name, uname, lookup);
	if (ret)
		return ret;
	if (!(flags & AT_EACCESS)) {
		ret = real_cred(caller.cred, &real);
		if (ret)
			goto out_put_name;
		if (real)
			caller.cred = real;
	}
	ret = user_base_get(&base, dfd, name.str);
	if (!ret) {
		ret = vfs_access(&caller, base.at, name.str, mode, lookup);
		user_base_put(&base);
	}
	if (real)
		cred_put(real);
out_put_name:
	user_path_put(&name);
	return ret;
}

long sys_access(const char __user *uname, int mode)
{
	return do_access(AT_FDCWD, uname, mode, 0);
}

long sys_faccessat(int dfd, const char __user *uname, int mode)
{
	return do_access(dfd, uname, mode, 0);
}

long sys_faccessat2(int dfd, const char __user *uname, int mode, int flags)
{
	return do_access(dfd, uname, mode, flags);
}

/* --- Owners and modes ---------------------------------------------------- */

long sys_fchmodat(int dfd, const char __user *uname, u32 mode)
{
	struct path path;
	long ret = user_path_lookup(dfd, uname, LOOKUP_FOLLOW, &path);

	if (ret)
		return ret;
	ret = vfs_chmod(current_caller(), &path, mode);
	path_put(&path);
	return ret;
}

long sys_chmod(const char __user *uname, u32 mode)
{
	return sys_fchmodat(AT_FDCWD, uname, mode);
}

long sys_fchmod(int fd, u32 mode)
{
	struct fd_ref ref;
	long ret = user_fd_path(fd, false, &ref);

	if (ret)
		return ret;
	ret = vfs_chmod(current_caller(), &ref.file->path, mode);
	fd_put(ref);
	return ret;
}

long sys_fchownat(int dfd, const char __user *uname, u32 uid, u32 gid, int flags)
{
	struct path path;
	long ret = user_path_lookup_at(dfd, uname, flags, &path);

	if (ret)
		return ret;
	ret = vfs_chown(current_caller(), &path, uid, gid);
	path_put(&path);
	return ret;
}

long sys_chown(const char __user *uname, u32 uid, u32 gid)
{
	return sys_fchownat(AT_FDCWD, uname, uid, gid, 0);
}

long sys_lchown(const char __user *uname, u32 uid, u32 gid)
{
	return sys_fchownat(AT_FDCWD, uname, uid, gid, AT_SYMLINK_NOFOLLOW);
}

long sys_fchown(int fd, u32 uid, u32 gid)
{
	struct fd_ref ref;
	long ret = user_fd_path(fd, false, &ref);

	if (ret)
		return ret;
	ret = vfs_chown(current_caller(), &ref.file->path, uid, gid);
	fd_put(ref);
	return ret;
}
