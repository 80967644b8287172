/*
 * trace.c - strace, built in.
 *
 *	trace=WORDS	prints calls on the console; the words are in trace_filter.c
 *	report=1	at the end: what was asked for and not there (trace_report.c)
 *
 * A line is "[process or thread] " and what strace(1) prints: trace_args.c.  It is built while the
 * call begins, as far as the arguments that go in reach, and printed whole, past the log, when the
 * call returns.  Calls that do not return are printed when they begin.
 *
 * While nothing is traced the cost is the test of trace_active in upcall_syscall().
 */
#include "syscall/trace.h"
#include "abi/unistd.h"
#include "arch/api/thread.h"
#include "core/clock.h"
#include "core/cmdline.h"
#include "core/log.h"
#include "mem/slab.h"
#include "proc/process.h"
#include "syscall/stats.h"
#include "syscall/trace_internal.h"

u32 trace_active;

void trace_activate(u32 who, bool on)
{
	if (on)
		__atomic_fetch_or(&trace_active, who, __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(&trace_active, ~who, __ATOMIC_RELAXED);
}

void trace_init(void)
{
	const char *words = cmdline_get("trace");

	if (words && trace_set(words))
		log_warn(TRACE, "trace=%s: some word is no system call", words);
	trace_report_init();
}

/* ---- a call ---- */

/* Its line is finished before it begins. */
static bool does_not_return(u64 nr)
{
	return nr == __NR_exit || nr == __NR_exit_group || nr == __NR_rt_sigreturn;
}

/* The line of a call that begins, @next its first argument that is not in; NULL: not wanted. */
static struct trace_line *line_begin(const struct trace_call *call, int *next)
{
	struct trace_line *line = trace_wants(call) ? kmalloc(sizeof(*line)) : NULL;
	const char *name = syscall_name(call->nr);

	if (!line)
		return NULL;
	line->len = 0;
	trace_add(line, "[%d] ", task_number(current_task()));
	if (name)
		trace_add(line, "%s(", name);
	else
		trace_add(line, "syscall_%#llx(", call->nr);
	*next = trace_add_args(line, call, 0);
	return line;
}

static void line_print(struct trace_line *line)
{
	/* Cut, or whole: it ends. */
	line->len = min(line->len, sizeof(line->text) - 2);
	line->text[line->len++] = '\n';
	console_write_all(line->text, line->len);
}

static void line_end(struct trace_line *line, const struct trace_call *call, int next)
{
	if (trace_failed(call) || !trace_wants_failures_only()) {
		trace_add_args(line, call, next);
		trace_add(line, ")");
		trace_add_result(line, call);
		line_print(line);
	}
	kfree(line);
}

long trace_syscall(struct user_regs *regs)
{
	struct trace_call call = { .nr = (u64)regs_syscall_nr(regs) };
	struct trace_line *line;
	ktime_t begin_ns = 0;
	int next = 0;

	for (unsigned i = 0; i < TRACE_ARGS; i++)
		call.args[i] = regs_arg(regs, i);
	line = trace_active & TRACE_CALLS ? line_begin(&call, &next) : NULL;
	if (line && does_not_return(call.nr)) {
		trace_add(line, ") = ?");
		if (!trace_wants_failures_only())
			line_print(line);
		kfree(line);
		line = NULL;
	}

	if (trace_active & TRACE_STATS) {
		syscall_stat_begin(call.nr);
		begin_ns = clock_monotonic_ns();
	}
	call.ret = syscall_call(regs);
	call.done = true;
	if (begin_ns)
		syscall_stat_end(call.nr, call.ret, (u64)(clock_monotonic_ns() - begin_ns));
	if (trace_active & TRACE_REPORT && trace_failed(&call))
		trace_note(&call);
	if (line)
		line_end(line, &call, next);
	return call.ret;
}
