/*
 * The mount tree: mount(2), umount2(2), pivot_root(2).
 *
 *	mount {parent, mountpoint} --root--> dentry of a superblock
 *
 * Mounts hang in a small hash by (parent, mountpoint); path walk looks there
 * when a dentry has DENTRY_MOUNTED.  Structure changes take the namespace
 * mutex, and dcache.lock with dcache.seq around the pointers that lock-free
 * walkers follow.  A mount holds its superblock, root and mountpoint; being in
 * the tree is one reference on it, each mount below another.
 *
 * Propagation: all mounts are private.  MS_PRIVATE, MS_SLAVE and MS_UNBINDABLE
 * are accepted, as they change nothing that can be seen with one namespace;
 * MS_SHARED is accepted too, since with one namespace a peer group has effect
 * on bind mounts only (docs/caveats.md).
 *
 * Source: mount(2), umount(2), pivot_root(2), mount_namespaces(7)
 */
#include "fs/mount.h"

#include <linux/limits.h>
#include <linux/mount.h>

#include "core/caller.h"
#include "core/cred.h"
#include "fs/dcache_internal.h"
#include "fs/devfs/devfs_internal.h"
#include "fs/fs_context.h"
#include "fs/inode.h"
#include "fs/superblock.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"

#ifndef MNT_FORCE
#define MNT_FORCE	1
#define MNT_DETACH	2
#define MNT_EXPIRE	4
#define UMOUNT_NOFOLLOW 8
#endif

#define MOUNT_DEAD  (-1000000)
#define MOUNT_SLOTS 64
#define MOUNT_MAX   100000 /* fs.mount-max */

struct mount_namespace mount_root_ns;

static struct mount *mount_table[MOUNT_SLOTS]; /* [dcache.lock], read under RCU */
static s32 mount_next_id = 20;		       /* [ns lock] */
static u32 mount_count;			       /* [ns lock] */

static struct mount **mount_slot(const struct mount *parent, const struct dentry *dentry)
{
	u64 hash = hash_mix((uintptr_t)parent, (uintptr_t)dentry);

	return &mount_table[hash % MOUNT_SLOTS];
}

struct mount *mount_covering(const struct mount *parent, const struct dentry *dentry)
{
	struct mount *m = load_acquire(mount_slot(parent, dentry));

	for (; m; m = load_acquire(&m->hash_next))
		if (m->parent == parent && m->mountpoint == dentry)
			return m;
	return NULL;
}

void mount_get(struct mount *mount)
{
	atomic_inc(&mount->refs);
}

bool mount_get_live(struct mount *mount)
{
	int refs = atomic_read(&mount->refs);

	while (refs > 0)
		if (atomic_try_cmpxchg(&mount->refs, &refs, refs + 1))
			return true;
	return false;
}

static void mount_free(struct rcu_head *rcu)
{
	struct mount *mount = container_of(rcu, struct mount, rcu);

	kfree(mount->source);
	kfree(mount);
}

void mount_put(struct mount *mount)
{
	if (likely(atomic_sub_return(&mount->refs, 1) != 0))
		return;
	dentry_put(mount->root);
	superblock_put(mount->sb);
	call_rcu(&mount->rcu, mount_free);
}

/* Takes a reference to sb; root NULL means the superblock's. */
static struct mount *mount_new(struct superblock *sb, struct dentry *root, u32 flags,
			       const char *source)
{
	struct mount *mount = kzalloc(sizeof(*mount));

	if (!mount)
		return NULL;
	if (source) {
		mount->source = kstrdup(source);
		if (!mount->source) {
			kfree(mount);
			return NULL;
		}
	}
	superblock_get(sb);
	mount->sb = sb;
	mount->root = root ? root : sb->root;
	dentry_get(mount->root);
	mount->flags = flags;
	atomic_set(&mount->refs, 1);
	mount->id = __atomic_add_fetch(&mount_next_id, 1, __ATOMIC_RELAXED);
	list_init(&mount->list);
	return mount;
}

/* A mount outside the tree, for files without a name (memfd). */
struct mount *mount_new_internal(struct superblock *sb)
{
	return mount_new(sb, NULL, MNT_NODEV | MNT_NOEXEC | MNT_RELATIME, NULL);
}

