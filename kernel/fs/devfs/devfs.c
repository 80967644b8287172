/*
 * devfs: /dev, and the table from device numbers to drivers.
 *
 * The nodes lie on one tmpfs instance ("devtmpfs"), made when the first driver
 * registers and mounted on /dev by devfs_mount().  Opening a character device
 * on whatever file system goes by its number through the chrdev table.
 */
#include "fs/devfs/devfs.h"

#include <linux/fcntl.h>
#include <linux/mount.h>
#include <linux/stat.h>

#include "core/caller.h"
#include "core/cred.h"
#include "core/log.h"
#include "fs/dentry.h"
#include "fs/devfs/devfs_internal.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "fs/superblock.h"
#include "fs/tmpfs/tmpfs.h"
#include "fs/vfs.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"

#define CHRDEV_BUCKETS 32

/* Drivers stay for ever unless unregistered: looked up under RCU. */
struct chrdev {
	struct chrdev *next;				     /* [l] */
	u64 first;					     /* [I] dev_t */
	u32 count;					     /* [I] minors */
	const struct file_ops *ops;			     /* [I] */
	void *priv;					     /* [I] */
	int (*open)(struct inode *inode, struct file *file); /* [I] */
	struct rcu_head rcu;
};

static struct {
	struct mutex lock; /* rank LOCK_DEVICE: nodes and table */
	struct chrdev *buckets[CHRDEV_BUCKETS] GUARDED_BY(&lock); /* [lock], read under RCU */
	struct superblock *sb GUARDED_BY(&lock);		  /* [lock] set once */
	struct mount *automatic GUARDED_BY(&lock); /* [lock] mounted at boot, not yet claimed */
} devfs;

static struct chrdev **chrdev_bucket(u32 major)
{
	return &devfs.buckets[major % CHRDEV_BUCKETS];
}

static struct chrdev *chrdev_find(u64 dev)
{
	u32 major = dev_major(dev), minor = dev_minor(dev);
	struct chrdev *c = load_acquire(chrdev_bucket(major));

	for (; c; c = load_acquire(&c->next))
		if (dev_major(c->first) == major && minor - dev_minor(c->first) < c->count)
			return c;
	return NULL;
}

/**
 * chrdev_open - open(2) of a character device node
 *
 * -ENXIO: no driver has this number.
 */
int chrdev_open(struct inode *inode, struct file *file)
{
	struct chrdev *c = chrdev_find(inode->rdev);

	if (!c)
		return -ENXIO;
	file->ops = c->ops;
	file->priv = c->priv;
	return c->open ? c->open(inode, file) : 0;
}

int chrdev_register(u64 first, u32 count, const struct file_ops *ops, void *priv,
		    int (*open)(struct inode *inode, struct file *file))
{
	struct chrdev *c = kmalloc(sizeof(*c)), **bucket = chrdev_bucket(dev_major(first));

	if (!c)
		return -ENOMEM;
	*c = (struct chrdev){
		.first = first,
		.count = count,
		.ops = ops,
		.priv = priv,
		.open = open,
	};
	mutex_lock(&devfs.lock);
	c->next = *bucket;
	store_release(bucket, c);
	mutex_unlock(&devfs.lock);
	return 0;
}

static void chrdev_free(struct rcu_head *rcu)
{
	kfree(container_of(rcu, struct chrdev, rcu));
}

static void chrdev_unregister(u64 first)
{
	struct chrdev **p, *c = NULL;

	mutex_lock(&devfs.lock);
	for (p = chrdev_bucket(dev_major(first)); *p; p = &(*p)->next)
		if ((*p)->first == first) {
			c = *p;
			store_release(p, c->next);
			break;
		}
	mutex_unlock(&devfs.lock);
	if (c)
		call_rcu(&c->rcu, chrdev_free);
}

/* --- Nodes --------------------------------------------------------------- */

static int devfs_get(struct superblock **out)
{
	int err = 0;

	mutex_lock(&devfs.lock);
	if (!devfs.sb)
		err = tmpfs_new_devfs(&devfs.sb);
	*out = devfs.sb;
	mutex_unlock(&devfs.lock);
	return err;
}

