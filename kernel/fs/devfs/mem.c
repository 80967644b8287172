/*
 * The devices that need no hardware: null, zero, full, random, urandom, kmsg.
 *
 * Source: null(4), full(4), random(4), Documentation/ABI/testing/dev-kmsg
 */
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/random.h>
#include <linux/stat.h>

#include "core/clock.h"
#include "core/cred.h"
#include "core/log.h"
#include "core/random.h"
#include "fs/devfs/devfs.h"
#include "fs/devfs/devfs_internal.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/poll.h"
#include "fs/sigio.h"
#include "fs/vfs.h"
#include "lib/errno.h"
#include "lib/parse.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "mem/uio.h"
#include "mem/user.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "vm/page_cache.h"
#include "vm/region.h"

#define MEM_MAJOR 1

/* --- null, zero, full ---------------------------------------------------- */

static long null_read(struct file *file, struct uio *dst, u64 *pos)
{
	return 0;
}

static long null_write(struct file *file, struct uio *src, u64 *pos)
{
	long n = src->len;

	uio_advance(src, n);
	return n;
}

static s64 null_llseek(struct file *file, s64 offset, int whence)
{
	return file->pos = 0;
}

static long zero_read(struct file *file, struct uio *dst, u64 *pos)
{
	long done = 0;

	while (dst->len > 0) {
		size_t n = min_t(size_t, dst->len, 16 * PAGE_SIZE), before = dst->len;
		int err = zero_uio(dst, n);

		done += before - dst->len;
		if (err)
			return done ? done : err;
		if (thread_sleep_interrupted(SLEEP_INTERRUPTIBLE))
			break;
		sched_yield_point();
	}
	return done;
}

/* Private, or never to be written: anonymous memory.  Shared: a nameless file of that length,
 * mapped at the offset that was given, so that what lies behind its end is SIGBUS, as on Linux. */
static int zero_mmap(struct file *file, struct region *region)
{
	struct file *memory;
	int err;

	if (!(region->flags & REGION_MAYWRITE))
		region->flags &= ~REGION_SHARED;
	if (!(region->flags & REGION_SHARED))
		return 0;
	err = tmpfs_file_new("dev/zero", region->end - region->start, O_RDWR, 0, &memory);
	if (err)
		return err;
	if (!(region->flags & REGION_NORESERVE)) {
		err = page_cache_commit(memory->inode->cache);
		if (err) {
			file_put(memory);
			return err;
		}
	}
	region->file = memory;
	region->cache = memory->inode->cache;
	return 0;
}

static long full_write(struct file *file, struct uio *src, u64 *pos)
{
	return -ENOSPC;
}

static const struct file_ops null_ops = {
	.read = null_read,
	.write = null_write,
	.llseek = null_llseek,
	.name = "null",
	.flags = FILE_NOWAIT_OK | FILE_NO_SPLICE_FROM,
};
static const struct file_ops zero_ops = {
	.read = zero_read,
	.write = null_write,
	.llseek = null_llseek,
	.mmap = zero_mmap,
	.name = "zero",
	.flags = FILE_NOWAIT_OK | FILE_NO_SPLICE,
};
static const struct file_ops full_ops = {
	.read = zero_read,
	.write = full_write,
	.llseek = null_llseek,
	.name = "full",
	.flags = FILE_NO_SPLICE,
};

/* --- random -------------------------------------------------------------- */

static long random_read(struct file *file, struct uio *dst, u64 *pos)
{
	u8 block[256];
	long done = 0;
	int err = 0;

	while (dst->len > 0 && !err) {
		size_t n = min(dst->len, sizeof(block)), before = dst->len;

		random_bytes(block, n);
		err = copy_to_uio(dst, block, n);
		done += before - dst->len;
		if (thread_sleep_interrupted(SLEEP_INTERRUPTIBLE))
			break;
		sched_yield_point();
	}
	memzero_explicit(block, sizeof(block));
	return done ? done : err;
}

