/* The two ends of the shim: PVH brings us here in 32-bit mode without a stack,
 * and Firecracker's state is what we leave with.
 */
	.section .note.Xen, "a", @note
	.balign 4
	.long 4, 4, 18
	.asciz "Xen"
	.long shim_start

	.text
	.code32
	.globl shim_start
shim_start:
	cli
	cld
	mov	$stack_top, %esp
	push	%ebx
	call	shim_main
1:	hlt
	jmp	1b

/* void shim_leave(u32 entry): 32-bit, flat, paging off; the tables at 0x9000 and
 * the GDT at 0x500 stand.  Never returns.
 */
	.globl shim_leave
shim_leave:
	mov	4(%esp), %eax
	mov	%eax, shim_target
	lgdt	gdtr
	lidt	idtr
	mov	$0x18, %eax		/* in 32-bit mode, where a TSS takes one slot of the GDT */
	ltr	%ax
	fninit
	mov	$0x20, %eax		/* PAE; OSFXSR stays off */
	mov	%eax, %cr4
	mov	$0x9000, %eax
	mov	%eax, %cr3
	mov	$0xc0000080, %ecx	/* EFER: LME alone */
	mov	$0x100, %eax
	xor	%edx, %edx
	wrmsr
	mov	$0xe0000011, %eax	/* PG CD NW ET PE */
	mov	%eax, %cr0
	ljmp	$8, $2f
	.code64
2:	mov	$0x10, %eax
	mov	%eax, %ss
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %fs
	mov	%eax, %gs
	mov	$0x8ff0, %esp
	mov	%rsp, %rbp
	xor	%eax, %eax
	xor	%ebx, %ebx
	xor	%ecx, %ecx
	xor	%edx, %edx
	xor	%edi, %edi
	xor	%r8d, %r8d
	xor	%r9d, %r9d
	xor	%r10d, %r10d
	xor	%r11d, %r11d
	xor	%r12d, %r12d
	xor	%r13d, %r13d
	xor	%r14d, %r14d
	xor	%r15d, %r15d
	mov	$0x7000, %esi
	push	$2			/* the xors have set flags */
	popfq
	jmp	*shim_target(%rip)

	.data
	.balign 8
shim_target:
	.quad 0
gdtr:	.short 31
	.long 0x500
	.short 0
idtr:	.short 7
	.long 0x520

	.bss
	.balign 16
	.skip 16384
stack_top:
	.section .note.GNU-stack, "", @progbits
