/*
 * Red-black tree, intrusive.  The caller walks to the place itself and links:
 *
 *	struct rb_node **link = &root->node, *parent = NULL;
 *	while (*link) { parent = *link; link = before ? &parent->left : &parent->right; }
 *	rb_link(node, parent, link);
 *	rb_insert_fixup(root, node);
 *
 * The augmented variants call update(node) on the nodes whose subtree changed, children
 * first, so that a node can carry a maximum or minimum over its subtree; upwards until
 * one comes out the same.
 */
#pragma once

#include "lib/types.h"

struct rb_node {
	uintptr_t parent_color; /* parent pointer; bit 0 set: black */
	struct rb_node *left, *right;
};
struct rb_root {
	struct rb_node *node;
};

#define RB_ROOT			  { NULL }
#define rb_entry(n, type, member) container_of(n, type, member)
#define rb_entry_or_null(n, type, member)                                                          \
	({                                                                                         \
		struct rb_node *rb_n = (n);                                                        \
		rb_n ? container_of(rb_n, type, member) : NULL;                                    \
	})

/* Recomputes the node's own augmented value from its children; false: it was that already. */
typedef bool rb_update_fn(struct rb_node *node);

static inline struct rb_node *rb_parent(const struct rb_node *n)
{
	return (struct rb_node *)(n->parent_color & ~1UL);
}
static inline bool rb_empty(const struct rb_root *r)
{
	return !r->node;
}
/* A node in no tree, so that rb_is_linked() can tell. */
static inline void rb_node_init(struct rb_node *n)
{
	n->parent_color = (uintptr_t)n;
}
static inline bool rb_is_linked(const struct rb_node *n)
{
	return n->parent_color != (uintptr_t)n;
}

static inline void rb_link(struct rb_node *n, struct rb_node *parent, struct rb_node **link)
{
	n->parent_color = (uintptr_t)parent;
	n->left = n->right = NULL;
	__atomic_store_n(link, n, __ATOMIC_RELEASE); /* some walk without a lock */
}

void rb_insert_fixup(struct rb_root *root, struct rb_node *node);
void rb_erase(struct rb_root *root, struct rb_node *node);
void rb_insert_augmented(struct rb_root *root, struct rb_node *node, rb_update_fn *update);
void rb_erase_augmented(struct rb_root *root, struct rb_node *node, rb_update_fn *update);
/* After a node's own key value changed in place: redo it and its ancestors. */
void rb_update_path(struct rb_node *node, rb_update_fn *update);
/* Put @new where @old was, same key. */
void rb_replace(struct rb_root *root, struct rb_node *old, struct rb_node *new);

struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);
