/*
 * devpts.c - the file system of /dev/pts: a node per pseudo-terminal.
 *
 * Each mount is an instance of its own, with its own numbers, as on Linux
 * since 4.7; its ptmx node (and a /dev/ptmx that lies beside a mount point
 * "pts") makes ptys in it.  Names live in the dentry cache alone (SB_MEMORY).
 *
 * Options: uid= gid= mode= ptmxmode= max= newinstance.
 * Locking: the root's inode.lock for names; inode.small_lock for inode->priv,
 * the way from a node to its pty.
 */
#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/stat.h>
#include "core/cred.h"
#include "fs/dentry.h"
#include "fs/devfs/devfs.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "fs/superblock.h"
#include "fs/tmpfs/tmpfs.h"
#include "fs/vfs.h"
#include "lib/errno.h"
#include "lib/parse.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/idr.h"
#include "mem/slab.h"
#include "proc/process.h"
#include "sched/rcu.h"
#include "tty/pty.h"

#define PTY_MAX	   4096u    /* kernel.pty.max: all that there can be */
#define DEVPTS_MAX 1048576u /* what max= may say */
#define PTS_MAJOR  136

struct devpts {
	struct idr numbers;
	bool has_uid, has_gid;
	u32 uid, gid;
	u32 mode, ptmx_mode;
	u32 max;
};

static struct atomic ptys; /* [a] that there are, in all instances */

static const struct inode_ops devpts_node_ops, devpts_dir_ops;

static struct devpts *devpts_of(struct superblock *sb)
{
	return sb->priv;
}

/* ---- instances ---- */

static bool is_octal(const char *key)
{
	return str_eq(key, "mode") || str_eq(key, "ptmxmode");
}

static void set_option(struct devpts *fs, const char *key, u64 n)
{
	if (str_eq(key, "uid")) {
		fs->uid = n;
		fs->has_uid = true;
	} else if (str_eq(key, "gid")) {
		fs->gid = n;
		fs->has_gid = true;
	} else if (str_eq(key, "mode")) {
		fs->mode = n & 0777;
	} else if (str_eq(key, "ptmxmode")) {
		fs->ptmx_mode = n & 0777;
	} else {
		fs->max = n;
	}
}

/* EINVAL: unknown, or no number; nothing is changed then. */
static int parse_options(struct devpts *fs, const char *options)
{
	struct devpts new = *fs;
	char key[32], value[32];
	u64 n;

	while (options && fs_option_next(&options, key, sizeof(key), value, sizeof(value))) {
		if (str_eq(key, "newinstance"))
			continue; /* each mount is one */
		if (!is_octal(key) && !str_eq(key, "uid") && !str_eq(key, "gid") &&
		    !str_eq(key, "max"))
			return -EINVAL;
		if (parse_u64(value, is_octal(key) ? 8 : 10, &n) || n > U32_MAX ||
		    (str_eq(key, "max") && n > DEVPTS_MAX))
			return -EINVAL;
		set_option(&new, key, n);
	}
	fs->has_uid = new.has_uid;
	fs->has_gid = new.has_gid;
	fs->uid = new.uid;
	fs->gid = new.gid;
	fs->mode = new.mode;
	fs->ptmx_mode = new.ptmx_mode;
	fs->max = new.max;
	return 0;
}

static int devpts_show(struct superblock *sb, char *buf, size_t size)
{
	struct devpts *fs = devpts_of(sb);
	int n = 0;

	if (fs->has_uid)
		n += scnprintf(buf + n, size - n, ",uid=%u", fs->uid);
	if (fs->has_gid)
		n += scnprintf(buf + n, size - n, ",gid=%u", fs->gid);
	n += scnprintf(buf + n, size - n, ",mode=%03o,ptmxmode=%03o", fs->mode, fs->ptmx_mode);
	if (fs->max < DEVPTS_MAX)
		n += scnprintf(buf + n, size - n, ",max=%u", fs->max);
	return n;
}

static int devpts_remount(struct superblock *sb, const char *options)
{
	return parse_options(devpts_of(sb), options);
}

static void devpts_release(struct superblock *sb)
{
	idr_fini(&devpts_of(sb)->numbers);
	kfree(sb->priv);
}

static const struct super_ops devpts_super_ops = {
	.remount = devpts_remount,
	.show_options = devpts_show,
	.release = devpts_release,
};

/* A node under the root, linked: *out is referenced. */
static int make_node(struct superblock *sb, const char *text, u64 dev, u32 mode, u32 uid, u32 gid,
		     void *priv, struct dentry **out)
{
	struct inode *dir = sb->root->inode;
	struct dentry *dentry;
	struct inode *inode;
	struct name name;

	inode = inode_new_alloc(sb, S_IFCHR | mode);
	if (!inode)
		return -ENOMEM;
	inode->ops = &devpts_node_ops;
	inode->rdev = dev;
	inode->ino = dev_major(dev) == PTS_MAJOR ? dev_minor(dev) + 3 : 2;
	inode->uid = uid;
	inode->gid = gid;
	inode->nlink = 1;
	inode->priv = priv;
	name_init(&name, text);
	dentry = dentry_new(sb->root, &name);
	if (!dentry) {
		inode_put(inode);
		return -ENOMEM;
	}
	dentry_set_inode(dentry, inode);
	mutex_lock(&dir->lock);
	dentry_link(dentry);
	dir->mtime = dir->ctime = inode_now();
	mutex_unlock(&dir->lock);
	*out = dentry;
	return 0;
}

