/* core/cmdline: words, quotes and leftovers, as Linux treats them. */
#include "tests/unit/unit.h"
#include "core/cmdline.h"

static const char *arg(int n)
{
	return cmdline_init_args()[n];
}
static const char *env(int n)
{
	return cmdline_init_env()[n];
}

TEST(values_and_words)
{
	size_t iter = 0;

	cmdline_init("console=ttyS0  quiet loglevel=4\tconsole=tty0 panic=-1 root=\n");
	assert_string_equal(cmdline_raw(),
			    "console=ttyS0  quiet loglevel=4\tconsole=tty0 panic=-1 root=");
	assert_string_equal(cmdline_get("console"), "tty0");
	assert_string_equal(cmdline_get("quiet"), "");
	assert_string_equal(cmdline_get("root"), "");
	assert_null(cmdline_get("absent"));
	assert_int_equal(cmdline_get_s64("loglevel", 7), 4);
	assert_int_equal(cmdline_get_s64("panic", 0), -1);
	assert_int_equal(cmdline_get_s64("console", 9), 9);
	assert_true(cmdline_get_bool("quiet", false));
	assert_string_equal(cmdline_next("console", &iter), "ttyS0");
	assert_string_equal(cmdline_next("console", &iter), "tty0");
	assert_null(cmdline_next("console", &iter));
	assert_null(arg(0));
	assert_string_equal(env(0), "HOME=/");
	assert_string_equal(env(1), "TERM=linux");
	assert_null(env(2));
}

TEST(leftovers_go_to_init)
{
	cmdline_init("quiet single FOO=bar mod.param=1 TERM=vt100 FOO=baz -- -x quiet k=v");
	assert_string_equal(arg(0), "single");
	assert_string_equal(arg(1), "-x");
	assert_string_equal(arg(2), "quiet");
	assert_string_equal(arg(3), "k=v");
	assert_null(arg(4));
	assert_string_equal(env(0), "HOME=/");
	assert_string_equal(env(1), "TERM=vt100");
	assert_string_equal(env(2), "FOO=baz");
	assert_null(env(3));
	assert_null(cmdline_get("k"));
	assert_string_equal(cmdline_get("mod.param"), "1");
}

TEST(init_drops_earlier_arguments)
{
	cmdline_init("auto init=/sbin/init 3");
	assert_string_equal(arg(0), "3");
	assert_null(arg(1));
}

TEST(quotes)
{
	cmdline_init("a=\"x y\" \"b=1 2\" c=z\"q r\" \"d e\" f=\"open end");
	assert_string_equal(cmdline_get("a"), "x y");
	assert_string_equal(cmdline_get("b"), "1 2");
	assert_string_equal(cmdline_get("c"), "z\"q r\"");
	assert_true(cmdline_has("d e"));
	assert_string_equal(cmdline_get("f"), "open end");
}

TEST(dash_is_underscore)
{
	cmdline_init("tsc-early_khz=5");
	assert_string_equal(cmdline_get("tsc_early_khz"), "5");
	assert_null(arg(0));
	assert_null(env(2));
}

TEST(too_much_is_cut_not_overrun)
{
	char *line = malloc(3 * CMDLINE_MAX);

	for (int i = 0; i < 3 * CMDLINE_MAX - 1; i++)
		line[i] = i % 4 == 3 ? ' ' : i % 8 == 1 ? '=' : 'a' + i % 7;
	line[3 * CMDLINE_MAX - 1] = 0;
	cmdline_init(line);
	assert_true(strlen(cmdline_raw()) < CMDLINE_MAX);
	for (int i = 0; i <= INIT_ARGS_MAX && arg(i); i++)
		assert_true(i < INIT_ARGS_MAX);
	for (int i = 0; i <= INIT_ENV_MAX && env(i); i++)
		assert_true(i < INIT_ENV_MAX);
	cmdline_init("");
	assert_null(arg(0));
	cmdline_init("\"");
	cmdline_init("=");
	cmdline_init("=x");
	cmdline_init("a=\"");
	assert_string_equal(cmdline_get("a"), "");
	free(line);
}

/* Any bytes: no crash, and every word lies in the copy. */
TEST(noise)
{
	u64 seed = 77;

	for (int i = 0; i < 20000; i++) {
		char line[64];
		int n = test_random(&seed) % 63;

		for (int k = 0; k < n; k++)
			line[k] = "ab=\" -\n."[test_random(&seed) % 8];
		line[n] = 0;
		cmdline_init(line);
		for (int k = 0; arg(k); k++)
			assert_true(strlen(arg(k)) <= 64);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_and_words),
		cmocka_unit_test(leftovers_go_to_init),
		cmocka_unit_test(init_drops_earlier_arguments),
		cmocka_unit_test(quotes),
		cmocka_unit_test(dash_is_underscore),
		cmocka_unit_test(too_much_is_cut_not_overrun),
		cmocka_unit_test(noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
