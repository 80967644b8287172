/*
 * ioprio.c - ioprio_set(2), ioprio_get(2): the class and level of a thread's
 * disk I/O.  They are remembered and inherited; no device here schedules by
 * them.
 */
#include <linux/ioprio.h>
#include "abi/sched.h"
#include "core/cred.h"
#include "lib/errno.h"
#include "proc/process.h"
#include "proc/task.h"
#include "syscall/syscalls.h"

#define LEVEL_MASK 7 /* the rest of the data are hints, as in Debian's 6.1 */

/* EINVAL: no such class or level.  EPERM: real time, without privilege. */
static int check_value(int value)
{
	const struct cred *cred = current_cred();

	switch (IOPRIO_PRIO_CLASS(value)) {
	case IOPRIO_CLASS_RT:
		if (!cred_capable(cred, CAP_SYS_ADMIN) && !cred_capable(cred, CAP_SYS_NICE))
			return -EPERM;
		return 0;
	case IOPRIO_CLASS_BE:
	case IOPRIO_CLASS_IDLE:
		return 0;
	case IOPRIO_CLASS_NONE:
		return value & LEVEL_MASK ? -EINVAL : 0;
	}
	return -EINVAL;
}

/* As it was set.  A thread that has ended does no I/O: it has none and keeps none. */
static int own_value(const struct task *task)
{
	return READ_ONCE(task->dead) ? IOPRIO_PRIO_VALUE(IOPRIO_CLASS_NONE, 0) :
				       READ_ONCE(task->ioprio);
}

/* What a thread that set nothing gets: best effort, by its nice value. */
static int effective(const struct task *task)
{
	const struct thread *t = &task->thread;
	int value = own_value(task), class = IOPRIO_CLASS_BE;

	if (IOPRIO_PRIO_CLASS(value) != IOPRIO_CLASS_NONE)
		return value;
	if (t->own_policy == SCHED_IDLE)
		class = IOPRIO_CLASS_IDLE;
	else if (t->own_rt_priority)
		class = IOPRIO_CLASS_RT;
	return IOPRIO_PRIO_VALUE(class, (t->nice + 20) / 5);
}

struct walk {
	bool set, any;
	int value; /* to set, or the best found */
	int err;
};

/* One thread; process.lock may be held. */
static void visit(struct task *task, struct walk *walk)
{
	const struct cred *self = current_cred(), *theirs = task->caller.cred;
	int value;

	walk->any = true;
	if (walk->set) {
		if (theirs->uid != self->euid && theirs->uid != self->uid &&
		    !cred_capable(self, CAP_SYS_NICE))
			walk->err = -EPERM;
		else if (!READ_ONCE(task->dead))
			WRITE_ONCE(task->ioprio, (u16)walk->value);
		return;
	}
	value = effective(task);
	if (walk->value < 0 || value < walk->value)
		walk->value = value;
}

static bool is_meant(struct process *process, int which, int who)
{
	const struct cred *cred;
	bool same;

	if (process->state == PROCESS_DEAD)
		return false;
	if (which == IOPRIO_WHO_PGRP)
		return who ? pid_nr(process->group) == who :
			     process->group == current_process()->group;
	cred = process_cred_get(process);
	same = cred->uid == (u32)who;
	cred_put(cred);
	return same;
}

/* ESRCH: nobody.  EINVAL: @which. */
static int visit_all(int which, int who, struct walk *walk)
{
	struct process *process;
	unsigned long flags;
	struct task *task;

	if (which == IOPRIO_WHO_PROCESS) {
		task = who ? task_lookup(who) : task_get(current_task());
		if (!task)
			return -ESRCH;
		if (walk->set)
			visit(task, walk);
		else
			walk->value = own_value(task);
		task_put(task);
		return walk->err;
	}
	if (which != IOPRIO_WHO_PGRP && which != IOPRIO_WHO_USER)
		return -EINVAL;
	spin_lock(&process_tree_lock);
	list_for_each_entry(process, &process_list, all_link) {
		if (!is_meant(process, which, who))
			continue;
		flags = spin_lock_irqsave(&process->lock);
		list_for_each_entry(task, &process->tasks, process_link)
			visit(task, walk);
		spin_unlock_irqrestore(&process->lock, flags);
	}
	spin_unlock(&process_tree_lock);
	return walk->any ? walk->err : -ESRCH;
}

/* Of users, 0 is root here, not the caller; ioprio_get(2) means the caller. */
long sys_ioprio_set(int which, int who, int value)
{
	struct walk walk = { .set = true, .value = value };
	int err = check_value(value);

	return err ? err : visit_all(which, who, &walk);
}

long sys_ioprio_get(int which, int who)
{
	struct walk walk = { .value = -1 };
	int err;

	if (which == IOPRIO_WHO_USER && !who)
		who = (int)current_cred()->uid;
	err = visit_all(which, who, &walk);
	return err ? err : walk.value;
}
