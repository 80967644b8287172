/*
 * Exceptions: what each means, and who answers for it.
 *
 * From user mode an exception is a signal, or a page fault for vm/.  In the
 * kernel it is a fault of an instruction in the exception table (user_copy.S), which
 * goes on at its fixup, or a bug: panic with the registers.  A page fault at a
 * user address from such an instruction is first offered to vm/, as the program
 * would have met it.
 *
 * Locking: none.  Interrupts: entry.S comes here with them off; those paths that
 * may sleep turn them on.
 * How Linux differs: UMIP instructions are not emulated; the vector and error
 * code that a signal frame shows (sc_trapno, sc_err, cr2) are the same.
 * Source: Intel SDM vol. 3 chapter 6; sigaction(2) for si_code.
 */
#include <asm/signal.h>
#include <asm/siginfo.h>
#include "arch/x86/traps.h"
#include "arch/x86/x86.h"
#include "arch/api/thread.h"
#include "arch/api/upcalls.h"
#include "core/log.h"
#include "core/panic.h"
#include "mem/kmap.h"
#include "mem/uio.h"
#include "lib/string.h"

#define PF_PRESENT	0x01
#define PF_WRITE	0x02
#define PF_RESERVED	0x08
#define PF_FETCH	0x10

#define FLAGS_TF	0x100
#define FLAGS_IF	0x200
#define DR6_SINGLE_STEP BIT(14)

DEFINE_PERCPU(struct arch_thread *, x86_current_arch);
DEFINE_PERCPU(struct user_regs *, x86_irq_regs);

/* Called by entry.S only. */
void x86_trap_user(struct user_regs *regs, unsigned vector, u64 error);
void x86_trap_kernel(struct user_regs *regs, unsigned vector, u64 error);
void x86_trap_ist(struct user_regs *regs, unsigned vector, u64 error);
void x86_page_fault_user(struct user_regs *regs, u64 error, u64 addr);
void x86_page_fault_kernel(struct user_regs *regs, u64 error, u64 addr);
struct user_regs *x86_bad_iret(struct user_regs *frame);

static const char *const vector_name[32] = {
	"divide error",
	"debug",
	"NMI",
	"breakpoint",
	"overflow",
	"bound range exceeded",
	"invalid opcode",
	"device not available",
	"double fault",
	"coprocessor overrun",
	"invalid TSS",
	"segment not present",
	"stack-segment fault",
	"general protection fault",
	"page fault",
	"vector 15",
	"x87 floating-point exception",
	"alignment check",
	"machine check",
	"SIMD floating-point exception",
	"virtualization exception",
	"control protection exception",
	[29] = "VMM communication exception",
	[30] = "security exception",
};

bool arch_irq_from_user(void)
{
	return this_cpu(x86_irq_regs)->cs & 3;
}

const struct user_regs *arch_irq_regs(void)
{
	return this_cpu(x86_irq_regs);
}

/* ---- Exception table -------------------------------------------------------- */

struct exception_entry {
	s32 insn, fixup; /* relative to the field itself */
};
extern const struct exception_entry x86_exception_table[], x86_exception_table_end[];

u64 x86_exception_fixup(u64 ip)
{
	const struct exception_entry *e;

	for (e = x86_exception_table; e < x86_exception_table_end; e++)
		if ((u64)&e->insn + (u64)(s64)e->insn == ip)
			return (u64)&e->fixup + (u64)(s64)e->fixup;
	return 0;
}

/* ---- User mode -------------------------------------------------------------- */

/* si_code of a floating-point exception from its unmasked status bits. */
static int fpe_code(u32 status)
{
	if (status & 0x01)
		return FPE_FLTINV;
	if (status & 0x04)
		return FPE_FLTDIV;
	if (status & 0x08)
		return FPE_FLTOVF;
	if (status & 0x12)
		return FPE_FLTUND; /* also a denormal operand */
	if (status & 0x20)
		return FPE_FLTRES;
	return 0;
}

static int x87_code(void)
{
	u16 control, status;

	asm volatile("fnstcw %0; fnstsw %1" : "=m"(control), "=m"(status));
	return fpe_code(status & ~control & 0x3f);
}

static int simd_code(void)
{
	u32 mxcsr;

	asm volatile("stmxcsr %0" : "=m"(mxcsr));
	return fpe_code(mxcsr & ~(mxcsr >> 7) & 0x3f);
}

static int debug_code(struct user_regs *regs)
{
	u64 dr6;

	asm volatile("movq %%dr6, %0" : "=r"(dr6));
	asm volatile("movq %0, %%dr6" : : "r"(0xffff0ff0ull));
	return dr6 & DR6_SINGLE_STEP ? TRAP_TRACE : TRAP_BRKPT;
}

static void trap_record(unsigned vector, u64 error, u64 addr)
{
	struct arch_thread *self = this_cpu(x86_current_arch);

	self->trap_nr = vector;
	self->trap_error = error;
	self->trap_addr = addr;
}

