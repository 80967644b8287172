/*
 * task_files.c - a task's descriptors, root and working directory.
 *
 * Threads usually share them, as clone(2) said; unshare(2) and execve(2) take that back.  A
 * task replaces its own under process.lock, so it reads them freely, and others, for /proc and
 * pivot_root(2), under the lock.  clone(2), unshare(2).
 */
#include "fs/fdtable.h"
#include "fs/fs_context.h"
#include "lib/errno.h"
#include "proc/proc_internal.h"

struct fdtable *task_fds_visit(struct task *task)
{
	unsigned long flags = spin_lock_irqsave(&task->process->lock);
	struct fdtable *fds = task->fds;

	if (fds)
		fdtable_visit(fds);
	spin_unlock_irqrestore(&task->process->lock, flags);
	return fds;
}

struct fs_context *task_fs_get(struct task *task)
{
	unsigned long flags = spin_lock_irqsave(&task->process->lock);
	struct fs_context *fs = task->caller.fs;

	if (fs)
		fs_context_get(fs);
	spin_unlock_irqrestore(&task->process->lock, flags);
	return fs;
}

/* Puts others in the place of a task's tables (NULL: none); only by the task itself. */
struct fdtable *task_fds_replace(struct task *task, struct fdtable *fds)
{
	unsigned long flags = spin_lock_irqsave(&task->process->lock);
	struct fdtable *old = task->fds;

	task->fds = fds;
	spin_unlock_irqrestore(&task->process->lock, flags);
	return old;
}

struct fs_context *task_fs_replace(struct task *task, struct fs_context *fs)
{
	unsigned long flags = spin_lock_irqsave(&task->process->lock);
	struct fs_context *old = task->caller.fs;

	task->caller.fs = fs;
	spin_unlock_irqrestore(&task->process->lock, flags);
	return old;
}

int task_unshare_fds(struct task *task)
{
	struct fdtable *own;

	if (!fdtable_is_shared(task->fds))
		return 0;
	own = fdtable_fork(task->fds);
	if (!own)
		return -ENOMEM;
	fdtable_put(task_fds_replace(task, own));
	return 0;
}

int task_unshare_fs(struct task *task)
{
	struct fs_context *own;

	if (refcount_read(&task->caller.fs->refs) == 1)
		return 0;
	own = fs_context_fork(task->caller.fs);
	if (!own)
		return -ENOMEM;
	fs_context_put(task_fs_replace(task, own));
	return 0;
}

/*
 * pivot_root(2), for all tasks.  A fork may copy a context that had its turn
 * not yet: so until a round finds nothing to move.
 */
void tasks_root_moved(const struct path *old, const struct path *new)
{
	struct fs_context *fs;
	struct task *task;
	struct pid *pid;
	bool moved;

	do {
		moved = false;
		for (int nr = 1; (pid = pid_next(&pid_table_root, nr)); nr++) {
			nr = pid->nr;
			pid_put(pid);
			task = task_lookup(nr);
			if (!task)
				continue;
			fs = task_fs_get(task);
			task_put(task);
			if (!fs)
				continue;
			if (fs_context_move(fs, old, new))
				moved = true;
			fs_context_put(fs);
		}
	} while (moved);
}
