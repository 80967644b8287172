/* The HPET's main counter: something to measure the TSC with, and a clock where the command
 * line wants no TSC (clocksource=hpet, notsc).  Its comparators are not used: each CPU has a
 * timer of its own in its local APIC.  IA-PC HPET specification 1.0a.
 */
#include "arch/x86/hpet.h"
#include "arch/x86/x86.h"
#include "arch/api/io.h"
#include "arch/api/space.h"
#include "platform/platform.h"

#define REG_CAPABILITIES 0x00
#define REG_PERIOD	 0x04 /* femtoseconds */
#define REG_CONFIG	 0x10
#define REG_COUNTER	 0xf0
#define CAP_64BIT	 BIT(13)
#define CONFIG_ENABLE	 BIT(0)
#define PERIOD_MAX_FS	 100000000 /* the specification's slowest: 10 MHz */

static struct {
	u8 *regs;
	u32 period_fs;
	bool is_64bit;
	u64 mult; /* ns = ticks * mult >> 32 */
} hpet __ro_after_init;

bool hpet_init(void)
{
	u8 *regs;

	if (hpet.regs)
		return true;
	regs = platform.hpet ? arch_ioremap(platform.hpet, PAGE_SIZE) : NULL;
	if (!regs)
		return false;
	hpet.period_fs = mmio_read32(regs + REG_PERIOD);
	if (!hpet.period_fs || hpet.period_fs > PERIOD_MAX_FS)
		return false; /* nothing answers there */
	hpet.is_64bit = mmio_read32(regs + REG_CAPABILITIES) & CAP_64BIT;
	hpet.mult = ((u64)hpet.period_fs << 32) / 1000000;
	mmio_write32(regs + REG_CONFIG, mmio_read32(regs + REG_CONFIG) | CONFIG_ENABLE);
	hpet.regs = regs;
	return true;
}

u64 hpet_ticks(void)
{
	return mmio_read32(hpet.regs + REG_COUNTER);
}

u64 hpet_hz(void)
{
	return 1000000000000000ULL / hpet.period_fs;
}

bool hpet_is_64bit(void)
{
	return hpet.is_64bit;
}

u64 hpet_ns(void)
{
	return (u64)((unsigned __int128)mmio_read64(hpet.regs + REG_COUNTER) * hpet.mult >> 32);
}
