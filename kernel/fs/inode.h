/*
 * An inode: the file itself, without a name.  Freed after an RCU grace period,
 * so the lock-free path walk may look at one that is going away.
 */
#pragma once
#include "abi/dev.h"
#include "fs/mount.h"
#include "lib/types.h"
#include "lib/annotate.h"
#include "lib/list.h"
#include "core/refcount.h"
#include "core/spinlock.h"
#include "sched/mutex.h"
#include "sched/rcu.h"

struct caller;
struct cred;
struct dentry;
struct file;
struct file_ops;
struct inode;
struct page_cache; /* vm/page_cache.h */
struct path;
struct superblock;

enum { MAY_EXEC = 1, MAY_WRITE = 2, MAY_READ = 4, MAY_APPEND = 8 };

enum {
	INODE_REVALIDATE = 1 << 0, /* ops->revalidate before a cached use */
	INODE_APPEND = 1 << 1,
	INODE_IMMUTABLE = 1 << 2,
	INODE_DEAD = 1 << 3,	    /* a removed directory: no entries any more */
	INODE_PRIVATE = 1 << 4,	    /* no name: memfd, anonymous file */
	INODE_LOOKUP_SLOW = 1 << 5, /* ops->permission exists: no short cut */
	INODE_ATIME_OLD = 1 << 6,   /* [a] atime was a day old when last looked at */
	INODE_NODUMP = 1 << 7,	    /* for backup programs */
	INODE_NOATIME = 1 << 8,
	INODE_LINKABLE = 1 << 9, /* O_TMPFILE: linkat() may give it a first name */
};

enum {
	ATTR_MODE = 1,
	ATTR_UID = 2,
	ATTR_GID = 4,
	ATTR_SIZE = 8,
	ATTR_ATIME = 16,
	ATTR_MTIME = 32,
	ATTR_CTIME = 64,
};

struct inode_attr {
	u32 valid; /* ATTR_* */
	u32 mode;
	u32 uid, gid;
	u64 size;
	s64 atime, mtime, ctime; /* ns since 1970 */
};

/* A file to be made: the type is in mode. */
struct inode_new {
	u32 mode; /* S_IF* | permissions, umask applied */
	u32 uid, gid;
	u64 rdev;
	const char *link; /* S_IFLNK: the target */
	u32 link_len;
};

struct kstat {
	u64 dev, ino, rdev, size, blocks; /* blocks of 512 bytes */
	u32 mode, nlink, uid, gid, blksize;
	u32 attributes; /* STATX_ATTR_* */
	u64 mount_id;
	s64 atime, mtime, ctime, btime; /* ns since 1970 */
};

struct kstatfs {
	u64 type, block_size, blocks, blocks_free, blocks_avail;
	u64 files, files_free, fsid, name_max, fragment_size, flags;
};

struct rename_args {
	struct inode *old_dir, *new_dir;
	struct dentry *old, *new; /* new may be negative */
	bool exchange;
	bool whiteout; /* something else takes the old name */
};

/* make() sets the new inode's nlink, and create(), for a directory, the parent's; what
 * link, unlink, rmdir and rename do to link counts and times is done by the
 * callers (fs/dirops.c), as is dentry_unlink() and dentry_move().
 *
 * All may sleep unless said otherwise; `dir` is locked (dir->lock) in those
 * that change it and in lookup.  NULL means not supported (-EPERM or as named). */
struct inode_ops {
	/* Sets the inode with dentry_set_inode(), or leaves it negative. */
	int (*lookup)(struct inode *dir, struct dentry *dentry);
	/* An inode without a name, for create() or for good; `dir` is not locked. */
	int (*make)(struct inode *dir, const struct inode_new *new, struct inode **out);
	/* Enters a name that nobody has seen, whose inode make() has made. -EEXIST: it is there. */
	int (*create)(struct inode *dir, struct dentry *dentry);
	int (*link)(struct inode *dir, struct dentry *dentry, struct inode *inode);
	int (*unlink)(struct inode *dir, struct dentry *dentry);
	int (*rmdir)(struct inode *dir, struct dentry *dentry);
	int (*rename)(const struct rename_args *args);
	/* Symbolic links whose text is not in inode->link: bytes, not terminated. */
	long (*readlink)(struct inode *inode, const struct caller *caller, char *buf, size_t size);
	/* Magic links: jumps to *out (referenced), or to *anon if that has no path. */
	int (*follow)(struct inode *inode, const struct caller *caller, struct path *out,
		      struct file **anon);
	/* Applies ATTR_*; NULL: inode_setattr_default. inode->lock held. */
	int (*setattr)(struct inode *inode, const struct inode_attr *attr);
	/* After the generic fields are filled in; NULL: nothing to add.  */
	void (*getattr)(struct inode *inode, struct kstat *stat);
	/* Must not sleep.  NULL: mode bits.  Set INODE_LOOKUP_SLOW with it. */
	int (*permission)(struct inode *inode, const struct caller *caller, u32 mask);
	/* Must not sleep: is the cached name still right?  (INODE_REVALIDATE) */
	bool (*revalidate)(struct inode *inode, struct dentry *dentry);
	/* ops for this opening are in inode->file_ops; called after they are set. */
	int (*open)(struct inode *inode, struct file *file);
	long (*getxattr)(struct inode *inode, const char *name, void *buf, size_t size);
	int (*setxattr)(struct inode *inode, const char *name, const void *value, size_t size,
			int flags); /* value NULL: remove */
	long (*listxattr)(struct inode *inode, char *buf, size_t size, bool trusted);
	/* The directory is about to be removed: -ENOTEMPTY. NULL: children list. */
};

