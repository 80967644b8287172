/* lib/hash, lib/chacha20 and lib/sort: published vectors, spread, order. */
#include "tests/unit/unit.h"
#include "lib/chacha20.h"
#include "lib/hash.h"
#include "lib/sort.h"

/* RFC 8439, 2.3.2. */
TEST(chacha20_vector)
{
	static const u8 expected[64] = { 0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15, 0x50, 0x0f,
					 0xdd, 0x1f, 0xa3, 0x20, 0x71, 0xc4, 0xc7, 0xd1, 0xf4, 0xc7,
					 0x33, 0xc0, 0x68, 0x03, 0x04, 0x22, 0xaa, 0x9a, 0xc3, 0xd4,
					 0x6c, 0x4e, 0xd2, 0x82, 0x64, 0x46, 0x07, 0x9f, 0xaa, 0x09,
					 0x14, 0xc2, 0xd7, 0x05, 0xd9, 0x8b, 0x02, 0xa2, 0xb5, 0x12,
					 0x9c, 0xd1, 0xde, 0x16, 0x4e, 0xb9, 0xcb, 0xd0, 0x83, 0xe8,
					 0xa2, 0x50, 0x3c, 0x4e };
	static const u8 nonce[12] = { 0, 0, 0, 9, 0, 0, 0, 0x4a };
	u8 key[32], out[64];
	u32 state[16];

	for (int i = 0; i < 32; i++)
		key[i] = i;
	chacha20_init(state, key, nonce, 1);
	chacha20_block(state, out);
	assert_memory_equal(out, expected, 64);
	assert_int_equal(state[12], 2);
}

TEST(hashes_spread_and_read_no_further)
{
	const u64 key[2] = { 1, 2 };
	u8 *p;
	int bucket[64] = { 0 };

	for (size_t n = 0; n < 40; n++) {
		p = calloc(1, n + 1);
		assert_true(hash_bytes(p, n, 0) != hash_bytes(p, n + 1, 0));
		assert_true(hash_keyed(p, n, key) != hash_keyed(p, n + 1, key));
		free(p);
	}
	for (u64 i = 0; i < 6400; i++)
		bucket[hash_u64(i * 4096) % 64]++;
	for (int i = 0; i < 64; i++)
		assert_in_range(bucket[i], 50, 200);
}

static int compare(const void *a, const void *b)
{
	return (*(const u32 *)a > *(const u32 *)b) - (*(const u32 *)a < *(const u32 *)b);
}

TEST(sort_agrees_with_qsort)
{
	u64 seed = 3;

	for (size_t n = 0; n < 100; n++) {
		u32 *a = malloc(n * 4 + 1), *b = malloc(n * 4 + 1);

		for (size_t i = 0; i < n; i++)
			a[i] = b[i] = test_random(&seed) % 50;
		sort(a, n, 4, compare);
		qsort(b, n, 4, compare);
		assert_memory_equal(a, b, n * 4);
		free(a);
		free(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chacha20_vector),
		cmocka_unit_test(hashes_spread_and_read_no_further),
		cmocka_unit_test(sort_agrees_with_qsort),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
