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

/* Makes /dev/@name ("null", "input/event0") a character device (or a block device, if mode says
 * S_IFBLK) and binds dev to ops; callable before /dev is mounted.  file->priv is priv at open;
 * ops stay for ever.  @open, if there is one, is called after both are set, and may replace
 * them (ptmx, tty). */
int devfs_register_open(const char *name, u32 mode, u64 dev, const struct file_ops *ops, void *priv,
			int (*open)(struct inode *inode, struct file *file));
/* A range of minors served by one driver without nodes (pts, made later). */
int chrdev_register(u64 first, u32 count, const struct file_ops *ops, void *priv,
		    int (*open)(struct inode *inode, struct file *file));
int devfs_mkdir(const char *name, u32 mode);
int devfs_symlink(const char *name, const char *target);

void devfs_init(void);			      /* null, zero, full, random, links, ... */
int devfs_mount(const struct caller *caller); /* on /dev of the root, if it exists or can be made */
/* For open(2) of a device node on any file system; -ENXIO. */
int chrdev_open(struct inode *inode, struct file *file);
