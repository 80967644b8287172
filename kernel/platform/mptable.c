/* The MultiProcessor table (Intel MP specification 1.4), which Firecracker and
 * microvm without ACPI have.  The entry count may be 0, so entries are walked by
 * the table's length.
 */
#include "platform/platform.h"
#include "arch/api/space.h"
#include "lib/string.h"

struct mp_floating {
	char signature[4]; /* "_MP_" */
	u32 table;
	u8 length, revision, checksum;
	u8 features[5]; /* [0] != 0: a default configuration, no table */
};

struct mp_table {
	char signature[4]; /* "PCMP" */
	u16 length;
	u8 revision, checksum;
	char oem[8], product[12];
	u32 oem_table;
	u16 oem_table_size, nentries;
	u32 lapic;
	u16 extended_length;
	u8 extended_checksum, reserved;
	u8 entries[];
};

#define MP_PROCESSOR	   0 /* 20 bytes, the others 8 */
#define MP_BUS		   1
#define MP_IOAPIC	   2
#define MP_IO_INTERRUPT	   3
#define MP_LOCAL_INTERRUPT 4

static bool sum_is_zero(const void *p, size_t len)
{
	const u8 *b = p;
	u8 sum = 0;

	while (len--)
		sum += *b++;
	return sum == 0;
}

static const struct mp_floating *scan(paddr_t start, paddr_t end)
{
	for (; start < end; start += 16) {
		const struct mp_floating *f = phys_to_virt(start);

		if (*(const u32 *)f == 0x5f504d5f && f->length == 1 && sum_is_zero(f, 16))
			return f;
	}
	return NULL;
}

/* The specification's places, the likely ones first. */
static const struct mp_floating *find_floating(void)
{
	const struct mp_floating *f;
	paddr_t ebda = (paddr_t) * (const volatile u16 *)phys_to_virt(0x40e) << 4;

	f = scan(0x9fc00, 0xa0000);
	if (!f)
		f = scan(0xf0000, 0x100000);
	if (!f && ebda >= 0x400 && ebda < 0x9fc00)
		f = scan(ebda, ebda + 1024);
	return f;
}

static void add_ioapic(const u8 *e)
{
	u32 address;

	memcpy(&address, e + 4, 4);
	if (!(e[3] & 1) || platform.nioapics >= PLATFORM_MAX_IOAPICS)
		return;
	platform.ioapics[platform.nioapics] =
		(struct platform_ioapic){ address, platform.nioapics * 24, e[1] };
	platform.nioapics++;
}

bool mptable_init(void)
{
	const struct mp_floating *f = find_floating();
	const struct mp_table *t;
	const u8 *e, *end;
	int isa_bus = -1;

	if (!f || !f->table || f->features[0])
		return false;
	t = arch_map_firmware(f->table, sizeof(*t));
	if (!t || memcmp(t->signature, "PCMP", 4) || t->length < sizeof(*t))
		return false;
	t = arch_map_firmware(f->table, t->length);
	if (!t || !sum_is_zero(t, t->length))
		return false;
	platform.lapic = t->lapic;
	end = (const u8 *)t + t->length;
	for (e = t->entries; e + 8 <= end; e += e[0] == MP_PROCESSOR ? 20 : 8) {
		switch (e[0]) {
		case MP_PROCESSOR:
			if (e[3] & 1) /* usable */
				platform_add_cpu(e[1]);
			break;
		case MP_BUS:
			if (!memcmp(e + 2, "ISA", 3))
				isa_bus = e[1];
			break;
		case MP_IOAPIC:
			add_ioapic(e);
			break;
		case MP_IO_INTERRUPT:
			if (e[1] == 0 && e[4] == isa_bus && e[5] < PLATFORM_ISA_IRQS)
				platform.isa[e[5]] = (struct platform_isa){ e[7],
									    (u16)(e[2] | e[3] << 8),
									    true };
			break;
		case MP_LOCAL_INTERRUPT:
			break;
		default:
			return platform.ncpus > 0;
		}
	}
	return platform.ncpus > 0;
}
