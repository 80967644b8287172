/* mem/radix.c - a 64-way radix tree.
 *
 *	root ->  [ 0 . . . 63 ]  shift 6: slot = index >> 6 & 63
 *	            |      |
 *	         [items] [items] shift 0
 *
 * The root pointer's bit 0 says "node", so that a tree with only index 0 needs none.
 * A node's tag words have a bit for each slot under which something carries the tag.
 *
 * Readers under RCU: a node is complete before it is linked (release stores), and freed
 * after a grace period; growing puts a new root above, shrinking drops one whose only child
 * is slot 0, and both keep what an older root shows intact.  So a reader sees each item that
 * was there all the time.  Going from item to item is in radix_next.c.
 */
#include "mem/radix_internal.h"
#include "mem/defer.h"
#include "mem/slab.h"
#include "lib/bitops.h"
#include "lib/errno.h"
#include "lib/string.h"

static struct slab_cache node_cache;

void radix_boot_init(void)
{
	slab_cache_init(&node_cache, "radix_node", sizeof(struct radix_node), 8);
	node_cache.reclaimable = true;
}

static struct radix_node *node_new(unsigned shift)
{
	struct radix_node *node = slab_alloc_flags(&node_cache, SLAB_ATOMIC | SLAB_ZERO);

	if (node)
		node->shift = shift;
	return node;
}

static void node_free_rcu(struct rcu_head *head)
{
	slab_free(&node_cache, container_of(head, struct radix_node, rcu));
}

static void node_free(struct radix_node *node)
{
	mem_call_rcu(&node->rcu, node_free_rcu);
}

/* --- lookup ------------------------------------------------------------------- */

void *radix_lookup(const struct radix_tree *tree, u64 index)
{
	void *root = __atomic_load_n(&tree->root, __ATOMIC_CONSUME);
	struct radix_node *node;

	if (!is_node(root))
		return index == 0 ? root : NULL;
	node = leaf_find(tree, index);
	return node ? __atomic_load_n(&node->slots[index & (RADIX_SLOTS - 1)], __ATOMIC_CONSUME) :
		      NULL;
}

void *const *radix_slots(const struct radix_tree *tree, u64 index, unsigned *n)
{
	struct radix_node *node;

	if (!is_node(tree->root)) {
		*n = 1;
		return index == 0 && tree->root ? &tree->root : NULL;
	}
	*n = RADIX_SLOTS - (index & (RADIX_SLOTS - 1));
	node = leaf_find(tree, index);
	return node ? &node->slots[index & (RADIX_SLOTS - 1)] : NULL;
}

/* --- changes --------------------------------------------------------------------- */

/* Put nodes above the root until it covers @index. */
static int tree_grow(struct radix_tree *tree, u64 index)
{
	for (;;) {
		struct radix_node *node, *old = is_node(tree->root) ? to_node(tree->root) : NULL;

		if (old && node_covers(old, index))
			return 0;
		if (!old && !index)
			return 0;
		if (tree->root)
			node = node_new(old ? old->shift + RADIX_BITS : 0);
		else /* at once as high as it must be: no empty node below */
			node = node_new((bit_fls(index) - 1) / RADIX_BITS * RADIX_BITS);
		if (!node)
			return -ENOMEM;
		if (tree->root) {
			node->slots[0] = old ? (void *)old : tree->root;
			node->count = 1;
			for (int t = 0; t < RADIX_TAGS; t++)
				node->tags[t] = tree->root_tags >> t & 1;
			if (old)
				old->parent = node;
		}
		__atomic_store_n(&tree->root, from_node(node), __ATOMIC_RELEASE);
	}
}

/* Drop roots that have only slot 0. */
static void tree_shrink(struct radix_tree *tree)
{
	while (is_node(tree->root)) {
		struct radix_node *node = to_node(tree->root), *child;

		if (node->count == 0) {
			__atomic_store_n(&tree->root, NULL, __ATOMIC_RELEASE);
			tree->root_tags = 0;
			node_free(node);
			return;
		}
		if (node->count != 1 || !node->slots[0])
			return;
		child = node->slots[0];
		if (node->shift) {
			child->parent = NULL;
			__atomic_store_n(&tree->root, from_node(child), __ATOMIC_RELEASE);
		} else {
			__atomic_store_n(&tree->root, (void *)child, __ATOMIC_RELEASE);
		}
		node_free(node);
	}
}

