/* epoll_internal.h - an epoll and its items, for epoll.c and epoll_ctl.c. */
#pragma once
#include "core/spinlock.h"
#include "fs/epoll.h"
#include "fs/file.h"
#include "fs/poll.h"
#include "lib/list.h"
#include "sched/mutex.h"
#include "sched/waitq.h"

/* Bits of the events word that are not events. */
#define EPOLL_PRIVATE_BITS (EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE)

#define EPOLL_BUCKETS	   16 /* at first */

struct epoll_waiter {
	struct waiter waiter;
	struct waitq *wq;
	struct epoll_item *item;
	struct epoll_waiter *next; /* further queues of the same file */
};

/* Fields: [I]  [l] epoll.lock  [r] ready_lock  [k] epoll_locks.links  [t] epoll_locks.tree */
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

/* Of all epolls: their death and the test for loops; each file's list of items. */
extern struct epoll_locks {
	struct mutex tree;		 /* rank LOCK_EPOLL_TREE */
	struct spinlock links;		 /* rank LOCK_FILE */
	u64 last_walk GUARDED_BY(&tree); /* [tree] */
} epoll_locks;

struct epoll {
	struct mutex lock;				/* rank LOCK_EPOLL */
	struct spinlock ready_lock;			/* rank LOCK_EPOLL_READY, irq */
	struct list_node ready GUARDED_BY(&ready_lock); /* [r] */
	bool harvesting GUARDED_BY(&lock);	       /* [l] written; epoll_has_ready() reads it */
	struct waitq wait;			       /* sleepers in epoll_wait */
	struct waitq pollers;			       /* who polls this epoll */
	struct epoll_item **buckets GUARDED_BY(&lock); /* [l] */
	u32 mask GUARDED_BY(&lock);		  /* [l] of a hash: how many buckets, less one */
	u32 count GUARDED_BY(&lock);		  /* [l] items */
	struct file *file;			  /* [I] not counted */
	u64 walk GUARDED_BY(&epoll_locks.tree);	  /* [t] number of the walk that was here last */
	int levels GUARDED_BY(&epoll_locks.tree); /* [t] what it found, this epoll included */
};

extern const struct file_ops epoll_file_ops;

/* epoll.c: puts it on the ready list; then whoever waits is woken. */
void epoll_item_queue(struct epoll *ep, struct epoll_item *item);
void epoll_wake(struct epoll *ep);
bool epoll_item_wake(struct waiter *waiter, u32 events);

/* epoll_ctl.c.  The item is gone when this returns. */
void epoll_item_remove(struct epoll *ep, struct epoll_item *item) REQUIRES(&ep->lock);
void epoll_ctl_init(void);
void epoll_fdinfo(struct file *file, struct seq *s);

static inline u32 item_events(struct epoll_item *item)
{
	u32 wanted = item->events;

	if (!(wanted & ~EPOLL_PRIVATE_BITS))
		return 0;
	return file_poll(item->file, NULL) & wanted;
}
