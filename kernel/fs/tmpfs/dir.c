/*
 * tmpfs: names.  A directory is its inode's lists of names (struct memory_dir), the newest
 * first, as on Linux; each name has a cookie that falls along the list.  List and cookie tell
 * the readdir position, so that it stays right whatever is added or removed meanwhile.
 * What is added comes before all positions in its list but the start.
 *
 * Source: tmpfs(5), readdir(3)
 */
#include <linux/fs.h>
#include <linux/stat.h>

#include "fs/dentry.h"
#include "fs/file.h"
#include "fs/mount.h"
#include "fs/tmpfs/tmpfs_internal.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"

#define BOGO_DIRENT_SIZE 20 /* what Linux says an entry adds to st_size */

static const struct inode_ops tmpfs_dir_inode_ops, tmpfs_inode_ops;
struct slab_cache tmpfs_file_slab, tmpfs_inode_slab;

static struct inode *inode_alloc(struct superblock *sb, const struct inode_new *new)
{
	struct tmpfs_file *file;
	struct memory_dir *dir;

	if ((new->mode &S_IFMT) != S_IFREG) {
		dir = slab_alloc(&tmpfs_inode_slab);
		if (!dir)
			return NULL;
		inode_init(&dir->inode, sb, new->mode);
		memset(dir->more, 0, sizeof(dir->more));
		return &dir->inode;
	}
	file = slab_alloc(&tmpfs_file_slab);
	if (!file)
		return NULL;
	inode_init(&file->inode, sb, new->mode);
	page_cache_init(&file->cache, &tmpfs_plain_cache_ops, CACHE_MEMORY, &file->inode);
	file->inode.cache = &file->cache;
	file->backing = NULL;
	file->backing_size = file->backing_len = 0;
	return &file->inode;
}

static void inode_dealloc(struct inode *inode)
{
	if (inode_is_reg(inode))
		slab_free(&tmpfs_file_slab, tmpfs_file_of(inode));
	else
		slab_free(&tmpfs_inode_slab, inode);
}

/* Longer link texts fill a page on Linux: st_blocks says so, and the size limit counts it. */
#define SHORT_LINK 128

static void link_uncharge(const struct inode *inode)
{
	struct tmpfs_super *super = inode->sb->priv;

	if (inode->blocks)
		atomic64_dec(&super->pages);
}

static int link_new(struct inode *inode, const struct inode_new *new)
{
	char *text;
	int err;

	if (new->link_len >= SHORT_LINK) {
		err = tmpfs_charge_pages(inode->sb->priv, 1);
		if (err)
			return err;
		inode->blocks = PAGE_SIZE / 512;
	}
	text = kmalloc(new->link_len + 1);
	if (!text) {
		link_uncharge(inode);
		return -ENOMEM;
	}
	memcpy(text, new->link, new->link_len);
	text[new->link_len] = '\0';
	inode->link = text;
	inode->size = new->link_len;
	return 0;
}

int tmpfs_inode_new(struct superblock *sb, const struct inode_new *new, struct inode **out)
{
	struct inode *inode;
	int err = tmpfs_count_inode(sb);

	if (err)
		return err;
	inode = inode_alloc(sb, new);
	err = -ENOMEM;
	if (!inode)
		goto out_uncount;
	inode->ino = inode_next_ino(sb);
	inode->uid = new->uid;
	inode->gid = new->gid;
	inode->rdev = new->rdev;
	inode->ops = &tmpfs_inode_ops;
	switch (new->mode &S_IFMT) {
	case S_IFREG:
		inode->file_ops = &tmpfs_file_ops;
		break;
	case S_IFDIR:
		inode->ops = &tmpfs_dir_inode_ops;
		inode->file_ops = &tmpfs_dir_ops;
		inode->nlink = 2;
		inode->size = 2 * BOGO_DIRENT_SIZE;
		break;
	case S_IFLNK:
		err = link_new(inode, new);
		if (err)
			goto out_free;
		break;
	}
	*out = inode;
	return 0;

out_free:
	inode_dealloc(inode);
out_uncount:
	tmpfs_uncount_inode(sb);
	return err;
}

/* super_ops: the last reference is gone, the memory stays a grace period. */
void tmpfs_evict(struct inode *inode)
{
	if (inode->cache)
		page_cache_fini(inode->cache);
	if (inode_is_reg(inode))
		tmpfs_free_backing(inode);
	if (inode->link)
		link_uncharge(inode);
	tmpfs_free_xattrs(inode);
	tmpfs_uncount_inode(inode->sb);
}

void tmpfs_free_inode(struct inode *inode)
{
	kfree(inode->link);
	inode_dealloc(inode);
}

/* --- Directory operations; the directory is locked ----------------------- */

static int tmpfs_make_inode(struct inode *dir, const struct inode_new *new, struct inode **out)
{
	return tmpfs_inode_new(dir->sb, new, out);
}

static int tmpfs_create(struct inode *dir, struct dentry *dentry)
{
	if (!dentry_link_new(dentry))
		return -EEXIST;
	if (inode_is_dir(dentry->inode))
		dir->nlink++;
	dir->size += BOGO_DIRENT_SIZE;
	return 0;
}

/* Each name but the first counts as an inode: else links were without a limit.
 * (The first name of an O_TMPFILE file is that, a first one.) */
static int tmpfs_link(struct inode *dir, struct dentry *dentry, struct inode *inode)
{
	int err = inode->nlink > 0 ? tmpfs_count_inode(dir->sb) : 0;

	if (err)
		return err;
	inode_get(inode);
	dir->size += BOGO_DIRENT_SIZE;
	dentry_set_inode(dentry, inode);
	dentry_link(dentry);
	return 0;
}

