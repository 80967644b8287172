/*
 * devfs: a tmpfs mounted on /dev, filled with the nodes of the drivers.
 */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"

struct caller;
struct file;
struct file_ops;
struct inode;

/* Makes /dev/@name ("null", "pts/0", "input/event0") a character device (or a
 * block device, if mode says S_IFBLK) and binds dev to ops; callable before
 * /dev is mounted.  file->priv is priv at open; ops stay for ever. */
int devfs_register(const char *name, u32 mode, u64 dev, const struct file_ops *ops, void *priv);
/* As above with an open hook, called after file->ops and priv are set; it may
 * replace both (ptmx, tty). */
int devfs_register_open(const char *name, u32 mode, u64 dev, const struct file_ops *ops, void *priv,
			int (*open)(struct inode *inode, struct file *file));
void devfs_unregister(const char *name, u64 dev);
/* A range of minors served by one driver without nodes (pts, made later). */
int chrdev_register(u64 first, u32 count, const struct file_ops *ops, void *priv,
		    int (*open)(struct inode *inode, struct file *file));
int devfs_mkdir(const char *name, u32 mode);
int devfs_symlink(const char *name, const char *target);
/* Owner of a node (pts grantpt). */
int devfs_chown(const char *name, u32 uid, u32 gid, u32 mode);

void devfs_init(void);			      /* null, zero, full, random, links, ... */
int devfs_mount(const struct caller *caller); /* on /dev of the root, if it exists or can be made */
/* For open(2) of a device node on any file system; -ENXIO. */
int chrdev_open(struct inode *inode, struct file *file);
