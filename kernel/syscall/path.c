/*
 * Calls that take a path: opening, making, removing, renaming, attributes.
 */
#include "abi/fcntl.h"
#include <linux/fs.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <linux/utime.h>

#include "abi/time.h"
#include "core/cred.h"
#include "fs/dentry.h"
#include "fs/fs_context.h"
#include "fs/vfs.h"
#include "lib/string.h"
#include "syscall/syscalls.h"
#include "syscall/user_path.h"

#define OPEN_FLAGS                                                                                 \
	(O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC |      \
	 O_DSYNC | FASYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME |        \
	 O_CLOEXEC | O_PATH | __O_TMPFILE)

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
	int err = user_path_get(&name, ustr);

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

/* --- open ---------------------------------------------------------------- */

static long open_named(const struct path *base, const char *name, u32 flags, u32 mode,
		       unsigned lookup)
{
	struct fdtable *fds = current_fds();
	struct file *file;
	int fd = -1, err;

	/* Nothing may be made or cut when there is no descriptor for it. */
	if (unlikely(flags & (O_CREAT | O_TRUNC | __O_TMPFILE))) {
		err = fdtable_reserve(fds, 1, &fd);
		if (err)
			return err;
	}
	err = vfs_open_lookup(current_caller(), base, name, flags, mode, lookup, &file);
	if (unlikely(err)) {
		if (fd >= 0)
			fdtable_release(fds, 1, &fd);
		return err;
	}
	if (fd >= 0) {
		fdtable_install(fds, fd, file, flags & O_CLOEXEC);
		return fd;
	}
	fd = fdtable_add(fds, file, flags & O_CLOEXEC);
	if (unlikely(fd < 0))
		file_put_now(file);
	return fd;
}

static long do_open(int dfd, const char __user *uname, u32 flags, u32 mode, unsigned lookup)
{
	struct user_path name;
	struct user_base base;
	long ret;

	if ((flags & __O_TMPFILE) && (!(flags & O_DIRECTORY) || (flags & O_CREAT)))
		return -EINVAL;
	ret = user_path_get(&name, uname);
	if (unlikely(ret))
		return ret;
	/* With a root of its own, an absolute name starts at dfd too. */
	ret = user_base_get(&base, dfd, lookup & LOOKUP_IN_ROOT ? "" : name.str);
	if (likely(!ret)) {
		ret = open_named(base.at, name.str, flags | O_LARGEFILE, mode & 07777, lookup);
		user_base_put(&base);
	}
	user_path_put(&name);
	return ret;
}

long sys_openat(int dfd, const char __user *uname, int flags, u32 mode)
{
	return do_open(dfd, uname, flags & OPEN_FLAGS, mode, 0);
}

long sys_open(const char __user *uname, int flags, u32 mode)
{
	return do_open(AT_FDCWD, uname, flags & OPEN_FLAGS, mode, 0);
}

long sys_creat(const char __user *uname, u32 mode)
{
	return do_open(AT_FDCWD, uname, O_CREAT | O_WRONLY | O_TRUNC, mode, 0);
}

/* E2BIG, EINVAL: what openat2(2) must refuse and open(2) ignores. */
static int check_how(const struct open_how *how, unsigned *lookup)
{
	static const struct {
		u64 resolve;
		unsigned lookup;
	} map[] = {
		{ RESOLVE_NO_XDEV, LOOKUP_NO_XDEV },
		{ RESOLVE_NO_MAGICLINKS, LOOKUP_NO_MAGICLINKS },
		{ RESOLVE_NO_SYMLINKS, LOOKUP_NO_SYMLINKS | LOOKUP_NO_MAGICLINKS },
		{ RESOLVE_BENEATH, LOOKUP_BENEATH },
		{ RESOLVE_IN_ROOT, LOOKUP_IN_ROOT },
		{ RESOLVE_CACHED, LOOKUP_CACHED },
	};
	u64 left = how->resolve;
	bool creates = how->flags & (O_CREAT | __O_TMPFILE);

	*lookup = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(map); i++) {
		if (how->resolve & map[i].resolve)
			*lookup |= map[i].lookup;
		left &= ~map[i].resolve;
	}
	if (left || (how->flags & ~(u64)OPEN_FLAGS))
		return -EINVAL;
	if ((how->resolve & RESOLVE_BENEATH) && (how->resolve & RESOLVE_IN_ROOT))
		return -EINVAL;
	if (creates ? how->mode & ~07777ULL : how->mode != 0)
		return -EINVAL;
	if ((how->flags & O_PATH) &&
	    (how->flags & ~(u64)(O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)))
		return -EINVAL;
	if ((how->resolve & RESOLVE_CACHED) && (creates || (how->flags & O_TRUNC)))
		return -EAGAIN;
	return 0;
}

long sys_openat2(int dfd, const char __user *uname, const struct open_how __user *uhow, size_t size)
{
	struct open_how how;
	unsigned lookup;
	int err;

	if (size < sizeof(struct open_how))
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	err = copy_struct_from_user(&how, sizeof(how), uhow, size);
	if (!err)
		err = check_how(&how, &lookup);
	if (err)
		return err;
	return do_open(dfd, uname, how.flags, how.mode, lookup);
}

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
	ret = user_path_get(&name, uname);
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

/* --- Making and removing ------------------------------------------------- */

long sys_mkdirat(int dfd, const char __user *uname, u32 mode)
{
	struct user_path name;
	struct user_base base;
	long ret = user_path_get(&name, uname);

	if (ret)
		return ret;
	ret = user_base_get(&base, dfd, name.str);
	if (!ret) {
		ret = vfs_mkdir(current_caller(), base.at, name.str, mode);
		user_base_put(&base);
	}
	user_path_put(&name);
	return ret;
}

