/*
 * Descriptors.  Eight are one cache line, with a lock of their own; a lookup takes no
 * reference while one thread alone uses the table.
 */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"
#include "lib/atomic.h"
#include "core/spinlock.h"
#include "sched/rcu.h"
#include "fs/file.h"

struct rlimits;

/*
 * What a descriptor is: its file, and in the bits that a file's alignment leaves free the rest.
 * 0: not in use.
 */
typedef unsigned long fd_slot;
#define SLOT_LOCK     1ul /* of the first of a group: the lock of all eight */
#define SLOT_RESERVED 2ul /* given out; its file comes */
#define SLOT_CLOEXEC  4ul
#define SLOT_BITS     (SLOT_LOCK | SLOT_RESERVED | SLOT_CLOEXEC)
#define FD_GROUP      8u /* slots of a group: a cache line */

/*
 * Grown by replacement; the old one lives for a grace period.
 * Fields: [I] [g] the group's lock, read under RCU [l] fdtable.lock, read without
 */
struct fd_array {
	u32 size;	 /* [I] a multiple of 64 */
	u32 groups_used; /* [l] no descriptor was in use in this group or behind */
	fd_slot *slots;	 /* [g] */
	u64 *full;	 /* [l] a bit per group: none is free in it; set when that is noticed */
	u64 *full_words; /* [l] a bit per word of full */
	u32 low;	 /* [l] all words of full before this one are */
	struct rcu_head rcu;
};

/*
 * What look-ups read fills the first cache line; opening and closing write to the group's.
 * Fields: [I] [a] atomic [l] lock
 */
struct fdtable {
	struct atomic users;	/* [a] threads that use it; the last one closes all */
	struct refcount refs;	/* [a] one for all users, one for each visitor */
	struct atomic nlocks;	/* [a] record locks that it owns (F_SETLK) */
	struct fd_array *array; /* [l] read under RCU; replaced with all groups locked */
	struct fd_array first;	/* for the first 64 */
	struct spinlock lock;	/* rank LOCK_FDTABLE; inside a group's */
	u64 first_full, first_full_words;
	u64 unused[3]; /* the slots begin a cache line */
	fd_slot first_slots[64];
};

struct fd_ref {
	struct file *file; /* NULL: -EBADF */
	bool counted;
};

struct fdtable *fdtable_new(void); /* NULL: ENOMEM */
/* fork: copies all open descriptors; NULL: ENOMEM */
struct fdtable *fdtable_fork(struct fdtable *src);
void fdtable_get(struct fdtable *fds);
void fdtable_put(struct fdtable *fds); /* last closes all; sleeps */
static inline bool fdtable_is_shared(struct fdtable *fds)
{
	return atomic_read(&fds->users) > 1;
}
/*
 * A visitor looks into somebody else's table (procfs, pidfd_getfd).  It is no
 * user: lookups of a lone owner still borrow, an exec keeps its table, and
 * descriptors do not stay open for its sake.  Called where the owner cannot
 * let go of the table; the file has a reference, NULL where there is none.
 */
void fdtable_visit(struct fdtable *fds);
struct file *fdtable_visit_file(struct fdtable *fds, unsigned fd);
void fdtable_leave(struct fdtable *fds);
void fdtable_close_on_exec(struct fdtable *fds);

/* n lowest free descriptors below RLIMIT_NOFILE; -EMFILE, -ENOMEM. */
#define FS_NR_OPEN_MAX (1 << 20)
extern int fs_nr_open; /* fs.nr_open: descriptors of a process; read racily */
int fdtable_reserve(struct fdtable *fds, int n, int *out) __must_check;
/* One, not below min (F_DUPFD). */
int fdtable_reserve_from(struct fdtable *fds, u32 min) __must_check;
/* Takes over the reference. */
void fdtable_install(struct fdtable *fds, int fd, struct file *file, bool cloexec);
void fdtable_release(struct fdtable *fds, int n, const int *fd);
/* reserve + install of one; takes over the reference on success only. */
int fdtable_add(struct fdtable *fds, struct file *file, bool cloexec) __must_check;
int fdtable_close(struct fdtable *fds, unsigned fd); /* close(2) */
int fdtable_close_range(struct fdtable *fds, unsigned first, unsigned last, bool cloexec);
int fdtable_dup2(struct fdtable *fds, struct file *file, unsigned fd, bool cloexec);
int fdtable_set_cloexec(struct fdtable *fds, unsigned fd, bool cloexec);
int fdtable_get_cloexec(struct fdtable *fds, unsigned fd);
/*
 * Bytes that the table and what is open in it take, for the choice of an out-of-memory
 * victim.  A file or its pages count once for each @mark, which is never 0; the caller
 * keeps others from marking (proc/oom.c).
 */
size_t fdtable_held(struct fdtable *fds, u32 mark);
/* Next open descriptor >= fd, or -1 (procfs). */
int fdtable_next(struct fdtable *fds, unsigned fd);
/* RLIMIT_NOFILE of who calls: defined in syscall/fd.c (unit tests bring their own). */
u64 fdtable_limit(void);

struct file *fdtable_lookup_slow(struct fdtable *fds, unsigned fd);

/* NULL: not in use, or reserved. */
static inline struct file *fd_slot_file(fd_slot slot)
{
	return unlikely(slot <= SLOT_BITS) ? NULL : (struct file *)(slot & ~SLOT_BITS);
}

static inline struct file *fdtable_peek(struct fdtable *fds, unsigned fd)
{
	struct fd_array *array = load_acquire(&fds->array);

	if (unlikely(fd >= array->size))
		return NULL;
	return fd_slot_file(READ_ONCE(array->slots[fd]));
}

/* Borrowed while the table is unshared, else counted; includes O_PATH files. */
static inline struct fd_ref fd_get_raw(struct fdtable *fds, int fd)
{
	if (likely(atomic_read(&fds->users) == 1))
		return (struct fd_ref){ fdtable_peek(fds, fd), false };
	return (struct fd_ref){ fdtable_lookup_slow(fds, fd), true };
}

static inline void fd_put(struct fd_ref ref)
{
	if (ref.counted && ref.file)
		file_put(ref.file);
}

/* As fd_get_raw, but O_PATH descriptors are -EBADF, that is file == NULL. */
static inline struct fd_ref fd_get(struct fdtable *fds, int fd)
{
	struct fd_ref ref = fd_get_raw(fds, fd);

	if (likely(ref.file) && unlikely(ref.file->mode & FMODE_PATH)) {
		fd_put(ref);
		ref.file = NULL;
	}
	return ref;
}

/* Always counted (kept beyond the call: mmap, SCM_RIGHTS, epoll). NULL: EBADF */
static inline struct file *fd_get_file(struct fdtable *fds, int fd)
{
	struct fd_ref ref = fd_get(fds, fd);

	if (ref.file && !ref.counted)
		file_get(ref.file);
	return ref.file;
}
