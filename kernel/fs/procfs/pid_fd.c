/*
 * pid_fd.c - /proc/PID/fd and fdinfo: the descriptors of a process.
 *
 * A thread's table is visited, not shared: the process may end meanwhile, and
 * its last user closes the files as if nobody looked.
 */
#include <linux/fcntl.h>
#include "core/caller.h"
#include "fs/fdtable.h"
#include "fs/file.h"
#include "fs/flock.h"
#include "fs/fs_context.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "fs/procfs/procfs_internal.h"
#include "lib/errno.h"
#include "proc/process.h"

/* The thread's table, for a visit, or NULL. */
static struct fdtable *node_fds(const struct proc_node *node)
{
	struct fdtable *fds;
	struct process *p;
	struct task *task;

	if (proc_resolve(node, &p, &task))
		return NULL;
	fds = task_fds_visit(task);
	proc_release(p, task);
	return fds;
}

struct file *proc_node_file(const struct proc_node *node)
{
	struct fdtable *fds = node_fds(node);
	struct file *file;

	if (!fds)
		return NULL;
	file = fdtable_visit_file(fds, node->fd);
	fdtable_leave(fds);
	return file;
}

static int fd_follow(const struct proc_node *node, struct path *out, struct file **anon)
{
	struct file *file;
	int err = proc_access(node);

	if (err)
		return err;
	file = proc_node_file(node);
	if (!file)
		return -ENOENT;
	if (!file->path.dentry) {
		*anon = file;
		return 0;
	}
	*out = file->path;
	path_get(out);
	file_put(file);
	return 0;
}

static long fd_readlink(const struct proc_node *node, const struct caller *caller, char *buf,
			size_t size)
{
	struct file *file;
	struct path root;
	long ret = proc_access(node);

	if (ret)
		return ret;
	file = proc_node_file(node);
	if (!file)
		return -ENOENT;
	fs_context_root(caller->fs, &root);
	ret = file_describe(file, &root, buf, size);
	path_put(&root);
	file_put(file);
	return ret;
}

static int fdinfo_show(struct seq *s, const struct proc_node *node)
{
	struct fdtable *fds = node_fds(node);
	struct file *file = fds ? fdtable_visit_file(fds, node->fd) : NULL;
	u32 flags;

	if (!file) {
		if (fds)
			fdtable_leave(fds);
		return -ENOENT;
	}
	flags = file->flags;
	if (fdtable_get_cloexec(fds, node->fd) > 0)
		flags |= O_CLOEXEC;
	seq_printf(s, "pos:\t%lli\nflags:\t0%o\nmnt_id:\t%i\nino:\t%llu\n",
		   (long long)(file->ops->flags & FILE_STREAM ? 0 : file->pos), flags,
		   file->path.mount ? file->path.mount->id : 15, file_ino(file));
	flock_fdinfo(file, fds, s);
	if (file->ops->fdinfo)
		file->ops->fdinfo(file, s);
	fdtable_leave(fds);
	file_put(file);
	return 0;
}

static const struct proc_entry fd_link = {
	.mode = S_IFLNK | 0700,
	.readlink = fd_readlink,
	.follow = fd_follow,
};

static const struct proc_entry fdinfo_file = {
	.mode = S_IFREG | 0444,
	.show = fdinfo_show,
	.flags = PROC_PRIVATE,
};

static int fd_next(const struct proc_node *dir, int from)
{
	struct fdtable *fds = proc_access(dir) ? NULL : node_fds(dir);
	int fd = -1;

	if (fds) {
		fd = fdtable_next(fds, from);
		fdtable_leave(fds);
	}
	return fd;
}

static int fd_lookup_as(const struct proc_node *dir, const struct name *name,
			struct proc_node *child, const struct proc_entry *entry)
{
	struct file *file;

	*child = *dir;
	child->entry = entry;
	if (!proc_number(name, &child->fd))
		return -ENOENT;
	file = proc_node_file(child);
	if (!file)
		return -ENOENT;
	file_put(file);
	pid_get(child->pid);
	return 0;
}

static int fd_lookup(const struct proc_node *dir, const struct name *name, struct proc_node *child)
{
	return fd_lookup_as(dir, name, child, &fd_link);
}

static int fdinfo_lookup(const struct proc_node *dir, const struct name *name,
			 struct proc_node *child)
{
	return fd_lookup_as(dir, name, child, &fdinfo_file);
}

const struct proc_dir proc_fd_dir = { fd_lookup, fd_next };
const struct proc_dir proc_fdinfo_dir = { fdinfo_lookup, fd_next };
