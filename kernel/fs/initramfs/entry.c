/*
 * One entry of an initial archive: the file it becomes in the root's tmpfs.
 *
 * Consecutive entries mostly share their directory, so the last directory found is kept.
 * Entries of one file with several links are found by inode number, per archive, as they may
 * come without data but for the last.  A name that is there already gives way.
 */
#include "fs/initramfs/initramfs_internal.h"

#include <linux/limits.h>
#include <linux/stat.h>

#include "core/caller.h"
#include "fs/dcache_internal.h"
#include "fs/inode.h"
#include "fs/tmpfs/tmpfs.h"
#include "fs/vfs.h"
#include "lib/cpio.h"
#include "lib/errno.h"
#include "lib/hash.h"
#include "lib/string.h"
#include "mem/slab.h"

/* The first name of a file that has several. */
struct first_link {
	struct first_link *next;
	u32 ino, dev_major, dev_minor;
	struct inode *inode; /* referenced */
};

/* --- Hard links ---------------------------------------------------------- */

static struct first_link **link_bucket(struct unpack *u, const struct cpio_entry *e)
{
	return &u->links[hash_u64(e->ino + ((u64)e->dev_minor << 32)) % LINK_BUCKETS];
}

static struct inode *link_find(struct unpack *u, const struct cpio_entry *e)
{
	struct first_link *l = *link_bucket(u, e);

	for (; l; l = l->next)
		if (l->ino == e->ino && l->dev_major == e->dev_major &&
		    l->dev_minor == e->dev_minor && ((l->inode->mode ^ e->mode) & S_IFMT) == 0)
			return l->inode;
	return NULL;
}

static void link_remember(struct unpack *u, const struct cpio_entry *e, struct inode *inode)
{
	struct first_link **bucket = link_bucket(u, e), *l = kmalloc(sizeof(*l));

	if (!l)
		return; /* the next name becomes a file of its own */
	inode_get(inode);
	*l = (struct first_link){
		.next = *bucket,
		.ino = e->ino,
		.dev_major = e->dev_major,
		.dev_minor = e->dev_minor,
		.inode = inode,
	};
	*bucket = l;
}

static void links_forget(struct unpack *u)
{
	for (unsigned i = 0; i < LINK_BUCKETS; i++) {
		struct first_link *l = u->links[i], *next;

		for (; l; l = next) {
			next = l->next;
			inode_put(l->inode);
			kfree(l);
		}
		u->links[i] = NULL;
	}
}

/* --- One entry ----------------------------------------------------------- */

static void dir_forget(struct unpack *u)
{
	if (u->dir.dentry)
		path_put(&u->dir);
	u->dir.dentry = NULL;
	u->dir_name = NULL;
}

/* u->dir becomes the directory named by len bytes.  -ENOENT, -ENOTDIR... */
static int dir_find(struct unpack *u, const char *name, size_t len)
{
	int err;

	if (u->dir.dentry && u->dir_len == len && memcmp(u->dir_name, name, len) == 0)
		return 0;
	if (len >= PATH_MAX)
		return -ENAMETOOLONG;
	dir_forget(u);
	memcpy(u->name, name, len);
	u->name[len] = '\0';
	err = path_lookup(&kernel_caller, u->root, u->name,
			  LOOKUP_IN_ROOT | LOOKUP_FOLLOW | LOOKUP_DIRECTORY | LOOKUP_EMPTY,
			  &u->dir);
	if (err) {
		u->dir.dentry = NULL;
		return err;
	}
	u->dir_name = name;
	u->dir_len = len;
	return 0;
}

static void attributes_set(struct inode *inode, const struct cpio_entry *e)
{
	inode->mode = (inode->mode & S_IFMT) | (e->mode & 07777);
	inode->uid = e->uid;
	inode->gid = e->gid;
	inode->atime = inode->mtime = inode->ctime = (s64)e->mtime * NSEC_PER_SEC;
}

static int name_link(struct unpack *u, const struct name *name, struct inode *inode)
{
	struct inode *dir = u->dir.dentry->inode;
	struct dentry *d = dentry_new(u->dir.dentry, name);
	int err;

	if (!d)
		return -ENOMEM;
	mutex_lock(&dir->lock);
	err = dir->ops->link(dir, d, inode);
	if (!err)
		inode_add_link(inode);
	mutex_unlock(&dir->lock);
	dentry_put(d);
	return err;
}

/* A name that is there already gives way, except a directory to a directory, and
 * one that is not empty to nothing.
 */