/* The mount's reference of the creator becomes that of the tree.  ns lock held. */
static void mount_attach(struct mount *mount, struct mount *parent, struct dentry *at)
{
	mount_get(parent);
	dentry_get(at);
	parent->nchildren++;
	mount->ns = &mount_root_ns;
	list_add_tail(&mount_root_ns.mounts, &mount->list);
	mount_root_ns.event++;
	mount_count++;

	spin_lock(&dcache.lock);
	seq_write_begin(&dcache.seq);
	struct mount **slot = mount_slot(parent, at);

	mount->parent = parent;
	mount->mountpoint = at;
	at->flags |= DENTRY_MOUNTED;
	mount->hash_next = *slot;
	store_release(slot, mount);
	seq_write_end(&dcache.seq);
	spin_unlock(&dcache.lock);
}

/* Unhooks from the parent; the caller then holds the tree's reference. */
static void mount_unhook(struct mount *mount)
{
	struct mount *parent = mount->parent, **p;
	struct dentry *at = mount->mountpoint;
	bool others = false;

	spin_lock(&dcache.lock);
	seq_write_begin(&dcache.seq);
	for (p = mount_slot(parent, at); *p != mount; p = &(*p)->hash_next)
		;
	WRITE_ONCE(*p, mount->hash_next);
	mount->parent = NULL;
	mount->mountpoint = NULL;
	for (unsigned i = 0; i < MOUNT_SLOTS && !others; i++)
		for (struct mount *m = mount_table[i]; m; m = m->hash_next)
			if (m->mountpoint == at)
				others = true;
	if (!others)
		at->flags &= ~DENTRY_MOUNTED;
	seq_write_end(&dcache.seq);
	spin_unlock(&dcache.lock);
	parent->nchildren--;
	dentry_put(at);
	mount_put(parent);
}

static void mount_detach(struct mount *mount)
{
	mount_unhook(mount);
	list_del_init(&mount->list);
	mount->ns = NULL;
	mount->flags |= MNT_DETACHED;
	mount_root_ns.event++;
	mount_count--;
}

int mount_init_root(const struct fs_type *type, const char *options, struct path *out)
{
	struct fs_params params = { .source = "rootfs", .options = options };
	struct superblock *sb;
	struct mount *mount;
	int err;

	mutex_init(&mount_root_ns.lock, LOCK_MOUNT);
	list_init(&mount_root_ns.mounts);
	err = type->mount(&params, &sb);
	if (err)
		return err;
	mount = mount_new(sb, NULL, MNT_RELATIME, "rootfs");
	superblock_put(sb);
	if (!mount)
		return -ENOMEM;
	mount->ns = &mount_root_ns;
	mount_root_ns.root = mount;
	list_add_tail(&mount_root_ns.mounts, &mount->list);
	mount_count = 1;
	*out = (struct path){ mount, mount->root };
	path_get(out);
	return 0;
}

int mount_writable(const struct mount *mount)
{
	if (unlikely((mount->flags & MNT_RDONLY) || (mount->sb->flags & SB_RDONLY)))
		return -EROFS;
	return 0;
}

/* --- Finding ------------------------------------------------------------- */

static bool mount_is_below(const struct mount *mount, const struct mount *ancestor)
{
	for (; mount; mount = mount->parent)
		if (mount == ancestor)
			return true;
	return false;
}

/* The next in depth-first order over the list: each mount is later in the
 * list than its parent, except after pivot_root; callers only want "below". */
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

static u32 mount_flags_from(u64 flags)
{
	u32 out = MNT_RELATIME;

	if (flags & MS_RDONLY)
		out |= MNT_RDONLY;
	if (flags & MS_NOSUID)
		out |= MNT_NOSUID;
	if (flags & MS_NODEV)
		out |= MNT_NODEV;
	if (flags & MS_NOEXEC)
		out |= MNT_NOEXEC;
	if (flags & MS_NODIRATIME)
		out |= MNT_NODIRATIME;
	if (flags & MS_STRICTATIME)
		out = (out & ~MNT_RELATIME) | MNT_STRICTATIME;
	if (flags & MS_NOATIME)
		out = (out & ~(MNT_RELATIME | MNT_STRICTATIME)) | MNT_NOATIME;
	return out;
}

/* --- mount(2) ------------------------------------------------------------ */

