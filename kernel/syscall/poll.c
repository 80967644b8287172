/*
 * poll, select and epoll: timeouts, signal masks and sets of the caller.
 */
#include "abi/poll.h"
#include "abi/time.h"
#include "core/clock.h"
#include "core/rlimit.h"
#include "fs/epoll.h"
#include "fs/fdtable.h"
#include "fs/poll.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "mem/user.h"
#include "proc/process.h"
#include "syscall/syscalls.h"

#include <linux/fcntl.h>

#define POLL_INLINE   24 /* pollfds on the stack */
#define SELECT_INLINE 4	 /* words of a set on the stack: 256 descriptors */

/* --- Timeouts ------------------------------------------------------------ */

static ktime_t deadline_ms(int ms)
{
	if (ms < 0)
		return DEADLINE_NONE;
	return ms ? clock_monotonic_ns() + ms * NSEC_PER_MSEC : 0;
}

static ktime_t deadline_rel(ktime_t rel)
{
	return rel ? deadline_after(clock_monotonic_ns(), rel) : 0;
}

/* NULL waits for ever.  -EFAULT, -EINVAL. */
static int deadline_timespec(const struct __kernel_timespec __user *uts, ktime_t *deadline)
{
	struct __kernel_timespec ts;

	*deadline = DEADLINE_NONE;
	if (!uts)
		return 0;
	if (copy_from_user(&ts, uts, sizeof(ts)))
		return -EFAULT;
	if (!timespec_valid(&ts))
		return -EINVAL;
	*deadline = deadline_rel(timespec_to_ns(&ts));
	return 0;
}

static ktime_t time_left(ktime_t deadline)
{
	return deadline ? max_t(ktime_t, deadline - clock_monotonic_ns(), 0) : 0;
}

/* Tells the caller what is left.  If that fails the call must not restart. */
static long timespec_left(struct __kernel_timespec __user *uts, ktime_t deadline, long ret)
{
	struct __kernel_timespec ts;

	if (!uts || deadline == DEADLINE_NONE)
		return ret;
	ts = ns_to_timespec(time_left(deadline));
	if (copy_to_user(uts, &ts, sizeof(ts)) && ret == -ERESTARTNOHAND)
		return -EINTR;
	return ret;
}

/* A signal that only the call's own mask lets through comes even if there is no time to wait. */
static long or_signal(const void __user *umask, long ret)
{
	return ret == 0 && umask && thread_sleep_interrupted(SLEEP_INTERRUPTIBLE) ?
		       -ERESTARTNOHAND :
		       ret;
}

/* --- poll ---------------------------------------------------------------- */

static long poll_user(struct pollfd __user *ufds, unsigned n, ktime_t deadline)
{
	struct process *process = current_process();
	struct pollfd small[POLL_INLINE], *list = small;
	long ret;

	if (n > rlimit_cur(process->limits, RLIMIT_NOFILE))
		return -EINVAL;
	if (n > POLL_INLINE) {
		list = kvmalloc(n * sizeof(*list));
		if (!list)
			return -ENOMEM;
	}
	ret = copy_from_user(list, ufds, n * sizeof(*list));
	if (!ret)
		ret = poll_files(current_fds(), list, n, deadline);
	if (ret >= 0)
		for (unsigned i = 0; i < n; i++)
			if (put_user_u16(list[i].revents, &ufds[i].revents)) {
				ret = -EFAULT;
				break;
			}
	if (list != small)
		kvfree(list);
	return ret;
}

static long poll_restart(struct restart_block *block);

static long poll_or_restart(struct pollfd __user *ufds, unsigned n, ktime_t deadline)
{
	long ret = poll_user(ufds, n, deadline);

	if (unlikely(ret == -ERESTARTNOHAND)) {
		current->restart.fn = poll_restart;
		current->restart.poll.fds = ufds;
		current->restart.poll.nfds = n;
		current->restart.poll.deadline_ns = deadline;
		ret = -ERESTART_RESTARTBLOCK;
	}
	return ret;
}

static long poll_restart(struct restart_block *block)
{
	return poll_or_restart(block->poll.fds, block->poll.nfds, block->poll.deadline_ns);
}

long sys_poll(struct pollfd __user *ufds, unsigned n, int timeout_ms)
{
	return poll_or_restart(ufds, n, deadline_ms(timeout_ms));
}

long sys_ppoll(struct pollfd __user *ufds, unsigned n, struct __kernel_timespec __user *uts,
	       const void __user *umask, size_t mask_size)
{
	ktime_t deadline;
	long ret = deadline_timespec(uts, &deadline);

	if (!ret)
		ret = signal_mask_enter(umask, mask_size);
	if (ret)
		return ret;
	ret = or_signal(umask, poll_user(ufds, n, deadline));
	signal_mask_leave(ret == -ERESTARTNOHAND);
	return timespec_left(uts, deadline, ret);
}

/* --- select -------------------------------------------------------------- */

static long select_user(int n, u64 __user *const usets[3], ktime_t deadline)
{
	struct fdtable *fds = current_fds();
	u64 small[3 * SELECT_INLINE], *sets = small, *set[3];
	unsigned words;
	long ret = 0;

	if (n < 0)
		return -EINVAL;
	n = min_t(u32, n, fds->array->size);
	words = DIV_ROUND_UP(n, 64);
	if (words > SELECT_INLINE) {
		sets = kvmalloc(3 * words * sizeof(u64));
		if (!sets)
			return -ENOMEM;
	}
	for (int i = 0; i < 3 && !ret; i++) {
		set[i] = usets[i] ? sets + i * words : NULL;
		if (set[i] && words) {
			ret = copy_from_user(set[i], usets[i], words * sizeof(u64));
			if (n % 64) /* what lies beyond n is not ours */
				set[i][words - 1] &= (1ULL << (n % 64)) - 1;
		}
	}
	if (!ret)
		ret = select_files(fds, n, set[0], set[1], set[2], deadline);
	for (int i = 0; i < 3 && ret >= 0; i++)
		if (set[i] && words && copy_to_user(usets[i], set[i], words * sizeof(u64)))
			ret = -EFAULT;
	if (sets != small)
		kvfree(sets);
	return ret;
}

