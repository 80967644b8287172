/*
 * node.c - the processes behind the inodes of /proc: found, still there, shown
 * to the caller or not.
 */
#include "fs/procfs/procfs.h"
#include "core/caller.h"
#include "core/cred.h"
#include "fs/file.h"
#include "fs/procfs/procfs_internal.h"
#include "fs/superblock.h"
#include "lib/errno.h"
#include "proc/process.h"
#include "sched/rcu.h"

struct process *proc_process(const struct proc_node *node)
{
	struct process *p = NULL;
	struct task *task;

	if (!node->is_task)
		return process_lookup_pid(node->pid);
	task = task_lookup(node->pid->nr);
	if (task) {
		if (task->tid == node->pid)
			p = process_get(task->process);
		task_put(task);
	}
	return p;
}

int proc_resolve(const struct proc_node *node, struct process **p, struct task **task)
{
	if (node->is_task) {
		*task = task_lookup(node->pid->nr);
		if (!*task)
			return -ESRCH;
		if ((*task)->tid != node->pid) {
			task_put(*task);
			return -ESRCH;
		}
		*p = process_get((*task)->process);
		return 0;
	}
	*p = process_lookup_pid(node->pid);
	if (!*p)
		return -ESRCH;
	*task = process_leader_get(*p);
	if (!*task) {
		process_put(*p);
		return -ESRCH;
	}
	return 0;
}

void proc_release(struct process *p, struct task *task)
{
	task_put(task);
	process_put(p);
}

int proc_access(const struct proc_node *node)
{
	struct process *p = proc_process(node);
	int err;

	if (!p)
		return -ESRCH;
	err = process_access_check(p, false);
	process_put(p);
	return err ? -EACCES : 0;
}

int procfs_file_process(const struct file *file, struct process **out)
{
	if (file->ops != &proc_dir_file_ops || proc_node(file->inode)->entry != &proc_pid_dir)
		return -EBADF;
	*out = proc_process(proc_node(file->inode));
	return *out ? 0 : -ESRCH;
}

/*
 * Still there?  Called by the path walk, which may hold dcache.lock: so only
 * the pid is looked at, without a lock; a stale answer is as good as one a
 * moment ago.  What is cached below /proc/PID lives only while it is in use,
 * so a changed owner is seen by the next who looks it up.
 */
bool proc_revalidate(struct inode *inode, struct dentry *dentry)
{
	const struct proc_node *node = proc_node(inode);
	const struct list_node *users = &node->pid->users[node->is_task ? PID_TID : PID_TGID];

	return READ_ONCE(users->next) != users;
}

/* Is @node the calling process or one of its threads?  No lock, as above. */
bool proc_is_own(const struct proc_node *node, const struct caller *caller)
{
	const struct list_node *users = &node->pid->users[PID_TID], *first;
	bool own;

	if (!node->is_task)
		return node->pid == caller->pid;
	rcu_read_lock(); /* tasks and processes are freed after a grace period */
	first = READ_ONCE(users->next);
	own = first != users &&
	      list_entry(first, struct task, tid_link)->process->pid == caller->pid;
	rcu_read_unlock();
	return own;
}

/* The name of a process that this mount does not show to the caller: no name. */
bool proc_hidden_revalidate(struct inode *inode, struct dentry *dentry)
{
	const struct proc_node *node = proc_node(inode);

	return proc_revalidate(inode, dentry) &&
	       (proc_is_own(node, current_caller()) ||
		!proc_hides(inode->sb->priv, HIDE_INVISIBLE, current_cred(), &node->identity));
}

/* What lies below the name. */
int proc_hidden_permission(struct inode *inode, const struct caller *caller, u32 mask)
{
	const struct proc_options *options = inode->sb->priv;
	const struct proc_node *node = proc_node(inode);

	if (!proc_is_own(node, caller) &&
	    proc_hides(options, HIDE_NOACCESS, caller->cred, &node->identity))
		return options->hide == HIDE_INVISIBLE ? -ENOENT : -EPERM;
	return (mask & MAY_WRITE) && !cred_capable(caller->cred, CAP_DAC_OVERRIDE) ? -EACCES : 0;
}
