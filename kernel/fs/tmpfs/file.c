/*
 * tmpfs: data.  A file's pages live in its page cache and nowhere else; files
 * of the initramfs are backed by the archive in memory, from which a page is
 * borrowed in place, where it is whole and aligned, or copied at first touch.
 *
 * What shows of the backing only shrinks (backing_size): data cut off by a
 * truncation never comes back, and a hole punched into it is zeroes written
 * over it.
 */
#include <linux/falloc.h>
#include <linux/fcntl.h>
#include <linux/memfd.h>
#include <linux/stat.h>

#include "core/log.h"
#include "fs/dentry.h"
#include "fs/file.h"
#include "fs/mount.h"
#include "fs/tmpfs/tmpfs_internal.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/kmap.h"
#include "mem/page.h"
#include "mem/uio.h"
#include "sched/sched.h"
#include "vm/region.h"

/* --- Pages --------------------------------------------------------------- */

int tmpfs_charge_pages(struct tmpfs_super *super, long npages)
{
	u64 used = atomic64_add_return(&super->pages, npages);

	if (npages > 0 && super->max_pages && used > READ_ONCE(super->max_pages) &&
	    used > READ_ONCE(super->max_pages) + atomic64_read(&super->archived)) {
		atomic64_sub(&super->pages, npages);
		return -ENOSPC;
	}
	return 0;
}

static int tmpfs_charge(struct page_cache *cache, long npages)
{
	struct inode *inode = cache->owner;

	return tmpfs_charge_pages(inode->sb->priv, npages);
}

static bool tail_is_zero(const u8 *from, const u8 *end)
{
	for (; from < end; from++)
		if (*from)
			return false;
	return true;
}

/* The archive's own page, if it holds this page of the file and nothing else. */
static struct page *tmpfs_borrow_page(struct page_cache *cache, u64 index)
{
	struct tmpfs_file *file = container_of(cache, struct tmpfs_file, cache);
	u64 offset = index << PAGE_SHIFT, size = READ_ONCE(file->backing_size);
	const u8 *at = file->backing + offset;
	struct page *page;

	if (((uintptr_t)file->backing & ~PAGE_MASK) || offset >= size)
		return NULL;
	if (size - offset < PAGE_SIZE && !tail_is_zero(at + (size - offset), at + PAGE_SIZE))
		return NULL;
	page = vmalloc_owns(at) ? vmalloc_to_page(at) : page_reserved(virt_to_phys(at));
	if (page)
		page_get(page);
	return page;
}

static int tmpfs_read_page(struct page_cache *cache, struct page *page)
{
	struct tmpfs_file *file = container_of(cache, struct tmpfs_file, cache);
	u64 offset = page->index << PAGE_SHIFT, size = READ_ONCE(file->backing_size);

	if (offset < size)
		memcpy(page_to_virt(page), file->backing + offset,
		       min_t(u64, size - offset, PAGE_SIZE));
	return 0;
}

const struct page_cache_ops tmpfs_plain_cache_ops = {
	.charge = tmpfs_charge,
};

const struct page_cache_ops tmpfs_backed_cache_ops = {
	.borrow_page = tmpfs_borrow_page,
	.read_page = tmpfs_read_page,
	.charge = tmpfs_charge,
};

void tmpfs_inode_set_backing(struct inode *inode, const void *data, u64 size)
{
	struct tmpfs_file *file = tmpfs_file_of(inode);
	struct tmpfs_super *super = inode->sb->priv;

	tmpfs_free_backing(inode); /* a later name of the file brings data anew */
	if (vmalloc_owns(data))
		vmalloc_hold(data, size);
	file->backing = data;
	file->backing_size = file->backing_len = size;
	atomic64_add(&super->archived, DIV_ROUND_UP(size, PAGE_SIZE));
	file->cache.ops = &tmpfs_backed_cache_ops;
	file->cache.size = size;
	inode->size = size;
}

/*
 * Pages that hold nothing but this file: those in the middle, and the last one
 * if only padding follows.  What a gzip member was unpacked to is vmalloc memory,
 * whose pages count the files in them.
 */
void tmpfs_free_backing(struct inode *inode)
{
	struct tmpfs_file *file = tmpfs_file_of(inode);
	struct tmpfs_super *super = inode->sb->priv;
	uintptr_t start = ALIGN_UP((uintptr_t)file->backing, PAGE_SIZE);
	uintptr_t end = (uintptr_t)file->backing + file->backing_len;

	if (!file->backing_len)
		return;
	atomic64_sub(&super->archived, DIV_ROUND_UP(file->backing_len, PAGE_SIZE));
	if (vmalloc_owns(file->backing)) {
		vmalloc_drop(file->backing, file->backing_len);
		file->backing_size = file->backing_len = 0;
		return;
	}
	if (end & ~PAGE_MASK && end > start &&
	    tail_is_zero((const u8 *)end, (const u8 *)ALIGN_UP(end, PAGE_SIZE)))
		end = ALIGN_UP(end, PAGE_SIZE);
	end = ALIGN_DOWN(end, PAGE_SIZE);
	file->backing_size = file->backing_len = 0;
	if (start < end)
		page_free_reserved(virt_to_phys((void *)start), end - start);
}

