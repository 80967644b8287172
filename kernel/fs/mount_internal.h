/*
 * What the files of the mount tree share: mount.c (objects and tree),
 * mount_count.c (references), mount_share.c (propagation), mount_call.c (mount, umount), pivot_root.c.
 * All with the namespace lock held, unless they say otherwise.
 */
#pragma once
#include "fs/mount.h"

/* How a copy relates to what it is a copy of. */
enum mount_clone {
	CLONE_SAME,	    /* a peer, or a slave of the same master, as that is one */
	CLONE_SLAVE,	    /* a slave of it */
	CLONE_SLAVE_SHARED, /* the same, and the first of a group of its own */
};

/* --- mount.c: the tree --- */

u32 mount_count(void); /* in the tree */
/* Takes a reference to sb; root NULL means the superblock's.  NULL: ENOMEM. */
struct mount *mount_new(struct superblock *sb, struct dentry *root, u32 flags, const char *source);
/* Where it will be, not yet to be seen; it keeps parent and dentry. */
void mount_set_place(struct mount *mount, struct mount *parent, struct dentry *at);
/* Shows the tree @top at its place.  What is mounted there goes on top of it.
 * The creator's references become those of the tree. */
void mount_commit(struct mount *top);
/* From one place to another, with all below. */
void mount_move(struct mount *mount, struct mount *parent, struct dentry *at);
/* Out of the tree, onto the list @gone with the tree's reference, for mount_put_detached(). */
void mount_detach(struct mount *mount, struct list_node *gone);
/* Gives up a tree that was never committed. */
void mount_free_tree(struct mount *top);
void mount_changed(void); /* tells those who poll */
bool mount_is_below(const struct mount *mount, const struct mount *ancestor);
/* Depth first, parents before children; NULL at the end. */
struct mount *mount_next(struct mount *mount, const struct mount *top);
struct mount *mount_next_skip(struct mount *mount, const struct mount *top);
struct mount *mount_deepest(struct mount *top);
/* What mount_put() does with the last reference. */
void mount_release(struct mount *mount);
/* Makes the superblock's mounts hold new writers until release: -EBUSY, some write. */
int superblock_hold_writers(struct superblock *sb);
void superblock_release_writers(struct superblock *sb);

/* --- mount_count.c: references and writers --- */

void mount_count_init(void);
/* Counters, and the first reference.  -ENOMEM. */
int mount_count_new(struct mount *mount) __must_check;
/* From here to mount_put_detached() somebody keeps a reference. */
void mount_count_by_cpu(struct mount *mount);
/* Gives up the tree's references of those that mount_detach() put there.  Sleeps. */
void mount_put_detached(struct list_node *gone);
/* Has a mount of the tree more references than those @known?  Sleeps. */
bool mount_is_busy(struct mount *mount, s32 known);
/* 0: new writers wait until MNT_WRITE_HOLD is taken back.  -EBUSY: some write. */
int mount_hold_writers(struct mount *mount);

/* --- mount_share.c: propagation --- */

void mount_share_init(void);
/* -ENOMEM; NULL source tree parts that cannot be bound are left out. */
int mount_copy_tree(struct mount *src, struct dentry *root, enum mount_clone how, bool recursive,
		    struct mount **out) __must_check;
/* MS_SHARED, MS_PRIVATE, MS_SLAVE or MS_UNBINDABLE, of one mount. */
int mount_set_propagation(struct mount *mount, u64 kind) __must_check;
void mount_set_private(struct mount *mount);
/* Makes the tree @top shared, as what it goes to is; undone unless it is kept. */
int mount_share_tree(struct mount *top) __must_check;
void mount_share_tree_end(struct mount *top, bool keep);
/* Copies of @top, placed where @parent's peers and slaves show @at, on the list @copies. */
int mount_propagate(struct mount *top, struct mount *parent, struct dentry *at,
		    struct list_node *copies) __must_check;
/* Would an umount here, or where it propagates to, hit a mount in use? */
bool mount_propagated_busy(struct mount *mount);
/* Detaches @mount, a leaf, and the leaves that go with it elsewhere, onto the list @gone. */
void mount_detach_propagated(struct mount *mount, struct list_node *gone);