/* Drop @node if it is empty, and what is above it if that is then. */
static void prune(struct radix_node *node)
{
	while (node->count == 0 && node->parent) {
		struct radix_node *parent = node->parent;

		WRITE_ONCE(parent->slots[node->offset], NULL);
		parent->count--;
		node_free(node);
		node = parent;
	}
}

int radix_insert(struct radix_tree *tree, u64 index, void *item)
{
	struct radix_node *node;
	unsigned slot;
	int err;

	if (!tree->root && index == 0) {
		__atomic_store_n(&tree->root, item, __ATOMIC_RELEASE);
		return 0;
	}
	if (!is_node(tree->root) && index == 0)
		return -EEXIST;
	err = tree_grow(tree, index);
	if (err)
		goto out_shrink;
	node = to_node(tree->root);
	while (node->shift) {
		struct radix_node *child;

		slot = slot_of(index, node->shift);
		child = node->slots[slot];
		if (!child) {
			child = node_new(node->shift - RADIX_BITS);
			if (!child) {
				err = -ENOMEM;
				goto out_prune;
			}
			child->parent = node;
			child->offset = slot;
			__atomic_store_n(&node->slots[slot], (void *)child, __ATOMIC_RELEASE);
			node->count++;
		}
		node = child;
	}
	slot = slot_of(index, 0);
	if (node->slots[slot])
		return -EEXIST;
	__atomic_store_n(&node->slots[slot], item, __ATOMIC_RELEASE);
	node->count++;
	return 0;

out_prune:
	prune(node);
out_shrink:
	tree_shrink(tree);
	return err;
}

/* Clear @tag of a slot, and of each ancestor that has no other. */
static void tag_clear_up(struct radix_tree *tree, struct radix_node *node, unsigned slot,
			 unsigned tag)
{
	for (; node; slot = node->offset, node = node->parent) {
		if (!(node->tags[tag] >> slot & 1))
			return;
		node->tags[tag] &= ~(1ull << slot);
		if (node->tags[tag])
			return;
	}
	tree->root_tags &= ~(1u << tag);
}

void *radix_delete(struct radix_tree *tree, u64 index)
{
	struct radix_node *node;
	unsigned slot = index & (RADIX_SLOTS - 1);
	void *item;

	if (!is_node(tree->root)) {
		item = tree->root;
		if (index || !item)
			return NULL;
		WRITE_ONCE(tree->root, NULL);
		tree->root_tags = 0;
		return item;
	}
	node = leaf_find(tree, index);
	if (!node || !node->slots[slot])
		return NULL;
	item = node->slots[slot];
	for (unsigned t = 0; t < RADIX_TAGS; t++) {
		if (node->tags[t] >> slot & 1)
			tag_clear_up(tree, node, slot, t);
	}
	WRITE_ONCE(node->slots[slot], NULL);
	node->count--;
	prune(node);
	tree_shrink(tree);
	return item;
}

/* --- tags ----------------------------------------------------------------------------- */

void radix_tag_set(struct radix_tree *tree, u64 index, unsigned tag)
{
	struct radix_node *node;
	unsigned slot = index & (RADIX_SLOTS - 1);

	if (!is_node(tree->root)) {
		if (!index && tree->root)
			tree->root_tags |= 1u << tag;
		return;
	}
	node = leaf_find(tree, index);
	if (!node || !node->slots[slot])
		return;
	for (; node; slot = node->offset, node = node->parent) {
		if (node->tags[tag] >> slot & 1)
			return;
		WRITE_ONCE(node->tags[tag], node->tags[tag] | 1ull << slot);
	}
	tree->root_tags |= 1u << tag;
}

void radix_tag_clear(struct radix_tree *tree, u64 index, unsigned tag)
{
	struct radix_node *node;

	if (!is_node(tree->root)) {
		if (!index)
			tree->root_tags &= ~(1u << tag);
		return;
	}
	node = leaf_find(tree, index);
	if (node)
		tag_clear_up(tree, node, index & (RADIX_SLOTS - 1), tag);
}

bool radix_tag_get(const struct radix_tree *tree, u64 index, unsigned tag)
{
	struct radix_node *node;

	if (!is_node(tree->root))
		return !index && radix_tagged(tree, tag);
	node = leaf_find(tree, index);
	return node && node->tags[tag] >> (index & (RADIX_SLOTS - 1)) & 1;
}
