#pragma once
/* Return addresses on a kernel stack, innermost first.  @regs NULL: here.
 * By frame pointers where the build has them; else by a scan of the stack for words that
 * point into the kernel's code, of which some may be stale.  Any context.
 */
#include "lib/types.h"

struct user_regs;

void arch_backtrace(const struct user_regs *regs, void (*emit)(u64 ip, void *arg), void *arg);
/* The registers as text, several to a line, through panic_print(). */
void arch_print_regs(const struct user_regs *regs);
/* Control registers, and how far the image was moved. */
void arch_print_machine_state(void);
/* Those with which this CPU called panic(). */
const struct user_regs *arch_panic_regs(void);
/* The program's, from its registers and frame pointers: at most @max addresses.  The
 * current thread's nofault_depth is raised; any context.
 */
void arch_user_backtrace(const struct user_regs *regs, unsigned max,
			 void (*emit)(u64 ip, void *arg), void *arg);
