/* core/clock: the wall clock is read when wanted, set, and slewed. */
#include "tests/unit/unit.h"
#include "arch/host/host.h"
#include "core/clock.h"
#include "core/hooks.h"

static int changed, set;
static void on_change(void)
{
	changed++;
}
static void on_set(void)
{
	set++;
}

TEST(starts_from_the_wall_clock)
{
	kernel_hooks.clock_changed = on_change;
	kernel_hooks.clock_set = on_set;
	assert_true(clock_realtime_ns() == host_wall_ns);
	host_wall_ns = 5; /* read once only */
	host_clock_ns += 1000;
	assert_true(clock_realtime_ns() == 1700000000LL * 1000000000 + 1000);
	assert_int_equal(changed, 1);
}

TEST(setting)
{
	struct clock_params p;

	assert_int_equal(clock_realtime_set(-1), -EINVAL);
	assert_int_equal(clock_realtime_set(S64_MAX), -EINVAL);
	assert_int_equal(clock_realtime_set(1000000000LL * NSEC_PER_SEC), 0);
	assert_int_equal(set, 1);
	host_clock_ns += 42;
	assert_true(clock_realtime_ns() == 1000000000LL * NSEC_PER_SEC + 42);
	clock_set_tai_offset(37);
	assert_true(clock_tai_ns() - clock_realtime_ns() == 37 * NSEC_PER_SEC);
	clock_params_read(&p);
	assert_int_equal(p.set_count, 1);
	assert_int_equal(clock_monotonic_ns(), host_clock_ns);
}

TEST(slewing_moves_500_ppm)
{
	s64 offset = clock_realtime_offset(), old;

	clock_slew(NSEC_PER_MSEC, NULL);
	host_clock_ns += NSEC_PER_SEC; /* half of it */
	assert_true(clock_realtime_offset() == offset + 500000);
	assert_true(clock_slew_left() == 500000);
	clock_slew(-NSEC_PER_MSEC, &old);
	assert_true(old == 500000);
	for (int i = 0; i < 1000; i++) {
		host_clock_ns += 4 * NSEC_PER_MSEC;
		clock_tick();
	}
	assert_true(clock_slew_left() == 0);
	assert_true(clock_realtime_offset() == offset + 500000 - NSEC_PER_MSEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_from_the_wall_clock),
		cmocka_unit_test(setting),
		cmocka_unit_test(slewing_moves_500_ppm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
