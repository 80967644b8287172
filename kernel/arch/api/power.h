#pragma once
/* The end of a run (arch_power_off and its kin do not return), and its beginning. */
#include "lib/types.h"
#include "lib/annotate.h"

void arch_power_off(void) __noreturn;
void arch_reboot(void) __noreturn;
void arch_halt(void) __noreturn;
/* Tells isa-debug-exit, where present; QEMU ends with (code << 1) | 1.  Returns
 * where there is none.
 */
void arch_exit_code(unsigned code);
/* Tells Firecracker's boot timer that init is about to run. */
void arch_boot_timer(void);
/* reboot=t|k|a|p|b|e, as Linux: which way to try first. */
void arch_set_reboot_method(const char *words);
