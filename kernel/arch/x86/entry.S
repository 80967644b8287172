/*
 * Every way into the kernel from a running program or a running kernel, and
 * every way back: SYSCALL, 256 interrupt vectors, the first step of a thread.
 *
 * A frame is a struct user_regs (arch/x86/inline_thread.h), pushed once.  From
 * user mode it always ends at the top of the thread's kernel stack.
 *
 * GS.  In the kernel GSBASE is this CPU's per-CPU offset and KERNEL_GS_BASE is
 * the program's; SWAPGS changes them at the border.  An ordinary entry knows by
 * the saved CS on which side it was.  NMI, #DB, #DF and #MC can strike between
 * SYSCALL and its SWAPGS, and a program may put anything in GSBASE, so these
 * four run on stacks of their own whose top word is the CPU's right GSBASE:
 * they load it, and give back what they found.
 *
 * Exits.  A system call that left no work (thread->work, the first word of
 * struct thread, is 0) returns by SYSRET and does not reload rbx, rbp, r12-r15:
 * the C code preserved them, and whoever changes them in the frame sets
 * WORK_FULL_EXIT.  No check of the return address is needed there: it is where
 * SYSCALL was, and no program has the last page below the canonical hole.  With
 * work done the way back restores everything and proves that SYSRET can do it;
 * else, and from interrupts, by IRET.  An IRET can fault on a frame that a
 * tracer, a signal frame or an ELF header forged: x86_trap_common knows its address
 * and turns the fault into one of the program (see x86_bad_iret in traps.c).
 *
 * Intel SDM vol. 3 chapter 6, vol. 2 SYSCALL, SYSRET, SWAPGS.
 */
#define WORK_LOOP	0x27
#define WORK_FULL_EXIT	0x10
#define ENOSYS		38
#define SEL_USER_DS	0x2b
#define SEL_USER_CS	0x33
#define FLAGS_RF	0x10000
#define MSR_GS_BASE	0xc0000101
#define VECTOR_DB	1

/* Offsets in struct user_regs. */
#define R_R11	48
#define R_R10	56
#define R_R9	64
#define R_R8	72
#define R_AX	80
#define R_CX	88
#define R_DX	96
#define R_SI	104
#define R_DI	112
#define R_ORIG	120
#define R_IP	128
#define R_CS	136
#define R_FLAGS	144
#define R_SP	152
#define R_SIZE	168

/* struct x86_tss_slot: TSS.rsp0 and, as scratch, rsp2. */
#define KERNEL_SP	%gs:x86_tss+8(%rip)
#define USER_SP		%gs:x86_tss+24(%rip)

	.section .entry.text, "ax"

/* CLAC where the CPU has SMAP (x86_patch_smap); a 3-byte NOP as assembled.  Every
 * entry but SYSCALL, whose flag mask does it: a program may have AC set, and so
 * has a copy to or from user memory that was interrupted.
 */
.macro MAYBE_CLAC
777:	.byte	0x0f, 0x1f, 0x00
	.pushsection .rodata.x86_clac_sites, "a"
	.long	777b - .
	.popsection
.endm

	.pushsection .rodata.x86_clac_sites, "a"
	.balign	4
	.globl	x86_clac_sites_entry
	.hidden	x86_clac_sites_entry
x86_clac_sites_entry:
	.popsection

.macro PUSH_REST
	pushq	%rdx
	pushq	%rcx
	pushq	%rax
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
.endm

.macro POP_ALL
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rax
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
.endm

.macro GLOBAL name
	.balign	16
	.globl	\name
	.hidden	\name
	.type	\name, @function
\name:
.endm

/* ---- System calls --------------------------------------------------------- */

GLOBAL x86_entry_syscall
	swapgs
	movq	%rsp, USER_SP
	movq	KERNEL_SP, %rsp
	pushq	$SEL_USER_DS
	pushq	USER_SP
	pushq	%r11			/* flags */
	pushq	$SEL_USER_CS
	pushq	%rcx			/* ip */
	pushq	%rax			/* orig_ax */
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	$-ENOSYS
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, %rdi
	sti
	call	upcall_syscall
	movq	%rax, R_AX(%rsp)
	cli
	movq	%gs:current_thread(%rip), %rdx
	cmpl	$0, (%rdx)
	jne	syscall_slow

	movq	R_R10(%rsp), %r10
	movq	R_R9(%rsp), %r9
	movq	R_R8(%rsp), %r8
	movq	R_DX(%rsp), %rdx
	movq	R_SI(%rsp), %rsi
	movq	R_DI(%rsp), %rdi
	movq	R_IP(%rsp), %rcx
	movq	R_FLAGS(%rsp), %r11
	movq	R_SP(%rsp), %rsp
	swapgs
	sysretq

