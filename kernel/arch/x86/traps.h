#pragma once
/* Processor tables, vectors and what entry.S calls; private to arch/x86. */
#include "lib/types.h"
#include "lib/annotate.h"
#include "arch/x86/inline_thread.h"

/* Selectors, laid out as SYSCALL/SYSRET want them and as Linux's programs see
 * them.  There is no 32-bit user code segment: compatibility mode is not offered.
 */
#define SEL_KERNEL_CS	0x10
#define SEL_KERNEL_DS	0x18
#define SEL_USER_DS	0x2b
#define SEL_USER_CS	0x33
#define SEL_TSS		0x40
#define SEL_CPU_NUMBER	0x7b		/* its limit is the CPU number: LSL, getcpu */

#define VECTOR_DB	1
#define VECTOR_NMI	2
#define VECTOR_DF	8
#define VECTOR_GP	13
#define VECTOR_PF	14
#define VECTOR_MC	18
#define VECTOR_IRQ_FIRST 32		/* 32..255 go to irq_dispatch() */

/* Per CPU, in this order, with GSBASE set: GDT, TSS, IDT, SYSCALL MSRs, FPU.
 * @ist_stacks: memory for the four interrupt stacks (CPU_IST_BYTES), or NULL
 * on the boot CPU, which has them in bss.
 */
#define CPU_IST_STACK_BYTES	4096
#define CPU_IST_BYTES		(4 * CPU_IST_STACK_BYTES)
void x86_cpu_tables_init(unsigned cpu, void *ist_stacks);
void x86_fpu_init_cpu(bool boot_cpu);

/* Boot CPU, once, after x86_cpu_tables_init(): rewrites the STAC/CLAC sites. */
void x86_patch_smap(bool have_smap);

/* Where SYSCALL and interrupts from user mode put their stack. */
void x86_set_kernel_stack(u64 stack_top);

/* arch/x86/irq.c: an external or local APIC interrupt; interrupts off. */
void irq_dispatch(unsigned vector, struct user_regs *regs);

/* Called for NMIs before they count as unknown; true when it was ours. */
extern bool (*x86_nmi_hook)(struct user_regs *regs);

/* Address at which a kernel access that faulted at @ip continues, or 0. */
u64 x86_exception_fixup(u64 ip);
