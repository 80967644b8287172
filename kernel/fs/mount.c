/*
 * The mount tree: its objects, and how they hang together.
 *
 *	mount {parent, mountpoint} --root--> dentry of a superblock
 *
 * Mounts hang in a small hash by (parent, mountpoint); path walk looks there
 * when a dentry has DENTRY_MOUNTED.  Structure changes take the namespace
 * mutex, and dcache.lock with dcache.seq around the pointers that lock-free
 * walkers follow.  A mount holds its superblock, root and mountpoint; being in
 * the tree is one reference on it, each mount below another.
 *
 * A mount, or a tree of them, is made ready out of sight (mount_set_place) and
 * shown as a whole (mount_commit), so that a mount(2) that propagates to many
 * places happens everywhere or nowhere.
 *
 * Source: mount(2), mount_namespaces(7)
 */
#include "fs/mount.h"

#include "fs/dcache_internal.h"
#include "fs/inode.h"
#include "fs/mount_internal.h"
#include "fs/superblock.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"

#define MOUNT_SLOTS 64

struct mount_namespace mount_root_ns;

static struct {
	struct mount *table[MOUNT_SLOTS]; /* [dcache.lock], read under RCU */
	s32 next_id;			  /* [a] */
	u32 count;			  /* [ns lock] in the tree */
	struct spinlock sb_lock;	  /* rank LOCK_INODE_LIST: superblock.mounts */
} mounts = { .next_id = 20 };

/* --- The hash ------------------------------------------------------------ */

static struct mount **mount_slot(const struct mount *parent, const struct dentry *dentry)
{
	u64 hash = hash_mix((uintptr_t)parent, (uintptr_t)dentry);

	return &mounts.table[hash % MOUNT_SLOTS];
}

struct mount *mount_covering(const struct mount *parent, const struct dentry *dentry)
{
	struct mount *m = load_acquire(mount_slot(parent, dentry));

	for (; m; m = load_acquire(&m->hash_next))
		if (m->parent == parent && m->mountpoint == dentry)
			return m;
	return NULL;
}

static void hash_locked(struct mount *mount) REQUIRES(&dcache.lock)
{
	struct mount **slot = mount_slot(mount->parent, mount->mountpoint);

	dentry_set_flags(mount->mountpoint, DENTRY_MOUNTED);
	mount->hash_next = *slot;
	store_release(slot, mount);
}

static void unhash_locked(struct mount *mount) REQUIRES(&dcache.lock)
{
	struct mount **p = mount_slot(mount->parent, mount->mountpoint);

	for (; *p != mount; p = &(*p)->hash_next)
		;
	WRITE_ONCE(*p, mount->hash_next);
	for (unsigned i = 0; i < MOUNT_SLOTS; i++)
		for (struct mount *m = mounts.table[i]; m; m = m->hash_next)
			if (m->mountpoint == mount->mountpoint)
				return; /* covered elsewhere too */
	dentry_clear_flags(mount->mountpoint, DENTRY_MOUNTED);
}

/* --- Life ---------------------------------------------------------------- */

static void mount_free(struct rcu_head *rcu)
{
	struct mount *mount = container_of(rcu, struct mount, rcu);

	kfree(mount->source);
	kfree(mount->counts);
	kfree(mount);
}

void mount_release(struct mount *mount)
{
	spin_lock(&mounts.sb_lock);
	list_del(&mount->sb_mounts);
	spin_unlock(&mounts.sb_lock);
	dentry_put(mount->root);
	superblock_put(mount->sb);
	call_rcu(&mount->rcu, mount_free);
}

struct mount *mount_new(struct superblock *sb, struct dentry *root, u32 flags, const char *source)
{
	struct mount *mount = kzalloc(sizeof(*mount));

