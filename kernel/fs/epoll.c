/*
 * epoll.c - epoll(7): what became ready, and who waits for it.
 *
 *	epoll --hash--> item --waiters--> wait queues of the file
 *	  |              ^
 *	  +--- ready ----+   items that were woken, or were ready last time
 *
 * An item's waiter sits on the file's wait queues for as long as the item
 * lives.  A wake-up only puts the item on the ready list and wakes a sleeper;
 * epoll_wait() takes items off that list and asks each file for its events, so
 * it costs what is ready, not what is watched.  A level-triggered item that
 * had events goes back on the list and is asked again next time.  How items
 * come, change and go is in epoll_ctl.c.
 *
 * epoll_wait() takes one item after another, and puts back what is to stay;
 * meanwhile `harvesting` says that the list may only look empty, and who wants
 * to know more waits for epoll.lock.
 *
 * Locking: epoll.lock (items, hash, asking files), taken from the outer epoll
 * to the inner one of a nest; ready_lock (irq-safe, taken inside the files'
 * wait queue locks); epoll_locks.links for file->epolls.  An item does not hold its
 * file: the last file_put() comes here first (epoll_file_released), and waits
 * for epoll.lock, so an item found under epoll.lock has a file that was not
 * torn down.  epoll_locks.tree serialises that with the death of epolls, and the test
 * for loops.
 *
 * Source: epoll(7), epoll_ctl(2), epoll_wait(2)
 */
#include "fs/epoll.h"
#include <linux/fcntl.h>
#include "fs/file.h"
#include "fs/poll.h"
#include "lib/errno.h"
#include "mem/slab.h"
#include "mem/user.h"
#include "sched/waitq.h"
#include "fs/epoll_internal.h"

struct epoll_locks epoll_locks;

void epoll_init(void)
{
	mutex_init(&epoll_locks.tree, LOCK_EPOLL_TREE);
	spin_init(&epoll_locks.links, LOCK_FILE);
	epoll_ctl_init();
}

/* --- Readiness ----------------------------------------------------------- */

static inline void item_queue_locked(struct epoll *ep, struct epoll_item *item)
	REQUIRES(&ep->ready_lock)
{
	if (!item->queued) {
		item->queued = true;
		list_add_tail(&ep->ready, &item->ready);
	}
}

void epoll_item_queue(struct epoll *ep, struct epoll_item *item)
{
	unsigned long irq = spin_lock_irqsave(&ep->ready_lock);

	item_queue_locked(ep, item);
	spin_unlock_irqrestore(&ep->ready_lock, irq);
}

void epoll_wake(struct epoll *ep)
{
	waitq_wake_one(&ep->wait);
	if (waitq_active(&ep->pollers))
		waitq_wake_events_all(&ep->pollers, EPOLLIN | EPOLLRDNORM);
}

/* From a file's wake-up; its queue is locked, interrupts are off. */
bool epoll_item_wake(struct waiter *waiter, u32 events)
{
	struct epoll_item *item = container_of(waiter, struct epoll_waiter, waiter)->item;
	struct epoll *ep = item->epoll;
	u32 wanted = READ_ONCE(item->events);
	bool sleeper;

	if (!(wanted & ~EPOLL_PRIVATE_BITS)) /* EPOLLONESHOT has fired */
		return false;
	if (events && !(events & wanted))
		return false;
	epoll_item_queue(ep, item);
	sleeper = waitq_active(&ep->wait);
	epoll_wake(ep);
	return !(wanted & EPOLLEXCLUSIVE) || sleeper;
}

/* --- epoll_wait ---------------------------------------------------------- */

/*
 * A harvest takes items with `harvesting` set, and clears that only after it has
 * put them back: so of an item that stays ready all the time one of the
 * three looks tells, whenever they fall.
 */
static inline bool epoll_has_ready(struct epoll *ep)
{
	return load_acquire(&ep->ready.next) != &ep->ready || load_acquire(&ep->harvesting) ||
	       READ_ONCE(ep->ready.next) != &ep->ready;
}

static inline int event_put(struct epoll_event __user *to, u32 events, u64 data)
{
	if (put_user_u32(events, &to->events) || put_user_u64(data, &to->data))
		return -EFAULT;
	return 0;
}

/*
 * Takes items off the ready list, as many as were on it; returns events written, or
 * -EFAULT.  Others only add to its end meanwhile, so what does not fit stays in front.
 */
