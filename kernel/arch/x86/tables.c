/*
 * The processor's own tables: GDT, TSS and IDT, and the registers that lead
 * into entry.S.
 *
 * One GDT and one TSS per CPU, one IDT for all.  The GDT has what SYSCALL and
 * SYSRET demand (kernel CS, SS in a row; user SS, CS in a row), the TSS, and a
 * descriptor whose limit is the CPU's number, which LSL hands to user mode: the
 * vDSO's getcpu.  Four vectors have interrupt stacks of their own, because they
 * can strike where the stack or GS is not the kernel's: NMI, #DB, #DF, #MC.
 * The word above each of these stacks is the CPU's GSBASE, for entry.S.
 *
 * Intel SDM vol. 3 sections 3.4.5, 6.14, 7.7.
 */
#include "arch/x86/traps.h"
#include "arch/x86/x86.h"
#include "arch/api/thread.h"
#include "core/percpu.h"
#include "core/panic.h"
#include "lib/string.h"

#define GDT_ENTRIES	   16

#define MSR_EFER	   0xc0000080
#define MSR_STAR	   0xc0000081
#define MSR_LSTAR	   0xc0000082
#define MSR_CSTAR	   0xc0000083
#define MSR_SFMASK	   0xc0000084
#define MSR_KERNEL_GS_BASE 0xc0000102
#define MSR_TSC_AUX	   0xc0000103

struct __packed table_pointer {
	u16 limit;
	u64 base;
};

struct idt_gate {
	u16 offset_low;
	u16 selector;
	u8 ist;
	u8 type;
	u16 offset_mid;
	u32 offset_high;
	u32 zero;
};

struct gdt {
	u64 entry[GDT_ENTRIES];
} __aligned(64);

enum { IST_DB = 1, IST_NMI, IST_DF, IST_MC };

DEFINE_PERCPU(struct x86_tss_slot, x86_tss);
DEFINE_PERCPU_STATIC(struct gdt, x86_gdt);

static struct idt_gate idt[256] __ro_after_init __aligned(4096);
static u8 boot_ist_stacks[CPU_IST_BYTES] __aligned(4096);

extern const char x86_vector_stubs[]; /* entry.S: 16 bytes per vector */
extern const char x86_entry_syscall[];

static const u64 gdt_template[GDT_ENTRIES] = {
	[SEL_KERNEL_CS / 8] = 0x00af9b000000ffff,
	[SEL_KERNEL_DS / 8] = 0x00cf93000000ffff,
	[SEL_USER_DS / 8] = 0x00cff3000000ffff,
	[SEL_USER_CS / 8] = 0x00affb000000ffff,
};

static void gate_set(unsigned vector, unsigned ist, unsigned dpl)
{
	u64 entry = (u64)(x86_vector_stubs + 16 * vector);

	idt[vector] = (struct idt_gate){
		.offset_low = (u16)entry,
		.selector = SEL_KERNEL_CS,
		.ist = (u8)ist,
		.type = (u8)(0x8e | dpl << 5), /* interrupt gate: IF off */
		.offset_mid = (u16)(entry >> 16),
		.offset_high = (u32)(entry >> 32),
	};
}

static void idt_init(void)
{
	for (unsigned vector = 0; vector < 256; vector++)
		gate_set(vector, 0, 0);
	gate_set(VECTOR_DB, IST_DB, 0);
	gate_set(VECTOR_NMI, IST_NMI, 0);
	gate_set(VECTOR_DF, IST_DF, 0);
	gate_set(VECTOR_MC, IST_MC, 0);
	gate_set(3, 0, 3); /* INT3 and INTO are for all */
	gate_set(4, 0, 3);
}

static void gdt_init(unsigned cpu, struct gdt *gdt, const struct x86_tss *tss)
{
	u64 base = (u64)tss, limit = sizeof(*tss) - 1;

	memcpy(gdt->entry, gdt_template, sizeof(gdt_template));
	gdt->entry[SEL_TSS / 8] = limit | (base & 0xffffff) << 16 | 0x89ull << 40 |
				  (base >> 24 & 0xff) << 56;
	gdt->entry[SEL_TSS / 8 + 1] = base >> 32;
	gdt->entry[SEL_CPU_NUMBER / 8] = 0x0040f50000000000ull | cpu; /* data, DPL 3, read-only */
}

