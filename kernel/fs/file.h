/*
 * An open file: what a descriptor points at.  Every object with a descriptor
 * (file, pipe, socket, eventfd, ...) is one, with its own file_ops.
 */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"
#include "lib/list.h"
#include "core/refcount.h"
#include "core/spinlock.h"
#include "sched/mutex.h"
#include "sched/rcu.h"
#include "fs/path.h"

struct cred;
struct dir_emit;
struct file;
struct inode;
struct kstat;
struct poll_table;
struct sigio_list; /* fs/sigio.h */
struct region;	   /* vm/region.h */
struct seq;	   /* fs/seq.h */
struct uio;	   /* mem/uio.h */

/* As *pos of a write: at the end of the file, wherever that is then (RWF_APPEND). */
#define FILE_POS_APPEND ((u64)S64_MAX + 1)

/* NULL members: read, write -EINVAL; ioctl -ENOTTY; poll always ready; mmap
 * -ENODEV; readdir -ENOTDIR; llseek the generic one (-ESPIPE for FILE_STREAM). */
struct file_ops {
	/* *pos is advanced.  FILE_STREAM files get pos == NULL. */
	long (*read)(struct file *file, struct uio *dst, u64 *pos);
	long (*write)(struct file *file, struct uio *src, u64 *pos);
	long (*ioctl)(struct file *file, unsigned cmd, unsigned long arg);
	u32 (*poll)(struct file *file, struct poll_table *pt);
	int (*mmap)(struct file *file, struct region *region);
	int (*readdir)(struct file *file, struct dir_emit *emit);
	s64 (*llseek)(struct file *file, s64 offset, int whence);
	int (*flush)(struct file *file);    /* at each close of a descriptor */
	void (*release)(struct file *file); /* once, at the last put; may sleep */
	int (*fsync)(struct file *file, bool data_only);
	long (*fallocate)(struct file *file, int mode, u64 offset, u64 len);
	int (*set_flags)(struct file *file, u32 flags); /* F_SETFL, may veto */
	/* O_ASYNC: where the object's files register; and what else that means */
	struct sigio_list *(*sigio)(struct file *file);
	void (*sigio_on)(struct file *file);
	void (*getattr)(struct file *file, struct kstat *stat); /* refines fstat */
	/* Bytes that go when the object goes, about; no lock, an old value does. */
	size_t (*held)(const struct file *file);
	/* open("/proc/self/fd/N") of a file without a path; NULL: -ENXIO */
	int (*reopen)(struct file *old, u32 flags, struct file **out);
	/* /proc/self/fd/N text; NULL: "anon_inode:[name]"; as snprintf */
	int (*describe)(struct file *file, char *buf, size_t size);
	void (*fdinfo)(struct file *file, struct seq *s); /* more lines of /proc/PID/fdinfo/N */
	const char *name; /* "eventpoll", "pipe": for /proc and logs */
	u32 flags;	  /* FILE_* */
	u32 mode;	  /* anonymous: st_mode (S_IFIFO | 0600); 0: 0600 */
};

enum {
	FILE_STREAM = 1 << 0,	 /* no position: lseek -ESPIPE */
	FILE_NOWAIT_OK = 1 << 1, /* RWF_NOWAIT is meaningful */
	FILE_PACKETS = 1 << 2,	 /* O_DIRECT is meaningful: a pipe's packets */
	/* splice and sendfile refuse it, as on Linux */
	FILE_NO_SPLICE_FROM = 1 << 3,
	FILE_NO_SPLICE_TO = 1 << 4,
	FILE_NO_SPLICE = FILE_NO_SPLICE_FROM | FILE_NO_SPLICE_TO,
};

enum {
	FMODE_READ = 1,
	FMODE_WRITE = 2,
	FMODE_PATH = 4,
	FMODE_EXEC = 8,
	FMODE_WRITER = 16, /* counted in inode->writers and mount->writers */
	FMODE_LOCKS = 32,  /* flock or OFD lock was taken through it */
};

