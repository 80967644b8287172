/*
 * Open files: life and death, positions, anonymous files.
 *
 * The last file_put() may come from anywhere, so it only queues the file; the
 * release, which may sleep and take any lock, runs when the thread returns to
 * user mode (WORK_FILE_PUT) or in a worker.  close(2), which holds nothing,
 * releases at once with file_put_now().
 */
#include "fs/file.h"

#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/stat.h>

#include "core/clock.h"
#include "core/cred.h"
#include "core/percpu.h"
#include "fs/dentry.h"
#include "fs/epoll.h"
#include "fs/flock.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "fs/sigio.h"
#include "fs/superblock.h"
#include "fs/vfs.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/page.h"
#include "mem/slab.h"
#include "sched/thread.h"
#include "sched/work.h"
#include "vm/page_cache.h"

/* Files opened here and not yet added to files.open, or closed. */
#define OPEN_BATCH 32
DEFINE_PERCPU_STATIC(s32, opened);

/* Numbers of anonymous objects that a CPU takes at a time; a multiple of it: used up. */
DEFINE_PERCPU_STATIC(u64, last_ino);

static struct slab_cache file_cache;
static struct {
	struct atomic64 open;  /* [a] but for what CPUs keep */
	u64 max;	       /* [a] fs.file-max */
	struct file *deferred; /* [a] stack of files to release */
	u64 next_ino;	       /* [a] of anonymous objects, those that CPUs keep left out */
	struct work work;      /* releases for kernel threads */
} files = { .max = 65536 };

static void files_work(struct work *work)
{
	file_run_deferred();
}

void file_init(void)
{
	struct page_stats stats;

	static_assert(offsetof(struct file, refs) >= sizeof(void *), "the slab's, when free");
	slab_cache_init(&file_cache, "filp", sizeof(struct file), 64);
	slab_cache_typesafe(&file_cache);
	work_init(&files.work, files_work);
	page_stats(&stats);
	/* As Linux: about a tenth of memory, at 1 KiB each. */
	files.max = max_t(u64, stats.total * (PAGE_SIZE / 1024) / 10, 8192);
	files.next_ino = INO_BATCH;
}

u64 file_next_ino(void)
{
	return ino_from_batch(this_cpu_ptr(last_ino), &files.next_ino);
}

/* Adds 1 or -1 to the number of open files. */
static inline void count_open(s32 n)
{
	n += this_cpu(opened);
	if (unlikely(n >= OPEN_BATCH || n <= -OPEN_BATCH)) {
		atomic64_add(&files.open, n);
		n = 0;
	}
	this_cpu(opened) = n;
}

static u64 open_count(void)
{
	s64 sum = atomic64_read(&files.open);
	unsigned cpu;

	for_each_online_cpu(cpu)
		sum += READ_ONCE(per_cpu(opened, cpu));
	return sum > 0 ? (u64)sum : 0;
}

/* Is one more than there may be?  Counted only where it can matter. */
static inline bool too_many_open(void)
{
	return unlikely((u64)atomic64_read(&files.open) + OPEN_BATCH * MAX_CPUS >= files.max) &&
	       open_count() >= files.max;
}

int file_alloc(const struct cred *cred, u32 oflags, struct file **out)
{
	static const u8 modes[4] = { FMODE_READ, FMODE_WRITE, FMODE_READ | FMODE_WRITE, 0 };
	struct file *file;

	if (unlikely(too_many_open()) && !cred_capable(cred, CAP_SYS_ADMIN))
		return -ENFILE;
	file = slab_alloc(&file_cache);
	if (unlikely(!file))
		return -ENOMEM;
	count_open(1);
	file->flags = oflags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC);
	file->mode = modes[oflags & O_ACCMODE];
	file->seen_error = 0;
	file->oom_mark = 0;
	file->ops = NULL;
	file->inode = NULL;
	file->path = (struct path){ NULL, NULL };
	file->pos = 0;
	file->priv = NULL;
	file->cred = cred_get(cred);
	mutex_init(&file->pos_lock, LOCK_FILE_POS);
	list_init(&file->epolls);
	file->owner = NULL;
	file->anon_ino = 0;
	file->dir_cursor = NULL;
	/* From here on one that looks for what lay here before may count it for a moment. */
	smp_wmb();
	refcount_init(&file->refs, 1);
	*out = file;
	return 0;
}

int file_new_anon(const char *name, const struct file_ops *ops, void *priv, u32 oflags,
		  struct file **out)
{
	struct file *file;
	int err = file_alloc(file_current_cred(), oflags, &file);

	if (err)
		return err;
	file->ops = ops;
	file->priv = priv;
	*out = file;
	return 0;
}

static void file_release(struct file *file)
{
	if (unlikely(!list_empty(&file->epolls)))
		epoll_file_released(file);
	if (unlikely(file->mode & FMODE_LOCKS))
		flock_file_released(file);
	if (unlikely(file->owner))
		sigio_file_released(file);
	if (file->ops && file->ops->release)
		file->ops->release(file);
	if (file->mode & FMODE_WRITER) {
		inode_put_write(file->inode);
		mount_put_write(file->path.mount);
	}
	if (unlikely(file->dir_cursor))
		dentry_put(file->dir_cursor);
	if (file->path.dentry)
		path_put(&file->path);
	cred_put(file->cred);
	count_open(-1);
	slab_free(&file_cache, file);
}

void file_put_now(struct file *file)
{
	if (refcount_put(&file->refs))
		file_release(file);
}

void file_free_unopened(struct file *file)
{
	file->ops = NULL;
	file_put_now(file);
}