/* Before the name is taken off the count of links. */
static void uncount_link(const struct inode *inode)
{
	if (!inode_is_dir(inode) && inode->nlink > 1)
		tmpfs_uncount_inode(inode->sb);
}

static int tmpfs_unlink(struct inode *dir, struct dentry *dentry)
{
	uncount_link(dentry->inode);
	dir->size -= BOGO_DIRENT_SIZE;
	return 0;
}

static int tmpfs_rename(const struct rename_args *args)
{
	if (args->exchange)
		return 0;
	if (!args->whiteout)
		args->old_dir->size -= BOGO_DIRENT_SIZE;
	if (!args->new->inode)
		args->new_dir->size += BOGO_DIRENT_SIZE;
	else
		uncount_link(args->new->inode);
	return 0;
}

/* A miss in the cache is a miss: there is nothing to look up. */
static int tmpfs_lookup(struct inode *dir, struct dentry *dentry)
{
	return 0;
}

static const struct inode_ops tmpfs_dir_inode_ops = {
	.lookup = tmpfs_lookup,
	.make = tmpfs_make_inode,
	.create = tmpfs_create,
	.link = tmpfs_link,
	.unlink = tmpfs_unlink,
	.rmdir = tmpfs_unlink,
	.rename = tmpfs_rename,
	.getxattr = tmpfs_getxattr,
	.setxattr = tmpfs_setxattr,
	.listxattr = tmpfs_listxattr,
};

static const struct inode_ops tmpfs_inode_ops = {
	.setattr = tmpfs_setattr,
	.getxattr = tmpfs_getxattr,
	.setxattr = tmpfs_setxattr,
	.listxattr = tmpfs_listxattr,
};

int tmpfs_make(struct dentry *dir, const char *name, u32 len, const struct inode_new *new,
	       struct dentry **out)
{
	const struct name key = { name, len, name_hash(name, len) };

	return tmpfs_make_named(dir, &key, new, out);
}

int tmpfs_make_named(struct dentry *dir, const struct name *key, const struct inode_new *new,
		     struct dentry **out)
{
	struct dentry *dentry = dentry_new(dir, key);
	struct inode *inode;
	int err;

	if (!dentry)
		return -ENOMEM;
	err = tmpfs_inode_new(dir->sb, new, &inode);
	if (!err) {
		dentry_set_inode(dentry, inode);
		mutex_lock(&dir->inode->lock);
		err = tmpfs_create(dir->inode, dentry);
		mutex_unlock(&dir->inode->lock);
	}
	if (!err && out)
		*out = dentry;
	else
		dentry_put(dentry);
	return err;
}

/* --- readdir ------------------------------------------------------------- */

#define LIST_POSITIONS (1ull << 60)

static u64 position(const struct dentry *child)
{
	return (child->list + 1) * LIST_POSITIONS - 1 - child->cookie;
}

/* The first name of a list at or behind a position, or NULL.  file->dir_cursor is the one that
 * was emitted last, with a reference, which saves the search. */
static struct dentry *dir_seek(struct file *file, struct dentry *dir, unsigned list, u64 pos)
{
	struct dentry *cursor = file->dir_cursor, *child = *memory_dir_list(dir->inode, list);

	if (cursor && cursor->parent == dir && (cursor->flags & DENTRY_LINKED) &&
	    cursor->list == list && position(cursor) < pos)
		child = cursor;
	while (child && position(child) < pos)
		child = child->sibling;
	return child;
}

/* False: there was no room for all.  *last: the last one for which there was. */
static bool emit_list(struct dir_emit *emit, struct dentry *child, struct dentry **last)
{
	u64 end = child ? position(child) + 1 + child->cookie : 0;

	for (; child; child = child->sibling) {
		struct inode *inode = child->inode;

		if (!dir_emit(emit, child->name, child->len, inode->ino,
			      (inode->mode & S_IFMT) >> 12, end - child->cookie))
			return false;
		*last = child;
	}
	return true;
}

static int tmpfs_readdir(struct file *file, struct dir_emit *emit)
{
	struct dentry *dir = file->path.dentry, *last = NULL;
	unsigned list;

	inode_touch_atime(file->path.mount, dir->inode);
	if (emit->pos < 2 && !dir_emit_dots(file, emit))
		return 0;
	mutex_lock(&dir->inode->lock);
	for (list = emit->pos / LIST_POSITIONS; list < DIR_LISTS; list++)
		if (!emit_list(emit, dir_seek(file, dir, list, emit->pos), &last))
			break;
	if (last) {
		dentry_get(last);
		swap(last, *(struct dentry **)&file->dir_cursor);
	}
	mutex_unlock(&dir->inode->lock);
	if (last)
		dentry_put(last);
	return 0;
}

static s64 tmpfs_dir_llseek(struct file *file, s64 offset, int whence)
{
	if (whence == SEEK_CUR) {
		if (__builtin_add_overflow(offset, file->pos, &offset))
			return -EINVAL;
	} else if (whence != SEEK_SET)
		return -EINVAL;
	if (offset < 0)
		return -EINVAL;
	return file->pos = offset;
}

static int tmpfs_dir_fsync(struct file *file, bool data_only)
{
	return 0;
}

static long tmpfs_dir_read(struct file *file, struct uio *dst, u64 *pos)
{
	return -EISDIR;
}

const struct file_ops tmpfs_dir_ops = {
	.read = tmpfs_dir_read,
	.readdir = tmpfs_readdir,
	.llseek = tmpfs_dir_llseek,
	.fsync = tmpfs_dir_fsync,
	.name = "directory",
};
