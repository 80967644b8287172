/*
 * The dentry cache.
 *
 * Each name that was looked up is a struct dentry in one hash table, keyed by
 * (parent, name).  Path walk (fs/namei.c) reads the table without any lock:
 *
 *	- dentries and tables are freed after an RCU grace period, and the kernel
 *	  is not preemptible, so what a walker sees stays memory of its kind;
 *	- whatever could make a walker miss a name that exists, or pass through a
 *	  name that moved, moves dcache.seq; a walker that sees it move repeats.
 *
 * A dentry's inode is set at most once (negative to positive), so a walker
 * never sees it change under it.  A removed name is unhashed for good; making
 * the name again makes a new dentry.
 *
 * File systems that live in memory (SB_MEMORY: tmpfs, devfs) have no other
 * directory than this cache: dentry_link() pins the entry with a reference and
 * a miss means that there is no such file.  Elsewhere an unreferenced dentry
 * goes to the LRU list until memory is wanted (dcache_shrink).
 *
 * References: refs counts holders; a holder of a child holds its parent.  A
 * dead dentry has refs below zero, which dentry_get_live() refuses.
 */
#include "fs/dentry.h"

#include "core/panic.h"
#include "fs/dcache_internal.h"
#include "fs/inode.h"
#include "fs/superblock.h"
#include "lib/string.h"
#include "mem/slab.h"

#define DENTRY_DEAD (-1000000)
#define FIRST_SLOTS 1024

struct dcache dcache;
static struct slab_cache dentry_cache;

static struct {
	struct dcache_table table;
	struct dentry *slots[FIRST_SLOTS];
} first_table;

static struct dcache_table *table_new(u32 slots)
{
	struct dcache_table *table;

	table = kvzalloc(sizeof(*table) + slots * sizeof(table->slots[0]));
	if (table)
		table->mask = slots - 1;
	return table;
}

static void table_free(struct rcu_head *rcu)
{
	struct dcache_table *table = container_of(rcu, struct dcache_table, rcu);

	if (table != (struct dcache_table *)&first_table)
		kvfree(table);
}

void dcache_init(void)
{
	slab_cache_init(&dentry_cache, "dentry", sizeof(struct dentry), 0);
	spin_init(&dcache.lock, LOCK_DCACHE);
	list_init(&dcache.lru);
	first_table.table.mask = FIRST_SLOTS - 1;
	dcache.table = &first_table.table;
	dcache.next_cookie = 2;
}

u32 name_hash(const char *str, u32 len)
{
	u64 hash = NAME_HASH_SEED;
	u32 i = 0;

	for (; i + 8 <= len; i += 8)
		hash = name_mix(hash, name_load(str + i));
	return (u32)name_mix(hash, name_load_tail(str + i, len - i));
}

void name_init(struct name *name, const char *str)
{
	name->str = str;
	name->len = strlen(str);
	name->hash = name_hash(str, name->len);
}

static struct dentry *dentry_alloc(struct superblock *sb, const struct name *name)
{
	struct dentry *d = slab_alloc(&dentry_cache);
	char *text;

	if (!d)
		return NULL;
	if (name->len < DENTRY_INLINE_NAME) {
		text = (char *)d->inline_name;
		memset(d->inline_name, 0, DENTRY_INLINE_NAME);
		d->flags = 0;
	} else {
		text = kzalloc(ALIGN_UP(name->len + 1, 8));
		if (!text) {
			slab_free(&dentry_cache, d);
			return NULL;
		}
		d->flags = DENTRY_LONG;
	}
	memcpy(text, name->str, name->len);
	d->name = text;
	d->len = name->len;
	d->hash = name->hash;
	d->hash_next = NULL;
	d->inode = NULL;
	d->sb = sb;
	d->cookie = 0;
	atomic_set(&d->refs, 1);
	list_init(&d->children);
	list_init(&d->sibling);
	list_init(&d->lru);
	return d;
}

struct dentry *dentry_new(struct dentry *parent, const struct name *name)
{
	struct dentry *d = dentry_alloc(parent->sb, name);

	if (!d)
		return NULL;
	dentry_get(parent);
	d->parent = parent;
	if (parent->sb->flags & SB_DONTCACHE)
		d->flags |= DENTRY_DONTCACHE;
	return d;
}

struct dentry *dentry_new_root(struct superblock *sb, struct inode *inode)
{
	struct name name = { "/", 1, 0 };
	struct dentry *d = dentry_alloc(sb, &name);

	if (!d)
		return NULL;
	d->parent = d;
	d->flags |= DENTRY_ROOT;
	d->inode = inode;
	return d;
}

/* memfd and the like: a name that is in no directory. */
struct dentry *dentry_new_detached(struct superblock *sb, const struct name *name)
{
	struct dentry *d = dentry_alloc(sb, name);

	if (d)
		d->parent = d;
	return d;
}

