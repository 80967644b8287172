/*
 * attr.c - attributes looked at: stat, access, readlink, statfs.
 *
 * stat of a cached name takes no lock and no reference: path_peek() fills the
 * kstat inside the walk's segment.
 */
#include "fs/vfs.h"
#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/stat.h>
#include <linux/xattr.h>
#include "core/caller.h"
#include "fs/dentry.h"
#include "fs/mount.h"
#include "fs/namei_internal.h"
#include "fs/superblock.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"

static int stat_peek(const struct path *where, struct inode *inode, void *arg)
{
	struct kstat *stat = arg;

	inode_getattr(inode, stat);
	stat->mount_id = where->mount->id;
	if (unlikely(where->dentry == where->mount->root))
		stat->attributes |= STATX_ATTR_MOUNT_ROOT;
	return 0;
}

int vfs_stat_path(const struct path *path, struct kstat *out)
{
	return stat_peek(path, path->dentry->inode, out);
}

int vfs_stat(const struct caller *caller, const struct path *base, const char *name,
	     unsigned lookup, struct kstat *out)
{
	struct file *anon;
	struct path path;
	int err = path_peek(caller, base, name, lookup, stat_peek, out);

	if (likely(err != -EAGAIN) || (lookup & LOOKUP_CACHED))
		return err;
	err = path_lookup_file(caller, base, name, lookup, &path, &anon);
	if (err)
		return err;
	if (anon) {
		err = file_getattr(anon, out);
		file_put(anon);
		return err;
	}
	vfs_stat_path(&path, out);
	path_put(&path);
	return 0;
}

struct access_args {
	const struct caller *caller;
	u32 mask;
};

static int access_peek(const struct path *where, struct inode *inode, void *arg)
{
	const struct access_args *args = arg;
	u32 type = inode->mode & S_IFMT;
	int err;

	if (args->mask == 0)
		return 0;
	if ((args->mask & MAY_EXEC) && type == S_IFREG && (where->mount->flags & MNT_NOEXEC))
		return -EACCES;
	err = inode_permission(args->caller, inode, args->mask);
	if (err)
		return err;
	if ((args->mask & MAY_WRITE) && (type == S_IFREG || type == S_IFDIR || type == S_IFLNK))
		return mount_writable(where->mount);
	return 0;
}

int vfs_access(const struct caller *caller, const struct path *base, const char *name, u32 mask,
	       unsigned lookup)
{
	struct access_args args = { caller, mask };
	struct file *anon;
	struct path path;
	int err = path_peek(caller, base, name, lookup, access_peek, &args);

	if (likely(err != -EAGAIN))
		return err;
	err = path_lookup_file(caller, base, name, lookup, &path, &anon);
	if (err)
		return err;
	if (anon)
		file_put(anon);
	else
		path_put(&path);
	return 0;
}

static int link_peek(const struct path *where, struct inode *inode, void *arg)
{
	struct name *out = arg; /* str, len: the buffer; len becomes bytes */
	size_t len;

	if (!inode_is_link(inode))
		return -EINVAL;
	if (!inode->link)
		return -EAGAIN;
	len = min_t(size_t, strlen(inode->link), out->len);
	memcpy((char *)out->str, inode->link, len);
	out->hash = len;
	inode_touch_atime(where->mount, inode);
	return 0;
}

/* An empty name reads the base itself, as readlinkat(fd, "") does. */
long vfs_readlink(const struct caller *caller, const struct path *base, const char *name, char *buf,
		  size_t size)
{
	struct name result = { buf, min_t(size_t, size, PATH_MAX), 0 };
	unsigned lookup = base ? LOOKUP_EMPTY : 0;
	struct inode *inode;
	struct path path;
	char *text;
	long ret;

	ret = path_peek(caller, base, name, lookup, link_peek, &result);
	if (ret == 0)
		return result.hash;
	if (ret == -EINVAL && *name == '\0')
		return -ENOENT;
	if (ret != -EAGAIN)
		return ret;
	ret = path_lookup(caller, base, name, lookup, &path);
	if (ret)
		return ret;
	inode = path.dentry->inode;
	ret = inode->ops ? inode_read_link(inode, caller, &text) : -EINVAL;
	path_put(&path);
	if (ret)
		return ret;
	ret = min_t(size_t, strlen(text), size);
	memcpy(buf, text, ret);
	kfree(text);
	return ret;
}

int vfs_statfs(const struct path *path, struct kstatfs *out)
{
	struct superblock *sb = path->dentry->sb;
	u32 flags = path->mount->flags;
	int err = 0;

	memset(out, 0, sizeof(*out));
	out->type = sb->magic;
	out->block_size = out->fragment_size = PAGE_SIZE;
	out->name_max = NAME_MAX;
	if (sb->ops->statfs)
		err = sb->ops->statfs(sb, out);
	out->flags = 0x20; /* ST_VALID */
	if ((flags & MNT_RDONLY) || (sb->flags & SB_RDONLY))
		out->flags |= 1;
	if (flags & MNT_NOSUID)
		out->flags |= 2;
	if (flags & MNT_NODEV)
		out->flags |= 4;
	if (flags & MNT_NOEXEC)
		out->flags |= 8;
	if (flags & MNT_NOATIME)
		out->flags |= 0x400;
	if (flags & MNT_NODIRATIME)
		out->flags |= 0x800;
	if (flags & MNT_RELATIME)
		out->flags |= 0x1000;
	return err;
}
