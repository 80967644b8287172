/*
 * Per-CPU variables.
 *
 * DEFINE_PERCPU puts a variable in section .data..percpu, between __percpu_start and
 * __percpu_end.  Each CPU has a copy of that area; percpu_offset[cpu] is the distance
 * from the variable to that CPU's copy.  The boot CPU uses the original, so it needs
 * no set-up and its offset is 0.  On x86 the offset sits in GSBASE, so this_cpu(v) is one
 * access through the segment.
 *
 * Every per-CPU variable starts as zero on every CPU; DEFINE_PERCPU takes no
 * initialiser (the compiler refuses one): whoever needs another value sets it for each CPU.
 *
 * The kernel is not preemptible, so thread code may hold on to this_cpu(v) until it
 * sleeps; what an interrupt also touches needs interrupts off.
 */
#pragma once

#include "arch/api/inline.h"
#include "lib/annotate.h"
#include "lib/bitops.h"
#include "lib/types.h"

#define MAX_CPUS 64

#define DEFINE_PERCPU(type, name)                                                                  \
	__percpu_data __typeof__(type) name;                                                       \
	extern __typeof__(type) name
#define DEFINE_PERCPU_STATIC(type, name) static __percpu_data __typeof__(type) name
#define DECLARE_PERCPU(type, name)	 extern __typeof__(type) name

extern uintptr_t percpu_offset[MAX_CPUS];

#define this_cpu(name)	   ARCH_THIS_CPU(name)
#define per_cpu(name, cpu) (*(__typeof__(name) *)((uintptr_t)&(name) + percpu_offset[cpu]))
/* The address of this CPU's copy, to hand to functions. */
#define this_cpu_ptr(name) ((__typeof__(name) *)((uintptr_t)&(name) + arch_percpu_self()))

DECLARE_PERCPU(u32, cpu_number);

static inline unsigned cpu_id(void)
{
	return this_cpu(cpu_number);
}

/* How much memory an area takes; page-aligned memory please. */
size_t percpu_area_size(void);
/* Make @area (percpu_area_size() bytes) the copy of @cpu, all zero but cpu_number.
 * Return: the offset for the CPU's base register. */
uintptr_t percpu_area_attach(unsigned cpu, void *area);

/* A set of CPUs. */
struct cpumask {
	u64 bits;
};

#define CPUMASK_NONE ((struct cpumask){ 0 })
#define CPUMASK_ALL  ((struct cpumask){ ~0ULL })

static inline void cpumask_set(struct cpumask *m, unsigned cpu)
{
	__atomic_fetch_or(&m->bits, 1ULL << cpu, __ATOMIC_SEQ_CST);
}
static inline void cpumask_clear(struct cpumask *m, unsigned cpu)
{
	__atomic_fetch_and(&m->bits, ~(1ULL << cpu), __ATOMIC_SEQ_CST);
}
static inline u64 cpumask_bits(const struct cpumask *m)
{
	return __atomic_load_n(&m->bits, __ATOMIC_RELAXED);
}
static inline bool cpumask_test(const struct cpumask *m, unsigned cpu)
{
	return cpumask_bits(m) >> cpu & 1;
}
static inline bool cpumask_empty(const struct cpumask *m)
{
	return cpumask_bits(m) == 0;
}
static inline unsigned cpumask_count(const struct cpumask *m)
{
	return bit_count(cpumask_bits(m));
}
static inline unsigned cpumask_first(const struct cpumask *m)
{
	return bit_ctz(cpumask_bits(m));
}

#define for_each_cpu(cpu, mask)                                                                    \
	for (u64 fc_left = cpumask_bits(mask); fc_left && ((cpu) = bit_ctz(fc_left), 1);           \
	     fc_left &= fc_left - 1)

/* CPUs that run; a CPU is added by cpu_set_online() in its own start-up. */
extern struct cpumask cpu_online_mask;
extern u32
	cpu_possible_count; /* CPUs found by the platform, at most MAX_CPUS; from arch_init() on */

#define for_each_online_cpu(cpu) for_each_cpu(cpu, &cpu_online_mask)
static inline bool cpu_online(unsigned cpu)
{
	return cpumask_test(&cpu_online_mask, cpu);
}
static inline unsigned cpu_online_count(void)
{
	return cpumask_count(&cpu_online_mask);
}
/* More than one: cheaper than to count them. */
static inline bool cpu_online_many(void)
{
	u64 online = cpumask_bits(&cpu_online_mask);

	return (online & (online - 1)) != 0;
}
void cpu_set_online(unsigned cpu);
