/* mem/radix_internal.h - a radix tree's nodes, for radix.c, which has the picture, and radix_next.c. */
#pragma once
#include "mem/radix.h"
#include "mem/defer.h"

#define RADIX_BITS  6 /* of an index, for each level */
#define RADIX_SLOTS 64

struct radix_node {
	void *slots[RADIX_SLOTS];
	u64 tags[RADIX_TAGS];
	struct radix_node *parent;
	u8 shift;
	u8 offset; /* in parent */
	u8 count;  /* slots in use */
	struct rcu_head rcu;
};

static inline bool is_node(const void *p)
{
	return (uintptr_t)p & 1;
}

static inline struct radix_node *to_node(const void *p)
{
	return (struct radix_node *)((uintptr_t)p & ~1ul);
}

static inline void *from_node(struct radix_node *node)
{
	return (void *)((uintptr_t)node | 1);
}

static inline bool node_covers(const struct radix_node *node, u64 index)
{
	return node->shift + RADIX_BITS >= 64 || !(index >> (node->shift + RADIX_BITS));
}

static inline unsigned slot_of(u64 index, unsigned shift)
{
	return index >> shift & (RADIX_SLOTS - 1);
}

/* The leaf node over @index, or NULL. */
static inline struct radix_node *leaf_find(const struct radix_tree *tree, u64 index)
{
	void *root = __atomic_load_n(&tree->root, __ATOMIC_CONSUME);
	struct radix_node *node;

	if (!is_node(root))
		return NULL;
	node = to_node(root);
	if (!node_covers(node, index))
		return NULL;
	while (node->shift) {
		node = __atomic_load_n(&node->slots[slot_of(index, node->shift)], __ATOMIC_CONSUME);
		if (!node)
			return NULL;
	}
	return node;
}
