/*
 * rename.c - rename(2), with exchange and whiteout.
 *
 * Both parents are locked, the ancestor first, under one rename mutex for all
 * file systems, which keeps "ancestor" true meanwhile; one parent alone needs
 * only its own lock.  Then both last components are looked up again under the
 * locks, checked, and handed to the file system.
 *
 * Source: rename(2), renameat2(2); inode(7) for sticky
 */
#include "fs/vfs.h"
#include <linux/fs.h>
#include <linux/stat.h>
#include "core/caller.h"
#include "fs/dentry.h"
#include "fs/mount.h"
#include "fs/namei_internal.h"
#include "fs/superblock.h"
#include "lib/errno.h"

static struct mutex rename_mutex; /* two directories at a time; rank LOCK_RENAME */

void fs_rename_init(void)
{
	mutex_init(&rename_mutex, LOCK_RENAME);
}

/* One lock, or three: the rename mutex, then the ancestor first; two unrelated ones by
 * address.  How many is more than the analysis can follow in here.
 */
static void lock_parents(struct dentry *a, struct dentry *b)
	ACQUIRE(a->inode->lock, b->inode->lock) NO_THREAD_SAFETY
{
	if (a == b) {
		mutex_lock(&a->inode->lock);
		return;
	}
	mutex_lock(&rename_mutex);
	if (dentry_is_ancestor(b, a) || (!dentry_is_ancestor(a, b) && b < a))
		swap(a, b);
	mutex_lock(&a->inode->lock);
	mutex_lock(&b->inode->lock);
}

static void unlock_parents(struct dentry *a, struct dentry *b)
	RELEASE(a->inode->lock, b->inode->lock) NO_THREAD_SAFETY
{
	mutex_unlock(&a->inode->lock);
	if (a != b) {
		mutex_unlock(&b->inode->lock);
		mutex_unlock(&rename_mutex);
	}
}

/* What loses its name, if there is something: nobody makes a file in a directory that
 * goes away, or another link, at that moment.  The analysis cannot follow the "if".
 */
static int lock_replaced(struct dentry *new) NO_THREAD_SAFETY
{
	struct inode *inode = new->inode;

	if (!inode)
		return 0;
	mutex_lock(&inode->lock);
	if (inode_is_dir(inode) && (new->sb->flags &SB_MEMORY) && dentry_has_children(new)) {
		mutex_unlock(&inode->lock);
		return -ENOTEMPTY;
	}
	return 0;
}

static void unlock_replaced(struct dentry *new) NO_THREAD_SAFETY
{
	if (new->inode)
		mutex_unlock(&new->inode->lock);
}

/* All that can forbid it, in Linux's order of errors. */
static int rename_check(const struct caller *caller, const struct path_parent *from,
			const struct path_parent *to, const struct dentry *old,
			const struct dentry *new, unsigned flags)
{
	struct inode *old_dir = from->path.dentry->inode;
	struct inode *new_dir = to->path.dentry->inode;
	bool is_dir = inode_is_dir(old->inode);
	bool exchange = flags & RENAME_EXCHANGE;
	int err;

	if ((flags & RENAME_NOREPLACE) && new->inode)
		return -EEXIST;
	if (exchange && !new->inode)
		return -ENOENT;
	if (!is_dir && (from->trailing_slash || (!exchange && to->trailing_slash)))
		return -ENOTDIR;
	if (exchange && !inode_is_dir(new->inode) && to->trailing_slash)
		return -ENOTDIR;
	/* Not into itself; and the target must not hold the source. */
	if (is_dir && dentry_is_ancestor(old, to->path.dentry))
		return -EINVAL;
	if (new->inode && dentry_is_ancestor(new, from->path.dentry))
		return exchange ? -EINVAL : -ENOTEMPTY;
	if (new->inode == old->inode)
		return 1; /* two names of one file: nothing to do */
	err = dir_may_delete(caller, old_dir, old->inode, is_dir);
	if (err)
		return err;
	if (new->inode) {
		err = dir_may_delete(caller, new_dir, new->inode,
				     exchange ? inode_is_dir(new->inode) : is_dir);
	} else {
		err = new_dir->flags & INODE_DEAD ?
			      -ENOENT :
			      inode_permission(caller, new_dir, MAY_WRITE | MAY_EXEC);
	}
	if (err)
		return err;
	/* Changing ".." of a directory is writing it. */
	if (new_dir != old_dir && is_dir) {
		err = inode_permission(caller, old->inode, MAY_WRITE);
		if (err)
			return err;
	}
	if (new_dir != old_dir && exchange && inode_is_dir(new->inode)) {
		err = inode_permission(caller, new->inode, MAY_WRITE);
		if (err)
			return err;
	}
	if ((old->flags | new->flags) & DENTRY_MOUNTED)
		return -EBUSY;
	if (!old_dir->ops || !old_dir->ops->rename)
		return -EPERM;
	if (new->inode && !exchange && is_dir && (new->sb->flags &SB_MEMORY) &&
	    dentry_has_children(new))
		return -ENOTEMPTY;
	return 0;
}

