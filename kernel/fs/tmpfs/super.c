/*
 * tmpfs: instances, their options and limits; files without a name (memfd).
 *
 * Source: tmpfs(5), memfd_create(2)
 */
#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/stat.h>

#include "core/caller.h"
#include "core/cred.h"
#include "fs/dentry.h"
#include "fs/file.h"
#include "fs/mount.h"
#include "fs/tmpfs/tmpfs_internal.h"
#include "fs/vfs.h"
#include "lib/errno.h"
#include "lib/parse.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/page.h"
#include "mem/slab.h"

static struct {
	struct mutex lock; /* rank LOCK_DEVICE: mapping /dev/zero shared wants it */
	struct mount *mount GUARDED_BY(&lock); /* [lock] the instance of nameless files */
} nameless;

static u64 total_pages(void)
{
	struct page_stats stats;

	page_stats(&stats);
	return stats.total;
}

struct tmpfs_options {
	u64 max_pages, max_inodes;
	u32 mode, uid, gid;
	const char *huge; /* NULL: never */
	bool has_pages, has_inodes, inode32;
};

/* "64m", "50%", "1g"; nothing but digits and one suffix. */
static int parse_limit(const char *value, bool percent, u64 *out)
{
	const char *end;
	u64 n;

	if (!char_is_digit(*value))
		return -EINVAL;
	n = parse_size(value, &end);
	if (percent && *end == '%') {
		n = n * total_pages() / 100 * PAGE_SIZE;
		end++;
	}
	if (*end)
		return -EINVAL;
	*out = n;
	return 0;
}

/* No id is -1, as chown(2) has it. */
static int parse_id(const char *value, u32 *out)
{
	u64 n;

	if (parse_u64(value, 0, &n) || n >= (u32)-1)
		return -EINVAL;
	*out = n;
	return 0;
}

/* Remembered and shown; there are no huge pages. */
static int parse_huge(const char *value, const char **out)
{
	static const char *const kinds[] = { "never", "always", "within_size", "advise" };

	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_eq(value, kinds[i])) {
			*out = i ? kinds[i] : NULL;
			return 0;
		}
	return -EINVAL;
}

static int parse_option(const char *key, const char *value, struct tmpfs_options *o)
{
	u64 n;
	int err;

	if (str_eq(key, "size")) {
		err = parse_limit(value, true, &n);
		o->max_pages = DIV_ROUND_UP(n, PAGE_SIZE);
		o->has_pages = true;
	} else if (str_eq(key, "nr_blocks")) {
		err = parse_limit(value, false, &o->max_pages);
		o->has_pages = true;
	} else if (str_eq(key, "nr_inodes")) {
		err = parse_limit(value, false, &o->max_inodes);
		o->has_inodes = true;
	} else if (str_eq(key, "mode")) {
		err = parse_u64(value, 8, &n);
		o->mode = n & 07777;
	} else if (str_eq(key, "uid")) {
		err = parse_id(value, &o->uid);
	} else if (str_eq(key, "gid")) {
		err = parse_id(value, &o->gid);
	} else if (str_eq(key, "huge")) {
		err = parse_huge(value, &o->huge);
	} else if (str_eq(key, "inode32") || str_eq(key, "inode64")) {
		o->inode32 = str_eq(key, "inode32");
		err = 0;
	} else if (str_eq(key, "mpol")) {
		err = 0; /* a hint about placement */
	} else {
		err = -EINVAL;
	}
	return err;
}

static int parse_options(const char *options, struct tmpfs_options *o)
{
	char key[32], value[64];
	const char *cursor = options;
	int err;

	while (fs_option_next(&cursor, key, sizeof(key), value, sizeof(value))) {
		err = parse_option(key, value, o);
		if (err)
			return -EINVAL;
	}
	return 0;
}

static int tmpfs_statfs(struct superblock *sb, struct kstatfs *out)
{
	struct tmpfs_super *super = sb->priv;
	u64 pages = atomic64_read(&super->pages), inodes;

	out->fsid = sb->dev;
	if (super->max_pages) {
		out->blocks = super->max_pages + atomic64_read(&super->archived);
		out->blocks_free = out->blocks - min(pages, out->blocks);
		out->blocks_avail = out->blocks_free;
	}
	if (super->max_inodes) {
		inodes = tmpfs_inode_count(sb);
		out->files = super->max_inodes;
		out->files_free = super->max_inodes - min(inodes, super->max_inodes);
	}
	return 0;
}

