/*
 * Red-black trees: insertion and removal with their repairs.
 *
 * Every path from a node to a leaf has the same number of black nodes and no red node has
 * a red child, so the depth is at most 2 log2(n + 1).  A NULL child counts as black.
 * A rotation keeps the set of nodes under it, so augmented values change only on the two
 * nodes that rotate; `update` is called on them, lower one first.
 * Source: Cormen et al., Introduction to Algorithms, chapter 13.
 */
#include "lib/rbtree.h"
#include "lib/annotate.h"

#define BLACK 1UL

static __always_inline bool is_black(const struct rb_node *n)
{
	return !n || (n->parent_color & BLACK);
}
static __always_inline void set_parent(struct rb_node *n, struct rb_node *p)
{
	n->parent_color = (uintptr_t)p | (n->parent_color & BLACK);
}
static __always_inline void set_black(struct rb_node *n)
{
	n->parent_color |= BLACK;
}
static __always_inline void set_red(struct rb_node *n)
{
	n->parent_color &= ~BLACK;
}

/* Whatever pointed to @old (a child of @parent) points to @new. */
static __always_inline void replace_child(struct rb_root *root, struct rb_node *parent,
					  struct rb_node *old, struct rb_node *new)
{
	if (!parent)
		root->node = new;
	else if (parent->left == old)
		parent->left = new;
	else
		parent->right = new;
}

static __always_inline void rotate(struct rb_root *root, struct rb_node *n, bool left,
				   rb_update_fn *update)
{
	struct rb_node *parent = rb_parent(n);
	struct rb_node *child = left ? n->right : n->left;
	struct rb_node *inner = left ? child->left : child->right;

	if (left) {
		n->right = inner;
		child->left = n;
	} else {
		n->left = inner;
		child->right = n;
	}
	if (inner)
		set_parent(inner, n);
	set_parent(child, parent);
	replace_child(root, parent, n, child);
	set_parent(n, child);
	if (update) {
		(void)update(n);
		(void)update(child);
	}
}

void rb_update_path(struct rb_node *n, rb_update_fn *update)
{
	while (n && update(n))
		n = rb_parent(n);
}

static __always_inline void insert_fixup(struct rb_root *root, struct rb_node *n,
					 rb_update_fn *update)
{
	struct rb_node *parent, *grand, *uncle;

	while ((parent = rb_parent(n)) && !is_black(parent)) {
		bool left;

		grand = rb_parent(parent); /* a red node is never the root */
		left = parent == grand->left;
		uncle = left ? grand->right : grand->left;
		if (!is_black(uncle)) {
			set_black(uncle);
			set_black(parent);
			set_red(grand);
			n = grand;
			continue;
		}
		if (n == (left ? parent->right : parent->left)) {
			rotate(root, parent, left, update);
			swap(n, parent);
		}
		set_black(parent);
		set_red(grand);
		rotate(root, grand, !left, update);
		break;
	}
	set_black(root->node);
}

/* @n (maybe NULL) under @parent is one black short. */
static __always_inline void erase_fixup(struct rb_root *root, struct rb_node *n,
					struct rb_node *parent, rb_update_fn *update)
{
	while (parent && is_black(n)) {
		bool left = parent->left == n;
		struct rb_node *sib = left ? parent->right : parent->left;
		struct rb_node *near, *far;

		if (!is_black(sib)) {
			set_black(sib);
			set_red(parent);
			rotate(root, parent, left, update);
			sib = left ? parent->right : parent->left;
		}
		near = left ? sib->left : sib->right;
		far = left ? sib->right : sib->left;
		if (is_black(near) && is_black(far)) {
			set_red(sib);
			n = parent;
			parent = rb_parent(n);
			continue;
		}
		if (is_black(far)) {
			set_black(near);
			set_red(sib);
			rotate(root, sib, !left, update);
			sib = near;
			far = left ? sib->right : sib->left;
		}
		sib->parent_color = (sib->parent_color & ~BLACK) | (parent->parent_color & BLACK);
		set_black(parent);
		set_black(far);
		rotate(root, parent, left, update);
		n = root->node;
		break;
	}
	if (n)
		set_black(n);
}

static __always_inline void erase(struct rb_root *root, struct rb_node *n, rb_update_fn *update)
{
	struct rb_node *child, *parent, *changed, *moved = NULL;
	bool was_black;

	if (!n->left || !n->right) {
		child = n->left ? n->left : n->right;
		parent = changed = rb_parent(n);
		was_black = is_black(n);
		replace_child(root, parent, n, child);
		if (child)
			set_parent(child, parent);
	} else {
		struct rb_node *next = n->right; /* takes n's place and colour */

		while (next->left)
			next = next->left;
		child = next->right;
		parent = rb_parent(next);
		was_black = is_black(next);
		if (parent == n) {
			parent = next;
		} else {
			parent->left = child;
			if (child)
				set_parent(child, parent);
			next->right = n->right;
			set_parent(next->right, next);
		}
		next->left = n->left;
		set_parent(next->left, next);
		next->parent_color = n->parent_color;
		replace_child(root, rb_parent(n), n, next);
		changed = parent;
		moved = next;
	}
	if (update) {
		rb_update_path(changed, update);
		if (moved) { /* what it was says nothing about what is here now */
			(void)update(moved);
			rb_update_path(rb_parent(moved), update);
		}
	}
	if (was_black)
		erase_fixup(root, child, parent, update);
	rb_node_init(n);
}

void rb_insert_fixup(struct rb_root *root, struct rb_node *n)
{
	insert_fixup(root, n, NULL);
}
void rb_erase(struct rb_root *root, struct rb_node *n)
{
	erase(root, n, NULL);
}

void rb_insert_augmented(struct rb_root *root, struct rb_node *n, rb_update_fn *update)
{
	(void)update(n);
	rb_update_path(rb_parent(n), update);
	insert_fixup(root, n, update);
}

void rb_erase_augmented(struct rb_root *root, struct rb_node *n, rb_update_fn *update)
{
	erase(root, n, update);
}

void rb_replace(struct rb_root *root, struct rb_node *old, struct rb_node *new)
{
	*new = *old;
	replace_child(root, rb_parent(old), old, new);
	if (new->left)
		set_parent(new->left, new);
	if (new->right)
		set_parent(new->right, new);
	rb_node_init(old);
}

struct rb_node *rb_first(const struct rb_root *root)
{
	struct rb_node *n = root->node;

	while (n && n->left)
		n = n->left;
	return n;
}

struct rb_node *rb_last(const struct rb_root *root)
{
	struct rb_node *n = root->node;

	while (n && n->right)
		n = n->right;
	return n;
}

struct rb_node *rb_next(const struct rb_node *n)
{
	const struct rb_node *parent;

	if (n->right) {
		n = n->right;
		while (n->left)
			n = n->left;
		return (struct rb_node *)n;
	}
	while ((parent = rb_parent(n)) && n == parent->right)
		n = parent;
	return (struct rb_node *)parent;
}

struct rb_node *rb_prev(const struct rb_node *n)
{
	const struct rb_node *parent;

	if (n->left) {
		n = n->left;
		while (n->right)
			n = n->right;
		return (struct rb_node *)n;
	}
	while ((parent = rb_parent(n)) && n == parent->left)
		n = parent;
	return (struct rb_node *)parent;
}