/* --- Reading and writing ------------------------------------------------- */

/*
 * page_cache_read() for the everyday case, saving it 60 instructions: what is
 * asked for lies in one page, which is there.  0: not that case.
 */
static inline long read_in_page(struct page_cache *cache, u64 size, struct uio *dst, u64 at)
{
	size_t len = dst->len, offset = at & ~PAGE_MASK;
	struct page *page;
	int err;

	if (at + len > size || offset + len > PAGE_SIZE || len == 0)
		return 0;
	page = page_cache_lookup(cache, at >> PAGE_SHIFT);
	if (!page)
		return 0;
	err = copy_to_uio(dst, (char *)page_to_virt(page) + offset, len);
	if (!page_flag(page, PG_REFERENCED))
		page_flag_set(page, PG_REFERENCED);
	page_put(page);
	return likely(!err) ? (long)len : dst->len < len ? (long)(len - dst->len) : err;
}

static long tmpfs_read(struct file *file, struct uio *dst, u64 *pos)
{
	struct inode *inode = file->inode;
	u64 size = READ_ONCE(inode->size);
	long n = read_in_page(inode->cache, size, dst, *pos);

	if (unlikely(n == 0))
		n = page_cache_read(inode->cache, size, dst, *pos);
	if (likely(n > 0))
		*pos += n;
	if (!(file->flags & O_NOATIME))
		inode_touch_atime(file->path.mount, inode);
	return n;
}

/* What forbids or shortens a write at pos.  Inode locked. */
static int write_check(struct inode *inode, struct uio *src, u64 pos)
{
	u64 limit = file_size_limit();

	if (unlikely(inode->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)))
		return -EPERM;
	/* As Linux, page by page: the first that would grow the file stops it. */
	if (unlikely(inode->seals & F_SEAL_GROW) && pos + src->len > inode->size) {
		u64 whole = ALIGN_DOWN(inode->size, PAGE_SIZE);

		if (pos >= whole)
			return -EPERM;
		src->len = whole - pos;
	}
	if (unlikely(pos >= limit || pos >= inode->sb->max_file_size))
		return -EFBIG;
	src->len = min_t(u64, src->len, min(limit, inode->sb->max_file_size) - pos);
	return 0;
}

static long tmpfs_write(struct file *file, struct uio *src, u64 *pos)
{
	struct inode *inode = file->inode;
	u64 at = *pos;
	long done = 0, n;
	s64 now;
	int err;

	mutex_lock(&inode->lock);
	if ((file->flags & O_APPEND) || at == FILE_POS_APPEND)
		at = inode->size;
	if (unlikely(src->len == 0))
		goto out_unlock;
	done = write_check(inode, src, at);
	if (unlikely(done))
		goto out_unlock;
	for (;;) {
		n = page_cache_write(inode->cache, inode->size, src, at);
		if (likely(n > 0)) {
			at += n;
			done += n;
			if (at > inode->size) {
				WRITE_ONCE(inode->size, at);
				WRITE_ONCE(inode->cache->size, at);
			}
		}
		if (likely(src->len == 0) || (n < 0 && n != -EFAULT))
			break;
		if (unlikely(thread_work_test(current, WORK_KILL))) {
			n = -EINTR;
			break;
		}
		/* A page of the source is not there: bring it in unlocked. */
		mutex_unlock(&inode->lock);
		err = uio_fault_in(src, PAGE_SIZE, false);
		sched_yield_point();
		mutex_lock(&inode->lock);
		if (err) {
			n = err;
			break;
		}
	}
	if (done > 0) {
		now = inode_now();
		WRITE_ONCE(inode->mtime, now);
		WRITE_ONCE(inode->ctime, now);
		if (unlikely(inode->mode & (S_ISUID | S_ISGID)))
			file_remove_suid(file);
		*pos = at;
	} else {
		done = n;
	}
out_unlock:
	mutex_unlock(&inode->lock);
	return done;
}

