/* lib/parse. */
#include "tests/unit/unit.h"
#include "lib/parse.h"

static int u(const char *s, unsigned base, u64 *v)
{
	*v = 77;
	return parse_u64(s, base, v);
}

TEST(numbers)
{
	u64 v;
	s64 s;

	assert_int_equal(u("0", 0, &v), 0);
	assert_int_equal(v, 0);
	assert_int_equal(u("42\n", 10, &v), 0);
	assert_int_equal(v, 42);
	assert_int_equal(u("0x1F", 0, &v), 0);
	assert_int_equal(v, 31);
	assert_int_equal(u("0x1f", 16, &v), 0);
	assert_int_equal(v, 31);
	assert_int_equal(u("017", 0, &v), 0);
	assert_int_equal(v, 15);
	assert_int_equal(u("18446744073709551615", 10, &v), 0);
	assert_true(v == U64_MAX);
	assert_int_equal(u("18446744073709551616", 10, &v), -ERANGE);
	assert_int_equal(v, 77);
	assert_int_equal(u("", 10, &v), -EINVAL);
	assert_int_equal(u("\n", 10, &v), -EINVAL);
	assert_int_equal(u("12x", 10, &v), -EINVAL);
	assert_int_equal(u("-1", 10, &v), -EINVAL);
	assert_int_equal(u("0x", 0, &v), -EINVAL);
	assert_int_equal(u("1\n\n", 10, &v), -EINVAL);
	assert_int_equal(parse_s64("-9223372036854775808", 10, &s), 0);
	assert_true(s == S64_MIN);
	assert_int_equal(parse_s64("9223372036854775808", 10, &s), -ERANGE);
	assert_int_equal(parse_s64("--1", 10, &s), -EINVAL);
	assert_int_equal(parse_s64("-", 10, &s), -EINVAL);
}

TEST(sizes_and_bools)
{
	const char *end;
	bool b;

	assert_int_equal(parse_size("64M,rest", &end), 64 << 20);
	assert_string_equal(end, ",rest");
	assert_int_equal(parse_size("0x10k", NULL), 16384);
	assert_int_equal(parse_size("2G@1M", &end), 2ULL << 30);
	assert_string_equal(end, "@1M");
	assert_int_equal(parse_size("7", NULL), 7);
	assert_true(parse_size("99999999999E", NULL) == U64_MAX);
	assert_int_equal(parse_size("", &end), 0);
	assert_int_equal(parse_bool("on", &b), 0);
	assert_true(b);
	assert_int_equal(parse_bool("off", &b), 0);
	assert_false(b);
	assert_int_equal(parse_bool("Y", &b), 0);
	assert_true(b);
	assert_int_equal(parse_bool("0", &b), 0);
	assert_false(b);
	assert_int_equal(parse_bool("o", &b), -EINVAL);
	assert_int_equal(parse_bool("", &b), -EINVAL);
}

static void lists(void **state)
{
	u64 bits;

	assert_int_equal(parse_list("0", &bits), 0);
	assert_true(bits == 1);
	assert_int_equal(parse_list("1-3,8", &bits), 0);
	assert_true(bits == 0x10e);
	assert_int_equal(parse_list("0-63", &bits), 0);
	assert_true(bits == U64_MAX);
	assert_int_equal(parse_list("63", &bits), 0);
	assert_true(bits == 1ULL << 63);
	assert_int_equal(parse_list("", &bits), -EINVAL);
	assert_int_equal(parse_list("a", &bits), -EINVAL);
	assert_int_equal(parse_list("3-1", &bits), -EINVAL);
	assert_int_equal(parse_list("64", &bits), -EINVAL);
	assert_int_equal(parse_list("1-", &bits), -EINVAL);
	assert_int_equal(parse_list("1x", &bits), -EINVAL);
	assert_int_equal(parse_list("99999999999999999999", &bits), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(sizes_and_bools),
		cmocka_unit_test(lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