long sys_select(int n, u64 __user *in, u64 __user *out, u64 __user *except,
		struct __kernel_old_timeval __user *utv)
{
	u64 __user *const usets[3] = { in, out, except };
	struct __kernel_old_timeval tv;
	ktime_t deadline = DEADLINE_NONE;
	long ret;

	if (utv) {
		if (copy_from_user(&tv, utv, sizeof(tv)))
			return -EFAULT;
		if (tv.tv_sec < 0 || tv.tv_usec < 0)
			return -EINVAL;
		/* As Linux: microseconds beyond a second carry over. */
		tv.tv_sec += tv.tv_usec / 1000000;
		tv.tv_usec %= 1000000;
		deadline = deadline_rel(timeval_to_ns(&tv));
	}
	ret = select_user(n, usets, deadline);
	if (utv) {
		tv = ns_to_timeval(time_left(deadline));
		if (copy_to_user(utv, &tv, sizeof(tv)) && ret == -ERESTARTNOHAND)
			ret = -EINTR;
	}
	return ret;
}

long sys_pselect6(int n, u64 __user *in, u64 __user *out, u64 __user *except,
		  struct __kernel_timespec __user *uts, const void __user *uarg)
{
	struct {
		const void __user *mask;
		size_t size;
	} arg = { NULL, 0 };
	u64 __user *const usets[3] = { in, out, except };
	ktime_t deadline;
	long ret = 0;

	if (uarg)
		ret = copy_from_user(&arg, uarg, sizeof(arg));
	if (!ret)
		ret = deadline_timespec(uts, &deadline);
	if (!ret)
		ret = signal_mask_enter(arg.mask, arg.size);
	if (ret)
		return ret;
	ret = or_signal(arg.mask, select_user(n, usets, deadline));
	signal_mask_leave(ret == -ERESTARTNOHAND);
	return timespec_left(uts, deadline, ret);
}

/* --- epoll --------------------------------------------------------------- */

static long do_epoll_create(int flags)
{
	struct file *file;
	int fd;

	if (flags & ~EPOLL_CLOEXEC)
		return -EINVAL;
	fd = epoll_new(0, &file);
	if (fd)
		return fd;
	fd = fdtable_add(current_fds(), file, flags & EPOLL_CLOEXEC);
	if (fd < 0)
		file_put(file);
	return fd;
}

long sys_epoll_create(int size)
{
	return size > 0 ? do_epoll_create(0) : -EINVAL;
}

long sys_epoll_create1(int flags)
{
	return do_epoll_create(flags);
}

long sys_epoll_ctl(int epfd, int op, int fd, struct epoll_event __user *uevent)
{
	struct fdtable *fds = current_fds();
	struct epoll_event event;
	struct fd_ref ep, target;
	long ret;

	if (op != EPOLL_CTL_DEL && copy_from_user(&event, uevent, sizeof(event)))
		return -EFAULT;
	ep = fd_get(fds, epfd);
	target = fd_get(fds, fd);
	ret = -EBADF;
	if (ep.file && target.file)
		ret = epoll_control(ep.file, op, target.file, fd,
				    op != EPOLL_CTL_DEL ? &event : NULL);
	fd_put(target);
	fd_put(ep);
	return ret;
}

static inline long do_epoll_wait(int epfd, struct epoll_event __user *events, int max,
				 ktime_t deadline)
{
	struct fd_ref ep;
	long ret;

	if (unlikely(max <= 0 || max > (int)(INT_MAX / sizeof(struct epoll_event))))
		return -EINVAL;
	if (unlikely(!user_range_ok(events, max * sizeof(struct epoll_event))))
		return -EFAULT;
	ep = fd_get(current_fds(), epfd);
	if (unlikely(!ep.file))
		return -EBADF;
	ret = epoll_wait_events(ep.file, events, max, deadline);
	fd_put(ep);
	return ret;
}

long sys_epoll_wait(int epfd, struct epoll_event __user *events, int max, int timeout_ms)
{
	return do_epoll_wait(epfd, events, max, deadline_ms(timeout_ms));
}

static long epoll_wait_masked(int epfd, struct epoll_event __user *events, int max,
			      ktime_t deadline, const void __user *umask, size_t size)
{
	long ret = signal_mask_enter(umask, size);

	if (ret)
		return ret;
	ret = do_epoll_wait(epfd, events, max, deadline);
	signal_mask_leave(ret == -EINTR);
	return ret;
}

long sys_epoll_pwait(int epfd, struct epoll_event __user *events, int max, int timeout_ms,
		     const void __user *umask, size_t size)
{
	return epoll_wait_masked(epfd, events, max, deadline_ms(timeout_ms), umask, size);
}

long sys_epoll_pwait2(int epfd, struct epoll_event __user *events, int max,
		      const struct __kernel_timespec __user *uts, const void __user *umask,
		      size_t size)
{
	ktime_t deadline;
	int err = deadline_timespec(uts, &deadline);

	return err ? err : epoll_wait_masked(epfd, events, max, deadline, umask, size);
}
