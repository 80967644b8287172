/* sched/completion.c - tokens and those who wait for them. */
#include "sched/completion.h"
#include "sched/sched.h"
#include "lib/errno.h"

void completion_init(struct completion *done)
{
	waitq_init(&done->wq);
	done->done = 0;
}

/* The queue's lock is held throughout: the completion may lie on the waiter's stack, and the
 * waiter takes the lock before it returns. */
void complete(struct completion *done)
{
	unsigned long irq = spin_lock_irqsave(&done->wq.lock);
	struct waiter *waiter, *next;

	done->done++;
	list_for_each_entry_safe(waiter, next, &done->wq.list, list) {
		if (waiter->wake(waiter, 0))
			break;
	}
	spin_unlock_irqrestore(&done->wq.lock, irq);
}

static bool take(struct completion *done)
{
	unsigned long irq = spin_lock_irqsave(&done->wq.lock);
	bool taken = done->done != 0;

	if (taken)
		done->done--;
	spin_unlock_irqrestore(&done->wq.lock, irq);
	return taken;
}

int completion_wait_timeout(struct completion *done, ktime_t deadline_ns, enum sleep_mode mode)
{
	struct waiter waiter;
	int ret = 0;

	if (take(done))
		return 0;
	waiter_init(&waiter);
	for (;;) {
		waitq_prepare_exclusive(&done->wq, &waiter, mode);
		if (take(done)) {
			ret = 0;
			break;
		}
		if (ret)
			break;
		ret = thread_sleep(deadline_ns, mode);
	}
	waitq_finish(&done->wq, &waiter);
	return ret;
}

void completion_wait(struct completion *done)
{
	(void)completion_wait_timeout(done, DEADLINE_NONE, SLEEP_UNINTERRUPTIBLE);
}
