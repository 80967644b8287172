/*
 * Signal frames, as Linux lays them out on the user stack:
 *
 *	higher addresses
 *	  interrupted stack, or the end of the alternate stack
 *	  128 bytes red zone (the interrupted stack only: x86-64 psABI)
 *	  FP_XSTATE_MAGIC2
 *	  XSAVE image, 64-byte aligned		<- uc_mcontext.fpstate
 *	  siginfo_t				<- rsi
 *	  struct ucontext			<- rdx
 *	  sa_restorer				<- rsp, 8 below a multiple of 16
 *	lower addresses
 *
 * The restorer calls rt_sigreturn(2), which finds the frame at rsp - 8 and takes
 * everything back.  A program may have written anything there: segments must be
 * the user's flat ones, flags are masked, the FPU image is checked by XRSTOR
 * itself, and an address that IRET refuses becomes the program's SIGSEGV.
 *
 * Runs in the thread that the frame is for; may fault and sleep.
 * Source: sigaction(2), sigreturn(2), sigaltstack(2), <asm/ucontext.h>,
 * <asm/sigcontext.h>.
 */
#include <asm/signal.h>
#include <asm/siginfo.h>
#include <asm/sigcontext.h>
#include <asm/ucontext.h>
#include "arch/x86/traps.h"
#include "arch/api/signal_frame.h"
#include "arch/api/thread.h"
#include "arch/api/user.h"
#include "lib/errno.h"
#include "lib/string.h"

#define RED_ZONE 128
#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1u << 31)
#endif

#define FLAGS_DF 0x400ull
#define FLAGS_TF 0x100ull
#define FLAGS_RF 0x10000ull
/* What sigreturn takes: AC RF OF DF TF SF ZF AF PF CF. */
#define FLAGS_RESTORED 0x50dd5ull

/* struct ucontext of <asm-generic/ucontext.h>, with the 8-byte kernel sigset. */
struct frame_context {
	u64 flags;
	u64 link;
	stack_t stack;
	struct sigcontext_64 mcontext;
	u64 sigmask;
};

struct frame {
	u64 restorer;
	struct frame_context uc;
	u8 siginfo[128];
};
static_assert(sizeof(struct frame) == 440, "struct rt_sigframe");
static_assert(offsetof(struct frame, uc.mcontext) == 48, "uc_mcontext");
static_assert(offsetof(struct frame, siginfo) == 312, "siginfo");

bool arch_on_altstack(const struct user_regs *regs, u64 altstack_sp, u64 altstack_size)
{
	return regs->sp > altstack_sp && regs->sp - altstack_sp <= altstack_size;
}

/* Where the frame begins, from the top; *limit: below it it must not grow. */
static u64 frame_top(const struct user_regs *regs, const struct signal_delivery *d, u64 *limit)
{
	bool on_altstack = !(d->altstack_flags & SS_AUTODISARM) &&
			   arch_on_altstack(regs, d->altstack_sp, d->altstack_size);

	*limit = 0;
	if (d->sa_flags & SA_ONSTACK && d->altstack_size && !on_altstack) {
		*limit = d->altstack_sp;
		return d->altstack_sp + d->altstack_size;
	}
	if (on_altstack)
		*limit = d->altstack_sp;
	return regs->sp - RED_ZONE;
}

static void frame_save_registers(struct sigcontext_64 *sc, const struct arch_thread *self,
				 const struct user_regs *regs, u64 mask)
{
	sc->r8 = regs->r8;
	sc->r9 = regs->r9;
	sc->r10 = regs->r10;
	sc->r11 = regs->r11;
	sc->r12 = regs->r12;
	sc->r13 = regs->r13;
	sc->r14 = regs->r14;
	sc->r15 = regs->r15;
	sc->di = regs->di;
	sc->si = regs->si;
	sc->bp = regs->bp;
	sc->bx = regs->bx;
	sc->dx = regs->dx;
	sc->ax = regs->ax;
	sc->cx = regs->cx;
	sc->sp = regs->sp;
	sc->ip = regs->ip;
	sc->flags = regs->flags;
	sc->cs = SEL_USER_CS;
	sc->gs = 0;
	sc->fs = 0;
	sc->ss = SEL_USER_DS;
	sc->err = self->trap_error;
	sc->trapno = self->trap_nr;
	sc->oldmask = mask;
	sc->cr2 = self->trap_addr;
	memset(sc->reserved1, 0, sizeof(sc->reserved1));
}