static long random_write(struct file *file, struct uio *src, u64 *pos)
{
	u8 block[64];
	long done = 0;
	int err = 0;

	while (src->len > 0 && !err) {
		size_t n = min(src->len, sizeof(block)), before = src->len;

		err = copy_from_uio(src, block, n);
		n = before - src->len;
		entropy_add(block, n, 0);
		done += n;
	}
	return done ? done : err;
}

static long random_ioctl(struct file *file, unsigned cmd, unsigned long arg)
{
	u32 __user *p = (u32 __user *)arg;

	switch (cmd) {
	case RNDGETENTCNT:
		return put_user_u32(random_ready() ? 256 : 0, p);
	case RNDADDTOENTCNT:
	case RNDZAPENTCNT:
	case RNDCLEARPOOL:
	case RNDRESEEDCRNG:
		return cred_capable(file_current_cred(), CAP_SYS_ADMIN) ? 0 : -EPERM;
	case RNDADDENTROPY: {
		u32 head[2];
		u8 block[64];
		int err;

		if (!cred_capable(file_current_cred(), CAP_SYS_ADMIN))
			return -EPERM;
		err = copy_from_user(head, p, sizeof(head));
		if (err)
			return err;
		if ((s32)head[0] < 0 || (s32)head[1] < 0)
			return -EINVAL;
		p += 2;
		for (u32 done = 0; done < head[1];) {
			u32 n = min_t(u32, head[1] - done, sizeof(block));

			err = copy_from_user(block, (u8 __user *)p + done, n);
			if (err)
				return err;
			entropy_add(block, n, done == 0 ? head[0] : 0);
			done += n;
		}
		return 0;
	}
	}
	return -ENOTTY;
}

static u32 random_poll(struct file *file, struct poll_table *pt)
{
	return EPOLLOUT | EPOLLWRNORM | (random_ready() ? EPOLLIN | EPOLLRDNORM : 0);
}

/* O_ASYNC can be set, and tells of the first entropy: which is always there. */
static struct sigio_list *random_sigio(struct file *file)
{
	static struct sigio_list list = { LIST_INIT(list.files) };

	return &list;
}

static const struct file_ops random_ops = {
	.read = random_read,
	.write = random_write,
	.ioctl = random_ioctl,
	.poll = random_poll,
	.sigio = random_sigio,
	.llseek = null_llseek,
	.name = "random",
	.flags = FILE_NOWAIT_OK,
};

/* epoll refuses it, as there is nothing to wait for. */
static const struct file_ops urandom_ops = {
	.read = random_read,
	.write = random_write,
	.ioctl = random_ioctl,
	.sigio = random_sigio,
	.llseek = null_llseek,
	.name = "urandom",
	.flags = FILE_NOWAIT_OK,
};

/* --- kmsg: one record per read ------------------------------------------- */

/* file->priv: the next record's number, allocated.  EPERM: kernel.dmesg_restrict. */
static int kmsg_open(struct inode *inode, struct file *file)
{
	u64 *seq;

	if (file->mode & FMODE_READ) {
		if (READ_ONCE(log_restricted) && !log_may_read(file->cred))
			return -EPERM;
		seq = kmalloc(sizeof(*seq));
		if (!seq)
			return -ENOMEM;
		*seq = log_seq_first();
		file->priv = seq;
	}
	return 0;
}

static void kmsg_release(struct file *file)
{
	kfree(file->priv);
}

