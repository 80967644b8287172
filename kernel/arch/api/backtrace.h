#pragma once
/* Return addresses on a kernel stack, innermost first.  @regs NULL: here.
 * A scan of the stack for words that point into the kernel's code, so that
 * release builds need no frame pointers; some may be stale.
 */
#include "lib/types.h"

struct user_regs;

void arch_backtrace(const struct user_regs *regs, void (*emit)(u64 ip, void *arg), void *arg);
