/* ACPI tables: RSDP, RSDT/XSDT, MADT, FADT, HPET, MCFG, and the one package of
 * the DSDT that power-off needs.  No AML is run.  Checksums are verified for the
 * small tables only.  ACPI specification 6.4, chapters 5.2 and 7.4.2.
 */
#include "platform/platform.h"
#include "arch/api/space.h"
#include "core/log.h"
#include "lib/string.h"

struct acpi_header {
	char signature[4];
	u32 length;
	u8 revision, checksum;
	char oem[6], oem_table[8];
	u32 oem_revision, creator, creator_revision;
} __packed;

struct acpi_rsdp {
	char signature[8];
	u8 checksum;
	char oem[6];
	u8 revision;
	u32 rsdt;
	u32 length;
	u64 xsdt;
	u8 extended_checksum, reserved[3];
} __packed;

struct acpi_address {
	u8 space, width, offset, access;
	u64 address;
} __packed;

struct acpi_fadt {
	struct acpi_header header;
	u32 facs, dsdt;
	u8 model, profile;
	u16 sci_irq;
	u32 smi_port;
	u8 acpi_enable, acpi_disable, s4bios, pstate;
	u32 pm1a_event, pm1b_event, pm1a_control, pm1b_control, pm2_control;
	u32 pm_timer, gpe0, gpe1;
	u8 pm1_event_len, pm1_control_len, pm2_control_len, pm_timer_len;
	u8 gpe0_len, gpe1_len, gpe1_base, cst;
	u16 c2_latency, c3_latency, flush_size, flush_stride;
	u8 duty_offset, duty_width, day_alarm, month_alarm, century;
	u16 boot_arch;
	u8 reserved;
	u32 flags;
	struct acpi_address reset;
	u8 reset_value;
	u16 arm_boot;
	u8 minor;
	u64 x_facs, x_dsdt;
	struct acpi_address x_pm1a_event, x_pm1b_event, x_pm1a_control, x_pm1b_control;
	struct acpi_address x_pm2_control, x_pm_timer, x_gpe0, x_gpe1;
	struct acpi_address sleep_control, sleep_status;
} __packed;

#define FADT_RESET_SUPPORTED BIT(10)
#define FADT_HW_REDUCED	     BIT(20)
#define FADT_BOOT_NO_RTC     BIT(5)

struct acpi_madt {
	struct acpi_header header;
	u32 lapic, flags;
	u8 entries[];
} __packed;

#define ACPI_MAX_TABLES 64

/* Set by acpi_init, constant afterwards. */
static struct {
	const struct acpi_header *table[ACPI_MAX_TABLES];
	unsigned ntables;
} acpi __ro_after_init;

static const struct acpi_header *map_table(paddr_t pa)
{
	const struct acpi_header *h;

	if (!pa)
		return NULL;
	h = arch_map_firmware(pa, sizeof(*h));
	if (!h || h->length < sizeof(*h) || h->length > MIB(16))
		return NULL;
	return arch_map_firmware(pa, h->length);
}

static bool checksum_ok(const struct acpi_header *h)
{
	const u8 *p = (const u8 *)h;
	u8 sum = 0;
	u32 i;

	for (i = 0; i < h->length; i++)
		sum += p[i];
	return sum == 0;
}

const void *acpi_table(const char *signature, unsigned nth)
{
	unsigned i;

	for (i = 0; i < acpi.ntables; i++)
		if (!memcmp(acpi.table[i]->signature, signature, 4) && nth-- == 0)
			return acpi.table[i];
	return NULL;
}

static u32 get32(const u8 *p)
{
	u32 v;

	memcpy(&v, p, 4);
	return v;
}

static void add_cpu(u32 apic_id, u32 flags)
{
	if (flags & 1) /* else not enabled: hot-plug only */
		platform_add_cpu(apic_id);
}

/* MADT entries; 5.2.12. */
static void read_madt(const struct acpi_madt *madt)
{
	const u8 *p = madt->entries, *end = (const u8 *)madt + madt->header.length;

	platform.lapic = madt->lapic;
	platform.have_pic = madt->flags & 1;
	while (p + 2 <= end && p[1] >= 2 && p + p[1] <= end) {
		u8 len = p[1];

		if (p[0] == 0 && len >= 8) { /* local APIC */
			add_cpu(p[3], get32(p + 4));
		} else if (p[0] == 9 && len >= 16) { /* local x2APIC */
			add_cpu(get32(p + 4), get32(p + 8));
		} else if (p[0] == 1 && len >= 12) { /* I/O APIC */
			if (platform.nioapics < PLATFORM_MAX_IOAPICS)
				platform.ioapics[platform.nioapics++] = (struct platform_ioapic){
					get32(p + 4), get32(p + 8), p[2]
				};
		} else if (p[0] == 2 && len >= 10) { /* ISA override */
			if (p[3] < PLATFORM_ISA_IRQS)
				platform.isa[p[3]] = (struct platform_isa){ get32(p + 4),
									    (u16)(p[8] | p[9] << 8),
									    true };
		} else if (p[0] == 5 && len >= 12) { /* local APIC address */
			memcpy(&platform.lapic, p + 4, 8);
		}
		p += len;
	}
}

static struct platform_register get_register(const struct acpi_address *a)
{
	return (struct platform_register){ a->space, a->width, a->address };
}

