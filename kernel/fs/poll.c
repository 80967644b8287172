/*
 * poll(2) and select(2).
 *
 * A first pass only asks each file for its events; if something holds, or the
 * call may not wait, that was all.  Only then a second pass queues a waiter on
 * every wait queue the files name, asking again in case something came in
 * between, and the thread sleeps.
 *
 * Source: poll(2), select(2)
 */
#include "fs/poll.h"

#include <linux/poll.h>

#include "fs/fdtable.h"
#include "lib/bitops.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "sched/sched.h"
#include "sched/waitq.h"

#define INLINE_WAITERS 6

struct poll_waiter {
	struct waiter waiter;
	struct waitq *wq;
	struct poll_call *call;
	struct file *file; /* referenced: owns the queue */
};

struct waiter_block {
	struct waiter_block *next;
	unsigned used;
	struct poll_waiter slots[];
};
#define BLOCK_WAITERS ((PAGE_SIZE - sizeof(struct waiter_block)) / sizeof(struct poll_waiter))

/* One call that waits. */
struct poll_call {
	struct poll_table pt; /* first */
	struct thread *thread;
	struct file *file; /* being asked */
	int err;
	u32 triggered; /* [a] set by wakers, cleared by the thread */
	unsigned used;
	struct waiter_block *blocks;
	struct poll_waiter inline_waiters[INLINE_WAITERS];
};

static bool poll_wake(struct waiter *waiter, u32 events)
{
	struct poll_waiter *w = container_of(waiter, struct poll_waiter, waiter);
	struct poll_call *call = w->call;

	if (events && waiter->events && !(events & waiter->events))
		return false;
	WRITE_ONCE(call->triggered, 1);
	sched_wake(call->thread);
	return true;
}

static void poll_queue(struct poll_table *pt, struct waitq *wq)
{
	struct poll_call *call = container_of(pt, struct poll_call, pt);
	struct waiter_block *block = call->blocks;
	struct poll_waiter *w;

	if (call->used < INLINE_WAITERS) {
		w = &call->inline_waiters[call->used++];
	} else {
		if (!block || block->used == BLOCK_WAITERS) {
			block = kmalloc(PAGE_SIZE);
			if (!block) {
				call->err = -ENOMEM;
				return;
			}
			block->used = 0;
			block->next = call->blocks;
			call->blocks = block;
		}
		w = &block->slots[block->used++];
	}
	w->wq = wq;
	w->call = call;
	w->file = call->file;
	file_get(w->file);
	waiter_init_fn(&w->waiter, poll_wake, false);
	w->waiter.events = pt->events;
	waitq_add(wq, &w->waiter);
}

static void poll_call_init(struct poll_call *call)
{
	call->pt.queue = poll_queue;
	call->thread = current;
	call->err = 0;
	call->triggered = 0;
	call->used = 0;
	call->blocks = NULL;
}

static void waiter_drop(struct poll_waiter *w)
{
	waitq_remove(w->wq, &w->waiter);
	file_put(w->file);
}

static void poll_call_fini(struct poll_call *call)
{
	struct waiter_block *block = call->blocks, *next;

	for (unsigned i = 0; i < call->used; i++)
		waiter_drop(&call->inline_waiters[i]);
	for (; block; block = next) {
		next = block->next;
		for (unsigned i = 0; i < block->used; i++)
			waiter_drop(&block->slots[i]);
		kfree(block);
	}
}

/* Sleeps unless a waker came since the files were asked.  0: look again. */
static int poll_sleep(struct poll_call *call, ktime_t deadline)
{
	int ret = 0;

	thread_sleep_prepare(SLEEP_INTERRUPTIBLE);
	if (!READ_ONCE(call->triggered))
		ret = thread_sleep(deadline, SLEEP_INTERRUPTIBLE);
	thread_sleep_cancel();
	WRITE_ONCE(call->triggered, 0);
	smp_mb(); /* cleared before the files are asked again */
	return ret;
}

/* --- poll ---------------------------------------------------------------- */

static inline u32 poll_one(struct fdtable *fds, struct pollfd *p, struct poll_call *call)
{
	struct fd_ref ref;
	u32 wanted, mask;

	if (p->fd < 0)
		return 0;
	ref = fd_get(fds, p->fd);
	if (unlikely(!ref.file))
		return POLLNVAL;
	wanted = (u16)p->events | POLLERR | POLLHUP;
	if (call) {
		call->file = ref.file;
		call->pt.events = wanted;
	}
	mask = file_poll(ref.file, call ? &call->pt : NULL) & wanted;
	fd_put(ref);
	return mask;
}

static long poll_pass(struct fdtable *fds, struct pollfd *list, unsigned n, struct poll_call *call)
{
	long count = 0;

	for (unsigned i = 0; i < n; i++) {
		u32 mask = poll_one(fds, &list[i], call);

		list[i].revents = mask;
		if (mask) {
			count++;
			if (call)
				call->pt.queue = NULL;
		}
	}
	return count;
}

static __noinline long poll_wait_files(struct fdtable *fds, struct pollfd *list, unsigned n,
				       ktime_t deadline)
{
	struct poll_call call;
	long count;
	int err;

	poll_call_init(&call);
	for (;;) {
		count = poll_pass(fds, list, n, &call);
		call.pt.queue = NULL; /* queued now, for good */
		if (count || call.err)
			break;
		if (thread_sleep_interrupted(SLEEP_INTERRUPTIBLE)) {
			count = -ERESTARTNOHAND;
			break;
		}
		err = poll_sleep(&call, deadline);
		if (err == -ETIMEDOUT) {
			count = poll_pass(fds, list, n, NULL);
			break;
		}
	}
	poll_call_fini(&call);
	return count ? count : call.err;
}