static void tss_init(struct x86_tss *tss, u8 *stacks)
{
	for (unsigned i = 0; i < 4; i++) {
		u64 *top = (u64 *)(stacks + (i + 1) * CPU_IST_STACK_BYTES) - 2;

		*top = x86_rdmsr(MSR_GS_BASE);
		tss->ist[i] = (u64)top; /* IST number i + 1 */
	}
	tss->iomap_base = sizeof(*tss); /* no I/O ports for user mode */
}

/* Loads the descriptor tables and reloads every segment register but GS, whose
 * base is live; FS and GS selectors become null, their bases stay or become 0.
 */
static void tables_load(struct gdt *gdt)
{
	struct table_pointer gdtr = { sizeof(*gdt) - 1, (u64)gdt };
	struct table_pointer idtr = { sizeof(idt) - 1, (u64)idt };
	u64 gs_base = x86_rdmsr(MSR_GS_BASE);

	asm volatile("lgdt %0" : : "m"(gdtr) : "memory");
	asm volatile("pushq %0\n\t"
		     "leaq 1f(%%rip), %%rax\n\t"
		     "pushq %%rax\n\t"
		     "lretq\n"
		     "1:\tmovl %1, %%eax\n\t"
		     "movl %%eax, %%ss\n\t"
		     "xorl %%eax, %%eax\n\t"
		     "movl %%eax, %%ds\n\t"
		     "movl %%eax, %%es\n\t"
		     "movl %%eax, %%fs\n\t"
		     "movl %%eax, %%gs"
		     :
		     : "i"(SEL_KERNEL_CS), "i"(SEL_KERNEL_DS)
		     : "rax", "memory");
	x86_wrmsr(MSR_GS_BASE, gs_base);
	asm volatile("lidt %0" : : "m"(idtr) : "memory");
	/* No local descriptors: without this, selectors into that table read from address 0. */
	asm volatile("lldt %w0" : : "r"(0) : "memory");
	asm volatile("ltr %w0" : : "r"(SEL_TSS) : "memory");
}

/* SYSCALL masks IF, TF, DF, AC, NT, IOPL and the arithmetic flags. */
static void syscall_init(void)
{
	x86_wrmsr(MSR_EFER, x86_rdmsr(MSR_EFER) | 1);
	x86_wrmsr(MSR_STAR, (u64)(SEL_USER_DS - 8) << 48 | (u64)SEL_KERNEL_CS << 32);
	x86_wrmsr(MSR_LSTAR, (u64)x86_entry_syscall);
	x86_wrmsr(MSR_CSTAR, (u64)x86_entry_syscall); /* no compatibility mode: never used */
	x86_wrmsr(MSR_SFMASK, 0x257fd5);
	x86_wrmsr(MSR_KERNEL_GS_BASE, 0);
}

/* ---- STAC and CLAC --------------------------------------------------------- */

extern const s32 x86_stac_sites[], x86_stac_sites_end[];
extern const s32 x86_clac_sites_user[], x86_clac_sites_user_end[];
extern const s32 x86_clac_sites_entry[], x86_clac_sites_entry_end[];

static void patch_sites(const s32 *site, const s32 *end, u8 last_byte)
{
	for (; site < end; site++) {
		volatile u8 *insn = (u8 *)((u64)site + (u64)(s64)*site);

		insn[0] = 0x0f;
		insn[1] = 0x01;
		insn[2] = last_byte;
	}
}

/* The kernel's text is read-only: write protection is off while this runs. */
static void x86_patch_smap(bool have_smap)
{
	u64 cr0 = x86_cr0();

	if (!have_smap)
		return;
	x86_set_cr0(cr0 & ~BIT(16));
	patch_sites(x86_stac_sites, x86_stac_sites_end, 0xcb);
	patch_sites(x86_clac_sites_user, x86_clac_sites_user_end, 0xca);
	patch_sites(x86_clac_sites_entry, x86_clac_sites_entry_end, 0xca);
	x86_set_cr0(cr0);
	x86_cpuid(0, 0); /* serialise */
}

void x86_cpu_tables_init(unsigned cpu, void *ist_stacks)
{
	struct x86_tss *tss = &this_cpu_ptr(x86_tss)->tss;
	struct gdt *gdt = this_cpu_ptr(x86_gdt);

	if (cpu == 0)
		idt_init();
	tss_init(tss, ist_stacks ? ist_stacks : boot_ist_stacks);
	gdt_init(cpu, gdt, tss);
	tables_load(gdt);
	syscall_init();
	if (x86_features.rdtscp)
		x86_wrmsr(MSR_TSC_AUX, cpu); /* RDTSCP, RDPID: as LSL */
	if (cpu == 0)
		x86_patch_smap(x86_features.smap);
}
