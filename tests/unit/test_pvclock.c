/* kvmclock's arithmetic: rates, shifts, large numbers, updates in the middle, CPUs that differ. */
#include "unit.h"
#include "arch/api/inline.h"

static u64 tsc;
static void (*while_read)(void); /* what the hypervisor does between version and TSC */

static u64 test_cycles(void)
{
	if (while_read)
		while_read();
	return tsc;
}

#define arch_cycles test_cycles
#include "arch/x86/pvclock.h"

static struct pvclock_time clock;

/* As KVM computes them: (cycles << shift) * mult >> 32 is nanoseconds. */
static void set_rate(struct pvclock_time *t, u64 khz)
{
	u64 scaled = 1000000000ull, hz = khz * 1000;

	t->shift = 0;
	while (hz > scaled * 2) {
		hz >>= 1;
		t->shift--;
	}
	while (hz <= scaled) {
		hz <<= 1;
		t->shift++;
	}
	t->mult = (u32)(((unsigned __int128)scaled << 32) / hz);
}

static void near(u64 a, u64 b, u64 tolerance)
{
	u64 diff = a > b ? a - b : b - a;

	if (diff > tolerance)
		fail_msg("%llu is not near %llu", (unsigned long long)a, (unsigned long long)b);
}

TEST(rates_of_all_sizes)
{
	static const u64 khz[] = { 500,	    10000,   999999,  1000000, 1000001,
				   2500000, 3999999, 5000000, 40000000 };

	for (size_t i = 0; i < ARRAY_SIZE(khz); i++) {
		clock = (struct pvclock_time){ .version = 2,
					       .tsc_timestamp = 1000,
					       .system_time = 77 };
		set_rate(&clock, khz[i]);
		near(pvclock_khz(&clock), khz[i], khz[i] / 100000 + 1);
		tsc = 1000;
		assert_int_equal(pvclock_ns(&clock), 77);
		tsc = 1000 + khz[i] * 1000; /* a second */
		near(pvclock_ns(&clock), 1000000077, 20000);
		tsc = 1000 + khz[i] * 1000 * 86400 * 365; /* a year */
		near(pvclock_ns(&clock), 77 + 31536000ull * 1000000000, 31536ull * 20000000);
	}
}

TEST(nothing_overflows)
{
	/* The product has more than 64 bits, the sum nearly 64. */
	clock = (struct pvclock_time){ .version = 2,
				       .mult = 0xffffffff,
				       .system_time = 1ull << 62 };
	tsc = (1ull << 62) - 1;
	near(pvclock_ns(&clock), (1ull << 63) - (1ull << 30), 1ull << 31);
	clock.shift = -31;
	assert_int_equal(pvclock_ns(&clock),
			 (1ull << 62) + ((unsigned __int128)((1ull << 31) - 1) * 0xffffffff >> 32));
}

TEST(a_counter_that_wraps)
{
	clock = (struct pvclock_time){
		.version = 2, .mult = 0x80000000, .tsc_timestamp = -500ull, .system_time = 10
	};
	tsc = 500;
	assert_int_equal(pvclock_ns(&clock), 510);
}

/* Not centuries, which pvclock_forward() would never leave again. */
TEST(a_counter_behind_the_sample)
{
	clock = (struct pvclock_time){ .version = 2,
				       .mult = 0x80000000,
				       .shift = 1,
				       .tsc_timestamp = 1000,
				       .system_time = 10 };
	tsc = 999;
	assert_int_equal(pvclock_ns(&clock), 10);
	tsc = 0;
	assert_int_equal(pvclock_ns(&clock), 10);
}

static unsigned updates;

static void finish_update(void)
{
	if (++updates == 3) {
		clock.system_time = 2000;
		clock.tsc_timestamp = 50;
		clock.version = 6;
	}
}

TEST(an_update_is_waited_for)
{
	clock = (struct pvclock_time){
		.version = 5, .mult = 0x80000000, .shift = 1, .system_time = 666
	};
	updates = 0;
	tsc = 60;
	while_read = finish_update;
	assert_int_equal(pvclock_ns(&clock), 2010);
	/* The third reading saw the version before the update, the fourth is whole. */
	assert_int_equal(updates, 4);
	while_read = NULL;
}

static void one_update(void)
{
	if (updates++)
		return;
	clock.version += 2;
	clock.tsc_timestamp = 100;
	clock.system_time = 5000;
}

TEST(an_update_in_the_middle_is_noticed)
{
	clock = (struct pvclock_time){
		.version = 8, .mult = 0x80000000, .shift = 1, .system_time = 1
	};
	updates = 0;
	tsc = 160;
	while_read = one_update;
	assert_int_equal(pvclock_ns(&clock), 5060);
	assert_int_equal(updates, 2);
	while_read = NULL;
}

TEST(a_version_that_wraps)
{
	clock = (struct pvclock_time){ .version = 0xfffffffe, .mult = 0x80000000, .shift = 1 };
	updates = 0;
	tsc = 160;
	while_read = one_update; /* 0xfffffffe to 0 */
	assert_int_equal(pvclock_ns(&clock), 5060);
	while_read = NULL;
}

/* Two CPUs whose samples differ by a little, asked in turn: time never goes back. */
TEST(cpus_that_differ)
{
	struct pvclock_time cpu[2];
	u64 last = 0, before = 0, seed = 7;

	for (int i = 0; i < 2; i++) {
		cpu[i] = (struct pvclock_time){ .version = 2,
						.tsc_timestamp = i * 100000,
						.system_time = 1000 + i * 3 };
		set_rate(&cpu[i], 2500000);
	}
	for (int i = 0; i < 20000; i++) {
		int c = test_random(&seed) & 1;
		u64 now;

		tsc = (u64)i * 20 + cpu[c].tsc_timestamp;
		now = pvclock_forward(&last, pvclock_ns(&cpu[c]));
		assert_true(now >= before);
		near(now, 1000 + (u64)i * 8, 4);
		before = now;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_of_all_sizes),
		cmocka_unit_test(nothing_overflows),
		cmocka_unit_test(a_counter_that_wraps),
		cmocka_unit_test(a_counter_behind_the_sample),
		cmocka_unit_test(an_update_is_waited_for),
		cmocka_unit_test(an_update_in_the_middle_is_noticed),
		cmocka_unit_test(a_version_that_wraps),
		cmocka_unit_test(cpus_that_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
