/*
 * pidfd.c - descriptors that stand for a process.
 *
 * Readable once the process has ended; a signal sent through one can never
 * reach another process that got the same number.  pidfd_open(2), clone(2).
 */
#include "proc/pidfd.h"
#include "abi/fcntl.h"
#include "fs/fdtable.h"
#include "fs/file.h"
#include "fs/poll.h"
#include "fs/seq.h"
#include "lib/printf.h"
#include "mem/user.h"
#include "proc/process.h"

#ifndef PIDFD_NONBLOCK
#define PIDFD_NONBLOCK O_NONBLOCK
#endif

static void pidfd_release_file(struct file *file)
{
	process_put(file->priv);
}

static u32 pidfd_poll(struct file *file, struct poll_table *pt)
{
	struct process *process = file->priv;

	poll_wait(pt, &process->pidfd_wait);
	return READ_ONCE(process->state) != PROCESS_ALIVE ? EPOLLIN | EPOLLRDNORM : 0;
}

/* -1: it has been waited for, and the number may be another's. */
static void pidfd_fdinfo(struct file *file, struct seq *s)
{
	struct process *process = file->priv;
	int nr = READ_ONCE(process->state) == PROCESS_DEAD ? -1 : process_number(process);

	seq_printf(s, "Pid:\t%d\nNSpid:\t%d\n", nr, nr);
}

static const struct file_ops pidfd_ops = {
	.fdinfo = pidfd_fdinfo,
	.poll = pidfd_poll,
	.release = pidfd_release_file,
	.name = "pidfd",
	.flags = FILE_STREAM,
};

struct process *pidfd_file_process(const struct file *file)
{
	return file->ops == &pidfd_ops ? file->priv : NULL;
}

int pidfd_process(int fd, struct process **out)
{
	struct fd_ref ref = fd_get(current_fds(), fd);
	int err = -EBADF;

	if (ref.file && pidfd_file_process(ref.file)) {
		*out = process_get(pidfd_file_process(ref.file));
		err = 0;
	}
	fd_put(ref);
	return err;
}

unsigned pidfd_flags(int fd)
{
	struct fd_ref ref = fd_get(current_fds(), fd);
	unsigned flags = ref.file ? READ_ONCE(ref.file->flags) & O_NONBLOCK : 0;

	fd_put(ref);
	return flags;
}

static int pidfd_file(struct process *process, unsigned flags, struct file **out)
{
	int err = file_new_anon("pidfd", &pidfd_ops, process, O_RDWR | flags, out);

	if (!err)
		process_get(process);
	return err;
}

int pidfd_reserve(int __user *user)
{
	struct fdtable *fds = current_fds();
	int fd, err = fdtable_reserve(fds, 1, &fd);

	if (err)
		return err;
	if (put_user_s32(fd, user)) {
		fdtable_release(fds, 1, &fd);
		return -EFAULT;
	}
	return fd;
}

void pidfd_install(int fd, struct process *process)
{
	struct fdtable *fds = current_fds();
	struct file *file;

	if (pidfd_file(process, 0, &file))
		fdtable_release(fds, 1, &fd);
	else
		fdtable_install(fds, fd, file, true);
}

void pidfd_release(int fd)
{
	fdtable_release(current_fds(), 1, &fd);
}

/* EINVAL: unknown flag, bad number, or a thread that is no leader.  ESRCH. */
long pidfd_open(int number, unsigned flags)
{
	struct process *process;
	struct task *task;
	struct file *file;
	int err;

	if (flags & ~PIDFD_NONBLOCK || number <= 0)
		return -EINVAL;
	process = process_lookup(number);
	if (!process) {
		task = task_lookup(number);
		if (!task)
			return -ESRCH;
		task_put(task);
		return -EINVAL;
	}
	err = pidfd_file(process, flags, &file);
	process_put(process);
	if (err)
		return err;
	err = fdtable_add(current_fds(), file, true);
	if (err < 0)
		file_put(file);
	return err;
}