static void rename_links(struct inode *old_dir, struct inode *new_dir, struct inode *moved,
			 struct inode *replaced, bool exchange)
{
	s64 now = inode_now();

	if (inode_is_dir(moved) && old_dir != new_dir) {
		old_dir->nlink--;
		new_dir->nlink++;
	}
	WRITE_ONCE(moved->ctime, now);
	dir_changed(old_dir);
	dir_changed(new_dir);
	if (!replaced)
		return;
	WRITE_ONCE(replaced->ctime, now);
	if (exchange) {
		if (inode_is_dir(replaced) && old_dir != new_dir) {
			new_dir->nlink--;
			old_dir->nlink++;
		}
	} else if (inode_is_dir(replaced)) {
		replaced->flags |= INODE_DEAD;
		inode_clear_links(replaced);
		new_dir->nlink--;
	} else {
		inode_drop_link(replaced);
	}
}

/* RENAME_WHITEOUT: a character device 0:0 takes the old name.  As for O_TMPFILE, made
 * without a name; *out is to be linked while @old still has its own. */
static int whiteout_new(const struct caller *caller, const struct path_parent *from,
			struct dentry **out)
{
	struct dentry *dir = from->path.dentry, *ghost;
	struct inode_new new = { .mode = S_IFCHR };
	struct inode *inode;
	int err;

	if (!dir->inode->ops->make)
		return -EINVAL;
	inode_new_owner(caller, dir->inode, &new);
	ghost = dentry_new(dir, &from->last);
	if (!ghost)
		return -ENOMEM;
	err = dir->inode->ops->make(dir->inode, &new, &inode);
	if (err) {
		dentry_put(ghost);
		return err;
	}
	dentry_set_inode(ghost, inode);
	*out = ghost;
	return 0;
}

int vfs_rename(const struct caller *caller, struct path_parent *from, struct path_parent *to,
	       unsigned flags)
{
	struct dentry *from_dir = from->path.dentry, *to_dir = to->path.dentry;
	struct dentry *old, *new, *ghost = NULL;
	int err;

	if (from->path.mount != to->path.mount)
		return -EXDEV;
	if (from->type != LAST_NORMAL)
		return -EBUSY;
	if (to->type != LAST_NORMAL)
		return flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
	err = mount_writable(from->path.mount);
	if (err)
		return err;

	lock_parents(from_dir, to_dir);
	err = -ENOENT;
	if ((from_dir->inode->flags | to_dir->inode->flags) & INODE_DEAD)
		goto out_unlock;
	err = dir_lookup_locked(from_dir, &from->last, &old);
	if (err)
		goto out_unlock;
	err = -ENOENT;
	if (!old->inode)
		goto out_put_old;
	err = dir_lookup_locked(to_dir, &to->last, &new);
	if (err)
		goto out_put_old;
	err = rename_check(caller, from, to, old, new, flags);
	if (err)
		goto out_put_new;

	if (flags & RENAME_WHITEOUT) {
		err = whiteout_new(caller, from, &ghost);
		if (err)
			goto out_put_new;
	}
	struct rename_args args = {
		from_dir->inode,	to_dir->inode,		old, new,
		flags &RENAME_EXCHANGE, flags &RENAME_WHITEOUT,
	};
	err = args.exchange ? 0 : lock_replaced(new);
	if (err)
		goto out_put_ghost;
	err = from_dir->inode->ops->rename(&args);
	if (!err)
		rename_links(from_dir->inode, to_dir->inode, old->inode, new->inode, args.exchange);
	if (!args.exchange)
		unlock_replaced(new);
	if (!err && ghost)
		dentry_link(ghost);
	if (!err)
		dentry_move(old, to_dir, new, args.exchange);
out_put_ghost:
	if (ghost)
		dentry_put(ghost);
out_put_new:
	dentry_put(new);
	if (err == 1)
		err = 0;
out_put_old:
	dentry_put(old);
out_unlock:
	unlock_parents(from_dir, to_dir);
	return err;
}
