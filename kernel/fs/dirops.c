/*
 * Changing directories: mknod, mkdir, symlink, link, unlink, rmdir, rename.
 *
 * Each finds the parent without locks, locks it, looks the last component up
 * again under the lock, checks, and calls the file system.  rename locks both
 * parents, ancestor first, under one rename mutex for all file systems.
 *
 * Source: the man pages of these calls; inode(7) for set-group-ID and sticky
 */
#include "fs/vfs.h"

#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/stat.h>

#include "core/caller.h"
#include "core/cred.h"
#include "fs/dentry.h"
#include "fs/fs_context.h"
#include "fs/mount.h"
#include "fs/namei_internal.h"
#include "fs/superblock.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"

static struct mutex rename_mutex; /* two directories at a time; rank LOCK_RENAME */

void fs_dirops_init(void)
{
	mutex_init(&rename_mutex, LOCK_RENAME);
}

/* --- Helpers ------------------------------------------------------------- */

/* Under dir's lock: the entry, made if need be. */
static int lookup_locked(struct dentry *parent, struct name *name, struct dentry **out)
{
	struct inode *dir = parent->inode;
	struct dentry *d = dentry_lookup(parent, name);
	int err;

	if (d && d->inode && (d->inode->flags & INODE_REVALIDATE) &&
	    !d->inode->ops->revalidate(d->inode, d)) {
		dentry_drop(d);
		dentry_put(d);
		d = NULL;
	}
	if (!d) {
		d = dentry_new(parent, name);
		if (!d)
			return -ENOMEM;
		if (dir->ops && dir->ops->lookup && !(dir->sb->flags & SB_MEMORY)) {
			err = dir->ops->lookup(dir, d);
			if (err) {
				dentry_put(d);
				return err;
			}
			if (d->inode || !(d->flags & DENTRY_DONTCACHE))
				dentry_hash(d);
		}
	}
	*out = d;
	return 0;
}

/* Locked or not as its result says, which the analysis checks in callers only. */
int dir_lookup_lock(const struct path *dir, struct name *name, struct dentry **out) NO_THREAD_SAFETY
{
	struct inode *inode = dir->dentry->inode;
	int err;

	mutex_lock(&inode->lock);
	err = inode->flags & INODE_DEAD ? -ENOENT : lookup_locked(dir->dentry, name, out);
	if (err)
		mutex_unlock(&inode->lock);
	return err;
}

