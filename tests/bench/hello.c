/* hello - the least init: writes one line, ends the machine.  For boot figures. */
#include <sys/reboot.h>
#include <unistd.h>

#include "mark.h"

int main(void)
{
	BENCH_MARK(1);
	(void)!write(1, "hello\n", 6);
	BENCH_MARK(2);
	return reboot(RB_POWER_OFF);
}
