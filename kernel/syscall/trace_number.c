/*
 * trace_number.c - arguments that are numbers: what they stand for, by kind.
 */
#include "abi/fcntl.h"
#include "abi/mman.h"
#include "abi/resource.h"
#include "abi/sched.h"
#include "abi/stat.h"
#include "abi/termios.h"
#include "syscall/trace_internal.h"

static void add_open(struct trace_line *line, u64 flags)
{
	trace_add_names(line, T_OPEN_MODE, flags & O_ACCMODE, false);
	trace_add_names(line, T_OPEN_BITS, flags & ~(u64)O_ACCMODE, true);
}

static void add_file_mode(struct trace_line *line, u64 mode)
{
	if (mode & S_IFMT) {
		trace_add_names(line, T_FILE_TYPE, mode & S_IFMT, false);
		trace_add_names(line, T_FILE_BITS, mode & (S_ISUID | S_ISGID | S_ISVTX), true);
		trace_add(line, "|");
		mode &= S_IRWXUGO;
	}
	trace_add(line, "%#03o", (u32)mode);
}

static void add_limit(struct trace_line *line, u64 value)
{
	if (value == RLIM64_INFINITY)
		trace_add(line, "RLIM64_INFINITY");
	else if (value > 1024 && value % 1024 == 0)
		trace_add(line, "%llu*1024", value / 1024);
	else
		trace_add(line, "%llu", value);
}

static void add_map(struct trace_line *line, u64 flags)
{
	trace_add_names(line, T_MAP_TYPE, flags & MAP_TYPE, false);
	trace_add_names(line, T_MAP_BITS, flags & ~(u64)MAP_TYPE, true);
}

static void add_clone(struct trace_line *line, u64 flags)
{
	if (flags & ~(u64)CSIGNAL || !flags)
		trace_add_names(line, T_CLONE, flags & ~(u64)CSIGNAL, false);
	if (flags & CSIGNAL)
		trace_add_signal(line, flags & CSIGNAL, flags & ~(u64)CSIGNAL ? "|SIG" : "SIG");
}

static void add_control_modes(struct trace_line *line, u32 flags)
{
	static const char *const sizes[] = { "CS5", "CS6", "CS7", "CS8" };

	trace_add_names(line, T_SPEED, flags & CBAUD, false);
	trace_add(line, "|%s", sizes[(flags & CSIZE) >> 4]);
	trace_add_names(line, T_C_CFLAG, flags & ~(u32)(CBAUD | CSIZE), true);
}

static void add_output_modes(struct trace_line *line, u32 flags)
{
	trace_add(line, "NL%u|CR%u|TAB%u|BS%u|VT%u|FF%u", !!(flags & NLDLY), (flags & CRDLY) >> 9,
		  (flags & TABDLY) >> 11, !!(flags & BSDLY), !!(flags & VTDLY), !!(flags & FFDLY));
	trace_add_names(line, T_C_OFLAG,
			flags & ~(u32)(NLDLY | CRDLY | TABDLY | BSDLY | VTDLY | FFDLY), true);
}

void trace_add_number(struct trace_line *line, enum trace_kind kind, u64 value)
{
	switch (kind) {
	case T_INT:
	case T_FD:
		trace_add(line, "%d", (int)value);
		return;
	case T_UINT:
		trace_add(line, "%u", (u32)value);
		return;
	case T_LONG:
		trace_add(line, "%lld", (long long)value);
		return;
	case T_ULONG:
		trace_add(line, "%llu", value);
		return;
	case T_HEX:
		trace_add(line, value ? "%#llx" : "0", value);
		return;
	case T_LIMIT:
		add_limit(line, value);
		return;
	case T_ID:
		trace_add(line, (u32)value == (u32)-1 ? "-1" : "%u", (u32)value);
		return;
	case T_PERM:
	case T_HOW_MODE:
	case T_OPEN_PERM:
		trace_add(line, "%#03o", (u32)value);
		return;
	case T_FILE_MODE:
		add_file_mode(line, value);
		return;
	case T_DIRFD:
		trace_add(line, (int)value == AT_FDCWD ? "AT_FDCWD" : "%d", (int)value);
		return;
	case T_SIGNAL:
		trace_add_signal(line, (u32)value, "SIG");
		return;
	case T_OPEN:
		add_open(line, value);
		return;
	case T_FD_OPEN:
		trace_add_names(line, T_OPEN_BITS, value, false);
		return;
	case T_MAP:
		add_map(line, value);
		return;
	case T_OUTPUT_MODES:
		add_output_modes(line, (u32)value);
		return;
	case T_CONTROL_MODES:
		add_control_modes(line, (u32)value);
		return;
	case T_CLONE:
		add_clone(line, value);
		return;
	case T_STATX_MASK:
		trace_add_names(line, T_STATX_BITS, value, false);
		return;
	default:
		if (kind >= T_NAMES_FIRST)
			trace_add_names(line, kind, value, false);
		else
			trace_add_address(line, value);
	}
}
