/*
 * epoll(7).
 *
 *	epoll --hash--> item --waiters--> wait queues of the file
 *	  |              ^
 *	  +--- ready ----+   items that were woken, or were ready last time
 *
 * An item's waiter sits on the file's wait queues for as long as the item
 * lives.  A wake-up only puts the item on the ready list and wakes a sleeper;
 * epoll_wait() takes items off that list and asks each file for its events, so
 * it costs what is ready, not what is watched.  A level-triggered item that
 * had events goes back on the list and is asked again next time.
 *
 * Locking: epoll.lock (items, hash, asking files), taken from the outer epoll
 * to the inner one of a nest; ready_lock (irq-safe, taken inside the files'
 * wait queue locks); links_lock for file->epolls.  An item does not hold its
 * file: the last file_put() comes here first (epoll_file_released), and waits
 * for epoll.lock, so an item found under epoll.lock has a file that was not
 * torn down.  tree_lock serialises that with the death of epolls, and the test
 * for loops.
 *
 * Source: epoll(7), epoll_ctl(2), epoll_wait(2)
 */
#include "fs/epoll.h"

#include <linux/fcntl.h>

#include "fs/file.h"
#include "fs/poll.h"
#include "lib/errno.h"
#include "lib/hash.h"
#include "mem/slab.h"
#include "mem/user.h"
#include "sched/sched.h"
#include "sched/waitq.h"

#define FIRST_BUCKETS 16
#define MAX_NESTS     4 /* epolls below an epoll, in all */
/* Bits of the events word that are not events. */
#define PRIVATE_BITS (EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE)
#define EXCLUSIVE_OK                                                                               \
	(EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE)

struct epoll_waiter {
	struct waiter waiter;
	struct waitq *wq;
	struct epoll_item *item;
	struct epoll_waiter *next; /* further queues of the same file */
};

/* Fields: [I]  [l] epoll.lock  [r] ready_lock  [k] links_lock */
struct epoll_item {
	struct epoll_item *hash_next; /* [l] */
	struct epoll *epoll;	      /* [I] */
	struct file *file;	      /* [I] not counted */
	int fd;			      /* [I] */
	u32 events;		      /* [l] written; wakers read it */
	u64 data;		      /* [l] */
	struct list_node ready;	      /* [r] */
	bool queued;		      /* [r] on the ready list, or being harvested */
	bool waiting;		      /* [l] first is in use */
	int err;		      /* [l] while the waiters are added */
	struct list_node link;	      /* [k] file->epolls */
	struct epoll_waiter first;    /* most files have one queue */
};

struct epoll {
	struct mutex lock;
	struct spinlock ready_lock;
	struct list_node ready;	     /* [r] */
	struct waitq wait;	     /* sleepers in epoll_wait */
	struct waitq pollers;	     /* who polls this epoll */
	struct epoll_item **buckets; /* [l] */
	u32 mask;		     /* [l] */
	u32 count;		     /* [l] */
	struct file *file;	     /* [I] not counted */
};

static struct mutex tree_lock;
static struct spinlock links_lock;
static struct slab_cache item_cache;

static const struct file_ops epoll_file_ops;

void epoll_init(void)
{
	mutex_init(&tree_lock, LOCK_EPOLL_TREE);
	spin_init(&links_lock, LOCK_FILE);
	slab_cache_init(&item_cache, "epoll_item", sizeof(struct epoll_item), 0);
}

/* --- The hash of items --------------------------------------------------- */

static struct epoll_item **bucket_of(struct epoll_item **buckets, u32 mask, const struct file *file,
				     int fd)
{
	return &buckets[hash_u64((uintptr_t)file + (u64)fd * 0x10001) & mask];
}

static struct epoll_item *item_find(struct epoll *ep, const struct file *file, int fd)
{
	struct epoll_item *item = *bucket_of(ep->buckets, ep->mask, file, fd);

	while (item && (item->file != file || item->fd != fd))
		item = item->hash_next;
	return item;
}

static void buckets_grow(struct epoll *ep)
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

