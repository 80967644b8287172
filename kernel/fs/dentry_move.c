/*
 * dentry_move.c - a name that moves: dentry_move(), for rename.
 */
#include "fs/dentry.h"
#include "fs/dcache_internal.h"
#include "fs/inode.h"
#include "lib/string.h"

static void name_swap(struct dentry *a, struct dentry *b, bool exchange)
{
	bool a_long = a->flags & DENTRY_LONG, b_long = b->flags & DENTRY_LONG;
	const char *a_name = a->name, *b_name = b->name;

	if (!a_long && !b_long) {
		for (unsigned i = 0; i < ARRAY_SIZE(a->inline_name); i++) {
			u64 word = a->inline_name[i];

			a->inline_name[i] = b->inline_name[i];
			b->inline_name[i] = word;
		}
	} else {
		u64 copy[DENTRY_INLINE_NAME / 8];

		memcpy(copy, a->inline_name, sizeof(copy));
		if (!b_long)
			memcpy(a->inline_name, b->inline_name, sizeof(copy));
		if (!a_long)
			memcpy(b->inline_name, copy, sizeof(copy));
		a->name = b_long ? b_name : (const char *)a->inline_name;
		b->name = a_long ? a_name : (const char *)b->inline_name;
		if (a_long != b_long) {
			dentry_clear_flags(a_long ? a : b, DENTRY_LONG);
			dentry_set_flags(a_long ? b : a, DENTRY_LONG);
		}
	}
	swap(a->len, b->len);
	swap(a->hash, b->hash);
}

/**
 * dentry_move - dentry takes the place and name of target
 * @target: what has the new name now, hashed or not; ends up unhashed under
 *	the old name, or in the old place with @exchange
 *
 * Context: both directories locked; the file system has done its part.
 */
void dentry_move(struct dentry *dentry, struct dentry *new_parent, struct dentry *target,
		 bool exchange)
{
	struct dentry *old_parent = dentry->parent;
	bool linked = dentry->flags & DENTRY_LINKED;
	bool drop_target = false;

	spin_lock(&dcache.lock);
	seq_write_begin(&dcache.seq);
	dcache_unhash_locked(dentry);
	dcache_unhash_locked(target);
	child_remove(dentry);
	child_remove(target);
	name_swap(dentry, target, exchange);
	/* Each brings its reference of a parent along. */
	dentry->parent = new_parent;
	target->parent = old_parent;

	child_add(dentry);
	dentry_set_flags(dentry, dentry_hashed_flags(dentry));
	chain_add(dentry);
	if (exchange) {
		child_add(target);
		dentry_set_flags(target, dentry_hashed_flags(target));
		chain_add(target);
	} else if (linked && (target->flags & DENTRY_LINKED)) {
		dentry_clear_flags(target, DENTRY_LINKED);
		drop_target = true;
	}
	seq_write_end(&dcache.seq);
	spin_unlock(&dcache.lock);
	dcache_count_more();
	if (exchange)
		dcache_count_more();
	if (drop_target)
		dentry_put(target);
}

bool dentry_is_ancestor(const struct dentry *ancestor, const struct dentry *dentry)
{
	for (;; dentry = dentry->parent) {
		if (dentry == ancestor)
			return true;
		if (dentry->parent == dentry)
			return false;
	}
}

/* All names of an SB_MEMORY directory have an inode. */
bool dentry_has_children(const struct dentry *dentry)
{
	return child_first(dentry->inode) != NULL;
}
