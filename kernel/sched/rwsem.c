/* sched/rwsem.c - the slow half of the reader-writer lock.
 *
 *	count	readers * RWSEM_READER | WAITED | TRYING | WAITERS | WRITER
 *
 * WAITERS keeps everybody off the fast paths; who waits stands in a queue.  A free lock goes to
 * whoever takes it first, also past the queue: to hand it to a sleeper would cost two switches
 * each time, for the one who lets go usually comes back before the sleeper runs.  TRYING
 * says that one thread, the trier, is awake and on its way to the lock: the first of the queue,
 * once woken, or a newcomer that spins while the owner runs.  While there is one, nobody
 * is woken; without one, whoever lets go wakes the first of the queue.
 *
 * Nobody starves: when OVERTAKE_MAX have passed the queue, or one has passed its first
 * while that was awake, only the first may take it.  Readers that follow a reader go in with it.
 *
 * A free lock with a queue has a trier or a thread on its way to pass_on_locked().
 *
 * Turns.  Two writers who come again and again would take the lock by turns, and at each turn all
 * that it guards goes from cache to cache, which can be dearer than the work.  WAITED says that the
 * writer who has the lock had to wait for it.  Who has to wait for such a one came back within that
 * one's first holding: it spends less time without the lock than with it, so two processors get
 * no more done than one could.  After TURNS_MAX such waits in a row a writer stays away for AWAY_NS
 * before it asks at all; that long the other works with warm caches.  A wait for a writer who had
 * not waited ends the row.
 *
 * No wake-up is lost by that.  Who stays away is noted nowhere, as if it came later, and neither
 * sleeps nor is the trier.  WAITED comes and goes with WRITER, in one operation: a count that
 * is compared when there is no writer never has it.
 */
#include "sched/rwsem.h"
#include "sched/sched.h"
#include "arch/api/time.h"
#include "core/panic.h"
#include "lib/errno.h"

#define SPIN_MAX     50
#define OVERTAKE_MAX 64
#define TURNS_MAX    4
#define AWAY_NS	     10000

struct rwsem_waiter {
	struct list_node list; /* [sem.lock] */
	struct thread *thread;
	bool writer;
	bool trying;  /* [sem.lock] written; it is the trier, and the first of the queue */
	bool granted; /* [sem.lock] written; its thread reads */
};

void rwsem_init(struct rwsem *sem, int rank)
{
	sem->count = 0;
	sem->owner = NULL;
	sem->overtaken = 0;
	sem->turns = 0;
	spin_init(&sem->lock, LOCK_SLEEP_INNER);
	sem->rank = rank;
	list_init(&sem->waiters);
}

static bool is_free(long count)
{
	return !(count & RWSEM_WRITER) && count < RWSEM_READER;
}

/* Takes the lock if its state allows it, and clears the bits in done; a writer adds waited. */
static bool take(struct rwsem *sem, bool writer, long done, long waited)
{
	long mine = writer ? RWSEM_WRITER | waited : RWSEM_READER;
	long count = READ_ONCE(sem->count);

	while (is_free(count) || (!writer && !(count & (RWSEM_WRITER | RWSEM_WAITERS)))) {
		long new = (count & ~done) + mine;

		if (rwsem_cas(sem, count, new)) {
			if (writer)
				sem->owner = current;
			return true;
		}
		count = READ_ONCE(sem->count);
	}
	return false;
}

/* A newcomer, or with done the trier, takes it, past those that wait. */
static bool overtake(struct rwsem *sem, bool writer, long done)
{
	bool waiters = READ_ONCE(sem->count) & RWSEM_WAITERS;

	if (waiters && READ_ONCE(sem->overtaken) >= OVERTAKE_MAX)
		return false;
	if (!take(sem, writer, done, done ? RWSEM_WAITED : 0))
		return false;
	if (waiters)
		WRITE_ONCE(sem->overtaken, sem->overtaken + 1);
	return true;
}

/* --- the queue ------------------------------------------------------------------ */