/*
 * Fields: [I] immutable after publication  [a] atomic, or one word read without
 * a lock  [l] inode.lock  [x] inode.small_lock  [o] the file system's
 */
struct inode {
	u32 mode;			 /* [l] written whole, read freely */
	u32 uid, gid;			 /* [l] */
	u32 flags;			 /* [l] INODE_* */
	const struct inode_ops *ops;	 /* [I] */
	const struct file_ops *file_ops; /* [I] for open() */
	struct superblock *sb;		 /* [I] */
	u64 ino;			 /* [I] */
	const char *link;		 /* [I] symlink text, NUL-terminated, or NULL */
	struct page_cache *cache;	 /* [I] or NULL */
	/* A walk reads what is above; a change of a directory writes this line. */
	struct mutex lock; /* directory changes, writes, setattr */
	u64 size;	   /* [l] read freely */
	s64 mtime, ctime;  /* [a] ns since 1970 */
	union {
		struct dentry *children; /* a directory's names, see memory_dir: [n] of dentry.h */
		void *ipc;		 /* [x] named pipe or bound socket */
	};
	u32 nlink;		    /* [l] */
	struct spinlock small_lock; /* leaf: locks, ipc */
	struct refcount refs;	    /* [a] dentries and private holders */
	s32 writers;		    /* [a] >0 open for write, <0 denied (exec) */
	s64 atime, btime;	    /* [a] ns since 1970 */
	u64 blocks;		    /* [a] of 512 bytes; getattr may refine */
	u64 rdev;		    /* [I] devices, kernel encoding */
	struct file_locks *locks;   /* [x] flock and record locks, or NULL */
	u32 seals;		    /* [x] F_SEAL_*, memfd */
	u8 write_hint;		    /* [a] F_SET_RW_HINT */
	void *priv;		    /* [o] */
	struct rcu_head rcu;
};

/*
 * Of a directory in an SB_MEMORY file system.  Its names are on a few lists, each the newest
 * first, by the processor that made them: or making and removing a name would write to the
 * neighbours that others have made.  The first list is inode.children.
 */
enum { DIR_LISTS = 4 };
struct memory_dir {
	struct inode inode;
	struct dentry *more[DIR_LISTS - 1]; /* [n] of dentry.h */
};

static inline struct dentry **memory_dir_list(struct inode *dir, unsigned list)
{
	return list ? &((struct memory_dir *)dir)->more[list - 1] : &dir->children;
}

/* Fills a zeroed or raw inode; refs = 1, times = now. */
void inode_init(struct inode *inode, struct superblock *sb, u32 mode);
struct inode *inode_new_alloc(struct superblock *sb, u32 mode); /* plain; NULL: ENOMEM */
/* inode->lock, or the inode is not yet to be seen.  A superblock counts its inodes
 * without a link: what is still to be deleted keeps it from being made read-only. */
void inode_add_link(struct inode *inode);
void inode_drop_link(struct inode *inode);
void inode_clear_links(struct inode *inode); /* none left */
void inode_get(struct inode *inode);
void inode_put(struct inode *inode); /* may sleep at the last */
u64 inode_next_ino(struct superblock *sb);
/* The next of numbers that a CPU takes @next from in batches; @last is the CPU's own. */
#define INO_BATCH 64
static inline u64 ino_from_batch(u64 *last, u64 *next)
{
	if (unlikely(*last % INO_BATCH == 0))
		*last = __atomic_fetch_add(next, INO_BATCH, __ATOMIC_RELAXED);
	return ++*last;
}

int inode_permission(const struct caller *caller, struct inode *inode, u32 mask);
bool inode_owner_or_capable(const struct caller *caller, const struct inode *inode);
void inode_getattr(struct inode *inode, struct kstat *stat);
int inode_setattr_default(struct inode *inode, const struct inode_attr *attr);
u64 inode_count(void); /* that there are in memory, about */
s64 inode_now(void);   /* the time for time stamps */
/* A read: sets atime if relatime wants it. */
void inode_touch_atime_slow(const struct mount *mount, struct inode *inode);
/* Is atime more than a day old?  Asked at open and utimes, so that a read need
 * not look at the clock. */
void inode_check_atime(struct inode *inode);
static inline void inode_touch_atime(const struct mount *mount, struct inode *inode)
{
	s64 atime = inode->atime;

	if (unlikely(atime <= inode->mtime || atime <= inode->ctime ||
		     (inode->flags & INODE_ATIME_OLD) ||
		     (mount && (mount->flags & MNT_STRICTATIME))))
		inode_touch_atime_slow(mount, inode);
}
/* exec: -ETXTBSY while open for writing; and the other way round. */
int inode_deny_write(struct inode *inode) __must_check;
void inode_allow_write(struct inode *inode);
int inode_get_write(struct inode *inode) __must_check;
void inode_put_write(struct inode *inode);

static inline bool inode_is_dir(const struct inode *i)
{
	return (i->mode & 0170000) == 0040000;
}
static inline bool inode_is_reg(const struct inode *i)
{
	return (i->mode & 0170000) == 0100000;
}
static inline bool inode_is_link(const struct inode *i)
{
	return (i->mode & 0170000) == 0120000;
}

/* dev_t is kept as programs see it: dev_make(), dev_major() of abi/dev.h. */

/* Layers above fs hook in here: named pipes (ipc), block devices (block). */
struct special_ops {
	int (*open)(struct inode *inode, struct file *file);
	void (*evict)(struct inode *inode); /* frees inode->ipc */
};
extern const struct special_ops *special_fifo; /* set once at boot */
extern const struct special_ops *special_block;
