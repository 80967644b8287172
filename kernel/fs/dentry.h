/*
 * A name in a directory.  All cached names are in one hash table that path walk
 * reads without a lock.  Who changes what under which lock: fs/dentry.c.
 */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"
#include "lib/list.h"
#include "lib/atomic.h"
#include "sched/rcu.h"

struct inode;
struct name;
struct superblock;

enum {
	DENTRY_HASHED = 1 << 0,	 /* findable */
	DENTRY_MOUNTED = 1 << 1, /* a mount covers it somewhere */
	DENTRY_LINKED = 1 << 2,	 /* the name itself is a reference (SB_MEMORY) */
	DENTRY_LRU = 1 << 3,
	DENTRY_LONG = 1 << 4, /* name is allocated */
	DENTRY_ROOT = 1 << 5,
	DENTRY_DONTCACHE = 1 << 6,
	DENTRY_KEEP = 1 << 7, /* CPUs may keep references (fs/dentry_kept.c) */
};

#define DENTRY_INLINE_NAME 32 /* with the final NUL and padding */

/*
 * Two cache lines of its own: what a walk reads, then what each new name beside it writes.
 * Fields: [I] immutable  [a] atomic  [c] the chain's lock, read under RCU + dcache.seq
 * [d] dcache.lock, read under RCU + dcache.seq  [n] the names of the parent: its inode's lock
 * in an SB_MEMORY directory, else dcache.lock
 */
#define DENTRY_ALIGN 128
struct dentry {
	struct dentry *hash_next; /* [c] */
	struct dentry *parent;	  /* [d] counted; a root's is itself */
	u32 hash;		  /* [d] of the name */
	u16 len;		  /* [d] */
	u8 kept_by;		  /* [a] who keeps references: dentry_kept.c */
	u8 list;		  /* [n] of the directory's lists the one it is on */
	const char *name;	  /* [d] NUL-terminated, zero padded to 8 */
	struct inode *inode;	  /* NULL: negative; set once, released */
	u32 flags;		  /* [a] DENTRY_*, plain before it can be found */
	struct atomic refs;	  /* [a] below 0: dead */
	struct superblock *sb;	  /* [I] */
	u64 inline_name[DENTRY_INLINE_NAME / 8];
	union {
		struct list_node lru; /* [d] */
		struct rcu_head rcu;
	};
	u64 cookie;		    /* [n] readdir position, descending in the list */
	struct dentry *sibling;	    /* [n] the next older name on the list */
	struct dentry **sibling_at; /* [n] what points here; NULL: in no directory */
};
static_assert(sizeof(struct dentry) == DENTRY_ALIGN, "no line has two dentries");

void dcache_init(void);
struct dentry *dentry_new_root(struct superblock *sb, struct inode *inode);
void dentry_put_root(struct dentry *root); /* and all names below it */
struct dentry *dentry_new_detached(struct superblock *sb, const struct name *name);
/* New, unhashed, refs 1; takes a reference to the parent. NULL: ENOMEM. */
struct dentry *dentry_new(struct dentry *parent, const struct name *name);
/* Takes over the caller's reference to inode. */
void dentry_set_inode(struct dentry *dentry, struct inode *inode);
void dentry_hash(struct dentry *dentry);
/* For SB_MEMORY: hash with one more reference.  The directory is locked, as for the next two. */
void dentry_link(struct dentry *dentry);
/* Unless there is such a name: false. */
bool dentry_link_new(struct dentry *dentry) __must_check;
/* The name is gone: unhash, and drop what dentry_link took. */
void dentry_unlink(struct dentry *dentry);
void dentry_drop(struct dentry *dentry);     /* unhash only */
bool dentry_get_live(struct dentry *dentry); /* false if dead */
void dentry_get_kept(struct dentry *dentry), dentry_put_kept(struct dentry *dentry);
void dentry_put_last(struct dentry *dentry); /* refs is 0 */

static inline void dentry_get(struct dentry *dentry)
{
	if (READ_ONCE(dentry->flags) & DENTRY_KEEP)
		dentry_get_kept(dentry);
	else
		atomic_inc(&dentry->refs);
}

/* May sleep at the last. */
static inline void dentry_put(struct dentry *dentry)
{
	if (READ_ONCE(dentry->flags) & DENTRY_KEEP)
		dentry_put_kept(dentry);
	else if (unlikely(atomic_sub_return(&dentry->refs, 1) == 0))
		dentry_put_last(dentry);
}

/* Referenced, or NULL on a miss (parent's lock makes the miss definite). */
struct dentry *dentry_lookup(struct dentry *parent, const struct name *name);
void dentry_move(struct dentry *dentry, struct dentry *new_parent, struct dentry *target,
		 bool exchange);
bool dentry_is_ancestor(const struct dentry *ancestor, const struct dentry *dentry);
/* SB_MEMORY, and its inode locked, or it may have changed by now. */
bool dentry_has_children(const struct dentry *dentry);
/* Forget all unused cached names below (umount, procfs process exit). */
void dentry_prune(struct dentry *root);
size_t dcache_shrink(size_t count); /* for reclaim: dentries freed */
u32 name_hash(const char *str, u32 len);
void name_init(struct name *name, const char *str);

struct dcache_stats {
	u64 dentries, unused;
};
void dcache_stats(struct dcache_stats *out);