void dentry_set_inode(struct dentry *dentry, struct inode *inode)
{
	store_release(&dentry->inode, inode);
}

/* --- The hash table ------------------------------------------------------ */

static void hash_insert_locked(struct dcache_table *table, struct dentry *d)
{
	struct dentry **slot = &table->slots[dcache_slot(table, d->parent, d->hash)];

	WRITE_ONCE(d->hash_next, *slot);
	store_release(slot, d);
}

/* d->hash_next stays: a walker standing on d goes on. */
static void hash_remove_locked(struct dentry *d)
{
	struct dcache_table *table = dcache.table;
	struct dentry **p = &table->slots[dcache_slot(table, d->parent, d->hash)];

	while (*p != d)
		p = &(*p)->hash_next;
	WRITE_ONCE(*p, d->hash_next);
}

static void unhash_locked(struct dentry *d)
{
	if (!(d->flags & DENTRY_HASHED))
		return;
	hash_remove_locked(d);
	d->flags &= ~DENTRY_HASHED;
	dcache.count--;
}

/* Four times as many slots; walkers that meet the move see seq change. */
static __cold void dcache_grow(void)
{
	struct dcache_table *old, *new;

	new = table_new((dcache.table->mask + 1) * 4);
	if (!new)
		return; /* longer chains, nothing worse */
	spin_lock(&dcache.lock);
	old = dcache.table;
	if (new->mask <= old->mask) {
		spin_unlock(&dcache.lock);
		kvfree(new);
		return;
	}
	seq_write_begin(&dcache.seq);
	for (u32 i = 0; i <= old->mask; i++) {
		struct dentry *d = old->slots[i], *next;

		for (; d; d = next) {
			next = d->hash_next;
			hash_insert_locked(new, d);
		}
	}
	store_release(&dcache.table, new);
	seq_write_end(&dcache.seq);
	spin_unlock(&dcache.lock);
	call_rcu(&old->rcu, table_free);
}

static void dentry_insert(struct dentry *d, bool link)
{
	bool grow;

	spin_lock(&dcache.lock);
	d->cookie = dcache.next_cookie++;
	list_add_tail(&d->parent->children, &d->sibling);
	d->flags |= DENTRY_HASHED;
	if (link) {
		d->flags |= DENTRY_LINKED;
		atomic_inc(&d->refs);
	}
	hash_insert_locked(dcache.table, d);
	grow = ++dcache.count > dcache.table->mask * 2;
	spin_unlock(&dcache.lock);
	if (unlikely(grow))
		dcache_grow();
}

void dentry_hash(struct dentry *dentry)
{
	dentry_insert(dentry, false);
}

void dentry_link(struct dentry *dentry)
{
	dentry_insert(dentry, true);
}

void dentry_drop(struct dentry *dentry)
{
	spin_lock(&dcache.lock);
	seq_write_begin(&dcache.seq);
	unhash_locked(dentry);
	if (!(dentry->flags & DENTRY_LINKED))
		list_del_init(&dentry->sibling);
	seq_write_end(&dcache.seq);
	spin_unlock(&dcache.lock);
}

void dentry_unlink(struct dentry *dentry)
{
	bool linked;

	spin_lock(&dcache.lock);
	seq_write_begin(&dcache.seq);
	unhash_locked(dentry);
	list_del_init(&dentry->sibling);
	linked = dentry->flags & DENTRY_LINKED;
	dentry->flags &= ~DENTRY_LINKED;
	seq_write_end(&dcache.seq);
	spin_unlock(&dcache.lock);
	if (linked)
		dentry_put(dentry);
}

/* --- References ---------------------------------------------------------- */

void dentry_get(struct dentry *dentry)
{
	atomic_inc(&dentry->refs);
}

bool dentry_get_live(struct dentry *dentry)
{
	int refs = atomic_read(&dentry->refs);

	while (refs >= 0)
		if (atomic_try_cmpxchg(&dentry->refs, &refs, refs + 1))
			return true;
	return false;
}

static void dentry_free(struct rcu_head *rcu)
{
	struct dentry *d = container_of(rcu, struct dentry, rcu);

	if (d->flags & DENTRY_LONG)
		kfree(d->name);
	slab_free(&dentry_cache, d);
}

static void lru_remove_locked(struct dentry *d)
{
	if (d->flags & DENTRY_LRU) {
		d->flags &= ~DENTRY_LRU;
		list_del_init(&d->lru);
		dcache.unused--;
	}
}

/* refs is 0 and nobody can find it any more once we are done.  Returns the
 * parent, whose reference the caller drops, or NULL for a root. */
static struct dentry *dentry_kill_locked(struct dentry *d, struct inode **inode)
{
	struct dentry *parent = d->parent == d ? NULL : d->parent;

	lru_remove_locked(d);
	unhash_locked(d);
	list_del_init(&d->sibling);
	*inode = d->inode;
	return parent;
}

