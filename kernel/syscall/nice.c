/*
 * nice.c - getpriority(2), setpriority(2).
 */
#include <linux/resource.h>
#include "core/cred.h"
#include "proc/process.h"
#include "sched/sched.h"
#include "syscall/sched.h"
#include "syscall/syscalls.h"

/* Calls @fn for each task of a process; stops nothing. */
static void each_task(struct process *process, void (*fn)(struct task *, void *), void *arg)
{
	unsigned long irq = spin_lock_irqsave(&process->lock);
	struct task *task;

	list_for_each_entry(task, &process->tasks, process_link) {
		if (!task->dead || task == process->leader) /* a zombie has its own still */
			fn(task, arg);
	}
	spin_unlock_irqrestore(&process->lock, irq);
}

static bool matches(struct process *process, int which, int who)
{
	const struct cred *cred;
	bool same;

	if (process->state == PROCESS_DEAD)
		return false;
	if (which == PRIO_PGRP)
		return who ? pid_nr(process->group) == who :
			     process->group == current_process()->group;
	cred = process_cred_get(process);
	if (!cred)
		return false;
	same = cred->uid == (who ? (u32)who : current_cred()->uid);
	cred_put(cred);
	return same;
}

/* Each task that @which and @who mean.  -EINVAL, -ESRCH. */
static int each_target(int which, int who, void (*fn)(struct task *, void *), void *arg)
{
	struct process *process;
	struct task *task;
	bool any = false;

	switch (which) {
	case PRIO_PROCESS:
		task = sched_target(who);
		if (!task)
			return -ESRCH;
		fn(task, arg);
		task_put(task);
		return 0;
	case PRIO_PGRP:
	case PRIO_USER:
		spin_lock(&process_tree_lock);
		list_for_each_entry(process, &process_list, all_link) {
			if (!matches(process, which, who))
				continue;
			any = true;
			each_task(process, fn, arg);
		}
		spin_unlock(&process_tree_lock);
		return any ? 0 : -ESRCH;
	default:
		return -EINVAL;
	}
}

static void best_nice(struct task *task, void *arg)
{
	int *best = arg;

	*best = min_t(int, *best, task->thread.nice);
}

/* getpriority(2): 20 - nice, so that no result looks like an error. */
long sys_getpriority(int which, int who)
{
	int best = 20, err = each_target(which, who, best_nice, &best);

	if (err)
		return err;
	return best == 20 ? -ESRCH : 20 - best;
}

struct nice_change {
	int nice;
	int err;
};

/* Also called under process.lock: no sched_may_change() here. */
static void change_nice(struct task *task, void *arg)
{
	struct nice_change *change = arg;
	const struct cred *self = current_cred(), *theirs = task->caller.cred;

	if (self->euid != theirs->uid && self->euid != theirs->euid &&
	    !cred_capable(self, CAP_SYS_NICE)) {
		change->err = -EPERM;
		return;
	}
	if (change->nice < task->thread.nice && !sched_nice_allowed(task, change->nice)) {
		change->err = -EACCES;
		return;
	}
	if (change->err == -ESRCH)
		change->err = 0;
	sched_set_nice(&task->thread, change->nice);
}

/* setpriority(2).  EACCES: RLIMIT_NICE.  EPERM: another user's. */
long sys_setpriority(int which, int who, int nice)
{
	struct nice_change change = { .nice = clamp(nice, -20, 19), .err = -ESRCH };
	int err = each_target(which, who, change_nice, &change);

	return err ? err : change.err;
}