static void leave_locked(struct rwsem *sem, struct rwsem_waiter *waiter) REQUIRES(&sem->lock)
{
	list_del(&waiter->list);
	if (waiter->trying)
		__atomic_and_fetch(&sem->count, ~RWSEM_TRYING, __ATOMIC_ACQ_REL);
	if (list_empty(&sem->waiters))
		__atomic_and_fetch(&sem->count, ~RWSEM_WAITERS, __ATOMIC_ACQ_REL);
}

/* The first of the queue has it. */
static void has_it_locked(struct rwsem *sem, struct rwsem_waiter *first) REQUIRES(&sem->lock)
{
	leave_locked(sem, first);
	WRITE_ONCE(sem->overtaken, 0);
}

/* Readers have it: those at the head of the queue get it too. */
static void admit_readers_locked(struct rwsem *sem) REQUIRES(&sem->lock)
{
	while (!list_empty(&sem->waiters)) {
		struct rwsem_waiter *first;
		struct thread *thread;

		first = list_first_entry(&sem->waiters, struct rwsem_waiter, list);
		if (first->writer)
			return;
		thread = first->thread;
		__atomic_add_fetch(&sem->count, RWSEM_READER, __ATOMIC_ACQ_REL);
		has_it_locked(sem, first);
		/* The waiter lies on its thread's stack and is gone after this. */
		store_release(&first->granted, true);
		sched_wake(thread);
	}
}

/* What the queue may do now: nothing while a writer has the lock or somebody tries. */
static void pass_on_locked(struct rwsem *sem) REQUIRES(&sem->lock)
{
	long count = READ_ONCE(sem->count);
	struct rwsem_waiter *first;

	if (list_empty(&sem->waiters))
		return;
	if (count >= RWSEM_READER) {
		admit_readers_locked(sem);
		return;
	}
	/* One who takes it meanwhile comes here when it lets go. */
	while (is_free(count) && !(count & RWSEM_TRYING)) {
		if (rwsem_cas(sem, count, count | RWSEM_TRYING)) {
			first = list_first_entry(&sem->waiters, struct rwsem_waiter, list);
			WRITE_ONCE(first->trying, true);
			sched_wake(first->thread);
			return;
		}
		count = READ_ONCE(sem->count);
	}
}

void rwsem_wake_slow(struct rwsem *sem)
{
	spin_lock(&sem->lock);
	pass_on_locked(sem);
	spin_unlock(&sem->lock);
}

void rwsem_write_unlock_slow(struct rwsem *sem)
{
	long done = RWSEM_WRITER | RWSEM_WAITED;
	long count = __atomic_and_fetch(&sem->count, ~done, __ATOMIC_ACQ_REL);

	if ((count & (RWSEM_WAITERS | RWSEM_TRYING)) == RWSEM_WAITERS)
		rwsem_wake_slow(sem);
}

/* --- the trier ------------------------------------------------------------------ */

/* It may soon be free: it is, or its writer runs. */
static bool worth_a_spin(const struct rwsem *sem)
{
	long count = READ_ONCE(sem->count);
	struct thread *owner;

	if (!(count & RWSEM_WRITER))
		return count < RWSEM_READER;
	/* NULL: just taken or about to be let go. The struct stays for a grace period, and we do not sleep. */
	owner = READ_ONCE(sem->owner);
	return !owner || READ_ONCE(owner->on_cpu);
}

/* A writer that cannot have it: is it better not to ask yet? */
static void stay_away(struct rwsem *sem)
{
	unsigned turns = READ_ONCE(sem->turns);
	u64 begin = arch_cycles();

	if (!(READ_ONCE(sem->count) & RWSEM_WAITED)) {
		if (turns)
			WRITE_ONCE(sem->turns, 0);
	} else if (turns < TURNS_MAX) {
		WRITE_ONCE(sem->turns, turns + 1);
	} else if (cpu_online_many() && worth_a_spin(sem)) {
		while (arch_cycles_to_ns(arch_cycles() - begin) < AWAY_NS &&
		       !thread_work_test(current, WORK_RESCHED))
			arch_cpu_relax();
	}
}

