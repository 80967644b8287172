#pragma once
#include "lib/types.h"

/* What /proc/cpuinfo says of one CPU, as text in Linux's format for this
 * architecture.  Called on any CPU; emits whole lines.
 */
void arch_cpuinfo(unsigned cpu, void (*emit)(void *arg, const char *text), void *arg);

/* Does this kind of CPU never let a load past an older store whose address is unknown be
 * seen (Speculative Store Bypass)?  Where nobody knows it does.
 */
bool arch_store_bypass_safe(void);
