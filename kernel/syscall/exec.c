/*
 * exec.c - execve(2), execveat(2).
 */
#include "abi/fcntl.h"
#include "fs/fdtable.h"
#include "fs/path.h"
#include "mem/slab.h"
#include "mem/user.h"
#include "proc/exec.h"
#include "proc/signal/signal_internal.h"
#include "syscall/syscalls.h"

#define PATH_MAX_KERNEL 4096

long sys_execve(struct user_regs *regs)
{
	struct exec_request req = {
		.lookup = LOOKUP_FOLLOW,
		.argv = regs_arg(regs, 1),
		.envp = regs_arg(regs, 2),
	};
	char *name;
	long err = strndup_user((const char __user *)regs_arg(regs, 0), PATH_MAX_KERNEL, &name);

	if (err)
		return err;
	req.name = req.display_name = name;
	err = process_exec(regs, &req);
	kfree(name);
	return err;
}

/* A relative name below a descriptor is shown as /dev/fd/N/name. */
static char *descriptor_name(int fd, const char *name)
{
	return *name ? kasprintf("/dev/fd/%d/%s", fd, name) : kasprintf("/dev/fd/%d", fd);
}

/* What the name lies below, or is.  EBADF.  What is open there has no name: ENOTDIR, EACCES. */
static int take_base(struct exec_request *req, int fd, struct path *base, char **display)
{
	struct fd_ref ref = fd_get_raw(current_fds(), fd);
	int err = -EBADF;

	if (!ref.file)
		return err;
	err = *req->name ? -ENOTDIR : -EACCES;
	if (!ref.file->path.dentry)
		goto out_put_fd;
	*display = descriptor_name(fd, req->name);
	err = -ENOMEM;
	if (!*display)
		goto out_put_fd;
	*base = ref.file->path;
	path_get(base);
	req->base = base;
	req->display_name = *display;
	req->name_inaccessible = fdtable_get_cloexec(current_fds(), fd) > 0;
	err = 0;
out_put_fd:
	fd_put(ref);
	return err;
}

long sys_execveat(struct user_regs *regs)
{
	int fd = (int)regs_arg(regs, 0), flags = (int)regs_arg(regs, 4);
	struct exec_request req = {
		.lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW,
		.argv = regs_arg(regs, 2),
		.envp = regs_arg(regs, 3),
	};
	struct path base;
	char *name, *display = NULL;
	long err;

	if (flags & AT_EMPTY_PATH)
		req.lookup |= LOOKUP_EMPTY;
	err = strndup_user((const char __user *)regs_arg(regs, 1), PATH_MAX_KERNEL, &name);
	if (err)
		return err;
	req.name = req.display_name = name;
	err = -ENOENT;
	if (!name[0] && !(flags & AT_EMPTY_PATH))
		goto out_free;
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		req.error = -EINVAL;
	else if (name[0] != '/' && fd != AT_FDCWD)
		req.error = take_base(&req, fd, &base, &display);
	err = process_exec(regs, &req);
	if (req.base)
		path_put(&base);
out_free:
	kfree(display);
	kfree(name);
	return err;
}
