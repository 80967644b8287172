/*
 * flock_internal.h - the locks of a file, for flock.c, record_lock.c and lock_show.c.
 *
 * Every list of a struct file_locks is under the inode's small_lock [x].
 */
#pragma once
#include "core/spinlock.h"
#include "fs/flock.h"
#include "fs/inode.h"
#include "lib/list.h"
#include "sched/waitq.h"

enum lock_kind {
	LOCK_KIND_FLOCK,
	LOCK_KIND_POSIX,
	LOCK_KIND_OFD,
};

/* What is locked, by whom: of a lock that is held or wanted. */
struct lock_claim {
	u8 kind;	   /* LOCK_KIND_* */
	u8 type;	   /* F_RDLCK, F_WRLCK */
	s32 pid;	   /* who took it; -1 for OFD: F_GETLK tells so */
	u64 start, end;	   /* inclusive; S64_MAX: to the end of the file */
	const void *owner; /* POSIX: the descriptor table, whose nlocks it is in; else the file */
	struct file *file; /* through which it was taken; only compared */
};

/* A lock that is held.  Record locks stand by start within an owner, else by arrival. */
struct file_lock {
	struct list_node node; /* [x] */
	struct lock_claim c;   /* [x] */
};

/* On the stack of who waits for a lock. */
struct lock_waiter {
	struct list_node node;		/* [x] file_locks.waiters */
	struct list_node global;	/* of record locks: lock_waiters */
	struct lock_claim c;		/* what it wants */
	const void *blocker;		/* the owner of the lock in its way */
	const struct file_lock *behind; /* that lock; only compared */
};

struct file_locks {
	struct inode *inode;	  /* [I] borrowed */
	struct list_node all;	  /* file_locks_list.lock */
	struct list_node records; /* [x] file_lock */
	struct list_node wholes;  /* [x] file_lock */
	struct list_node waiters; /* [x] lock_waiter */
	u32 nofd;		  /* [x] written; OFD locks among the records */
	struct waitq changed;
};

/* Every inode that had a lock, newest first: for /proc/locks. */
extern struct file_locks_list {
	struct spinlock lock;
	struct list_node list GUARDED_BY(&lock); /* [lock] file_locks.all */
} file_locks_list;

/* The inode's locks, made at first use; NULL: ENOMEM. */
struct file_locks *file_locks_of(struct inode *inode);
/* Sleeps until a lock of the file changes; small_lock is released meanwhile. */
int file_locks_wait(struct inode *inode, struct lock_waiter *waiter) REQUIRES(&inode->small_lock);
