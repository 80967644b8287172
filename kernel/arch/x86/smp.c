/* Other CPUs: starting them, and calling functions on them.
 *
 * Start.  Every CPU that firmware listed gets its per-CPU area, stack and
 * interrupt stacks; then INIT and STARTUP go to all, without the delays that
 * hardware of the nineties needed, and the boot goes on.  A CPU finds its entry
 * of ap_boot_table by its APIC id.  arch_wait_cpus() collects them before init
 * starts, and starts stragglers once more; ap_state decides whether a CPU that
 * comes late still may, or waits to be reset.
 *
 * Calls.  A sender owns one struct call: function, argument, how many CPUs still
 * have to run it.  It sets its bit in the pending word of every target and sends
 * the interrupt; a target takes all bits at once and runs the calls of those
 * senders.  A sender that waits with interrupts off runs what it is asked
 * meanwhile, so two CPUs calling each other do not deadlock.
 */
#include "arch/x86/x86.h"
#include "arch/x86/traps.h"
#include "arch/api/smp.h"
#include "arch/api/time.h"
#include "arch/api/upcalls.h"
#include "core/cmdline.h"
#include "core/log.h"
#include "core/panic.h"
#include "lib/string.h"
#include "mem/kmap.h"
#include "mem/page.h"
#include "platform/platform.h"

/* Read by ap_entry64; its layout is known there. */
struct ap_boot {
	u32 apic_id, cpu;
	u64 stack_top;
	u64 gs_base;
};
static_assert(sizeof(struct ap_boot) == 24, "boot_entry.S");
extern struct ap_boot ap_boot_table[MAX_CPUS];
extern u32 ap_boot_count;
struct ap_boot ap_boot_table[MAX_CPUS]; /* [I] once the CPUs are started */
u32 ap_boot_count;

enum { AP_AWAITED, AP_ALIVE, AP_TO_BE_RESET };

#define STOP_WAIT_MS 20

static struct {
	u32 apic_id[MAX_CPUS];
	void *ist[MAX_CPUS];
	u32 ap_state[MAX_CPUS]; /* [a] AP_* */
	u64 started;
	bool stopping; /* [a] */
	u64 stopped;   /* [a] CPUs that obeyed */
	u32 stopper;   /* [I] once stopping */
} smp;

void ap_entry64(void);
void ap_main(unsigned cpu);

/* --- Calls ----------------------------------------------------------------------------- */

struct call {
	void (*fn)(void *arg);
	void *arg;
	u32 left; /* [a] targets that have not run it */
};
DEFINE_PERCPU_STATIC(struct call, call_mine); /* sender's */
DEFINE_PERCPU_STATIC(u64, call_pending);      /* [a] senders, by bit; target's */

void smp_call_poll(void)
{
	u64 pending;

	if (!READ_ONCE(this_cpu(call_pending)))
		return;
	pending = __atomic_exchange_n(this_cpu_ptr(call_pending), 0, __ATOMIC_SEQ_CST);
	while (pending) {
		struct call *call = &per_cpu(call_mine, bit_ctz(pending));

		pending &= pending - 1;
		call->fn(call->arg);
		__atomic_fetch_sub(&call->left, 1, __ATOMIC_SEQ_CST);
	}
}

void smp_call_interrupt(void)
{
	smp_call_poll();
}

static void call_wait(struct call *call)
{
	unsigned long flags;

	while (__atomic_load_n(&call->left, __ATOMIC_ACQUIRE)) {
		flags = arch_irq_save();
		smp_call_poll();
		arch_irq_restore(flags);
		arch_cpu_relax();
	}
}

void smp_call_function_mask(u64 mask, void (*fn)(void *arg), void *arg, bool wait)
{
	unsigned self = cpu_id(), cpu;
	struct call *call;
	unsigned long flags;
	struct cpumask targets;

	mask &= cpumask_bits(&cpu_online_mask) & ~BIT(self);
	if (!mask || READ_ONCE(smp.stopping))
		return;
	flags = arch_irq_save();
	call = this_cpu_ptr(call_mine);
	call_wait(call); /* an earlier one without wait */
	call->fn = fn;
	call->arg = arg;
	targets.bits = mask;
	__atomic_store_n(&call->left, bit_count(mask), __ATOMIC_RELEASE);
	for_each_cpu(cpu, &targets)
		if (!__atomic_fetch_or(&per_cpu(call_pending, cpu), BIT(self), __ATOMIC_SEQ_CST))
			lapic_send_ipi(smp.apic_id[cpu], VECTOR_CALL);
	if (wait && !(flags & X86_RFLAGS_IF))
		call_wait(call);
	arch_irq_restore(flags);
	if (wait)
		call_wait(call);
}

