/*
 * kmsg.c - /proc/kmsg: each record of the log once, as klogd reads them.
 */
#include <linux/fcntl.h>
#include "core/clock.h"
#include "core/log.h"
#include "fs/file.h"
#include "fs/poll.h"
#include "fs/procfs/procfs_internal.h"
#include "lib/errno.h"
#include "mem/slab.h"
#include "mem/uio.h"

static u64 kmsg_next; /* [a] the record to hand out next; shared by all readers */

static long kmsg_read(struct file *file, struct uio *dst, u64 *pos)
{
	char *line = kmalloc(LOG_LINE_MAX + 64);
	long done = 0, err = 0;
	u64 at, next;
	int n;

	if (!line)
		return -ENOMEM;
	while (!err && dst->len > 0) {
		at = next = READ_ONCE(kmsg_next);
		n = log_read_syslog(&next, line, LOG_LINE_MAX + 64, true);
		if (n == -EAGAIN) {
			if (done || (file->flags & O_NONBLOCK))
				break;
			/* Nothing wakes us: the log may be written anywhere. */
			err = thread_sleep_until(clock_monotonic_ns() + 50 * NSEC_PER_MSEC,
						 SLEEP_INTERRUPTIBLE);
			continue;
		}
		if (n < 0 || (size_t)n > dst->len) {
			err = n < 0 ? n : done ? 0 : -EINVAL;
			break;
		}
		if (cmpxchg(&kmsg_next, at, next) != at)
			continue; /* another reader has it */
		err = copy_to_uio(dst, line, n);
		done += err ? 0 : n;
	}
	kfree(line);
	return done ? done : err ? err : -EAGAIN;
}

static u32 kmsg_poll(struct file *file, struct poll_table *pt)
{
	return READ_ONCE(kmsg_next) < log_seq_next() ? EPOLLIN | EPOLLRDNORM : 0;
}

const struct file_ops proc_kmsg_ops = {
	.read = kmsg_read,
	.poll = kmsg_poll,
	.name = "kmsg",
};