void x86_trap_user(struct user_regs *regs, unsigned vector, u64 error)
{
	int signo = SIGSEGV, code = SI_KERNEL;
	u64 addr = 0;

	assert_debug(!(arch_flags_read() & X86_RFLAGS_AC));
	switch (vector) {
	case 0:
		signo = SIGFPE;
		code = FPE_INTDIV;
		addr = regs->ip;
		break;
	case VECTOR_DB:
		signo = SIGTRAP;
		code = debug_code(regs);
		addr = regs->ip;
		break;
	case 3:
		signo = SIGTRAP;
		break;
	case 6:
		signo = SIGILL;
		code = ILL_ILLOPN;
		addr = regs->ip;
		break;
	case 11:
	case 12:
		signo = SIGBUS;
		break;
	case 16:
		signo = SIGFPE;
		code = x87_code();
		addr = regs->ip;
		break;
	case 17:
		signo = SIGBUS;
		code = BUS_ADRALN;
		break;
	case 19:
		signo = SIGFPE;
		code = simd_code();
		addr = regs->ip;
		break;
	case 7: /* CR0.TS and CR0.EM are never set */
		panic_regs(regs, "%s from user mode", vector_name[vector]);
	default:
		break; /* 4, 5, 10, 13 and the rare ones */
	}
	trap_record(vector, error, this_cpu(x86_current_arch)->trap_addr);
	arch_irq_enable();
	upcall_user_exception(regs, signo, code, addr);
}

static unsigned fault_flags(u64 error)
{
	return (error & PF_WRITE ? FAULT_WRITE : 0) | (error & PF_FETCH ? FAULT_EXEC : 0) |
	       (error & PF_PRESENT ? FAULT_PRESENT : 0);
}

/* Interrupts on. */
void x86_page_fault_user(struct user_regs *regs, u64 error, u64 addr)
{
	int result;

	assert_debug(!(arch_flags_read() & X86_RFLAGS_AC));
	if (unlikely(error & PF_RESERVED))
		panic_regs(regs, "page table corrupt at %#llx", addr);
	if (likely(addr < USER_SPACE_END)) {
		result = upcall_user_fault(addr, fault_flags(error) | FAULT_USER);
		if (likely(!result))
			return;
	} else {
		result = FAULT_SIGNAL(SIGSEGV, SEGV_MAPERR);
		error |= PF_PRESENT; /* says nothing about what the kernel maps */
	}
	trap_record(VECTOR_PF, error, addr);
	upcall_user_exception(regs, FAULT_SIGNO(result), FAULT_CODE(result), addr);
}

/* ---- The kernel ------------------------------------------------------------- */

static void __cold __noreturn kernel_fault(struct user_regs *regs, unsigned vector, u64 error)
{
	const char *name = vector < 32 && vector_name[vector] ? vector_name[vector] : "exception";

	panic_regs(regs, "%s in the kernel, error %#llx", name, error);
}

void x86_trap_kernel(struct user_regs *regs, unsigned vector, u64 error)
{
	u64 fixup = x86_exception_fixup(regs->ip);

	if (!fixup)
		kernel_fault(regs, vector, error);
	regs->ip = fixup;
}

void x86_page_fault_kernel(struct user_regs *regs, u64 error, u64 addr)
{
	u64 fixup = x86_exception_fixup(regs->ip);
	int result;

	if (unlikely(!fixup || addr >= USER_SPACE_END || error & PF_RESERVED))
		panic_regs(regs, "page fault in the kernel at %#llx, error %#llx%s", addr, error,
			   addr < PAGE_SIZE	  ? " (NULL pointer)" :
			   kstack_guard_hit(addr) ? " (guard page of a stack)" :
						    "");
	if (((struct thread_head *)this_cpu(current_thread))->nofault_depth) {
		regs->ip = fixup;
		return;
	}
	if (regs->flags & FLAGS_IF)
		arch_irq_enable();
	result = upcall_user_fault(addr, fault_flags(error));
	arch_irq_disable();
	if (result)
		regs->ip = fixup;
}

/* IRETQ to user mode refused @frame's forged registers.  entry.S has switched GS
 * back; the five words that IRETQ wanted are where frame->sp points, at the top
 * of this thread's stack, and the general registers were the user's already.
 * Return: the frame as if the program itself had faulted.
 */
struct user_regs *x86_bad_iret(struct user_regs *frame)
{
	struct user_regs *regs = arch_thread_regs(this_cpu(x86_current_arch));
	struct user_regs merged = *frame;

	memcpy(&merged.ip, (const void *)frame->sp, 5 * sizeof(u64));
	merged.orig_ax = ~0ull;
	/* What the signal frame will show must be returnable. */
	merged.cs = SEL_USER_CS;
	merged.ss = SEL_USER_DS;
	*regs = merged;
	return regs;
}

/* ---- Vectors with their own stack ------------------------------------------- */

/* Must not fault, sleep or take a lock.  #DB from user mode does not come here. */
void x86_trap_ist(struct user_regs *regs, unsigned vector, u64 error)
{
	switch (vector) {
	case VECTOR_NMI:
		x86_nmi_stop(); /* another CPU panicked, and this one had interrupts off */
		irq_count(vector);
		if (panic_on_unknown_nmi)
			panic_regs(regs, "NMI: not continuing");
		return;
	case VECTOR_DB:
		/* A single step that reached the kernel: no longer. */
		regs->flags &= ~(u64)FLAGS_TF;
		asm volatile("movq %0, %%dr6" : : "r"(0xffff0ff0ull));
		return;
	case VECTOR_DF:
		if (kstack_guard_hit(x86_cr2()))
			panic_regs(regs, "double fault: kernel stack overflow at %#llx", x86_cr2());
		panic_regs(regs, "double fault, cr2 %#llx", x86_cr2());
	default:
		panic_regs(regs, "%s", vector < 32 ? vector_name[vector] : "exception");
	}
}
