/* mem/radix_next.c - from item to item, or to the next hole, of a radix tree.
 *
 * Down from the root to the slot of the index; where nothing (with the tag) is left behind it
 * in a node, again from the root for the index behind all that the node covers.  No parent is
 * followed upwards, so this is as safe under RCU as a lookup: see radix.c.
 */
#include "mem/radix_internal.h"
#include "lib/bitops.h"

/* The first index behind all that @node covers, @at among it; 0: there is none. */
static u64 index_behind(const struct radix_node *node, u64 at)
{
	unsigned bits = node->shift + RADIX_BITS;

	return bits >= 64 ? 0 : ((at >> bits) + 1) << bits;
}

/* The first index under @slot of @node, @at among what the node covers. */
static u64 index_under(const struct radix_node *node, unsigned slot, u64 at)
{
	unsigned bits = node->shift + RADIX_BITS;

	return (bits >= 64 ? 0 : at >> bits << bits) | (u64)slot << node->shift;
}

/* The first slot from @from on that is in use, of tag @tag (< 0: any); RADIX_SLOTS: none. */
static unsigned next_slot(const struct radix_node *node, unsigned from, int tag, void **child)
{
	unsigned slot = from;

	if (tag >= 0) {
		u64 left = READ_ONCE(node->tags[tag]) >> from;

		slot = left ? from + bit_ctz(left) : RADIX_SLOTS;
	}
	for (; slot < RADIX_SLOTS; slot++) {
		if (tag >= 0 && !(READ_ONCE(node->tags[tag]) >> slot & 1))
			continue;
		*child = __atomic_load_n(&node->slots[slot], __ATOMIC_CONSUME);
		if (*child)
			break;
	}
	return slot;
}

/* First item at or after *index, of tag @tag (< 0: any). */
static void *next_item(const struct radix_tree *tree, u64 *index, int tag)
{
	u64 at = *index;

	do {
		void *root = __atomic_load_n(&tree->root, __ATOMIC_CONSUME), *child = NULL;
		const struct radix_node *node;
		unsigned slot;

		if (!is_node(root)) {
			if (!root || at || (tag >= 0 && !radix_tagged(tree, tag)))
				return NULL;
			*index = 0;
			return root;
		}
		node = to_node(root);
		if (!node_covers(node, at))
			return NULL;
		for (;; node = child) {
			slot = next_slot(node, slot_of(at, node->shift), tag, &child);
			if (slot == RADIX_SLOTS)
				break;
			if (slot != slot_of(at, node->shift))
				at = index_under(node, slot, at);
			if (!node->shift) {
				*index = at;
				return child;
			}
		}
		at = index_behind(node, at);
	} while (at);
	return NULL;
}

void *radix_next(const struct radix_tree *tree, u64 *index)
{
	return next_item(tree, index, -1);
}

void *radix_next_tagged(const struct radix_tree *tree, u64 *index, unsigned tag)
{
	return radix_tagged(tree, tag) ? next_item(tree, index, (int)tag) : NULL;
}

void radix_next_hole(const struct radix_tree *tree, u64 *index)
{
	void *root = __atomic_load_n(&tree->root, __ATOMIC_CONSUME);
	u64 at = *index;

	if (!is_node(root)) {
		if (root && at == 0)
			*index = 1;
		return;
	}
	for (;;) {
		const struct radix_node *leaf = leaf_find(tree, at);

		if (!leaf)
			break;
		while (leaf->slots[at & (RADIX_SLOTS - 1)] && ++at & (RADIX_SLOTS - 1))
			;
		/* Not at a boundary, or at the free first slot of this leaf: found. */
		if (at & (RADIX_SLOTS - 1) || leaf_find(tree, at) == leaf)
			break;
	}
	*index = at;
}
