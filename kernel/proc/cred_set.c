/*
 * cred_set.c - a task's credentials change.
 *
 * Credentials are per thread, as in Linux: what the C library shows as a
 * process-wide setuid() is one call in each thread.  A struct cred is immutable;
 * the task alone swaps its pointer, under process.lock, so that others may take
 * a reference there.
 */
#include "core/cred.h"
#include "core/user.h"
#include "proc/proc_internal.h"
#include "vm/space.h"

void cred_commit(struct cred *new)
{
	struct task *task = current_task();
	struct process *process = task->process;
	const struct cred *old = task->caller.cred;
	unsigned long flags;

	if (new == old) {
		cred_put(new);
		return;
	}
	if (old->euid != new->euid || old->egid != new->egid || old->fsuid != new->fsuid ||
	    old->fsgid != new->fsgid || new->permitted & ~old->permitted) {
		process->dumpable = false;
		if (process->space)
			process->space->dumpable = false;
		task->parent_death_signal = 0;
	}
	if (old->user != new->user) {
		atomic_dec(&old->user->ntasks);
		atomic_inc(&new->user->ntasks);
	}
	flags = spin_lock_irqsave(&process->lock);
	task->caller.cred = new;
	spin_unlock_irqrestore(&process->lock, flags);
	cred_put(old);
}
