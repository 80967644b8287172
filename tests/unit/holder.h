#pragma once
/* Threads that contend for a lock, for tests over host_threads.h. */
#include "tests/unit/unit.h"
#include "tests/unit/host_threads.h"

static unsigned turn; /* how often a holder got its lock */

/* A thread that takes a lock, holds it until told, and lets go. */
struct holder {
	struct thread *thread;
	int (*take)(void);
	void (*give)(void);
	bool has, let_go;
	unsigned order;
	int err;
};

static void hold(void *arg)
{
	struct holder *h = arg;

	h->err = h->take();
	if (h->err)
		return;
	h->has = true;
	h->order = ++turn;
	while (!h->let_go)
		host_settle();
	h->has = false;
	h->give();
}

static void start(struct holder *h, int (*take)(void), void (*give)(void))
{
	*h = (struct holder){ .take = take, .give = give };
	h->thread = host_spawn(hold, h);
	host_settle();
}

static void finish(struct holder *h)
{
	h->let_go = true;
	host_join(h->thread);
}