/* --- Readiness ----------------------------------------------------------- */

static void item_queue(struct epoll *ep, struct epoll_item *item)
{
	unsigned long irq = spin_lock_irqsave(&ep->ready_lock);

	if (!item->queued) {
		item->queued = true;
		list_add_tail(&ep->ready, &item->ready);
	}
	spin_unlock_irqrestore(&ep->ready_lock, irq);
}

static void epoll_wake(struct epoll *ep)
{
	waitq_wake_one(&ep->wait);
	if (waitq_active(&ep->pollers))
		waitq_wake_events_all(&ep->pollers, EPOLLIN | EPOLLRDNORM);
}

/* From a file's wake-up; its queue is locked, interrupts are off. */
static bool item_wake(struct waiter *waiter, u32 events)
{
	struct epoll_item *item = container_of(waiter, struct epoll_waiter, waiter)->item;
	struct epoll *ep = item->epoll;
	u32 wanted = READ_ONCE(item->events);
	bool sleeper;

	if (!(wanted & ~PRIVATE_BITS)) /* EPOLLONESHOT has fired */
		return false;
	if (events && !(events & wanted))
		return false;
	item_queue(ep, item);
	sleeper = waitq_active(&ep->wait);
	epoll_wake(ep);
	return !(wanted & EPOLLEXCLUSIVE) || sleeper;
}

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
	waiter_init_fn(&w->waiter, item_wake, item->events & EPOLLEXCLUSIVE);
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

static inline u32 item_events(struct epoll_item *item)
{
	u32 wanted = item->events;

	if (!(wanted & ~PRIVATE_BITS))
		return 0;
	return file_poll(item->file, NULL) & wanted;
}

/* --- epoll_ctl ----------------------------------------------------------- */

/* ep->lock held.  The item is gone when this returns. */
static void item_remove(struct epoll *ep, struct epoll_item *item)
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
	spin_lock(&links_lock);
	list_del(&item->link);
	spin_unlock(&links_lock);
	slab_free(&item_cache, item);
}

static int item_add(struct epoll *ep, struct file *file, int fd, const struct epoll_event *event)
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
	spin_lock(&links_lock);
	list_add_tail(&file->epolls, &item->link);
	spin_unlock(&links_lock);

	ip.pt.queue = item_poll_queue;
	ip.pt.events = item->events;
	ip.item = item;
	mask = file_poll(file, &ip.pt) & item->events;
	if (item->err) {
		int err = item->err;

		item_remove(ep, item);
		return err;
	}
	if (mask) {
		item_queue(ep, item);
		epoll_wake(ep);
	}
	return 0;
}

static int item_modify(struct epoll *ep, struct epoll_item *item, const struct epoll_event *event)
{
	if (item->events & EPOLLEXCLUSIVE)
		return -EINVAL;
	WRITE_ONCE(item->events, event->events | EPOLLERR | EPOLLHUP);
	item->data = event->data;
	smp_mb(); /* a waker sees the new mask, or we see the new state */
	if (item_events(item)) {
		item_queue(ep, item);
		epoll_wake(ep);
	}
	return 0;
}

/* Levels of epolls from ep down; more than MAX_NESTS if it meets target.  tree_lock held. */
static int depth_below(struct epoll *ep, const struct epoll *target, int depth)
{
	int deepest = depth;

	if (ep == target || depth > MAX_NESTS)
		return MAX_NESTS + 1;
	/* Others may add and remove plain files below meanwhile; outer before inner. */
	mutex_lock(&ep->lock);
	for (u32 i = 0; i <= ep->mask; i++)
		for (struct epoll_item *item = ep->buckets[i]; item; item = item->hash_next)
			if (item->file->ops == &epoll_file_ops)
				deepest = max(deepest,
					      depth_below(item->file->priv, target, depth + 1));
	mutex_unlock(&ep->lock);
	return deepest;
}

static int depth_above(struct epoll *ep, int depth)
{
	struct epoll_item *item;
	int deepest = depth;

	if (depth > MAX_NESTS)
		return depth;
	list_for_each_entry(item, &ep->file->epolls, link)
		deepest = max(deepest, depth_above(item->epoll, depth + 1));
	return deepest;
}

