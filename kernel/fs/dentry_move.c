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
		a->flags = (a->flags & ~DENTRY_LONG) | (b_long ? DENTRY_LONG : 0);
		b->flags = (b->flags & ~DENTRY_LONG) | (a_long ? DENTRY_LONG : 0);
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
	list_del_init(&dentry->sibling);
	list_del_init(&target->sibling);
	name_swap(dentry, target, exchange);
	/* Each brings its reference of a parent along. */
	dentry->parent = new_parent;
	target->parent = old_parent;

	dentry->cookie = dcache.next_cookie++;
	list_add_tail(&new_parent->children, &dentry->sibling);
	dentry->flags |= dentry_hashed_flags(dentry);
	dcache_hash_locked(dcache.table, dentry);
	dcache.count++;
	if (exchange) {
		target->cookie = dcache.next_cookie++;
		list_add_tail(&old_parent->children, &target->sibling);
		target->flags |= dentry_hashed_flags(target);
		dcache_hash_locked(dcache.table, target);
		dcache.count++;
	} else if (linked && (target->flags & DENTRY_LINKED)) {
		target->flags &= ~DENTRY_LINKED;
		drop_target = true;
	}
	seq_write_end(&dcache.seq);
	spin_unlock(&dcache.lock);
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

/* Positive ones only: a cached negative name does not fill a directory. */
bool dentry_has_children(struct dentry *dentry)
{
	struct dentry *child;
	bool found = false;

	spin_lock(&dcache.lock);
	list_for_each_entry(child, &dentry->children, sibling) {
		if (child->inode) {
			found = true;
			break;
		}
	}
	spin_unlock(&dcache.lock);
	return found;
}
