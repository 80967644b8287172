/*
 * The end of the kernel: stop the other CPUs, say why and where, tell the machine.
 *
 * One CPU panics; others that want to, wait for ever.  A panic within the panic says so in
 * one line and goes on to the end; one within that just ends.  panic=N (seconds) reboots
 * after N, at once if negative; 0, the default, stays.
 */
#include "core/panic.h"
#include "arch/api/backtrace.h"
#include "abi/utsname.h"
#include "arch/api/inline.h"
#include "arch/api/irq.h"
#include "arch/api/power.h"
#include "arch/api/smp.h"
#include "arch/api/thread.h"
#include "arch/api/time.h"
#include "core/hooks.h"
#include "core/log.h"
#include "core/percpu.h"
#include "core/stackprotect.h"
#include "core/symbols.h"
#include "lib/atomic.h"
#include "lib/printf.h"

#define EXIT_CODE_PANIC 0x0f
#define BACKTRACE_MAX	40

int panic_timeout;
bool panic_on_unknown_nmi;
bool panic_in_progress;
static int panic_cpu = -1; /* [a] */
static unsigned nested;	   /* panic_cpu's */
static char message[256];  /* panic_cpu's */

/* See core/stackprotect.h; this value holds only until there is randomness. */
unsigned long __stack_chk_guard __ro_after_init = 0x57ac1e57ff0a0d00UL;
__noreturn void __stack_chk_fail(void);

__noreturn void __stack_chk_fail(void)
{
	panic("stack overrun in the function at %p", __builtin_return_address(0));
}

void panic_print(const char *fmt, ...)
{
	char line[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vscnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	console_write_all(line, n);
}

struct trace {
	unsigned lines, repeats;
	u64 last;
	bool exact; /* the next address is an instruction, not where a call returns to */
};

static void print_repeats(struct trace *trace)
{
	if (trace->repeats)
		panic_print("  ... %u more of these\n", trace->repeats);
	trace->repeats = 0;
}

/* A recursion is one line.  The call lies before the address that it returns to, which may be
 * another function's where the call does not return.
 */
static void print_frame(u64 ip, void *arg)
{
	struct trace *trace = arg;
	u64 call = trace->exact ? 0 : 1, offset;
	const char *name = symbol_lookup(ip - call, &offset);

	trace->exact = false;
	if (ip == trace->last) {
		trace->repeats++;
		return;
	}
	print_repeats(trace);
	trace->last = ip;
	if (trace->lines++ >= BACKTRACE_MAX)
		return;
	if (name)
		panic_print("  %#llx %s+%#llx\n", ip, name, offset + call);
	else
		panic_print("  %#llx\n", ip);
}

static void print_backtrace(const struct user_regs *regs)
{
	struct trace trace = { .exact = regs != NULL };

	panic_print("Call trace:\n");
	arch_backtrace(regs, print_frame, &trace);
	print_repeats(&trace);
}

/* Another CPU panics, and will stop this one.  It must not be stopped from here. */
static __noreturn void wait_to_be_stopped(void)
{
	for (;;)
		arch_cpu_relax();
}

/* Tells the machine, and waits or reboots as panic= says. */
static __noreturn __cold void panic_end(void)
{
	arch_exit_code(EXIT_CODE_PANIC);
	if (panic_timeout > 0)
		arch_delay_ns(panic_timeout * 1000000000ULL);
	if (panic_timeout != 0)
		arch_reboot();
	arch_halt();
}

static __noreturn __cold void panic_finish(const struct user_regs *regs)
{
	const char *name = NULL;
	int tid = 0;

	arch_stop_other_cpus();
	panic_print("\nKernel panic - not syncing: %s\n", message);
	if (kernel_hooks.task_name)
		name = kernel_hooks.task_name(&tid);
	panic_print("CPU: %u PID: %d Comm: %s Linnet " LINNET_RELEASE "%s\n", cpu_id(), tid,
		    name ? name : "kernel", arch_in_irq() ? ", in an interrupt" : "");
	arch_print_regs(regs);
	arch_print_machine_state();
	print_backtrace(regs);
	if (arch_in_irq() && arch_irq_regs() != regs) {
		panic_print("Interrupted:\n");
		arch_print_regs(arch_irq_regs());
	}
	panic_print("---[ end Kernel panic - not syncing: %s ]---\n", message);
	panic_end();
}

/* This CPU was panicking already: something above does not work. */
static __noreturn __cold void panic_nested(const char *fmt, va_list ap)
{
	static char line[160];

	if (nested++ == 0) {
		vsnprintf(line, sizeof(line), fmt, ap);
		panic_print("\nPanic within the panic: %s\n", line);
		panic_print("---[ end Kernel panic - not syncing: %s ]---\n", message);
	}
	if (nested <= 2)
		panic_end();
	arch_halt();
}

static __cold void panic_begin(const char *fmt, va_list ap)
{
	int nobody = -1, self = cpu_id();

	arch_irq_disable();
	if (!__atomic_compare_exchange_n(&panic_cpu, &nobody, self, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_SEQ_CST)) {
		if (nobody == self)
			panic_nested(fmt, ap);
		wait_to_be_stopped();
	}
	WRITE_ONCE(panic_in_progress, true);
	vsnprintf(message, sizeof(message), fmt, ap);
}

void panic_here(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	panic_begin(fmt, ap);
	va_end(ap);
	panic_finish(arch_panic_regs());
}

void panic_regs(const struct user_regs *regs, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	panic_begin(fmt, ap);
	va_end(ap);
	panic_finish(regs);
}

void panic_assert(const char *expr, const char *file, int line)
{
	panic("assertion failed: %s (%s:%d)", expr, file, line);
}
