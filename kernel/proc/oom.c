/*
 * oom.c - the victim when memory has run out: the process that holds most
 * memory, shifted by oom_score_adj (proc(5)).  Process 1 is never chosen.
 */
#include "core/hooks.h"
#include "core/log.h"
#include "mem/page.h"
#include "proc/proc_internal.h"
#include "proc/signal/signal_internal.h"
#include "vm/oom.h"
#include "vm/space.h"

#define ADJUST_NEVER (-1000)

static s64 points_of(struct process *process, s64 total)
{
	s64 points = -1;
	unsigned long flags;

	if (process == process_init || process->oom_score_adj == ADJUST_NEVER)
		return -1;
	flags = spin_lock_irqsave(&process->lock);
	if (process->space && !(process->flags & PROCESS_GROUP_EXIT))
		points = max((s64)vm_oom_points(process->space) +
				     process->oom_score_adj * (total / 1000),
			     (s64)0);
	spin_unlock_irqrestore(&process->lock, flags);
	return points;
}

static bool oom_kill(void)
{
	struct process *process, *victim = NULL;
	s64 most = -1, points, total;
	struct page_stats stats;
	unsigned long flags;
	char comm[16];

	page_stats(&stats);
	total = (s64)stats.total;
	spin_lock(&process_tree_lock);
	list_for_each_entry(process, &process_list, all_link) {
		points = points_of(process, total);
		if (points > most) {
			most = points;
			victim = process;
		}
	}
	if (victim)
		process_get(victim);
	spin_unlock(&process_tree_lock);
	if (!victim)
		return false;

	process_comm(victim, comm);
	log_err(PROC, "out of memory: killed process %d (%s), %lld pages", process_number(victim),
		comm, (long long)most);
	flags = spin_lock_irqsave(&victim->lock);
	if (victim->nlive)
		process_kill_locked(victim, SIGKILL);
	spin_unlock_irqrestore(&victim->lock, flags);
	process_put(victim);
	return true;
}

void process_oom_init(void)
{
	kernel_hooks.oom_kill = oom_kill;
}
