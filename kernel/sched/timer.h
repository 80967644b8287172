/* sched/timer.h - one-shot timers of nanosecond resolution, a tree per CPU.
 * Callbacks run in interrupt context on the CPU that armed the timer. */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"
#include "lib/rbtree.h"

/* Fields: [b] lock of the timer base of .cpu */
struct timer {
	struct rb_node node;	    /* [b] */
	ktime_t deadline_ns;	    /* [b] CLOCK_MONOTONIC */
	void (*fn)(struct timer *); /* [I] */
	u32 cpu;		    /* [b] whose tree */
	bool armed;		    /* [b] in the tree */
};

void timer_init(struct timer *timer, void (*fn)(struct timer *timer));
/* (Re)arm; a deadline in the past fires at once (from an interrupt).  Any context, also
 * from the callback itself. */
void timer_arm(struct timer *timer, ktime_t deadline_ns);
/* Disarm; true when it was armed.  The callback may still be running elsewhere. */
bool timer_cancel(struct timer *timer);
/* The same, and wait for the callback.  Not from the callback; hold no lock it takes. */
bool timer_cancel_sync(struct timer *timer);
static inline bool timer_armed(const struct timer *timer)
{
	return READ_ONCE(timer->armed);
}

void timer_cpu_init(void);
u64 timer_irq_count(unsigned cpu); /* interrupts of its timer so far; unit tests ask */