int arch_signal_deliver(struct arch_thread *self, struct user_regs *regs,
			const struct signal_delivery *d)
{
	size_t fpu_size = x86_fpu_frame_size();
	size_t len = offsetof(struct frame, siginfo);
	struct frame frame;
	u64 fpu, sp, limit;

	if (!(d->sa_flags & SA_RESTORER))
		return -EFAULT;
	sp = frame_top(regs, d, &limit);
	fpu = ALIGN_DOWN(sp - fpu_size, 64ull);
	sp = ALIGN_DOWN(fpu - sizeof(frame), 16ull) - 8;
	if (fpu >= USER_VA_END || sp >= USER_VA_END || sp <= limit)
		return -EFAULT; /* no user address, or past the alternate stack's end */

	frame.restorer = d->restorer;
	frame.uc.flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
	if (fpu_size > 512)
		frame.uc.flags |= UC_FP_XSTATE;
	frame.uc.link = 0;
	memset(&frame.uc.stack, 0, sizeof(frame.uc.stack));
	frame.uc.stack.ss_sp = (void *)d->altstack_sp;
	frame.uc.stack.ss_flags = (int)d->altstack_flags;
	frame.uc.stack.ss_size = d->altstack_size;
	frame_save_registers(&frame.uc.mcontext, self, regs, d->mask);
	frame.uc.mcontext.fpstate = fpu;
	frame.uc.sigmask = d->mask;
	if (d->sa_flags & SA_SIGINFO) {
		memcpy(frame.siginfo, d->siginfo, sizeof(frame.siginfo));
		len = sizeof(frame);
	}
	if (x86_fpu_to_frame((void __user *)fpu) ||
	    arch_copy_to_user((void __user *)sp, &frame, len))
		return -EFAULT;

	/* Commit point. */
	regs->di = (u64)d->signo;
	regs->si = sp + offsetof(struct frame, siginfo);
	regs->dx = sp + offsetof(struct frame, uc);
	regs->ax = 0;
	regs->ip = d->handler;
	regs->sp = sp;
	regs->cs = SEL_USER_CS;
	regs->ss = SEL_USER_DS;
	regs->flags &= ~(FLAGS_DF | FLAGS_RF | FLAGS_TF);
	x86_fpu_init_state();
	return 0;
}

static int frame_restore_registers(struct user_regs *regs, const struct frame_context *uc)
{
	const struct sigcontext_64 *sc = &uc->mcontext;
	u64 ss = uc->flags & UC_STRICT_RESTORE_SS ? sc->ss | 3 : SEL_USER_DS;

	if ((sc->cs | 3) != SEL_USER_CS || ss != SEL_USER_DS)
		return -EFAULT;
	regs->r8 = sc->r8;
	regs->r9 = sc->r9;
	regs->r10 = sc->r10;
	regs->r11 = sc->r11;
	regs->r12 = sc->r12;
	regs->r13 = sc->r13;
	regs->r14 = sc->r14;
	regs->r15 = sc->r15;
	regs->di = sc->di;
	regs->si = sc->si;
	regs->bp = sc->bp;
	regs->bx = sc->bx;
	regs->dx = sc->dx;
	regs->ax = sc->ax;
	regs->cx = sc->cx;
	regs->sp = sc->sp;
	regs->ip = sc->ip;
	regs->cs = SEL_USER_CS;
	regs->ss = SEL_USER_DS;
	regs->flags = (regs->flags & ~FLAGS_RESTORED) | (sc->flags & FLAGS_RESTORED);
	regs->orig_ax = ~0ull; /* no system call to restart */
	return 0;
}

long arch_sigreturn(struct arch_thread *self, struct user_regs *regs, struct signal_return *out,
		    int *err)
{
	struct frame_context uc;
	u64 frame = regs->sp - 8;

	*err = -EFAULT;
	if (arch_copy_from_user(&uc, (const void __user *)(frame + offsetof(struct frame, uc)),
				sizeof(uc)))
		return 0;
	if (frame_restore_registers(regs, &uc))
		return 0;
	if (x86_fpu_from_frame((const void __user *)uc.mcontext.fpstate))
		return 0;
	out->mask = uc.sigmask;
	out->altstack_sp = (u64)uc.stack.ss_sp;
	out->altstack_size = uc.stack.ss_size;
	out->altstack_flags = (u32)uc.stack.ss_flags;
	*err = 0;
	return (long)regs->ax;
}
