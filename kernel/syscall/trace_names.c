/*
 * trace_names.c - numbers and their names: flags, commands, errors, signals.
 *
 * A set is its values and one string with the names in the same order, NUL between them: a
 * name costs its text and four bytes, no pointer that a moved image would have to relocate.
 */
#include <linux/eventpoll.h>
#include <linux/fadvise.h>
#include <linux/ioprio.h>
#include <linux/kcmp.h>
#include <linux/fiemap.h>
#include <linux/kernel.h>
#include <linux/membarrier.h>
#include <linux/openat2.h>
#include <linux/pidfd.h>
#include <linux/random.h>
#include <linux/signal.h>
#include <linux/timex.h>
#include "abi/fcntl.h"
#include "abi/fdtypes.h"
#include "abi/futex.h"
#include "abi/ioctl.h"
#include "abi/mman.h"
#include "abi/mount.h"
#include "abi/poll.h"
#include "abi/prctl.h"
#include "abi/resource.h"
#include "abi/sched.h"
#include "abi/signal.h"
#include "abi/stat.h"
#include "abi/termios.h"
#include "abi/time.h"
#include "abi/wait.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "syscall/trace_internal.h"

/* What the UAPI headers leave to the C library. */
#ifndef RUSAGE_BOTH
#define RUSAGE_BOTH (-2)
#endif
#define SCHED_OTHER SCHED_NORMAL
enum {
	ST_RDONLY = 1,
	ST_NOSUID = 2,
	ST_NODEV = 4,
	ST_NOEXEC = 8,
	ST_SYNCHRONOUS = 16,
	ST_VALID = 32,
	ST_NOATIME = 1024,
	ST_NODIRATIME = 2048,
	ST_RELATIME = 4096,
};

#define N(name)			(u32)(name),
#define FLAGS(id, unknown, ...) static const u32 values_##id[] = { __VA_ARGS__ };
#define ENUM			FLAGS
#include "syscall/trace_names.def"
#undef N
#undef FLAGS
#undef ENUM

#define N(name)			#name "\0"
#define FLAGS(id, unknown, ...) static const char names_##id[] = unknown "\0" __VA_ARGS__;
#define ENUM			FLAGS
#include "syscall/trace_names.def"
#undef N
#undef FLAGS
#undef ENUM

static const struct {
	const u32 *values;
	const char *names; /* the first: of what has none */
	u16 count;
	bool is_flags;
} sets[] = {
#define FLAGS(id, unknown, ...) { values_##id, names_##id, ARRAY_SIZE(values_##id), true },
#define ENUM(id, unknown, ...)	{ values_##id, names_##id, ARRAY_SIZE(values_##id), false },
#include "syscall/trace_names.def"
#undef FLAGS
#undef ENUM
};

static const char *next_name(const char *name)
{
	return name + strlen(name) + 1;
}

bool trace_kind_is_flags(enum trace_kind kind)
{
	return kind == T_OPEN || kind == T_MAP ||
	       (kind >= T_NAMES_FIRST && kind < T_KINDS && sets[kind - T_NAMES_FIRST].is_flags);
}

const char *trace_find_name(enum trace_kind kind, u64 value)
{
	const u32 *values = sets[kind - T_NAMES_FIRST].values;
	const char *name = next_name(sets[kind - T_NAMES_FIRST].names);

	for (unsigned i = 0; i < sets[kind - T_NAMES_FIRST].count; i++, name = next_name(name))
		if (values[i] == value)
			return name;
	return NULL;
}

void trace_add_names(struct trace_line *line, enum trace_kind kind, u64 value, bool any)
{
	const u32 *values = sets[kind - T_NAMES_FIRST].values;
	const char *unknown = sets[kind - T_NAMES_FIRST].names;
	const char *exact = trace_find_name(kind, value), *name = next_name(unknown);
	bool known = any;

	if (any && !value)
		return;
	if (!sets[kind - T_NAMES_FIRST].is_flags || !value) {
		if (exact)
			trace_add(line, "%s%s", any ? "|" : "", exact);
		else if (!value && sets[kind - T_NAMES_FIRST].is_flags)
			trace_add(line, "0");
		else
			trace_add(line, "%#llx /* %s */", value, unknown);
		return;
	}
	for (unsigned i = 0; i < sets[kind - T_NAMES_FIRST].count; i++, name = next_name(name)) {
		if (!values[i] || (value & values[i]) != values[i])
			continue;
		trace_add(line, "%s%s", known ? "|" : "", name);
		value &= ~(u64)values[i];
		known = true;
	}
	if (value)
		trace_add(line, known ? "|%#llx" : "%#llx /* %s */", value, unknown);
}

/* ---- signals ---- */

static const char signal_names[] = "HUP\0INT\0QUIT\0ILL\0TRAP\0ABRT\0BUS\0FPE\0KILL\0USR1\0SEGV\0"
				   "USR2\0PIPE\0ALRM\0TERM\0STKFLT\0CHLD\0CONT\0STOP\0TSTP\0TTIN\0"
				   "TTOU\0URG\0XCPU\0XFSZ\0VTALRM\0PROF\0WINCH\0IO\0PWR\0SYS";

void trace_add_signal(struct trace_line *line, u64 sig, const char *prefix)
{
	const char *name = signal_names;

	if (sig == 0 || sig > NSIG_MAX) {
		trace_add(line, "%lld", (long long)(s32)sig);
	} else if (sig == 32) {
		trace_add(line, "%sRTMIN", prefix);
	} else if (sig > 32) {
		trace_add(line, "%sRT_%llu", prefix, sig - 32);
	} else {
		while (--sig)
			name = next_name(name);
		trace_add(line, "%s%s", prefix, name);
	}
}

/* ---- errors ---- */

#define E(name, text) name,
static const u16 errors[] = {
#include "syscall/trace_errno.def"
};
#undef E
#define E(name, text) #name "\0" text "\0"
static const char error_names[] =
#include "syscall/trace_errno.def"
	;
#undef E

const char *trace_errno(unsigned number, const char **text)
{
	const char *name = error_names;

	for (unsigned i = 0; i < ARRAY_SIZE(errors); i++) {
		if (errors[i] == number) {
			*text = next_name(name);
			return name;
		}
		name = next_name(next_name(name));
	}
	return NULL;
}
