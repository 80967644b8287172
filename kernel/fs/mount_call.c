/*
 * mount(2): what each kind of call checks and changes.
 *
 * All that may fail comes before the tree changes: a mount to be attached, and
 * its copies for wherever the place propagates to (mount_share.c), are made
 * out of sight and then shown.
 *
 * Source: mount(2), mount_namespaces(7)
 */
#include <linux/limits.h>
#include <linux/mount.h>

#include "core/caller.h"
#include "core/cred.h"
#include "fs/dentry.h"
#include "fs/devfs/devfs_internal.h"
#include "fs/inode.h"
#include "fs/mount_internal.h"
#include "fs/superblock.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/page.h"

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

/* --- Attaching ----------------------------------------------------------- */

static u32 tree_size(struct mount *top)
{
	u32 n = 0;

	for (struct mount *m = top; m; m = mount_next(m, top))
		n++;
	return n;
}

/* Something may have been mounted there since the walk: go on top. */
static struct path topmost(const struct path *at)
{
	struct path to = *at;
	struct mount *over;

	while ((over = mount_covering(to.mount, to.dentry)))
		to = (struct path){ over, over->root };
	return to;
}

static int check_place(const struct mount *mount, const struct path *to)
{
	if (to->mount->ns == NULL)
		return -EINVAL;
	if (inode_is_dir(mount->root->inode) != inode_is_dir(to->dentry->inode))
		return -ENOTDIR;
	if (!(to->dentry->flags & (DENTRY_HASHED | DENTRY_ROOT)))
		return -ENOENT;
	return 0;
}

static void free_copies(struct list_node *copies)
{
	while (!list_empty(copies)) {
		struct mount *copy = list_first_entry(copies, struct mount, list);

		list_del_init(&copy->list);
		mount_free_tree(copy);
	}
}

int mount_max = 100000;

/* Nobody's death frees mounts, so they may take a tenth of memory whatever the setting is. */
static u32 mounts_allowed(void)
{
	struct page_stats memory;

	page_stats(&memory);
	return (u32)min((u64)READ_ONCE(mount_max), max(memory.total, (u64)1000));
}

/* Shares the tree @top with what @to is shared with: copies of it, placed and
 * not yet shown.  Nothing has changed when it fails. */
static int prepare_copies(struct mount *top, const struct path *to, struct list_node *copies)
{
	u32 more = top->ns ? 0 : tree_size(top);
	struct mount *copy;
	int err = 0;

	if (to->mount->group) {
		err = mount_share_tree(top);
		if (!err)
			err = mount_propagate(top, to->mount, to->dentry, copies);
	}
	list_for_each_entry(copy, copies, list)
		more += tree_size(copy);
	if (!err && mount_count() + more > mounts_allowed())
		err = -ENOSPC;
	if (err)
		free_copies(copies);
	mount_share_tree_end(top, err == 0);
	return err;
}

static void commit_copies(struct list_node *copies)
{
	while (!list_empty(copies)) {
		struct mount *copy = list_first_entry(copies, struct mount, list);

		list_del_init(&copy->list);
		mount_commit(copy);
	}
	mount_changed();
}

/* The new tree @top goes to @at, and wherever that propagates to. */
static int attach(struct mount *top, const struct path *at)
{
	struct path to = topmost(at);
	DEFINE_LIST(copies);
	int err = check_place(top, &to);

	if (!err)
		err = prepare_copies(top, &to, &copies);
	if (err)
		return err;
	/* Commit point. */
	mount_set_place(top, to.mount, to.dentry);
	mount_commit(top);
	commit_copies(&copies);
	return 0;
}

/* --- Kinds of mount(2) --------------------------------------------------- */

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
	mount = mount_new(sb, NULL, mount_flags_from(flags), source ? source : "none");
	superblock_put(sb);
	if (!mount)
		return -ENOMEM;
	mutex_lock(&mount_root_ns.lock);
	struct mount *top = at->mount;

	if (at->dentry == top->root && top->sb == sb && top->root == sb->root) {
		err = -EBUSY;
		if (devfs_claim_automatic(top, sb)) {
			WRITE_ONCE(top->flags, mount->flags);
			err = 1;
		}
	} else {
		err = attach(mount, at);
	}
	mutex_unlock(&mount_root_ns.lock);
	if (err)
		mount_put(mount);
	return err == 1 ? 0 : err;
}

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
	if (!from.mount->ns || (from.mount->flags & MNT_UNBINDABLE))
		goto out_unlock;
	err = mount_copy_tree(from.mount, from.dentry, CLONE_SAME, recursive, &mount);
	if (err)
		goto out_unlock;
	err = attach(mount, at);
	if (err)
		mount_free_tree(mount);
out_unlock:
	mutex_unlock(&mount_root_ns.lock);
	path_put(&from);
	return err;
}

static bool has_unbindable(struct mount *top)
{
	for (struct mount *m = top; m; m = mount_next(m, top))
		if (m->flags & MNT_UNBINDABLE)
			return true;
	return false;
}