static bool nests_badly(struct epoll *ep, struct epoll *target)
{
	int below = depth_below(target, ep, 1), above;

	spin_lock(&links_lock);
	above = depth_above(ep, 1);
	spin_unlock(&links_lock);
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
			item_remove(ep, item);
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
	mutex_lock(&tree_lock);
	err = nests_badly(ep, target->priv) ? -ELOOP : item_control(ep, op, target, fd, &ev);
	mutex_unlock(&tree_lock);
	return err;
}

/* --- epoll_wait ---------------------------------------------------------- */

static inline bool epoll_has_ready(struct epoll *ep)
{
	return READ_ONCE(ep->ready.next) != &ep->ready;
}

static inline int event_put(struct epoll_event __user *to, u32 events, u64 data)
{
	if (put_user_u32(events, &to->events) || put_user_u64(data, &to->data))
		return -EFAULT;
	return 0;
}

/* Takes items off the ready list; returns events written, or -EFAULT. */
static long epoll_harvest(struct epoll *ep, struct epoll_event __user *events, int max)
{
	struct list_node batch;
	unsigned long irq;
	long count = 0;

	list_init(&batch);
	mutex_lock(&ep->lock);
	irq = spin_lock_irqsave(&ep->ready_lock);
	list_splice_tail(&batch, &ep->ready);
	spin_unlock_irqrestore(&ep->ready_lock, irq);
	while (count < max && !list_empty(&batch)) {
		struct epoll_item *item = list_first_entry(&batch, struct epoll_item, ready);
		u32 mask;

		/* From here a wake-up queues it again. */
		irq = spin_lock_irqsave(&ep->ready_lock);
		list_del(&item->ready);
		item->queued = false;
		spin_unlock_irqrestore(&ep->ready_lock, irq);
		mask = item_events(item);
		if (!mask)
			continue;
		if (unlikely(event_put(&events[count], mask, item->data))) {
			item_queue(ep, item);
			if (!count)
				count = -EFAULT;
			break;
		}
		count++;
		if (item->events & EPOLLONESHOT)
			WRITE_ONCE(item->events, item->events & PRIVATE_BITS);
		else if (!(item->events & EPOLLET))
			item_queue(ep, item);
	}
	if (unlikely(!list_empty(&batch))) {
		/* What did not fit comes first next time. */
		irq = spin_lock_irqsave(&ep->ready_lock);
		list_splice_tail(&batch, &ep->ready);
		list_splice_tail(&ep->ready, &batch);
		spin_unlock_irqrestore(&ep->ready_lock, irq);
	}
	mutex_unlock(&ep->lock);
	if (epoll_has_ready(ep))
		waitq_wake_one(&ep->wait);
	return count;
}

long epoll_wait_events(struct file *epoll, struct epoll_event __user *events, int max,
		       ktime_t deadline)
{
	struct epoll *ep = epoll->priv;
	struct waiter waiter;
	long count;
	int err;

	if (epoll->ops != &epoll_file_ops)
		return -EINVAL;
	for (;;) {
		if (epoll_has_ready(ep)) {
			count = epoll_harvest(ep, events, max);
			if (count)
				return count;
		}
		if (deadline == 0)
			return 0;
		waiter_init(&waiter);
		waitq_prepare_exclusive(&ep->wait, &waiter, SLEEP_INTERRUPTIBLE);
		err = 0;
		if (!epoll_has_ready(ep))
			err = thread_sleep(deadline, SLEEP_INTERRUPTIBLE);
		waitq_finish(&ep->wait, &waiter);
		if (err == -ETIMEDOUT)
			deadline = 0; /* one last look */
		else if (err && !epoll_has_ready(ep))
			return -EINTR;
	}
}

/* --- The epoll as a file ------------------------------------------------- */