long poll_files(struct fdtable *fds, struct pollfd *list, unsigned n, ktime_t deadline)
{
	long count = poll_pass(fds, list, n, NULL);

	if (count || deadline == 0)
		return count;
	return poll_wait_files(fds, list, n, deadline);
}

/* --- select -------------------------------------------------------------- */

#define SELECT_IN     (EPOLLRDNORM | EPOLLRDBAND | EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLNVAL)
#define SELECT_OUT    (EPOLLWRBAND | EPOLLWRNORM | EPOLLOUT | EPOLLERR | EPOLLNVAL)
#define SELECT_EXCEPT (EPOLLPRI | EPOLLNVAL)

/* Results in result[0..3*words). -EBADF: a bit names no open file. */
static long select_pass(struct fdtable *fds, int words, u64 *const sets[3], u64 *result,
			struct poll_call *call)
{
	long count = 0;

	for (int w = 0; w < words; w++) {
		u64 in = sets[0] ? sets[0][w] : 0;
		u64 out = sets[1] ? sets[1][w] : 0;
		u64 except = sets[2] ? sets[2][w] : 0;
		u64 got_in = 0, got_out = 0, got_except = 0;

		for (u64 all = in | out | except; all; all &= all - 1) {
			u64 bit = all & -all;
			struct fd_ref ref = fd_get_raw(fds, w * 64 + bit_ctz(all));
			u32 mask;

			if (unlikely(!ref.file))
				return -EBADF;
			if (call) {
				call->file = ref.file;
				call->pt.events = (in & bit ? SELECT_IN : 0) |
						  (out & bit ? SELECT_OUT : 0) |
						  (except & bit ? SELECT_EXCEPT : 0) | EPOLLERR |
						  EPOLLHUP;
			}
			mask = file_poll(ref.file, call ? &call->pt : NULL);
			fd_put(ref);
			if ((in & bit) && (mask & SELECT_IN)) {
				got_in |= bit;
				count++;
			}
			if ((out & bit) && (mask & SELECT_OUT)) {
				got_out |= bit;
				count++;
			}
			if ((except & bit) && (mask & SELECT_EXCEPT)) {
				got_except |= bit;
				count++;
			}
			if (count && call)
				call->pt.queue = NULL;
		}
		result[w] = got_in;
		result[words + w] = got_out;
		result[2 * words + w] = got_except;
	}
	return count;
}

/*
 * select_pass() without waiting on an unshared table, where nobody can close a
 * file meanwhile: no references, and no branch for each set.  With 100
 * descriptors 50 instructions each instead of 71.
 */
static long select_quick(const struct fd_array *array, int words, u64 *const sets[3], u64 *result)
{
	long count = 0;

	for (int w = 0; w < words; w++) {
		const fd_slot *slots = array->slots + w * 64;
		u64 in = sets[0] ? sets[0][w] : 0;
		u64 out = sets[1] ? sets[1][w] : 0;
		u64 except = sets[2] ? sets[2][w] : 0;
		u64 got_in = 0, got_out = 0, got_except = 0;

		for (u64 all = in | out | except; all; all &= all - 1) {
			struct file *file = fd_slot_file(slots[bit_ctz(all)]);
			u64 bit = all & -all;
			u32 mask;

			if (unlikely(!file))
				return -EBADF;
			mask = file_poll(file, NULL);
			got_in |= mask & SELECT_IN ? bit : 0;
			got_out |= mask & SELECT_OUT ? bit : 0;
			got_except |= mask & SELECT_EXCEPT ? bit : 0;
		}
		result[w] = got_in &= in;
		result[words + w] = got_out &= out;
		result[2 * words + w] = got_except &= except;
		if (got_in | got_out | got_except)
			count += bit_count(got_in) + bit_count(got_out) + bit_count(got_except);
	}
	return count;
}

static __noinline long select_wait(struct fdtable *fds, int words, u64 *const sets[3], u64 *result,
				   ktime_t deadline)
{
	struct poll_call call;
	long count;
	int err;

	poll_call_init(&call);
	for (;;) {
		count = select_pass(fds, words, sets, result, &call);
		call.pt.queue = NULL;
		if (count || call.err)
			break;
		if (thread_sleep_interrupted(SLEEP_INTERRUPTIBLE)) {
			count = -ERESTARTNOHAND;
			break;
		}
		err = poll_sleep(&call, deadline);
		if (err == -ETIMEDOUT) {
			count = select_pass(fds, words, sets, result, NULL);
			break;
		}
	}
	poll_call_fini(&call);
	return count ? count : call.err;
}

long select_files(struct fdtable *fds, int n, u64 *in, u64 *out, u64 *except, ktime_t deadline)
{
	u64 *const sets[3] = { in, out, except };
	int words = (n + 63) / 64;
	u64 small[3 * 4], *result = small;
	long count;

	if (words > 4) {
		result = kmalloc(3 * words * sizeof(u64));
		if (!result)
			return -ENOMEM;
	}
	if (atomic_read(&fds->users) == 1 && words <= (int)(fds->array->size / 64))
		count = select_quick(fds->array, words, sets, result);
	else
		count = select_pass(fds, words, sets, result, NULL);
	if (!count && deadline != 0)
		count = select_wait(fds, words, sets, result, deadline);
	if (count >= 0)
		for (int i = 0; i < 3; i++)
			if (sets[i])
				memcpy(sets[i], result + i * words, words * sizeof(u64));
	if (result != small)
		kfree(result);
	return count;
}
