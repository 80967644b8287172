/*
 * trace_task.c - what threads are made of and wait on: the arguments of clone(2) and futex(2).
 */
#include "abi/futex.h"
#include "abi/sched.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/user.h"
#include "syscall/trace_internal.h"

/* ---- clone(2), clone3(2) ---- */

static void add_tid(struct trace_line *line, const struct trace_call *call, const char *name,
		    u64 addr)
{
	trace_add(line, ", %s=", name);
	trace_add_written(line, T_INT_AT, call, addr);
}

void trace_add_clone(struct trace_line *line, const struct trace_call *call)
{
	const u64 *args = call->args;

	trace_add(line, "child_stack=");
	trace_add_address(line, args[1]);
	trace_add(line, ", flags=");
	trace_add_number(line, T_CLONE, args[0]);
	if (args[0] & (CLONE_PARENT_SETTID | CLONE_PIDFD))
		add_tid(line, call, args[0] & CLONE_PARENT_SETTID ? "parent_tid" : "pidfd",
			args[2]);
	if (args[0] & CLONE_SETTLS)
		trace_add(line, ", tls=%#llx", args[4]);
	if (args[0] & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID))
		trace_add(line, ", child_tidptr=%#llx", args[3]);
}

void trace_add_clone3(struct trace_line *line, const struct trace_call *call)
{
	struct clone_args args = { 0 };
	size_t size = min(call->args[1], (u64)sizeof(args));

	if (!call->args[0] || copy_from_user(&args, (void __user *)call->args[0], size)) {
		trace_add_address(line, call->args[0]);
		return;
	}
	trace_add(line, "{flags=");
	trace_add_names(line, T_CLONE, args.flags, false);
	if (args.flags & CLONE_PIDFD)
		trace_add(line, ", pidfd=%#llx", args.pidfd);
	if (args.flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID))
		trace_add(line, ", child_tid=%#llx", args.child_tid);
	if (args.flags & CLONE_PARENT_SETTID)
		trace_add(line, ", parent_tid=%#llx", args.parent_tid);
	trace_add(line, ", exit_signal=");
	trace_add_signal(line, args.exit_signal, "SIG");
	trace_add(line, ", stack=");
	trace_add_address(line, args.stack);
	trace_add(line, args.stack_size ? ", stack_size=%#llx" : ", stack_size=0", args.stack_size);
	if (args.flags & CLONE_SETTLS)
		trace_add(line, ", tls=%#llx", args.tls);
	trace_add(line, "}");
	if (trace_failed(call) || !(args.flags & CLONE_PARENT_SETTID))
		return;
	trace_add(line, " => {parent_tid=");
	trace_add_at(line, T_INT_AT, args.parent_tid, 0, 0);
	trace_add(line, "}");
}

/* ---- futex(2) ---- */

static void add_bitset(struct trace_line *line, u32 bits)
{
	trace_add(line, bits == FUTEX_BITSET_MATCH_ANY ? "FUTEX_BITSET_MATCH_ANY" : "%#x", bits);
}

void trace_add_futex(struct trace_line *line, const struct trace_call *call)
{
	const u64 *args = call->args;
	u32 cmd = args[1] & FUTEX_CMD_MASK;

	if (cmd == FUTEX_LOCK_PI || cmd == FUTEX_LOCK_PI2) {
		trace_add_at(line, T_TIMESPEC, args[3], 0, 0);
		return;
	}
	trace_add(line, "%u", (u32)args[2]);
	switch (cmd) {
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
	case FUTEX_WAIT_REQUEUE_PI:
		trace_add(line, ", ");
		trace_add_at(line, T_TIMESPEC, args[3], 0, 0);
		if (cmd == FUTEX_WAIT_REQUEUE_PI)
			trace_add(line, ", %#llx", args[4]);
		if (cmd == FUTEX_WAIT_BITSET) {
			trace_add(line, ", ");
			add_bitset(line, (u32)args[5]);
		}
		return;
	case FUTEX_WAKE_BITSET:
		trace_add(line, ", ");
		add_bitset(line, (u32)args[5]);
		return;
	case FUTEX_REQUEUE:
	case FUTEX_CMP_REQUEUE:
	case FUTEX_CMP_REQUEUE_PI:
	case FUTEX_WAKE_OP:
		trace_add(line, ", %u, %#llx", (u32)args[3], args[4]);
		if (cmd == FUTEX_WAKE_OP)
			trace_add(line, ", %#x", (u32)args[5]);
		else if (cmd != FUTEX_REQUEUE)
			trace_add(line, ", %u", (u32)args[5]);
		return;
	default:
		return;
	}
}
