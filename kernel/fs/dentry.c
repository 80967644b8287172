/*
 * dentry.c - the dentry cache.
 *
 * Each name that was looked up is a struct dentry in one hash table, keyed by
 * (parent, name).  Path walk (fs/namei.c) reads the table without any lock:
 *
 *	- dentries and tables are freed after an RCU grace period, and the kernel
 *	  is not preemptible, so what a walker sees stays memory of its kind;
 *	- whatever could make a walker miss a name that existed all the time, or pass
 *	  through a name that moved, moves dcache.seq, under dcache.lock; a walker that
 *	  sees it move repeats.  Taking a name away does not: the chain goes on behind it.
 *
 * So the making and removing of names in an SB_MEMORY directory takes the directory's lock,
 * and for a moment that of the hash chain, and writes nothing that two directories share, nor,
 * beside that lock's line, two names in one: processors that make files in one
 * directory are in each other's way no longer than that.  A new name is looked for in its chain,
 * under the chain's lock, right where it is added (dentry_link_new): so that all there is to
 * make can be made before the directory is locked.  Elsewhere dcache.lock is held too, as a
 * name that is not used may be taken away without the directory's lock (LRU).
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
 * The hash table itself is in dcache.c, the move of a name in dentry_move.c.
 *
 * References: refs counts holders; a holder of a child holds its parent.  A
 * dead dentry has refs below zero, which dentry_get_live() refuses.  They are taken
 * and put in dentry_kept.c, where processors keep some of what can be found.
 */
#include "fs/dentry.h"
#include "core/panic.h"
#include "fs/dcache_internal.h"
#include "fs/inode.h"
#include "fs/superblock.h"
#include "lib/string.h"
#include "mem/slab.h"

#define DENTRY_DEAD (-1000000)

static struct slab_cache dentry_cache;

void dentry_cache_init(void)
{
	slab_cache_init(&dentry_cache, "dentry", sizeof(struct dentry), DENTRY_ALIGN);
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
	d->len = (u16)name->len;
	d->kept_by = 0;
	d->hash = name->hash;
	d->hash_next = NULL;
	d->inode = NULL;
	d->sb = sb;
	d->cookie = 0;
	atomic_set(&d->refs, 1);
	d->sibling_at = NULL;
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
	d->flags |= DENTRY_ROOT | dentry_keep_flag();
	d->inode = inode;
	return d;
}