static int move_locked(struct path *from, const struct path *at) REQUIRES(&mount_root_ns.lock)
{
	struct mount *mount = from->mount;
	struct path to = topmost(at);
	DEFINE_LIST(copies);
	int err;

	if (!mount->ns || from->dentry != mount->root || !mount->parent || mount->parent->group)
		return -EINVAL;
	if (!to.mount->ns || inode_is_dir(mount->root->inode) != inode_is_dir(to.dentry->inode))
		return -EINVAL;
	if (to.mount->group && has_unbindable(mount))
		return -EINVAL;
	if (mount_is_below(to.mount, mount))
		return -ELOOP;
	err = check_place(mount, &to);
	if (!err)
		err = prepare_copies(mount, &to, &copies);
	if (err)
		return err;
	/* Commit point: it had a place, it gets another. */
	mount_move(mount, to.mount, to.dentry);
	commit_copies(&copies);
	return 0;
}

static int do_move(const struct caller *caller, const char *source, const struct path *at)
{
	struct path from;
	int err;

	if (!source || !*source)
		return -EINVAL;
	err = path_lookup(caller, NULL, source, LOOKUP_FOLLOW, &from);
	if (err)
		return err;
	mutex_lock(&mount_root_ns.lock);
	err = move_locked(&from, at);
	mutex_unlock(&mount_root_ns.lock);
	path_put(&from);
	return err;
}

static int do_propagation(const struct path *at, u64 flags)
{
	const u64 kinds = MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE;
	struct mount *top = at->mount, *m;
	int err = 0;

	if (!IS_POW2(flags & kinds) || (flags & ~(kinds | MS_REC | MS_SILENT)))
		return -EINVAL;
	mutex_lock(&mount_root_ns.lock);
	if (at->dentry != top->root || !top->ns)
		err = -EINVAL;
	for (m = top; m && !err; m = flags & MS_REC ? mount_next(m, top) : NULL)
		err = mount_set_propagation(m, flags & kinds);
	mutex_unlock(&mount_root_ns.lock);
	return err;
}

/* --- Remounting ---------------------------------------------------------- */

/* The superblock: its options, and whether it may be written. */
static int reconfigure(struct superblock *sb, bool read_only, const char *options)
{
	bool hold = read_only && !(sb->flags & SB_RDONLY);
	int err = hold ? superblock_hold_writers(sb) : 0;

	if (err)
		return err;
	if (sb->ops->remount)
		err = sb->ops->remount(sb, options);
	if (!err && read_only)
		sb->flags |= SB_RDONLY;
	else if (!err)
		sb->flags &= ~SB_RDONLY;
	if (hold)
		superblock_release_writers(sb);
	return err;
}

static int do_remount(const struct path *at, u64 flags, const char *options)
{
	const u32 atime = MNT_NOATIME | MNT_NODIRATIME | MNT_RELATIME | MNT_STRICTATIME;
	const u32 kept = MNT_EXPIRED | MNT_UNBINDABLE;
	struct mount *mount = at->mount;
	u32 new = mount_flags_from(flags);
	int err = 0;

	if (at->dentry != mount->root)
		return -EINVAL;
	mutex_lock(&mount_root_ns.lock);
	/* What the call does not say about atime stays as it is. */
	if (!(flags & (MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME)))
		new = (new & ~atime) | (mount->flags & atime);
	new |= mount->flags & kept;
	if (!mount->ns)
		err = -EINVAL;
	else if (!(flags & MS_BIND))
		err = reconfigure(mount->sb, flags & MS_RDONLY, options);
	else if ((new &MNT_RDONLY) && !(mount->flags & MNT_RDONLY))
		err = mount_hold_writers(mount);
	if (!err) {
		WRITE_ONCE(mount->flags, new); /* ends the hold */
		mount_changed();
	}
	mutex_unlock(&mount_root_ns.lock);
	return err;
}

/**
 * vfs_mount - mount(2)
 *
 * -EPERM without CAP_SYS_ADMIN; -ENODEV unknown type; -EINVAL bad flags, or not
 * a mount point for move and remount; -EBUSY; -ELOOP; -ENOTDIR; -ENOSPC.
 */
int vfs_mount(const struct caller *caller, const char *source, const char *target, const char *type,
	      u64 flags, const char *options)
{
	struct path at;
	int err;

	if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
		flags &= ~(u64)MS_MGC_MSK;
	if (flags & (1ULL << 31)) /* MS_NOUSER */
		return -EINVAL;
	err = path_lookup(caller, NULL, target, LOOKUP_FOLLOW, &at);
	if (err)
		return err;
	if (!cred_capable(caller->cred, CAP_SYS_ADMIN))
		err = -EPERM;
	else if (flags & MS_REMOUNT)
		err = do_remount(&at, flags, options);
	else if (flags & MS_BIND)
		err = do_bind(caller, source, &at, flags & MS_REC);
	else if (flags & (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE))
		err = do_propagation(&at, flags);
	else if (flags & MS_MOVE)
		err = do_move(caller, source, &at);
	else
		err = type ? do_new_mount(caller, source, &at, type, flags, options) : -EINVAL;
	path_put(&at);
	return err;
}