static int mount_attach_at(struct mount *mount, const struct path *at)
{
	struct mount *over;
	struct path to = *at;
	int err = 0;

	/* Something may have been mounted there since the walk: go on top. */
	while ((over = mount_covering(to.mount, to.dentry)))
		to = (struct path){ over, over->root };
	if (to.mount->ns == NULL)
		err = -EINVAL;
	else if (mount_count >= MOUNT_MAX)
		err = -ENOSPC;
	else if (inode_is_dir(mount->root->inode) != inode_is_dir(to.dentry->inode))
		err = -ENOTDIR;
	else if (!(to.dentry->flags & (DENTRY_HASHED | DENTRY_ROOT)))
		err = -ENOENT;
	if (!err)
		mount_attach(mount, to.mount, to.dentry);
	return err;
}

static int do_new_mount(const struct caller *caller, const char *source, const struct path *at,
			const char *type_name, u64 flags, const char *options)
{
	struct fs_params params = { caller, source, options, flags };
	const char *dot = strchr(type_name, '.');
	const struct fs_type *type;
	struct superblock *sb;
	struct mount *mount;
	int err;

	type = fs_type_find(type_name, dot ? dot - type_name : strlen(type_name));
	if (!type || !type->mount)
		return -ENODEV;
	err = type->mount(&params, &sb);
	if (err)
		return err;
	if (flags & MS_RDONLY)
		sb->flags |= SB_RDONLY;
	err = -ENOMEM;
	mount = mount_new(sb, NULL, mount_flags_from(flags), source ? source : "none");
	superblock_put(sb);
	if (!mount)
		return err;
	mutex_lock(&mount_root_ns.lock);
	struct mount *top = at->mount;

	if (at->dentry == top->root && top->sb == sb && top->root == sb->root)
		err = devfs_claim_automatic(top, sb) ? 1 : -EBUSY;
	else
		err = mount_attach_at(mount, at);
	mutex_unlock(&mount_root_ns.lock);
	if (err)
		mount_put(mount);
	return err == 1 ? 0 : err;
}

/* A copy of mount, rooted at root.  */
static struct mount *mount_clone(struct mount *src, struct dentry *root)
{
	return mount_new(src->sb, root, src->flags & ~MNT_DETACHED, src->source);
}

/* Copies what is mounted below src onto the copy; ns lock held.  The list
 * walk meets parents before children, so the copies pair up as it goes. */
static int clone_below(struct mount *src, struct dentry *root, struct mount *copy)
{
	struct pair {
		struct mount *from, *to;
	} *pairs;
	unsigned n = 0, max = mount_count + 1;
	struct mount *m;
	bool more = true;
	int err = 0;

	pairs = kcalloc(max, sizeof(*pairs));
	if (!pairs)
		return -ENOMEM;
	pairs[n++] = (struct pair){ src, copy };
	while (more && !err) {
		more = false;
		list_for_each_entry(m, &mount_root_ns.mounts, list) {
			struct mount *parent_copy = NULL, *c;
			bool done = false;

			for (unsigned i = 0; i < n; i++) {
				if (pairs[i].from == m || pairs[i].to == m)
					done = true;
				if (pairs[i].from == m->parent)
					parent_copy = pairs[i].to;
			}
			if (done || !parent_copy || n == max)
				continue;
			if (m->parent == src && !dentry_is_ancestor(root, m->mountpoint))
				continue;
			c = mount_clone(m, m->root);
			if (!c) {
				err = -ENOMEM;
				break;
			}
			mount_attach(c, parent_copy, m->mountpoint);
			pairs[n++] = (struct pair){ m, c };
			more = true;
			break;
		}
	}
	kfree(pairs);
	return err;
}

static void umount_tree(struct mount *top);

static int do_bind(const struct caller *caller, const char *source, const struct path *at,
		   bool recursive)
{
	struct path from;
	struct mount *mount;
	int err;

	if (!source || !*source)
		return -EINVAL;
	err = path_lookup(caller, NULL, source, LOOKUP_FOLLOW, &from);
	if (err)
		return err;
	mutex_lock(&mount_root_ns.lock);
	err = -EINVAL;
	if (!from.mount->ns)
		goto out_unlock;
	err = -ENOMEM;
	mount = mount_clone(from.mount, from.dentry);
	if (!mount)
		goto out_unlock;
	err = mount_attach_at(mount, at);
	if (err) {
		mount_put(mount);
		goto out_unlock;
	}
	if (recursive) {
		err = clone_below(from.mount, from.dentry, mount);
		if (err)
			umount_tree(mount);
	}
out_unlock:
	mutex_unlock(&mount_root_ns.lock);
	path_put(&from);
	return err;
}

