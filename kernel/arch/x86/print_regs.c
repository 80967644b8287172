/* Registers as a panic shows them, in the layout that Linux readers know. */
#include "arch/api/backtrace.h"
#include "arch/x86/inline_thread.h"
#include "core/panic.h"

void arch_print_regs(const struct user_regs *r)
{
	panic_print("RIP: %04llx:%016llx\n", r->cs, r->ip);
	panic_print("RSP: %04llx:%016llx EFLAGS: %08llx ORIG_RAX: %016llx\n", r->ss, r->sp,
		    r->flags, r->orig_ax);
	panic_print("RAX: %016llx RBX: %016llx RCX: %016llx\n", r->ax, r->bx, r->cx);
	panic_print("RDX: %016llx RSI: %016llx RDI: %016llx\n", r->dx, r->si, r->di);
	panic_print("RBP: %016llx R08: %016llx R09: %016llx\n", r->bp, r->r8, r->r9);
	panic_print("R10: %016llx R11: %016llx R12: %016llx\n", r->r10, r->r11, r->r12);
	panic_print("R13: %016llx R14: %016llx R15: %016llx\n", r->r13, r->r14, r->r15);
}
