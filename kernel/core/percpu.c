/* Per-CPU areas and the set of CPUs that run.  See percpu.h. */
#include "core/percpu.h"
#include "core/panic.h"
#include "lib/string.h"

extern char __percpu_start[], __percpu_end[]; /* from the linker script */

uintptr_t percpu_offset[MAX_CPUS];
DEFINE_PERCPU(u32, cpu_number);
struct cpumask cpu_online_mask = { 1 }; /* the boot CPU */
u32 cpu_possible_count = 1;

size_t percpu_area_size(void)
{
	return __percpu_end - __percpu_start;
}

uintptr_t percpu_area_attach(unsigned cpu, void *area)
{
	assert(cpu < MAX_CPUS);
	memset(area, 0, percpu_area_size());
	percpu_offset[cpu] = (uintptr_t)area - (uintptr_t)__percpu_start;
	per_cpu(cpu_number, cpu) = cpu;
	return percpu_offset[cpu];
}

void cpu_set_online(unsigned cpu)
{
	cpumask_set(&cpu_online_mask, cpu);
}