void dentry_put_root(struct dentry *root)
{
	dentry_prune(root);
	if (dentry_clear_flags(root, DENTRY_KEEP) & DENTRY_KEEP)
		dentry_unkeep(root);
	dentry_put(root);
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

/* --- Names in the table --------------------------------------------------- */

void dentry_hash(struct dentry *dentry)
{
	spin_lock(&dcache.lock);
	child_add(dentry);
	dentry->flags |= dentry_hashed_flags(dentry);
	chain_add(dentry);
	spin_unlock(&dcache.lock);
	dcache_count_more();
}

void dentry_link(struct dentry *dentry)
{
	assert(mutex_held(&dentry->parent->inode->lock));
	atomic_inc(&dentry->refs);
	dentry->flags |= DENTRY_LINKED | dentry_hashed_flags(dentry);
	child_add(dentry);
	chain_add(dentry);
	dcache_count_more();
}

bool dentry_link_new(struct dentry *dentry)
{
	u32 flags = dentry->flags;

	assert(mutex_held(&dentry->parent->inode->lock));
	dentry->flags = flags | DENTRY_LINKED | dentry_hashed_flags(dentry);
	atomic_inc(&dentry->refs);
	if (unlikely(!chain_add_new(dentry))) {
		dentry->flags = flags; /* nobody has seen it */
		atomic_dec(&dentry->refs);
		return false;
	}
	child_add(dentry);
	dcache_count_more();
	return true;
}

void dentry_drop(struct dentry *dentry)
{
	spin_lock(&dcache.lock);
	seq_write_begin(&dcache.seq);
	dcache_unhash_locked(dentry);
	if (!(READ_ONCE(dentry->flags) & DENTRY_LINKED))
		child_remove(dentry);
	seq_write_end(&dcache.seq);
	spin_unlock(&dcache.lock);
}

void dentry_unlink(struct dentry *dentry)
{
	if (!(READ_ONCE(dentry->flags) & DENTRY_LINKED)) {
		dentry_drop(dentry);
		return;
	}
	/* No walker is sent astray: where it stands the chain goes on, and what it has in hand
	 * was there when its walk began. */
	assert(mutex_held(&dentry->parent->inode->lock));
	chain_remove(dentry);
	child_remove(dentry);
	if (dentry_clear_flags(dentry, DENTRY_HASHED | DENTRY_LINKED | DENTRY_KEEP) & DENTRY_KEEP)
		dentry_unkeep(dentry);
	dcache_count_less();
	dentry_put(dentry);
}

/* --- The end ------------------------------------------------------------- */

static void dentry_free(struct rcu_head *rcu)
{
	struct dentry *d = container_of(rcu, struct dentry, rcu);

	if (d->flags & DENTRY_LONG)
		kfree(d->name);
	slab_free(&dentry_cache, d);
}

static void lru_remove_locked(struct dentry *d) REQUIRES(&dcache.lock)
{
	if (READ_ONCE(d->flags) & DENTRY_LRU) {
		dentry_clear_flags(d, DENTRY_LRU);
		list_del_init(&d->lru);
		dcache.unused--;
	}
}

/* refs is 0 and nobody can find it any more once we are done.  Returns the
 * parent, whose reference the caller drops, or NULL for a root. */
static struct dentry *dentry_kill_locked(struct dentry *d, struct inode **inode)
	REQUIRES(&dcache.lock)
{
	struct dentry *parent = d->parent == d ? NULL : d->parent;

	lru_remove_locked(d);
	dcache_unhash_locked(d);
	child_remove(d);
	*inode = d->inode;
	return parent;
}

/*
 * The end of what nobody finds any more and no list holds, which stays so: the lock would
 * protect nothing.  False: it is not such, or not ours to end.
 */
static bool dentry_kill_unlinked(struct dentry *d)
{
	return !(READ_ONCE(d->flags) & (DENTRY_HASHED | DENTRY_LRU | DENTRY_LINKED)) &&
	       !d->sibling_at && atomic_cmpxchg(&d->refs, 0, DENTRY_DEAD);
}

__noinline void dentry_put_last(struct dentry *d)
{
	for (;;) {
		struct dentry *parent;
		struct inode *inode;

		if (dentry_kill_unlinked(d)) {
			parent = d->parent == d ? NULL : d->parent;
			inode = d->inode;
			goto dead;
		}
		spin_lock(&dcache.lock);
		if (atomic_read(&d->refs) != 0) { /* found again, or dead */
			spin_unlock(&dcache.lock);
			return;
		}
		if ((d->flags & (DENTRY_HASHED | DENTRY_DONTCACHE)) == DENTRY_HASHED) {
			if (!(d->flags & DENTRY_LRU)) {
				dentry_set_flags(d, DENTRY_LRU);
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
	dead:
		if (inode)
			inode_put(inode);
		call_rcu(&d->rcu, dentry_free);
		if (!parent || !dentry_drop_ref(parent))
			return;
		d = parent;
	}
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
		struct dentry *at = root, *child;

		spin_lock(&dcache.lock);
		while ((child = child_first(at->inode)) != NULL)
			at = child;
		if (at == root) {
			spin_unlock(&dcache.lock);
			return;
		}
		d = at;
		if (READ_ONCE(d->flags) & DENTRY_LINKED)
			dentry_clear_flags(d, DENTRY_LINKED); /* its reference is ours now */
		else
			atomic_inc(&d->refs);
		seq_write_begin(&dcache.seq);
		dcache_unhash_locked(d);
		child_remove(d);
		lru_remove_locked(d);
		seq_write_end(&dcache.seq);
		spin_unlock(&dcache.lock);
		dentry_put(d);
	}
}
