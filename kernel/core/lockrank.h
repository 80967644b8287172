/*
 * The order of locks: a thread may take a lock only if its rank is higher than that
 * of every lock it holds.  Outermost first.  Every lock has a rank, and debug builds check
 * it (lockrank.c; spin locks are held by a CPU, sleeping ones by a thread), panic on
 * inversion, and count for each rank what /proc/linnet/locks shows.
 *
 * Several locks of a rank marked "nests" may be held, in the order named there.
 */
#pragma once

#include "lib/types.h"

enum lock_rank {
	LOCK_NO_RANK = 0, /* a lock that nobody initialised: debug builds panic */

	/* Sleeping locks. */
	LOCK_FILE_POS = 8, /* file->pos_lock */
	LOCK_TEXT,	   /* a reader of a generated file (procfs) */
	LOCK_MOUNT,	   /* mount tree */
	LOCK_RENAME,	   /* one rename at a time in a file system */
	LOCK_EPOLL_TREE,   /* nesting of epolls */
	LOCK_EPOLL,	   /* nests: outer before inner, a tree under LOCK_EPOLL_TREE */
	LOCK_TTY,	   /* one reader, one writer of a terminal */
	LOCK_INODE_DIR,	   /* nests: ancestor first, two at once under LOCK_RENAME */
	LOCK_INODE,	   /* any other inode; nests: the two of an exchange */
	LOCK_SUPERBLOCK,
	LOCK_PIPE,
	LOCK_OOM,		 /* one adds up what processes hold; faults only try for it */
	LOCK_VM_SPACE,		 /* vm_space->lock */
	LOCK_PAGE_CACHE_REGIONS, /* regions mapping a file */
	LOCK_DEVICE,		 /* tables of drivers */

	/* Spin locks taken in thread context only. */
	LOCK_SIGIO = 99,
	LOCK_PROCESS_TREE,
	LOCK_FS_CONTEXT,
	LOCK_FDTABLE_GROUP, /* eight descriptors */
	LOCK_FDTABLE,
	LOCK_DCACHE,
	LOCK_DCACHE_CHAIN, /* nests: all in a row, for another table */
	LOCK_INODE_LIST,
	LOCK_FILE_LOCKS_LIST, /* the files that have locks */
	LOCK_FILE_LOCKS,
	LOCK_FILE_LOCK_WAITERS, /* who waits for whom, all files */
	LOCK_FILE,
	LOCK_FUTEX_BUCKET, /* nests: two, by address */
	LOCK_FUTEX_PI,
	LOCK_PAGE_CACHE,
	LOCK_PID_TABLE,
	LOCK_RLIMITS,
	LOCK_IDR,
	LOCK_TTY_STATE,	  /* line discipline and queues of a terminal */
	LOCK_SLEEP_INNER, /* the queue of a mutex or an rwsem */
	LOCK_THREAD_LEAF, /* takes nothing of thread context inside */

	/* Spin locks also taken in interrupts: interrupts off. */
	LOCK_SIGNAL_QUEUE = 150, /* process.lock */
	LOCK_SIGNALFD_LIST,
	LOCK_TIMERFD_LIST,
	LOCK_TIMERFD,
	LOCK_WAITQ,
	LOCK_EPOLL_POLLERS, /* who polls an epoll, woken from a file's queue; nests: inner first */
	LOCK_EPOLL_READY,
	LOCK_EPOLL_WAIT, /* sleepers in epoll_wait(2) */
	LOCK_WORK,
	LOCK_TIMER,
	LOCK_RCU,
	LOCK_RUNQUEUE, /* a second one is only tried for */
	LOCK_SLAB,
	LOCK_PAGE_ALLOC,
	LOCK_IRQ,
	LOCK_RANDOM,
	LOCK_CLOCK,
	LOCK_LOG,
	LOCK_CONSOLE,
	LOCK_LEAF = 255, /* takes nothing inside */
};

/*
 * Debug builds: what one CPU (spin locks) or one thread (sleeping locks) holds, in the order
 * taken.  A lock stands here from when it is waited for.
 */
#define HELD_LOCKS_MAX 24

struct held_locks {
	u32 count;
	struct held_lock {
		const void *lock;
		u64 since;  /* arch_cycles() when it was wanted, then when it was taken */
		u64 waited; /* cycles; 0: it was free */
		u8 rank;
	} entry[HELD_LOCKS_MAX];
};

/* How a lock is wanted: one that is only tried for cannot deadlock here. */
enum lock_want { LOCK_WAIT, LOCK_TRY };

void held_locks_push(struct held_locks *held, const void *lock, u8 rank, enum lock_want want);
/* @lock was not free and has come now. */
void held_locks_waited(struct held_locks *held, const void *lock);
/* Counts the lock; one that never came (a signal did) is only taken off. */
void held_locks_pop(struct held_locks *held, const void *lock, bool came);

/* The same for the spin locks of this CPU. */
void lockrank_acquire(const void *lock, u8 rank, enum lock_want want);
void lockrank_waited(const void *lock);
void lockrank_release(const void *lock);
/* Panics when this CPU does not hold @lock. */
void lockrank_assert_held(const void *lock);
/* Here one may sleep: panics when this CPU holds a spin lock. */
void lockrank_may_sleep(void);

/* What was counted of a rank since boot or the last reset.  A lock counts when released. */
struct lock_stat {
	u64 taken, contended;
	u64 wait_total_ns, wait_max_ns;
	u64 hold_total_ns, hold_max_ns;
};
/* The rank's name, or NULL: no such rank, or not taken yet. */
const char *lock_stat_read(u8 rank, struct lock_stat *out);
void lock_stat_reset(void);
