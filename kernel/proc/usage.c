/*
 * usage.c - what a process has used: getrusage(2), times(2), CLOCK_PROCESS_CPUTIME_ID.
 *
 * The figures of tasks that ended are summed in process.usage; those of living ones are added
 * when somebody asks.  Locking: process.lock.
 */
#include "lib/string.h"
#include "proc/proc_internal.h"
#include "vm/space.h"

void process_usage_add(struct process_usage *sum, const struct process_usage *part)
{
	sum->user_ns += part->user_ns;
	sum->system_ns += part->system_ns;
	sum->minor_faults += part->minor_faults;
	sum->major_faults += part->major_faults;
	sum->voluntary_switches += part->voluntary_switches;
	sum->involuntary_switches += part->involuntary_switches;
	sum->in_blocks += part->in_blocks;
	sum->out_blocks += part->out_blocks;
	sum->max_rss_pages = max(sum->max_rss_pages, part->max_rss_pages);
}

void task_usage(struct task *task, struct process_usage *usage)
{
	memset(usage, 0, sizeof(*usage));
	thread_cputime(&task->thread, &usage->user_ns, &usage->system_ns);
	usage->minor_faults = READ_ONCE(task->thread.minor_faults);
	usage->major_faults = READ_ONCE(task->thread.major_faults);
	usage->voluntary_switches = task->thread.nvcsw;
	usage->involuntary_switches = task->thread.nivcsw;
}

void process_usage_sum(struct process *process, struct process_usage *usage)
{
	struct process_usage part;
	struct task *task;
	unsigned long flags = spin_lock_irqsave(&process->lock);

	*usage = process->usage;
	list_for_each_entry(task, &process->tasks, process_link) {
		if (task->dead)
			continue;
		task_usage(task, &part);
		process_usage_add(usage, &part);
	}
	if (process->space) {
		usage->max_rss_pages = max(
			usage->max_rss_pages,
			max(process->space->hiwater_rss, vm_space_rss_pages(process->space)));
	}
	spin_unlock_irqrestore(&process->lock, flags);
}

u64 process_cpu_ns(struct process *process)
{
	unsigned long flags = spin_lock_irqsave(&process->lock);
	u64 sum = process->usage.user_ns + process->usage.system_ns;
	struct task *task;

	list_for_each_entry(task, &process->tasks, process_link)
		if (!task->dead)
			sum += thread_runtime_ns(&task->thread);
	spin_unlock_irqrestore(&process->lock, flags);
	return sum;
}
