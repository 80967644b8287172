/* pipe.c - pipe(2), pipe2(2). */
#include <linux/fcntl.h>
#include "fs/fdtable.h"
#include "ipc/pipe.h"
#include "lib/errno.h"
#include "mem/user.h"
#include "proc/process.h"
#include "syscall/syscalls.h"

/* EINVAL: unknown flag.  EMFILE, ENFILE, ENOMEM, EFAULT. */
long sys_pipe2(int __user *ufds, int flags)
{
	struct fdtable *fds = current_fds();
	struct file *reader, *writer;
	int fd[2], err;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
		return -EINVAL;

	err = pipe_new(flags, &reader, &writer);
	if (err)
		return err;
	err = fdtable_reserve(fds, 2, fd);
	if (err)
		goto out_put_files;
	err = copy_to_user(ufds, fd, sizeof(fd));
	if (err)
		goto out_release_fds;

	/* Commit point: nothing below can fail. */
	fdtable_install(fds, fd[0], reader, flags & O_CLOEXEC);
	fdtable_install(fds, fd[1], writer, flags & O_CLOEXEC);
	return 0;

out_release_fds:
	fdtable_release(fds, 2, fd);
out_put_files:
	file_put(writer);
	file_put(reader);
	return err;
}

long sys_pipe(int __user *ufds)
{
	return sys_pipe2(ufds, 0);
}
