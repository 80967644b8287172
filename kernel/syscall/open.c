/*
 * open.c - open(2), openat(2), openat2(2), creat(2).
 */
#include <linux/openat2.h>
#include "abi/fcntl.h"
#include "fs/vfs.h"
#include "syscall/syscalls.h"
#include "syscall/user_path.h"

#define OPEN_FLAGS                                                                                 \
	(O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC |      \
	 O_DSYNC | FASYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME |        \
	 O_CLOEXEC | O_PATH | __O_TMPFILE)

/* What goes with O_PATH; open(2) ignores the others. */
#define O_PATH_FLAGS (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

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

	/* Before the name and the directory are looked at; nothing below asks again. */
	if (flags & O_PATH)
		flags &= O_PATH_FLAGS;
	if ((flags & __O_TMPFILE) && (!(flags & O_DIRECTORY) || !(flags & O_ACCMODE)))
		return -EINVAL;
	if ((flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY))
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
	if ((how->flags & O_PATH) && (how->flags & ~(u64)O_PATH_FLAGS))
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
