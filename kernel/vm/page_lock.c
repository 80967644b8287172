/*
 * page_lock.c - PG_LOCKED: who has a page of a file to itself, for I/O.
 *
 * A bit of the page, set by who reads the page in or writes it back.  Who finds
 * it set sleeps on one of a few queues that all pages share, and says so with
 * PG_WAITERS, so that to unlock a page nobody waits for wakes nobody.
 *
 * The unlocker clears both bits at once; of those it wakes, who still waits
 * sets PG_WAITERS again before it looks.
 */
#include "sched/waitq.h"
#include "vm/vm_internal.h"

#define PAGE_WAIT_QUEUES 32

static struct waitq page_waitq[PAGE_WAIT_QUEUES];

void page_lock_init(void)
{
	for (unsigned i = 0; i < PAGE_WAIT_QUEUES; i++)
		waitq_init(&page_waitq[i]);
}

static struct waitq *page_waitq_of(const struct page *page)
{
	return &page_waitq[((u64)page / sizeof(*page)) % PAGE_WAIT_QUEUES];
}

void page_wait_unlocked(struct page *page)
{
	struct waitq *wq = page_waitq_of(page);
	struct waiter waiter;

	waiter_init(&waiter);
	for (;;) {
		waitq_prepare(wq, &waiter, SLEEP_UNINTERRUPTIBLE);
		page_flag_set(page, PG_WAITERS);
		if (!page_flag(page, PG_LOCKED))
			break;
		(void)thread_sleep(DEADLINE_NONE, SLEEP_UNINTERRUPTIBLE);
	}
	waitq_finish(wq, &waiter);
}

static bool page_trylock(struct page *page)
{
	return !(atomic_fetch_or(&page->flags, PG_LOCKED) & PG_LOCKED);
}

void page_lock(struct page *page)
{
	while (!page_trylock(page))
		page_wait_unlocked(page);
}

void page_unlock(struct page *page)
{
	int old = atomic_fetch_and(&page->flags, ~(PG_LOCKED | PG_WAITERS));

	if (old & PG_WAITERS)
		waitq_wake_all(page_waitq_of(page));
}
