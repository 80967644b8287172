/*
 * posix_timer_show.c - /proc/PID/timers: proc(5).
 *
 * The clocks of processor time have the numbers that clock_getcpuclockid(3) makes for the
 * caller itself.
 */
#include "fs/seq.h"
#include "proc/posix_timer_internal.h"

static void show_locked(const struct posix_timer *timer, struct seq *s)
	REQUIRES(&timer->process->lock)
{
	static const char *const how[] = {
		[SIGEV_SIGNAL] = "signal", [SIGEV_NONE] = "none", [SIGEV_THREAD] = "thread"
	};
	const siginfo_t *info = &timer->record.info;
	bool thread = timer->notify == SIGEV_THREAD_ID;

	seq_printf(s, "ID: %d\nsignal: %d/%016llx\nnotify: %s/%s.%d\nClockID: %d\n", timer->link.id,
		   info->si_signo, (u64)(uintptr_t)info->si_ptr,
		   how[thread ? SIGEV_SIGNAL : timer->notify], thread ? "tid" : "pid",
		   thread ? task_number(timer->task) : process_number(timer->process),
		   timer->clock);
}

/* The newest first, as far as the table was never full. */
int posix_timer_show_next(struct process *process, struct seq *s, u64 *cookie)
{
	const struct timer_table *table = &process->posix_timers;
	unsigned long flags = spin_lock_irqsave(&process->lock);
	const struct posix_timer *timer;
	const struct timer_link *link;
	bool any = *cookie < table->nchains;

	if (any) {
		link = table->chains[table->nchains - 1 - (u32)(*cookie)++];
		for (; link; link = link->next) {
			timer = container_of(link, struct posix_timer, link);
			spin_assert_held(&timer->process->lock);
			show_locked(timer, s);
		}
	}
	spin_unlock_irqrestore(&process->lock, flags);
	return any;
}
