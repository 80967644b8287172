/*
 * posix_timer.c - timer_create(2), timer_settime(2), ..., and the end of a process's timers.
 *
 * A process finds its timers by number in a hash table (timer_table.h), so that
 * a call on one costs the same however many there are.  What happens when one
 * expires is in posix_timer_expire.c, what it runs on in posix_timer_clock.c.
 *
 * Locking: process.lock; timer_cancel_sync() without it.
 */
#include "proc/posix_timer_internal.h"
#include "abi/time.h"
#include "core/clock.h"
#include "core/cred.h"
#include "core/user.h"
#include "mem/slab.h"
#include "proc/proc_internal.h"
#include "proc/signal/signal_internal.h"
#include "sched/sched.h"

static void timer_put_tasks(struct posix_timer *timer)
{
	if (timer->task)
		task_put(timer->task);
	if (timer->clock_task)
		task_put(timer->clock_task);
}

static struct posix_timer *find_locked(struct process *process, int id) REQUIRES(&process->lock)
{
	struct timer_link *link = timer_table_find(&process->posix_timers, id);

	return link ? container_of(link, struct posix_timer, link) : NULL;
}

/* Makes a full table larger.  ENOMEM. */
static int make_room(struct process *process)
{
	struct timer_table *table = &process->posix_timers;
	unsigned long flags = spin_lock_irqsave(&process->lock);
	u32 nchains = timer_table_full(table) ? timer_table_next_size(table) : 0;
	struct timer_link **chains;

	spin_unlock_irqrestore(&process->lock, flags);
	if (!nchains)
		return 0;
	chains = kcalloc(nchains, sizeof(*chains));
	if (!chains)
		return -ENOMEM;
	flags = spin_lock_irqsave(&process->lock);
	if (nchains > table->nchains)
		chains = timer_table_grow(table, chains, nchains);
	spin_unlock_irqrestore(&process->lock, flags);
	kfree(chains);
	return 0;
}

/* Gives @timer its number, which the signal carries too.  EAGAIN: no room, or all are in use. */
static int add_locked(struct process *process, struct posix_timer *timer, bool id_as_value)
	REQUIRES(&process->lock)
{
	struct timer_table *table = &process->posix_timers;

	if (timer_table_full(table) || !timer_table_add(table, &timer->link))
		return -EAGAIN;
	timer->record.info.si_tid = timer->link.id;
	if (id_as_value)
		timer->record.info.si_int = timer->link.id;
	return 0;
}

static bool signo_valid(int sig)
{
	return sig >= 1 && sig <= SIGNAL_MAX;
}

/* Whom the event goes to: a thread, counted, where it names one.  EINVAL. */
static int find_target(const struct sigevent *event, struct task **out)
{
	struct task *task;

	switch (event->sigev_notify) {
	case SIGEV_SIGNAL | SIGEV_THREAD_ID:
		task = task_lookup(event->_sigev_un._tid);
		if (!task)
			return -EINVAL;
		if (task->process != current_process() || !signo_valid(event->sigev_signo)) {
			task_put(task);
			return -EINVAL;
		}
		*out = task;
		return 0;
	case SIGEV_SIGNAL:
	case SIGEV_THREAD:
		return signo_valid(event->sigev_signo) ? 0 : -EINVAL;
	case SIGEV_NONE:
		return 0;
	}
	return -EINVAL;
}

static int charge(struct posix_timer *timer)
{
	struct process *process = current_process();
	u64 limit = rlimit_cur(process->limits, RLIMIT_SIGPENDING);

	timer->user = user_get(current_cred()->user);
	if ((u64)atomic_inc_return(&timer->user->nsignals) <= limit)
		return 0;
	atomic_dec(&timer->user->nsignals);
	user_put(timer->user);
	return -EAGAIN;
}

/* A number for a timer that is not to be: on Linux it has one before its event is looked at. */
static int skip_number(struct process *process)
{
	unsigned long flags = spin_lock_irqsave(&process->lock);
	int id = timer_table_skip(&process->posix_timers);

	spin_unlock_irqrestore(&process->lock, flags);
	return id;
}

/* *id is its number; another thread may have deleted it by the time that we return. */
static int add_timer(struct process *process, struct posix_timer *timer, bool id_as_value, int *id)
{
	unsigned long flags;
	bool full;
	int err;

	do {
		err = make_room(process);
		if (err)
			return err;
		flags = spin_lock_irqsave(&process->lock);
		err = add_locked(process, timer, id_as_value);
		full = err && timer_table_full(&process->posix_timers);
		if (!err)
			*id = timer->link.id;
		spin_unlock_irqrestore(&process->lock, flags);
	} while (full); /* another thread took the room */
	return err;
}

/*
 * EAGAIN: RLIMIT_SIGPENDING.  EINVAL: clock, event.  EOPNOTSUPP.  ENOMEM.
 * *id is the timer's number, or -1; a processor-time clock of nobody is found out after that.
 */
int posix_timer_create(int clock, const struct sigevent *event, bool id_as_value, int *id)
{
	struct process *process = current_process();
	struct posix_timer *timer;
	int err;

	*id = -1;
	err = posix_timer_check_clock(clock);
	if (err)
		return err;
	timer = kzalloc(sizeof(*timer));
	if (!timer)
		return -ENOMEM;
	err = charge(timer);
	if (err) {
		kfree(timer);
		return err;
	}
	timer->process = process;
	timer->notify = event->sigev_notify;
	timer_init(&timer->timer, posix_timer_expired);
	list_init(&timer->record.link);
	timer->record.timer = timer;
	siginfo_init(&timer->record.info, event->sigev_signo, SI_TIMER);
	timer->record.info.si_value = event->sigev_value;
	err = find_target(event, &timer->task);
	if (err) {
		skip_number(process);
		goto out_free;
	}
	err = posix_timer_set_clock(timer, clock);
	if (err) {
		*id = skip_number(process);
		goto out_free;
	}
	err = add_timer(process, timer, id_as_value, id);
	if (err)
		goto out_free;
	return 0;

out_free:
	timer_put_tasks(timer);
	posix_timer_free(timer);
	return err;
}

