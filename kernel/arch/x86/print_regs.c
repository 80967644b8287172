/* Registers as a panic shows them, in the layout that Linux readers know. */
#include "arch/api/backtrace.h"
#include "arch/x86/traps.h"
#include "arch/x86/x86.h"
#include "core/panic.h"
#include "core/percpu.h"
#include "core/symbols.h"

DEFINE_PERCPU(struct user_regs, x86_panic_regs); /* panic_entry.S */

const struct user_regs *arch_panic_regs(void)
{
	return this_cpu_ptr(x86_panic_regs);
}

void arch_print_regs(const struct user_regs *r)
{
	u64 offset;
	const char *name = r->cs & 3 ? NULL : symbol_lookup(r->ip, &offset);

	if (name)
		panic_print("RIP: %04llx:%s+%#llx\n", r->cs, name, offset);
	else
		panic_print("RIP: %04llx:%016llx\n", r->cs, r->ip);
	panic_print("RSP: %04llx:%016llx EFLAGS: %08llx ORIG_RAX: %016llx\n", r->ss, r->sp,
		    r->flags, r->orig_ax);
	panic_print("RAX: %016llx RBX: %016llx RCX: %016llx\n", r->ax, r->bx, r->cx);
	panic_print("RDX: %016llx RSI: %016llx RDI: %016llx\n", r->dx, r->si, r->di);
	panic_print("RBP: %016llx R08: %016llx R09: %016llx\n", r->bp, r->r8, r->r9);
	panic_print("R10: %016llx R11: %016llx R12: %016llx\n", r->r10, r->r11, r->r12);
	panic_print("R13: %016llx R14: %016llx R15: %016llx\n", r->r13, r->r14, r->r15);
}

void arch_print_machine_state(void)
{
	panic_print("CR0: %016llx CR2: %016llx CR3: %016llx CR4: %08llx\n", x86_cr0(), x86_cr2(),
		    x86_cr3(), x86_cr4());
	panic_print("Kernel offset: %#llx\n", image_slide);
}
