/* hello - the least init: writes one line, ends the machine.  For boot figures. */
#include <sys/reboot.h>
#include <unistd.h>

int main(void)
{
	/* nopl with a displacement that reads "LIN" and a number: a mark for the counting plugin. */
	__asm__ volatile(".byte 0x0f, 0x1f, 0x80, 'L', 'I', 'N', 1");
	(void)!write(1, "hello\n", 6);
	__asm__ volatile(".byte 0x0f, 0x1f, 0x80, 'L', 'I', 'N', 2");
	return reboot(RB_POWER_OFF);
}
