/* exit - the least static program: what exec itself costs, without a C library. */
__attribute__((noreturn)) void _start(void)
{
	__asm__ volatile("xor %edi, %edi\n\tmov $231, %eax\n\tsyscall"); /* exit_group(0) */
	__builtin_unreachable();
}
