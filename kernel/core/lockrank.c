/*
 * lockrank.c - debug builds: the order of locks is checked, and how long they are waited for
 * and held is counted.
 *
 * struct held_locks is a list of what is held, in the order taken.  Sleeping locks have one in
 * each thread (sched/mutex.c).  Spin locks have one per CPU: interrupts take locks on top of
 * those of the thread they interrupted, so one is right, as an interrupt's locks are gone again
 * before the thread goes on; and a run queue's lock is released by another thread than took
 * it, but on the same CPU.
 *
 * Times are cycles: reading the clock could want a lock itself.
 *
 * Locking: a list belongs to its thread, or to its CPU with interrupts off.  The counters are
 * atomic, each for itself.
 *
 * A release build calls nothing of this and the linker leaves it out.
 */
#include "core/lockrank.h"
#include "arch/api/inline.h"
#include "arch/api/time.h"
#include "core/panic.h"
#include "core/percpu.h"
#include "lib/atomic.h"

/* Fields: [a] */
static struct {
	struct atomic64 taken, contended;
	struct atomic64 wait_total, wait_max; /* cycles */
	struct atomic64 hold_total, hold_max; /* cycles */
} stats[256];

DEFINE_PERCPU_STATIC(struct held_locks, held_spinlocks);

/* Flat: the compiler asks for a name when a rank is added. */
static const char *rank_name(enum lock_rank rank)
{
	switch (rank) {
	case LOCK_NO_RANK:
		return "no_rank";
	case LOCK_FILE_POS:
		return "file_pos";
	case LOCK_TEXT:
		return "text";
	case LOCK_MOUNT:
		return "mount";
	case LOCK_RENAME:
		return "rename";
	case LOCK_EPOLL_TREE:
		return "epoll_tree";
	case LOCK_EPOLL:
		return "epoll";
	case LOCK_TTY:
		return "tty";
	case LOCK_INODE_DIR:
		return "inode_dir";
	case LOCK_INODE:
		return "inode";
	case LOCK_SUPERBLOCK:
		return "superblock";
	case LOCK_PIPE:
		return "pipe";
	case LOCK_OOM:
		return "oom";
	case LOCK_VM_SPACE:
		return "vm_space";
	case LOCK_PAGE_CACHE_REGIONS:
		return "page_cache_regions";
	case LOCK_DEVICE:
		return "device";
	case LOCK_SIGIO:
		return "sigio";
	case LOCK_PROCESS_TREE:
		return "process_tree";
	case LOCK_FS_CONTEXT:
		return "fs_context";
	case LOCK_FDTABLE_GROUP:
		return "fdtable_group";
	case LOCK_FDTABLE:
		return "fdtable";
	case LOCK_DCACHE:
		return "dcache";
	case LOCK_DCACHE_CHAIN:
		return "dcache_chain";
	case LOCK_INODE_LIST:
		return "inode_list";
	case LOCK_FILE_LOCKS_LIST:
		return "file_locks_list";
	case LOCK_FILE_LOCKS:
		return "file_locks";
	case LOCK_FILE_LOCK_WAITERS:
		return "file_lock_waiters";
	case LOCK_FILE:
		return "file";
	case LOCK_FUTEX_BUCKET:
		return "futex_bucket";
	case LOCK_FUTEX_PI:
		return "futex_pi";
	case LOCK_PAGE_CACHE:
		return "page_cache";
	case LOCK_PID_TABLE:
		return "pid_table";
	case LOCK_RLIMITS:
		return "rlimits";
	case LOCK_IDR:
		return "idr";
	case LOCK_TTY_STATE:
		return "tty_state";
	case LOCK_SLEEP_INNER:
		return "sleep_inner";
	case LOCK_THREAD_LEAF:
		return "thread_leaf";
	case LOCK_SIGNAL_QUEUE:
		return "signal_queue";
	case LOCK_SIGNALFD_LIST:
		return "signalfd_list";
	case LOCK_TIMERFD_LIST:
		return "timerfd_list";
	case LOCK_TIMERFD:
		return "timerfd";
	case LOCK_WAITQ:
		return "waitq";
	case LOCK_EPOLL_POLLERS:
		return "epoll_pollers";
	case LOCK_EPOLL_READY:
		return "epoll_ready";
	case LOCK_EPOLL_WAIT:
		return "epoll_wait";
	case LOCK_WORK:
		return "work";
	case LOCK_TIMER:
		return "timer";
	case LOCK_RCU:
		return "rcu";
	case LOCK_RUNQUEUE:
		return "runqueue";
	case LOCK_SLAB:
		return "slab";
	case LOCK_PAGE_ALLOC:
		return "page_alloc";
	case LOCK_IRQ:
		return "irq";
	case LOCK_RANDOM:
		return "random";
	case LOCK_CLOCK:
		return "clock";
	case LOCK_LOG:
		return "log";
	case LOCK_CONSOLE:
		return "console";
	case LOCK_LEAF:
		return "leaf";
	}
	return NULL;
}

static bool nests(u8 rank)
{
	return rank == LOCK_EPOLL || rank == LOCK_INODE_DIR || rank == LOCK_INODE ||
	       rank == LOCK_FUTEX_BUCKET || rank == LOCK_EPOLL_POLLERS || rank == LOCK_DCACHE_CHAIN;
}