void arch_ipi_resched(unsigned cpu)
{
	lapic_send_ipi(smp.apic_id[cpu], VECTOR_RESCHED);
}

void __noreturn x86_stop_this_cpu(void)
{
	for (;;)
		asm volatile("cli; hlt" : : : "memory");
}

void x86_stop_interrupt(void)
{
	__atomic_fetch_or(&smp.stopped, BIT(cpu_id()), __ATOMIC_SEQ_CST);
	x86_stop_this_cpu();
}

void x86_nmi_stop(void)
{
	if (READ_ONCE(smp.stopping) && cpu_id() != smp.stopper)
		x86_stop_interrupt();
}

/* Return: those of @others that still run when the time is up. */
static u64 stop_wait(u64 others)
{
	u64 start = arch_cycles(), limit = arch_cycles_khz() * STOP_WAIT_MS, left;

	do {
		arch_cpu_relax();
		left = others & ~__atomic_load_n(&smp.stopped, __ATOMIC_ACQUIRE);
	} while (left && arch_cycles() - start < limit);
	return left;
}

/* First an ordinary interrupt, so that nobody stops halfway; an NMI for those that have
 * interrupts off and may never turn them on.
 */
void arch_stop_other_cpus(void)
{
	struct cpumask others = { cpumask_bits(&cpu_online_mask) & ~BIT(cpu_id()) };
	unsigned cpu;

	if (__atomic_exchange_n(&smp.stopping, true, __ATOMIC_SEQ_CST) || !others.bits)
		return;
	smp.stopper = cpu_id();
	for_each_cpu(cpu, &others)
		lapic_send_ipi(smp.apic_id[cpu], VECTOR_STOP);
	others.bits = stop_wait(others.bits);
	for_each_cpu(cpu, &others)
		lapic_send_nmi(smp.apic_id[cpu]);
	if (others.bits)
		stop_wait(others.bits);
}

u64 arch_online_cpus(void)
{
	return cpumask_bits(&cpu_online_mask);
}

u32 arch_cpu_apic_id(unsigned cpu)
{
	return smp.apic_id[cpu];
}

/* --- Start ------------------------------------------------------------------------------- */

static bool ap_state_change(unsigned cpu, u32 from, u32 to)
{
	return __atomic_compare_exchange_n(&smp.ap_state[cpu], &from, to, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_RELAXED);
}

/* First C code of another CPU: interrupts off, on the trampoline's tables. */
void ap_main(unsigned cpu)
{
	if (!ap_state_change(cpu, AP_AWAITED, AP_ALIVE))
		x86_stop_this_cpu();
	x86_cpu_enable_features();
	x86_cpu_tables_init(cpu, smp.ist[cpu]);
	x86_set_cr3(x86_kernel_root);
	x86_fpu_init_cpu(false);
	lapic_init_cpu();
	x86_timer_init_cpu();
	cpu_set_online(cpu);
	upcall_cpu_online(cpu);
	x86_stop_this_cpu();
}

static bool ap_prepare(unsigned cpu, u32 apic_id)
{
	unsigned order = 0;
	size_t size = percpu_area_size();
	struct page *area, *ist;
	void *stack;

	while ((PAGE_SIZE << order) < size)
		order++;
	area = page_alloc_order(order, 0);
	ist = page_alloc_order(2, 0);
	static_assert(CPU_IST_BYTES <= 4 * PAGE_SIZE, "order 2");
	stack = kstack_alloc();
	if (!area || !ist || !stack) {
		log_err(SMP, "no memory for CPU %u", cpu);
		if (area)
			page_free_order(area, order);
		if (ist)
			page_free_order(ist, 2);
		if (stack)
			kstack_free(stack);
		return false;
	}
	smp.apic_id[cpu] = apic_id;
	smp.ist[cpu] = page_to_virt(ist);
	ap_boot_table[ap_boot_count].apic_id = apic_id;
	ap_boot_table[ap_boot_count].cpu = cpu;
	ap_boot_table[ap_boot_count].stack_top = (u64)stack + KSTACK_SIZE - 16;
	ap_boot_table[ap_boot_count].gs_base = percpu_area_attach(cpu, page_to_virt(area));
	per_cpu(arch_percpu_base, cpu) = percpu_offset[cpu];
	ap_boot_count++;
	return true;
}

