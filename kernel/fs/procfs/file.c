/*
 * file.c - reading and writing the text files of /proc.
 *
 * A reader holds one buffer with a stretch of the text:
 *
 *	0 .......... base [ buf ] base + len .......... end
 *	                          ^ cookie: where the next record comes from
 *
 * A read at 0 starts afresh.  A read behind the stretch produces records until
 * it is reached; a read before it starts from 0.  A file with a single record
 * (show) is thus generated once and read out consistently; one with many
 * (next) costs a page however long it is.  The buffer begins with a page and
 * doubles, up to SEQ_MAX, only for a record that does not fit.
 */
#include <linux/fs.h>
#include "core/caller.h"
#include "fs/file.h"
#include "fs/poll.h"
#include "fs/procfs/procfs_internal.h"
#include "lib/errno.h"
#include "mem/slab.h"
#include "mem/uio.h"
#include "sched/mutex.h"

/* Fields: [l] lock */
struct reader {
	struct mutex lock;
	struct seq seq;		      /* [l] the stretch */
	u64 base GUARDED_BY(&lock);   /* [l] its position */
	u64 cookie GUARDED_BY(&lock); /* [l] of the next record */
	bool end GUARDED_BY(&lock);   /* [l] there is none */
	u64 seen;		      /* [a] entry->event() when poll last looked */
};

static int produce(struct reader *r, const struct proc_node *node) REQUIRES(&r->lock)
{
	const struct proc_entry *entry = node->entry;
	int ret;

	if (entry->next)
		return entry->next(&r->seq, node, &r->cookie);
	if (r->cookie)
		return 0;
	ret = entry->show(&r->seq, node);
	r->cookie = 1;
	return ret ? ret : 1;
}

static int grow(struct seq *s)
{
	size_t size = s->size ? s->size * 2 : PAGE_SIZE;
	char *buf;

	if (size > SEQ_MAX)
		return -EFBIG;
	buf = kvmalloc(size);
	if (!buf)
		return -ENOMEM;
	kvfree(s->buf);
	s->buf = buf;
	s->size = size;
	s->len = 0;
	return 0;
}

/* The next stretch, behind the present one.  1, or 0 at the end. */
static int advance(struct reader *r, const struct proc_node *node) REQUIRES(&r->lock)
{
	struct seq *s = &r->seq;
	size_t kept;
	u64 cookie;
	int ret;

	r->base += s->len;
	s->len = 0;
	while (!r->end && s->len <= s->size / 2) {
		kept = s->len;
		cookie = r->cookie;
		ret = s->size ? produce(r, node) : 1;
		if (ret < 0) {
			s->len = kept;
			return kept ? 1 : ret;
		}
		if (ret == 0) {
			s->len = kept;
			r->end = true;
		} else if (seq_overflow(s) || !s->size) {
			/* Take it back: it opens the next stretch, or needs more. */
			s->len = kept;
			r->cookie = cookie;
			if (kept)
				break;
			ret = grow(s);
			if (ret)
				return ret;
		}
	}
	return s->len > 0;
}

static long text_read_locked(struct reader *r, const struct proc_node *node, struct uio *dst,
			     u64 *pos) REQUIRES(&r->lock)
{
	long done = 0;
	int ret;

	if (*pos == 0 || *pos < r->base) {
		r->base = r->cookie = 0;
		r->seq.len = 0;
		r->end = false;
	}
	while (dst->len > 0) {
		size_t skip, n, before;

		if (*pos >= r->base + r->seq.len) {
			ret = advance(r, node);
			if (ret <= 0)
				return done ? done : ret;
			continue;
		}
		skip = *pos - r->base;
		n = min(r->seq.len - skip, dst->len);
		before = dst->len;
		ret = copy_to_uio(dst, r->seq.buf + skip, n);
		n = before - dst->len;
		*pos += n;
		done += n;
		if (ret)
			return done ? done : ret;
	}
	return done;
}

