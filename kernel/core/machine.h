/* machine.h - how a run of the machine ends in an orderly way. */
#pragma once
#include "lib/annotate.h"

enum machine_end {
	MACHINE_POWER_OFF,
	MACHINE_REBOOT,
	MACHINE_HALT,
};

/* Codes for isa-debug-exit; QEMU's exit status is (code << 1) | 1. */
#define EXIT_CODE_PANIC 0x0f
#define EXIT_CODE_INIT	0x10 /* + init's exit status, up to 110 */
#define EXIT_CODE_OTHER 0x7f /* any other orderly end */

/* Writes "linnet: @why" as the last console line, tells isa-debug-exit @code
 * where there is one, and ends the machine. */
void machine_end(enum machine_end how, unsigned code, const char *why, ...) __noreturn __cold
	__printf(3, 4);

/* kernel.ctrl-alt-del: what the keys would do, 1 reboot; for a keyboard that is not there. */
extern int machine_ctrl_alt_del; /* read racily */
