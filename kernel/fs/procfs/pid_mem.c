/*
 * pid_mem.c - /proc/PID/cmdline, environ, mem, auxv: a process's own memory.
 */
#include <linux/fcntl.h>
#include <linux/sched.h>
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/procfs/procfs_internal.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/uio.h"
#include "proc/process.h"
#include "vm/mmap.h"
#include "vm/space.h"

static struct vm_space *node_space(const struct proc_node *node)
{
	struct process *p = proc_process(node);
	struct vm_space *space = p ? process_space_get(p) : NULL;

	if (p)
		process_put(p);
	return space;
}

/* Bytes [*pos, ...) of the process's range [start, end), as a file's. */
static long read_range(struct vm_space *space, u64 start, u64 end, struct uio *dst, u64 *pos)
{
	ssize_t n;

	if (start >= end || *pos >= end - start || dst->len == 0)
		return 0;
	n = vm_copy_remote_to_uio(space, start + *pos, dst, min(end - start - *pos, dst->len),
				  true);
	if (n > 0)
		*pos += n;
	return n;
}

/*
 * The arguments as they lie in memory.  A program that overwrote the last NUL
 * has a longer title that goes on into the environment: up to the first NUL.
 */
static long cmdline_read(struct file *file, struct uio *dst, u64 *pos)
{
	struct vm_space *space = node_space(proc_node(file->inode));
	u64 start, end, env_end, at;
	char last = 0, chunk[64];
	ssize_t n;
	long ret;

	if (!space)
		return 0;
	start = space->arg_start;
	end = space->arg_end;
	env_end = space->env_start == end ? space->env_end : end;
	if (end > start && vm_read_remote(space, end - 1, &last, 1, true) == 1 && last) {
		for (at = start; at < env_end; at += n) {
			n = vm_read_remote(space, at, chunk, min((u64)sizeof(chunk), env_end - at),
					   true);
			if (n <= 0)
				break;
			if (memchr(chunk, 0, n)) {
				at += (char *)memchr(chunk, 0, n) - chunk + 1;
				break;
			}
		}
		end = at;
	}
	ret = read_range(space, start, end, dst, pos);
	vm_space_put(space);
	return ret;
}

static long environ_read(struct file *file, struct uio *dst, u64 *pos)
{
	struct vm_space *space = node_space(proc_node(file->inode));
	long ret;

	if (!space)
		return 0;
	ret = read_range(space, space->env_start, space->env_end, dst, pos);
	vm_space_put(space);
	return ret;
}

/* /proc/PID/mem: the position is the address.  EIO: not mapped. */
static long mem_read(struct file *file, struct uio *dst, u64 *pos)
{
	struct vm_space *space = node_space(proc_node(file->inode));
	ssize_t n;

	if (!space)
		return 0;
	n = dst->len ? vm_copy_remote_to_uio(space, *pos, dst, dst->len, true) : 0;
	vm_space_put(space);
	if (n > 0)
		*pos += n;
	return n == -EFAULT ? -EIO : n;
}

static long mem_write(struct file *file, struct uio *src, u64 *pos)
{
	struct vm_space *space = node_space(proc_node(file->inode));
	ssize_t n;

	if (!space)
		return 0;
	n = src->len ? vm_copy_remote_from_uio(space, *pos, src, src->len, true) : 0;
	vm_space_put(space);
	if (n > 0)
		*pos += n;
	return n == -EFAULT ? -EIO : n;
}

/* Addresses use all 64 bits: no end to seek from. */
static s64 mem_llseek(struct file *file, s64 offset, int whence)
{
	if (whence != 0 && whence != 1)
		return -EINVAL;
	file->pos = whence ? file->pos + offset : (u64)offset;
	return file->pos;
}

const struct file_ops proc_mem_ops = {
	.read = mem_read,
	.write = mem_write,
	.llseek = mem_llseek,
	.name = "mem",
};
const struct file_ops proc_cmdline_ops = { .read = cmdline_read, .name = "cmdline" };
const struct file_ops proc_environ_ops = { .read = environ_read, .name = "environ" };

int proc_pid_auxv_show(struct seq *s, const struct proc_node *node)
{
	struct vm_space *space = node_space(node);

	if (!space)
		return 0;
	seq_write(s, space->auxv, min((size_t)space->auxv_words * 8, sizeof(space->auxv)));
	vm_space_put(space);
	return 0;
}
