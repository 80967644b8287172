/*
 * Root, working directory and umask: what CLONE_FS shares.
 */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"
#include "core/refcount.h"
#include "core/spinlock.h"
#include "fs/path.h"

/* Fields: [a] atomic [l] lock for writers; readers use seq under RCU */
struct fs_context {
	struct refcount refs; /* [a] processes */
	u32 seq;	      /* [l] odd while being changed */
	struct spinlock lock;
	u32 umask;	  /* [a] */
	struct path root; /* [l] counted */
	struct path cwd;  /* [l] counted */
};

struct fs_context *fs_context_new(const struct path *root); /* NULL: ENOMEM */
struct fs_context *fs_context_fork(struct fs_context *src); /* a copy */
void fs_context_get(struct fs_context *fs);
void fs_context_put(struct fs_context *fs);
void fs_context_root(struct fs_context *fs, struct path *out); /* referenced */
void fs_context_cwd(struct fs_context *fs, struct path *out);
/* Take over nothing: they take their own reference. */
void fs_context_set_root(struct fs_context *fs, const struct path *path);
void fs_context_set_cwd(struct fs_context *fs, const struct path *path);
/* True if root or working directory was @old and is @new now. */
bool fs_context_move(struct fs_context *fs, const struct path *old, const struct path *new);
