/*
 * trace_result.c - the value of a call: a number, an error, or what poll(2) found.
 */
#include "abi/fcntl.h"
#include "abi/poll.h"
#include "abi/unistd.h"
#include "lib/errno.h"
#include "mem/user.h"
#include "syscall/trace.h"
#include "syscall/trace_internal.h"

static void add_error(struct trace_line *line, unsigned number)
{
	const char *text, *name = trace_errno(number, &text);

	if (number >= 512)
		trace_add(line, " = ? ");
	else
		trace_add(line, " = -1 ");
	if (name)
		trace_add(line, "%s (%s)", name, text);
	else
		trace_add(line, "(errno %u)", number);
}

/* A value of bits: in hexadecimal, and with names unless it is 0. */
static void add_bits_result(struct trace_line *line, enum trace_kind kind, u64 value,
			    const char *what)
{
	trace_add(line, value ? " = %#llx" : " = 0", value);
	if (!value)
		return;
	trace_add(line, " (%s", what);
	trace_add_number(line, kind, value);
	trace_add(line, ")");
}

static void add_fcntl_result(struct trace_line *line, const struct trace_call *call)
{
	switch ((u32)call->args[1]) {
	case F_GETFD:
		add_bits_result(line, T_FD_FLAGS, call->ret, "flags ");
		return;
	case F_GETFL:
		trace_add(line, " = %#lx (flags ", call->ret);
		trace_add_number(line, T_OPEN, call->ret);
		trace_add(line, ")");
		return;
	case F_GET_SEALS:
		add_bits_result(line, T_SEALS, call->ret, "seals ");
		return;
	default:
		trace_add(line, " = %ld", call->ret);
	}
}

static void add_ready_fds(struct trace_line *line, const struct trace_call *call)
{
	const char *comma = "";

	trace_add(line, " ([");
	for (u64 i = 0; i < min(call->args[1], (u64)1024); i++) {
		struct pollfd polled;

		if (copy_from_user(&polled, (void __user *)(call->args[0] + i * sizeof(polled)),
				   sizeof(polled)))
			break;
		if (!polled.revents)
			continue;
		trace_add(line, "%s{fd=%d, revents=", comma, polled.fd);
		trace_add_names(line, T_POLL, (u16)polled.revents, false);
		trace_add(line, "}");
		comma = ", ";
	}
	trace_add(line, "]");
}

/* poll, select: behind the value, what is ready and how much time is left. */
static void add_ready(struct trace_line *line, const struct trace_call *call)
{
	static const char *const names[] = { "in", "out", "except" };
	bool poll = call->nr == __NR_poll || call->nr == __NR_ppoll;
	u64 timeout = call->nr == __NR_poll ? 0 : call->args[poll ? 2 : 4], word;
	const char *comma = " (";

	if (call->ret == 0) {
		trace_add(line, " (Timeout)");
		return;
	}
	if (poll) {
		add_ready_fds(line, call);
		comma = ", ";
	}
	for (unsigned i = 0; !poll && i < 3; i++) {
		u64 any = 0;

		for (u64 at = 0; call->args[i + 1] && at * 64 < min(call->args[0], (u64)1024); at++)
			if (!get_user_u64(&word, (void __user *)(call->args[i + 1] + at * 8)))
				any |= word;
		if (!any)
			continue;
		trace_add(line, "%s%s ", comma, names[i]);
		trace_add_at(line, T_FDSET, call->args[i + 1], (s32)call->args[0], 0);
		comma = ", ";
	}
	if (timeout) {
		trace_add(line, "%sleft ", comma);
		trace_add_at(line, call->nr == __NR_select ? T_TIMEVAL : T_TIMESPEC, timeout, 0, 0);
	}
	trace_add(line, ")");
}

void trace_add_result(struct trace_line *line, const struct trace_call *call)
{
	enum trace_result how = trace_result_kind(call->nr);
	u64 value = (u64)call->ret;

	if (trace_failed(call)) {
		add_error(line, (unsigned)-call->ret);
		return;
	}
	switch (how) {
	case R_HEX:
		trace_add(line, value ? " = %#llx" : " = 0", value);
		break;
	case R_OCT:
		trace_add(line, " = 0%02llo", value);
		break;
	case R_FCNTL:
		add_fcntl_result(line, call);
		break;
	case R_MEMBARRIER:
		add_bits_result(line, T_MEMBARRIER, value, "");
		break;
	case R_SCHED:
	case R_SIGNAL:
		trace_add(line, " = %llu (", value);
		trace_add_number(line, how == R_SCHED ? T_SCHED : T_SIGNAL, value);
		trace_add(line, ")");
		break;
	case R_POLL:
	case R_SELECT:
		trace_add(line, " = %llu", value);
		add_ready(line, call);
		break;
	default:
		trace_add(line, " = %lld", (long long)value);
	}
}