/* Fields: [I] immutable  [a] atomic  [l] pos_lock  [e] epoll's global lock
 *	[o] who looks for an out-of-memory victim (proc/oom.c) */
struct file {
	u32 seen_error;		    /* [a] fsync error cursor */
	u32 oom_mark;		    /* [o] the last look that counted it (fdtable_held) */
	struct refcount refs;	    /* [a] read of freed files too (fdtable_lookup_slow) */
	u32 flags;		    /* [a] O_*, without O_CLOEXEC and O_CREAT */
	u32 mode;		    /* [I] FMODE_*, but FMODE_LOCKS is [a] */
	const struct file_ops *ops; /* [I] */
	struct inode *inode;	    /* [I] NULL for most anonymous files */
	struct path path;	    /* [I] counted; NULLs for anonymous files */
	u64 pos;		    /* [l] */
	void *priv;		    /* [I] the object's own */
	const struct cred *cred;    /* [I] counted: who opened it */
	struct mutex pos_lock;
	struct list_node epolls;  /* [e] epoll items that watch it */
	struct file_owner *owner; /* [a] F_SETOWN, O_ASYNC (fs/sigio.h), or NULL */
	u64 anon_ino;		  /* [I] st_ino of anonymous files, 0: from address */
	void *dir_cursor;	  /* [l] readdir */
	struct file *put_next;	  /* deferred release list */
};

struct dir_emit {
	/* false: no room; the entry is emitted again by the next call */
	bool (*emit)(struct dir_emit *emit, const char *name, size_t len, u64 ino, u8 type);
	u64 pos; /* where readdir starts and got to */
};
/* Emits and, if there was room, moves emit->pos to next. type is DT_*. */
static inline bool dir_emit(struct dir_emit *emit, const char *name, size_t len, u64 ino, u8 type,
			    u64 next)
{
	if (!emit->emit(emit, name, len, ino, type))
		return false;
	emit->pos = next;
	return true;
}
/* "." at pos 0 and ".." at pos 1; the directory's own entries start at 2. */
bool dir_emit_dots(struct file *file, struct dir_emit *emit);

void file_init(void); /* at boot */
/* Who opens now: defined in syscall/fd.c (unit tests bring their own). */
const struct cred *file_current_cred(void);
int file_new_anon(const char *name, const struct file_ops *ops, void *priv, u32 oflags,
		  struct file **out) __must_check;
/* For vfs_open and fifos: an empty file with refs 1.  -ENFILE: the system's limit.  -ENOMEM. */
int file_alloc(const struct cred *cred, u32 oflags, struct file **out) __must_check;
/* One whose open failed: only what file_alloc() took and the path, if set, go. */
void file_free_unopened(struct file *file);
/* RLIMIT_FSIZE of who writes: defined in syscall/fd.c, as file_current_cred. */
u64 file_size_limit(void);
u64 file_next_ino(void); /* st_ino for anonymous objects */

static inline void file_get(struct file *file)
{
	refcount_get(&file->refs);
}
/* The last put defers the release to return to user: callable anywhere. */
void file_put(struct file *file);
/* As file_put, but releases at once: no locks held, may sleep. */
void file_put_now(struct file *file);
/* Return to user with WORK_FILE_PUT set: releases what was deferred. */
void file_run_deferred(void);

long file_describe(struct file *file, const struct path *root, char *buf, size_t size);
int file_getattr(struct file *file, struct kstat *stat);
/* st_ino and st_dev as file_getattr() tells them. */
u64 file_ino(const struct file *file);
u64 file_dev(const struct file *file);
s64 file_llseek_noop(struct file *file, s64 offset, int whence);
s64 file_llseek_generic(struct file *file, s64 offset, int whence);
s64 file_llseek_size(struct file *file, s64 offset, int whence, u64 size, u64 max);
/* After a write, inode locked: drops set-ID bits unless CAP_FSETID. */
void file_remove_suid(struct file *file);
struct file_stats {
	u64 open, max;
};
void file_stats(struct file_stats *out);
void file_set_max(u64 max);
