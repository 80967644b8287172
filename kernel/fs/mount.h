/*
 * The mount tree.  A mount attaches (part of) a superblock to a dentry of its
 * parent mount.  Lookups in the (parent, dentry) hash take no lock.
 */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"
#include "lib/list.h"
#include "lib/atomic.h"
#include "sched/mutex.h"
#include "sched/rcu.h"
#include "sched/waitq.h"
#include "fs/path.h"

struct fs_type;
struct superblock;

/* One for each processor; the sums count (mount_count.c). */
struct mount_count {
	s32 refs, writers; /* [c] that processor, not in interrupts */
	u8 pad[56];	   /* a cache line to itself */
};

struct mount_namespace {
	struct mutex lock;			   /* rank LOCK_MOUNT */
	struct mount *root;			   /* [l] */
	struct list_node mounts GUARDED_BY(&lock); /* [l] all, in order of mounting */
	u64 event;				   /* [l] counts changes; read freely */
	struct waitq changed;			   /* poll of /proc/mounts */
};

/* Fields: [I] immutable [a] atomic [n] namespace lock, [h] and dcache.lock, read under
 * RCU + dcache.seq; [s] the lock of superblocks' mounts (mount.c) */
struct mount {
	struct mount *hash_next;    /* [h] */
	struct mount *parent;	    /* [h] NULL for the root and when detached */
	struct dentry *mountpoint;  /* [h] counted, in parent */
	struct dentry *root;	    /* [I] counted */
	struct superblock *sb;	    /* [I] counted */
	u32 flags;		    /* [n] written, read freely: MNT_* below */
	s32 id;			    /* [I] mountinfo */
	struct mount_namespace *ns; /* [n] NULL when detached, or not yet attached */
	struct list_node list;	    /* [n] ns->mounts */
	struct list_node children;  /* [n] of what is mounted on it */
	struct list_node child;	    /* [n] parent's children */
	struct list_node sb_mounts; /* [s] all of its superblock */
	char *source;		    /* [I] as given to mount(2), or NULL */
	/* Propagation (mount_share.c). */
	u32 group;		 /* [n] its peer group's number, 0: not shared */
	struct list_node peers;	 /* [n] a ring without a head */
	struct mount *master;	 /* [n] one of the group it is slave to, or NULL */
	struct list_node slaves; /* [n] that call it master */
	struct list_node slave;	 /* [n] master's slaves */
	struct list_node target; /* [n] while something propagates */
	struct mount *copy;	 /* [n] the copy that goes there */
	struct rcu_head rcu;
	struct mount_count *counts; /* [I] of references and of files open for writing */
	bool by_cpu;		    /* [n] read freely: nobody's put is the last */
};

enum {
	MNT_RDONLY = 1,
	MNT_NOSUID = 2,
	MNT_NODEV = 4,
	MNT_NOEXEC = 8,
	MNT_NOATIME = 16,
	MNT_NODIRATIME = 32,
	MNT_RELATIME = 64,
	MNT_STRICTATIME = 128,
	MNT_DETACHED = 256,
	MNT_EXPIRED = 512,
	MNT_UNBINDABLE = 1024,
	MNT_WRITE_HOLD = 2048, /* remount is looking whether somebody writes */
	MNT_SHARING = 4096,    /* got its group from a mount(2) that may still fail */
};

extern struct mount_namespace mount_root_ns;

/* Mounts the first root (a tmpfs), referenced path in *out. */
int mount_init_root(const struct fs_type *type, const char *options, struct path *out) __must_check;
/* Outside the tree, for files without a name (memfd).  NULL: ENOMEM. */
struct mount *mount_new_internal(struct superblock *sb);
void mount_get(struct mount *mount);
bool mount_get_live(struct mount *mount);
void mount_put(struct mount *mount);
/* The mount on top of @path, or NULL; not referenced, caller under RCU. */
struct mount *mount_covering(const struct mount *parent, const struct dentry *dentry);

/* mount(2) and friends; all take kernel strings. */
int vfs_mount(const struct caller *caller, const char *source, const char *target, const char *type,
	      u64 flags, const char *options) __must_check;
int vfs_umount(const struct caller *caller, const char *target, int flags) __must_check;
int vfs_pivot_root(const struct caller *caller, const char *new_root, const char *put_old)
	__must_check;
extern int mount_max; /* fs.mount-max: how many there may be; read racily */
/* May this mount be written?  -EROFS. */
int mount_writable(const struct mount *mount);
/* The same for as long as a file is open: while so, no remount makes it read-only. */
int mount_get_write(struct mount *mount) __must_check;
void mount_put_write(struct mount *mount);
/* Calls fn for each mount reachable from root, in order; lock held. */
int mount_for_each(const struct path *root, int (*fn)(struct mount *mount, void *arg), void *arg);
/* Within fn: the group that events come from, of those that can be seen below root; 0: none. */
u32 mount_visible_master(const struct mount *mount, const struct path *root);
