/*
 * Readiness: a file's poll op names its wait queues with poll_wait() and
 * returns the events that hold now (POLLIN | ...).
 */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"
#include <linux/eventpoll.h>
#include "fs/file.h"

struct waitq;

struct poll_table {
	/* NULL once something is ready: only the mask is wanted */
	void (*queue)(struct poll_table *pt, struct waitq *wq);
	u32 events; /* interesting ones, a hint */
};

static inline void poll_wait(struct poll_table *pt, struct waitq *wq)
{
	if (pt && pt->queue && wq)
		pt->queue(pt, wq);
}

#define POLL_DEFAULT (EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM)

static inline u32 file_poll(struct file *file, struct poll_table *pt)
{
	if (unlikely(!file->ops->poll))
		return POLL_DEFAULT;
	return file->ops->poll(file, pt);
}

struct fdtable;
struct pollfd;
/* fds in kernel memory; deadline DEADLINE_NONE waits for ever, 0 polls.
 * Return: number ready, 0 at the deadline, -ERESTARTNOHAND. */
long poll_files(struct fdtable *fds, struct pollfd *list, unsigned n, ktime_t deadline);
/* Sets are kernel bitmaps of n bits; out sets overwrite them. */
long select_files(struct fdtable *fds, int n, u64 *in, u64 *out, u64 *except, ktime_t deadline);
