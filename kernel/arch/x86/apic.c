/* The local APIC, as memory or (x2APIC) as MSRs: end of interrupt, interrupts to
 * other CPUs, the per-CPU timer.  Intel SDM vol. 3 chapter 11.
 */
#include "arch/x86/x86.h"
#include "arch/api/io.h"
#include "arch/api/space.h"
#include "core/panic.h"
#include "platform/platform.h"

#define REG_ID		0x20
#define REG_TPR		0x80
#define REG_EOI		0xb0
#define REG_SVR		0xf0
#define REG_ESR		0x280
#define REG_ICR		0x300
#define REG_ICR_HIGH	0x310
#define REG_LVT_TIMER	0x320
#define REG_LVT_THERMAL 0x330
#define REG_LVT_PERF	0x340
#define REG_LVT_LINT0	0x350
#define REG_LVT_LINT1	0x360
#define REG_LVT_ERROR	0x370
#define REG_INITIAL	0x380
#define REG_CURRENT	0x390
#define REG_DIVIDE	0x3e0

#define LVT_MASKED	BIT(16)
#define LVT_NMI		0x400
#define LVT_EXTINT	0x700
#define LVT_DEADLINE	(2 << 17)
#define DIVIDE_BY_1	0xb
#define ICR_PENDING	BIT(12)
#define ICR_NMI		0x4400 /* assert */
#define ICR_INIT	0x4500 /* assert */
#define ICR_STARTUP	0x4600
#define BASE_ENABLE	BIT(11)
#define BASE_X2APIC	BIT(10)

static struct {
	u8 *regs; /* NULL: x2APIC */
	bool x2apic;
} lapic __ro_after_init;
bool lapic_present __ro_after_init;

static u32 lapic_read(unsigned reg)
{
	if (lapic.x2apic)
		return (u32)x86_rdmsr(MSR_X2APIC + reg / 16);
	return mmio_read32(lapic.regs + reg);
}

static void lapic_write(unsigned reg, u32 v)
{
	if (lapic.x2apic)
		x86_wrmsr(MSR_X2APIC + reg / 16, v);
	else
		mmio_write32(lapic.regs + reg, v);
}

u32 lapic_id(void)
{
	u32 id = lapic_read(REG_ID);

	return lapic.x2apic ? id : id >> 24;
}

void lapic_eoi(void)
{
	if (lapic.x2apic)
		x86_wrmsr(MSR_X2APIC + REG_EOI / 16, 0);
	else
		mmio_write32(lapic.regs + REG_EOI, 0);
}

/* Interrupts off: the two halves of the ICR belong together. */
static void icr_write(u32 apic_id, u32 command)
{
	if (lapic.x2apic) {
		/* MSR writes to the APIC are not ordered behind stores. */
		asm volatile("mfence; lfence" : : : "memory");
		x86_wrmsr(MSR_X2APIC + REG_ICR / 16, (u64)apic_id << 32 | command);
		return;
	}
	if (!x86_features.hypervisor)
		while (lapic_read(REG_ICR) & ICR_PENDING)
			arch_cpu_relax();
	lapic_write(REG_ICR_HIGH, apic_id << 24);
	lapic_write(REG_ICR, command);
}

void lapic_send_ipi(u32 apic_id, u32 vector)
{
	unsigned long flags = arch_irq_save();

	icr_write(apic_id, vector);
	arch_irq_restore(flags);
}

void lapic_send_nmi(u32 apic_id)
{
	lapic_send_ipi(apic_id, ICR_NMI);
}

void lapic_send_init(u32 apic_id)
{
	lapic_send_ipi(apic_id, ICR_INIT);
}

void lapic_send_startup(u32 apic_id, u32 page)
{
	lapic_send_ipi(apic_id, ICR_STARTUP | page);
}

void lapic_init_cpu(void)
{
	u64 base = x86_rdmsr(MSR_APIC_BASE);

	if (lapic.x2apic && (base & (BASE_ENABLE | BASE_X2APIC)) != (BASE_ENABLE | BASE_X2APIC)) {
		x86_wrmsr(MSR_APIC_BASE, base | BASE_ENABLE);
		x86_wrmsr(MSR_APIC_BASE, base | BASE_ENABLE | BASE_X2APIC);
	} else if (!(base & BASE_ENABLE)) {
		x86_wrmsr(MSR_APIC_BASE, base | BASE_ENABLE);
	}
	/* Without an I/O APIC, CPU 0 takes the 8259's interrupts through LINT0. */
	lapic_write(REG_LVT_LINT0, cpu_id() == 0 && !platform.nioapics ? LVT_EXTINT : LVT_MASKED);
	lapic_write(REG_LVT_LINT1, cpu_id() == 0 ? LVT_NMI : LVT_MASKED);
	lapic_write(REG_LVT_ERROR, LVT_MASKED);
	lapic_write(REG_TPR, 0);
	lapic_write(REG_SVR, 0x100 | VECTOR_SPURIOUS);
	lapic_write(REG_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
	lapic_write(REG_DIVIDE, DIVIDE_BY_1);
}

void lapic_init_boot(void)
{
	u64 base = x86_rdmsr(MSR_APIC_BASE);

	if (!(x86_cpuid(1, 0).d & BIT(9)))
		panic("this processor has no local APIC");
	lapic.x2apic = x86_features.x2apic || (base & BASE_X2APIC);
	if (!lapic.x2apic) {
		lapic.regs = arch_ioremap(base & 0xffffff000ULL, PAGE_SIZE);
		if (!lapic.regs)
			panic("no memory to map the local APIC");
	}
	lapic_present = true;
	lapic_init_cpu();
}

/* --- Timer ------------------------------------------------------------------------ */

u32 lapic_timer_count(void)
{
	return lapic_read(REG_CURRENT);
}

/* 0 stops it. */
void lapic_timer_start(u32 count)
{
	lapic_write(REG_INITIAL, count);
}

void lapic_timer_mode(bool deadline)
{
	lapic_write(REG_LVT_TIMER, VECTOR_TIMER | (deadline ? LVT_DEADLINE : 0));
	if (deadline) /* SDM 11.5.4.1: the mode before the first deadline */
		asm volatile("mfence" : : : "memory");
}