static __noinline void file_defer(struct file *file)
{
	struct file *head = READ_ONCE(files.deferred);

	do
		file->put_next = head;
	while (!__atomic_compare_exchange_n(&files.deferred, &head, file, false, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED));
	if (current->kernel)
		work_queue(&files.work);
	else
		thread_work_set(current, WORK_FILE_PUT);
}

void file_put(struct file *file)
{
	if (unlikely(refcount_put(&file->refs)))
		file_defer(file);
}

void file_run_deferred(void)
{
	struct file *list;

	thread_work_clear(current, WORK_FILE_PUT);
	while ((list = xchg(&files.deferred, NULL)) != NULL) {
		while (list) {
			struct file *file = list;

			list = file->put_next;
			file_release(file);
		}
	}
}

/* --- Attributes, names --------------------------------------------------- */

u64 file_ino(const struct file *file)
{
	if (file->inode)
		return file->inode->ino;
	return file->anon_ino ? file->anon_ino : 1;
}

u64 file_dev(const struct file *file)
{
	return file->inode ? file->inode->sb->dev : dev_make(0, 14);
}

int file_getattr(struct file *file, struct kstat *stat)
{
	if (likely(file->inode)) {
		inode_getattr(file->inode, stat);
	} else {
		s64 now = clock_realtime_coarse_ns();

		*stat = (struct kstat){
			.dev = file_dev(file),
			.ino = file_ino(file),
			.mode = file->ops->mode ? file->ops->mode : 0600,
			.nlink = 1,
			.uid = file->cred->fsuid,
			.gid = file->cred->fsgid,
			.blksize = PAGE_SIZE,
			.atime = now,
			.mtime = now,
			.ctime = now,
		};
	}
	if (unlikely(file->ops && file->ops->getattr))
		file->ops->getattr(file, stat);
	return 0;
}

/* What readlink of /proc/self/fd/N says.  Returns its length, -ENAMETOOLONG. */
long file_describe(struct file *file, const struct path *root, char *buf, size_t size)
{
	char *name;
	size_t len;
	int n;

	if (file->path.dentry) {
		name = path_name_link(&file->path, root, buf, size);
		if (!name)
			return -ENAMETOOLONG;
		len = strlen(name);
		memmove(buf, name, len + 1);
		return len;
	}
	if (file->ops->describe)
		n = file->ops->describe(file, buf, size);
	else if ((file->ops->mode & S_IFMT) == S_IFIFO || (file->ops->mode & S_IFMT) == S_IFSOCK)
		n = snprintf(buf, size, "%s:[%llu]", file->ops->name, file->anon_ino);
	else
		n = snprintf(buf, size, "anon_inode:[%s]", file->ops->name);
	return n < (int)size ? n : -ENAMETOOLONG;
}

void file_stats(struct file_stats *out)
{
	out->open = open_count();
	out->max = files.max;
}

void file_set_max(u64 max)
{
	files.max = max;
}

/* --- Positions ----------------------------------------------------------- */

s64 file_llseek_size(struct file *file, s64 offset, int whence, u64 size, u64 max)
{
	s64 base;

	switch (whence) {
	case SEEK_SET:
		base = 0;
		break;
	case SEEK_CUR:
		base = file->pos;
		break;
	case SEEK_END:
		base = size;
		break;
	case SEEK_DATA:
	case SEEK_HOLE:
		if (offset < 0 || (u64)offset >= size)
			return -ENXIO;
		if (file->inode && file->inode->cache) {
			u64 at = page_cache_seek(file->inode->cache, offset, size,
						 whence == SEEK_DATA);

			if (whence == SEEK_DATA && at >= size)
				return -ENXIO;
			offset = at;
		} else if (whence == SEEK_HOLE) {
			offset = size;
		}
		base = 0;
		break;
	default:
		return -EINVAL;
	}
	if (__builtin_add_overflow(base, offset, &offset))
		return -EINVAL;
	if (offset < 0 || (u64)offset > max)
		return -EINVAL;
	if ((u64)offset != file->pos)
		file->pos = offset;
	return offset;
}

s64 file_llseek_generic(struct file *file, s64 offset, int whence)
{
	struct inode *inode = file->inode;

	if (!inode)
		return -ESPIPE;
	return file_llseek_size(file, offset, whence, READ_ONCE(inode->size),
				inode->sb->max_file_size);
}

/* Of objects that have no position and do not mind: eventfd and its kin. */
s64 file_llseek_noop(struct file *file, s64 offset, int whence)
{
	return 0;
}

static inline s64 file_llseek(struct file *file, s64 offset, int whence)
{
	return file->ops->llseek ? file->ops->llseek(file, offset, whence) :
				   file_llseek_generic(file, offset, whence);
}

s64 vfs_llseek(struct file *file, s64 offset, int whence)
{
	s64 ret;

	if (!file->ops->llseek && ((file->ops->flags & FILE_STREAM) || !file->inode))
		return -ESPIPE;
	if (refcount_read(&file->refs) <= 1)
		return file_llseek(file, offset, whence);
	mutex_lock(&file->pos_lock);
	ret = file_llseek(file, offset, whence);
	mutex_unlock(&file->pos_lock);
	return ret;
}

bool dir_emit_dots(struct file *file, struct dir_emit *emit)
{
	struct dentry *dentry = file->path.dentry;

	if (emit->pos == 0 && !dir_emit(emit, ".", 1, dentry->inode->ino, S_IFDIR >> 12, 1))
		return false;
	if (emit->pos == 1 &&
	    !dir_emit(emit, "..", 2, dentry->parent->inode->ino, S_IFDIR >> 12, 2))
		return false;
	return true;
}
