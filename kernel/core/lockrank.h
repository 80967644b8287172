/*
 * The order of locks: a thread may take a lock only if its rank is higher than that
 * of every lock it holds.  Outermost first.  LOCK_NONE is not checked.  Debug builds
 * check spin locks here and sleeping locks in sched/, and panic on inversion.
 */
#pragma once

#include "lib/types.h"

enum lock_rank {
	LOCK_NONE = 0,

	/* Sleeping locks. */
	LOCK_FILE_POS = 8, /* file->pos_lock */
	LOCK_TEXT,	   /* a reader of a generated file (procfs) */
	LOCK_MOUNT = 10,   /* mount tree */
	LOCK_RENAME,	   /* one rename at a time in a file system */
	LOCK_EXEC,	   /* exec and ptrace of one process */
	LOCK_EPOLL_TREE,   /* nesting of epolls */
	LOCK_EPOLL,
	LOCK_TTY,
	LOCK_TTY_LDISC,
	LOCK_SOCKET,
	LOCK_INODE_DIR, /* parent directory */
	LOCK_INODE,	/* child, regular file */
	LOCK_INODE_2,	/* second inode of link, rename */
	LOCK_SUPERBLOCK,
	LOCK_PIPE,
	LOCK_FDTABLE_GROW,
	LOCK_VM_SPACE,		 /* vm_space->lock */
	LOCK_VM_SPACE_2,	 /* the child's, at fork */
	LOCK_PAGE_CACHE_REGIONS, /* regions mapping a file */
	LOCK_REGION,
	LOCK_BLOCK,
	LOCK_DEVICE,
	LOCK_KMAP,

	/* Spin locks taken in thread context only. */
	LOCK_SIGIO = 99,
	LOCK_PROCESS_TREE,
	LOCK_PROCESS,
	LOCK_SIGHAND,
	LOCK_FS_CONTEXT,
	LOCK_FDTABLE,
	LOCK_MOUNT_HASH,
	LOCK_DCACHE,
	LOCK_DENTRY,
	LOCK_INODE_LIST,
	LOCK_FILE_LOCKS,
	LOCK_FILE,
	LOCK_FUTEX_BUCKET,
	LOCK_FUTEX_BUCKET_2,
	LOCK_FUTEX_PI,
	LOCK_PAGE_CACHE,
	LOCK_PTE, /* leaf page table */
	LOCK_PTE_2,
	LOCK_PAGE_TABLE, /* upper page tables */
	LOCK_RMAP,
	LOCK_LRU,
	LOCK_PID_TABLE,
	LOCK_RLIMITS,
	LOCK_CRED,
	LOCK_IDR,
	LOCK_TTY_STATE,	  /* line discipline and queues of a terminal */
	LOCK_SLEEP_INNER, /* the queue of a mutex or an rwsem */

	/* Spin locks also taken in interrupts: interrupts off. */
	LOCK_NET = 150,
	LOCK_DRIVER,
	LOCK_EPOLL_READY,
	LOCK_SIGNAL_QUEUE,
	LOCK_WAITQ,
	LOCK_WORK,
	LOCK_TIMER,
	LOCK_RCU,
	LOCK_RUNQUEUE,
	LOCK_RUNQUEUE_2,
	LOCK_SLAB,
	LOCK_PAGE_ALLOC,
	LOCK_TLB,
	LOCK_IPI,
	LOCK_IRQ,
	LOCK_RANDOM,
	LOCK_CLOCK,
	LOCK_LOG,
	LOCK_CONSOLE,
	LOCK_LEAF = 255, /* takes nothing inside */
};

/* Spin locks held by this CPU (debug builds). */
void lockrank_acquire(const void *lock, u8 rank);
void lockrank_release(const void *lock);
/* Here one may sleep: panics when this CPU holds a spin lock. */
void lockrank_may_sleep(void);
