/*
 * eventfd.c - a counter with a descriptor: eventfd(2).
 *
 * write adds, read takes all (EFD_SEMAPHORE: one) and sleeps at 0; a write
 * that would reach 2^64 - 1 sleeps.  Both kinds of sleeper share one queue.
 *
 * Locking: eventfd.lock, a spin lock: nothing under it sleeps or faults.
 */
#include <linux/fcntl.h>
#include "abi/fdtypes.h"
#include "core/spinlock.h"
#include "fs/file.h"
#include "fs/poll.h"
#include "fs/seq.h"
#include "ipc/eventfd.h"
#include "lib/errno.h"
#include "mem/slab.h"
#include "mem/uio.h"
#include "sched/waitq.h"

#define COUNT_MAX (U64_MAX - 1)

struct eventfd {
	struct spinlock lock;
	struct waitq wait;
	u64 count;	/* [l] */
	bool semaphore; /* [I] */
};

static const struct file_ops eventfd_ops;

static long eventfd_read(struct file *file, struct uio *dst, u64 *pos)
{
	struct eventfd *ev = file->priv;
	u64 value;
	int err;

	if (dst->len < sizeof(value))
		return -EINVAL;
	spin_lock(&ev->lock);
	while (ev->count == 0) {
		err = file->flags & O_NONBLOCK || dst->nowait ?
			      -EAGAIN :
			      waitq_sleep_spin(&ev->wait, &ev->lock, DEADLINE_NONE);
		if (err < 0) {
			spin_unlock(&ev->lock);
			return err;
		}
	}
	value = ev->semaphore ? 1 : ev->count;
	ev->count -= value;
	waitq_wake_events_all(&ev->wait, EPOLLOUT);
	spin_unlock(&ev->lock);
	err = copy_to_uio(dst, &value, sizeof(value));
	return err ? err : (long)sizeof(value);
}

static long eventfd_write(struct file *file, struct uio *src, u64 *pos)
{
	struct eventfd *ev = file->priv;
	u64 value;
	int err;

	if (src->len < sizeof(value))
		return -EINVAL;
	err = copy_from_uio(src, &value, sizeof(value));
	if (err)
		return err;
	if (value == U64_MAX)
		return -EINVAL;
	spin_lock(&ev->lock);
	while (value > COUNT_MAX - ev->count) {
		err = file->flags & O_NONBLOCK || src->nowait ?
			      -EAGAIN :
			      waitq_sleep_spin(&ev->wait, &ev->lock, DEADLINE_NONE);
		if (err < 0) {
			spin_unlock(&ev->lock);
			return err;
		}
	}
	ev->count += value;
	if (value)
		waitq_wake_events_all(&ev->wait, EPOLLIN);
	spin_unlock(&ev->lock);
	return sizeof(value);
}

static u32 eventfd_poll(struct file *file, struct poll_table *pt)
{
	struct eventfd *ev = file->priv;
	u32 mask = 0;
	u64 count;

	poll_wait(pt, &ev->wait);
	smp_mb();
	count = READ_ONCE(ev->count);
	if (count > 0)
		mask |= EPOLLIN;
	if (count == U64_MAX)
		mask |= EPOLLERR;
	if (count < COUNT_MAX)
		mask |= EPOLLOUT;
	return mask;
}

static void eventfd_release(struct file *file)
{
	struct eventfd *ev = file->priv;

	waitq_wake_events(&ev->wait, EPOLLHUP);
	kfree(ev);
}

static void eventfd_fdinfo(struct file *file, struct seq *s)
{
	struct eventfd *ev = file->priv;

	seq_printf(s, "eventfd-count: %16llx\n", READ_ONCE(ev->count));
}

static const struct file_ops eventfd_ops = {
	.read = eventfd_read,
	.write = eventfd_write,
	.poll = eventfd_poll,
	.release = eventfd_release,
	.fdinfo = eventfd_fdinfo,
	.name = "eventfd",
	.llseek = file_llseek_noop,
	.flags = FILE_STREAM | FILE_NOWAIT_OK | FILE_NO_SPLICE,
};

int eventfd_new(unsigned initval, int flags, struct file **out)
{
	struct eventfd *ev;
	int err;

	if (flags & ~(EFD_SEMAPHORE | EFD_CLOEXEC | EFD_NONBLOCK))
		return -EINVAL;
	ev = kzalloc(sizeof(*ev));
	if (!ev)
		return -ENOMEM;
	spin_init(&ev->lock, LOCK_IDR);
	waitq_init(&ev->wait);
	ev->count = initval;
	ev->semaphore = flags & EFD_SEMAPHORE;
	err = file_new_anon("eventfd", &eventfd_ops, ev, O_RDWR | (flags & O_NONBLOCK), out);
	if (err)
		kfree(ev);
	return err;
}
