/*
 * epoll_ctl.c - what an epoll watches: epoll_ctl(2).
 *
 * Items are found by file and descriptor in a hash of the epoll's own.  An
 * item is also on its file's list, so that a file that goes takes its items
 * along.  Epolls may watch epolls, five levels deep at most and never in a
 * ring: epoll_locks.tree makes the test and the new link one step.
 *
 * Locking: see epoll.c.  Source: epoll_ctl(2)
 */
#include "fs/epoll.h"
#include <linux/fcntl.h>
#include "abi/dev.h"
#include "fs/file.h"
#include "fs/poll.h"
#include "fs/seq.h"
#include "lib/errno.h"
#include "lib/hash.h"
#include "mem/slab.h"
#include "sched/waitq.h"
#include "fs/epoll_internal.h"

#define MAX_NESTS 4 /* epolls below an epoll, in all */
#define EXCLUSIVE_OK                                                                               \
	(EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE)

static struct slab_cache item_cache;

void epoll_ctl_init(void)
{
	slab_cache_init(&item_cache, "epoll_item", sizeof(struct epoll_item), 0);
}

/* --- The hash of items --------------------------------------------------- */

static struct epoll_item **bucket_of(struct epoll_item **buckets, u32 mask, const struct file *file,
				     int fd)
{
	return &buckets[hash_u64((uintptr_t)file + (u64)fd * 0x10001) & mask];
}

static struct epoll_item *item_find(struct epoll *ep, const struct file *file, int fd)
	REQUIRES(&ep->lock)
{
	struct epoll_item *item = *bucket_of(ep->buckets, ep->mask, file, fd);

	while (item && (item->file != file || item->fd != fd))
		item = item->hash_next;
	return item;
}

static void buckets_grow(struct epoll *ep) REQUIRES(&ep->lock)
{
	u32 mask = (ep->mask + 1) * 4 - 1;
	struct epoll_item **buckets = kvzalloc((mask + 1) * sizeof(*buckets));

	if (!buckets)
		return;
	for (u32 i = 0; i <= ep->mask; i++) {
		struct epoll_item *item = ep->buckets[i], *next;

		for (; item; item = next) {
			struct epoll_item **b = bucket_of(buckets, mask, item->file, item->fd);

			next = item->hash_next;
			item->hash_next = *b;
			*b = item;
		}
	}
	kvfree(ep->buckets);
	ep->buckets = buckets;
	ep->mask = mask;
}

/* --- Waiters on the file's queues ------------------------------------------ */

struct item_poll {
	struct poll_table pt;
	struct epoll_item *item;
};

static void item_poll_queue(struct poll_table *pt, struct waitq *wq)
{
	struct epoll_item *item = container_of(pt, struct item_poll, pt)->item;
	struct epoll_waiter *w = &item->first;

	if (item->waiting) {
		w = kmalloc(sizeof(*w));
		if (!w) {
			item->err = -ENOMEM;
			return;
		}
		w->next = item->first.next;
		item->first.next = w;
	} else {
		item->waiting = true;
		w->next = NULL;
	}
	w->item = item;
	w->wq = wq;
	waiter_init_fn(&w->waiter, epoll_item_wake, item->events & EPOLLEXCLUSIVE);
	waitq_add(wq, &w->waiter);
}

static void item_unwait(struct epoll_item *item)
{
	struct epoll_waiter *w, *next;

	if (!item->waiting)
		return;
	waitq_remove(item->first.wq, &item->first.waiter);
	for (w = item->first.next; w; w = next) {
		next = w->next;
		waitq_remove(w->wq, &w->waiter);
		kfree(w);
	}
	item->waiting = false;
}

/* --- Items ------------------------------------------------------------------ */

void epoll_item_remove(struct epoll *ep, struct epoll_item *item)
{
	struct epoll_item **p = bucket_of(ep->buckets, ep->mask, item->file, item->fd);
	unsigned long irq;

	item_unwait(item);
	while (*p != item)
		p = &(*p)->hash_next;
	*p = item->hash_next;
	ep->count--;
	irq = spin_lock_irqsave(&ep->ready_lock);
	if (item->queued)
		list_del(&item->ready);
	spin_unlock_irqrestore(&ep->ready_lock, irq);
	spin_lock(&epoll_locks.links);
	list_del(&item->link);
	spin_unlock(&epoll_locks.links);
	slab_free(&item_cache, item);
}

static int item_add(struct epoll *ep, struct file *file, int fd, const struct epoll_event *event)
	REQUIRES(&ep->lock)
{
	struct epoll_item *item = slab_alloc(&item_cache), **b;
	struct item_poll ip;
	u32 mask;

	if (!item)
		return -ENOMEM;
	item->epoll = ep;
	item->file = file;
	item->fd = fd;
	item->events = event->events | EPOLLERR | EPOLLHUP;
	item->data = event->data;
	item->queued = false;
	item->waiting = false;
	item->err = 0;
	if (ep->count >= (ep->mask + 1) * 2)
		buckets_grow(ep);
	b = bucket_of(ep->buckets, ep->mask, file, fd);
	item->hash_next = *b;
	*b = item;
	ep->count++;
	spin_lock(&epoll_locks.links);
	list_add_tail(&file->epolls, &item->link);
	spin_unlock(&epoll_locks.links);

	ip.pt.queue = item_poll_queue;
	ip.pt.events = item->events;
	ip.item = item;
	mask = file_poll(file, &ip.pt) & item->events;
	if (item->err) {
		int err = item->err;

		epoll_item_remove(ep, item);
		return err;
	}
	if (mask) {
		epoll_item_queue(ep, item);
		epoll_wake(ep);
	}
	return 0;
}

