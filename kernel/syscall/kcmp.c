/*
 * kcmp.c - kcmp(2): do two threads share something in the kernel?
 *
 * Equal or not is the truth; for sorting, unequal things also have an order,
 * which is that of their addresses behind a secret bijection, so that it says
 * nothing about the addresses.
 */
#include <linux/kcmp.h>
#include "core/cred.h"
#include "core/random.h"
#include "fs/epoll.h"
#include "fs/fdtable.h"
#include "fs/file.h"
#include "lib/errno.h"
#include "mem/user.h"
#include "proc/process.h"
#include "proc/task.h"
#include "syscall/syscalls.h"

/* 0 equal, 1 less, 2 greater. */
static long compare(const void *a, const void *b, int type)
{
	static u64 secret[KCMP_TYPES][2]; /* set once; a race sets it twice, and harms an order */
	u64 x = (u64)a, y = (u64)b;

	if (!READ_ONCE(secret[type][1])) {
		random_bytes(secret[type], sizeof(secret[type]));
		secret[type][1] |= 1; /* odd: the product is a bijection */
	}
	x = (x ^ secret[type][0]) * secret[type][1];
	y = (y ^ secret[type][0]) * secret[type][1];
	return x == y ? 0 : x < y ? 1 : 2;
}

/* The open file behind another thread's descriptor, with a reference; NULL: none. */
static struct file *file_of(struct task *task, unsigned fd)
{
	struct fdtable *fds = task_fds_visit(task);
	struct file *file;

	if (!fds)
		return NULL;
	file = fdtable_visit_file(fds, (int)fd);
	fdtable_leave(fds);
	return file;
}

static long compare_files(struct task *a, struct task *b, unsigned fd_a, unsigned fd_b)
{
	struct file *x = file_of(a, fd_a), *y = file_of(b, fd_b);
	long ret = x && y ? compare(x, y, KCMP_FILE) : -EBADF;

	if (x)
		file_put(x);
	if (y)
		file_put(y);
	return ret;
}

struct epoll_search {
	unsigned fd, nth;
	struct file *found; /* compared, never looked into */
};

static void search_epoll(int fd, u32 events, u64 data, struct file *file, void *arg)
{
	struct epoll_search *search = arg;

	if ((unsigned)fd == search->fd && !search->found && search->nth-- == 0)
		search->found = file;
}

/* Is @fd of @a what the epoll slot->efd of @b watches as slot->tfd? */
static long compare_epoll(struct task *a, struct task *b, unsigned fd,
			  const struct kcmp_epoll_slot __user *uslot)
{
	struct kcmp_epoll_slot slot;
	struct epoll_search search;
	struct file *file, *epoll;
	long ret;

	if (copy_from_user(&slot, uslot, sizeof(slot)))
		return -EFAULT;
	file = file_of(a, fd);
	if (!file)
		return -EBADF;
	ret = -EBADF;
	epoll = file_of(b, slot.efd);
	if (!epoll)
		goto out_put_file;
	search = (struct epoll_search){ slot.tfd, slot.toff, NULL };
	if (!epoll_for_each(epoll, search_epoll, &search))
		ret = -EINVAL;
	else
		ret = search.found ? compare(file, search.found, KCMP_FILE) : -ENOENT;
	file_put(epoll);
out_put_file:
	file_put(file);
	return ret;
}

static long compare_parts(struct task *a, struct task *b, int type, u64 idx1, u64 idx2)
{
	switch (type) {
	case KCMP_FILE:
		return compare_files(a, b, (unsigned)idx1, (unsigned)idx2);
	case KCMP_VM:
		return compare(READ_ONCE(a->process->space), READ_ONCE(b->process->space), type);
	case KCMP_FILES:
		return compare(READ_ONCE(a->fds), READ_ONCE(b->fds), type);
	case KCMP_FS:
		return compare(READ_ONCE(a->caller.fs), READ_ONCE(b->caller.fs), type);
	case KCMP_SIGHAND:
		return compare(READ_ONCE(a->process->handlers), READ_ONCE(b->process->handlers),
			       type);
	case KCMP_IO: /* nobody has a context of block I/O, nor one of semaphores to undo */
	case KCMP_SYSVSEM:
		return 0;
	case KCMP_EPOLL_TFD:
		return compare_epoll(a, b, (unsigned)idx1,
				     (const struct kcmp_epoll_slot __user *)idx2);
	}
	return -EINVAL;
}

/* kcmp(2).  ESRCH.  EPERM: ptrace's rule, for either.  EBADF, EINVAL, EFAULT, ENOENT. */
long sys_kcmp(int pid1, int pid2, int type, u64 idx1, u64 idx2)
{
	struct task *a = task_lookup(pid1), *b = task_lookup(pid2);
	long ret = -ESRCH;

	if (!a || !b)
		goto out_put;
	ret = process_access_check(a->process, true);
	if (!ret)
		ret = process_access_check(b->process, true);
	if (!ret)
		ret = compare_parts(a, b, type, idx1, idx2);
out_put:
	if (a)
		task_put(a);
	if (b)
		task_put(b);
	return ret;
}
