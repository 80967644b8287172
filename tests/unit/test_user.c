/* mem/user: strings and growing structures from a program's memory. */
#include "tests/unit/unit.h"
#include "tests/unit/fail_alloc.h"
#include "arch/host/host.h"
#include "mem/slab.h"
#include "mem/user.h"

TEST(strings)
{
	char dst[8], *copy;

	assert_int_equal(strncpy_from_user(dst, "hello", 8), 5);
	assert_string_equal(dst, "hello");
	assert_int_equal(strncpy_from_user(dst, "12345678", 8), -ENAMETOOLONG);
	assert_int_equal(strndup_user("hello", 6, &copy), 0);
	assert_string_equal(copy, "hello");
	kfree(copy);
	assert_int_equal(strndup_user("hello!", 6, &copy), -ENAMETOOLONG);
	assert_int_equal(strndup_user((void *)-100L, 6, &copy), -EFAULT);
}

static void dup_string(void *arg)
{
	char *copy;
	int err = strndup_user(arg, 100, &copy);

	assert_true(err == 0 || err == -ENOMEM);
	if (!err)
		kfree(copy);
}

TEST(no_memory)
{
	char text[] = "some text";

	assert_int_equal(fail_alloc_each(dup_string, text), 1);
}

TEST(structures_that_grow)
{
	u8 src[32], dst[16];

	memset(src, 7, sizeof(src));
	memset(dst, 9, sizeof(dst));
	assert_int_equal(copy_struct_from_user(dst, 16, src, 8), 0);
	assert_true(dst[7] == 7 && dst[8] == 0 && dst[15] == 0);
	assert_int_equal(copy_struct_from_user(dst, 16, src, 32), -E2BIG);
	memset(src + 16, 0, 16);
	assert_int_equal(copy_struct_from_user(dst, 16, src, 32), 0);
	src[31] = 1;
	assert_int_equal(copy_struct_from_user(dst, 16, src, 32), -E2BIG);
	/* At the end of all addresses, found by random calls of openat2(2). */
	host_user_fault_range((void *)-8, 8);
	assert_int_equal(copy_struct_from_user(dst, 16, (void *)-8, 8), -EFAULT);
	host_user_fault_range(src + 4, 1);
	assert_int_equal(copy_struct_from_user(dst, 16, src, 8), -EFAULT);
	host_user_fault_range(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings),
		cmocka_unit_test(no_memory),
		cmocka_unit_test(structures_that_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
