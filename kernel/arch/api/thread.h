#pragma once
/* Threads as the processor sees them: saved registers, FPU state, user
 * segment bases.  struct arch_thread and struct user_regs and the inline
 * accessors come from the chosen architecture; everything here is the contract.
 *
 * The registers of user mode lie at the top of the kernel stack, at
 * arch_thread_regs(), while a thread is in the kernel.
 */
#include "lib/types.h"
#include "lib/annotate.h"
#include ARCH_INLINE

#ifndef ARCH_INLINE_THREAD
#define ARCH_INLINE_THREAD "arch/x86/inline_thread.h"
#endif
#include ARCH_INLINE_THREAD

/* Inline, from ARCH_INLINE_THREAD:
 *
 * long regs_syscall_nr(regs)		-1 when not in a system call
 * void regs_set_syscall_nr(regs, nr)	tracers; -1 skips the call and any restart
 * u64 regs_arg(regs, n)		system call argument 0..5
 * void regs_set_arg(regs, n, value)
 * long regs_return(regs)		what a system call returned
 * void regs_set_return(regs, value)
 * u64 regs_ip(regs), regs_sp(regs)
 * void regs_set_ip(regs, ip), regs_set_sp(regs, sp)	then WORK_FULL_EXIT is needed
 * void regs_restart(regs)		makes the system call happen again
 * void regs_restart_with(regs, nr)	the same with another number (restart_syscall)
 * void regs_start(regs, ip, sp)	all registers as a new program finds them
 * struct user_regs *arch_thread_regs(const struct arch_thread *)
 */

/* Prepares a thread that will call fn(arg) on the stack that ends at
 * @stack_top (16-byte aligned) when it is first switched to.
 */
void arch_thread_init(struct arch_thread *thread, void (*fn)(void *arg), void *arg,
		      void *stack_top);

/* Frees what arch_thread owns (the FPU area).  Not the current thread. */
void arch_thread_fini(struct arch_thread *thread);

/* The boot thread of a CPU: running already, on the stack ending at @stack_top. */
void arch_thread_adopt(struct arch_thread *thread, void *stack_top);

/* Saves @prev, continues @next where it stopped.  Interrupts off.  Address
 * spaces are the caller's matter.
 */
void arch_thread_switch(struct arch_thread *prev, struct arch_thread *next);

/* @child gets a copy of the user-visible state of the current thread @self
 * beside the general registers: FPU and segment bases.  -ENOMEM.
 */
int arch_thread_fork(struct arch_thread *child, const struct arch_thread *self) __must_check;
/* The same by the name of its dearer half. */
int arch_fpu_fork(struct arch_thread *child, const struct arch_thread *self) __must_check;

/* The current thread @self gets the state of a new program: FPU, segment
 * bases.  -ENOMEM only for a thread that never had FPU state (call
 * arch_fpu_prepare() before the point of no return).
 */
int arch_fpu_prepare(struct arch_thread *self) __must_check;
void arch_fpu_reset(struct arch_thread *self);

/* clone(CLONE_SETTLS): the thread pointer of a thread that is not running. */
void arch_thread_set_tls(struct arch_thread *thread, u64 tls);

/* Leaves the kernel with @regs; never returns.  Does pending work first. */
void __noreturn arch_enter_user(struct user_regs *regs);

/* arch_prctl(2) for the current thread.  -EINVAL, -EPERM, -EFAULT, -ENODEV. */
long arch_prctl(struct arch_thread *self, int option, unsigned long arg);

/* Core dumps: registers as struct user_regs_struct (<asm/user_64.h>,
 * 27 words), FPU as struct user_i387_struct (512 bytes) and as the XSAVE
 * image.  The thread must be current or not running.
 */
#define ARCH_USER_REGS_WORDS 27
void arch_regs_read(const struct arch_thread *thread, bool is_current, const struct user_regs *regs,
		    u64 out[ARCH_USER_REGS_WORDS]);
size_t arch_fpu_size(void);					   /* bytes of the XSAVE image */
void *arch_fpu_image(struct arch_thread *thread, bool is_current); /* NULL: no FPU state */

/* In an interrupt handler: did it interrupt user mode? */
bool arch_irq_from_user(void);
/* The registers that it interrupted. */
const struct user_regs *arch_irq_regs(void);

/* ELF auxiliary vector. */
u64 arch_hwcap(void);		   /* AT_HWCAP */
u64 arch_hwcap2(void);		   /* AT_HWCAP2 */
size_t arch_minsigstksz(void);	   /* AT_MINSIGSTKSZ */
extern const char arch_platform[]; /* AT_PLATFORM, uname -m: "x86_64" */