/* The reader of @file, made at its first read. */
static struct reader *reader_of(struct file *file)
{
	struct reader *r = load_acquire(&file->priv), *seen = NULL;

	if (r)
		return r;
	r = kzalloc(sizeof(*r));
	if (!r)
		return NULL;
	mutex_init(&r->lock, LOCK_TEXT);
	if (__atomic_compare_exchange_n(&file->priv, (void **)&seen, r, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return r;
	kfree(r);
	return seen;
}

static long text_read(struct file *file, struct uio *dst, u64 *pos)
{
	const struct proc_node *node = proc_node(file->inode);
	struct reader *r;
	long ret;

	if (!node->entry->show && !node->entry->next)
		return -EINVAL;
	r = reader_of(file);
	if (!r)
		return -ENOMEM;
	mutex_lock(&r->lock);
	ret = text_read_locked(r, node, dst, pos);
	mutex_unlock(&r->lock);
	return ret;
}

#define CUT_MAX (4u << 20) /* Linux has no memory for so much at once */

/*
 * One write is one value; the position does not matter, but below sys/.  Of a text that is
 * too long what is left over counts as taken.
 */
static long text_write(struct file *file, struct uio *src, u64 *pos)
{
	const struct proc_node *node = proc_node(file->inode);
	size_t len = min(src->len, (size_t)PROC_WRITE_MAX), rest = src->len - len;
	u8 flags = node->entry->flags;
	long ret;
	char *text;

	if (!node->entry->write)
		return node->pid ? -EINVAL : -EIO;
	if (rest && !(flags & PROC_CUT))
		return -EINVAL;
	if (src->len >= CUT_MAX)
		return -ENOMEM;
	text = kmalloc(len + 1);
	if (!text)
		return -ENOMEM;
	ret = copy_from_uio(src, text, len);
	if (!ret) {
		text[len] = 0;
		if (flags & PROC_SYSCTL)
			ret = proc_sysctl_write(node, text, len, *pos);
		else
			ret = node->entry->write(node, text, len);
	}
	kfree(text);
	if (ret < 0)
		return ret;
	if (!(flags & (PROC_SYSCTL | PROC_LINE)))
		ret = len;
	if (flags & PROC_SYSCTL || ret == (long)len)
		ret += rest;
	*pos += ret;
	return ret;
}

static s64 text_llseek(struct file *file, s64 offset, int whence)
{
	if (whence != SEEK_SET && whence != SEEK_CUR)
		return -EINVAL; /* how long it will be nobody knows */
	return file_llseek_size(file, offset, whence, 0, S64_MAX);
}

int proc_text_open(struct file *file)
{
	const struct proc_entry *entry = proc_node(file->inode)->entry;
	struct reader *r;

	if (!entry->event)
		return 0;
	r = reader_of(file);
	if (!r)
		return -ENOMEM;
	r->seen = entry->event(NULL);
	return 0;
}

/* A change is told once to each opening: proc(5), /proc/PID/mounts. */
static u32 text_poll(struct file *file, struct poll_table *pt)
{
	const struct proc_entry *entry = proc_node(file->inode)->entry;
	struct reader *r = file->priv;
	u32 mask = EPOLLIN | EPOLLRDNORM;
	u64 now;

	if (!entry->event)
		return POLL_DEFAULT;
	now = entry->event(pt);
	return xchg(&r->seen, now) == now ? mask : mask | EPOLLERR | EPOLLPRI;
}

static void text_release(struct file *file)
{
	struct reader *r = file->priv;

	if (r)
		kvfree(r->seq.buf);
	kfree(r);
}

static size_t text_held(const struct file *file)
{
	const struct reader *r = load_acquire(&file->priv);

	return r ? sizeof(*r) + READ_ONCE(r->seq.size) : 0;
}

const struct file_ops proc_text_ops = {
	.held = text_held,
	.read = text_read,
	.write = text_write,
	.llseek = text_llseek,
	.poll = text_poll,
	.release = text_release,
	.name = "proc",
};
