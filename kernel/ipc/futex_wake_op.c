/*
 * futex_wake_op.c - change one word, wake at two: FUTEX_WAKE_OP.
 *
 * The kernel applies an operation to the second word, wakes who waits at the first,
 * and if the second word's old value compares as asked, who waits there: the signal
 * of a condition variable and the unlock of its inner lock in one call.
 *
 * Locking: both buckets; the second word is changed under them with faults off.
 * Source: futex(2)
 */
#include "ipc/futex_internal.h"

/* futex(2), FUTEX_WAKE_OP: the operation and the comparison in one word. */
static u32 wake_op_apply(u32 op, u32 old, u32 arg)
{
	switch (op) {
	case FUTEX_OP_SET:
		return arg;
	case FUTEX_OP_ADD:
		return old + arg;
	case FUTEX_OP_OR:
		return old | arg;
	case FUTEX_OP_ANDN:
		return old & ~arg;
	default:
		return old ^ arg;
	}
}

static bool wake_op_compare(u32 cmp, int old, int arg)
{
	switch (cmp) {
	case FUTEX_OP_CMP_EQ:
		return old == arg;
	case FUTEX_OP_CMP_NE:
		return old != arg;
	case FUTEX_OP_CMP_LT:
		return old < arg;
	case FUTEX_OP_CMP_GE:
		return old >= arg;
	case FUTEX_OP_CMP_LE:
		return old <= arg;
	default:
		return old > arg;
	}
}

int futex_wake_op(u32 __user *uaddr1, unsigned flags, u32 __user *uaddr2, int nr_wake, int nr_wake2,
		  u32 encoded)
{
	u32 op = encoded >> 28 & 7, cmp = encoded >> 24 & 15;
	s32 oparg = (s32)(encoded << 8) >> 20, cmparg = (s32)(encoded << 20) >> 20;
	struct futex_bucket *b1, *b2;
	struct futex_key key1, key2;
	u32 old, seen;
	int ret, more, err;

	if (encoded >> 31) /* FUTEX_OP_OPARG_SHIFT */
		oparg = (s32)(1u << (oparg & 31));
	if (op > FUTEX_OP_XOR || cmp > FUTEX_OP_CMP_GE)
		return -ENOSYS;
retry:
	err = futex_get_key(uaddr1, flags, &key1);
	if (!err)
		err = futex_get_key(uaddr2, flags, &key2);
	if (err)
		return err;
	b1 = futex_bucket_of(&key1);
	b2 = futex_bucket_of(&key2);
	futex_buckets_lock(b1, b2);
	err = word_load(uaddr2, &old);
	while (!err) {
		seen = old;
		err = word_cmpxchg(uaddr2, &seen, wake_op_apply(op, old, oparg));
		if (err || seen == old)
			break;
		old = seen;
	}
	if (err) {
		futex_buckets_unlock(b1, b2);
		err = futex_word_fault_in(uaddr2, true);
		if (err)
			return err;
		goto retry;
	}
	ret = futex_wake_locked(b1, &key1, max(nr_wake, 1), FUTEX_BITSET_MATCH_ANY);
	if (ret >= 0 && wake_op_compare(cmp, (int)old, cmparg)) {
		more = futex_wake_locked(b2, &key2, max(nr_wake2, 1), FUTEX_BITSET_MATCH_ANY);
		ret = more < 0 ? more : ret + more;
	}
	futex_buckets_unlock(b1, b2);
	return ret;
}
