/*
 * oom.c - the victim when memory has run out: the process that holds most memory, shifted
 * by oom_score_adj (proc(5)).  Process 1 is never chosen.
 *
 * What a process holds is what would come back if it and all who share with it were gone:
 * resident pages and page tables, kernel stacks, regions, queued signals and timers, and what
 * its descriptors keep: bytes in pipes, pages of memfds and of files without a name, items of
 * epolls, record locks, the table itself (fdtable_held()).  Linux counts the pages, page tables and swap only, so a process
 * that fills pipes makes it kill others.  Nothing is counted while memory lasts: each look
 * at the processes adds it all up.  A thread with a table of descriptors of its own is
 * looked at as if it were a process.  Of two that hold as much the younger dies, for a
 * child that holds the files of its parent is usually the one that is in the way.
 *
 * One dies at a time: until it is gone, or took longer than VICTIM_PATIENCE_NS, no other
 * is chosen.
 *
 * Locking: oom.lock.  A fault only tries for it: who finds somebody looking waits for what
 * that one finds.
 */
#include "core/clock.h"
#include "core/hooks.h"
#include "core/log.h"
#include "fs/fdtable.h"
#include "mem/kmap.h"
#include "mem/page.h"
#include "proc/posix_timer_internal.h"
#include "proc/proc_internal.h"
#include "proc/signal/signal_internal.h"
#include "sched/mutex.h"
#include "vm/oom.h"
#include "vm/space.h"

#define ADJUST_NEVER	   (-1000)
#define VICTIM_PATIENCE_NS NSEC_PER_SEC

static struct {
	struct mutex lock;			  /* rank LOCK_OOM */
	struct process *victim GUARDED_BY(&lock); /* [lock] the last one, counted; or NULL */
	ktime_t killed_at GUARDED_BY(&lock);	  /* [lock] */
	u32 mark GUARDED_BY(&lock);		  /* [lock] of the last task that was looked at */
} oom;

/* Signals that wait for it, and its timers, in bytes. */
static u64 signals_held(struct process *process)
{
	unsigned long flags = spin_lock_irqsave(&process->lock);
	u64 records = process->pending.count, timers = process->posix_timers.used;
	struct task *task;

	list_for_each_entry(task, &process->tasks, process_link)
		records += task->pending.count;
	spin_unlock_irqrestore(&process->lock, flags);
	return records * sizeof(struct sigpending_record) + timers * sizeof(struct posix_timer);
}

/* Its tables of descriptors, space, stacks and signals, in bytes. */
static u64 task_held(struct task *task) REQUIRES(&oom.lock)
{
	struct process *process = task->process;
	struct vm_space *space = process_space_get(process);
	struct fdtable *fds = task_fds_visit(task);
	u64 bytes = READ_ONCE(process->ntasks) * (u64)(KSTACK_SIZE + sizeof(*task));

	bytes += signals_held(process);
	if (!++oom.mark)
		oom.mark++;
	if (space) {
		bytes += vm_space_held(space, oom.mark);
		vm_space_put(space);
	}
	if (fds) {
		bytes += fdtable_held(fds, oom.mark);
		fdtable_leave(fds);
	}
	return bytes;
}

bool process_may_be_oom_victim(const struct process *process)
{
	return process != process_init && READ_ONCE(process->oom_score_adj) != ADJUST_NEVER;
}

/* May its process be chosen, and is there something that its leader was not asked? */
static bool is_candidate(struct task *task)
{
	struct process *process = task->process;
	unsigned long flags;
	bool yes;

	if (!process_may_be_oom_victim(process))
		return false;
	flags = spin_lock_irqsave(&process->lock);
	yes = process->space && !(process->flags & PROCESS_GROUP_EXIT) &&
	      (task == process->leader || !process->leader || task->fds != process->leader->fds);
	spin_unlock_irqrestore(&process->lock, flags);
	return yes;
}

/* The process that holds most, counted, or NULL; *@most: in pages, adjusted. */
static struct process *choose(s64 *most) REQUIRES(&oom.lock)
{
	struct process *victim = NULL;
	struct page_stats stats;
	struct pid *pid;

	*most = 0;
	page_stats(&stats);
	for (int nr = 1; (pid = pid_next(&pid_table_root, nr)); nr++) {
		struct task *task;
		s64 points;

		nr = pid->nr;
		pid_put(pid);
		task = task_lookup(nr);
		if (!task)
			continue;
		if (is_candidate(task)) {
			points = (s64)(task_held(task) / PAGE_SIZE) +
				 task->process->oom_score_adj * ((s64)stats.total / 1000);
			points = max(points, (s64)0);
			if (points >= *most) {
				if (victim)
					process_put(victim);
				victim = process_get(task->process);
				*most = points;
			}
		}
		task_put(task);
	}
	return victim;
}

u64 process_held_bytes(struct process *process)
{
	struct task *leader = process_leader_get(process);
	u64 bytes = 0;

	if (!leader)
		return 0;
	mutex_lock(&oom.lock);
	if (READ_ONCE(process->space))
		bytes = task_held(leader);
	mutex_unlock(&oom.lock);
	task_put(leader);
	return bytes;
}

static bool victim_is_dying(void) REQUIRES(&oom.lock)
{
	return oom.victim && READ_ONCE(oom.victim->state) == PROCESS_ALIVE &&
	       clock_monotonic_ns() - oom.killed_at < VICTIM_PATIENCE_NS;
}

static void kill_victim(struct process *victim, s64 points)
{
	unsigned long flags;
	char comm[16];

	process_comm(victim, comm);
	log_err(PROC, "out of memory: killed process %d (%s), %lld pages", process_number(victim),
		comm, (long long)points);
	flags = spin_lock_irqsave(&victim->lock);
	if (victim->nlive)
		process_kill_locked(victim, SIGKILL);
	spin_unlock_irqrestore(&victim->lock, flags);
}

static bool oom_kill(void)
{
	struct process *old;
	s64 points;
	bool found = true;

	if (!mutex_trylock(&oom.lock))
		return true;
	if (!victim_is_dying()) {
		old = oom.victim;
		oom.victim = choose(&points);
		found = oom.victim;
		if (found)
			kill_victim(oom.victim, points);
		oom.killed_at = clock_monotonic_ns();
		if (old)
			process_put(old);
	}
	mutex_unlock(&oom.lock);
	return found;
}

void process_oom_init(void)
{
	mutex_init(&oom.lock, LOCK_OOM);
	kernel_hooks.oom_kill = oom_kill;
}
