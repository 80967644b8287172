/* First instructions: three entries of CPU 0 and the one of every other CPU.
 *
 * pvh_entry		32-bit, no stack, EBX = hvm_start_info
 * multiboot2_entry	32-bit, EBX = multiboot2 information
 * linux64_entry	64-bit, loader's tables map 0-1 GiB, RSI = boot_params
 *
 * All run at the physical load address.  The 32-bit ones map 0-4 GiB and meet
 * the third in start64, which calls boot_early() (boot_early.c), still at
 * physical addresses: it copies what the loader said, relocates the image and
 * builds the kernel's tables.  Then the jump to the kernel's half.
 */
#define HEAD_PHYS	0x200048	/* linnet.lds asserts it */
#define rva(sym)	((sym) - head_start)(%ebp)	/* physical, in 32-bit code */

#define CR0_VALUE	0x80050033	/* PG AM WP NE ET MP PE */
#define CR4_EARLY	0x6a0		/* OSXMMEXCPT OSFXSR PGE PAE */
#define EFER_VALUE	0xd00		/* NXE LMA LME; SCE comes with the system calls */
#define MSR_EFER	0xc0000080
#define MSR_FS_BASE	0xc0000100
#define MSR_GS_BASE	0xc0000101

	/* Behind the multiboot2 header, which linnet.lds writes. */
	.section .head.text, "ax"
	.globl pvh_entry, multiboot2_entry, head_start
head_start:
	.code32
pvh_entry:
	mov	$0, %esi
	jmp	start32
multiboot2_entry:
	mov	$2, %esi
start32:
	cli
	cld
	rdtsc
	mov	$HEAD_PHYS, %ebp
	lea	rva(boot_stack_top), %esp
	mov	%eax, rva(boot_entry_tsc)
	mov	%edx, 4+rva(boot_entry_tsc)
	mov	%ebx, %edi

	/* Identity map of 4 GiB: in 1 GiB pages, or else 2 MiB pages. */
	lea	3+rva(early_pdpt), %eax
	mov	%eax, rva(early_pml4)
	mov	$0x80000001, %eax
	cpuid
	lea	rva(early_pdpt), %ebx
	test	$1 << 26, %edx
	jz	1f
	movl	$0x00000083, (%ebx)
	movl	$0x40000083, 8(%ebx)
	movl	$0x80000083, 16(%ebx)
	movl	$0xc0000083, 24(%ebx)
	jmp	3f
1:	lea	3+rva(early_pd), %eax
	mov	%eax, (%ebx)
	add	$0x1000, %eax
	mov	%eax, 8(%ebx)
	add	$0x1000, %eax
	mov	%eax, 16(%ebx)
	add	$0x1000, %eax
	mov	%eax, 24(%ebx)
	lea	rva(early_pd), %ebx
	mov	$0x83, %eax
	mov	$2048, %ecx
2:	mov	%eax, (%ebx)
	add	$0x200000, %eax
	add	$8, %ebx
	dec	%ecx
	jnz	2b
3:	mov	$CR4_EARLY, %eax
	mov	%eax, %cr4
	lea	rva(early_pml4), %eax
	mov	%eax, %cr3
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$0x100, %eax
	wrmsr
	mov	$CR0_VALUE, %eax
	mov	%eax, %cr0
	lea	rva(boot_gdt), %eax
	push	%eax
	pushw	$boot_gdt_end - boot_gdt - 1
	lgdt	(%esp)
	lea	rva(start64), %eax
	push	$0x10
	push	%eax
	lret

	.code64
	.globl linux64_entry
linux64_entry:
	cli
	cld
	rdtsc
	mov	%eax, boot_entry_tsc(%rip)
	mov	%edx, 4+boot_entry_tsc(%rip)
	lea	boot_stack_top(%rip), %rsp
	mov	%rsi, %rdi
	mov	$1, %esi
	lea	boot_gdt(%rip), %rax
	push	%rax
	pushw	$boot_gdt_end - boot_gdt - 1
	lgdt	(%rsp)
	lea	start64(%rip), %rax
	push	$0x10
	push	%rax
	lretq

	/* ESI = which entry, EDI/RDI = the loader's structure. */
start64:
	lea	boot_stack_top(%rip), %rsp
	mov	$0x18, %eax
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %fs
	mov	%eax, %gs
	mov	%edi, %edi
	push	%rsi
	push	%rdi
	mov	$CR4_EARLY, %eax
	mov	%rax, %cr4
	mov	$0x80000001, %eax
	cpuid
	test	$1 << 20, %edx
	jz	no_nx
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$0x900, %eax
	wrmsr
	mov	$CR0_VALUE, %eax
	mov	%rax, %cr0
	xor	%eax, %eax
	xor	%edx, %edx
	mov	$MSR_FS_BASE, %ecx
	wrmsr
	mov	$MSR_GS_BASE, %ecx
	wrmsr
	pop	%rdi
	pop	%rsi
	xor	%ebp, %ebp
	call	boot_early		/* rax = tables, rdx = run address - physical */
	.globl boot_early_done		/* where tools/linnet-gdb.py stops */
