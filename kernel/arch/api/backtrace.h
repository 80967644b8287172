#pragma once
/* Return addresses on a kernel stack, innermost first.  @regs NULL: here.
 * By frame pointers in debug builds; else by a scan of the stack for words that
 * point into the kernel's code, of which some may be stale.  Any context.
 */
#include "lib/types.h"

struct user_regs;

void arch_backtrace(const struct user_regs *regs, void (*emit)(u64 ip, void *arg), void *arg);
/* The registers as text, several to a line, through panic_print(). */
void arch_print_regs(const struct user_regs *regs);
