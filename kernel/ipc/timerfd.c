/*
 * timerfd.c - timers with a descriptor: timerfd_create(2).
 *
 * A periodic timer that has fired is not armed again until it is read: the
 * expirations since then are counted by division.  So a timer of a nanosecond
 * costs its reader, not the machine.  Timers on the real-time clock are on a
 * list, to be armed anew (or cancelled) when that clock is set.
 *
 * Locks: list lock, then timerfd.lock; both with interrupts off.
 */
#include "ipc/timerfd.h"
#include "abi/fdtypes.h"
#include "abi/time.h"
#include "core/clock.h"
#include "core/hooks.h"
#include "core/spinlock.h"
#include "fs/file.h"
#include "fs/poll.h"
#include "fs/seq.h"
#include "lib/errno.h"
#include "lib/list.h"
#include "mem/slab.h"
#include "mem/uio.h"
#include "sched/timer.h"
#include "sched/waitq.h"
#include <linux/fcntl.h>

struct timerfd {
	struct spinlock lock;
	int clock; /* [I] */
	struct timer timer;
	u64 expires_ns GUARDED_BY(&lock);     /* [l] on its clock; 0: off */
	u64 interval_ns GUARDED_BY(&lock);    /* [l] */
	u64 ticks GUARDED_BY(&lock);	      /* [l] expirations not yet read */
	bool fired GUARDED_BY(&lock);	      /* [l] a periodic one waits to be armed again */
	bool absolute GUARDED_BY(&lock);      /* [l] */
	bool cancel_on_set GUARDED_BY(&lock); /* [l] */
	bool cancelled GUARDED_BY(&lock);     /* [l] the clock was set: read says ECANCELED */
	struct waitq wait;
	struct list_node link; /* [list lock] */
};

static struct {
	struct spinlock lock;
	struct list_node list GUARDED_BY(&lock); /* [lock] timers on CLOCK_REALTIME */
} realtime = { .lock = SPINLOCK_INIT_RANK(LOCK_TIMERFD_LIST), .list = LIST_INIT(realtime.list) };

/* A relative one does not follow when the clock is set. */
static u64 now_of(const struct timerfd *tfd) REQUIRES(&tfd->lock)
{
	return tfd->clock == CLOCK_REALTIME && tfd->absolute ? clock_realtime_ns() :
							       clock_monotonic_ns();
}

static void arm_locked(struct timerfd *tfd) REQUIRES(&tfd->lock)
{
	u64 now = now_of(tfd), left = tfd->expires_ns > now ? tfd->expires_ns - now : 0;

	timer_arm(&tfd->timer, clock_monotonic_ns() + (s64)min(left, (u64)S64_MAX / 2));
}

/* The number of expirations up to now; moves expiry past now. */
static u64 forward_locked(struct timerfd *tfd) REQUIRES(&tfd->lock)
{
	u64 now = now_of(tfd), n;

	if (!tfd->expires_ns || tfd->expires_ns > now)
		return 0;
	if (!tfd->interval_ns) {
		tfd->expires_ns = 0;
		return 1;
	}
	n = (now - tfd->expires_ns) / tfd->interval_ns + 1;
	tfd->expires_ns += n * tfd->interval_ns;
	return n;
}

static void timerfd_fired(struct timer *timer)
{
	struct timerfd *tfd = container_of(timer, struct timerfd, timer);
	unsigned long flags = spin_lock_irqsave(&tfd->lock);
	u64 n = forward_locked(tfd);

	tfd->ticks += n;
	if (!n && tfd->expires_ns)
		arm_locked(tfd);
	else if (n && tfd->interval_ns)
		tfd->fired = true;
	spin_unlock_irqrestore(&tfd->lock, flags);
	if (n)
		waitq_wake_events_all(&tfd->wait, EPOLLIN | EPOLLRDNORM);
}

/* hooks.clock_set */
static void clock_was_set(void)
{
	unsigned long flags = spin_lock_irqsave(&realtime.lock);
	struct timerfd *tfd;

	list_for_each_entry(tfd, &realtime.list, link) {
		spin_lock(&tfd->lock);
		if (tfd->cancel_on_set && tfd->absolute)
			tfd->cancelled = true;
		if (tfd->expires_ns && tfd->absolute && !tfd->fired)
			arm_locked(tfd);
		spin_unlock(&tfd->lock);
		if (READ_ONCE(tfd->cancelled))
			waitq_wake_events_all(&tfd->wait, EPOLLIN | EPOLLRDNORM);
	}
	spin_unlock_irqrestore(&realtime.lock, flags);
}

/* EAGAIN: not yet.  ECANCELED: the clock was set. */
static long take_ticks(struct timerfd *tfd, u64 *ticks)
{
	unsigned long flags = spin_lock_irqsave(&tfd->lock);
	long err = -EAGAIN;

	if (tfd->cancelled) {
		tfd->cancelled = false;
		err = -ECANCELED;
	} else if (tfd->ticks) {
		*ticks = tfd->ticks;
		if (tfd->fired) {
			*ticks += forward_locked(tfd);
			tfd->fired = false;
			arm_locked(tfd);
		}
		tfd->ticks = 0;
		err = 0;
	}
	spin_unlock_irqrestore(&tfd->lock, flags);
	return err;
}

