/* core/random: what can be checked of randomness: no repeats, bounds, all bits move. */
#include "tests/unit/unit.h"
#include "core/random.h"

TEST(every_bit_is_balanced)
{
	int ones[64] = { 0 };

	for (int i = 0; i < 10000; i++) {
		u64 v = random_u64();

		for (int b = 0; b < 64; b++)
			ones[b] += v >> b & 1;
	}
	for (int b = 0; b < 64; b++)
		assert_in_range(ones[b], 4700, 5300);
}

TEST(bytes_of_every_length)
{
	u8 zero[200] = { 0 };

	for (size_t n = 0; n < 200; n++) {
		u8 *a = calloc(1, n + 1), *b = calloc(1, n + 1);

		random_bytes(a, n);
		random_bytes(b, n);
		assert_int_equal(a[n], 0);
		if (n >= 8) {
			assert_memory_not_equal(a, b, n);
			assert_memory_not_equal(a + n - 8, zero, 8);
		}
		free(a);
		free(b);
	}
}

TEST(bounds)
{
	int seen[7] = { 0 };

	for (int i = 0; i < 7000; i++)
		seen[random_below(7)]++;
	for (int i = 0; i < 7; i++)
		assert_in_range(seen[i], 800, 1200);
	assert_int_equal(random_below(1), 0);
	assert_true(random_ready());
}

TEST(entropy_changes_what_comes)
{
	u64 before = random_u64();

	entropy_add("event", 5, 1);
	assert_true(random_u64() != before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_bit_is_balanced),
		cmocka_unit_test(bytes_of_every_length),
		cmocka_unit_test(bounds),
		cmocka_unit_test(entropy_changes_what_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
