/*
 * trace_report.c - report=1: what programs asked for and is not there.
 *
 * System calls that are ENOSYS; ioctls, fcntl commands and prctl options that are refused; flags
 * and numbers with a name in a call that failed as a call with an unknown one does; paths below
 * /proc, /sys and /dev that do not exist.  Each with how often.  Printed when process 1 ends.
 */
#include "abi/fcntl.h"
#include "abi/unistd.h"
#include "arch/api/user.h"
#include "core/cmdline.h"
#include "core/log.h"
#include "core/spinlock.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "mem/user.h"
#include "syscall/trace.h"
#include "syscall/trace_internal.h"

#define ENTRIES_MAX 128
#define TEXT_MAX    96

static struct {
	struct spinlock lock;
	unsigned count; /* [l] */
	struct entry {
		unsigned times;
		char text[TEXT_MAX];
	} *entries; /* [l] ENTRIES_MAX of them, or NULL */
} report = { .lock = SPINLOCK_INIT_RANK(LOCK_THREAD_LEAF) };

static void note(const char *text)
{
	struct entry *entry;

	spin_lock(&report.lock);
	for (entry = report.entries; entry < report.entries + report.count; entry++)
		if (str_eq(entry->text, text))
			break;
	if (entry == report.entries + report.count && report.count < ENTRIES_MAX) {
		report.count++;
		strlcpy(entry->text, text, sizeof(entry->text));
	}
	if (entry < report.entries + report.count)
		entry->times++;
	spin_unlock(&report.lock);
}

/* A file of the kernel's own that a program looked for in vain. */
static void note_path(u64 addr, struct trace_line *line)
{
	char path[TEXT_MAX - 8];
	long len = arch_strncpy_from_user(path, (const char __user *)addr, sizeof(path) - 1);

	if (len < 0)
		return;
	path[sizeof(path) - 1] = '\0';
	if (!str_starts(path, "/proc/") && !str_starts(path, "/sys/") && !str_starts(path, "/dev/"))
		return;
	trace_add(line, "path %s", path);
	note(line->text);
}

/* The named flags and commands of the arguments; false: there are none. */
static bool add_asked(struct trace_line *line, const struct trace_call *call)
{
	bool any = false;

	for (int i = 0; i < TRACE_ARGS; i++) {
		enum trace_kind kind = trace_arg_kind(call->nr, i) & ~OUT;
		u64 value = call->args[i];

		if (kind == T_IOCTL_CMD || kind == T_FUTEX_OP) {
			trace_add(line, " ");
			trace_add_special(line, kind, call, i);
			any = true;
		} else if ((kind >= T_NAMES_FIRST || trace_kind_is_flags(kind)) &&
			   (value || !trace_kind_is_flags(kind))) {
			trace_add(line, " ");
			trace_add_number(line, kind, (u32)value);
			any = true;
		}
	}
	return any;
}

static bool refused(long ret)
{
	return ret == -EINVAL || ret == -EOPNOTSUPP || ret == -ENOTTY || ret == -ENODEV ||
	       ret == -EPROTONOSUPPORT || ret == -ENOPROTOOPT;
}

void trace_note(const struct trace_call *call)
{
	const char *name = syscall_name(call->nr), *text;
	struct trace_line *line;

	if (call->ret != -ENOSYS && call->ret != -ENOENT && !refused(call->ret))
		return;
	line = kmalloc(sizeof(*line));
	if (!line)
		return;
	line->len = 0;
	if (call->ret == -ENOSYS) {
		trace_add(line, "system call %llu %s", call->nr, name ? name : "");
		note(line->text);
	} else if (call->ret == -ENOENT) {
		for (int i = 0; i < 2; i++)
			if (trace_arg_kind(call->nr, i) == T_PATH)
				note_path(call->args[i], line);
	} else if (name) {
		trace_add(line, "%s", name);
		if (add_asked(line, call)) {
			trace_add(line, ": %s", trace_errno((unsigned)-call->ret, &text));
			note(line->text);
		}
	}
	kfree(line);
}

void trace_report_init(void)
{
	if (!cmdline_get_bool("report", false))
		return;
	report.entries = kzalloc(ENTRIES_MAX * sizeof(*report.entries));
	trace_activate(TRACE_REPORT, report.entries);
}

void trace_report(void)
{
	char text[TEXT_MAX + 40];
	int len;

	if (!report.entries)
		return;
	len = scnprintf(text, sizeof(text), "report: %u things were asked for and not there\n",
			report.count);
	console_write_all(text, len);
	for (unsigned i = 0; i < report.count; i++) {
		len = scnprintf(text, sizeof(text), "report: %s (%u times)\n",
				report.entries[i].text, report.entries[i].times);
		console_write_all(text, len);
	}
}