	if (!mount)
		return NULL;
	if (source)
		mount->source = kstrdup(source);
	if ((source && !mount->source) || mount_count_new(mount)) {
		kfree(mount->source);
		kfree(mount);
		return NULL;
	}
	superblock_get(sb);
	mount->sb = sb;
	mount->root = root ? root : sb->root;
	dentry_get(mount->root);
	mount->flags = flags;
	mount->id = __atomic_add_fetch(&mounts.next_id, 1, __ATOMIC_RELAXED);
	list_init(&mount->list);
	list_init(&mount->children);
	list_init(&mount->child);
	list_init(&mount->peers);
	list_init(&mount->slaves);
	list_init(&mount->slave);
	list_init(&mount->target);
	spin_lock(&mounts.sb_lock);
	list_add_tail(&sb->mounts, &mount->sb_mounts);
	spin_unlock(&mounts.sb_lock);
	return mount;
}

struct mount *mount_new_internal(struct superblock *sb)
{
	struct mount *mount = mount_new(sb, NULL, MNT_NODEV | MNT_RELATIME, NULL);

	if (mount)
		mount_count_by_cpu(mount); /* it stays */
	return mount;
}

/* --- The tree ------------------------------------------------------------ */

u32 mount_count(void)
{
	return mounts.count;
}

void mount_changed(void)
{
	WRITE_ONCE(mount_root_ns.event, mount_root_ns.event + 1);
	waitq_wake_all(&mount_root_ns.changed);
}

struct mount *mount_next_skip(struct mount *mount, const struct mount *top)
{
	for (; mount != top; mount = mount->parent)
		if (!list_is_last(&mount->parent->children, &mount->child))
			return list_next_entry(mount, child);
	return NULL;
}

struct mount *mount_next(struct mount *mount, const struct mount *top)
{
	if (!list_empty(&mount->children))
		return list_first_entry(&mount->children, struct mount, child);
	return mount_next_skip(mount, top);
}

struct mount *mount_deepest(struct mount *top)
{
	while (!list_empty(&top->children))
		top = list_last_entry(&top->children, struct mount, child);
	return top;
}

bool mount_is_below(const struct mount *mount, const struct mount *ancestor)
{
	for (; mount; mount = mount->parent)
		if (mount == ancestor)
			return true;
	return false;
}

void mount_set_place(struct mount *mount, struct mount *parent, struct dentry *at)
{
	mount_get(parent);
	dentry_get(at);
	mount->parent = parent;
	mount->mountpoint = at;
}

static void show_one(struct mount *mount, struct mount *covered)
{
	spin_lock(&dcache.lock);
	seq_write_begin(&dcache.seq);
	if (covered) {
		unhash_locked(covered);
		covered->parent = mount;
		covered->mountpoint = mount->root;
		hash_locked(covered);
	}
	hash_locked(mount);
	seq_write_end(&dcache.seq);
	spin_unlock(&dcache.lock);
}

static void enter_namespace(struct mount *mount)
{
	mount->ns = &mount_root_ns;
	list_add_tail(&mount_root_ns.mounts, &mount->list);
	mounts.count++;
	mount_count_by_cpu(mount);
}

void mount_commit(struct mount *top)
{
	struct mount *parent = top->parent, *covered = mount_covering(parent, top->mountpoint), *m;

	list_add_tail(&parent->children, &top->child);
	for (m = top; m; m = mount_next(m, top)) {
		enter_namespace(m);
	}
	/* Submounts first, so that the tree appears whole. */
	for (m = mount_next(top, top); m; m = mount_next(m, top))
		show_one(m, NULL);
	show_one(top, covered);
	if (!covered)
		return;
	/* The same place, seen from the parent: its two references change owner. */
	list_move_tail(&top->children, &covered->child);
	mount_get(top);
	dentry_get(top->root);
	dentry_put(top->mountpoint);
	mount_put(parent);
}

