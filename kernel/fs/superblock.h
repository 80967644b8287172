/*
 * One mounted file system instance, shared by all mounts of it.  File system
 * types are listed in fs/table.c.
 */
#pragma once
#include "abi/dev.h"
#include "lib/types.h"
#include "lib/annotate.h"
#include "lib/list.h"
#include "lib/atomic.h"
#include "core/percpu.h"
#include "core/refcount.h"
#include "sched/rcu.h"

struct caller;
struct dentry;
struct file;
struct inode;
struct superblock;
struct kstatfs;

enum {
	SB_MEMORY = 1 << 0,    /* the dentry cache is the directory: a miss is ENOENT */
	SB_DONTCACHE = 1 << 1, /* drop dentries at their last put (procfs) */
	SB_RDONLY = 1 << 2,    /* [a] remount ro of the whole instance */
	SB_NODEV = 1 << 3,     /* device nodes never open here */
	SB_NOEXEC = 1 << 4,
	SB_NOSUID = 1 << 5,
	SB_NOATIME = 1 << 6,
	SB_FILEATTR = 1 << 7, /* files have chattr(1) flags: FS_IOC_SETFLAGS */
};

struct super_ops {
	int (*statfs)(struct superblock *sb, struct kstatfs *out);
	/* Last reference to the inode is gone; frees what hangs on it. May sleep. */
	void (*evict)(struct inode *inode);
	/* After a grace period: frees the memory.  NULL: inode_free_default. */
	void (*free)(struct inode *inode);
	int (*sync)(struct superblock *sb);
	int (*remount)(struct superblock *sb, const char *options);
	void (*release)(struct superblock *sb); /* frees priv */
	/* Appends ",size=64k" and the like; returns the length as snprintf. */
	int (*show_options)(struct superblock *sb, char *buf, size_t size);
};

/* What a CPU counts for itself; in a cache line that others do not write. */
struct superblock_cpu {
	u64 last_ino; /* inode_next_ino(): a batch is used up at its multiples */
	s64 nameless; /* inodes in use that have no link left: became less went; the sum counts */
	struct atomic may_make; /* [a] tmpfs: inodes that the CPU may make (inode_count.c) */
	u32 unused[11];		/* to the line's length */
};

struct superblock {
	struct refcount refs;	     /* [a] mounts and open holders */
	u32 flags;		     /* [a] SB_* */
	const struct fs_type *type;  /* [I] */
	const struct super_ops *ops; /* [I] */
	struct dentry *root;	     /* [I] counted */
	u64 dev;		     /* [I] once seen; st_dev, kernel encoding */
	u32 magic;		     /* [I] statfs f_type */
	u32 block_size;		     /* [I] */
	u64 max_file_size;	     /* [I] */
	u64 next_ino;		     /* [a] the next batch, see inode_next_ino */
	void *priv;		     /* [I] */
	struct list_node list;	     /* superblock list lock */
	struct list_node mounts;     /* its mounts, also detached ones (mount.c) */
	struct rcu_head rcu;
	struct superblock_cpu cpu[] __aligned(64); /* cpu_possible_count */
};

struct fs_params {
	const struct caller *caller; /* NULL for the kernel */
	const char *source;	     /* may be NULL */
	const char *options;	     /* may be NULL */
	u64 flags;		     /* MS_* */
};

struct fs_type {
	const char *name;
	u32 flags; /* FS_NODEV: no block device */
	int (*mount)(const struct fs_params *params, struct superblock **out);
};
enum { FS_NODEV = 1 << 0 };

extern const struct fs_type *const fs_table[]; /* fs/table.c; NULL: not built */
extern const unsigned fs_table_count;
const struct fs_type *fs_type_find(const char *name, size_t len);

struct superblock *superblock_new(const struct fs_type *type,
				  const struct super_ops *ops); /* NULL: ENOMEM */
/* The device number of files without a name, as on Linux: memfds, shared memory. */
#define NAMELESS_DEV dev_make(0, 1)
/* @sb, which nobody has seen yet, is their instance. */
void superblock_make_nameless(struct superblock *sb);
void superblock_get(struct superblock *sb);
void superblock_put(struct superblock *sb);
int superblock_sync_all(void);
static inline struct superblock_cpu *superblock_cpu(struct superblock *sb)
{
	return &sb->cpu[cpu_id()];
}
/* Walks next option of "a,b=c,d": returns false at the end. */
bool fs_option_next(const char **cursor, char *key, size_t key_size, char *value,
		    size_t value_size);