syscall_slow:
	testl	$WORK_LOOP, (%rdx)
	jz	1f
	sti
	movq	%rsp, %rdi
	call	upcall_return_to_user
	cli
	movq	%gs:current_thread(%rip), %rdx
	jmp	syscall_slow
	/* Can SYSRET do it?  It cannot restore RF.  With TF it traps at once,
	 * which is what a tracer that steps over a system call wants.
	 */
1:	testl	$WORK_FULL_EXIT, (%rdx)
	jnz	exit_by_iret
	movq	R_IP(%rsp), %rcx
	cmpq	%rcx, R_CX(%rsp)
	jne	exit_by_iret
	movq	R_FLAGS(%rsp), %r11
	cmpq	%r11, R_R11(%rsp)
	jne	exit_by_iret
	testl	$FLAGS_RF, %r11d
	jnz	exit_by_iret
	cmpl	$SEL_USER_CS, R_CS(%rsp)
	jne	exit_by_iret
	shrq	$47, %rcx
	jnz	exit_by_iret
	POP_ALL
	movq	R_SP-R_ORIG(%rsp), %rsp
	swapgs
	sysretq

/* ---- The full exit: %rsp is a struct user_regs, interrupts off ------------- */

GLOBAL x86_exit_to_user
	movq	%gs:current_thread(%rip), %rdx
	testl	$WORK_LOOP, (%rdx)
	jnz	1f
	testl	$WORK_FULL_EXIT, (%rdx)
	jnz	exit_by_iret
exit_restore:
	POP_ALL
	addq	$8, %rsp
	swapgs
	.globl	x86_iret_user
	.hidden	x86_iret_user
x86_iret_user:
	iretq

1:	sti
	movq	%rsp, %rdi
	call	upcall_return_to_user
	cli
	jmp	x86_exit_to_user

exit_by_iret:
	lock andl $~WORK_FULL_EXIT, (%rdx)
	jmp	exit_restore

/* void arch_enter_user(struct user_regs *regs) */
GLOBAL arch_enter_user
	cli
	movq	%rdi, %rsp
	jmp	x86_exit_to_user

/* ---- Exceptions ----------------------------------------------------------- */

/* On the stack: vector, error code, what the CPU pushed. */
GLOBAL x86_trap_common
	pushq	%rsi
	movq	8(%rsp), %rsi		/* vector */
	movq	%rdi, 8(%rsp)		/* its place is that of rdi */
	PUSH_REST
	cld
	MAYBE_CLAC
	movq	%rsp, %rdi
	movq	R_ORIG(%rsp), %rdx	/* error code */
	movq	$-1, R_ORIG(%rsp)
	testb	$3, R_CS(%rsp)
	jz	trap_kernel
	swapgs
trap_user:
	call	x86_trap_user		/* (regs, vector, error) */
	cli
	jmp	x86_exit_to_user

trap_kernel:
	leaq	x86_iret_user(%rip), %rcx
	cmpq	%rcx, R_IP(%rsp)
	je	trap_bad_iret
	call	x86_trap_kernel		/* (regs, vector, error) */
kernel_restore:
	POP_ALL
	addq	$8, %rsp
	iretq

trap_bad_iret:
	swapgs
	movq	%rsi, %r12
	movq	%rdx, %r13
	call	x86_bad_iret		/* the frame as if user mode had faulted */
	movq	%rax, %rsp
	movq	%rax, %rdi
	movq	%r12, %rsi
	movq	%r13, %rdx
	jmp	trap_user

/* #PF, the everyday exception, has a path of its own. */
GLOBAL x86_entry_page_fault
	pushq	%rdi
	pushq	%rsi
	PUSH_REST
	cld
	MAYBE_CLAC
	movq	%rsp, %rdi
	movq	R_ORIG(%rsp), %rsi	/* error code */
	movq	$-1, R_ORIG(%rsp)
	movq	%cr2, %rdx
	testb	$3, R_CS(%rsp)
	jz	1f
	swapgs
	sti
	call	x86_page_fault_user	/* (regs, error, addr) */
	cli
	jmp	x86_exit_to_user
