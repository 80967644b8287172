/* tmpfs's own structures. */
#pragma once
#include "fs/tmpfs/tmpfs.h"
#include "lib/atomic.h"
#include "vm/page_cache.h"

/* A regular file; everything else is a struct memory_dir.
 * [I] after creation, [l] inode.lock */
struct tmpfs_file {
	struct inode inode;
	struct page_cache cache;
	const u8 *backing; /* [I] data in an archive, or NULL */
	u64 backing_size;  /* [l] bytes of it that still show; read freely */
	u64 backing_len;   /* [I] bytes that the archive has for this file alone */
};

/* One extended attribute; the list hangs at inode->priv.  [inode.lock] */
struct tmpfs_xattr {
	struct tmpfs_xattr *next;
	size_t size;
	char *value;
	char name[];
};

/* A superblock's limits.  [a] atomic  [r] changed by remount only */
struct tmpfs_super {
	u64 max_pages;		     /* [r] 0: none */
	u64 max_inodes;		     /* [r] 0: none */
	struct atomic64 pages;	     /* [a] */
	struct atomic64 archived;    /* [a] pages that files have in an archive: granted
					   beside max_pages, as showing them takes none */
	struct atomic64 inodes;	     /* [a] and what processors may make: inode_count.c */
	struct atomic64 xattr_bytes; /* [a] at most a KiB for each of max_inodes */
	u32 mode, uid, gid;	     /* [I] of the root */
	const char *huge;	     /* [I] as asked for, NULL: never */
	bool inode32;		     /* [I] as asked for */
};

/* inode_count.c: one more, -ENOSPC; one less; how many; a new limit, 0: none, -EINVAL: they are
 * more.  Remounts are serialised by the caller. */
int tmpfs_count_inode(struct superblock *sb) __must_check;
void tmpfs_uncount_inode(struct superblock *sb);
u64 tmpfs_inode_count(struct superblock *sb);
int tmpfs_limit_inodes(struct superblock *sb, u64 max) __must_check;

/* @npages more, or less, of what max_pages limits.  -ENOSPC. */
int tmpfs_charge_pages(struct tmpfs_super *super, long npages) __must_check;
extern const struct page_cache_ops tmpfs_plain_cache_ops, tmpfs_backed_cache_ops;
int tmpfs_setattr(struct inode *inode, const struct inode_attr *attr);
long tmpfs_getxattr(struct inode *inode, const char *name, void *buf, size_t size);
int tmpfs_setxattr(struct inode *inode, const char *name, const void *value, size_t size,
		   int flags);
long tmpfs_listxattr(struct inode *inode, char *buf, size_t size, bool trusted);
void tmpfs_evict(struct inode *inode);
void tmpfs_free_inode(struct inode *inode);
void tmpfs_free_xattrs(struct inode *inode);
extern struct slab_cache tmpfs_file_slab, tmpfs_inode_slab;

/* The last user is gone: whole pages of the archive go back to the allocator. */
void tmpfs_free_backing(struct inode *inode);

static inline struct tmpfs_file *tmpfs_file_of(struct inode *inode)
{
	return container_of(inode, struct tmpfs_file, inode);
}