static int tmpfs_remount(struct superblock *sb, const char *options)
{
	struct tmpfs_super *super = sb->priv;
	struct tmpfs_options o = { 0 };
	int err = parse_options(options, &o);

	if (err)
		return err;
	if (o.has_pages && o.max_pages &&
	    (!super->max_pages || o.max_pages < (u64)atomic64_read(&super->pages)))
		return -EINVAL;
	if (o.has_inodes) {
		if (o.max_inodes && !super->max_inodes)
			return -EINVAL;
		err = tmpfs_limit_inodes(sb, o.max_inodes);
		if (err)
			return err;
	}
	if (o.has_pages)
		WRITE_ONCE(super->max_pages, o.max_pages);
	return 0;
}

static int tmpfs_show_options(struct superblock *sb, char *buf, size_t size)
{
	struct tmpfs_super *super = sb->priv;
	int n = 0;

	buf[0] = '\0';
	if (sb->type == &ramfs_type)
		return 0;
	if (super->max_pages != total_pages() / 2)
		n += scnprintf(buf, size, ",size=%lluk", super->max_pages * (PAGE_SIZE / 1024));
	if (super->max_inodes != total_pages() / 2)
		n += scnprintf(buf + n, size - n, ",nr_inodes=%llu", super->max_inodes);
	if (super->mode != 01777)
		n += scnprintf(buf + n, size - n, ",mode=%03o", super->mode);
	if (super->uid)
		n += scnprintf(buf + n, size - n, ",uid=%u", super->uid);
	if (super->gid)
		n += scnprintf(buf + n, size - n, ",gid=%u", super->gid);
	n += scnprintf(buf + n, size - n, super->inode32 ? ",inode32" : ",inode64");
	if (super->huge)
		n += scnprintf(buf + n, size - n, ",huge=%s", super->huge);
	return n;
}

static void tmpfs_release(struct superblock *sb)
{
	kfree(sb->priv);
}

static const struct super_ops tmpfs_super_ops = {
	.statfs = tmpfs_statfs,
	.evict = tmpfs_evict,
	.free = tmpfs_free_inode,
	.remount = tmpfs_remount,
	.release = tmpfs_release,
	.show_options = tmpfs_show_options,
};

static int tmpfs_new(const struct fs_type *type, const struct tmpfs_options *o,
		     struct superblock **out)
{
	struct inode_new root = { .mode = S_IFDIR | o->mode, .uid = o->uid, .gid = o->gid };
	struct superblock *sb = superblock_new(type, &tmpfs_super_ops);
	struct tmpfs_super *super;
	struct inode *inode;
	int err = -ENOMEM;

	if (!sb)
		return err;
	super = kzalloc(sizeof(*super));
	if (!super)
		goto out_put_sb;
	super->max_pages = o->max_pages;
	super->max_inodes = o->max_inodes;
	super->mode = o->mode;
	super->uid = o->uid;
	super->gid = o->gid;
	super->huge = o->huge;
	super->inode32 = o->inode32;
	sb->priv = super;
	sb->flags = type == &ramfs_type ? SB_MEMORY : SB_MEMORY | SB_FILEATTR;
	sb->magic = type == &ramfs_type ? RAMFS_MAGIC : TMPFS_MAGIC;
	err = tmpfs_inode_new(sb, &root, &inode);
	if (err)
		goto out_put_sb;
	sb->root = dentry_new_root(sb, inode);
	if (!sb->root) {
		inode_put(inode);
		err = -ENOMEM;
		goto out_put_sb;
	}
	*out = sb;
	return 0;

out_put_sb:
	superblock_put(sb);
	return err;
}

static int tmpfs_mount(const struct fs_params *params, struct superblock **out)
{
	struct tmpfs_options o = {
		.mode = 01777,
		.uid = params->caller ? params->caller->cred->fsuid : 0,
		.gid = params->caller ? params->caller->cred->fsgid : 0,
		.max_pages = total_pages() / 2,
		.max_inodes = total_pages() / 2,
	};
	int err = parse_options(params->options, &o);

	return err ? err : tmpfs_new(&tmpfs_type, &o, out);
}

