/*
 * void panic(const char *fmt, ...)
 *
 * The registers as they are at the call go to x86_panic_regs of this CPU; then core/panic.c's
 * panic_here() does the work, with the same arguments and the same return address.  So a
 * panic from C shows registers as one from an exception does.
 */
#define SEL_KERNEL_CS	0x10
#define SEL_KERNEL_DS	0x18

/* A member of struct user_regs, by its number in words. */
#define REG(n)		%gs:x86_panic_regs+8*n(%rip)

	.section .text.panic, "ax"
	.globl	panic
	.hidden	panic
	.type	panic, @function
panic:
	movq	%r15, REG(0)
	movq	%r14, REG(1)
	movq	%r13, REG(2)
	movq	%r12, REG(3)
	movq	%rbp, REG(4)
	movq	%rbx, REG(5)
	movq	%r11, REG(6)
	movq	%r10, REG(7)
	movq	%r9, REG(8)
	movq	%r8, REG(9)
	movq	%rax, REG(10)
	movq	%rcx, REG(11)
	movq	%rdx, REG(12)
	movq	%rsi, REG(13)
	movq	%rdi, REG(14)
	movq	$-1, REG(15)
	pushfq
	popq	%rax
	movq	%rax, REG(18)
	movq	(%rsp), %rax
	decq	%rax			/* within the call: what follows may be another function */
	movq	%rax, REG(16)
	movq	$SEL_KERNEL_CS, REG(17)
	leaq	8(%rsp), %rax
	movq	%rax, REG(19)
	movq	$SEL_KERNEL_DS, REG(20)
	movq	REG(10), %rax
	jmp	panic_here
	.size	panic, . - panic

	.section .note.GNU-stack, "", @progbits