static int devpts_mount(const struct fs_params *params, struct superblock **out)
{
	struct superblock *sb = superblock_new(&devpts_type, &devpts_super_ops);
	struct inode *root;
	struct dentry *ptmx;
	struct devpts *fs;
	int err = -ENOMEM;

	if (!sb)
		return -ENOMEM;
	sb->magic = DEVPTS_SUPER_MAGIC;
	sb->flags = SB_MEMORY;
	sb->block_size = 1024;
	fs = kzalloc(sizeof(*fs));
	if (!fs) {
		kfree(sb);
		return -ENOMEM;
	}
	sb->priv = fs;
	idr_init(&fs->numbers, 0, PTY_MAX - 1);
	fs->mode = 0600;
	fs->max = DEVPTS_MAX;
	err = parse_options(fs, params->options);
	if (err)
		goto out_put_sb;
	err = -ENOMEM;
	root = inode_new_alloc(sb, S_IFDIR | 0755);
	if (!root)
		goto out_put_sb;
	root->ino = 1;
	root->nlink = 2;
	root->ops = &devpts_dir_ops;
	root->file_ops = &tmpfs_dir_ops;
	sb->root = dentry_new_root(sb, root);
	if (!sb->root) {
		inode_put(root);
		goto out_put_sb;
	}
	err = make_node(sb, "ptmx", dev_make(5, 2), fs->ptmx_mode, 0, 0, NULL, &ptmx);
	if (err)
		goto out_put_sb;
	dentry_put(ptmx);
	*out = sb;
	return 0;

out_put_sb:
	superblock_put(sb);
	return err;
}

const struct fs_type devpts_type = {
	.name = "devpts",
	.flags = FS_NODEV,
	.mount = devpts_mount,
};

/* ---- ptys ---- */

int devpts_locate(const struct file *ptmx, struct path *out)
{
	struct path dir;
	int err;

	if (!ptmx->path.dentry)
		return -ENODEV;
	if (ptmx->path.dentry->sb->type == &devpts_type) {
		*out = (struct path){ ptmx->path.mount, ptmx->path.dentry->sb->root };
		path_get(out);
		return 0;
	}
	dir.mount = ptmx->path.mount;
	rcu_read_lock();
	dir.dentry = READ_ONCE(ptmx->path.dentry->parent);
	err = dentry_get_live(dir.dentry) ? 0 : -ENODEV;
	rcu_read_unlock();
	if (err)
		return err;
	err = path_lookup(current_caller(), &dir, "pts", LOOKUP_FOLLOW | LOOKUP_DIRECTORY, out);
	dentry_put(dir.dentry);
	if (err)
		return -ENODEV;
	if (out->dentry->sb->type != &devpts_type || out->dentry != out->dentry->sb->root) {
		path_put(out);
		return -ENODEV;
	}
	return 0;
}

int devpts_add(struct path *root, struct pty *pty, const struct cred *cred)
{
	struct superblock *sb = root->dentry->sb;
	struct devpts *fs = devpts_of(sb);
	char name[12];
	long index;
	int err;

	index = idr_alloc(&fs->numbers);
	if (index < 0)
		return index;
	err = -ENOSPC;
	if (index >= fs->max)
		goto out_free_number;
	snprintf(name, sizeof(name), "%d", (int)index);
	err = make_node(sb, name, dev_make(PTS_MAJOR, index), fs->mode,
			fs->has_uid ? fs->uid : cred->fsuid, fs->has_gid ? fs->gid : cred->fsgid,
			NULL, &pty->dentry);
	if (err)
		goto out_free_number;
	superblock_get(sb);
	pty->sb = sb;
	pty->index = index;
	atomic_inc(&ptys);
	return 0;

out_free_number:
	idr_remove(&fs->numbers, index);
	return err;
}

void devpts_remove(struct pty *pty)
{
	struct inode *dir = pty->sb->root->inode, *inode = pty->dentry->inode;

	spin_lock(&inode->small_lock);
	inode->priv = NULL;
	spin_unlock(&inode->small_lock);
	mutex_lock(&dir->lock);
	inode_clear_links(inode);
	dentry_unlink(pty->dentry);
	dir->mtime = dir->ctime = inode_now();
	mutex_unlock(&dir->lock);
	dentry_put(pty->dentry);
	pty->dentry = NULL;
	idr_remove(&devpts_of(pty->sb)->numbers, pty->index);
	atomic_dec(&ptys);
}

int devpts_count(void)
{
	return atomic_read(&ptys);
}

/* The pty is complete: opens of the node find it from here on. */
void devpts_publish(struct pty *pty)
{
	struct inode *inode = pty->dentry->inode;

	spin_lock(&inode->small_lock);
	inode->priv = pty;
	spin_unlock(&inode->small_lock);
}

struct pty *devpts_pty(struct inode *inode)
{
	struct pty *pty;

	if (inode->sb->type != &devpts_type)
		return NULL;
	spin_lock(&inode->small_lock);
	pty = inode->priv;
	if (pty)
		tty_get(&pty->slave);
	spin_unlock(&inode->small_lock);
	return pty;
}

/* Serves the slaves' device numbers, wherever their nodes are. */
int devpts_init(void)
{
	return chrdev_register(dev_make(PTS_MAJOR, 0), PTY_MAX, &tty_file_ops, NULL,
			       pty_slave_open);
}
