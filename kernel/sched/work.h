/* sched/work.h - a function called soon, in a kernel thread that may sleep. */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"
#include "lib/atomic.h"
#include "lib/list.h"
#include "sched/timer.h"

struct work {
	struct list_node node;	       /* [queue lock] */
	void (*fn)(struct work *work); /* [I] */
	struct atomic pending;	       /* [a] queued and not yet begun */
	struct timer timer;	       /* of work_queue_delayed */
};

void work_init(struct work *work, void (*fn)(struct work *work));
/* Any context.  False: it was queued already (it will run once, after this call). */
bool work_queue(struct work *work);
bool work_queue_delayed(struct work *work, ktime_t delay_ns);
/* Not queued and not running any more.  Sleeps; not from the function itself.  True: it
 * was cancelled before it ran. */
bool work_cancel_sync(struct work *work);
void work_flush(struct work *work); /* wait until it has run */
void work_boot_init(void);	    /* starts the worker threads */