void inode_new_owner(const struct caller *caller, const struct inode *dir, struct inode_new *new)
{
	new->uid = caller->cred->fsuid;
	if (dir->mode & S_ISGID) {
		new->gid = dir->gid;
		if ((new->mode &S_IFMT) == S_IFDIR)
			new->mode |= S_ISGID;
		else if ((new->mode &(S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
			 !cred_in_group(caller->cred, new->gid) &&
			 !cred_capable(caller->cred, CAP_FSETID))
			new->mode &= ~S_ISGID;
	} else {
		new->gid = caller->cred->fsgid;
	}
}

static void dir_changed(struct inode *dir)
{
	s64 now = inode_now();

	WRITE_ONCE(dir->mtime, now);
	WRITE_ONCE(dir->ctime, now);
}

int dir_create_locked(const struct caller *caller, const struct path *dir, struct dentry *dentry,
		      u32 mode, u64 rdev, const char *link)
{
	struct inode *inode = dir->dentry->inode;
	struct inode_new new = {
		.mode = mode,
		.rdev = rdev,
		.link = link,
		.link_len = link ? strlen(link) : 0,
	};
	int err;

	err = mount_writable(dir->mount);
	if (err)
		return err;
	err = inode_permission(caller, inode, MAY_WRITE | MAY_EXEC);
	if (err)
		return err;
	/* Character device 0:0 is a whiteout: it opens nothing. */
	if (((mode & S_IFMT) == S_IFBLK || ((mode & S_IFMT) == S_IFCHR && rdev != 0)) &&
	    !cred_capable(caller->cred, CAP_MKNOD))
		return -EPERM;
	if (!inode->ops || !inode->ops->create)
		return (mode & S_IFMT) == S_IFREG ? -EACCES : -EPERM;
	inode_new_owner(caller, inode, &new);
	err = inode->ops->create(inode, dentry, &new);
	if (!err)
		dir_changed(inode);
	return err;
}

int inode_read_link(struct inode *inode, const struct caller *caller, char **out)
{
	char *text = kmalloc(PATH_MAX);
	long len;

	if (!text)
		return -ENOMEM;
	if (inode->link) {
		len = strlcpy(text, inode->link, PATH_MAX);
	} else {
		len = inode->ops->readlink ?
			      inode->ops->readlink(inode, caller, text, PATH_MAX - 1) :
			      -EINVAL;
		if (len >= 0)
			text[len] = '\0';
	}
	if (len < 0) {
		kfree(text);
		return len;
	}
	*out = text;
	return 0;
}

static void parent_put(struct path_parent *parent)
{
	path_put(&parent->path);
	path_parent_fini(parent);
}

/* A sticky directory: only the owners of file or directory remove from it. */
static bool sticky_forbids(const struct caller *caller, const struct inode *dir,
			   const struct inode *inode)
{
	u32 fsuid = caller->cred->fsuid;

	return (dir->mode & S_ISVTX) && inode->uid != fsuid && dir->uid != fsuid &&
	       !cred_capable(caller->cred, CAP_FOWNER);
}

static int may_delete(const struct caller *caller, struct inode *dir, struct inode *inode,
		      bool want_dir)
{
	int err = inode_permission(caller, dir, MAY_WRITE | MAY_EXEC);

	if (err)
		return err;
	if ((dir->flags & INODE_APPEND) || sticky_forbids(caller, dir, inode) ||
	    (inode->flags & (INODE_APPEND | INODE_IMMUTABLE)))
		return -EPERM;
	if (want_dir && !inode_is_dir(inode))
		return -ENOTDIR;
	if (!want_dir && inode_is_dir(inode))
		return -EISDIR;
	return 0;
}

/* --- Making -------------------------------------------------------------- */

static int vfs_create_node(const struct caller *caller, const struct path *base, const char *name,
			   u32 mode, u64 rdev, const char *link, struct path *out)
{
	struct path_parent parent;
	struct dentry *dentry;
	int err;

	err = path_lookup_parent(caller, base, name, 0, &parent);
	if (err)
		return err;
	err = -EEXIST;
	if (parent.type != LAST_NORMAL)
		goto out_put_parent;
	err = dir_lookup_lock(&parent.path, &parent.last, &dentry);
	if (err)
		goto out_put_parent;
	err = -EEXIST;
	if (dentry->inode)
		goto out_unlock;
	err = -ENOENT;
	if (parent.trailing_slash && (mode & S_IFMT) != S_IFDIR)
		goto out_unlock;
	err = dir_create_locked(caller, &parent.path, dentry, mode, rdev, link);
	if (!err && out) {
		*out = (struct path){ parent.path.mount, dentry };
		path_get(out);
	}
out_unlock:
	dir_unlock(&parent.path);
	dentry_put(dentry);
out_put_parent:
	parent_put(&parent);
	return err;
}

int vfs_mknod_path(const struct caller *caller, const struct path *base, const char *name, u32 mode,
		   u64 dev, struct path *out)
{
	u32 type = mode & S_IFMT;

	if (type == 0)
		mode |= S_IFREG;
	else if (type == S_IFDIR)
		return -EPERM;
	else if (type != S_IFREG && type != S_IFCHR && type != S_IFBLK && type != S_IFIFO &&
		 type != S_IFSOCK)
		return -EINVAL;
	mode = (mode & S_IFMT) | (mode & 07777 & ~READ_ONCE(caller->fs->umask));
	return vfs_create_node(caller, base, name, mode, dev, NULL, out);
}

int vfs_mknod(const struct caller *caller, const struct path *base, const char *name, u32 mode,
	      u64 dev)
{
	return vfs_mknod_path(caller, base, name, mode, dev, NULL);
}

int vfs_mkdir(const struct caller *caller, const struct path *base, const char *name, u32 mode)
{
	mode &= 01777 & ~READ_ONCE(caller->fs->umask);
	return vfs_create_node(caller, base, name, S_IFDIR | mode, 0, NULL, NULL);
}

int vfs_symlink(const struct caller *caller, const char *target, const struct path *base,
		const char *name)
{
	if (!*target)
		return -ENOENT;
	return vfs_create_node(caller, base, name, S_IFLNK | 0777, 0, target, NULL);
}

/* protected_hardlinks of proc(5): a file of another's must be a harmless one. */
static int link_source_check(const struct caller *caller, struct inode *inode)
{
	u32 mode = READ_ONCE(inode->mode);

	if (!fs_protected.hardlinks || inode_owner_or_capable(caller, inode))
		return 0;
	if (!inode_is_reg(inode) || (mode & S_ISUID) ||
	    (mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) ||
	    inode_permission(caller, inode, MAY_READ | MAY_WRITE))
		return -EPERM;
	return 0;
}

int vfs_link(const struct caller *caller, const struct path *old_base, const char *old,
	     const struct path *new_base, const char *new, unsigned lookup)
{
	struct path_parent parent;
	struct dentry *dentry;
	struct inode *inode, *dir;
	struct path path;
	int err;

	err = path_lookup(caller, old_base, old, lookup, &path);
	if (err)
		return err;
	inode = path.dentry->inode;
	err = path_lookup_parent(caller, new_base, new, 0, &parent);
	if (err)
		goto out_put_path;
	dir = parent.path.dentry->inode;
	err = -EEXIST;
	if (parent.type != LAST_NORMAL)
		goto out_put_parent;
	err = dir_lookup_lock(&parent.path, &parent.last, &dentry);
	if (err)
		goto out_put_parent;
	err = -EEXIST;
	if (dentry->inode)
		goto out_unlock;
	err = -ENOENT;
	if (parent.trailing_slash)
		goto out_unlock;
	err = -EXDEV;
	if (path.mount != parent.path.mount)
		goto out_unlock;
	err = link_source_check(caller, inode);
	if (err)
		goto out_unlock;
	err = mount_writable(parent.path.mount);
	if (err)
		goto out_unlock;
	err = inode_permission(caller, dir, MAY_WRITE | MAY_EXEC);
	if (err)
		goto out_unlock;
	err = -EPERM;
	if (inode_is_dir(inode) || !dir->ops || !dir->ops->link ||
	    (inode->flags & (INODE_APPEND | INODE_IMMUTABLE)))
		goto out_unlock;

	mutex_lock(&inode->lock);
	err = -ENOENT;
	if (inode->nlink == 0 && !(inode->flags & INODE_LINKABLE))
		goto out_unlock_inode;
	err = dir->ops->link(dir, dentry, inode);
	if (!err) {
		if (inode->flags & INODE_LINKABLE)
			__atomic_and_fetch(&inode->flags, ~INODE_LINKABLE, __ATOMIC_RELAXED);
		inode_add_link(inode);
		WRITE_ONCE(inode->ctime, inode_now());
		dir_changed(dir);
	}
out_unlock_inode:
	mutex_unlock(&inode->lock);
out_unlock:
	dir_unlock(&parent.path);
	dentry_put(dentry);
out_put_parent:
	parent_put(&parent);
out_put_path:
	path_put(&path);
	return err;
}

/* --- Removing ------------------------------------------------------------ */

static int vfs_remove(const struct caller *caller, const struct path *base, const char *name,
		      bool want_dir)
{
	struct path_parent parent;
	struct dentry *dentry;
	struct inode *dir, *inode;
	int err;

	err = path_lookup_parent(caller, base, name, 0, &parent);
	if (err)
		return err;
	if (parent.type != LAST_NORMAL) {
		if (!want_dir)
			err = -EISDIR;
		else
			err = parent.type == LAST_DOT	 ? -EINVAL :
			      parent.type == LAST_DOTDOT ? -ENOTEMPTY :
							   -EBUSY;
		goto out_put_parent;
	}
	dir = parent.path.dentry->inode;
	err = dir_lookup_lock(&parent.path, &parent.last, &dentry);
	if (err)
		goto out_put_parent;
	inode = dentry->inode;
	err = -ENOENT;
	if (!inode)
		goto out_unlock;
	if (!want_dir && parent.trailing_slash) {
		err = inode_is_dir(inode) ? -EISDIR : -ENOTDIR;
		goto out_unlock;
	}
	err = mount_writable(parent.path.mount);
	if (err)
		goto out_unlock;
	err = may_delete(caller, dir, inode, want_dir);
	if (err)
		goto out_unlock;
	err = -EBUSY;
	if (dentry->flags & DENTRY_MOUNTED)
		goto out_unlock;
	err = -EPERM;
	if (!dir->ops || (want_dir ? !dir->ops->rmdir : !dir->ops->unlink))
		goto out_unlock;
	mutex_lock(&inode->lock);
	if (want_dir) {
		err = dentry_has_children(dentry) && (dir->sb->flags & SB_MEMORY) ?
			      -ENOTEMPTY :
			      dir->ops->rmdir(dir, dentry);
		if (!err) {
			inode->flags |= INODE_DEAD;
			inode_clear_links(inode);
			dir->nlink--;
		}
	} else {
		err = dir->ops->unlink(dir, dentry);
		if (!err)
			inode_drop_link(inode);
	}
	if (!err) {
		WRITE_ONCE(inode->ctime, inode_now());
		dir_changed(dir);
		dentry_unlink(dentry);
	}
	mutex_unlock(&inode->lock);
out_unlock:
	dir_unlock(&parent.path);
	dentry_put(dentry);
out_put_parent:
	parent_put(&parent);
	return err;
}

int vfs_unlink(const struct caller *caller, const struct path *base, const char *name)
{
	return vfs_remove(caller, base, name, false);
}

int vfs_rmdir(const struct caller *caller, const struct path *base, const char *name)
{
	return vfs_remove(caller, base, name, true);
}

/* --- rename -------------------------------------------------------------- */

/* One lock, or three: the rename mutex, then the ancestor first; two unrelated ones by
 * address.  How many is more than the analysis can follow.
 */
static void lock_parents(struct dentry *a, struct dentry *b) NO_THREAD_SAFETY
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

static void unlock_parents(struct dentry *a, struct dentry *b) NO_THREAD_SAFETY
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
	err = may_delete(caller, old_dir, old->inode, is_dir);
	if (err)
		return err;
	if (new->inode) {
		err = may_delete(caller, new_dir, new->inode,
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
	    dentry_has_children((struct dentry *)new))
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

	if (!dir->inode->ops->tmpfile)
		return -EINVAL;
	inode_new_owner(caller, dir->inode, &new);
	ghost = dentry_new(dir, &from->last);
	if (!ghost)
		return -ENOMEM;
	err = dir->inode->ops->tmpfile(dir->inode, &new, &inode);
	if (err) {
		dentry_put(ghost);
		return err;
	}
	dentry_set_inode(ghost, inode);
	*out = ghost;
	return 0;
}

int vfs_rename(const struct caller *caller, const struct path *old_base, const char *old_name,
	       const struct path *new_base, const char *new_name, unsigned flags)
{
	struct path_parent from, to;
	struct dentry *old, *new, *from_dir, *to_dir, *ghost = NULL;
	int err;

	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT))
		return -EINVAL;
	if ((flags & RENAME_EXCHANGE) && (flags & (RENAME_NOREPLACE | RENAME_WHITEOUT)))
		return -EINVAL;
	err = path_lookup_parent(caller, old_base, old_name, 0, &from);
	if (err)
		return err;
	err = path_lookup_parent(caller, new_base, new_name, 0, &to);
	if (err)
		goto out_put_from;
	from_dir = from.path.dentry;
	to_dir = to.path.dentry;
	err = -EXDEV;
	if (from.path.mount != to.path.mount)
		goto out_put_to;
	err = -EBUSY;
	if (from.type != LAST_NORMAL)
		goto out_put_to;
	if (to.type != LAST_NORMAL) {
		err = flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
		goto out_put_to;
	}
	err = mount_writable(from.path.mount);
	if (err)
		goto out_put_to;

	lock_parents(from_dir, to_dir);
	err = -ENOENT;
	if ((from_dir->inode->flags | to_dir->inode->flags) & INODE_DEAD)
		goto out_unlock;
	err = lookup_locked(from_dir, &from.last, &old);
	if (err)
		goto out_unlock;
	err = -ENOENT;
	if (!old->inode)
		goto out_put_old;
	err = lookup_locked(to_dir, &to.last, &new);
	if (err)
		goto out_put_old;
	err = rename_check(caller, &from, &to, old, new, flags);
	if (err)
		goto out_put_new;

	if (flags & RENAME_WHITEOUT) {
		err = whiteout_new(caller, &from, &ghost);
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
out_put_to:
	parent_put(&to);
out_put_from:
	parent_put(&from);
	return err;
}