static long epoll_harvest(struct epoll *ep, struct epoll_event __user *events, int max)
{
	struct list_node *last;
	bool more, fault = false;
	long count = 0;

	mutex_lock(&ep->lock);
	WRITE_ONCE(ep->harvesting, true);
	spin_lock_irq(&ep->ready_lock);
	last = ep->ready.prev;
	more = last != &ep->ready;
	while (more && count < max && !fault) {
		struct epoll_item *item = list_first_entry(&ep->ready, struct epoll_item, ready);
		bool stays = false;
		u32 mask;

		/* From here a wake-up queues it again. */
		more = &item->ready != last;
		list_del(&item->ready);
		item->queued = false;
		spin_unlock_irq(&ep->ready_lock);
		mask = item_events(item);
		if (mask) {
			fault = event_put(&events[count], mask, item->data);
			if (unlikely(fault)) {
				stays = true;
			} else if (item->events & EPOLLONESHOT) {
				WRITE_ONCE(item->events, item->events & EPOLL_PRIVATE_BITS);
			} else {
				stays = !(item->events & EPOLLET);
			}
			count += !fault;
		}
		spin_lock_irq(&ep->ready_lock);
		if (stays)
			item_queue_locked(ep, item);
	}
	store_release(&ep->harvesting, false);
	spin_unlock_irq(&ep->ready_lock);
	mutex_unlock(&ep->lock);
	if (READ_ONCE(ep->ready.next) != &ep->ready)
		waitq_wake_one(&ep->wait);
	return fault && !count ? -EFAULT : count;
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

/* Without ready_lock: who has epoll.lock alone takes items off; others add to the end. */
static struct epoll_item *first_ready(struct epoll *ep) REQUIRES(&ep->lock)
{
	struct list_node *first = load_acquire(&ep->ready.next);

	return first != &ep->ready ? container_of(first, struct epoll_item, ready) : NULL;
}

static u32 epoll_poll(struct file *file, struct poll_table *pt)
{
	struct epoll *ep = file->priv;
	struct epoll_item *item;
	u32 mask = 0;
	unsigned long irq;

	poll_wait(pt, &ep->pollers);
	if (!epoll_has_ready(ep))
		return 0;
	/* The list may hold items whose events are gone: ask, and drop those. */
	mutex_lock(&ep->lock);
	while ((item = first_ready(ep))) {
		if (item_events(item)) {
			mask = EPOLLIN | EPOLLRDNORM;
			break;
		}
		irq = spin_lock_irqsave(&ep->ready_lock);
		list_del(&item->ready);
		item->queued = false;
		spin_unlock_irqrestore(&ep->ready_lock, irq);
		if (item_events(item)) /* it came between asking and dropping */
			epoll_item_queue(ep, item);
	}
	mutex_unlock(&ep->lock);
	return mask;
}

static void epoll_release(struct file *file)
{
	struct epoll *ep = file->priv;
	struct epoll_item **buckets;

	mutex_lock(&epoll_locks.tree);
	mutex_lock(&ep->lock);
	buckets = ep->buckets;
	for (u32 i = 0; i <= ep->mask; i++)
		while (buckets[i])
			epoll_item_remove(ep, buckets[i]);
	mutex_unlock(&ep->lock);
	mutex_unlock(&epoll_locks.tree);
	kvfree(buckets);
	kfree(ep);
}

static size_t epoll_held(const struct file *file)
{
	const struct epoll *ep = file->priv;

	return sizeof(*ep) + READ_ONCE(ep->count) * sizeof(struct epoll_item);
}

const struct file_ops epoll_file_ops = {
	.poll = epoll_poll,
	.held = epoll_held,
	.release = epoll_release,
	.fdinfo = epoll_fdinfo,
	.name = "eventpoll",
	.llseek = file_llseek_noop,
	.flags = FILE_STREAM,
};

int epoll_new(u32 oflags, struct file **out)
{
	struct epoll_item **buckets = kvzalloc(EPOLL_BUCKETS * sizeof(struct epoll_item *));
	struct epoll *ep = kmalloc(sizeof(*ep));
	int err = -ENOMEM;

	if (!buckets || !ep)
		goto out_free;
	*ep = (struct epoll){ .buckets = buckets, .mask = EPOLL_BUCKETS - 1 };
	mutex_init(&ep->lock, LOCK_EPOLL);
	spin_init(&ep->ready_lock, LOCK_EPOLL_READY);
	list_init(&ep->ready);
	waitq_init_rank(&ep->wait, LOCK_EPOLL_WAIT);
	waitq_init_rank(&ep->pollers, LOCK_EPOLL_POLLERS);
	err = file_new_anon("eventpoll", &epoll_file_ops, ep, O_RDWR | oflags, out);
	if (err)
		goto out_free;
	ep->file = *out;
	return 0;

out_free:
	kvfree(buckets);
	kfree(ep);
	return err;
}

void epoll_file_released(struct file *file)
{
	struct epoll_item *item;
	struct epoll *ep;

	mutex_lock(&epoll_locks.tree); /* no epoll dies meanwhile */
	for (;;) {
		spin_lock(&epoll_locks.links);
		item = list_first_entry_or_null(&file->epolls, struct epoll_item, link);
		ep = item ? item->epoll : NULL;
		spin_unlock(&epoll_locks.links);
		if (!ep)
			break;
		/* Between, EPOLL_CTL_DEL may have taken the item: look again. */
		mutex_lock(&ep->lock);
		spin_lock(&epoll_locks.links);
		item = list_first_entry_or_null(&file->epolls, struct epoll_item, link);
		if (item && item->epoll != ep)
			item = NULL;
		spin_unlock(&epoll_locks.links);
		if (item)
			epoll_item_remove(ep, item);
		mutex_unlock(&ep->lock);
	}
	mutex_unlock(&epoll_locks.tree);
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
