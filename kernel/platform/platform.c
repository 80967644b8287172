/* The machine according to its firmware: ACPI where an RSDP is found, the MP
 * table otherwise, else one processor and no I/O APIC.  (The MP table comes
 * second because q35's lists only one CPU.)
 *
 * The search costs device-free memory reads only, but many: the loader's pointer
 * and the place that Firecracker uses are tried before the BIOS area is scanned.
 */
#include "platform/platform.h"
#include "arch/api/space.h"
#include "core/cmdline.h"
#include "core/log.h"
#include "lib/string.h"

struct platform platform __ro_after_init;

#define RSDP_FIRECRACKER 0xe0000
#define BIOS_START	 0xe0000
#define BIOS_END	 0x100000

void platform_add_cpu(u32 apic_id)
{
	unsigned i;

	for (i = 0; i < platform.ncpus; i++)
		if (platform.cpu_apic_id[i] == apic_id)
			return;
	if (platform.ncpus < PLATFORM_MAX_CPUS)
		platform.cpu_apic_id[platform.ncpus++] = apic_id;
	else
		platform.ncpus_ignored++;
}

static bool is_rsdp(paddr_t pa)
{
	const u8 *p = phys_to_virt(pa);
	u8 sum = 0;
	unsigned i;

	if (memcmp(p, "RSD PTR ", 8))
		return false;
	for (i = 0; i < 20; i++)
		sum += p[i];
	return sum == 0;
}

static paddr_t rsdp_scan(void)
{
	paddr_t pa, ebda = (paddr_t) * (const volatile u16 *)phys_to_virt(0x40e) << 4;

	if (ebda >= 0x400 && ebda < 0xa0000)
		for (pa = ebda; pa < ebda + 1024; pa += 16)
			if (is_rsdp(pa))
				return pa;
	for (pa = BIOS_START; pa < BIOS_END; pa += 16)
		if (*(const u64 *)phys_to_virt(pa) == 0x2052545020445352ULL && is_rsdp(pa))
			return pa;
	return 0;
}

void platform_init(paddr_t rsdp)
{
	const char *acpi = cmdline_get("acpi");
	unsigned i;

	platform.have_pic = true;
	for (i = 0; i < PLATFORM_ISA_IRQS; i++)
		platform.isa[i].gsi = i;
	platform.source = "none";

	if (acpi && str_eq(acpi, "off")) {
		mptable_init();
		goto found;
	}
	if (!rsdp && is_rsdp(RSDP_FIRECRACKER))
		rsdp = RSDP_FIRECRACKER;
	if (rsdp && acpi_init(rsdp))
		platform.source = "acpi";
	if (!platform.ncpus && mptable_init() && !platform.have_acpi)
		platform.source = "mptable";
	if (!platform.ncpus && !rsdp) {
		rsdp = rsdp_scan();
		if (rsdp && acpi_init(rsdp))
			platform.source = "acpi";
	}
found:
	if (!platform.ncpus)
		platform.ncpus = 1; /* id 0; the local APIC knows better */
	if (cmdline_has("noapic") && platform.have_pic)
		platform.nioapics = 0; /* the 8259s do it */
	log_info(PLATFORM, "%s: %u CPUs, %u I/O APICs", platform.source, platform.ncpus,
		 platform.nioapics);
	if (platform.ncpus_ignored)
		log_warn(PLATFORM, "%u CPUs beyond the first %u stay unused",
			 platform.ncpus_ignored, PLATFORM_MAX_CPUS);
}
