/* machine.c - the orderly end: one last line, then the power switch. */
#include "core/machine.h"
#include "arch/api/inline.h"
#include "arch/api/power.h"
#include "arch/api/smp.h"
#include "core/hooks.h"
#include "core/log.h"
#include "lib/printf.h"
#include "lib/string.h"

int machine_ctrl_alt_del = 1;

void machine_end(enum machine_end how, unsigned code, const char *why, ...)
{
	char line[160];
	va_list args;
	int len;

	len = snprintf(line, sizeof(line), "linnet: ");
	va_start(args, why);
	vsnprintf(line + len, sizeof(line) - len - 1, why, args);
	va_end(args);
	len = strlen(line);
	line[len++] = '\n';

	console_finish_all();
	if (kernel_hooks.machine_ending)
		kernel_hooks.machine_ending();
	arch_irq_disable();
	arch_stop_other_cpus();
	console_finish_all(); /* what was written since */
	console_write_all(line, len);
	arch_exit_code(code);
	if (how == MACHINE_REBOOT)
		arch_reboot();
	if (how == MACHINE_POWER_OFF)
		arch_power_off();
	arch_halt();
}
