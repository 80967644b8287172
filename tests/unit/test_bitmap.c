/* lib/bitmap and lib/bitops against a bit-by-bit model. */
#include "tests/unit/unit.h"
#include "lib/bitmap.h"
#include "lib/bitops.h"

#define BITS 300

static size_t model_find(const bool *m, size_t n, size_t from, bool want)
{
	while (from < n && m[from] != want)
		from++;
	return min(from, n);
}

TEST(against_a_model)
{
	DECLARE_BITMAP(map, BITS) = { 0 };
	bool model[BITS] = { 0 };
	u64 seed = 99;

	for (int step = 0; step < 3000; step++) {
		size_t from = test_random(&seed) % BITS, n = test_random(&seed) % (BITS - from + 1);
		size_t nbits = test_random(&seed) % (BITS + 1), count = 0;

		if (test_random(&seed) % 2) {
			bitmap_set_range(map, from, n);
			memset(model + from, 1, n);
		} else {
			bitmap_clear_range(map, from, n);
			memset(model + from, 0, n);
		}
		from = test_random(&seed) % BITS;
		assert_int_equal(bitmap_find_set(map, nbits, from),
				 model_find(model, nbits, min(from, nbits), true));
		assert_int_equal(bitmap_find_clear(map, nbits, from),
				 model_find(model, nbits, min(from, nbits), false));
		for (size_t i = 0; i < nbits; i++)
			count += model[i];
		assert_int_equal(bitmap_count(map, nbits), count);
		assert_int_equal(bitmap_test(map, from), model[from]);
	}
}

TEST(bit_searches)
{
	for (unsigned i = 0; i < 64; i++) {
		u64 v = 1ULL << i;

		assert_int_equal(bit_ffs(v), i + 1);
		assert_int_equal(bit_fls(v | 1), i + 1);
		assert_int_equal(ilog2(v), i);
		assert_int_equal(bit_count(v - 1), i);
		assert_int_equal(roundup_pow2(v), v);
	}
	assert_int_equal(bit_fls(0), 0);
	assert_int_equal(roundup_pow2(5), 8);
	assert_int_equal(roundup_pow2(0), 1);
	assert_int_equal(bit_count(~0ULL), 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(against_a_model),
		cmocka_unit_test(bit_searches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