/* A newcomer: with *trying it ended as the trier without the lock. */
static bool spin_for(struct rwsem *sem, bool writer, bool *trying)
{
	long count = READ_ONCE(sem->count);

	if (!cpu_online_many())
		return false;
	do {
		if (count & (RWSEM_TRYING | RWSEM_WAITERS))
			return false;
	} while (!__atomic_compare_exchange_n(&sem->count, &count, count | RWSEM_TRYING, false,
					      __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	for (int i = 0; i < SPIN_MAX && worth_a_spin(sem); i++) {
		if (overtake(sem, writer, RWSEM_TRYING))
			return true;
		arch_cpu_relax();
	}
	*trying = true;
	return false;
}

static bool take_as_first_locked(struct rwsem *sem, struct rwsem_waiter *waiter)
	REQUIRES(&sem->lock)
{
	if (waiter->granted)
		return true;
	if (!take(sem, waiter->writer, 0, RWSEM_WAITED))
		return false;
	has_it_locked(sem, waiter);
	if (!waiter->writer)
		admit_readers_locked(sem);
	return true;
}

/* The first of the queue, once woken.  False: it is not the trier any more. */
static bool try_as_first(struct rwsem *sem, struct rwsem_waiter *waiter)
{
	int spins = cpu_online_many() ? SPIN_MAX : 0;
	bool taken;

	for (; spins && !is_free(READ_ONCE(sem->count)) && worth_a_spin(sem); spins--)
		arch_cpu_relax();
	spin_lock(&sem->lock);
	taken = take_as_first_locked(sem, waiter);
	if (!taken) {
		/* Overtaken: next time nobody can. */
		WRITE_ONCE(sem->overtaken, OVERTAKE_MAX);
		waiter->trying = false;
		__atomic_and_fetch(&sem->count, ~RWSEM_TRYING, __ATOMIC_ACQ_REL);
		pass_on_locked(sem); /* it may have become free before that */
	}
	spin_unlock(&sem->lock);
	return taken;
}

static int wait_in_queue(struct rwsem *sem, bool writer, bool trying, enum sleep_mode mode)
{
	struct rwsem_waiter waiter = { .thread = current, .writer = writer };
	bool granted;

	spin_lock(&sem->lock);
	list_add_tail(&sem->waiters, &waiter.list);
	__atomic_or_fetch(&sem->count, RWSEM_WAITERS, __ATOMIC_ACQ_REL);
	if (trying)
		__atomic_and_fetch(&sem->count, ~RWSEM_TRYING, __ATOMIC_ACQ_REL);
	pass_on_locked(sem); /* it may have become free before the bits were set */
	spin_unlock(&sem->lock);
	for (;;) {
		thread_sleep_prepare(mode);
		if (load_acquire(&waiter.granted))
			break;
		if (READ_ONCE(waiter.trying)) {
			thread_sleep_cancel();
			if (try_as_first(sem, &waiter))
				return 0;
			continue;
		}
		if (thread_sleep_interrupted(mode)) {
			thread_sleep_cancel();
			spin_lock(&sem->lock);
			granted = waiter.granted;
			if (!granted) {
				leave_locked(sem, &waiter);
				pass_on_locked(sem);
			}
			spin_unlock(&sem->lock);
			return granted ? 0 : -ERESTARTSYS;
		}
		schedule();
	}
	thread_sleep_cancel();
	return 0;
}

static int wait_for(struct rwsem *sem, bool writer, enum sleep_mode mode)
{
	bool trying = false;
	int err = 0;

	assert(READ_ONCE(sem->owner) != current || !current);
	if (!overtake(sem, writer, 0)) {
		if (writer)
			stay_away(sem);
		if (!spin_for(sem, writer, &trying))
			err = wait_in_queue(sem, writer, trying, mode);
	}
	if (CONFIG_DEBUG)
		mutex_debug_waited(sem, err);
	return err;
}

void rwsem_read_lock_slow(struct rwsem *sem)
{
	(void)wait_for(sem, false, SLEEP_UNINTERRUPTIBLE);
}

void rwsem_write_lock_slow(struct rwsem *sem)
{
	(void)wait_for(sem, true, SLEEP_UNINTERRUPTIBLE);
}

int rwsem_write_lock_killable_slow(struct rwsem *sem)
{
	return wait_for(sem, true, SLEEP_KILLABLE);
}
