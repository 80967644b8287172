/*
 * Access to user memory.  The only instructions in the kernel that may fault on
 * a user address are here, each with a line in the exception table that says
 * where to go on when the fault cannot be resolved.  STAC and CLAC are patched
 * in at boot where the CPU has SMAP (x86_patch_smap); as assembled the sites
 * are 3-byte NOPs.  Callers checked the range (arch/x86/inline_user.h, which
 * also says which registers each routine takes).
 *
 * Bulk copies use REP MOVSQ whatever the CPU's ERMS bit says: with fast strings
 * it is as quick as REP MOVSB, and where every iteration costs (emulators)
 * eight times quicker.  They count exactly: a copy that meets a bad page stops
 * at its first byte, because a short read(2) reports what it moved.
 */
#define EFAULT	14

	.text

.macro STAC
777:	.byte	0x0f, 0x1f, 0x00
	.pushsection .rodata.x86_stac_sites, "a"
	.long	777b - .
	.popsection
.endm

.macro CLAC
777:	.byte	0x0f, 0x1f, 0x00
	.pushsection .rodata.x86_clac_sites_user, "a"
	.long	777b - .
	.popsection
.endm

.macro FIXUP insn, target
	.pushsection .rodata.x86_exception_table, "a"
	.long	\insn - ., \target - .
	.popsection
.endm

.macro TABLE section, label
	.pushsection \section, "a"
	.balign	4
	.globl	\label
	.hidden	\label
\label:
	.popsection
.endm

.macro GLOBAL name
	.balign	16
	.globl	\name
	.hidden	\name
	.type	\name, @function
\name:
.endm

	TABLE	.rodata.x86_stac_sites, x86_stac_sites
	TABLE	.rodata.x86_clac_sites_user, x86_clac_sites_user
	TABLE	.rodata.x86_exception_table, x86_exception_table

/* rdi = dst, rsi = src, rdx = len; rax = bytes not copied.  Changes rcx, r8. */
GLOBAL x86_user_copy_asm
	STAC
	cmpq	$32, %rdx
	jb	2f
	movq	%rdx, %rcx
	shrq	$3, %rcx
10:	rep movsq
	FIXUP	10b, 20f
	andl	$7, %edx
	jz	9f
	/* The tail: fewer than 32 bytes; rdx is always what is left. */
2:	cmpl	$8, %edx
	jb	3f
11:	movq	(%rsi), %r8
	FIXUP	11b, 21f
12:	movq	%r8, (%rdi)
	FIXUP	12b, 21f
	addq	$8, %rsi
	addq	$8, %rdi
	subl	$8, %edx
	jmp	2b
3:	testl	$4, %edx
	jz	4f
13:	movl	(%rsi), %r8d
	FIXUP	13b, 21f
14:	movl	%r8d, (%rdi)
	FIXUP	14b, 21f
	addq	$4, %rsi
	addq	$4, %rdi
	subl	$4, %edx
4:	testl	$2, %edx
	jz	5f
15:	movzwl	(%rsi), %r8d
	FIXUP	15b, 21f
16:	movw	%r8w, (%rdi)
	FIXUP	16b, 21f
	addq	$2, %rsi
	addq	$2, %rdi
	subl	$2, %edx
5:	testl	%edx, %edx
	jz	9f
17:	movzbl	(%rsi), %r8d
	FIXUP	17b, 21f
18:	movb	%r8b, (%rdi)
	FIXUP	18b, 21f
9:	CLAC
	xorl	%eax, %eax
	ret
	/* A fault: the rest byte by byte, up to the byte that is not there. */
20:	andl	$7, %edx
	leaq	(%rdx,%rcx,8), %rdx
21:	movq	%rdx, %rcx
22:	rep movsb
	FIXUP	22b, 23f
23:	CLAC
	movq	%rcx, %rax
	ret

/* rdi = dst, rdx = len; rax = bytes not cleared.  Changes rcx. */
GLOBAL x86_user_clear_asm
	STAC
	movq	%rdx, %rcx
	shrq	$3, %rcx
	andl	$7, %edx
	xorl	%eax, %eax
10:	rep stosq
	FIXUP	10b, 20f
	movl	%edx, %ecx
11:	rep stosb
	FIXUP	11b, 21f
	CLAC
	ret
20:	leaq	(%rdx,%rcx,8), %rcx
12:	rep stosb
	FIXUP	12b, 21f
21:	CLAC
	movq	%rcx, %rax
	ret

/* One object: address in rdi, value in rdx, eax = 0 or -EFAULT. */
.macro LOAD name, insn, reg
GLOBAL \name
	STAC
10:	\insn	(%rdi), \reg
	FIXUP	10b, x86_user_fault_value
	CLAC
	xorl	%eax, %eax
	ret
.endm
	LOAD	x86_user_load_8, movzbl, %edx
	LOAD	x86_user_load_16, movzwl, %edx
	LOAD	x86_user_load_32, movl, %edx
	LOAD	x86_user_load_64, movq, %rdx

.macro STORE name, insn, reg
GLOBAL \name
	STAC
10:	\insn	\reg, (%rdi)
	FIXUP	10b, x86_user_fault
	CLAC
	xorl	%eax, %eax
	ret
