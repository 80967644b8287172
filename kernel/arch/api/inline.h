#pragma once
/* What the chosen architecture defines as inline functions, so that hot paths
 * are not calls.  ARCH_INLINE names its file.  It must define:
 *
 *   arch_irq_save() arch_irq_restore(flags) arch_irq_enable() arch_irq_disable()
 *   arch_irqs_enabled()
 *   arch_cpu_relax()		in a spin loop
 *   arch_cycles()		a cheap counter that only ever grows on one CPU
 *   ARCH_THIS_CPU(var)		lvalue: this CPU's copy of a per-CPU variable
 *   arch_percpu_self()		what to add to &var for this CPU's copy
 *   phys_to_virt(pa) virt_to_phys(va)	the direct map only
 *   the page-table cursor		see space.h
 */
#include "lib/types.h"
#include "lib/annotate.h"
#include ARCH_INLINE
