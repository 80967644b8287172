/*
 * posix_timer_clock.c - the clocks that a POSIX timer can run on: timer_create(2).
 *
 * A processor-time clock is kept under the number that clock_getcpuclockid(3) makes for it.
 * It is one of the caller's own process or of one of its threads: a timer lives under the
 * lock of one process, and that of another is EINVAL (Linux has it).
 *
 * Locking: process.lock where the name says so.
 */
#include "abi/time.h"
#include "core/clock.h"
#include "proc/posix_timer_internal.h"
#include "sched/sched.h"

static u64 time_of_kind(int kind, struct thread *thread)
{
	u64 user, system;

	if (kind == CPUCLOCK_SCHED)
		return thread_runtime_ns(thread);
	thread_cputime(thread, &user, &system);
	return kind == CPUCLOCK_VIRT ? user : user + system;
}

static u64 cpu_now_locked(const struct posix_timer *timer) REQUIRES(&timer->process->lock)
{
	const struct process *process = timer->process;
	int kind = timer->base & 3;
	struct task *task;
	u64 sum = process->usage.user_ns;

	if (timer->clock_task)
		return time_of_kind(kind, &timer->clock_task->thread);
	if (kind != CPUCLOCK_VIRT)
		sum += process->usage.system_ns;
	list_for_each_entry(task, &process->tasks, process_link)
		if (!task->dead)
			sum += time_of_kind(kind, &task->thread);
	return sum;
}

/* A relative timer does not follow when CLOCK_REALTIME is set; one on CLOCK_TAI does. */
void posix_timer_set_base_locked(struct posix_timer *timer, bool absolute)
{
	timer->base = timer->clock == CLOCK_REALTIME && !absolute ? CLOCK_MONOTONIC : timer->clock;
}

bool posix_timer_base_steps_locked(const struct posix_timer *timer)
{
	return timer->base == CLOCK_REALTIME || timer->base == CLOCK_TAI;
}

u64 posix_timer_now_locked(const struct posix_timer *timer)
{
	switch (timer->base) {
	case CLOCK_REALTIME:
		return clock_realtime_ns();
	case CLOCK_TAI:
		return clock_tai_ns();
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
		return clock_monotonic_ns();
	default:
		return cpu_now_locked(timer);
	}
}

int posix_timer_check_clock(int clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
	case CLOCK_TAI:
	case CLOCK_PROCESS_CPUTIME_ID:
	case CLOCK_THREAD_CPUTIME_ID:
		return 0;
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_BOOTTIME_ALARM:
		return -EOPNOTSUPP;
	}
	if (clock >= 0)
		return -EINVAL;
	return clock_is_device(clock) ? -EOPNOTSUPP : 0;
}

/* The thread that a per-thread clock names, counted.  EINVAL: none of this process. */
static int find_thread(int id, struct task **out)
{
	struct task *task = id ? task_lookup(id) : task_get(current_task());

	if (!task)
		return -EINVAL;
	if (task->process != current_process()) {
		task_put(task);
		return -EINVAL;
	}
	*out = task;
	return 0;
}

int posix_timer_set_clock(struct posix_timer *timer, int clock)
{
	int id;

	if (clock == CLOCK_PROCESS_CPUTIME_ID)
		clock = CPUCLOCK_OWN_PROCESS;
	else if (clock == CLOCK_THREAD_CPUTIME_ID)
		clock = CPUCLOCK_OWN_THREAD;
	timer->clock = timer->base = clock;
	if (clock >= 0)
		return 0;
	if ((clock & 3) == CPUCLOCK_FD) /* 3 with CPUCLOCK_THREAD: no kind at all */
		return -EINVAL;
	id = ~(clock >> 3);
	if (clock & CPUCLOCK_THREAD)
		return find_thread(id, &timer->clock_task);
	return id && id != process_number(current_process()) ? -EINVAL : 0;
}