static int name_make_room(struct unpack *u, const struct name *name, const struct cpio_entry *e,
			  bool *done)
{
	struct dentry *d = dentry_lookup(u->dir.dentry, name);
	struct inode *inode, *dir = u->dir.dentry->inode;
	s64 mtime;
	int err = 0;

	if (!d)
		return 0;
	inode = d->inode;
	if (inode_is_dir(inode)) {
		*done = (e->mode & S_IFMT) == S_IFDIR;
		if (*done) {
			attributes_set(inode, e);
		} else {
			memcpy(u->name, name->str, name->len);
			u->name[name->len] = '\0';
			mtime = dir->mtime; /* the archive's, which stays */
			err = vfs_rmdir(&kernel_caller, &u->dir, u->name);
			dir->mtime = dir->ctime = mtime;
		}
	} else {
		mutex_lock(&dir->lock);
		err = dir->ops->unlink(dir, d);
		if (!err) {
			inode_drop_link(inode);
			dentry_unlink(d);
		}
		mutex_unlock(&dir->lock);
	}
	dentry_put(d);
	return err;
}

static int entry_make(struct unpack *u, const struct name *name, const struct cpio_entry *e)
{
	struct inode_new new = {
		.mode = e->mode,
		.uid = e->uid,
		.gid = e->gid,
		.rdev = dev_make(e->rdev_major, e->rdev_minor),
	};
	u32 type = e->mode & S_IFMT;
	struct inode *inode = NULL;
	struct dentry *dentry;
	bool done = false;
	int err;

	if (type == S_IFLNK) {
		if (e->size == 0 || e->size >= PATH_MAX)
			return -EINVAL;
		new.link = (const char *)e->data;
		new.link_len = strnlen(new.link, e->size);
	} else if (type != S_IFREG && type != S_IFDIR && type != S_IFCHR && type != S_IFBLK &&
		   type != S_IFIFO && type != S_IFSOCK) {
		return -EINVAL;
	}
	if (e->nlink >= 2 && type != S_IFDIR)
		inode = link_find(u, e);
	if (inode) {
		err = name_make_room(u, name, e, &done);
		if (!err)
			err = name_link(u, name, inode);
		if (!err && e->size && type == S_IFREG)
			tmpfs_inode_set_backing(inode, e->data, e->size);
		return err;
	}
	err = tmpfs_make_named(u->dir.dentry, name, &new, &dentry);
	if (err == -EEXIST) {
		err = name_make_room(u, name, e, &done);
		if (err || done)
			return err;
		err = tmpfs_make_named(u->dir.dentry, name, &new, &dentry);
	}
	if (err)
		return err;
	inode = dentry->inode;
	inode->atime = inode->mtime = inode->ctime = (s64)e->mtime * NSEC_PER_SEC;
	if (type == S_IFREG && e->size)
		tmpfs_inode_set_backing(inode, e->data, e->size);
	if (e->nlink >= 2 && type != S_IFDIR)
		link_remember(u, e, inode);
	dentry_put(dentry);
	return 0;
}

static bool bytes_equal(const char *a, const char *b, size_t len)
{
	size_t i = 0;

	for (; i + 8 <= len; i += 8)
		if (name_load(a + i) != name_load(b + i))
			return false;
	for (; i < len; i++)
		if (a[i] != b[i])
			return false;
	return true;
}

/* Mostly: "DIR/name" where DIR is that of the entry before. */
static bool same_dir(struct unpack *u, const char *name, size_t len, struct name *last)
{
	size_t skip = u->dir_len ? u->dir_len + 1 : 0;

	if (!u->dir.dentry || len <= skip ||
	    (skip && (name[skip - 1] != '/' || !bytes_equal(name, u->dir_name, skip - 1))))
		return false;
	last->str = name + skip;
	last->len = name_scan(last->str, &last->hash);
	return last->len == len - skip;
}

static int split_slow(struct unpack *u, const char *name, size_t len, struct name *last)
{
	const char *p = name + len;

	while (p > name && p[-1] != '/')
		p--;
	last->str = p;
	last->len = name + len - p;
	last->hash = name_hash(p, last->len);
	return dir_find(u, name, p > name ? p - name - 1 : 0);
}

int unpack_entry(struct unpack *u, const struct cpio_entry *e)
{
	const char *name = e->name;
	size_t len = e->name_len;
	struct name last;
	int err;

	for (;;) { /* "./a", "/a" and "a" are the same */
		if (len >= 1 && name[0] == '/')
			name++, len--;
		else if (len >= 2 && name[0] == '.' && name[1] == '/')
			name += 2, len -= 2;
		else
			break;
	}
	while (len > 1 && name[len - 1] == '/')
		len--;
	if (len == 0 || (len == 1 && name[0] == '.')) {
		if ((e->mode & S_IFMT) == S_IFDIR)
			attributes_set(u->root->dentry->inode, e);
		return 0;
	}
	if (!same_dir(u, name, len, &last)) {
		err = split_slow(u, name, len, &last);
		if (err)
			return err;
	}
	if (last.len > NAME_MAX)
		return -ENAMETOOLONG;
	if (last.str[0] == '.' && (last.len == 1 || (last.len == 2 && last.str[1] == '.')))
		return -EINVAL;
	return entry_make(u, &last, e);
}

void unpack_forget(struct unpack *u)
{
	links_forget(u);
	dir_forget(u);
}
