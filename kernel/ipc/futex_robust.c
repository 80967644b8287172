/*
 * futex_robust.c - the end of a thread: the locks that it takes to its grave.
 *
 * A thread registers a list of the robust locks it holds; when it ends, each
 * word that still names it is marked FUTEX_OWNER_DIED and one waiter is woken.
 * The list is the user's, and anything may be in it: at most ROBUST_LIST_MAX
 * entries are read.  Source: get_robust_list(2), set_tid_address(2).
 */
#include "arch/api/user.h"
#include "ipc/futex_internal.h"
#include "sched/sched.h"

#define ROBUST_LIST_MAX 2048

/* One futex of the robust list: if @tid holds it, it says so from now on. */
static void robust_mark(u32 __user *uaddr, u32 tid, bool pi, bool pending)
{
	u32 old, seen;

	if ((u64)uaddr & 3 || arch_user_load_u32(uaddr, &old))
		return;
	for (;;) {
		/* It died between unlock in user space and FUTEX_WAKE. */
		if (pending && !pi && !(old & FUTEX_TID_MASK)) {
			futex_wake(uaddr, FUTEX_F_SHARED, 1, FUTEX_BITSET_MATCH_ANY);
			return;
		}
		if ((old & FUTEX_TID_MASK) != tid)
			return;
		seen = old;
		if (arch_user_cmpxchg_u32(uaddr, &seen, (old & FUTEX_WAITERS) | FUTEX_OWNER_DIED))
			return;
		if (seen == old)
			break;
		old = seen;
	}
	if (!pi && (old & FUTEX_WAITERS))
		futex_wake(uaddr, FUTEX_F_SHARED, 1, FUTEX_BITSET_MATCH_ANY);
}

/* An entry's address; bit 0 says PI. */
static int robust_fetch(u64 __user *from, u64 *entry, bool *pi)
{
	u64 value;

	if (arch_user_load_u64(from, &value))
		return -EFAULT;
	*entry = value & ~1ull;
	*pi = value & 1;
	return 0;
}

static void robust_walk(struct robust_list_head __user *head, u32 tid)
{
	u64 entry, next, pending, offset;
	bool pi, next_pi, pending_pi;

	if (robust_fetch((u64 __user *)&head->list.next, &entry, &pi) ||
	    arch_user_load_u64(&head->futex_offset, &offset) ||
	    robust_fetch((u64 __user *)&head->list_op_pending, &pending, &pending_pi))
		return;
	for (unsigned n = 0; entry != (u64)&head->list && n < ROBUST_LIST_MAX; n++) {
		/* The next link first: the waiter may free this entry. */
		int err = robust_fetch((u64 __user *)entry, &next, &next_pi);

		if (entry != pending)
			robust_mark((u32 __user *)(entry + offset), tid, pi, false);
		if (err)
			return;
		entry = next;
		pi = next_pi;
		sched_yield_point();
	}
	if (pending)
		robust_mark((u32 __user *)(pending + offset), tid, pending_pi, true);
}

void futex_task_exit(struct futex_task *task, bool space_shared)
{
	u32 __user *clear = task->clear_child_tid;

	if (task->robust_list) {
		robust_walk(task->robust_list, task->tid);
		task->robust_list = NULL;
	}
	if (!list_empty(&task->pi_waiters))
		futex_pi_exit(task);
	task->clear_child_tid = NULL;
	if (clear && space_shared && !arch_user_store_u32(clear, 0))
		futex_wake(clear, FUTEX_F_SHARED, 1, FUTEX_BITSET_MATCH_ANY);
}
