/* PVH entry of the shim, and the last step into the kernel: the processor state
 * that Firecracker sets for the Linux 64-bit boot protocol.
 */
	.section .text.entry, "ax"
	.code32
	.globl shim_entry
shim_entry:
	cli
	cld
	mov	$shim_stack_top, %esp
	push	%ebx
	call	shim_main		/* eax = the kernel's entry */
	mov	%eax, %ebx

	mov	$0x20, %eax		/* PAE and nothing else */
	mov	%eax, %cr4
	mov	$0x9000, %eax
	mov	%eax, %cr3
	mov	$0xc0000080, %ecx
	xor	%edx, %edx
	mov	$0x100, %eax		/* LME; no NXE, no SCE */
	wrmsr
	fninit
	mov	$0xe0000011, %eax	/* PG, CD, NW, ET, PE */
	mov	%eax, %cr0
	lgdt	gdtr_ltr
	ljmp	$0x08, $1f
	.code64
1:	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %fs
	mov	%eax, %gs
	mov	%eax, %ss
	mov	$idtr, %edi
	lidt	(%rdi)
	mov	$0x18, %eax
	ltr	%ax
	mov	$gdtr, %edi
	lgdt	(%rdi)
	mov	$0x8ff0, %esp
	mov	%rsp, %rbp
	mov	$0x7000, %esi
	mov	%ebx, %eax
	push	$2
	popfq
	xor	%ebx, %ebx
	xor	%ecx, %ecx
	xor	%edx, %edx
	xor	%edi, %edi
	jmp	*%rax

	.data
	.balign 8
gdtr_ltr: .short 0x27			/* LTR reads 16 bytes; then the real limit */
	.long 0x500, 0
gdtr:	.short 0x1f
	.long 0x500, 0
idtr:	.short 7
	.long 0x520, 0

	.section .rodata
	.globl kernel_elf, kernel_elf_end
	.balign 16
kernel_elf:
	.incbin KERNEL
kernel_elf_end:

	.bss
	.balign 16
	.skip 8192
shim_stack_top:

	.section .note.Xen, "a"
	.long 4, 4, 18
	.asciz "Xen"
	.long shim_entry
	.section .note.GNU-stack, "", @progbits