static void read_locked(struct posix_timer *timer, struct posix_timer_spec *spec)
	REQUIRES(&timer->process->lock)
{
	u64 now = posix_timer_now_locked(timer);

	spec->interval_ns = timer->interval_ns;
	spec->value_ns = 0;
	if (!timer->expires_ns)
		return;
	if (timer->expires_ns <= now && timer->interval_ns)
		spec->value_ns = timer->interval_ns -
				 (now - timer->expires_ns) % timer->interval_ns;
	else if (timer->expires_ns > now)
		spec->value_ns = timer->expires_ns - now;
	else if (timer->notify != SIGEV_NONE)
		spec->value_ns = 1; /* expired, the signal is about to go */
}

/* EINVAL: no such timer. */
int posix_timer_settime(int id, bool absolute, const struct posix_timer_spec *new,
			struct posix_timer_spec *old)
{
	struct process *process = current_process();
	unsigned long flags = spin_lock_irqsave(&process->lock);
	struct posix_timer *timer = find_locked(process, id);

	if (!timer) {
		spin_unlock_irqrestore(&process->lock, flags);
		return -EINVAL;
	}
	spin_assert_held(&timer->process->lock);
	read_locked(timer, old);
	timer->stale = !list_empty(&timer->record.link);
	timer->last_overrun = 0;
	timer->interval_ns = new->value_ns ? new->interval_ns : 0;
	timer->expires_ns = 0;
	posix_timer_set_base_locked(timer, absolute);
	if (new->value_ns) {
		timer->expires_ns = absolute ? new->value_ns :
					       (u64)deadline_after(
						       (ktime_t)posix_timer_now_locked(timer),
						       (ktime_t) new->value_ns);
		posix_timer_arm_locked(timer);
	} else {
		timer_cancel(&timer->timer);
	}
	spin_unlock_irqrestore(&process->lock, flags);
	return 0;
}

int posix_timer_gettime(int id, struct posix_timer_spec *spec)
{
	struct process *process = current_process();
	unsigned long flags = spin_lock_irqsave(&process->lock);
	struct posix_timer *timer = find_locked(process, id);

	if (timer) {
		spin_assert_held(&timer->process->lock);
		read_locked(timer, spec);
	}
	spin_unlock_irqrestore(&process->lock, flags);
	return timer ? 0 : -EINVAL;
}

int posix_timer_getoverrun(int id)
{
	struct process *process = current_process();
	unsigned long flags = spin_lock_irqsave(&process->lock);
	struct posix_timer *timer = find_locked(process, id);
	int overrun = timer ? timer->last_overrun : -EINVAL;

	spin_unlock_irqrestore(&process->lock, flags);
	return overrun;
}

/* Taken out of the table by the caller, under the lock.  Its signal stays where it is queued. */
static void timer_destroy(struct posix_timer *timer)
{
	struct process *process = timer->process; /* @timer may be gone before the unlock */
	unsigned long flags;

	timer_cancel_sync(&timer->timer);
	timer_put_tasks(timer);
	flags = spin_lock_irqsave(&process->lock);
	timer->orphaned = !list_empty(&timer->record.link);
	if (!timer->orphaned)
		posix_timer_free(timer);
	spin_unlock_irqrestore(&process->lock, flags);
}

static void unlink_locked(struct posix_timer *timer) REQUIRES(&timer->process->lock)
{
	timer->deleted = true;
	timer_table_remove(&timer->process->posix_timers, &timer->link);
}

int posix_timer_delete(int id)
{
	struct process *process = current_process();
	unsigned long flags = spin_lock_irqsave(&process->lock);
	struct posix_timer *timer = find_locked(process, id);

	if (timer) {
		spin_assert_held(&timer->process->lock);
		unlink_locked(timer);
	}
	spin_unlock_irqrestore(&process->lock, flags);
	if (!timer)
		return -EINVAL;
	timer_destroy(timer);
	return 0;
}

/* Takes out a timer of the chain @i; NULL: it has none. */
static struct posix_timer *take_first(struct process *process, u32 i)
{
	unsigned long flags = spin_lock_irqsave(&process->lock);
	struct timer_link *link = process->posix_timers.chains[i];
	struct posix_timer *timer = NULL;

	if (link) {
		timer = container_of(link, struct posix_timer, link);
		spin_assert_held(&timer->process->lock);
		unlink_locked(timer);
	}
	spin_unlock_irqrestore(&process->lock, flags);
	return timer;
}

/* At exec and at the end of the process.  Nobody can add a timer any more. */
void posix_timers_stop(struct process *process)
{
	struct timer_table *table = &process->posix_timers;
	struct posix_timer *timer;
	struct task *task;
	unsigned long flags;

	for (u32 i = 0; i < table->nchains; i++)
		while ((timer = take_first(process, i)))
			timer_destroy(timer);
	flags = spin_lock_irqsave(&process->lock);
	signal_queue_discard_timers(&process->pending);
	list_for_each_entry(task, &process->tasks, process_link)
		signal_queue_discard_timers(&task->pending);
	spin_unlock_irqrestore(&process->lock, flags);
	kfree(table->chains);
	*table = (struct timer_table){};
}