static int do_move(const struct caller *caller, const char *source, const struct path *at)
{
	struct path from;
	struct mount *mount;
	int err;

	if (!source || !*source)
		return -EINVAL;
	err = path_lookup(caller, NULL, source, LOOKUP_FOLLOW, &from);
	if (err)
		return err;
	mount = from.mount;
	mutex_lock(&mount_root_ns.lock);
	err = -EINVAL;
	if (!mount->ns || from.dentry != mount->root || !mount->parent)
		goto out_unlock;
	if (inode_is_dir(mount->root->inode) != inode_is_dir(at->dentry->inode))
		goto out_unlock;
	err = -ELOOP;
	if (mount_is_below(at->mount, mount))
		goto out_unlock;
	/* Commit point: it had a place, it gets another. */
	mount_get(mount);
	mount_detach(mount);
	mount->flags &= ~MNT_DETACHED;
	mount_attach(mount, at->mount, at->dentry);
	mount_put(mount);
	err = 0;
out_unlock:
	mutex_unlock(&mount_root_ns.lock);
	path_put(&from);
	return err;
}

static int do_remount(const struct path *at, u64 flags, const char *options)
{
	struct mount *mount = at->mount;
	struct superblock *sb = mount->sb;
	u32 new = mount_flags_from(flags);
	int err = 0;

	if (at->dentry != mount->root)
		return -EINVAL;
	/* What the call does not say about atime stays as it is. */
	if (!(flags & (MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME)))
		new = (new & ~(MNT_RELATIME | MNT_STRICTATIME)) |
		      (mount->flags &
		       (MNT_NOATIME | MNT_NODIRATIME | MNT_RELATIME | MNT_STRICTATIME));
	mutex_lock(&mount_root_ns.lock);
	if (!(flags & MS_BIND)) {
		if (sb->ops->remount)
			err = sb->ops->remount(sb, options);
		if (!err) {
			if (flags & MS_RDONLY)
				sb->flags |= SB_RDONLY;
			else
				sb->flags &= ~SB_RDONLY;
		}
	}
	if (!err) {
		WRITE_ONCE(mount->flags, new);
		mount_root_ns.event++;
	}
	mutex_unlock(&mount_root_ns.lock);
	return err;
}

/**
 * vfs_mount - mount(2)
 *
 * -EPERM without CAP_SYS_ADMIN; -ENODEV unknown type; -EINVAL bad flags, or not
 * a mount point for move and remount; -EBUSY; -ELOOP; -ENOTDIR.
 */
int vfs_mount(const struct caller *caller, const char *source, const char *target, const char *type,
	      u64 flags, const char *options)
{
	const u64 propagation = MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE;
	struct path at;
	int err;

	if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
		flags &= ~(u64)MS_MGC_MSK;
	if (flags & (1ULL << 31)) /* MS_NOUSER */
		return -EINVAL;
	err = path_lookup(caller, NULL, target, LOOKUP_FOLLOW, &at);
	if (err)
		return err;
	err = -EPERM;
	if (!cred_capable(caller->cred, CAP_SYS_ADMIN))
		goto out_put_path;
	if (flags & MS_REMOUNT) {
		err = do_remount(&at, flags, options);
	} else if (flags & MS_BIND) {
		err = do_bind(caller, source, &at, flags & MS_REC);
	} else if (flags & propagation) {
		u64 kind = flags & propagation;

		err = -EINVAL;
		if (IS_POW2(kind) && !(flags & ~(propagation | MS_REC | MS_SILENT)) &&
		    at.dentry == at.mount->root)
			err = 0;
	} else if (flags & MS_MOVE) {
		err = do_move(caller, source, &at);
	} else {
		err = type ? do_new_mount(caller, source, &at, type, flags, options) : -EINVAL;
	}
out_put_path:
	path_put(&at);
	return err;
}

int mount_kernel(const struct caller *caller, const char *source, const char *type,
		 const char *target, u64 flags, const char *options)
{
	return vfs_mount(caller, source, target, type, flags, options);
}

/* --- umount2(2) ---------------------------------------------------------- */

