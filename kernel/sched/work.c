/* sched/work.c - deferred work.
 *
 * One queue, served by one thread at first.  A worker that finds more work behind the one it
 * takes while no other worker is idle starts another, up to MAX_WORKERS, so that a work
 * that sleeps does not hold up the rest.  One work never runs on two workers at once.
 *
 * Locking: queue.lock (LOCK_WORK, interrupts off).
 */
#include "sched/work.h"
#include "sched/sched.h"
#include "sched/waitq.h"
#include "arch/api/time.h"
#include "core/panic.h"

#define MAX_WORKERS 4

static void worker(void *arg);

static struct {
	struct spinlock lock;
	struct list_node works GUARDED_BY(&lock);	     /* [lock] */
	struct work *running[MAX_WORKERS] GUARDED_BY(&lock); /* [lock] */
	bool started[MAX_WORKERS] GUARDED_BY(&lock);	     /* [lock] which slots have a worker */
	struct thread *workers[MAX_WORKERS]; /* [I] once they run: for tools/linnet-gdb.py */
	unsigned nidle GUARDED_BY(&lock);    /* [lock] */
	struct waitq more;		     /* idle workers */
	struct waitq done;		     /* those in work_flush, work_cancel_sync */
} queue = {
	.lock = SPINLOCK_INIT_RANK(LOCK_WORK),
	.works = LIST_INIT(queue.works),
	.started = { true }, /* by work_boot_init() */
	.more = WAITQ_INIT(queue.more),
	.done = WAITQ_INIT(queue.done),
};

static void timer_due(struct timer *timer)
{
	struct work *work = container_of(timer, struct work, timer);
	unsigned long irq = spin_lock_irqsave(&queue.lock);

	list_add_tail(&queue.works, &work->node);
	spin_unlock_irqrestore(&queue.lock, irq);
	waitq_wake_one(&queue.more);
}

void work_init(struct work *work, void (*fn)(struct work *work))
{
	list_init(&work->node);
	work->fn = fn;
	atomic_set(&work->pending, 0);
	timer_init(&work->timer, timer_due);
}

bool work_queue(struct work *work)
{
	unsigned long irq;

	if (atomic_xchg(&work->pending, 1)) {
		/* Waiting for its timer: now instead. */
		if (!timer_cancel(&work->timer))
			return false;
	}
	irq = spin_lock_irqsave(&queue.lock);
	list_add_tail(&queue.works, &work->node);
	spin_unlock_irqrestore(&queue.lock, irq);
	waitq_wake_one(&queue.more);
	return true;
}

bool work_queue_delayed(struct work *work, ktime_t delay_ns)
{
	if (atomic_xchg(&work->pending, 1))
		return false;
	timer_arm(&work->timer, arch_clock_ns() + delay_ns);
	return true;
}

static bool is_running_locked(const struct work *work) REQUIRES(&queue.lock)
{
	for (unsigned i = 0; i < MAX_WORKERS; i++) {
		if (queue.running[i] == work)
			return true;
	}
	return false;
}

static bool is_busy(const struct work *work, bool pending_too)
{
	unsigned long irq = spin_lock_irqsave(&queue.lock);
	bool busy = is_running_locked(work) || (pending_too && atomic_read(&work->pending));

	spin_unlock_irqrestore(&queue.lock, irq);
	return busy;
}

static void wait_done(const struct work *work, bool pending_too)
{
	struct waiter waiter;

	waiter_init(&waiter);
	for (;;) {
		waitq_prepare(&queue.done, &waiter, SLEEP_UNINTERRUPTIBLE);
		if (!is_busy(work, pending_too))
			break;
		(void)thread_sleep(DEADLINE_NONE, SLEEP_UNINTERRUPTIBLE);
	}
	waitq_finish(&queue.done, &waiter);
}

bool work_cancel_sync(struct work *work)
{
	bool cancelled = timer_cancel_sync(&work->timer);
	unsigned long irq = spin_lock_irqsave(&queue.lock);

	if (!cancelled && !list_empty(&work->node)) {
		list_del_init(&work->node);
		cancelled = true;
	}
	if (cancelled)
		atomic_set(&work->pending, 0);
	spin_unlock_irqrestore(&queue.lock, irq);
	wait_done(work, false);
	return cancelled;
}

void work_flush(struct work *work)
{
	wait_done(work, true);
}

/* The first that does not run already. */
static struct work *next_locked(void) REQUIRES(&queue.lock)
{
	struct work *work;

	list_for_each_entry(work, &queue.works, node) {
		if (!is_running_locked(work))
			return work;
	}
	return NULL;
}

/* A slot for another worker, taken; 0, which is the first one's: there is none. */
static unsigned helper_slot_locked(void) REQUIRES(&queue.lock)
{
	for (unsigned i = 1; i < MAX_WORKERS; i++) {
		if (!queue.started[i]) {
			queue.started[i] = true;
			return i;
		}
	}
	return 0;
}

static bool nothing_to_do(void)
{
	unsigned long irq = spin_lock_irqsave(&queue.lock);
	bool none = !next_locked();

	queue.nidle += none;
	spin_unlock_irqrestore(&queue.lock, irq);
	return none;
}

/* Take the next work; false: there is none.  Starts a helper when more is waiting. */
static bool run_one(unsigned slot)
{
	unsigned long irq = spin_lock_irqsave(&queue.lock);
	unsigned helper = 0;
	struct work *work = next_locked();

	if (!work) {
		spin_unlock_irqrestore(&queue.lock, irq);
		return false;
	}
	list_del_init(&work->node);
	queue.running[slot] = work;
	if (!list_empty(&queue.works) && !queue.nidle)
		helper = helper_slot_locked();
	spin_unlock_irqrestore(&queue.lock, irq);

	if (helper && thread_spawn("worker", worker, (void *)(uintptr_t)helper)) {
		irq = spin_lock_irqsave(&queue.lock);
		queue.started[helper] = false;
		spin_unlock_irqrestore(&queue.lock, irq);
	}
	/* From here on it may be queued again; @work may free itself.  A full barrier: who finds
	 * it pending still and leaves it at that has what it wrote seen by fn. */
	atomic_xchg(&work->pending, 0);
	work->fn(work);
	irq = spin_lock_irqsave(&queue.lock);
	queue.running[slot] = NULL;
	spin_unlock_irqrestore(&queue.lock, irq);
	waitq_wake_all(&queue.done);
	return true;
}

static void idle_end(void)
{
	unsigned long irq = spin_lock_irqsave(&queue.lock);

	queue.nidle--;
	spin_unlock_irqrestore(&queue.lock, irq);
}

static void worker(void *arg)
{
	unsigned slot = (unsigned)(uintptr_t)arg;
	struct waiter waiter;

	queue.workers[slot] = current;
	waiter_init(&waiter);
	for (;;) {
		while (run_one(slot))
			sched_yield_point();
		waitq_prepare_exclusive(&queue.more, &waiter, SLEEP_INTERRUPTIBLE);
		if (nothing_to_do()) {
			(void)thread_sleep(DEADLINE_NONE, SLEEP_INTERRUPTIBLE);
			idle_end();
		}
		waitq_finish(&queue.more, &waiter);
	}
}

void work_boot_init(void)
{
	if (thread_spawn("worker", worker, NULL))
		panic("no memory for the first worker");
}
