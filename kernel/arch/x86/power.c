/* The ways out.  Each tries what the machine may have, the polite first:
 *
 *	power off	ACPI S5 (PM1 registers, or the sleep register of reduced
 *			hardware), then a reboot request: on a microVM both end it
 *	reboot		ACPI reset register, i8042, PCI reset register, triple fault
 *
 * i8042's 0xfe is Firecracker's only clean end; a triple fault is an error there.
 */
#include "arch/x86/x86.h"
#include "arch/api/io.h"
#include "arch/api/power.h"
#include "arch/api/smp.h"
#include "arch/api/space.h"
#include "arch/api/time.h"
#include "platform/platform.h"

#define DEBUG_EXIT_PORT	  0xf4
#define PM1_SCI_EN	  1
#define PM1_SLEEP	  BIT(13)
#define POWER_OFF_WAIT_NS 2000000000ULL
#define SLEEP_ENABLE	  BIT(5) /* sleep control register */

#define BOOT_TIMER	  0xc0000000ULL
#define BOOT_TIMER_VALUE  123

static const char *reboot_words = "";

void arch_set_reboot_method(const char *words)
{
	reboot_words = words ? words : "";
}

static void settle(void)
{
	unsigned i;

	/* Some machines act a moment later; port 0x80 reads take about 1 us. */
	for (i = 0; i < 1000; i++)
		port_in8(0x80);
}

static void register_write(const struct platform_register *r, u8 v)
{
	u8 *p;

	switch (r->space) {
	case 0:
		p = arch_ioremap(r->address, 1);
		if (p)
			mmio_write8(p, v);
		break;
	case 1:
		port_out8((u16)r->address, v);
		break;
	case 2: /* bus 0: device 32..47, function 16..31, offset 0..15 */
		port_out32(0xcf8, 0x80000000U | (u32)(r->address >> 32 & 31) << 11 |
					  (u32)(r->address >> 16 & 7) << 8 |
					  (u32)(r->address & 0xfc));
		port_out8(0xcfc + (r->address & 3), v);
		break;
	}
}

void arch_exit_code(unsigned code)
{
	port_out32(DEBUG_EXIT_PORT, code);
}

/* Firecracker with --boot-timer has a device there; with as much memory as others can have
 * it is memory, and left alone.
 */
void arch_boot_timer(void)
{
	const struct boot_info *bi = &boot_info;
	u8 *timer;
	unsigned i;

	for (i = 0; i < bi->nmap; i++)
		if (BOOT_TIMER - bi->map[i].base < bi->map[i].len)
			return;
	timer = arch_ioremap(BOOT_TIMER, 1);
	if (timer)
		mmio_write8(timer, BOOT_TIMER_VALUE);
}

void arch_halt(void)
{
	arch_irq_disable();
	arch_stop_other_cpus();
	x86_stop_this_cpu();
}

/* Return: whether there was a switch to press. */
static bool try_acpi_off(void)
{
	u8 type_a = 0, type_b = 0;

	if (!platform.have_acpi || !acpi_find_s5(&type_a, &type_b))
		return false;
	if (platform.hw_reduced) {
		if (!platform.sleep_control.width)
			return false;
		register_write(&platform.sleep_control, (u8)(type_a << 2 | SLEEP_ENABLE));
		return true;
	}
	if (!platform.pm1a_control)
		return false;
	if (platform.smi_port && platform.acpi_enable &&
	    !(port_in16(platform.pm1a_control) & PM1_SCI_EN)) {
		port_out8((u16)platform.smi_port, platform.acpi_enable);
		settle();
	}
	port_out16(platform.pm1a_control, (u16)(type_a << 10 | PM1_SLEEP));
	if (platform.pm1b_control)
		port_out16(platform.pm1b_control, (u16)(type_b << 10 | PM1_SLEEP));
	return true;
}

static void try_reset_register(void)
{
	if (platform.reset.width)
		register_write(&platform.reset, platform.reset_value);
}

static void try_keyboard(void)
{
	unsigned i;

	for (i = 0; i < 1000 && port_in8(0x64) & 2; i++)
		;
	port_out8(0x64, 0xfe);
}

static void try_pci(void)
{
	port_out8(0xcf9, 0x02);
	port_out8(0xcf9, 0x06);
}

static void __noreturn triple_fault(void)
{
	struct {
		u16 limit;
		u64 base;
	} __packed none = { 0, 0 };

	asm volatile("lidt %0; int3" : : "m"(none));
	x86_stop_this_cpu();
}

void arch_power_off(void)
{
	arch_irq_disable();
	arch_stop_other_cpus();
	/* The machine goes when it gets round to it; a reset before that would count instead. */
	if (try_acpi_off())
		arch_delay_ns(POWER_OFF_WAIT_NS);
	/* No power switch: a microVM ends on a reset. */
	arch_reboot();
}

void arch_reboot(void)
{
	const char *w;

	arch_irq_disable();
	arch_stop_other_cpus();
	for (w = reboot_words; *w; w++) {
		switch (*w) {
		case 'a':
			try_reset_register();
			break;
		case 'k':
			try_keyboard();
			break;
		case 'p':
			try_pci();
			break;
		case 't':
			triple_fault();
		default:
			continue;
		}
		settle();
		while (w[1] && w[1] != ',')
			w++;
	}
	try_reset_register();
	settle();
	try_keyboard();
	settle();
	try_pci();
	settle();
	triple_fault();
}