static int item_modify(struct epoll *ep, struct epoll_item *item, const struct epoll_event *event)
	REQUIRES(&ep->lock)
{
	if (item->events & EPOLLEXCLUSIVE)
		return -EINVAL;
	WRITE_ONCE(item->events, event->events | EPOLLERR | EPOLLHUP);
	item->data = event->data;
	smp_mb(); /* a waker sees the new mask, or we see the new state */
	if (item_events(item)) {
		epoll_item_queue(ep, item);
		epoll_wake(ep);
	}
	return 0;
}

/*
 * Levels of epolls from @ep down; more than MAX_NESTS if it meets @target.  A
 * walk goes into each epoll once, whatever number of ways lead there.  Under the
 * tree lock no nest becomes deeper; plain files come and go, hence ep->lock, outer
 * before inner.
 */
static int levels_below(struct epoll *ep, const struct epoll *target) REQUIRES(&epoll_locks.tree)
{
	int below = 0;

	if (ep == target)
		return MAX_NESTS + 1;
	if (ep->walk == epoll_locks.last_walk)
		return ep->levels;
	mutex_lock(&ep->lock);
	for (u32 i = 0; i <= ep->mask; i++)
		for (struct epoll_item *item = ep->buckets[i]; item; item = item->hash_next)
			if (item->file->ops == &epoll_file_ops)
				below = max(below, levels_below(item->file->priv, target));
	mutex_unlock(&ep->lock);
	ep->walk = epoll_locks.last_walk;
	ep->levels = below + 1;
	return ep->levels;
}

static int levels_above(struct epoll *ep) REQUIRES(&epoll_locks.tree, &epoll_locks.links)
{
	struct epoll_item *item;
	int above = 0;

	if (ep->walk == epoll_locks.last_walk)
		return ep->levels;
	list_for_each_entry(item, &ep->file->epolls, link)
		above = max(above, levels_above(item->epoll));
	ep->walk = epoll_locks.last_walk;
	ep->levels = above + 1;
	return ep->levels;
}

static bool nests_badly(struct epoll *ep, struct epoll *target) REQUIRES(&epoll_locks.tree)
{
	int below, above;

	epoll_locks.last_walk++;
	below = levels_below(target, ep);
	epoll_locks.last_walk++;
	spin_lock(&epoll_locks.links);
	above = levels_above(ep);
	spin_unlock(&epoll_locks.links);
	return below + above > MAX_NESTS + 1;
}

static int item_control(struct epoll *ep, int op, struct file *target, int fd,
			struct epoll_event *ev)
{
	struct epoll_item *item;
	int err;

	mutex_lock(&ep->lock);
	item = item_find(ep, target, fd);
	switch (op) {
	case EPOLL_CTL_ADD:
		err = item ? -EEXIST : item_add(ep, target, fd, ev);
		break;
	case EPOLL_CTL_MOD:
		err = item ? item_modify(ep, item, ev) : -ENOENT;
		break;
	case EPOLL_CTL_DEL:
		err = item ? 0 : -ENOENT;
		if (item)
			epoll_item_remove(ep, item);
		break;
	default:
		err = -EINVAL;
	}
	mutex_unlock(&ep->lock);
	return err;
}

int epoll_control(struct file *epoll, int op, struct file *target, int fd,
		  const struct epoll_event *event)
{
	struct epoll *ep = epoll->priv;
	struct epoll_event ev = { 0 };
	bool nest;
	int err;

	if (!target->ops->poll)
		return -EPERM;
	if (epoll->ops != &epoll_file_ops || epoll == target)
		return -EINVAL;
	if (event)
		ev = *event;
	nest = target->ops == &epoll_file_ops;
	if (op != EPOLL_CTL_DEL && (ev.events & EPOLLEXCLUSIVE)) {
		if (op == EPOLL_CTL_MOD || nest || (ev.events & ~EXCLUSIVE_OK))
			return -EINVAL;
	}
	if (op != EPOLL_CTL_ADD || !nest)
		return item_control(ep, op, target, fd, &ev);
	mutex_lock(&epoll_locks.tree);
	err = nests_badly(ep, target->priv) ? -ELOOP : item_control(ep, op, target, fd, &ev);
	mutex_unlock(&epoll_locks.tree);
	return err;
}

/* An item's file is there while the item is: whoever releases it removes the item first. */
void epoll_fdinfo(struct file *file, struct seq *s)
{
	struct epoll *ep = file->priv;
	const struct epoll_item *item;

	mutex_lock(&ep->lock);
	for (u32 i = 0; i <= ep->mask; i++)
		for (item = ep->buckets[i]; item; item = item->hash_next) {
			u64 dev = file_dev(item->file);

			seq_printf(s,
				   "tfd: %8d events: %8x data: %16llx  pos:%lli ino:%llx sdev:%x\n",
				   item->fd, item->events, item->data, (long long)item->file->pos,
				   file_ino(item->file), dev_major(dev) << 20 | dev_minor(dev));
		}
	mutex_unlock(&ep->lock);
}
