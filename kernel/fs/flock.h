/*
 * Locks on files: flock(2), and POSIX record locks with fcntl(2), owned by a
 * process (F_SETLK) or by an open file (F_OFD_SETLK).
 */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"

struct file;
struct inode;
struct flock;
struct seq;

int flock_set(struct file *file, int op, s32 pid); /* LOCK_* of flock(2) */
/* owner: the process's fd table address for F_SETLK, the file for OFD. */
int record_lock_set(struct file *file, const void *owner, s32 pid, int cmd,
		    const struct flock *lock);
int record_lock_get(struct file *file, const void *owner, struct flock *lock, bool ofd);
/* close(2) by a process drops its record locks. */
void record_lock_release(struct file *file, const void *owner);
void flock_file_released(struct file *file);
void flock_inode_evict(struct inode *inode);
/* Bytes that the locks of an open file take, and @n record locks: fdtable_held.c. */
size_t flock_held(const struct file *file);
size_t record_locks_held(u32 n);

/* For people: lock_show.c.  /proc/locks, the locks of a file a record; *cookie begins with 0.
 * 1, or 0 at the end. */
int flock_show_next(struct seq *s, u64 *cookie);
/* The locks that were taken through @file, by whoever has the descriptor table @fds. */
void flock_fdinfo(struct file *file, const void *fds, struct seq *s);