boot_early_done:
	mov	%rax, %cr3
	lea	1f(%rip), %rax
	add	%rdx, %rax
	add	%rdx, %rsp
	jmp	*%rax
1:	lea	boot_stack_top(%rip), %rsp
	lea	boot_gdt(%rip), %rax
	push	%rax
	pushw	$boot_gdt_end - boot_gdt - 1
	lgdt	(%rsp)
	lea	boot_stack_top(%rip), %rsp
	xor	%ebp, %ebp
	push	%rbp
	call	boot_main
	ud2

	/* Every table has NX bits, and there is no console yet that could say so. */
no_nx:	lea	no_nx_text(%rip), %rsi
	mov	$0x3f8, %edx
1:	lodsb
	test	%al, %al
	jz	2f
	out	%al, (%dx)
	jmp	1b
2:	mov	$0x0f, %eax		/* isa-debug-exit: a panic */
	out	%eax, $0xf4
3:	hlt
	jmp	3b
no_nx_text:
	.asciz	"Kernel panic - not syncing: this processor has no NX bit\r\n"

	.balign 8
boot_gdt:
	.quad 0, 0
	.quad 0x00af9b000000ffff	/* 0x10: code, 64-bit */
	.quad 0x00cf93000000ffff	/* 0x18: data */
boot_gdt_end:

/* Another CPU, at its run address on the trampoline's tables.  Which CPU it is
 * follows from its APIC id; struct ap_boot has what it needs (smp.c).
 */
	.text
	.globl ap_entry64
ap_entry64:
	xor	%eax, %eax
	cpuid
	mov	%eax, %r8d
	mov	$1, %eax
	cpuid
	shr	$24, %ebx
	mov	%ebx, %edi
	cmp	$11, %r8d
	jb	1f
	mov	$11, %eax
	xor	%ecx, %ecx
	cpuid
	test	%ebx, %ebx		/* 0: the leaf is not there */
	jz	1f
	mov	%edx, %edi
1:	lea	ap_boot_table(%rip), %rsi
	mov	ap_boot_count(%rip), %ecx
2:	test	%ecx, %ecx
	jz	4f
	cmp	%edi, (%rsi)
	je	3f
	add	$24, %rsi
	dec	%ecx
	jmp	2b
3:	mov	8(%rsi), %rsp
	mov	16(%rsi), %rax
	mov	%rax, %rdx
	shr	$32, %rdx
	mov	$MSR_GS_BASE, %ecx
	wrmsr
	mov	4(%rsi), %edi
	xor	%eax, %eax
	xor	%edx, %edx
	mov	$MSR_FS_BASE, %ecx
	wrmsr
	xor	%ebp, %ebp
	push	%rbp
	call	ap_main
	ud2
4:	cli				/* nobody asked for this CPU */
	hlt
	jmp	4b

/* Copied to a page below 1 MiB; smp.c fills in the four words at the end. */
	.section .trampoline, "a"
	.code16
tramp_start:
	cli
	cld
	mov	%cs, %ax
	mov	%ax, %ds
	lgdtl	tramp_gdtr - tramp_start
	mov	$CR4_EARLY, %eax
	mov	%eax, %cr4
	movl	tramp_cr3 - tramp_start, %eax
	mov	%eax, %cr3
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$0x900, %eax
	wrmsr
	mov	$CR0_VALUE, %eax
	mov	%eax, %cr0
	ljmpl	*(tramp_far - tramp_start)
	.code64
tramp64:
	mov	$0x18, %eax
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %fs
	mov	%eax, %gs
	mov	tramp_entry(%rip), %rax
	jmp	*%rax
	.balign 8
tramp_gdt:
	.quad 0, 0
	.quad 0x00af9b000000ffff
	.quad 0x00cf93000000ffff
tramp_gdt_end:
	.balign 8
	.short	0
tramp_gdtr:
	.short	tramp_gdt_end - tramp_gdt - 1
	.long	tramp_gdt - tramp_start		/* + page: smp.c */
	.balign 8
tramp_far:
	.long	tramp64 - tramp_start		/* + page: smp.c */
	.short	0x10
	.balign 8
tramp_cr3:
	.quad	0
tramp_entry:
	.quad	0
	.globl tramp_gdtr_off, tramp_far_off, tramp_cr3_off, tramp_entry_off
tramp_gdtr_off:	.short tramp_gdtr - tramp_start
tramp_far_off:	.short tramp_far - tramp_start
tramp_cr3_off:	.short tramp_cr3 - tramp_start
tramp_entry_off: .short tramp_entry - tramp_start

	.section .bss..page_aligned, "aw", @nobits
	.balign 4096
	.globl early_pml4, early_pdpt, early_pd, boot_stack_top, boot_entry_tsc, boot_stack
early_pml4:	.skip 4096
early_pdpt:	.skip 4096
early_pd:	.skip 4 * 4096
boot_stack:	.skip 16384
boot_stack_top:
boot_entry_tsc:	.skip 16
	.section .note.GNU-stack, "", @progbits