static long kmsg_read(struct file *file, struct uio *dst, u64 *pos)
{
	const size_t size = LOG_LINE_MAX + 128;
	struct log_record rec;
	u64 *seq = file->priv, first;
	char *line;
	int n, head, err;

	line = kmalloc(size);
	if (!line)
		return -ENOMEM;
	for (;;) {
		first = log_seq_first();
		if (*seq < first) {
			*seq = first;
			err = -EPIPE; /* records were overwritten */
			goto out;
		}
		n = log_read(seq, &rec, line + 64, size - 66);
		if (n >= 0)
			break;
		err = -EAGAIN;
		if (file->flags & O_NONBLOCK)
			goto out;
		err = thread_sleep_until(clock_monotonic_ns() + 50 * NSEC_PER_MSEC,
					 SLEEP_INTERRUPTIBLE);
		if (err)
			goto out;
	}
	head = snprintf(line, 64, "%u,%llu,%llu,-;", rec.facility * 8 + rec.level, rec.seq,
			(u64)rec.time_ns / 1000);
	memmove(line + head, line + 64, n);
	n += head;
	line[n++] = '\n';
	err = -EINVAL;
	if ((size_t)n > dst->len)
		*seq = rec.seq;
	else
		err = copy_to_uio(dst, line, n);
out:
	kfree(line);
	return err ? err : n;
}

/* "<priority>text": user's facility unless it says another. */
static long kmsg_write(struct file *file, struct uio *src, u64 *pos)
{
	size_t len = src->len;
	u32 priority = 1 * 8 + LOG_NOTICE - 1;
	char *line, *text;
	const char *end;
	int err;

	if (len > LOG_LINE_MAX)
		return -EINVAL;
	line = kmalloc(len + 1);
	if (!line)
		return -ENOMEM;
	err = copy_from_uio(src, line, len);
	if (err)
		goto out;
	line[len] = '\0';
	text = line;
	if (*text == '<') {
		u64 n = parse_prefix_u64(text + 1, &end, 10);

		if (end > text + 1 && *end == '>') {
			priority = n & 0x3ff;
			if (priority < 8)
				priority |= 8;
			text = (char *)end + 1;
		}
	}
	size_t text_len = len - (text - line);

	if (text_len && text[text_len - 1] == '\n')
		text_len--;
	log_user(priority >> 3, priority & 7, text, text_len);
out:
	kfree(line);
	return err ? err : (long)len;
}

static s64 kmsg_llseek(struct file *file, s64 offset, int whence)
{
	u64 *seq = file->priv;

	if (!seq)
		return -EBADF;
	if (offset)
		return -ESPIPE;
	switch (whence) {
	case SEEK_SET:
		*seq = log_seq_first();
		return 0;
	case SEEK_DATA:
		*seq = log_seq_cleared();
		return 0;
	case SEEK_END:
		*seq = log_seq_next();
		return 0;
	}
	return -EINVAL;
}

static u32 kmsg_poll(struct file *file, struct poll_table *pt)
{
	u64 *seq = file->priv;

	return seq && *seq < log_seq_next() ? EPOLLIN | EPOLLRDNORM : 0;
}

static const struct file_ops kmsg_ops = {
	.read = kmsg_read,
	.write = kmsg_write,
	.llseek = kmsg_llseek,
	.poll = kmsg_poll,
	.release = kmsg_release,
	.name = "kmsg",
};

int devfs_mem_init(void)
{
	static const struct {
		const char *name;
		u32 mode, minor;
		const struct file_ops *ops;
		int (*open)(struct inode *inode, struct file *file);
	} devices[] = {
		{ "null", 0666, 3, &null_ops, NULL },
		{ "zero", 0666, 5, &zero_ops, NULL },
		{ "full", 0666, 7, &full_ops, NULL },
		{ "random", 0666, 8, &random_ops, NULL },
		{ "urandom", 0666, 9, &urandom_ops, NULL },
		{ "kmsg", 0644, 11, &kmsg_ops, kmsg_open },
	};
	int err = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(devices) && !err; i++)
		err = devfs_register_open(devices[i].name, S_IFCHR | devices[i].mode,
					  dev_make(MEM_MAJOR, devices[i].minor), devices[i].ops,
					  NULL, devices[i].open);
	return err;
}