static u32 epoll_poll(struct file *file, struct poll_table *pt)
{
	struct epoll *ep = file->priv;
	struct epoll_item *item, *next;
	u32 mask = 0;
	unsigned long irq;

	poll_wait(pt, &ep->pollers);
	if (!epoll_has_ready(ep))
		return 0;
	/* The list may hold items whose events are gone: ask, and drop those. */
	mutex_lock(&ep->lock);
	list_for_each_entry_safe(item, next, &ep->ready, ready) {
		if (item_events(item)) {
			mask = EPOLLIN | EPOLLRDNORM;
			break;
		}
		irq = spin_lock_irqsave(&ep->ready_lock);
		next = list_next_entry(item, ready);
		list_del(&item->ready);
		item->queued = false;
		spin_unlock_irqrestore(&ep->ready_lock, irq);
		if (item_events(item)) /* it came between asking and dropping */
			item_queue(ep, item);
	}
	mutex_unlock(&ep->lock);
	return mask;
}

static void epoll_release(struct file *file)
{
	struct epoll *ep = file->priv;

	mutex_lock(&tree_lock);
	mutex_lock(&ep->lock);
	for (u32 i = 0; i <= ep->mask; i++)
		while (ep->buckets[i])
			item_remove(ep, ep->buckets[i]);
	mutex_unlock(&ep->lock);
	mutex_unlock(&tree_lock);
	kvfree(ep->buckets);
	kfree(ep);
}

static const struct file_ops epoll_file_ops = {
	.poll = epoll_poll,
	.release = epoll_release,
	.name = "eventpoll",
	.llseek = file_llseek_noop,
	.flags = FILE_STREAM,
};

int epoll_new(u32 oflags, struct file **out)
{
	struct epoll *ep = kzalloc(sizeof(*ep));
	int err = -ENOMEM;

	if (!ep)
		return err;
	ep->buckets = kvzalloc(FIRST_BUCKETS * sizeof(*ep->buckets));
	if (!ep->buckets)
		goto out_free;
	ep->mask = FIRST_BUCKETS - 1;
	/* Nested epolls take these of several at a time: no rank orders them. */
	mutex_init(&ep->lock, LOCK_NONE);
	spin_init(&ep->ready_lock, LOCK_NONE);
	list_init(&ep->ready);
	waitq_init_rank(&ep->wait, LOCK_NONE);
	waitq_init_rank(&ep->pollers, LOCK_NONE);
	err = file_new_anon("eventpoll", &epoll_file_ops, ep, O_RDWR | oflags, out);
	if (err)
		goto out_free_buckets;
	ep->file = *out;
	return 0;

out_free_buckets:
	kvfree(ep->buckets);
out_free:
	kfree(ep);
	return err;
}

void epoll_file_released(struct file *file)
{
	struct epoll_item *item;
	struct epoll *ep;

	mutex_lock(&tree_lock); /* no epoll dies meanwhile */
	for (;;) {
		spin_lock(&links_lock);
		item = list_first_entry_or_null(&file->epolls, struct epoll_item, link);
		ep = item ? item->epoll : NULL;
		spin_unlock(&links_lock);
		if (!ep)
			break;
		/* Between, EPOLL_CTL_DEL may have taken the item: look again. */
		mutex_lock(&ep->lock);
		spin_lock(&links_lock);
		item = list_first_entry_or_null(&file->epolls, struct epoll_item, link);
		if (item && item->epoll != ep)
			item = NULL;
		spin_unlock(&links_lock);
		if (item)
			item_remove(ep, item);
		mutex_unlock(&ep->lock);
	}
	mutex_unlock(&tree_lock);
}

bool epoll_for_each(struct file *epoll,
		    void (*fn)(int fd, u32 events, u64 data, struct file *file, void *arg),
		    void *arg)
{
	struct epoll *ep = epoll->priv;

	if (epoll->ops != &epoll_file_ops)
		return false;
	mutex_lock(&ep->lock);
	for (u32 i = 0; i <= ep->mask; i++)
		for (struct epoll_item *item = ep->buckets[i]; item; item = item->hash_next)
			fn(item->fd, item->events, item->data, item->file, arg);
	mutex_unlock(&ep->lock);
	return true;
}