.endm
	STORE	x86_user_store_8, movb, %dl
	STORE	x86_user_store_16, movw, %dx
	STORE	x86_user_store_32, movl, %edx
	STORE	x86_user_store_64, movq, %rdx
	STORE	x86_user_xchg_32, xchgl, %edx
	STORE	x86_user_add_32, "lock xaddl", %edx

x86_user_fault_value:
	xorl	%edx, %edx
x86_user_fault:
	CLAC
	movl	$-EFAULT, %eax
	ret

/* rax = expected, then found; rdx = new; rsi = 0 or -EFAULT. */
.macro CMPXCHG name, insn, reg
GLOBAL \name
	xorl	%esi, %esi
	STAC
10:	lock \insn \reg, (%rdi)
	FIXUP	10b, x86_user_fault_cmpxchg
	CLAC
	ret
.endm
	CMPXCHG	x86_user_cmpxchg_32, cmpxchgl, %edx
	CMPXCHG	x86_user_cmpxchg_64, cmpxchgq, %rdx
x86_user_fault_cmpxchg:
	CLAC
	movl	$-EFAULT, %esi
	ret

/* long x86_user_strncpy(char *dst, const char *src, size_t size, u64 room)
 * size >= 1, room = bytes below the end of user addresses.  Copies up to and
 * with the NUL: its offset; size when there is none in time; -EFAULT.  Eight
 * bytes at a time: a word has a zero byte iff (w - 0x01..) & ~w & 0x80.. != 0.
 */
GLOBAL x86_user_strncpy
	cmpq	%rdx, %rcx
	cmovaq	%rdx, %rcx		/* rcx = bytes that may be read */
	pushq	%rbx
	movq	$0x0101010101010101, %r10
	movq	$0x8080808080808080, %r11
	xorl	%eax, %eax		/* offset */
	STAC
1:	subq	$8, %rcx
	jb	5f
10:	movq	(%rsi,%rax), %r8
	FIXUP	10b, 5f
	movq	%r8, %r9
	movq	%r8, %rbx
	notq	%rbx
	subq	%r10, %r9
	andq	%r11, %rbx
	andq	%rbx, %r9
	jnz	3f
	movq	%r8, (%rdi,%rax)
	addq	$8, %rax
	jmp	1b
3:	bsfq	%r9, %r9		/* the NUL is in this word */
	shrl	$3, %r9d
	addq	%rax, %r9
4:	movb	%r8b, (%rdi,%rax)
	incq	%rax
	shrq	$8, %r8
	cmpq	%r9, %rax
	jbe	4b
	movq	%r9, %rax
	jmp	8f
5:	addq	$8, %rcx		/* fewer than 8 left, or a page is missing */
6:	jz	9f
11:	movzbl	(%rsi,%rax), %r8d
	FIXUP	11b, 7f
	movb	%r8b, (%rdi,%rax)
	testl	%r8d, %r8d
	jz	8f
	incq	%rax
	decq	%rcx
	jmp	6b
9:	cmpq	%rdx, %rax		/* size used up, or the end of user space? */
	je	8f
7:	movq	$-EFAULT, %rax
8:	CLAC
	popq	%rbx
	ret

/* long x86_user_strnlen(const char *src, size_t max, u64 room): as above. */
GLOBAL x86_user_strnlen
	cmpq	%rsi, %rdx
	cmovaq	%rsi, %rdx
	xorl	%eax, %eax
	movq	$0x0101010101010101, %r10
	movq	$0x8080808080808080, %r11
	STAC
1:	subq	$8, %rdx
	jb	5f
10:	movq	(%rdi,%rax), %r8
	FIXUP	10b, 5f
	movq	%r8, %r9
	notq	%r8
	subq	%r10, %r9
	andq	%r11, %r8
	andq	%r8, %r9
	jnz	3f
	addq	$8, %rax
	jmp	1b
3:	bsfq	%r9, %r9
	shrl	$3, %r9d
	addq	%r9, %rax
	jmp	8f
5:	addq	$8, %rdx
6:	jz	9f
11:	cmpb	$0, (%rdi,%rax)
	FIXUP	11b, 7f
	je	8f
	incq	%rax
	decq	%rdx
	jmp	6b
9:	cmpq	%rsi, %rax
	je	8f
7:	movq	$-EFAULT, %rax
8:	CLAC
	ret

/* FPU state straight to and from a signal frame: (area rdi, mask rsi); eax = 0
 * or -EFAULT.  A forged image makes XRSTOR raise #GP, caught by the same table.
 */
.macro STATE name, insn
GLOBAL \name
	movl	%esi, %eax
	movq	%rsi, %rdx
	shrq	$32, %rdx
	STAC
10:	\insn	(%rdi)
	FIXUP	10b, x86_user_fault
	CLAC
	xorl	%eax, %eax
	ret
.endm
	STATE	x86_user_xsave, xsave64
	STATE	x86_user_xrstor, xrstor64
	STATE	x86_user_fxsave, fxsave64
	STATE	x86_user_fxrstor, fxrstor64

	TABLE	.rodata.x86_stac_sites, x86_stac_sites_end
	TABLE	.rodata.x86_clac_sites_user, x86_clac_sites_user_end
	TABLE	.rodata.x86_exception_table, x86_exception_table_end
	.section .note.GNU-stack, "", @progbits
