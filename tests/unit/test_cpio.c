/* lib/cpio: archives as cpio writes them, padded names, and hostile headers. */
#include "tests/unit/unit.h"
#include "lib/cpio.h"

static size_t add(char *at, const char *name, size_t namesize, const char *data, unsigned mode)
{
	size_t size = data ? strlen(data) : 0, pos;

	pos = sprintf(at, "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08X%08zx%08x", 7, mode,
		      1000, 100, 1, 0x5f5e100, size, 8, 1, 4, 0xAB, namesize, 0);
	memset(at + pos, 0, namesize);
	strcpy(at + pos, name);
	pos = ALIGN_UP(pos + namesize, 4);
	memcpy(at + pos, data ? data : "", size);
	return ALIGN_UP(pos + size, 4);
}

TEST(entries_in_order)
{
	static char buf[4096];
	struct cpio_reader r;
	struct cpio_entry e;
	size_t len = 0;

	memset(buf, 0, sizeof(buf));
	len += add(buf + len, "dir", 4, NULL, 040755);
	len += add(buf + len, "dir/file", 9, "hello", 0100644);
	len += add(buf + len, "padded", 100, "data!", 0100600);
	len += add(buf + len, "TRAILER!!!", 11, NULL, 0);
	cpio_init(&r, buf, sizeof(buf));

	assert_int_equal(cpio_next(&r, &e), 1);
	assert_string_equal(e.name, "dir");
	assert_int_equal(e.mode, 040755);
	assert_int_equal(e.size, 0);
	assert_int_equal(cpio_next(&r, &e), 1);
	assert_string_equal(e.name, "dir/file");
	assert_int_equal(e.name_len, 8);
	assert_int_equal(e.size, 5);
	assert_memory_equal(e.data, "hello", 5);
	assert_int_equal(e.ino, 7);
	assert_int_equal(e.uid, 1000);
	assert_int_equal(e.gid, 100);
	assert_int_equal(e.mtime, 100000000);
	assert_int_equal(e.dev_major, 8);
	assert_int_equal(e.rdev_minor, 0xab);
	assert_false(e.has_check);
	assert_int_equal(cpio_next(&r, &e), 1);
	assert_string_equal(e.name, "padded");
	assert_int_equal(e.name_len, 6);
	assert_memory_equal(e.data, "data!", 5);
	assert_int_equal(cpio_next(&r, &e), 0);
	assert_int_equal(r.pos, len);
	assert_int_equal(cpio_next(&r, &e), 0); /* zeros are no header */
}

TEST(every_cut_stays_inside)
{
	static char buf[1024];
	size_t len = 0;

	len += add(buf + len, "first", 6, "0123456789", 0100644);
	len += add(buf + len, "second", 7, "abcdef", 0100644);
	for (size_t n = 0; n < len; n++) {
		char *cut = malloc(n ? n : 1);
		struct cpio_reader r;
		struct cpio_entry e;
		int found = 0;

		memcpy(cut, buf, n);
		cpio_init(&r, cut, n);
		while (cpio_next(&r, &e) > 0) {
			u32 sum = 0;

			for (size_t i = 0; i < e.size; i++)
				sum += e.data[i]; /* the sanitizer watches */
			assert_true(sum > 0);
			assert_true(strlen(e.name) == e.name_len);
			found++;
		}
		assert_true(found <= 2);
		free(cut);
	}
}

TEST(hostile_headers)
{
	static char buf[512];
	size_t len = add(buf, "name", 5, "data", 0100644);
	struct cpio_reader r;
	struct cpio_entry e;
	u64 seed = 11;

	/* Any byte of the header changed: an error, an end, or an entry inside the archive. */
	for (int i = 0; i < 50000; i++) {
		char *bad = malloc(len);

		memcpy(bad, buf, len);
		for (int k = test_random(&seed) % 3; k >= 0; k--)
			bad[test_random(&seed) % 115] =
				i % 2 ? "0123456789abcdefABCDEF"[test_random(&seed) % 22] :
					(char)test_random(&seed);
		cpio_init(&r, bad, len);
		if (cpio_next(&r, &e) == 1) {
			assert_true(e.name >= bad && e.name + e.name_len < bad + len);
			assert_true((char *)e.data >= bad && (char *)e.data + e.size <= bad + len);
		}
		assert_true(r.pos <= len);
		free(bad);
	}
	memcpy(buf + 6 + 8 * 11, "00000000", 8); /* no name at all */
	cpio_init(&r, buf, len);
	assert_int_equal(cpio_next(&r, &e), -EINVAL);
	memcpy(buf + 6 + 8 * 11, "ffffffff", 8);
	cpio_init(&r, buf, len);
	assert_int_equal(cpio_next(&r, &e), -EINVAL);
	memcpy(buf + 6 + 8 * 11, "0000000g", 8);
	cpio_init(&r, buf, len);
	assert_int_equal(cpio_next(&r, &e), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_in_order),
		cmocka_unit_test(every_cut_stays_inside),
		cmocka_unit_test(hostile_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
