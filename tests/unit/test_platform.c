/* ACPI and MP tables, well-formed and not: nothing outside a table is read, whatever it says of
 * its length, and what was understood before the damage stays.
 *
 * Tables lie in a fake memory of 2 MiB.  arch_map_firmware() hands out copies of exactly the bytes
 * that were asked for, so that the address sanitizer sees a byte too many.
 */
#include "unit.h"
#include "arch/api/inline.h"

static u8 memory[MIB(2)];
static void *copies[4096];
static unsigned ncopies;

static void *test_phys_to_virt(paddr_t pa)
{
	return memory + pa;
}

static void *test_map_firmware(paddr_t pa, u64 len)
{
	void *copy;

	if (len > sizeof(memory) || pa > sizeof(memory) - len || ncopies == ARRAY_SIZE(copies))
		return NULL;
	copy = malloc(len);
	memcpy(copy, memory + pa, len);
	copies[ncopies++] = copy;
	return copy;
}

#define phys_to_virt	  test_phys_to_virt
#define arch_map_firmware test_map_firmware
#include "platform/platform.c"
#include "platform/mptable.c"
#include "platform/acpi.c"

#define RSDP 0xf0000
#define XSDT 0x110000
#define MADT 0x120000
#define FADT 0x110400
#define DSDT 0x110800
#define MPT  0x111000

static void forget(void)
{
	while (ncopies)
		free(copies[--ncopies]);
	memset(memory, 0, sizeof(memory));
	memset(&platform, 0, sizeof(platform));
	memset(&acpi, 0, sizeof(acpi));
}

static void put32(paddr_t at, u32 v)
{
	memcpy(memory + at, &v, 4);
}
static void put64(paddr_t at, u64 v)
{
	memcpy(memory + at, &v, 8);
}

/* Makes the bytes of [at, at + len) add up to 0 by the one at @where. */
static void fix_sum(paddr_t at, size_t len, size_t where)
{
	u8 sum = 0;

	memory[at + where] = 0;
	for (size_t i = 0; i < len; i++)
		sum += memory[at + i];
	memory[at + where] = -sum;
}

static void table(paddr_t at, const char *signature, u32 len)
{
	memcpy(memory + at, signature, 4);
	put32(at + 4, len);
	fix_sum(at, len, 9);
}

static unsigned ntables;

static void rsdp_new(void)
{
	memcpy(memory + RSDP, "RSD PTR ", 8);
	memory[RSDP + 15] = 2;
	put64(RSDP + 24, XSDT);
	fix_sum(RSDP, 20, 8);
	ntables = 0;
	table(XSDT, "XSDT", 36);
}

static void add_table(paddr_t at)
{
	put64(XSDT + 36 + 8 * ntables++, at);
	table(XSDT, "XSDT", 36 + 8 * ntables);
}

static u32 madt_len;

static void madt_start(void)
{
	madt_len = 44;
	put32(MADT + 36, 0xfee00000);
	put32(MADT + 40, 1);
}

static void madt_entry(const u8 *bytes, size_t len)
{
	memcpy(memory + MADT + madt_len, bytes, len);
	madt_len += len;
}

static void madt_cpu(u8 id)
{
	madt_entry((const u8[]){ 0, 8, id, id, 1, 0, 0, 0 }, 8);
}

static void madt_x2apic(u32 id)
{
	madt_entry((const u8[]){ 9, 16, 0, 0, id, id >> 8, id >> 16, 0, 1, 0, 0, 0, 0, 0, 0, 0 },
		   16);
}

static void madt_end(void)
{
	table(MADT, "APIC", madt_len);
	add_table(MADT);
}

static void start(void)
{
	forget();
	rsdp_new();
	madt_start();
}

TEST(a_good_madt)
{
	start();
	madt_cpu(0);
	madt_cpu(2);
	madt_entry((const u8[]){ 0, 8, 3, 3, 0, 0, 0, 0 }, 8); /* not enabled */
	madt_entry((const u8[]){ 1, 12, 9, 0, 0, 0, 0xc0, 0xfe, 24, 0, 0, 0 }, 12); /* I/O APIC */
	madt_entry((const u8[]){ 2, 10, 0, 0, 2, 0, 0, 0, 13, 0 }, 10); /* IRQ 0 is GSI 2, level */
	madt_end();
	assert_true(acpi_init(RSDP));
	assert_int_equal(platform.ncpus, 2);
	assert_int_equal(platform.cpu_apic_id[1], 2);
	assert_int_equal(platform.nioapics, 1);
	assert_int_equal(platform.ioapics[0].address, 0xfec00000);
	assert_int_equal(platform.ioapics[0].gsi_base, 24);
	assert_true(platform.isa[0].overridden && platform.isa[0].gsi == 2);
	assert_int_equal(PLATFORM_IRQ_TRIGGER(platform.isa[0].flags), 3);
}