/* ramfs has no limits and ignores what it does not know. */
static int ramfs_mount(const struct fs_params *params, struct superblock **out)
{
	struct tmpfs_options o = { .mode = 0755 };

	(void)parse_options(params->options, &o);
	o.max_pages = o.max_inodes = 0;
	return tmpfs_new(&ramfs_type, &o, out);
}

static int rootfs_mount(const struct fs_params *params, struct superblock **out)
{
	struct tmpfs_options o = {
		.mode = 01777, /* of the root itself, until an archive has a "." */
		.max_pages = total_pages() / 2,
	};
	int err = parse_options(params->options, &o);

	return err ? err : tmpfs_new(&rootfs_type, &o, out);
}

const struct fs_type tmpfs_type = { "tmpfs", FS_NODEV, tmpfs_mount };
const struct fs_type ramfs_type = { "ramfs", FS_NODEV, ramfs_mount };
const struct fs_type rootfs_type = { "rootfs", FS_NODEV, rootfs_mount };

/* The instance behind /dev; made once (fs/devfs). */
int tmpfs_new_devfs(struct superblock **out)
{
	struct tmpfs_options o = {
		.mode = 0755,
		.max_pages = total_pages() / 2,
		.max_inodes = total_pages() / 2,
	};

	return tmpfs_new(&devtmpfs_type, &o, out);
}

void tmpfs_init(void)
{
	slab_cache_init(&tmpfs_file_slab, "tmpfs_file", sizeof(struct tmpfs_file), 64);
	slab_cache_init(&tmpfs_inode_slab, "tmpfs_inode", sizeof(struct memory_dir), 64);
	mutex_init(&nameless.lock, LOCK_DEVICE);
}

/* --- Files without a name ------------------------------------------------ */

static int nameless_mount(struct mount **out)
{
	struct tmpfs_options o = { .mode = 01777 };
	struct superblock *sb;
	int err = 0;

	mutex_lock(&nameless.lock);
	if (!nameless.mount) {
		err = tmpfs_new(&tmpfs_type, &o, &sb);
		if (!err) {
			superblock_make_nameless(sb);
			nameless.mount = mount_new_internal(sb);
			superblock_put(sb);
			err = nameless.mount ? 0 : -ENOMEM;
		}
	}
	*out = nameless.mount;
	mutex_unlock(&nameless.lock);
	return err;
}

u64 tmpfs_nameless_ino(void)
{
	struct mount *mount;

	return nameless_mount(&mount) ? 0 : inode_next_ino(mount->sb);
}

int tmpfs_file_new(const char *name, u64 size, u32 oflags, u32 seals, struct file **out)
{
	const struct cred *cred = file_current_cred();
	struct inode_new new = {
		.mode = S_IFREG | 0777,
		.uid = cred->fsuid,
		.gid = cred->fsgid,
	};
	struct dentry *dentry;
	struct mount *mount;
	struct inode *inode;
	struct file *file;
	struct name key;
	int err = nameless_mount(&mount);

	if (err)
		return err;
	err = tmpfs_inode_new(mount->sb, &new, &inode);
	if (err)
		return err;
	name_init(&key, name);
	dentry = dentry_new_detached(mount->sb, &key);
	if (!dentry) {
		inode_put(inode);
		return -ENOMEM;
	}
	inode_clear_links(inode);
	inode->flags |= INODE_PRIVATE;
	inode->seals = seals;
	inode->size = size;
	inode->cache->size = size;
	inode->cache->flags |= CACHE_NAMELESS;
	dentry_set_inode(dentry, inode);
	err = file_alloc(cred, oflags, &file);
	if (err) {
		dentry_put(dentry);
		return err;
	}
	mount_get(mount);
	file->path = (struct path){ mount, dentry };
	file->inode = inode;
	file->ops = &tmpfs_file_ops;
	if (file->mode & FMODE_WRITE) {
		err = mount_get_write(mount);
		if (err) {
			file_free_unopened(file);
			return err;
		}
		inode->writers = 1;
		file->mode |= FMODE_WRITER;
	}
	*out = file;
	return 0;
}
