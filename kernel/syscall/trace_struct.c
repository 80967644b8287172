/*
 * trace_struct.c - structures.  Most are described by trace_structs.def, a field a line; those
 * that are more than a list of their fields have a function here.
 */
#include <linux/kernel.h>
#include <linux/openat2.h>
#include <linux/sched/types.h>
#include <linux/sysinfo.h>
#include <linux/timex.h>
#include <linux/utime.h>
#include "abi/fcntl.h"
#include "abi/poll.h"
#include "abi/prctl.h"
#include "abi/resource.h"
#include "abi/sched.h"
#include "abi/signal.h"
#include "abi/stat.h"
#include "abi/termios.h"
#include "abi/time.h"
#include "abi/uio.h"
#include "abi/utsname.h"
#include "lib/string.h"
#include "mem/user.h"
#include "syscall/trace_internal.h"

struct field {
	u16 offset;
	u16 kind;
	u8 size; /* of a number */
};

#define F(type, field, kind)  { offsetof(type, field), kind, sizeof(((type *)0)->field) },
#define MORE		      { 0, T_END, 0 },
#define STRUCT(id, type, ...) static const struct field fields_##id[] = { __VA_ARGS__ };
#include "syscall/trace_structs.def"
#undef F
#undef MORE
#undef STRUCT
#define F(type, field, kind)  #field "\0"
#define MORE		      "...\0"
#define STRUCT(id, type, ...) static const char field_names_##id[] = __VA_ARGS__;
#include "syscall/trace_structs.def"
#undef STRUCT

static const struct {
	const struct field *fields;
	const char *names;
	u16 count, size;
} structs[] = {
#define STRUCT(id, type, ...)                                                                      \
	{ fields_##id, field_names_##id, ARRAY_SIZE(fields_##id), sizeof(type) },
#include "syscall/trace_structs.def"
#undef STRUCT
};

/* Of a child that ended: its exit status, or the signal. */
static void add_status(struct trace_line *line, u64 addr, u64 value)
{
	u64 info = addr - offsetof(siginfo_t, si_status);
	u32 code;

	if (!get_user_u32(&code, (void __user *)(info + offsetof(siginfo_t, si_code))) &&
	    code != CLD_EXITED)
		trace_add_signal(line, value, "SIG");
	else
		trace_add(line, "%d", (int)value);
}

static void add_field(struct trace_line *line, const struct field *field, u64 addr, u64 value)
{
	if (field->kind == T_STATUS)
		add_status(line, addr, value);
	else if (field->kind >= T_NAMES_FIRST || field->kind <= T_PTR)
		trace_add_number(line, field->kind, value);
	else if (field->kind == T_TEXT)
		trace_add_at(line, T_STRING, addr, 0, 0);
	else
		trace_add_at(line, field->kind, addr, 0, 0);
}

void trace_add_struct(struct trace_line *line, enum trace_kind kind, u64 addr)
{
	const struct field *field = structs[kind - T_STRUCT_FIRST].fields;
	const char *name = structs[kind - T_STRUCT_FIRST].names;
	u16 count = structs[kind - T_STRUCT_FIRST].count;
	bool any = false;
	u8 last;

	if (!addr || copy_from_user(&last, (void __user *)addr, 1) ||
	    copy_from_user(&last, (void __user *)(addr + structs[kind - T_STRUCT_FIRST].size - 1),
			   1)) {
		trace_add_address(line, addr);
		return;
	}
	trace_add(line, "{");
	for (; count--; field++, name += strlen(name) + 1) {
		u64 at = addr + field->offset, value = 0;

		if (field->size && field->size <= 8 &&
		    copy_from_user(&value, (void __user *)at, field->size))
			break;
		if (field->kind == T_HOW_MODE && !value)
			continue;
		trace_add(line, "%s%s%s", any ? ", " : "", name, field->kind ? "=" : "");
		if (field->kind)
			add_field(line, field, at, value);
		any = true;
	}
	trace_add(line, "}");
}

void trace_add_sigset(struct trace_line *line, u64 mask)
{
	bool inverted = __builtin_popcountll(mask) > 32, any = false;

	trace_add(line, inverted ? "~[" : "[");
	for (unsigned sig = 1; sig <= NSIG_MAX; sig++) {
		if (!(mask & SIGMASK(sig)) != inverted)
			continue;
		trace_add(line, any ? " " : "");
		trace_add_signal(line, sig, "");
		any = true;
	}
	trace_add(line, "]");
}

void trace_add_sigaction(struct trace_line *line, u64 addr)
{
	struct kernel_sigaction sa;

	if (!addr || copy_from_user(&sa, (void __user *)addr, sizeof(sa))) {
		trace_add_address(line, addr);
		return;
	}
	if ((u64)sa.handler < 2)
		trace_add(line, "{sa_handler=%s", sa.handler ? "SIG_IGN" : "SIG_DFL");
	else
		trace_add(line, "{%s=%#llx", sa.flags & SA_SIGINFO ? "sa_sigaction" : "sa_handler",
			  (u64)sa.handler);
	trace_add(line, ", sa_mask=");
	trace_add_sigset(line, sa.mask);
	trace_add(line, ", sa_flags=");
	trace_add_names(line, T_SA, sa.flags, false);
	if (sa.flags & SA_RESTORER)
		trace_add(line, ", sa_restorer=%#llx", (u64)sa.restorer);
	trace_add(line, "}");
}

void trace_add_wait_status(struct trace_line *line, u32 status)
{
	unsigned sig = status & 0x7f;

	if (status == 0xffff) {
		trace_add(line, "[{WIFCONTINUED(s)}]");
	} else if (sig == 0x7f) {
		trace_add(line, "[{WIFSTOPPED(s) && WSTOPSIG(s) == ");
		trace_add_signal(line, (status >> 8) & 0xff, "SIG");
		trace_add(line, "}]");
	} else if (sig) {
		trace_add(line, "[{WIFSIGNALED(s) && WTERMSIG(s) == ");
		trace_add_signal(line, sig, "SIG");
		trace_add(line, "%s}]", status & 0x80 ? " && WCOREDUMP(s)" : "");
	} else {
		trace_add(line, "[{WIFEXITED(s) && WEXITSTATUS(s) == %u}]", (status >> 8) & 0xff);
	}
}

void trace_add_epoll_event(struct trace_line *line, const void *from)
{
	struct epoll_event event;

	memcpy(&event, from, sizeof(event)); /* it is packed */
	trace_add(line, "{events=");
	trace_add_names(line, T_EPOLL, event.events, false);
	trace_add(line, ", data={u32=%u, u64=%llu}}", (u32)event.data, event.data);
}
