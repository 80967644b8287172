/* lib/printf against libc's, format by format. */
#include "tests/unit/unit.h"

int kernel_snprintf(char *buf, size_t size, const char *fmt, ...);
int scnprintf(char *buf, size_t size, const char *fmt, ...);

#define SAME(...)                                                                                  \
	do {                                                                                       \
		char mine[256], theirs[256];                                                       \
		int a = kernel_snprintf(mine, sizeof(mine), __VA_ARGS__);                          \
		int b = snprintf(theirs, sizeof(theirs), __VA_ARGS__);                             \
		assert_string_equal(mine, theirs);                                                 \
		assert_int_equal(a, b);                                                            \
	} while (0)

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-truncation"
TEST(integers)
{
	static const char *const flags[] = { "", "-", "+", " ", "#", "0", "-#", "+0", "#0", " -" };
	static const char *const sizes[] = { "", "1", "7", "12", ".0", ".1", ".5", "12.5", "3.9" };
	static const char convs[] = "diuxXo";
	static const long long values[] = {
		0, 1, -1, 42, -99999, 0x7fffffff, INT64_MIN, INT64_MAX
	};

	for (unsigned f = 0; f < ARRAY_SIZE(flags); f++)
		for (unsigned s = 0; s < ARRAY_SIZE(sizes); s++)
			for (const char *c = convs; *c; c++)
				for (unsigned v = 0; v < ARRAY_SIZE(values); v++) {
					char fmt[32];

					sprintf(fmt, "[%%%s%slld]", flags[f], sizes[s]);
					*strchr(fmt, 'd') = *c;
					SAME(fmt, values[v]);
					sprintf(fmt, "[%%%s%s%c]", flags[f], sizes[s], *c);
					SAME(fmt, (int)values[v]);
					sprintf(fmt, "[%%%s%shh%c]", flags[f], sizes[s], *c);
					SAME(fmt, (int)values[v]);
				}
}

TEST(text)
{
	SAME("%s|%10s|%-10s|%.2s|%-7.3s|", "abc", "abc", "abc", "abc", "abcdef");
	SAME("%c%5c%-5c|", 'x', 'y', 'z');
	SAME("%%|%*d|%-*d|%.*s", 6, 42, 6, 42, 2, "abc");
	SAME("%*d", -6, 42);
	SAME("plain");
	SAME("%zu %zd %hd %hu %lx", (size_t)7, (ssize_t)-7, 70000, 70000, 0xdeadbeefUL);
	SAME("%p", (void *)0x1234);
}

TEST(truncation_returns_the_full_length)
{
	char buf[8];

	memset(buf, 'X', sizeof(buf));
	assert_int_equal(kernel_snprintf(buf, 4, "%d", 123456), 6);
	assert_string_equal(buf, "123");
	assert_int_equal(buf[4], 'X');
	assert_int_equal(kernel_snprintf(NULL, 0, "%100d", 1), 100);
	assert_int_equal(scnprintf(buf, 4, "%d", 123456), 3);
	assert_int_equal(scnprintf(buf, 0, "%d", 1), 0);
	assert_int_equal(kernel_snprintf(buf, 1, "%s", "abc"), 3);
	assert_string_equal(buf, "");
}

TEST(strings_without_nul_and_null)
{
	char raw[3] = { 'a', 'b', 'c' }, buf[16];

	kernel_snprintf(buf, sizeof(buf), "%.3s", raw); /* the sanitizer watches raw[3] */
	assert_string_equal(buf, "abc");
	kernel_snprintf(buf, sizeof(buf), "%s", (char *)NULL);
	assert_string_equal(buf, "(null)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers),
		cmocka_unit_test(text),
		cmocka_unit_test(truncation_returns_the_full_length),
		cmocka_unit_test(strings_without_nul_and_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
