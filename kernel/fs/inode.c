/*
 * Inodes: life, permissions, attributes.
 *
 * Source: path_resolution(7), capabilities(7), inode(7)
 */
#include "fs/inode.h"

#include <linux/stat.h>

#include "core/caller.h"
#include "core/clock.h"
#include "core/cred.h"
#include "core/percpu.h"
#include "fs/flock.h"
#include "fs/mount.h"
#include "fs/superblock.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "vm/page_cache.h"

const struct special_ops *special_fifo;
const struct special_ops *special_block;

#define DAY_NS (24 * 3600 * NSEC_PER_SEC)

DEFINE_PERCPU_STATIC(s64, inode_balance); /* of each CPU: made less freed; the sum counts */

u64 inode_count(void)
{
	s64 sum = 0;

	for (unsigned cpu = 0; cpu < cpu_possible_count; cpu++)
		sum += READ_ONCE(per_cpu(inode_balance, cpu));
	return sum > 0 ? sum : 0;
}

s64 inode_now(void)
{
	return clock_realtime_coarse_ns();
}

u64 inode_next_ino(struct superblock *sb)
{
	return ino_from_batch(&superblock_cpu(sb)->last_ino, &sb->next_ino);
}

void inode_init(struct inode *inode, struct superblock *sb, u32 mode)
{
	s64 now = inode_now();

	this_cpu(inode_balance)++;
	memset(inode, 0, sizeof(*inode));
	inode->mode = mode;
	inode->sb = sb;
	inode->atime = inode->mtime = inode->ctime = inode->btime = now;
	inode->nlink = 1;
	refcount_init(&inode->refs, 1);
	spin_init(&inode->small_lock, LOCK_FILE_LOCKS);
	mutex_init(&inode->lock, (mode & S_IFMT) == S_IFDIR ? LOCK_INODE_DIR : LOCK_INODE);
}

struct inode *inode_new_alloc(struct superblock *sb, u32 mode)
{
	bool dir = (mode & S_IFMT) == S_IFDIR && (sb->flags & SB_MEMORY);
	struct inode *inode = kmalloc(dir ? sizeof(struct memory_dir) : sizeof(*inode));

	if (inode) {
		if (dir)
			memset(inode, 0, sizeof(struct memory_dir));
		inode_init(inode, sb, mode);
		inode->ino = inode_next_ino(sb);
	}
	return inode;
}

void inode_add_link(struct inode *inode)
{
	if (inode->nlink++ == 0)
		superblock_cpu(inode->sb)->nameless--;
}

void inode_drop_link(struct inode *inode)
{
	if (--inode->nlink == 0)
		superblock_cpu(inode->sb)->nameless++;
}

void inode_clear_links(struct inode *inode)
{
	if (inode->nlink > 0)
		superblock_cpu(inode->sb)->nameless++;
	inode->nlink = 0;
}

void inode_get(struct inode *inode)
{
	refcount_get(&inode->refs);
}

static void inode_free_default(struct rcu_head *rcu)
{
	kfree(container_of(rcu, struct inode, rcu));
}

static void inode_free_sb(struct rcu_head *rcu)
{
	struct inode *inode = container_of(rcu, struct inode, rcu);

	inode->sb->ops->free(inode);
}

static __noinline void inode_release(struct inode *inode)
{
	if (inode->locks)
		flock_inode_evict(inode);
	if (inode->ipc && (inode->mode & S_IFMT) == S_IFIFO && special_fifo)
		special_fifo->evict(inode);
	if (inode->nlink == 0)
		superblock_cpu(inode->sb)->nameless--;
	if (inode->sb->ops->evict)
		inode->sb->ops->evict(inode);
	this_cpu(inode_balance)--;
	call_rcu(&inode->rcu, inode->sb->ops->free ? inode_free_sb : inode_free_default);
}

void inode_put(struct inode *inode)
{
	if (unlikely(refcount_put(&inode->refs)))
		inode_release(inode);
}

/**
 * inode_permission - may the caller read, write, execute or search?
 * @mask:	MAY_READ | MAY_WRITE | MAY_EXEC
 *
 * Context: any; does not sleep (path walk calls it in its fast segments).
 * Return: 0, -EACCES, -EPERM (immutable)
 */
int inode_permission(const struct caller *caller, struct inode *inode, u32 mask)
{
	const struct cred *cred = caller->cred;
	u32 mode = READ_ONCE(inode->mode);

	mask &= 7;
	if (unlikely(inode->flags & INODE_IMMUTABLE) && (mask & MAY_WRITE))
		return -EPERM;
	if (unlikely(inode->ops && inode->ops->permission))
		return inode->ops->permission(inode, caller, mask);
	if (cred->fsuid == inode->uid)
		mode >>= 6;
	else if (inode->gid == cred->fsgid || cred_in_group(cred, inode->gid))
		mode >>= 3;
	if (likely((mask & ~mode & 7) == 0))
		return 0;
	if (inode_is_dir(inode)) {
		if (!(mask & MAY_WRITE) && cred_capable(cred, CAP_DAC_READ_SEARCH))
			return 0;
		return cred_capable(cred, CAP_DAC_OVERRIDE) ? 0 : -EACCES;
	}
	if (mask == MAY_READ && cred_capable(cred, CAP_DAC_READ_SEARCH))
		return 0;
	if ((!(mask & MAY_EXEC) || (inode->mode & 0111)) && cred_capable(cred, CAP_DAC_OVERRIDE))
		return 0;
	return -EACCES;
}

