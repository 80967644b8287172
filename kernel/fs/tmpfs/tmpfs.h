/*
 * tmpfs: files in the page cache, directories in the dentry cache.
 */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"
#include "fs/inode.h"
#include "fs/superblock.h"

struct dentry;
struct name; /* fs/path.h, fs/dentry.h */

extern const struct fs_type tmpfs_type, ramfs_type, rootfs_type, devtmpfs_type;
extern const struct file_ops tmpfs_file_ops, tmpfs_dir_ops;

/* The inode of a tmpfs, not yet named.  Enforces nr_inodes: -ENOSPC, -ENOMEM. */
int tmpfs_inode_new(struct superblock *sb, const struct inode_new *new, struct inode **out)
	__must_check;
/* initramfs: the file's data lies at @data, for ever. */
void tmpfs_inode_set_backing(struct inode *inode, const void *data, u64 size);
void tmpfs_init(void);
int tmpfs_new_devfs(struct superblock **out) __must_check;
/* Makes @name in @dir, an SB_MEMORY directory: no checks but -EEXIST. */
int tmpfs_make(struct dentry *dir, const char *name, u32 len, const struct inode_new *new,
	       struct dentry **out) __must_check;
int tmpfs_make_named(struct dentry *dir, const struct name *name, const struct inode_new *new,
		     struct dentry **out) __must_check;