/* The directory of "a/b/name", made if need be, referenced; *last is "name". */
static int parent_of(const char *path, struct dentry **out, const char **last)
{
	static const struct inode_new dir = { .mode = S_IFDIR | 0755 };
	struct superblock *sb;
	struct dentry *at, *next;
	const char *slash;
	int err = devfs_get(&sb);

	if (err)
		return err;
	at = sb->root;
	dentry_get(at);
	while ((slash = strchr(path, '/'))) {
		struct name key = { path, slash - path, name_hash(path, slash - path) };

		next = dentry_lookup(at, &key);
		if (!next)
			err = tmpfs_make(at, path, slash - path, &dir, &next);
		dentry_put(at);
		if (err)
			return err;
		at = next;
		path = slash + 1;
	}
	*out = at;
	*last = path;
	return 0;
}

static int node_make(const char *path, const struct inode_new *new)
{
	struct dentry *dir;
	const char *last;
	int err = parent_of(path, &dir, &last);

	if (err)
		return err;
	err = tmpfs_make(dir, last, strlen(last), new, NULL);
	dentry_put(dir);
	return err;
}

int devfs_mkdir(const char *name, u32 mode)
{
	struct inode_new new = { .mode = S_IFDIR | mode };

	return node_make(name, &new);
}

int devfs_symlink(const char *name, const char *target)
{
	struct inode_new new = {
		.mode = S_IFLNK | 0777,
		.link = target,
		.link_len = strlen(target),
	};

	return node_make(name, &new);
}

int devfs_register_open(const char *name, u32 mode, u64 dev, const struct file_ops *ops, void *priv,
			int (*open)(struct inode *inode, struct file *file))
{
	struct inode_new new = { .mode = mode, .rdev = dev };
	int err = 0;

	if (!(mode & S_IFMT))
		new.mode |= S_IFCHR;
	if ((new.mode &S_IFMT) == S_IFCHR)
		err = chrdev_register(dev, 1, ops, priv, open);
	if (err)
		return err;
	err = node_make(name, &new);
	if (err && (new.mode &S_IFMT) == S_IFCHR)
		chrdev_unregister(dev);
	return err;
}

/* --- Mounting ------------------------------------------------------------ */

/* Every mount of devtmpfs shows the one instance. */
static int devtmpfs_mount(const struct fs_params *params, struct superblock **out)
{
	int err = devfs_get(out);

	if (!err)
		superblock_get(*out);
	return err;
}
const struct fs_type devtmpfs_type = { "devtmpfs", FS_NODEV, devtmpfs_mount };

/*
 * The kernel mounts /dev before init runs, which Linux does not on an
 * initramfs; so the first mount of devtmpfs on it by init finds it done.
 */
bool devfs_claim_automatic(const struct mount *top, const struct superblock *sb)
{
	bool claimed;

	if (sb != READ_ONCE(devfs.sb))
		return false;
	mutex_lock(&devfs.lock);
	claimed = devfs.automatic == top;
	if (claimed)
		devfs.automatic = NULL;
	mutex_unlock(&devfs.lock);
	return claimed;
}

int devfs_mount(const struct caller *caller)
{
	struct path at;
	int err;

	err = vfs_mkdir(caller, NULL, "/dev", 0755);
	if (err && err != -EEXIST)
		return err;
	err = vfs_mount(caller, "devtmpfs", "/dev", "devtmpfs", 0, NULL);
	if (err)
		return err;
	err = path_lookup(caller, NULL, "/dev", LOOKUP_FOLLOW, &at);
	if (!err) {
		mutex_lock(&devfs.lock);
		devfs.automatic = at.mount;
		mutex_unlock(&devfs.lock);
		path_put(&at);
	}
	return err;
}

static void must(int err, const char *what)
{
	if (err)
		log_err(FS, "devfs: %s: error %d", what, -err);
}

void devfs_init(void)
{
	mutex_init(&devfs.lock, LOCK_DEVICE);
	must(devfs_mem_init(), "memory devices");
	must(devfs_mkdir("pts", 0755), "pts");
	must(devfs_mkdir("shm", 01777), "shm");
	must(devfs_symlink("fd", "/proc/self/fd"), "fd");
	must(devfs_symlink("stdin", "/proc/self/fd/0"), "stdin");
	must(devfs_symlink("stdout", "/proc/self/fd/1"), "stdout");
	must(devfs_symlink("stderr", "/proc/self/fd/2"), "stderr");
}