static __noinline void dentry_put_last(struct dentry *d)
{
	while (d) {
		struct dentry *parent;
		struct inode *inode;

		spin_lock(&dcache.lock);
		if (atomic_read(&d->refs) != 0) { /* found again, or dead */
			spin_unlock(&dcache.lock);
			return;
		}
		if ((d->flags & (DENTRY_HASHED | DENTRY_DONTCACHE)) == DENTRY_HASHED) {
			if (!(d->flags & DENTRY_LRU)) {
				d->flags |= DENTRY_LRU;
				list_add_tail(&dcache.lru, &d->lru);
				dcache.unused++;
			}
			spin_unlock(&dcache.lock);
			return;
		}
		if (!atomic_cmpxchg(&d->refs, 0, DENTRY_DEAD)) {
			spin_unlock(&dcache.lock);
			return;
		}
		parent = dentry_kill_locked(d, &inode);
		spin_unlock(&dcache.lock);
		if (inode)
			inode_put(inode);
		call_rcu(&d->rcu, dentry_free);
		if (!parent || atomic_sub_return(&parent->refs, 1) != 0)
			return;
		d = parent;
	}
}

void dentry_put(struct dentry *dentry)
{
	if (unlikely(atomic_sub_return(&dentry->refs, 1) == 0))
		dentry_put_last(dentry);
}

struct dentry *dentry_lookup(struct dentry *parent, const struct name *name)
{
	struct dentry *d;
	u32 seq;

	do {
		seq = seq_read_begin(&dcache.seq);
		d = dcache_find(parent, name->str, name->len, name->hash);
		if (d && dentry_get_live(d)) {
			if (!seq_read_retry(&dcache.seq, seq))
				return d;
			dentry_put(d);
		} else if (d) {
			continue; /* dying: it is about to be unhashed */
		}
	} while (seq_read_retry(&dcache.seq, seq));
	return NULL;
}

/* --- Shrinking ----------------------------------------------------------- */

size_t dcache_shrink(size_t count)
{
	size_t freed = 0;

	while (freed < count) {
		struct dentry *d, *parent;
		struct inode *inode;

		spin_lock(&dcache.lock);
		if (list_empty(&dcache.lru)) {
			spin_unlock(&dcache.lock);
			break;
		}
		d = list_first_entry(&dcache.lru, struct dentry, lru);
		lru_remove_locked(d);
		if (!atomic_cmpxchg(&d->refs, 0, DENTRY_DEAD)) {
			spin_unlock(&dcache.lock); /* in use again */
			continue;
		}
		seq_write_begin(&dcache.seq);
		parent = dentry_kill_locked(d, &inode);
		seq_write_end(&dcache.seq);
		spin_unlock(&dcache.lock);
		if (inode)
			inode_put(inode);
		call_rcu(&d->rcu, dentry_free);
		if (parent)
			dentry_put(parent);
		freed++;
	}
	return freed;
}

/* Unhashes every entry below root; the unreferenced ones are freed. */
void dentry_prune(struct dentry *root)
{
	struct dentry *d;

	for (;;) {
		struct dentry *at = root;

		spin_lock(&dcache.lock);
		while (!list_empty(&at->children))
			at = list_first_entry(&at->children, struct dentry, sibling);
		if (at == root) {
			spin_unlock(&dcache.lock);
			return;
		}
		d = at;
		seq_write_begin(&dcache.seq);
		unhash_locked(d);
		list_del_init(&d->sibling);
		lru_remove_locked(d);
		seq_write_end(&dcache.seq);
		if (d->flags & DENTRY_LINKED)
			d->flags &= ~DENTRY_LINKED; /* its reference is ours now */
		else
			atomic_inc(&d->refs);
		spin_unlock(&dcache.lock);
		dentry_put(d);
	}
}

/* --- Moving -------------------------------------------------------------- */

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
	unhash_locked(dentry);
	unhash_locked(target);
	list_del_init(&dentry->sibling);
	list_del_init(&target->sibling);
	name_swap(dentry, target, exchange);
	/* Each brings its reference of a parent along. */
	dentry->parent = new_parent;
	target->parent = old_parent;

	dentry->cookie = dcache.next_cookie++;
	list_add_tail(&new_parent->children, &dentry->sibling);
	dentry->flags |= DENTRY_HASHED;
	hash_insert_locked(dcache.table, dentry);
	dcache.count++;
	if (exchange) {
		target->cookie = dcache.next_cookie++;
		list_add_tail(&old_parent->children, &target->sibling);
		target->flags |= DENTRY_HASHED;
		hash_insert_locked(dcache.table, target);
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

void dcache_stats(struct dcache_stats *out)
{
	out->dentries = READ_ONCE(dcache.count);
	out->unused = READ_ONCE(dcache.unused);
}
