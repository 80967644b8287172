#pragma once
/* Private to arch/x86: registers, features, and what its files share. */
#include "arch/api/boot_info.h"
#include "arch/api/inline.h"
#include "core/percpu.h"

/* --- Control registers and MSRs --------------------------------------------- */
#define CR0_TS		    BIT(3)
#define CR0_WP		    BIT(16)
#define CR4_PGE		    BIT(7)
#define CR4_UMIP	    BIT(11)
#define CR4_FSGSBASE	    BIT(16)
#define CR4_PCIDE	    BIT(17)
#define CR4_OSXSAVE	    BIT(18)
#define CR4_SMEP	    BIT(20)
#define CR4_SMAP	    BIT(21)
#define CR3_NOFLUSH	    BIT(63)

#define MSR_TSC		    0x10
#define MSR_APIC_BASE	    0x1b
#define MSR_TSC_DEADLINE    0x6e0
#define MSR_PAT		    0x277
#define MSR_X2APIC	    0x800
#define MSR_GS_BASE	    0xc0000101
#define MSR_KVM_WALL_CLOCK  0x4b564d00
#define MSR_KVM_SYSTEM_TIME 0x4b564d01

static __always_inline u64 x86_rdmsr(u32 msr)
{
	u32 lo, hi;

	asm volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr) : "memory");
	return (u64)hi << 32 | lo;
}

static __always_inline void x86_wrmsr(u32 msr, u64 v)
{
	asm volatile("wrmsr" : : "c"(msr), "a"((u32)v), "d"((u32)(v >> 32)) : "memory");
}

static __always_inline u64 x86_cr0(void)
{
	u64 v;

	asm volatile("movq %%cr0, %0" : "=r"(v) : : "memory");
	return v;
}

static __always_inline void x86_set_cr0(u64 v)
{
	asm volatile("movq %0, %%cr0" : : "r"(v) : "memory");
}

static __always_inline u64 x86_cr2(void)
{
	u64 v;

	asm volatile("movq %%cr2, %0" : "=r"(v));
	return v;
}

static __always_inline u64 x86_cr3(void)
{
	u64 v;

	asm volatile("movq %%cr3, %0" : "=r"(v) : : "memory");
	return v;
}

static __always_inline void x86_set_cr3(u64 v)
{
	asm volatile("movq %0, %%cr3" : : "r"(v) : "memory");
}

static __always_inline u64 x86_cr4(void)
{
	u64 v;

	asm volatile("movq %%cr4, %0" : "=r"(v) : : "memory");
	return v;
}

static __always_inline void x86_set_cr4(u64 v)
{
	asm volatile("movq %0, %%cr4" : : "r"(v) : "memory");
}

static __always_inline void x86_invlpg(vaddr_t va)
{
	asm volatile("invlpg (%0)" : : "r"(va) : "memory");
}

struct x86_cpuid {
	u32 a, b, c, d;
};

static __always_inline struct x86_cpuid x86_cpuid(u32 leaf, u32 sub)
{
	struct x86_cpuid r;

	asm volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(sub));
	return r;
}

/* --- Features (cpu.c) -------------------------------------------------------- */
struct x86_features {
	u32 max_leaf, max_ext_leaf;
	u32 hyp_base, hyp_max_leaf; /* 0: no hypervisor leaves */
	bool smep, smap, umip, fsgsbase, pcid, invpcid, xsave, x2apic, tsc_deadline;
	bool rdrand, rdseed, invariant_tsc, rdtscp, mwait, erms;
	bool hypervisor, kvm, tcg;
	u32 kvm_features;
	u32 family, model, stepping;
	char vendor[13];
};
extern struct x86_features x86_features;
void x86_features_read(void);		/* CPU 0, once */
void x86_cpu_enable_features(void);	/* each CPU: CR4, PAT */
bool x86_flag_is_off(const char *flag); /* by its name in /proc/cpuinfo: taken away at boot */

/* --- Boot (boot_early.c, boot_main.c) ---------------------------------------- */
extern u64 early_pml4[512], early_pdpt[512], early_pd[4 * 512];
extern u64 kernel_pml4[512];
extern u64 boot_entry_tsc;
extern char boot_stack[], boot_stack_top[];
extern struct boot_info boot_info;
extern paddr_t x86_kernel_root;
extern paddr_t x86_trampoline_page;
extern char trampoline_start[], trampoline_end[];
extern char ro_after_init_start[], ro_after_init_end[];
paddr_t x86_early_table(void); /* a zeroed page of the image's pool; 0: used up */

/* --- Page tables (paging.c, space.c) ----------------------------------------- */
#define X86_KERNEL_ENTRIES 16
struct x86_kernel_entry {
	u32 index;
	u64 value;
};
extern struct x86_kernel_entry x86_kernel_entries[X86_KERNEL_ENTRIES];
extern unsigned x86_kernel_nentries;
void x86_paging_init(void); /* boot: which entries every space copies */

/* --- Interrupts (apic.c, irq.c, ioapic.c, pic.c) ------------------------------- */
#define VECTOR_PIC	    0x20 /* 16 vectors, spurious or ExtINT */
#define VECTOR_DEVICE_FIRST 0x30
#define VECTOR_DEVICE_LAST  0xef
#define VECTOR_CALL	    0xfb
#define VECTOR_TIMER	    0xfc
#define VECTOR_RESCHED	    0xfd
#define VECTOR_STOP	    0xfe
#define VECTOR_SPURIOUS	    0xff

void lapic_init_boot(void);
void lapic_init_cpu(void);
u32 lapic_id(void);
void lapic_eoi(void);
void lapic_send_ipi(u32 apic_id, u32 vector);
void lapic_send_nmi(u32 apic_id);
void lapic_send_init(u32 apic_id);
void lapic_send_startup(u32 apic_id, u32 page);
u32 lapic_timer_count(void);
void lapic_timer_start(u32 count);
void lapic_timer_mode(bool deadline);
extern bool lapic_present;

void irq_init(void);
void irq_count(unsigned vector); /* one that irq_dispatch() does not see */
void pic_init(void);		 /* remap and mask */
void pic_mask(unsigned irq, bool masked);
void pic_eoi(unsigned irq);
bool pic_is_spurious(unsigned irq);

void x86_vdso_init(void);
void x86_time_early(void); /* first sample, before kmain */
void x86_time_init(void);
void x86_time_irq(void); /* the timer vector */
void x86_timer_init_cpu(void);
void x86_timer_rearm(void); /* after x86_clock_next_refine_ns changed: CPU 0, interrupts off */
void x86_clock_refine_poll(void);
bool pvclock_init(void);
void pvclock_init_cpu(void);
u64 pvclock_tsc_khz(void);
bool pvclock_stable(void);
u64 pvclock_read(void);
s64 pvclock_wall(void);

/* What is made for each CPU from now on wants to know how many there may be. */
void smp_count_possible(void);
void smp_call_interrupt(void);
void __noreturn x86_stop_this_cpu(void);
void __noreturn x86_stop_interrupt(void);
void x86_nmi_stop(void); /* returns unless this CPU is to stop */
