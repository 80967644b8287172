#pragma once
/* FSBASE and GSBASE of user mode, by the FSGSBASE instructions. */
#include "lib/types.h"

#define MSR_FS_BASE	   0xc0000100
#define MSR_KERNEL_GS_BASE 0xc0000102

static inline u64 x86_rdfsbase(void)
{
	u64 v;

	asm volatile("rdfsbase %0" : "=r"(v) : : "memory");
	return v;
}

static inline void x86_wrfsbase(u64 v)
{
	asm volatile("wrfsbase %0" : : "r"(v) : "memory");
}

/* The program's GSBASE is the inactive one while the kernel runs.  Interrupts
 * off: only the entries that mistrust GSBASE may come between.
 */
static inline u64 x86_rdgsbase_inactive(void)
{
	u64 v;

	asm volatile("swapgs; rdgsbase %0; swapgs" : "=r"(v) : : "memory");
	return v;
}

static inline void x86_wrgsbase_inactive(u64 v)
{
	asm volatile("swapgs; wrgsbase %0; swapgs" : : "r"(v) : "memory");
}
