/* What version the program runs on: glibc reads this note for its ABI check. */
	.section .note.Linux, "a", @note
	.balign	4
	.long	6, 4, 0
	.asciz	"Linux"
	.balign	4
	.long	0x060100
	.section .note.GNU-stack, "", @progbits
