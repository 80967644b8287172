/* The end: panic, assertions. */
#pragma once

#include <stdarg.h>
#include "lib/annotate.h"
#include "lib/types.h"

#ifndef CONFIG_DEBUG
#define CONFIG_DEBUG 0
#endif

/* Shows the caller's registers and stack.  In arch: it puts them by (arch_panic_regs()) and
 * goes on to panic_here() with the same arguments.
 */
__noreturn __cold void panic(const char *fmt, ...) __printf(1, 2);
__noreturn __cold void panic_here(const char *fmt, ...) __printf(1, 2);
__noreturn __cold void panic_assert(const char *expr, const char *file, int line);
/* From a trap with its registers at hand: prints @regs (struct user_regs) too and walks its
 * stack (arch_backtrace of arch/api/backtrace.h). */
struct user_regs;
__noreturn __cold void panic_regs(const struct user_regs *regs, const char *fmt, ...)
	__printf(2, 3);
/* Straight to the consoles: for what a panic prints (arch_print_regs). */
__cold void panic_print(const char *fmt, ...) __printf(1, 2);
/* panic= on the command line: seconds before reboot, 0 wait for ever, < 0 at once. */
extern int panic_timeout;
extern bool panic_in_progress;
/* unknown_nmi_panic: somebody pressed the button to see where the kernel hangs */
extern bool panic_on_unknown_nmi;

#define assert(x)                                                                                  \
	do {                                                                                       \
		if (unlikely(!(x)))                                                                \
			panic_assert(#x, __FILE__, __LINE__);                                      \
	} while (0)
#define assert_debug(x)                                                                            \
	do {                                                                                       \
		if (CONFIG_DEBUG)                                                                  \
			assert(x);                                                                 \
	} while (0)
