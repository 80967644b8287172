/*
 * namei_walk.h - a path walk under way: for namei.c, namei_slow.c and path.c.
 */
#pragma once
#include "fs/dcache_internal.h"
#include "fs/mount.h"
#include "fs/namei_internal.h"
#include "fs/path.h"
#include "lib/annotate.h"

#define LOCK_AFTER 4 /* repeats before segments hold dcache.lock */

enum walk_result {
	WALK_DONE = 0,
	WALK_MISS = 1, /* ask the file system for name */
	WALK_LINK = 2, /* link text or jump needs sleep */
};

struct walk {
	/* Where it is.  Borrowed from the cache within a segment. */
	struct mount *mount;
	struct dentry *dentry;
	struct inode *inode;
	const char *rest;    /* not yet walked of the innermost string */
	const char *next;    /* on a miss or link: behind the component */
	struct dentry *link; /* WALK_LINK: the symbolic link */
	struct name last;    /* the component; LOOKUP_PARENT: the last */
	u32 seq;
	unsigned flags; /* LOOKUP_* */
	u8 depth;	/* used slots of stack */
	u8 nlinks;	/* symbolic links followed */
	u8 repeats;
	enum last_type last_type : 8;
	bool need_dir;	 /* a slash follows the last component */
	bool in_link;	 /* rest lies in an inode's link text */
	bool locked;	 /* the segment holds dcache.lock */
	bool root_owned; /* root is referenced */

	const struct caller *caller;
	struct path root;    /* where ".." and "/" end */
	struct path anchor;  /* referenced, or NULLs */
	struct dentry *held; /* referenced: found by a slow lookup */
	char *flat;	     /* allocated copy of what is left, or NULL */
	struct file *anon;   /* referenced: a magic link's file */
	const struct path *base;
	const struct path *from; /* LOOKUP_FROM: where a relative name begins below base */
	const char *name;
	const char *stack[MAX_LINKS]; /* rest of the outer strings */
};

/* These two: whether the lock is held is in w->locked, where the analysis does not look. */
static inline void segment_begin(struct walk *w) NO_THREAD_SAFETY
{
	if (unlikely(w->repeats > LOCK_AFTER)) {
		spin_lock(&dcache.lock);
		w->locked = true;
		return;
	}
	w->seq = seq_read_begin(&dcache.seq);
}

/* Ends the segment.  False: what it saw may never have been so. */
static inline bool segment_end(struct walk *w) NO_THREAD_SAFETY
{
	if (unlikely(w->locked)) {
		w->locked = false;
		spin_unlock(&dcache.lock);
		return true;
	}
	return !seq_read_retry(&dcache.seq, w->seq);
}

static inline void walk_go(struct walk *w, struct mount *mount, struct dentry *dentry)
{
	w->mount = mount;
	w->dentry = dentry;
	w->inode = dentry->inode;
}

/* Drops every reference the walk holds.  Sleeps. */
static inline void walk_release(struct walk *w)
{
	if (unlikely(w->anchor.mount)) {
		path_put(&w->anchor);
		w->anchor = (struct path){ NULL, NULL };
	}
	if (unlikely(w->held)) {
		dentry_put(w->held);
		w->held = NULL;
	}
	if (unlikely(w->root_owned)) {
		path_put(&w->root);
		w->root_owned = false;
	}
}

/* namei.c: runs the walk to its end; see there. */
int walk_run(struct walk *w) __must_check;
/* What it saw changed meanwhile: once more from the start. */
__cold void walk_repeat(struct walk *w);

/* namei_slow.c: sleeps where the segment could not.  1: go on; 0: repeat; or an error. */
int walk_slow(struct walk *w, bool link) __must_check;
/* Copies @first, then what is left on the stack, to memory of our own. */
int walk_flatten(struct walk *w, const char *first, const char *then) __must_check;
