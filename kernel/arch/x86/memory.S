/*
 * memory.S - memcpy, memmove, memset
 *
 * Replace the portable ones of lib/string.c, which are weak.  Up to 32 bytes are
 * moved as two overlapping ends, all loads before all stores, so the order does not
 * matter; up to 128 in blocks of 32; longer by rep movsq, which is one
 * instruction for eight bytes where instructions are counted and a fast path of
 * the processor where they are not.  The last eight bytes are loaded before the
 * rep and stored after it, so that a length need not be a multiple of eight.
 * Callers have the direction flag clear, as the ABI says.
 */

.macro function name
	.section .text.\name, "ax", @progbits
	.globl	\name
	.hidden	\name
	.type	\name, @function
	.balign	16
\name:
.endm

/* %rdi, %rsi, %rdx <= 32, %rax the result: returns. */
.macro copy_up_to_32
	cmp	$16, %rdx
	jb	1f
	mov	(%rsi), %rcx
	mov	8(%rsi), %r8
	mov	-16(%rsi, %rdx), %r9
	mov	-8(%rsi, %rdx), %r10
	mov	%rcx, (%rdi)
	mov	%r8, 8(%rdi)
	mov	%r9, -16(%rdi, %rdx)
	mov	%r10, -8(%rdi, %rdx)
	ret
1:	cmp	$8, %rdx
	jb	2f
	mov	(%rsi), %rcx
	mov	-8(%rsi, %rdx), %r8
	mov	%rcx, (%rdi)
	mov	%r8, -8(%rdi, %rdx)
	ret
2:	cmp	$4, %rdx
	jb	3f
	mov	(%rsi), %ecx
	mov	-4(%rsi, %rdx), %r8d
	mov	%ecx, (%rdi)
	mov	%r8d, -4(%rdi, %rdx)
	ret
3:	test	%rdx, %rdx
	jz	4f
	movzbl	(%rsi), %ecx
	movzbl	-1(%rsi, %rdx), %r8d
	cmp	$3, %rdx
	jne	5f
	movzbl	1(%rsi), %r9d
	mov	%r9b, 1(%rdi)
5:	mov	%cl, (%rdi)
	mov	%r8b, -1(%rdi, %rdx)
4:	ret
.endm

/* Longer than 32, forward; the regions may overlap with %rdi below %rsi. */
.macro copy_words
	mov	-8(%rsi, %rdx), %r8
	lea	-8(%rdi, %rdx), %r9
	lea	-1(%rdx), %rcx
	shr	$3, %rcx
	rep movsq
	mov	%r8, (%r9)
	ret
.endm

function memcpy
	mov	%rdi, %rax
	cmp	$32, %rdx
	ja	20f
	copy_up_to_32
20:	cmp	$128, %rdx
	ja	22f
	lea	-32(%rdx), %r11
21:	mov	(%rsi), %rcx		/* a block while more than 32 bytes are left */
	mov	8(%rsi), %r8
	mov	16(%rsi), %r9
	mov	24(%rsi), %r10
	mov	%rcx, (%rdi)
	mov	%r8, 8(%rdi)
	mov	%r9, 16(%rdi)
	mov	%r10, 24(%rdi)
	add	$32, %rsi
	add	$32, %rdi
	sub	$32, %r11
	ja	21b
	/* The last 32 bytes, over what the blocks did already: r11 is <= 0, end = ptr + r11 + 32. */
	mov	(%rsi, %r11), %rcx
	mov	8(%rsi, %r11), %r8
	mov	16(%rsi, %r11), %r9
	mov	24(%rsi, %r11), %r10
	mov	%rcx, (%rdi, %r11)
	mov	%r8, 8(%rdi, %r11)
	mov	%r9, 16(%rdi, %r11)
	mov	%r10, 24(%rdi, %r11)
	ret
22:	copy_words
	.size	memcpy, . - memcpy

function memmove
	mov	%rdi, %rax
	cmp	$32, %rdx
	ja	30f
	copy_up_to_32
30:	mov	%rdi, %rcx
	sub	%rsi, %rcx
	cmp	%rdx, %rcx
	jb	31f
	copy_words
	/* The destination begins inside the source: backward, the first word last. */
31:	mov	(%rsi), %r8
32:	mov	-8(%rsi, %rdx), %rcx
	mov	%rcx, -8(%rdi, %rdx)
	sub	$8, %rdx
	cmp	$8, %rdx
	ja	32b
	mov	%r8, (%rdi)
	ret
	.size	memmove, . - memmove

function memset
	mov	%rdi, %r9
	movzbl	%sil, %eax
	mov	$0x0101010101010101, %rcx
	imul	%rcx, %rax
	cmp	$64, %rdx
	ja	43f
	cmp	$8, %rdx
	jb	41f
	mov	%rax, -8(%rdi, %rdx)
	sub	$1, %rdx
	shr	$3, %rdx
	jz	44f
40:	mov	%rax, -8(%rdi, %rdx, 8)
	sub	$1, %rdx
	jnz	40b
44:	mov	%r9, %rax
	ret
41:	cmp	$4, %rdx
	jb	42f
	mov	%eax, (%rdi)
	mov	%eax, -4(%rdi, %rdx)
	mov	%r9, %rax
	ret
42:	test	%rdx, %rdx
	jz	45f
	mov	%al, (%rdi)
	mov	%al, -1(%rdi, %rdx)
	shr	$1, %rdx
	mov	%al, (%rdi, %rdx)
45:	mov	%r9, %rax
	ret
43:	mov	%rax, -8(%rdi, %rdx)
	lea	-1(%rdx), %rcx
	shr	$3, %rcx
	rep stosq
	mov	%r9, %rax
	ret
	.size	memset, . - memset

	.section .note.GNU-stack, "", @progbits