1:	call	x86_page_fault_kernel	/* (regs, error, addr) */
	jmp	kernel_restore

/* ---- Interrupts ----------------------------------------------------------- */

GLOBAL x86_irq_common
	pushq	%rsi
	movq	8(%rsp), %rsi
	movq	%rdi, 8(%rsp)
	PUSH_REST
	cld
	MAYBE_CLAC
	movl	%esi, %edi
	testb	$3, R_CS(%rsp)
	jz	1f
	swapgs
	movq	%rsp, %rsi
	movq	%rsi, %gs:x86_irq_regs(%rip)
	call	irq_dispatch		/* (vector, regs) */
	jmp	x86_exit_to_user
1:	movq	%rsp, %rsi
	movq	%rsi, %gs:x86_irq_regs(%rip)
	call	irq_dispatch
	jmp	kernel_restore

/* ---- NMI, #DB, #DF, #MC: own stacks, GSBASE unknown ------------------------ */

GLOBAL x86_ist_common
	pushq	%rsi
	movq	8(%rsp), %rsi
	movq	%rdi, 8(%rsp)
	PUSH_REST
	cld
	MAYBE_CLAC
	movl	%esi, %ebx
	movq	R_ORIG(%rsp), %r14
	movq	$-1, R_ORIG(%rsp)
	testb	$3, R_CS(%rsp)
	jnz	1f

	movl	$MSR_GS_BASE, %ecx
	rdmsr
	movl	%eax, %r12d
	movl	%edx, %r13d
	movl	R_SIZE(%rsp), %eax	/* this CPU's, at the top of the stack */
	movl	R_SIZE+4(%rsp), %edx
	wrmsr
	movq	%rsp, %rdi
	movl	%ebx, %esi
	movq	%r14, %rdx
	call	x86_trap_ist		/* (regs, vector, error) */
	movl	$MSR_GS_BASE, %ecx
	movl	%r12d, %eax
	movl	%r13d, %edx
	wrmsr
	jmp	kernel_restore

1:	swapgs
	cmpl	$VECTOR_DB, %ebx
	je	2f
	movq	%rsp, %rdi
	movl	%ebx, %esi
	movq	%r14, %rdx
	call	x86_trap_ist
	POP_ALL
	addq	$8, %rsp
	swapgs
	iretq

2:	movq	%rsp, %rsi		/* a signal: move to the thread's stack */
	movq	KERNEL_SP, %rdi
	subq	$R_SIZE, %rdi
	movq	%rdi, %rsp
	movl	$R_SIZE/8, %ecx
	rep movsq
	movq	%rsp, %rdi
	movl	%ebx, %esi
	movq	%r14, %rdx
	jmp	trap_user

/* ---- The vectors: 16 bytes each, in order --------------------------------- */

	.balign	16
	.globl	x86_vector_stubs
	.hidden	x86_vector_stubs
x86_vector_stubs:
	.set	vector, 0
	.rept	256
	.balign	16
	.if vector == 14
	jmp	x86_entry_page_fault
	.elseif vector == 1 || vector == 2 || vector == 18
	pushq	$0
	pushq	$vector
	jmp	x86_ist_common
	.elseif vector == 8
	pushq	$vector
	jmp	x86_ist_common
	.elseif vector == 10 || vector == 11 || vector == 12 || vector == 13 || vector == 17 || vector == 21 || vector == 29 || vector == 30
	pushq	$vector
	jmp	x86_trap_common
	.elseif vector < 32
	pushq	$0
	pushq	$vector
	jmp	x86_trap_common
	.else
	pushq	$-1
	pushq	$vector
	jmp	x86_irq_common
	.endif
	.set	vector, vector + 1
	.endr
	.balign	16

/* ---- Threads -------------------------------------------------------------- */

/* void x86_switch_stack(u64 *prev_sp, u64 next_sp) */
GLOBAL x86_switch_stack
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret

/* Where a new thread begins: r12 its function, r13 the argument. */
GLOBAL x86_thread_start
	call	upcall_thread_start
	sti
	movq	%r13, %rdi
	call	*%r12
	call	upcall_thread_exit
	ud2

	.pushsection .rodata.x86_clac_sites, "a"
	.globl	x86_clac_sites_entry_end
	.hidden	x86_clac_sites_entry_end
x86_clac_sites_entry_end:
	.popsection
	.section .note.GNU-stack, "", @progbits
