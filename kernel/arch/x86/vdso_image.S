/* The vDSO as a file in the kernel's read-only data, whole pages. */
	.section .rodata.vdso, "a"
	.balign	4096
	.globl	vdso_image, vdso_image_end
	.hidden	vdso_image, vdso_image_end
vdso_image:
	.incbin	"vdso.so"
	.balign	4096
vdso_image_end:
	.section .note.GNU-stack, "", @progbits