static void read_fadt(const struct acpi_fadt *fadt)
{
	const u32 len = fadt->header.length;
	const struct acpi_header *dsdt;

#define HAS(field) (len >= offsetof(struct acpi_fadt, field) + sizeof(fadt->field))
	if (!HAS(flags))
		return;
	platform.have_acpi = true;
	platform.hw_reduced = fadt->flags & FADT_HW_REDUCED;
	if (!platform.hw_reduced) {
		platform.sci_irq = fadt->sci_irq;
		platform.smi_port = fadt->smi_port;
		platform.acpi_enable = fadt->acpi_enable;
		platform.acpi_disable = fadt->acpi_disable;
		platform.pm1a_event = (u16)fadt->pm1a_event;
		platform.pm1a_control = (u16)fadt->pm1a_control;
		platform.pm1b_control = (u16)fadt->pm1b_control;
		if (fadt->pm_timer_len == 4)
			platform.pm_timer = (u16)fadt->pm_timer;
	}
	platform.century_register = fadt->century;
	platform.no_rtc = fadt->header.revision >= 4 && fadt->boot_arch & FADT_BOOT_NO_RTC;
	if (HAS(reset_value) && fadt->flags & FADT_RESET_SUPPORTED) {
		platform.reset = get_register(&fadt->reset);
		platform.reset_value = fadt->reset_value;
	}
	if (HAS(sleep_control))
		platform.sleep_control = get_register(&fadt->sleep_control);
	platform.dsdt = HAS(x_dsdt) && fadt->x_dsdt ? fadt->x_dsdt : fadt->dsdt;
#undef HAS
	dsdt = map_table(platform.dsdt);
	if (dsdt)
		platform.dsdt_len = dsdt->length;
	else
		platform.dsdt = 0;
}

static void read_others(void)
{
	const u8 *hpet = acpi_table("HPET", 0), *mcfg = acpi_table("MCFG", 0);

	/* HPET: address structure at 40, the address itself at 44. */
	if (hpet && get32(hpet + 4) >= 56 && hpet[40] == 0)
		memcpy(&platform.hpet, hpet + 44, 8);
	/* MCFG: entries of 16 bytes from 44 on. */
	if (mcfg && get32(mcfg + 4) >= 60) {
		memcpy(&platform.mcfg, mcfg + 44, 8);
		platform.mcfg_first_bus = mcfg[54];
		platform.mcfg_last_bus = mcfg[55];
	}
}

bool acpi_init(paddr_t rsdp_pa)
{
	const struct acpi_rsdp *rsdp = arch_map_firmware(rsdp_pa, sizeof(*rsdp));
	const struct acpi_header *root = NULL;
	const struct acpi_madt *madt;
	const void *t;
	unsigned i, width = 8;

	if (!rsdp || memcmp(rsdp->signature, "RSD PTR ", 8))
		return false;
	if (rsdp->revision >= 2 && rsdp->xsdt)
		root = map_table(rsdp->xsdt);
	if (!root) {
		root = map_table(rsdp->rsdt);
		width = 4;
	}
	if (!root || !checksum_ok(root))
		return false;
	for (i = 0; i < (root->length - sizeof(*root)) / width; i++) {
		const u8 *entry = (const u8 *)(root + 1) + i * width;
		paddr_t pa = 0;

		memcpy(&pa, entry, width);
		t = map_table(pa);
		if (t && acpi.ntables < ACPI_MAX_TABLES)
			acpi.table[acpi.ntables++] = t;
	}
	madt = acpi_table("APIC", 0);
	if (madt && madt->header.length >= sizeof(*madt) && checksum_ok(&madt->header))
		read_madt(madt);
	t = acpi_table("FACP", 0);
	if (t)
		read_fadt(t);
	read_others();
	return true;
}

/* One small integer of AML; advances *p. */
static bool aml_small_integer(const u8 **p, const u8 *end, u8 *out)
{
	if (*p >= end)
		return false;
	switch (**p) {
	case 0x00:
		*out = 0;
		*p += 1;
		return true; /* ZeroOp */
	case 0x01:
		*out = 1;
		*p += 1;
		return true; /* OneOp */
	case 0x0a:	     /* BytePrefix */
		if (end - *p < 2)
			return false;
		*out = (*p)[1];
		*p += 2;
		return true;
	default:
		return false;
	}
}

/* Looks for Name(_S5, Package(...)) in the bytes. */
bool acpi_find_s5(u8 *type_a, u8 *type_b)
{
	const u8 *dsdt, *p, *end;

	if (!platform.dsdt)
		return false;
	dsdt = arch_map_firmware(platform.dsdt, platform.dsdt_len);
	if (!dsdt)
		return false;
	end = dsdt + platform.dsdt_len;
	for (p = dsdt + sizeof(struct acpi_header); p + 8 < end; p++) {
		const u8 *q = p + 4;

		if (p[0] != '_' || p[1] != 'S' || p[2] != '5' || p[3] != '_' || q[0] != 0x12)
			continue;
		if (p[-1] != 0x08 && !(p[-1] == '\\' && p[-2] == 0x08))
			continue;
		q++;
		q += (q[0] >> 6) + 1; /* PkgLength */
		q++;		      /* element count */
		if (aml_small_integer(&q, end, type_a)) {
			if (!aml_small_integer(&q, end, type_b))
				*type_b = *type_a;
			return true;
		}
	}
	return false;
}
