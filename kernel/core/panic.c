/*
 * The end of the kernel: stop the other CPUs, say why and where, tell the machine.
 *
 * One CPU panics; others that want to, wait for ever.  A panic within the panic halts.
 * panic=N (seconds) reboots after N, at once if negative; 0, the default, stays.
 */
#include "core/panic.h"
#include "arch/api/backtrace.h"
#include "arch/api/inline.h"
#include "arch/api/power.h"
#include "arch/api/smp.h"
#include "arch/api/time.h"
#include "core/hooks.h"
#include "core/log.h"
#include "core/percpu.h"
#include "core/stackprotect.h"
#include "core/symbols.h"
#include "lib/atomic.h"
#include "lib/printf.h"

#define EXIT_CODE_PANIC 0x0f
#define BACKTRACE_MAX	24

int panic_timeout;
bool panic_in_progress;
static int panic_cpu = -1; /* [a] */
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

static void print_frame(u64 ip, void *arg)
{
	u64 offset;
	const char *name = symbol_lookup(ip, &offset);

	if (++*(int *)arg > BACKTRACE_MAX)
		return;
	if (name)
		panic_print("  %#llx %s+%#llx\n", ip, name, offset);
	else
		panic_print("  %#llx\n", ip);
}

static void print_backtrace(const struct user_regs *regs)
{
	int frames = 0;

	panic_print("Call trace:\n");
	arch_backtrace(regs, print_frame, &frames);
}

void backtrace_print(void)
{
	print_backtrace(NULL);
}

static __noreturn void wait_for_ever(void)
{
	arch_irq_disable();
	for (;;)
		arch_halt();
}

static __noreturn __cold void panic_finish(const struct user_regs *regs)
{
	const char *name = NULL;
	int tid = 0;

	arch_stop_other_cpus();
	if (kernel_hooks.task_name)
		name = kernel_hooks.task_name(&tid);
	panic_print("\nKernel panic - not syncing: %s\n", message);
	panic_print("CPU: %u PID: %d Comm: %s Linnet\n", cpu_id(), tid, name ? name : "?");
	if (regs)
		arch_print_regs(regs);
	print_backtrace(regs);
	panic_print("---[ end Kernel panic - not syncing: %s ]---\n", message);
	arch_exit_code(EXIT_CODE_PANIC);
	if (panic_timeout > 0)
		arch_delay_ns(panic_timeout * 1000000000ULL);
	if (panic_timeout != 0)
		arch_reboot();
	wait_for_ever();
}

static __cold void panic_begin(const char *fmt, va_list ap)
{
	int nobody = -1, self = cpu_id();

	arch_irq_disable();
	if (!__atomic_compare_exchange_n(&panic_cpu, &nobody, self, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_SEQ_CST)) {
		if (nobody == self) {
			arch_exit_code(EXIT_CODE_PANIC);
			arch_halt();
		}
		wait_for_ever();
	}
	WRITE_ONCE(panic_in_progress, true);
	vsnprintf(message, sizeof(message), fmt, ap);
}

void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	panic_begin(fmt, ap);
	va_end(ap);
	panic_finish(NULL);
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