void mount_move(struct mount *mount, struct mount *parent, struct dentry *at)
{
	struct path old = { mount->parent, mount->mountpoint };

	mount_get(parent);
	dentry_get(at);
	spin_lock(&dcache.lock);
	seq_write_begin(&dcache.seq);
	unhash_locked(mount);
	mount->parent = parent;
	mount->mountpoint = at;
	hash_locked(mount);
	seq_write_end(&dcache.seq);
	spin_unlock(&dcache.lock);
	list_move_tail(&parent->children, &mount->child);
	path_put(&old);
}

/* Lets go of the place; @shown: lock-free walkers may be looking. */
static void leave_place(struct mount *mount, bool shown)
{
	struct path old = { mount->parent, mount->mountpoint };

	spin_lock(&dcache.lock);
	seq_write_begin(&dcache.seq);
	if (shown)
		unhash_locked(mount);
	mount->parent = NULL;
	mount->mountpoint = NULL;
	seq_write_end(&dcache.seq);
	spin_unlock(&dcache.lock);
	list_del_init(&mount->child);
	path_put(&old);
}

void mount_detach(struct mount *mount, struct list_node *gone)
{
	leave_place(mount, true);
	mount_set_private(mount);
	list_move_tail(gone, &mount->list);
	mount->ns = NULL;
	mount->flags |= MNT_DETACHED;
	mounts.count--;
}

void mount_free_tree(struct mount *top)
{
	struct mount *m;

	do {
		m = mount_deepest(top);
		if (m->parent)
			leave_place(m, false);
		mount_set_private(m);
		mount_put(m);
	} while (m != top);
}

int mount_for_each(const struct path *root, int (*fn)(struct mount *mount, void *arg), void *arg)
{
	struct mount *m;
	int ret = 0;

	mutex_lock(&mount_root_ns.lock);
	list_for_each_entry(m, &mount_root_ns.mounts, list) {
		if (root && !mount_is_below(m, root->mount))
			continue;
		ret = fn(m, arg);
		if (ret)
			break;
	}
	mutex_unlock(&mount_root_ns.lock);
	return ret;
}

int mount_init_root(const struct fs_type *type, const char *options, struct path *out)
{
	struct fs_params params = { .source = "rootfs", .options = options };
	struct superblock *sb;
	struct mount *mount;
	int err;

	mutex_init(&mount_root_ns.lock, LOCK_MOUNT);
	waitq_init(&mount_root_ns.changed);
	spin_init(&mounts.sb_lock, LOCK_INODE_LIST);
	mount_count_init();
	list_init(&mount_root_ns.mounts);
	mount_share_init();
	err = type->mount(&params, &sb);
	if (err)
		return err;
	mount = mount_new(sb, NULL, MNT_RELATIME, "rootfs");
	superblock_put(sb);
	if (!mount)
		return -ENOMEM;
	mount_root_ns.root = mount;
	enter_namespace(mount);
	*out = (struct path){ mount, mount->root };
	path_get(out);
	return 0;
}

/* --- Writers of a superblock --------------------------------------------- */

void superblock_release_writers(struct superblock *sb)
{
	struct mount *m;

	spin_lock(&mounts.sb_lock);
	list_for_each_entry(m, &sb->mounts, sb_mounts)
		WRITE_ONCE(m->flags, m->flags & ~MNT_WRITE_HOLD);
	spin_unlock(&mounts.sb_lock);
}

/* A file without a name counts as written: it has yet to be deleted. */
int superblock_hold_writers(struct superblock *sb)
{
	struct mount *m;
	s64 nameless = 0;
	int err = 0;

	spin_lock(&mounts.sb_lock);
	list_for_each_entry(m, &sb->mounts, sb_mounts) {
		err = mount_hold_writers(m);
		if (err)
			break;
	}
	spin_unlock(&mounts.sb_lock);
	/* Without writers they only go: none too few is seen. */
	for (unsigned cpu = 0; cpu < cpu_possible_count; cpu++)
		nameless += READ_ONCE(sb->cpu[cpu].nameless);
	if (!err && nameless > 0)
		err = -EBUSY;
	if (err)
		superblock_release_writers(sb);
	return err;
}
