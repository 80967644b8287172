#pragma once
/* Processor tables, vectors and what entry.S calls; private to arch/x86. */
#include "lib/types.h"
#include "lib/annotate.h"
#include "core/percpu.h"
#include "arch/x86/inline_thread.h"

/* Selectors, laid out as SYSCALL/SYSRET want them and as Linux's programs see
 * them.  There is no 32-bit user code segment: compatibility mode is not offered.
 */
#define SEL_KERNEL_CS	 0x10
#define SEL_KERNEL_DS	 0x18
#define SEL_USER_DS	 0x2b
#define SEL_USER_CS	 0x33
#define SEL_TSS		 0x40
#define SEL_CPU_NUMBER	 0x7b /* its limit is the CPU number: LSL, getcpu */

#define VECTOR_DB	 1
#define VECTOR_NMI	 2
#define VECTOR_DF	 8
#define VECTOR_GP	 13
#define VECTOR_PF	 14
#define VECTOR_MC	 18
#define VECTOR_IRQ_FIRST 32 /* 32..255 go to irq_dispatch() */

/* Per CPU, in this order, after x86_features_read(), x86_cpu_enable_features() and
 * with GSBASE set: GDT, TSS, IDT, SYSCALL MSRs, STAC/CLAC sites; FPU (the boot
 * CPU's needs the slab's slab_cache_init() only, not memory).
 * @ist_stacks: memory for the four interrupt stacks (CPU_IST_BYTES), or NULL
 * on the boot CPU, which has them in bss.
 */
#define CPU_IST_STACK_BYTES 4096
#define CPU_IST_BYTES	    (4 * CPU_IST_STACK_BYTES)
void x86_cpu_tables_init(unsigned cpu, void *ist_stacks);
void x86_fpu_init_cpu(bool boot_cpu);

/* The thread this CPU runs, as arch knows it. */
DECLARE_PERCPU(struct arch_thread *, x86_current_arch);
/* The frame that the interrupt being handled interrupted. */
DECLARE_PERCPU(struct user_regs *, x86_irq_regs);

/* TSS, placed so that rsp0 (the kernel stack of the current thread) is aligned.
 * Read by the CPU on entry from user mode; entry.S uses rsp2 as scratch.
 */
struct x86_tss_slot {
	u32 pad;
	struct __packed x86_tss {
		u32 reserved0;
		u64 rsp[3];
		u64 reserved1;
		u64 ist[7];
		u64 reserved2;
		u16 reserved3;
		u16 iomap_base;
	} tss;
} __aligned(128);
DECLARE_PERCPU(struct x86_tss_slot, x86_tss);

/* What user mode has in FSBASE and GSBASE now: current thread, in the kernel. */
u64 x86_user_fs_base(const struct arch_thread *self);
u64 x86_user_gs_base(const struct arch_thread *self);
void x86_set_user_fs_base(struct arch_thread *self, u64 base);
void x86_set_user_gs_base(struct arch_thread *self, u64 base);

/* FPU state of the current thread to and from a signal frame; -EFAULT. */
int x86_fpu_to_frame(void __user *area) __must_check;
int x86_fpu_from_frame(const void __user *area) __must_check;
size_t x86_fpu_frame_size(void); /* with the closing magic */
void x86_fpu_init_state(void);	 /* registers as a new program finds them */
void x86_fpu_switch(struct arch_thread *prev, struct arch_thread *next);

/* What panic() was called with (panic_entry.S). */
DECLARE_PERCPU(struct user_regs, x86_panic_regs);

/* Address at which a kernel access that faulted at @ip continues, or 0. */
u64 x86_exception_fixup(u64 ip);