TEST(ten_thousand_processors)
{
	start();
	for (u32 i = 0; i < 10000; i++)
		madt_x2apic(i);
	madt_end();
	assert_true(acpi_init(RSDP));
	assert_int_equal(platform.ncpus, PLATFORM_MAX_CPUS);
	assert_int_equal(platform.ncpus_ignored, 10000 - PLATFORM_MAX_CPUS);
	for (u32 i = 0; i < PLATFORM_MAX_CPUS; i++)
		assert_int_equal(platform.cpu_apic_id[i], i);
}

/* One processor is not started twice. */
TEST(processors_listed_twice)
{
	start();
	madt_cpu(0);
	madt_cpu(1);
	madt_x2apic(1);
	madt_x2apic(300);
	madt_cpu(0);
	madt_end();
	assert_true(acpi_init(RSDP));
	assert_int_equal(platform.ncpus, 3);
	assert_int_equal(platform.cpu_apic_id[2], 300);
}

TEST(too_many_ioapics_and_lines)
{
	start();
	madt_cpu(0);
	for (int i = 0; i < 100; i++)
		madt_entry((const u8[]){ 1, 12, i, 0, 0, 0, 0xc0, 0xfe, i, 0, 0, 0 }, 12);
	for (int i = 0; i < 256; i++)
		madt_entry((const u8[]){ 2, 10, 0, i, 2, 0, 0, 0, 13, 0 }, 10);
	madt_end();
	assert_true(acpi_init(RSDP));
	assert_int_equal(platform.nioapics, PLATFORM_MAX_IOAPICS);
}

/* An entry of length 0 or 1 ends the walk, as does one that goes beyond the table. */
TEST(lengths_of_entries)
{
	static const u8 bad[][4] = { { 0, 0 },	{ 0, 1 }, { 0, 200 }, { 9, 15 },
				     { 1, 11 }, { 2, 9 }, { 5, 11 },  { 77, 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		start();
		madt_cpu(5);
		madt_entry(bad[i], 4);
		madt_end();
		assert_true(acpi_init(RSDP));
		assert_int_equal(platform.ncpus, 1);
		assert_int_equal(platform.cpu_apic_id[0], 5);
	}
}

TEST(lengths_of_tables)
{
	static const u32 lengths[] = { 0,  1,  8,	35,	     36,	 40,	    43,
				       44, 45, MIB(16), MIB(16) + 1, 0x7fffffff, 0xffffffff };

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		static const char *const names[] = { "APIC", "FACP", "HPET", "MCFG" };

		for (int n = 0; n < 4; n++) {
			start();
			add_table(MADT);
			memcpy(memory + MADT, names[n], 4);
			put32(MADT + 4, lengths[i]);
			if (lengths[i] >= 10 && lengths[i] < 4096)
				fix_sum(MADT, lengths[i], 9);
			acpi_init(RSDP);
			assert_int_equal(platform.ncpus, 0);
		}
		/* The root itself. */
		start();
		put32(XSDT + 4, lengths[i]);
		if (lengths[i] >= 10 && lengths[i] < 4096)
			fix_sum(XSDT, lengths[i], 9);
		acpi_init(RSDP);
		assert_int_equal(platform.ncpus, 0);
	}
}

TEST(checksums)
{
	start();
	madt_cpu(0);
	madt_end();
	memory[MADT + 50] ^= 1;
	assert_true(acpi_init(RSDP));
	assert_int_equal(platform.ncpus, 0);
	memory[XSDT + 20] ^= 1;
	assert_false(acpi_init(RSDP));
	start();
	memory[RSDP] = 'X';
	assert_false(acpi_init(RSDP));
	assert_false(acpi_init(sizeof(memory) - 4));
	assert_false(acpi_init(~0ull - 8));
}

/* Tables that overlap each other, point to themselves, or lie where nothing is. */
TEST(overlapping_tables)
{
	start();
	madt_cpu(0);
	madt_cpu(1);
	madt_end();
	add_table(XSDT);
	add_table(MADT + 4);
	add_table(RSDP);
	add_table(0xffffffffffffff00ull);
	add_table(0);
	add_table(MADT);
	for (int i = 0; i < 100; i++)
		add_table(MADT);
	assert_true(acpi_init(RSDP));
	assert_int_equal(platform.ncpus, 2);
	assert_ptr_equal(acpi_table("APIC", 1000), NULL);
}

static void s5_is(const u8 *aml, u32 len, bool found, u8 a)
{
	u8 type_a = 99, type_b = 99;

	start();
	memcpy(memory + DSDT + 36, aml, len);
	table(DSDT, "DSDT", 36 + len);
	put32(FADT + 40, DSDT);
	table(FADT, "FACP", 116);
	add_table(FADT);
	assert_true(acpi_init(RSDP));
	assert_int_equal(acpi_find_s5(&type_a, &type_b), found);
	if (found)
		assert_int_equal(type_a, a);
}

