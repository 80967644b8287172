/* eventfd.c - eventfd(2), eventfd2. */
#include "abi/fdtypes.h"
#include "fs/fdtable.h"
#include "ipc/eventfd.h"
#include "lib/errno.h"
#include "proc/process.h"
#include "syscall/syscalls.h"

/* EINVAL: unknown flag.  EMFILE, ENFILE, ENOMEM. */
long sys_eventfd2(unsigned count, int flags)
{
	struct file *file;
	int fd, err;

	err = eventfd_new(count, flags, &file);
	if (err)
		return err;
	fd = fdtable_add(current_fds(), file, flags & EFD_CLOEXEC);
	if (fd < 0)
		file_put(file);
	return fd;
}

long sys_eventfd(unsigned count)
{
	return sys_eventfd2(count, 0);
}
