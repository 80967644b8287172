/* lib/string: every function against libc's, over sizes, offsets and overlaps. */
#include "tests/unit/unit.h"

void *kernel_memcpy(void *, const void *, size_t);
void *kernel_memmove(void *, const void *, size_t);
void *kernel_memset(void *, int, size_t);
int kernel_memcmp(const void *, const void *, size_t);
void *kernel_memchr(const void *, int, size_t);
size_t kernel_strlen(const char *);
size_t kernel_strnlen(const char *, size_t);
int kernel_strcmp(const char *, const char *);
int kernel_strncmp(const char *, const char *, size_t);
char *kernel_strchr(const char *, int);
char *kernel_strrchr(const char *, int);
char *kernel_strstr(const char *, const char *);
size_t strlcpy(char *, const char *, size_t);
size_t strlcat(char *, const char *, size_t);

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

/* Exact buffers, so that the sanitizer sees one byte too many. */
TEST(copies_of_every_size)
{
	for (size_t n = 0; n < 200; n++) {
		u8 *a = malloc(n + 1), *b = malloc(n + 1), *c = malloc(n + 1);

		for (size_t i = 0; i < n; i++)
			a[i] = i * 7 + n;
		assert_ptr_equal(kernel_memcpy(b, a, n), b);
		assert_memory_equal(a, b, n);
		assert_ptr_equal(kernel_memset(c, 0x5a, n), c);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(c[i], 0x5a);
		free(a);
		free(b);
		free(c);
	}
}

TEST(moves_with_every_overlap)
{
	enum { SIZE = 160 };
	u8 mine[SIZE], theirs[SIZE];

	for (size_t from = 0; from < 50; from += 3)
		for (size_t to = 0; to < 50; to++)
			for (size_t n = 0; n <= 100; n += 5) {
				for (int i = 0; i < SIZE; i++)
					mine[i] = theirs[i] = i * 13;
				kernel_memmove(mine + to, mine + from, n);
				memmove(theirs + to, theirs + from, n);
				assert_memory_equal(mine, theirs, SIZE);
			}
}

TEST(comparisons_agree_with_libc)
{
	u64 seed = 42;

	for (int i = 0; i < 20000; i++) {
		char a[24], b[24];
		size_t n = test_random(&seed) % 24;

		for (int k = 0; k < 23; k++) {
			a[k] = "ab\xff"[test_random(&seed) % 3];
			b[k] = test_random(&seed) % 8 ? a[k] : "ab\xff"[test_random(&seed) % 3];
		}
		a[test_random(&seed) % 24] = b[test_random(&seed) % 24] = 0;
		a[23] = b[23] = 0;
		assert_int_equal(sign(kernel_memcmp(a, b, n)), sign(memcmp(a, b, n)));
		assert_int_equal(sign(kernel_strcmp(a, b)), sign(strcmp(a, b)));
		assert_int_equal(sign(kernel_strncmp(a, b, n)), sign(strncmp(a, b, n)));
		assert_int_equal(kernel_strlen(a), strlen(a));
		assert_int_equal(kernel_strnlen(a, n), strnlen(a, n));
		assert_ptr_equal(kernel_strchr(a, 'b'), strchr(a, 'b'));
		assert_ptr_equal(kernel_strchr(a, 0), strchr(a, 0));
		assert_ptr_equal(kernel_strrchr(a, 'a'), strrchr(a, 'a'));
		assert_ptr_equal(kernel_memchr(a, 0xff, n), memchr(a, 0xff, n));
		b[2] = 0;
		assert_ptr_equal(kernel_strstr(a, b), strstr(a, b));
	}
}

TEST(strlcpy_always_terminates)
{
	char buf[8];

	assert_int_equal(strlcpy(buf, "hello", sizeof(buf)), 5);
	assert_string_equal(buf, "hello");
	assert_int_equal(strlcpy(buf, "hello, world", sizeof(buf)), 12);
	assert_string_equal(buf, "hello, ");
	assert_int_equal(strlcpy(buf, "x", 0), 1);
	strlcpy(buf, "abc", sizeof(buf));
	assert_int_equal(strlcat(buf, "defghij", sizeof(buf)), 10);
	assert_string_equal(buf, "abcdefg");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_of_every_size),
		cmocka_unit_test(moves_with_every_overlap),
		cmocka_unit_test(comparisons_agree_with_libc),
		cmocka_unit_test(strlcpy_always_terminates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
