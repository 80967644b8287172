#pragma once
/* What /proc/cpuinfo says of one CPU, as text in Linux's format for this
 * architecture.  Called on any CPU; emits whole lines.
 */
void arch_cpuinfo(unsigned cpu, void (*emit)(void *arg, const char *text), void *arg);