static int tmpfs_mmap(struct file *file, struct region *region)
{
	struct inode *inode = file->inode;
	u32 seals = READ_ONCE(inode->seals);

	if (unlikely(seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) &&
	    (region->flags & REGION_SHARED)) {
		if (region->flags & REGION_WRITE)
			return -EPERM;
		region->flags &= ~REGION_MAYWRITE;
	}
	region->cache = inode->cache;
	inode_touch_atime(file->path.mount, inode);
	return 0;
}

static int tmpfs_fsync(struct file *file, bool data_only)
{
	return 0;
}

/* --- Sizes --------------------------------------------------------------- */

/* Inode locked (vfs_setattr). */
int tmpfs_setattr(struct inode *inode, const struct inode_attr *attr)
{
	if ((attr->valid & ATTR_SIZE) && inode->cache) {
		struct tmpfs_file *file = tmpfs_file_of(inode);

		if (attr->size < file->backing_size)
			WRITE_ONCE(file->backing_size, attr->size);
		WRITE_ONCE(inode->size, attr->size);
		page_cache_truncate(inode->cache, attr->size);
	}
	return inode_setattr_default(inode, attr);
}

/* Below the backing, a hole must be written: dropping pages would show the
 * archive again. */
static int punch_backed(struct tmpfs_file *file, u64 start, u64 end)
{
	while (start < end) {
		u64 n = min(end - start, PAGE_SIZE - (start & ~PAGE_MASK));
		struct page *page;
		int err = page_cache_get_page(&file->cache, start >> PAGE_SHIFT, CACHE_FILL, &page);

		if (err)
			return err;
		memset((char *)page_to_virt(page) + (start & ~PAGE_MASK), 0, n);
		page_cache_mark_dirty(&file->cache, page);
		page_put(page);
		start += n;
	}
	return 0;
}

static int tmpfs_punch(struct inode *inode, u64 start, u64 end)
{
	struct tmpfs_file *file = tmpfs_file_of(inode);
	u64 backed = min(ALIGN_UP(file->backing_size, PAGE_SIZE), end);
	int err = 0;

	if (inode->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	if (start < backed) {
		err = punch_backed(file, start, min(backed, inode->size));
		start = backed;
	}
	if (!err && start < end)
		err = page_cache_punch(inode->cache, start, end);
	return err;
}

static int tmpfs_allocate(struct inode *inode, int mode, u64 start, u64 end)
{
	u64 first = start >> PAGE_SHIFT, index;
	u64 last = DIV_ROUND_UP(end, PAGE_SIZE);
	struct tmpfs_super *super = inode->sb->priv;
	struct page *page;
	int err = 0;

	if ((inode->seals & F_SEAL_GROW) && end > inode->size)
		return -EPERM;
	if (end > inode->size && end > file_size_limit())
		return -EFBIG;
	if (super->max_pages && last - first > super->max_pages)
		return -ENOSPC;
	for (index = first; index < last; index++) {
		err = page_cache_get_page(inode->cache, index, CACHE_FILL, &page);
		if (err)
			break;
		page_cache_mark_dirty(inode->cache, page);
		page_put(page);
		sched_yield_point();
	}
	if (err) {
		/* Nothing of it stays beyond the end of the file. */
		u64 keep = max(start, ALIGN_UP(inode->size, PAGE_SIZE));

		if (keep < end && page_cache_punch(inode->cache, keep, ALIGN_UP(end, PAGE_SIZE)))
			log_debug(TMPFS, "fallocate left pages behind");
		return err;
	}
	if (!(mode & FALLOC_FL_KEEP_SIZE) && end > inode->size) {
		WRITE_ONCE(inode->size, end);
		WRITE_ONCE(inode->cache->size, end);
	}
	return 0;
}

static long tmpfs_fallocate(struct file *file, int mode, u64 offset, u64 len)
{
	struct inode *inode = file->inode;
	int err;

	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))
		return -EOPNOTSUPP;
	mutex_lock(&inode->lock);
	if (mode & FALLOC_FL_PUNCH_HOLE)
		err = tmpfs_punch(inode, offset, offset + len);
	else
		err = tmpfs_allocate(inode, mode, offset, offset + len);
	if (!err) {
		s64 now = inode_now();

		if (unlikely(inode->mode & (S_ISUID | S_ISGID)))
			file_remove_suid(file);
		WRITE_ONCE(inode->ctime, now);
		if (mode & FALLOC_FL_PUNCH_HOLE || !(mode & FALLOC_FL_KEEP_SIZE))
			WRITE_ONCE(inode->mtime, now);
	}
	mutex_unlock(&inode->lock);
	return err;
}

const struct file_ops tmpfs_file_ops = {
	.read = tmpfs_read,
	.write = tmpfs_write,
	.mmap = tmpfs_mmap,
	.fsync = tmpfs_fsync,
	.fallocate = tmpfs_fallocate,
	.name = "file",
};
