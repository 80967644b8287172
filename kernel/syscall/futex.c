/*
 * futex.c - futex(2), futex_waitv(2), set_robust_list(2), get_robust_list(2), in
 * registers and pointers.  The work is in ipc/futex.c.
 */
#include "abi/futex.h"
#include "abi/time.h"
#include "core/clock.h"
#include "ipc/futex.h"
#include "lib/errno.h"
#include "mem/slab.h"
#include "mem/user.h"
#include "proc/process.h"
#include "proc/task.h"
#include "syscall/syscalls.h"

static struct futex_task *futex_task_lookup(u32 tid)
{
	struct task *task = task_lookup((int)tid);

	return task ? &task->futex : NULL;
}

/* The deadline that @utime means for @cmd.  -EFAULT, -EINVAL. */
static int futex_deadline(u64 utime, int cmd, ktime_t *deadline_ns)
{
	struct __kernel_timespec ts;
	ktime_t now;

	*deadline_ns = DEADLINE_NONE;
	if (!utime)
		return 0;
	if (copy_from_user(&ts, (const void __user *)utime, sizeof(ts)))
		return -EFAULT;
	if (ts.tv_sec < 0 || (u64)ts.tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	if (ts.tv_sec >= S64_MAX / NSEC_PER_SEC)
		return 0;
	*deadline_ns = ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
	if (cmd == FUTEX_WAIT) { /* the one with a relative time */
		now = clock_monotonic_ns();
		if (*deadline_ns >= S64_MAX - now)
			*deadline_ns = DEADLINE_NONE;
		else
			*deadline_ns += now;
	}
	return 0;
}

/* futex(2).  ENOSYS: unknown operation, or a clock that it does not take. */
long sys_futex(u32 __user *uaddr, int op, u32 val, u64 utime, u32 __user *uaddr2, u32 val3)
{
	unsigned flags = op & FUTEX_PRIVATE_FLAG ? 0 : FUTEX_F_SHARED;
	int cmd = op & FUTEX_CMD_MASK, val2 = (int)utime, err;
	ktime_t deadline = DEADLINE_NONE;

	if (op & FUTEX_CLOCK_REALTIME) {
		if (cmd != FUTEX_WAIT_BITSET && cmd != FUTEX_WAIT_REQUEUE_PI &&
		    cmd != FUTEX_LOCK_PI2)
			return -ENOSYS;
		flags |= FUTEX_F_REALTIME;
	}
	if (cmd == FUTEX_LOCK_PI)
		flags |= FUTEX_F_REALTIME;
	if (cmd == FUTEX_WAIT || cmd == FUTEX_WAIT_BITSET || cmd == FUTEX_LOCK_PI ||
	    cmd == FUTEX_LOCK_PI2 || cmd == FUTEX_WAIT_REQUEUE_PI) {
		err = futex_deadline(utime, cmd, &deadline);
		if (err)
			return err;
	}
	switch (cmd) {
	case FUTEX_WAIT:
		return futex_wait(uaddr, flags, val, deadline, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAIT_BITSET:
		return futex_wait(uaddr, flags, val, deadline, val3);
	case FUTEX_WAKE:
		return futex_wake(uaddr, flags, (int)val, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAKE_BITSET:
		return futex_wake(uaddr, flags, (int)val, val3);
	case FUTEX_REQUEUE:
		return futex_requeue(uaddr, flags, uaddr2, (int)val, val2, NULL);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(uaddr, flags, uaddr2, (int)val, val2, &val3);
	case FUTEX_WAKE_OP:
		return futex_wake_op(uaddr, flags, uaddr2, (int)val, val2, val3);
	case FUTEX_LOCK_PI:
	case FUTEX_LOCK_PI2:
		return futex_lock_pi(&current_task()->futex, uaddr, flags, deadline, false,
				     futex_task_lookup);
	case FUTEX_TRYLOCK_PI:
		return futex_lock_pi(&current_task()->futex, uaddr, flags, DEADLINE_NONE, true,
				     futex_task_lookup);
	case FUTEX_UNLOCK_PI:
		return futex_unlock_pi(&current_task()->futex, uaddr, flags);
	case FUTEX_WAIT_REQUEUE_PI:
		return futex_wait_requeue_pi(&current_task()->futex, uaddr, flags, val, deadline,
					     uaddr2, futex_task_lookup);
	case FUTEX_CMP_REQUEUE_PI:
		return futex_cmp_requeue_pi(uaddr, flags, uaddr2, (int)val, val2, val3,
					    futex_task_lookup);
	}
	return -ENOSYS;
}

#define WAITV_FLAGS (FUTEX_32 | FUTEX_PRIVATE_FLAG)

static int read_words(const struct futex_waitv __user *uwords, unsigned n, struct futex_word *words)
{
	struct futex_waitv word;

	for (unsigned i = 0; i < n; i++) {
		if (copy_from_user(&word, &uwords[i], sizeof(word)))
			return -EFAULT;
		if (word.flags & ~WAITV_FLAGS || word.__reserved || !(word.flags & FUTEX_32))
			return -EINVAL;
		words[i] = (struct futex_word){
			.uaddr = (u32 __user *)word.uaddr,
			.value = (u32)word.val,
			.flags = word.flags & FUTEX_PRIVATE_FLAG ? 0 : FUTEX_F_SHARED,
		};
	}
	return 0;
}

/* futex_waitv(2): the deadline is absolute, on @clock.  EINVAL, EFAULT, ENOMEM, EAGAIN... */
long sys_futex_waitv(const struct futex_waitv __user *uwords, unsigned n, unsigned flags,
		     const struct __kernel_timespec __user *utime, int clock)
{
	ktime_t deadline = DEADLINE_NONE;
	struct futex_word *words;
	unsigned wait_flags = 0;
	long ret;

	if (flags || !n || n > FUTEX_WAITV_MAX || !uwords)
		return -EINVAL;
	if (utime) {
		if (clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME)
			return -EINVAL;
		wait_flags = clock == CLOCK_REALTIME ? FUTEX_F_REALTIME : 0;
		ret = futex_deadline((u64)utime, FUTEX_WAIT_BITSET, &deadline);
		if (ret)
			return ret;
	}
	words = kmalloc(n * sizeof(*words));
	if (!words)
		return -ENOMEM;
	ret = read_words(uwords, n, words);
	if (!ret)
		ret = futex_wait_many(words, n, wait_flags, deadline);
	kfree(words);
	return ret;
}

/* set_robust_list(2).  EINVAL: @len is not the structure's size. */
long sys_set_robust_list(struct robust_list_head __user *head, size_t len)
{
	if (len != sizeof(struct robust_list_head))
		return -EINVAL;
	current_task()->futex.robust_list = head;
	return 0;
}

/* get_robust_list(2).  ESRCH, EPERM (not ours to see), EFAULT. */
long sys_get_robust_list(int pid, struct robust_list_head __user *__user *head, size_t __user *len)
{
	struct task *task = current_task(), *found = NULL;
	struct robust_list_head __user *list;
	int err = 0;

	if (pid) {
		task = found = task_lookup(pid);
		if (!found)
			return -ESRCH;
		err = process_access_check(task->process, true);
	}
	list = task->futex.robust_list;
	if (found)
		task_put(found);
	if (err)
		return err;
	if (put_user_u64(sizeof(struct robust_list_head), len) || put_user_u64((u64)list, head))
		return -EFAULT;
	return 0;
}
