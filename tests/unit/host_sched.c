/*
 * The sleeping half of sched/ for one thread: locks are free, or the test has a deadlock;
 * a wait calls host_sleep_hook until its condition holds.
 */
#include "arch/host/host.h"
#include "core/panic.h"
#include "lib/errno.h"
#include "sched/mutex.h"
#include "sched/rcu.h"
#include "sched/rwsem.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "sched/waitq.h"
#include "sched/work.h"

static struct thread host_thread = { .name = "host" };
DEFINE_PERCPU(struct thread *, current_thread);
void (*host_sleep_hook)(void);

static __attribute__((constructor)) void host_sched_init(void)
{
	current_thread = &host_thread;
}

static void would_sleep(const char *where)
{
	if (!host_sleep_hook)
		panic("%s would sleep for ever", where);
	host_sleep_hook();
}

void mutex_init(struct mutex *mutex, int rank)
{
	*mutex = (struct mutex){ .rank = rank };
	list_init(&mutex->waiters);
}
void mutex_lock_slow(struct mutex *mutex)
{
	panic("mutex taken while held");
}
int mutex_lock_interruptible_slow(struct mutex *mutex, enum sleep_mode mode)
{
	panic("mutex taken while held");
}
void mutex_unlock_slow(struct mutex *mutex)
{
	panic("mutex released, not held");
}

void rwsem_init(struct rwsem *sem, int rank)
{
	*sem = (struct rwsem){ .rank = rank };
	list_init(&sem->waiters);
}
void rwsem_read_lock_slow(struct rwsem *sem)
{
	panic("rwsem read while written");
}
void rwsem_write_lock_slow(struct rwsem *sem)
{
	panic("rwsem written while held");
}
int rwsem_write_lock_killable_slow(struct rwsem *sem)
{
	panic("rwsem written while held");
}
void rwsem_wake_slow(struct rwsem *sem)
{
}

void waitq_init(struct waitq *wq)
{
	spin_init(&wq->lock, LOCK_WAITQ);
	list_init(&wq->list);
}

void waiter_init_fn(struct waiter *waiter, bool (*wake)(struct waiter *, u32), bool exclusive)
{
	*waiter = (struct waiter){ .thread = current, .wake = wake, .exclusive = exclusive };
	list_init(&waiter->list);
}

void waitq_add(struct waitq *wq, struct waiter *waiter)
{
	list_add_tail(&wq->list, &waiter->list);
}
void waitq_remove(struct waitq *wq, struct waiter *waiter)
{
	list_del_init(&waiter->list);
}

void waitq_wake_slow(struct waitq *wq, u32 events, int nr_exclusive)
{
	struct waiter *w, *tmp;

	list_for_each_entry_safe(w, tmp, &wq->list, list)
		if (!events || !w->events || (events & w->events))
			w->wake(w, events);
}

int waitq_sleep(struct waitq *wq, struct mutex *held, ktime_t deadline_ns)
{
	if (thread_work_test(current, WORK_SIGNAL))
		return -ERESTARTSYS;
	if (deadline_ns != DEADLINE_NONE) {
		host_clock_ns = max(host_clock_ns, deadline_ns);
		return -ETIMEDOUT;
	}
	if (held)
		mutex_unlock(held);
	would_sleep("waitq_sleep");
	if (held)
		mutex_lock(held);
	return 0;
}

int waitq_sleep_spin(struct waitq *wq, struct spinlock *held, ktime_t deadline_ns)
{
	return -EINTR;
}

/* One thread never finds a page locked. */
void waiter_init(struct waiter *waiter)
{
	panic("waits for another thread");
}
void waitq_prepare(struct waitq *wq, struct waiter *waiter, enum sleep_mode mode)
{
}
bool waitq_finish(struct waitq *wq, struct waiter *waiter)
{
	return true;
}
int thread_sleep(ktime_t deadline_ns, enum sleep_mode mode)
{
	return 0;
}
void schedule(void)
{
}
void thread_work_set(struct thread *thread, u32 bits)
{
}

/* Nobody works: what a test defers, it does not see done. */
void work_init(struct work *work, void (*fn)(struct work *work))
{
	work->fn = fn;
}
bool work_queue(struct work *work)
{
	return true;
}

void call_rcu(struct rcu_head *head, void (*fn)(struct rcu_head *head))
{
	fn(head);
}
void synchronize_rcu(void)
{
}
void rcu_barrier(void)
{
}

/* The rank check needs nothing here: a lock is either free or a deadlock. */
void mutex_debug_want(const void *lock, int rank, enum lock_want want)
{
}
void mutex_debug_waited(const void *lock, int err)
{
}
void mutex_debug_release(const void *lock)
{
}