static long timerfd_read(struct file *file, struct uio *dst, u64 *pos)
{
	struct timerfd *tfd = file->priv;
	struct waiter waiter;
	u64 ticks;
	long err;

	if (dst->len < sizeof(ticks))
		return -EINVAL;
	err = take_ticks(tfd, &ticks);
	if (err == -EAGAIN && !(file->flags & O_NONBLOCK)) {
		waiter_init(&waiter);
		for (;;) {
			waitq_prepare(&tfd->wait, &waiter, SLEEP_INTERRUPTIBLE);
			err = take_ticks(tfd, &ticks);
			if (err != -EAGAIN)
				break;
			err = thread_sleep(DEADLINE_NONE, SLEEP_INTERRUPTIBLE);
			if (err)
				break;
		}
		waitq_finish(&tfd->wait, &waiter);
	}
	if (err)
		return err;
	err = copy_to_uio(dst, &ticks, sizeof(ticks));
	return err ? err : (long)sizeof(ticks);
}

static u32 timerfd_poll(struct file *file, struct poll_table *pt)
{
	struct timerfd *tfd = file->priv;

	poll_wait(pt, &tfd->wait);
	smp_mb();
	return READ_ONCE(tfd->ticks) || READ_ONCE(tfd->cancelled) ? EPOLLIN | EPOLLRDNORM : 0;
}

static void timerfd_release(struct file *file)
{
	struct timerfd *tfd = file->priv;
	unsigned long flags;

	if (tfd->clock == CLOCK_REALTIME) {
		flags = spin_lock_irqsave(&realtime.lock);
		list_del(&tfd->link);
		spin_unlock_irqrestore(&realtime.lock, flags);
	}
	timer_cancel_sync(&tfd->timer);
	kfree(tfd);
}

/* A periodic one that fired shows no time left until it is read, as on Linux. */
static void timerfd_fdinfo(struct file *file, struct seq *s)
{
	struct timerfd *tfd = file->priv;
	unsigned long flags = spin_lock_irqsave(&tfd->lock);
	u64 now = now_of(tfd), ticks = tfd->ticks, interval = tfd->interval_ns;
	u64 left = tfd->expires_ns > now && !tfd->fired ? tfd->expires_ns - now : 0;
	int settime = (tfd->absolute ? TFD_TIMER_ABSTIME : 0) |
		      (tfd->cancel_on_set ? TFD_TIMER_CANCEL_ON_SET : 0);

	spin_unlock_irqrestore(&tfd->lock, flags);
	seq_printf(s,
		   "clockid: %d\nticks: %llu\nsettime flags: 0%o\n"
		   "it_value: (%llu, %llu)\nit_interval: (%llu, %llu)\n",
		   tfd->clock, ticks, settime, left / NSEC_PER_SEC, left % NSEC_PER_SEC,
		   interval / NSEC_PER_SEC, interval % NSEC_PER_SEC);
}

static const struct file_ops timerfd_ops = {
	.read = timerfd_read,
	.fdinfo = timerfd_fdinfo,
	.poll = timerfd_poll,
	.release = timerfd_release,
	.name = "timerfd",
	.llseek = file_llseek_noop,
	.flags = FILE_STREAM | FILE_NO_SPLICE,
};

bool file_is_timerfd(const struct file *file)
{
	return file->ops == &timerfd_ops;
}

static void read_locked(struct timerfd *tfd, struct timerfd_spec *spec) REQUIRES(&tfd->lock)
{
	u64 now = now_of(tfd);

	spec->interval_ns = tfd->interval_ns;
	spec->value_ns = 0;
	if (!tfd->expires_ns)
		return;
	if (tfd->expires_ns > now)
		spec->value_ns = tfd->expires_ns - now;
	else if (tfd->interval_ns)
		spec->value_ns = tfd->interval_ns - (now - tfd->expires_ns) % tfd->interval_ns;
	else
		spec->value_ns = 1;
}

void timerfd_get(struct file *file, struct timerfd_spec *spec)
{
	struct timerfd *tfd = file->priv;
	unsigned long flags = spin_lock_irqsave(&tfd->lock);

	read_locked(tfd, spec);
	spin_unlock_irqrestore(&tfd->lock, flags);
}

void timerfd_set(struct file *file, bool absolute, bool cancel_on_set,
		 const struct timerfd_spec *new, struct timerfd_spec *old)
{
	struct timerfd *tfd = file->priv;
	unsigned long flags = spin_lock_irqsave(&tfd->lock);

	read_locked(tfd, old);
	tfd->ticks = 0;
	tfd->fired = tfd->cancelled = false;
	tfd->absolute = absolute;
	tfd->cancel_on_set = cancel_on_set;
	tfd->interval_ns = new->interval_ns;
	tfd->expires_ns = 0;
	if (new->value_ns) {
		tfd->expires_ns = absolute ? new->value_ns :
					     (u64)deadline_after((ktime_t)now_of(tfd),
								 (ktime_t) new->value_ns);
		arm_locked(tfd);
	} else {
		timer_cancel(&tfd->timer);
	}
	spin_unlock_irqrestore(&tfd->lock, flags);
}

int timerfd_new(int clock, int flags, struct file **out)
{
	struct timerfd *tfd;
	unsigned long irq;
	int err;

	if (flags & ~(TFD_CLOEXEC | TFD_NONBLOCK) ||
	    (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME))
		return -EINVAL;
	tfd = kzalloc(sizeof(*tfd));
	if (!tfd)
		return -ENOMEM;
	spin_init(&tfd->lock, LOCK_TIMERFD);
	tfd->clock = clock;
	timer_init(&tfd->timer, timerfd_fired);
	waitq_init(&tfd->wait);
	err = file_new_anon("timerfd", &timerfd_ops, tfd, O_RDWR | (flags & O_NONBLOCK), out);
	if (err) {
		kfree(tfd);
		return err;
	}
	if (clock == CLOCK_REALTIME) {
		irq = spin_lock_irqsave(&realtime.lock);
		list_add(&realtime.list, &tfd->link);
		spin_unlock_irqrestore(&realtime.lock, irq);
	}
	return 0;
}

void timerfd_init(void)
{
	kernel_hooks.clock_set = clock_was_set;
}