bool inode_owner_or_capable(const struct caller *caller, const struct inode *inode)
{
	return caller->cred->fsuid == inode->uid || cred_capable(caller->cred, CAP_FOWNER);
}

void inode_getattr(struct inode *inode, struct kstat *stat)
{
	stat->dev = inode->sb->dev;
	stat->ino = inode->ino;
	stat->rdev = inode->rdev;
	stat->size = inode->size;
	stat->mode = inode->mode;
	stat->nlink = inode->nlink;
	stat->uid = inode->uid;
	stat->gid = inode->gid;
	stat->blksize = inode->sb->block_size;
	stat->attributes = 0;
	stat->mount_id = 0;
	stat->atime = inode->atime;
	stat->mtime = inode->mtime;
	stat->ctime = inode->ctime;
	stat->btime = inode->btime;
	if (inode->cache)
		stat->blocks = READ_ONCE(inode->cache->npages) * (PAGE_SIZE / 512);
	else
		stat->blocks = inode->blocks;
	if (unlikely(inode->flags & (INODE_IMMUTABLE | INODE_APPEND | INODE_NODUMP))) {
		stat->attributes |= inode->flags & INODE_IMMUTABLE ? STATX_ATTR_IMMUTABLE : 0;
		stat->attributes |= inode->flags & INODE_APPEND ? STATX_ATTR_APPEND : 0;
		stat->attributes |= inode->flags & INODE_NODUMP ? STATX_ATTR_NODUMP : 0;
	}
	if (unlikely(inode->ops && inode->ops->getattr))
		inode->ops->getattr(inode, stat);
}

/* inode->lock held.  ATTR_SIZE is the file system's business. */
int inode_setattr_default(struct inode *inode, const struct inode_attr *attr)
{
	if (attr->valid & ATTR_UID)
		WRITE_ONCE(inode->uid, attr->uid);
	if (attr->valid & ATTR_GID)
		WRITE_ONCE(inode->gid, attr->gid);
	if (attr->valid & ATTR_MODE)
		WRITE_ONCE(inode->mode, (inode->mode & S_IFMT) | (attr->mode & 07777));
	if (attr->valid & ATTR_ATIME) {
		WRITE_ONCE(inode->atime, attr->atime);
		inode_check_atime(inode);
	}
	if (attr->valid & ATTR_MTIME)
		WRITE_ONCE(inode->mtime, attr->mtime);
	if (attr->valid & ATTR_CTIME)
		WRITE_ONCE(inode->ctime, attr->ctime);
	return 0;
}

/* relatime: only if not younger than the last change, or older than a day. */
void inode_touch_atime_slow(const struct mount *mount, struct inode *inode)
{
	u32 flags = mount ? mount->flags : MNT_RELATIME;

	if (flags & (MNT_NOATIME | MNT_RDONLY))
		return;
	if ((inode->flags & INODE_NOATIME) || (inode->sb->flags & (SB_NOATIME | SB_RDONLY)))
		return;
	if ((flags & MNT_NODIRATIME) && inode_is_dir(inode))
		return;
	WRITE_ONCE(inode->atime, inode_now());
	if (inode->flags & INODE_ATIME_OLD)
		__atomic_and_fetch(&inode->flags, ~INODE_ATIME_OLD, __ATOMIC_RELAXED);
}

void inode_check_atime(struct inode *inode)
{
	if (unlikely(inode->atime <= inode_now() - DAY_NS) && !(inode->flags & INODE_ATIME_OLD))
		__atomic_or_fetch(&inode->flags, INODE_ATIME_OLD, __ATOMIC_RELAXED);
}

/* --- Writers against execution ------------------------------------------- */

int inode_get_write(struct inode *inode)
{
	s32 old = READ_ONCE(inode->writers);

	while (old >= 0)
		if (__atomic_compare_exchange_n(&inode->writers, &old, old + 1, false,
						__ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
			return 0;
	return -ETXTBSY;
}

void inode_put_write(struct inode *inode)
{
	__atomic_sub_fetch(&inode->writers, 1, __ATOMIC_SEQ_CST);
}

int inode_deny_write(struct inode *inode)
{
	s32 old = READ_ONCE(inode->writers);

	while (old <= 0)
		if (__atomic_compare_exchange_n(&inode->writers, &old, old - 1, false,
						__ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
			return 0;
	return -ETXTBSY;
}

void inode_allow_write(struct inode *inode)
{
	__atomic_add_fetch(&inode->writers, 1, __ATOMIC_SEQ_CST);
}