/* The package that says how to power off, cut off at every byte. */
TEST(sleep_type)
{
	static const u8 good[] = {
		0x08, '_', 'S', '5', '_', 0x12, 0x06, 4, 0x0a, 5, 0x0a, 5, 0, 0
	};
	u8 long_length[] = { 0x08, '_', 'S', '5', '_', 0x12, 0xff, 4, 0x0a, 5 };

	s5_is(good, sizeof(good), true, 5);
	for (u32 len = 0; len < 8; len++)
		s5_is(good, len, false, 0);
	for (u32 len = 8; len < sizeof(good); len++)
		s5_is(good, len, len >= 10, 5);
	s5_is(long_length, sizeof(long_length), false, 0);
}

/* ---- MP table ---- */

static u16 mp_len;

static void mp_start(paddr_t floating)
{
	forget();
	memcpy(memory + floating, "_MP_", 4);
	put32(floating + 4, MPT);
	memory[floating + 8] = 1;
	fix_sum(floating, 16, 10);
	memcpy(memory + MPT, "PCMP", 4);
	put32(MPT + 36, 0xfee00000);
	mp_len = 44;
}

static void mp_entry(const u8 *bytes, size_t len)
{
	memcpy(memory + MPT + mp_len, bytes, len);
	mp_len += len;
}

static void mp_cpu(u8 id)
{
	u8 e[20] = { 0, id, 0x14, 1 };

	mp_entry(e, sizeof(e));
}

static void mp_end(u16 len)
{
	memcpy(memory + MPT + 4, &len, 2);
	fix_sum(MPT, len, 7);
}

TEST(a_good_mp_table)
{
	static const paddr_t places[] = { 0x9fc00, 0x9fff0, 0xf0000, 0xffff0, 0x80000 };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		mp_start(places[i]);
		memory[0x40f] = 0x80; /* the extended BIOS data area is at 0x80000 */
		mp_cpu(0);
		mp_cpu(1);
		mp_entry((const u8[]){ 1, 0, 'I', 'S', 'A', ' ', ' ', ' ' }, 8);
		mp_entry((const u8[]){ 2, 3, 17, 1, 0, 0, 0xc0, 0xfe }, 8);
		mp_entry((const u8[]){ 3, 0, 0, 0, 0, 4, 3, 20 }, 8);
		mp_end(mp_len);
		assert_true(mptable_init());
		assert_int_equal(platform.ncpus, 2);
		assert_int_equal(platform.nioapics, 1);
		assert_int_equal(platform.isa[4].gsi, 20);
	}
}

TEST(mp_tables_that_are_wrong)
{
	static const u16 lengths[] = { 0, 1, 43, 44, 45, 51, 52, 63, 64, 65, 0xffff };

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		mp_start(0x9fc00);
		mp_cpu(7);
		mp_end(lengths[i] < 44 ? 44 : lengths[i]);
		memcpy(memory + MPT + 4, &lengths[i], 2);
		mptable_init();
		assert_true(platform.ncpus <= 2);
	}
	mp_start(0x9fc00);
	mp_cpu(1);
	mp_entry((const u8[]){ 200, 0, 0, 0, 0, 0, 0, 0 }, 8); /* nobody knows how long it is */
	mp_cpu(2);
	mp_end(mp_len);
	assert_true(mptable_init());
	assert_int_equal(platform.ncpus, 1);
	put32(0x9fc00 + 4, 0xfffffff0); /* the table is nowhere */
	fix_sum(0x9fc00, 16, 10);
	assert_false(mptable_init());
}

/* Random bytes in good tables, checksums right: anything goes but a wrong read. */
TEST(noise)
{
	u64 seed = 20261128;

	for (int round = 0; round < 3000; round++) {
		u8 a, b;

		start();
		for (int i = 0; i < 8; i++)
			madt_cpu(i);
		madt_end();
		table(FADT, "FACP", 276);
		put32(FADT + 40, DSDT);
		table(DSDT, "DSDT", 80);
		add_table(FADT);
		for (int i = 0; i < 6; i++) {
			static const paddr_t at[] = { XSDT + 4, MADT + 4, FADT + 4, DSDT + 4 };
			paddr_t pa = at[test_random(&seed) % 4] + test_random(&seed) % 100;

			memory[pa] = test_random(&seed);
		}
		table(MADT, "APIC", test_random(&seed) % 200 + 36);
		table(XSDT, "XSDT", 36 + 8 * ntables);
		acpi_init(RSDP);
		acpi_find_s5(&a, &b);
		assert_true(platform.ncpus <= PLATFORM_MAX_CPUS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_madt),
		cmocka_unit_test(ten_thousand_processors),
		cmocka_unit_test(processors_listed_twice),
		cmocka_unit_test(too_many_ioapics_and_lines),
		cmocka_unit_test(lengths_of_entries),
		cmocka_unit_test(lengths_of_tables),
		cmocka_unit_test(checksums),
		cmocka_unit_test(overlapping_tables),
		cmocka_unit_test(sleep_type),
		cmocka_unit_test(a_good_mp_table),
		cmocka_unit_test(mp_tables_that_are_wrong),
		cmocka_unit_test(noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
