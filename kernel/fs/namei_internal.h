/* Shared by the files of fs/ that change directories.  For fs/ only. */
#pragma once
#include "fs/dentry.h"
#include "fs/inode.h"
#include "fs/path.h"

/* Symbolic links that are followed on one way: ELOOP above. */
#define MAX_LINKS 40

/* Under dir's lock: the entry, made if need be. */
int dir_lookup_locked(struct dentry *parent, struct name *name, struct dentry **out)
	__must_check REQUIRES(parent->inode->lock);

/* Locks the directory and finds or makes the (perhaps negative) entry;
 * unlocked again on error.  -ENOENT: the directory was removed. */
int dir_lookup_lock(const struct path *dir, struct name *name, struct dentry **out)
	__must_check TRY_ACQUIRE(0, dir->dentry->inode->lock);

static inline void dir_unlock(const struct path *dir) RELEASE(dir->dentry->inode->lock)
{
	mutex_unlock(&dir->dentry->inode->lock);
}

/* The same without making one, for a name that is probably there. */
int dir_find_lock(const struct path *dir, struct name *name, struct dentry **out)
	__must_check TRY_ACQUIRE(0, dir->dentry->inode->lock);

/* Checks that the caller may make a file in dir, and gives @dentry, which nobody has seen, a new
 * inode.  dir need not be locked yet. */
int dir_make(const struct caller *caller, const struct path *dir, struct dentry *dentry, u32 mode,
	     u64 rdev, const char *link) __must_check;
/* Enters it.  -EEXIST: there is such a name. */
int dir_enter_locked(const struct path *dir, struct dentry *dentry)
	__must_check REQUIRES(dir->dentry->inode->lock);
/* Who owns a new file in dir: fsuid, fsgid or the set-group-ID directory's. */
void inode_new_owner(const struct caller *caller, const struct inode *dir, struct inode_new *new);
/* A kmalloc'ed copy of a symbolic link's text. */
int inode_read_link(struct inode *inode, const struct caller *caller, char **out) __must_check;
/* May the caller remove @inode from the locked directory @dir?  With @want_dir: as rmdir.
 * -EACCES, -EPERM, -ENOTDIR, -EISDIR. */
int dir_may_delete(const struct caller *caller, struct inode *dir, struct inode *inode,
		   bool want_dir) __must_check;
/* Its times, after a change of its names. */
void dir_changed(struct inode *dir);
void fs_rename_init(void);
/* Also for O_TRUNC.  Takes the inode lock; permission has been checked. */
int inode_truncate(const struct caller *caller, struct inode *inode, u64 size) __must_check;
