#pragma once
/* Signal frames: what sigaction(2) handlers find on their stack, and the way
 * back.  Layout is the architecture's ABI.
 */
#include "lib/types.h"
#include "lib/annotate.h"

struct user_regs;
struct arch_thread;

/* A handler to run, in arch-neutral words: filled by proc/signal. */
struct signal_delivery {
	int signo;
	u64 handler;	     /* sa_handler or sa_sigaction */
	u64 restorer;	     /* sa_restorer */
	u64 sa_flags;	     /* SA_SIGINFO, SA_ONSTACK, SA_RESTORER ... */
	const void *siginfo; /* siginfo_t, 128 bytes */
	u64 mask;	     /* the mask to restore when the handler returns */
	u64 altstack_sp;     /* sigaltstack as set by the thread */
	u64 altstack_size;
	u32 altstack_flags; /* SS_*, as given to sigaltstack(2) */
};

/* What a frame gave back. */
struct signal_return {
	u64 mask;
	u64 altstack_sp;
	u64 altstack_size;
	u32 altstack_flags;
};

/* Writes the frame to the user stack and points @regs at the handler.
 * -EFAULT: the stack cannot take it (the caller forces SIGSEGV).  A caller
 * that finds SS_AUTODISARM in altstack_flags disables the altstack after.
 */
int arch_signal_deliver(struct arch_thread *self, struct user_regs *regs,
			const struct signal_delivery *delivery) __must_check;

/* rt_sigreturn(2): takes registers and FPU state back from the frame at the
 * user stack pointer.  The value is what the system call returns (the restored
 * rax); *err is -EFAULT for a frame that is not one (the caller forces SIGSEGV).
 * The caller sets WORK_FULL_EXIT, the mask and the altstack.
 */
long arch_sigreturn(struct arch_thread *self, struct user_regs *regs, struct signal_return *out,
		    int *err);

/* Is the user stack pointer inside this alternate stack? */
bool arch_on_altstack(const struct user_regs *regs, u64 altstack_sp, u64 altstack_size);