extern const u16 tramp_gdtr_off, tramp_far_off, tramp_cr3_off, tramp_entry_off;

static void trampoline_install(void)
{
	u8 *t = phys_to_virt(x86_trampoline_page);

	memcpy(t, trampoline_start, (size_t)(trampoline_end - trampoline_start));
	*(u32 *)(t + tramp_gdtr_off + 2) += (u32)x86_trampoline_page;
	*(u32 *)(t + tramp_far_off) += (u32)x86_trampoline_page;
	*(u64 *)(t + tramp_cr3_off) = image_to_phys(early_pml4);
	*(u64 *)(t + tramp_entry_off) = (u64)ap_entry64;
}

static u32 startup_page(void)
{
	return (u32)(x86_trampoline_page >> PAGE_SHIFT);
}

/* microVMs on TCG leave the CPUs waiting for STARTUP, as INIT does.  (INIT under
 * QEMU's -icount makes the clock jump to QEMU's next timer.)
 */
static bool init_needed(void)
{
	return !x86_features.tcg || (platform.have_acpi && !platform.hw_reduced);
}

static u32 nr_cpus(void)
{
	s64 possible = cmdline_get_s64("nr_cpus", MAX_CPUS);

	return possible < 1 || possible > MAX_CPUS ? MAX_CPUS : (u32)possible;
}

void smp_count_possible(void)
{
	cpu_possible_count = min(platform.ncpus, nr_cpus());
}

void arch_start_cpus(void)
{
	u32 self = lapic_id(), limit = MAX_CPUS, i, ncpus = 1;
	s64 wanted = cmdline_get_s64("maxcpus", MAX_CPUS);

	smp.apic_id[0] = self;
	wanted = min(wanted, (s64)nr_cpus());
	if (cmdline_has("nosmp") || wanted < 1)
		limit = 1;
	else if (wanted < MAX_CPUS)
		limit = (u32)wanted;
	if (limit == 1 || platform.ncpus <= 1 || !x86_trampoline_page)
		return;
	for (i = 0; i < platform.ncpus && ncpus < limit; i++)
		if (platform.cpu_apic_id[i] != self && ap_prepare(ncpus, platform.cpu_apic_id[i]))
			ncpus++;
	if (ncpus == 1)
		return;
	trampoline_install();
	for (i = 0; i < ap_boot_count; i++) {
		smp.started |= BIT(ap_boot_table[i].cpu);
		if (init_needed())
			lapic_send_init(ap_boot_table[i].apic_id);
	}
	if (!x86_features.hypervisor)
		arch_delay_ns(10 * NSEC_PER_MSEC);
	for (i = 0; i < ap_boot_count; i++)
		lapic_send_startup(ap_boot_table[i].apic_id, startup_page());
}

static void start_again(void)
{
	u32 i;

	for (i = 0; i < ap_boot_count; i++) {
		const struct ap_boot *ap = &ap_boot_table[i];

		if (!ap_state_change(ap->cpu, AP_AWAITED, AP_TO_BE_RESET))
			continue;
		lapic_send_init(ap->apic_id);
		if (!x86_features.hypervisor)
			arch_delay_ns(10 * NSEC_PER_MSEC);
		ap_state_change(ap->cpu, AP_TO_BE_RESET, AP_AWAITED);
		lapic_send_startup(ap->apic_id, startup_page());
	}
}

#define AP_RETRY_NS   (20 * NSEC_PER_MSEC)
#define AP_GIVE_UP_NS NSEC_PER_SEC

void arch_wait_cpus(void)
{
	ktime_t start = arch_clock_ns(), retry = start + AP_RETRY_NS, now;

	while (smp.started & ~arch_online_cpus()) {
		smp_call_poll();
		arch_cpu_relax();
		now = arch_clock_ns();
		if (now > retry) {
			start_again();
			retry = now + AP_GIVE_UP_NS;
		}
		if (now > start + AP_GIVE_UP_NS) {
			log_err(SMP, "CPUs %llx did not start", smp.started & ~arch_online_cpus());
			return;
		}
	}
}