/* --- counting ------------------------------------------------------------------------ */

static void raise_to(struct atomic64 *max, u64 value)
{
	s64 old = atomic64_read(max);

	while ((s64)value > old && !atomic64_try_cmpxchg(max, &old, (s64)value))
		;
}

static void count(const struct held_lock *held)
{
	u64 now = arch_cycles(), cycles = now > held->since ? now - held->since : 0;

	atomic64_inc(&stats[held->rank].taken);
	atomic64_add(&stats[held->rank].hold_total, (s64)cycles);
	raise_to(&stats[held->rank].hold_max, cycles);
	if (!held->waited)
		return;
	atomic64_inc(&stats[held->rank].contended);
	atomic64_add(&stats[held->rank].wait_total, (s64)held->waited);
	raise_to(&stats[held->rank].wait_max, held->waited);
}

const char *lock_stat_read(u8 rank, struct lock_stat *out)
{
	if (!atomic64_read(&stats[rank].taken))
		return NULL;
	out->taken = (u64)atomic64_read(&stats[rank].taken);
	out->contended = (u64)atomic64_read(&stats[rank].contended);
	out->wait_total_ns = arch_cycles_to_ns((u64)atomic64_read(&stats[rank].wait_total));
	out->wait_max_ns = arch_cycles_to_ns((u64)atomic64_read(&stats[rank].wait_max));
	out->hold_total_ns = arch_cycles_to_ns((u64)atomic64_read(&stats[rank].hold_total));
	out->hold_max_ns = arch_cycles_to_ns((u64)atomic64_read(&stats[rank].hold_max));
	return rank_name(rank);
}

void lock_stat_reset(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(stats); i++) {
		atomic64_set(&stats[i].taken, 0);
		atomic64_set(&stats[i].contended, 0);
		atomic64_set(&stats[i].wait_total, 0);
		atomic64_set(&stats[i].wait_max, 0);
		atomic64_set(&stats[i].hold_total, 0);
		atomic64_set(&stats[i].hold_max, 0);
	}
}

/* --- what is held -------------------------------------------------------------------- */

void held_locks_push(struct held_locks *held, const void *lock, u8 rank, enum lock_want want)
{
	struct held_lock *e;

	for (u32 i = 0; i < held->count && !panic_in_progress; i++) {
		e = &held->entry[i];
		if (e->lock == lock)
			panic("lock %p (%s) taken twice", lock, rank_name(rank));
		if (want == LOCK_WAIT && e->rank >= rank && !(e->rank == rank && nests(rank)))
			panic("lock order: %s (%u) wanted, %s (%u) held", rank_name(rank), rank,
			      rank_name(e->rank), e->rank);
	}
	if (rank == LOCK_NO_RANK)
		panic("lock %p has no rank", lock);
	if (held->count == HELD_LOCKS_MAX)
		panic("more than %d locks held", HELD_LOCKS_MAX);
	e = &held->entry[held->count++];
	*e = (struct held_lock){ .lock = lock, .rank = rank, .since = arch_cycles() };
}

/* The index behind its entry; 0: not held. */
static u32 find(const struct held_locks *held, const void *lock)
{
	u32 i = held->count;

	while (i > 0 && held->entry[i - 1].lock != lock)
		i--;
	if (i == 0 && !panic_in_progress)
		panic("lock %p is not held", lock);
	return i;
}

void held_locks_waited(struct held_locks *held, const void *lock)
{
	u32 i = find(held, lock);
	u64 now = arch_cycles();

	if (i == 0)
		return;
	held->entry[i - 1].waited = now > held->entry[i - 1].since ?
					    now - held->entry[i - 1].since :
					    1;
	held->entry[i - 1].since = now;
}

void held_locks_pop(struct held_locks *held, const void *lock, bool came)
{
	u32 i = find(held, lock);

	if (i == 0)
		return;
	if (came)
		count(&held->entry[i - 1]);
	for (held->count--; i <= held->count; i++)
		held->entry[i - 1] = held->entry[i];
}

/* --- the spin locks of this CPU -------------------------------------------------------- */

void lockrank_acquire(const void *lock, u8 rank, enum lock_want want)
{
	unsigned long irq = arch_irq_save();

	held_locks_push(this_cpu_ptr(held_spinlocks), lock, rank, want);
	arch_irq_restore(irq);
}

void lockrank_waited(const void *lock)
{
	unsigned long irq = arch_irq_save();

	held_locks_waited(this_cpu_ptr(held_spinlocks), lock);
	arch_irq_restore(irq);
}

void lockrank_release(const void *lock)
{
	unsigned long irq = arch_irq_save();

	held_locks_pop(this_cpu_ptr(held_spinlocks), lock, true);
	arch_irq_restore(irq);
}

void lockrank_assert_held(const void *lock)
{
	unsigned long irq = arch_irq_save();

	(void)find(this_cpu_ptr(held_spinlocks), lock);
	arch_irq_restore(irq);
}

void lockrank_may_sleep(void)
{
	unsigned long irq = arch_irq_save();
	struct held_locks *held = this_cpu_ptr(held_spinlocks);
	const struct held_lock *e = held->entry;

	if (held->count && !panic_in_progress)
		panic("may sleep with spin lock %p (%s) held", e->lock, rank_name(e->rank));
	arch_irq_restore(irq);
}
