/*
 * Threads: the switch, user segment bases, registers as tracers see them.
 *
 * A switch saves six registers and the stack pointer, FPU state (fpu.c) and the
 * program's FSBASE and GSBASE, which it can change without the kernel's
 * knowledge where FSGSBASE is on.  Selectors other than CS and SS are not kept:
 * in 64-bit mode they select nothing.
 *
 * How Linux differs: ds, es, fs and gs selectors read as 0 through ptrace, and
 * setting them is accepted for 0 only, since no descriptor but the flat ones exists.
 */
#include <asm/prctl.h>
#include "arch/x86/traps.h"
#include "arch/x86/x86.h"
#include "arch/x86/segment.h"
#include "arch/api/thread.h"
#include "arch/api/user.h"
#include "core/panic.h"
#include "lib/errno.h"
#include "lib/string.h"

/* What user mode may set in RFLAGS through ptrace and signal frames. */
#define FLAGS_USER  0x254dd5ull
#define FLAGS_IF    0x200ull
#define FLAGS_FIXED 0x002ull
#define FLAGS_TF    0x100ull

const char arch_platform[] = "x86_64";

void x86_switch_stack(u64 *prev_sp, u64 next_sp); /* entry.S */
void x86_thread_start(void);

/* The frame x86_switch_stack() pops. */
struct switch_frame {
	u64 r15, r14, r13, r12, bx, bp, ip;
};

void arch_thread_init(struct arch_thread *thread, void (*fn)(void *arg), void *arg, void *stack_top)
{
	struct switch_frame *frame;

	memset(thread, 0, sizeof(*thread));
	thread->stack_top = (u64)stack_top;
	thread->fpu_cpu = ~0u;
	/* Below the user registers, and so that C finds its stack aligned. */
	frame = (struct switch_frame *)((u64)arch_thread_regs(thread) - 8) - 1;
	*frame = (struct switch_frame){
		.r12 = (u64)fn,
		.r13 = (u64)arg,
		.ip = (u64)x86_thread_start,
	};
	thread->sp = (u64)frame;
}

void arch_thread_adopt(struct arch_thread *thread, void *stack_top)
{
	memset(thread, 0, sizeof(*thread));
	thread->stack_top = (u64)stack_top;
	thread->fpu_cpu = ~0u;
	this_cpu(x86_current_arch) = thread;
	this_cpu(x86_tss).tss.rsp[0] = (u64)stack_top;
}

void arch_thread_switch(struct arch_thread *prev, struct arch_thread *next)
{
	if (prev->fpu && x86_features.fsgsbase) {
		prev->fs_base = x86_rdfsbase();
		prev->gs_base = x86_rdgsbase_inactive();
	}
	x86_fpu_switch(prev, next);
	if (next->fpu) {
		if (x86_features.fsgsbase) {
			x86_wrfsbase(next->fs_base);
			x86_wrgsbase_inactive(next->gs_base);
		} else {
			x86_wrmsr(MSR_FS_BASE, next->fs_base);
			x86_wrmsr(MSR_KERNEL_GS_BASE, next->gs_base);
		}
	}
	this_cpu(x86_current_arch) = next;
	this_cpu(x86_tss).tss.rsp[0] = next->stack_top;
	x86_switch_stack(&prev->sp, next->sp);
}

/* ---- User segment bases ------------------------------------------------------ */

u64 x86_user_fs_base(const struct arch_thread *self)
{
	return x86_features.fsgsbase ? x86_rdfsbase() : self->fs_base;
}

u64 x86_user_gs_base(const struct arch_thread *self)
{
	unsigned long flags;
	u64 base;

	if (!x86_features.fsgsbase)
		return self->gs_base;
	flags = arch_irq_save();
	base = x86_rdgsbase_inactive();
	arch_irq_restore(flags);
	return base;
}

void x86_set_user_fs_base(struct arch_thread *self, u64 base)
{
	unsigned long flags = arch_irq_save();

	self->fs_base = base;
	if (x86_features.fsgsbase)
		x86_wrfsbase(base);
	else
		x86_wrmsr(MSR_FS_BASE, base);
	arch_irq_restore(flags);
}

void x86_set_user_gs_base(struct arch_thread *self, u64 base)
{
	unsigned long flags = arch_irq_save();

	self->gs_base = base;
	if (x86_features.fsgsbase)
		x86_wrgsbase_inactive(base);
	else
		x86_wrmsr(MSR_KERNEL_GS_BASE, base);
	arch_irq_restore(flags);
}

int arch_thread_fork(struct arch_thread *child, const struct arch_thread *self)
{
	int err = arch_fpu_fork(child, self);

	if (err)
		return err;
	child->fs_base = self->fpu ? x86_user_fs_base(self) : 0;
	child->gs_base = self->fpu ? x86_user_gs_base(self) : 0;
	return 0;
}

void arch_thread_set_tls(struct arch_thread *thread, u64 tls)
{
	thread->fs_base = tls;
}

/**
 * arch_prctl - segment bases and CPUID faulting of the current thread
 *
 * Return: 0 or the value; -EPERM: not a user address.  -EFAULT.  -ENODEV: no
 * CPUID faulting.  -EINVAL: unknown option.  -EOPNOTSUPP: no optional XSAVE states.
 * Source: arch_prctl(2)
 */
long arch_prctl(struct arch_thread *self, int option, unsigned long arg)
{
	switch (option) {
	case ARCH_SET_FS:
	case ARCH_SET_GS:
		if (arg >= USER_VA_END)
			return -EPERM;
		if (option == ARCH_SET_FS)
			x86_set_user_fs_base(self, arg);
		else
			x86_set_user_gs_base(self, arg);
		return 0;
	case ARCH_GET_FS:
		return arch_user_store_u64((void __user *)arg, x86_user_fs_base(self));
	case ARCH_GET_GS:
		return arch_user_store_u64((void __user *)arg, x86_user_gs_base(self));
	case ARCH_GET_CPUID:
		return 1;
	case ARCH_SET_CPUID:
		return -ENODEV;
	default:
		return -EINVAL;
	}
}

/* ---- Registers -------------------------------------------------------------- */

void regs_start(struct user_regs *regs, u64 ip, u64 sp)
{
	memset(regs, 0, sizeof(*regs));
	regs->orig_ax = ~0ull;
	regs->ip = ip;
	regs->sp = sp;
	regs->cs = SEL_USER_CS;
	regs->ss = SEL_USER_DS;
	regs->flags = FLAGS_IF | FLAGS_FIXED;
}

/* Words 0..20 of struct user_regs_struct are struct user_regs; then fs_base,
 * gs_base, ds, es, fs, gs.
 */
void arch_regs_read(const struct arch_thread *thread, bool is_current, const struct user_regs *regs,
		    u64 out[ARCH_USER_REGS_WORDS])
{
	memcpy(out, regs, sizeof(*regs));
	out[21] = is_current ? x86_user_fs_base(thread) : thread->fs_base;
	out[22] = is_current ? x86_user_gs_base(thread) : thread->gs_base;
	memset(out + 23, 0, 4 * sizeof(u64));
}

u64 arch_hwcap(void)
{
	return x86_cpuid(1, 0).d;
}

u64 arch_hwcap2(void)
{
	return x86_features.fsgsbase ? 2 : 0; /* HWCAP2_FSGSBASE */
}
