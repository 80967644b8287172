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
#include "fs/path.h"

struct fs_type;
struct superblock;

struct mount_namespace {
	struct mutex lock;	 /* rank LOCK_MOUNT */
	struct mount *root;	 /* [l] */
	struct list_node mounts; /* [l] all, in order of mounting */
	u64 event;		 /* [l] counts changes: poll of /proc/mounts */
};

/* Fields: [I] immutable [a] atomic [n] namespace lock, and dcache.lock, read under RCU + dcache.seq */
struct mount {
	struct mount *hash_next;    /* [n] */
	struct mount *parent;	    /* [n] NULL for the root and when detached */
	struct dentry *mountpoint;  /* [n] counted, in parent */
	struct dentry *root;	    /* [I] counted */
	struct superblock *sb;	    /* [I] counted */
	u32 flags;		    /* [a] MNT_* below */
	struct atomic refs;	    /* [a] below 0: dead */
	s32 id;			    /* [I] mountinfo */
	u32 nchildren;		    /* [n] */
	struct mount_namespace *ns; /* [n] NULL when detached */
	struct list_node list;	    /* [n] ns->mounts */
	char *source;		    /* [I] as given to mount(2), or NULL */
	struct rcu_head rcu;
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
/* For the kernel at boot: mount @type on @target ("/dev"). */
int mount_kernel(const struct caller *caller, const char *source, const char *type,
		 const char *target, u64 flags, const char *options) __must_check;
/* May this mount be written?  -EROFS. */
int mount_writable(const struct mount *mount);
/* Calls fn for each mount reachable from root, in order; lock held. */
int mount_for_each(const struct path *root, int (*fn)(struct mount *mount, void *arg), void *arg);