long sys_mkdir(const char __user *uname, u32 mode)
{
	return sys_mkdirat(AT_FDCWD, uname, mode);
}

long sys_mknodat(int dfd, const char __user *uname, u32 mode, unsigned dev)
{
	struct user_path name;
	struct user_base base;
	long ret = user_path_get(&name, uname);

	if (ret)
		return ret;
	ret = user_base_get(&base, dfd, name.str);
	if (!ret) {
		ret = vfs_mknod(current_caller(), base.at, name.str, mode, dev);
		user_base_put(&base);
	}
	user_path_put(&name);
	return ret;
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

/* --- Owners and modes ---------------------------------------------------- */

/* An open file's path.  -EBADF; -EINVAL: it has none (a pipe, a socket). */
static int fd_path(int fd, bool o_path_ok, struct fd_ref *ref)
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
	long ret = fd_path(fd, false, &ref);

	if (ret)
		return ret;
	ret = vfs_chmod(current_caller(), &ref.file->path, mode);
	fd_put(ref);
	return ret;
}

long sys_fchownat(int dfd, const char __user *uname, u32 uid, u32 gid, int flags)
{
	unsigned lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path path;
	long ret;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	ret = user_path_lookup(dfd, uname, lookup, &path);
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
	long ret = fd_path(fd, false, &ref);

	if (ret)
		return ret;
	ret = vfs_chown(current_caller(), &ref.file->path, uid, gid);
	fd_put(ref);
	return ret;
}

/* --- Times --------------------------------------------------------------- */

static const s64 times_now[2] = { VFS_UTIME_NOW, VFS_UTIME_NOW };

/* What fits into ns since 1970: the years 1677 to 2262. */
static s64 time_ns(s64 sec, s64 nsec)
{
	const s64 limit = S64_MAX / NSEC_PER_SEC - 1;

	return clamp(sec, -limit, limit) * NSEC_PER_SEC + nsec;
}

static int times_from(const struct __kernel_timespec __user *utimes, s64 out[2])
{
	struct __kernel_timespec ts[2];

	if (copy_from_user(ts, utimes, sizeof(ts)))
		return -EFAULT;
	for (int i = 0; i < 2; i++) {
		if (ts[i].tv_nsec == UTIME_NOW)
			out[i] = VFS_UTIME_NOW;
		else if (ts[i].tv_nsec == UTIME_OMIT)
			out[i] = VFS_UTIME_OMIT;
		else if ((u64)ts[i].tv_nsec >= NSEC_PER_SEC)
			return -EINVAL;
		else
			out[i] = time_ns(ts[i].tv_sec, ts[i].tv_nsec);
	}
	return 0;
}

static long utimes_path(int dfd, const char __user *uname, const s64 times[2], int flags)
{
	unsigned lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path path;
	long ret;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	ret = user_path_lookup(dfd, uname, lookup, &path);
	if (ret)
		return ret;
	ret = vfs_utimes(current_caller(), &path, times);
	path_put(&path);
	return ret;
}

static long utimes_fd(int fd, const s64 times[2])
{
	struct fd_ref ref;
	long ret = fd_path(fd, false, &ref);

	if (ret)
		return ret;
	ret = vfs_utimes(current_caller(), &ref.file->path, times);
	fd_put(ref);
	return ret;
}

long sys_utimensat(int dfd, const char __user *uname, const struct __kernel_timespec __user *utimes,
		   int flags)
{
	s64 times[2] = { VFS_UTIME_NOW, VFS_UTIME_NOW };
	int err = utimes ? times_from(utimes, times) : 0;

	if (err)
		return err;
	if (times[0] == VFS_UTIME_OMIT && times[1] == VFS_UTIME_OMIT)
		return 0;
	if (!uname && dfd != AT_FDCWD)
		return flags ? -EINVAL : utimes_fd(dfd, times);
	return utimes_path(dfd, uname, times, flags);
}

long sys_futimesat(int dfd, const char __user *uname,
		   const struct __kernel_old_timeval __user *utimes)
{
	struct __kernel_old_timeval tv[2];
	s64 times[2];

	if (!utimes)
		return uname ? utimes_path(dfd, uname, times_now, 0) : utimes_fd(dfd, times_now);
	if (copy_from_user(tv, utimes, sizeof(tv)))
		return -EFAULT;
	for (int i = 0; i < 2; i++) {
		if (tv[i].tv_usec < 0 || tv[i].tv_usec >= 1000000)
			return -EINVAL;
		times[i] = time_ns(tv[i].tv_sec, tv[i].tv_usec * NSEC_PER_USEC);
	}
	if (!uname && dfd != AT_FDCWD)
		return utimes_fd(dfd, times);
	return utimes_path(dfd, uname, times, 0);
}

long sys_utimes(const char __user *uname, const struct __kernel_old_timeval __user *utimes)
{
	return sys_futimesat(AT_FDCWD, uname, utimes);
}

long sys_utime(const char __user *uname, const struct utimbuf __user *utimes)
{
	struct utimbuf buf;
	s64 times[2];

	if (!utimes)
		return utimes_path(AT_FDCWD, uname, times_now, 0);
	if (copy_from_user(&buf, utimes, sizeof(buf)))
		return -EFAULT;
	times[0] = time_ns(buf.actime, 0);
	times[1] = time_ns(buf.modtime, 0);
	return utimes_path(AT_FDCWD, uname, times, 0);
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
