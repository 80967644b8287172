/*
 * trace_args.c - the arguments of a call and its value, as strace(1) shows them.
 *
 * table.def tells the C types, and from these what an argument most likely is; trace_args.def
 * says it where that is not enough.  Arguments are shown when the call begins, up to the first
 * that the call writes; that and the others when it returns.
 */
#include "abi/fcntl.h"
#include "abi/mman.h"
#include "abi/resource.h"
#include "abi/sched.h"
#include "abi/signal.h"
#include "abi/stat.h"
#include "abi/unistd.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "syscall/syscalls.h"
#include "syscall/trace.h"
#include "syscall/trace_internal.h"

/* ---- what is known of each call ---- */

struct call_args {
	u16 kinds[TRACE_ARGS];
	u8 result;
};

#define K(type)                                                                                    \
	_Generic((type)0,                                                                          \
		const char *: T_PATH,                                                              \
		int: T_INT,                                                                        \
		unsigned: T_UINT,                                                                  \
		s64: T_LONG,                                                                       \
		u64: T_HEX,                                                                        \
		size_t: T_ULONG,                                                                   \
		default: T_PTR)
#define SYSCALL0(nr, name)		  [nr] = { { T_END }, R_DEC },
#define SYSCALL1(nr, name, a)		  [nr] = { { K(a) }, R_DEC },
#define SYSCALL2(nr, name, a, b)	  [nr] = { { K(a), K(b) }, R_DEC },
#define SYSCALL3(nr, name, a, b, c)	  [nr] = { { K(a), K(b), K(c) }, R_DEC },
#define SYSCALL4(nr, name, a, b, c, d)	  [nr] = { { K(a), K(b), K(c), K(d) }, R_DEC },
#define SYSCALL5(nr, name, a, b, c, d, e) [nr] = { { K(a), K(b), K(c), K(d), K(e) }, R_DEC },
#define SYSCALL6(nr, name, a, b, c, d, e, f)                                                       \
	[nr] = { { K(a), K(b), K(c), K(d), K(e), K(f) }, R_DEC },
#define SYSCALL_REGS(nr, name) [nr] = { { T_END }, R_DEC },
#define ARGS(name, how, ...)   [__NR_##name] = { { __VA_ARGS__ }, how },

/* The second table overrides the first. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct call_args calls[SYSCALL_COUNT] = {
#include "syscall/table.def"
#include "syscall/trace_args.def"
};
#pragma GCC diagnostic pop

/* The names, one behind the other, and where each begins: a table of pointers is six times that. */
#define SYSCALL_ANY(nr, name, ...) char name_##nr[sizeof(#name)];
struct names {
	char none[1];
#include "syscall/table.def"
};
#define SYSCALL_ANY(nr, name, ...) .name_##nr = #name,
static const struct names names = {
#include "syscall/table.def"
};
#define SYSCALL_ANY(nr, name, ...) [nr] = offsetof(struct names, name_##nr),
static const u16 name_offsets[SYSCALL_COUNT] = {
#include "syscall/table.def"
};

const char *syscall_name(u64 nr)
{
	return nr < SYSCALL_COUNT && name_offsets[nr] ? (const char *)&names + name_offsets[nr] :
							NULL;
}

unsigned trace_arg_kind(u64 nr, int i)
{
	return syscall_name(nr) && i < TRACE_ARGS ? calls[nr].kinds[i] : T_END;
}

enum trace_result trace_result_kind(u64 nr)
{
	return syscall_name(nr) ? calls[nr].result : R_DEC;
}

/* ---- a line ---- */

void trace_add(struct trace_line *line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line->len += vscnprintf(line->text + line->len, sizeof(line->text) - line->len, fmt, ap);
	va_end(ap);
}

/* ---- arguments ---- */

/* How many a vector has: the argument beside it says. */
static s64 vector_count(enum trace_kind kind, const struct trace_call *call, int i)
{
	switch (kind) {
	case T_FDSET:
		return (s32)call->args[0];
	case T_CPUS:
		return call->nr == __NR_sched_getaffinity ? call->ret * 8 :
							    (s64)call->args[i - 1] * 8;
	case T_IDS:
		return call->nr == __NR_getgroups ? call->args[0] ? call->ret : 0 :
						    (s32)call->args[0];
	case T_EPOLL_EVENTS:
		return call->ret;
	case T_IOV:
	case T_IOVECS:
	case T_POLLFDS:
		return (s64)min(call->args[i + 1], (u64)1024);
	default:
		return 0;
	}
}

static void add_arg(struct trace_line *line, unsigned kind_out, const struct trace_call *call,
		    int i)
{
	enum trace_kind kind = kind_out & ~OUT;
	u64 value = call->args[i], limit = kind_out & OUT ? (u64)call->ret : ~0ULL;
	s64 len;

	if (trace_add_special(line, kind, call, i))
		return;
	if (kind <= T_PTR || kind >= T_NAMES_FIRST) {
		/* Flags are ints: what is above is rubbish. */
		trace_add_number(line, kind, kind >= T_NAMES_FIRST ? (u32)value : value);
	} else if (kind_out & OUT && trace_failed(call)) {
		trace_add_address(line, value);
	} else if (kind == T_BYTES || kind == T_HEX_BYTES || kind == T_CWD) {
		len = kind_out & OUT ? call->ret : (s64)call->args[i + 1];
		trace_add_bytes(line, value, kind == T_CWD ? len - 1 : len, kind == T_HEX_BYTES);
	} else {
		trace_add_at(line, kind, value, vector_count(kind, call, i), limit);
	}
}

int trace_add_args(struct trace_line *line, const struct trace_call *call, int i)
{
	if (!syscall_name(call->nr)) {
		for (; i < TRACE_ARGS; i++)
			trace_add(line, "%s%#llx", i ? ", " : "", call->args[i]);
		return i;
	}
	for (; i < TRACE_ARGS; i++) {
		unsigned kind = calls[call->nr].kinds[i];

		if (kind == T_END || (kind & OUT && !call->done))
			break;
		if (!trace_arg_shown(kind & ~OUT, call, i))
			continue;
		trace_add(line, i ? ", " : "");
		add_arg(line, kind, call, i);
	}
	return i;
}