/* Detaches top and all below it; ns lock held. */
static void umount_tree(struct mount *top)
{
	struct mount *m, *deepest;

	do {
		deepest = top;
		list_for_each_entry(m, &mount_root_ns.mounts, list)
			if (m->parent == deepest) {
				deepest = m;
				m = list_entry(&mount_root_ns.mounts, struct mount, list);
			}
		mount_detach(deepest);
		if (deepest != top)
			mount_put(deepest);
	} while (deepest != top);
	mount_put(top);
}

int vfs_umount(const struct caller *caller, const char *target, int flags)
{
	struct mount *mount;
	struct path at;
	int err;

	if (flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	err = path_lookup(caller, NULL, target, flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &at);
	if (err)
		return err;
	mount = at.mount;
	err = -EINVAL;
	if (at.dentry != mount->root)
		goto out_put_path;
	err = -EPERM;
	if (!cred_capable(caller->cred, CAP_SYS_ADMIN))
		goto out_put_path;
	err = -EINVAL;
	if ((flags & MNT_EXPIRE) && (flags & (MNT_FORCE | MNT_DETACH)))
		goto out_put_path;

	mutex_lock(&mount_root_ns.lock);
	err = -EINVAL;
	if (!mount->ns || !mount->parent)
		goto out_unlock;
	if (flags & MNT_DETACH) {
		umount_tree(mount);
		err = 0;
		goto out_unlock;
	}
	err = -EBUSY;
	/* The tree's reference and ours; a child would hold another. */
	if (mount->nchildren > 0 || atomic_read(&mount->refs) > 2)
		goto out_unlock;
	if ((flags & MNT_EXPIRE) && !(mount->flags & MNT_EXPIRED)) {
		mount->flags |= MNT_EXPIRED;
		err = -EAGAIN;
		goto out_unlock;
	}
	umount_tree(mount);
	err = 0;
out_unlock:
	mutex_unlock(&mount_root_ns.lock);
out_put_path:
	path_put(&at);
	return err;
}

/* --- pivot_root(2) ------------------------------------------------------- */

int vfs_pivot_root(const struct caller *caller, const char *new_root, const char *put_old)
{
	struct path new, old, root, under = { NULL, NULL };
	struct mount *parent;
	int err;

	if (!cred_capable(caller->cred, CAP_SYS_ADMIN))
		return -EPERM;
	err = path_lookup(caller, NULL, new_root, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &new);
	if (err)
		return err;
	err = path_lookup(caller, NULL, put_old, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &old);
	if (err)
		goto out_put_new;
	fs_context_root(caller->fs, &root);
	mutex_lock(&mount_root_ns.lock);
	err = -EBUSY;
	if (new.mount == root.mount || old.mount == root.mount)
		goto out_unlock;
	err = -EINVAL;
	if (!new.mount->ns || !root.mount->ns || new.dentry != new.mount->root ||
	    root.dentry != root.mount->root || !new.mount->parent)
		goto out_unlock;
	if (!root.mount->parent) /* the rootfs itself cannot be moved */
		goto out_unlock;
	/* put_old must be at or below new_root. */
	if (old.mount != new.mount || !dentry_is_ancestor(new.dentry, old.dentry)) {
		if (!mount_is_below(old.mount, new.mount))
			goto out_unlock;
	}
	if (!mount_is_below(new.mount, root.mount))
		goto out_unlock;

	/* Commit point: new takes the place of root, root goes to put_old. */
	parent = root.mount->parent;
	under = (struct path){ parent, root.mount->mountpoint };
	path_get(&under);
	mount_get(new.mount);
	mount_get(root.mount);
	mount_detach(new.mount);
	mount_detach(root.mount);
	new.mount->flags &= ~MNT_DETACHED;
	root.mount->flags &= ~MNT_DETACHED;
	mount_attach(new.mount, under.mount, under.dentry);
	mount_attach(root.mount, old.mount, old.dentry);
	mount_put(new.mount);
	mount_put(root.mount);
	path_put(&under);
	err = 0;
out_unlock:
	mutex_unlock(&mount_root_ns.lock);
	if (!err && caller->fs) {
		struct path cwd;

		fs_context_cwd(caller->fs, &cwd);
		if (path_equal(&cwd, &root))
			fs_context_set_cwd(caller->fs, &new);
		fs_context_set_root(caller->fs, &new);
		path_put(&cwd);
	}
	path_put(&root);
	path_put(&old);
out_put_new:
	path_put(&new);
	return err;
}
