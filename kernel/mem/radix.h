/* mem/radix.h - u64 -> pointer, 64-way.  A tree with only index 0 has no node.
 * Changes: the owner's lock.  radix_lookup and radix_next*: that lock, or RCU (then an
 * item may be gone by the time it is looked at: take a reference with ..._unless_zero
 * and look again).  Items are not NULL, and their addresses are even. */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"

#define RADIX_TAG_DIRTY	    0
#define RADIX_TAG_WRITEBACK 1
#define RADIX_TAG_OTHER	    2
#define RADIX_TAGS	    3

struct radix_node;
struct radix_tree {
	void *root; /* the item of index 0 where there is no other, else a node, with bit 0 set */
	u32 root_tags; /* tags of anything below */
};

void radix_boot_init(void);
static inline void radix_init(struct radix_tree *tree)
{
	tree->root = NULL;
	tree->root_tags = 0;
}

static inline bool radix_empty(const struct radix_tree *tree)
{
	return !READ_ONCE(tree->root);
}

void *radix_lookup(const struct radix_tree *tree, u64 index);
/* The places of items from @index on, side by side: *n of them, empty ones NULL.
 * NULL: all *n are empty.  The owner's lock, as long as they are looked at. */
void *const *radix_slots(const struct radix_tree *tree, u64 index, unsigned *n);
/* -EEXIST, -ENOMEM.  Never sleeps. */
int radix_insert(struct radix_tree *tree, u64 index, void *item) __must_check;
void *radix_delete(struct radix_tree *tree, u64 index); /* the item, or NULL */

void radix_tag_set(struct radix_tree *tree, u64 index, unsigned tag);
void radix_tag_clear(struct radix_tree *tree, u64 index, unsigned tag);
bool radix_tag_get(const struct radix_tree *tree, u64 index, unsigned tag);
static inline bool radix_tagged(const struct radix_tree *tree, unsigned tag)
{
	return READ_ONCE(tree->root_tags) & (1u << tag);
}

/* The first item at or after *@index; *@index becomes its index.  NULL: none. */
void *radix_next(const struct radix_tree *tree, u64 *index);
void *radix_next_tagged(const struct radix_tree *tree, u64 *index, unsigned tag);
/* The first index >= *@index with no item, in *@index. */
void radix_next_hole(const struct radix_tree *tree, u64 *index);
