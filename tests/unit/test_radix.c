/* mem/radix and mem/idr against plain arrays, with each allocation failing in turn. */
#include "tests/unit/unit.h"
#include "tests/unit/fail_alloc.h"
#include "arch/host/host.h"
#include "mem/idr.h"
#include "mem/radix.h"

static const u64 index_of[] = { 0,
				1,
				63,
				64,
				65,
				4095,
				4096,
				100000,
				1ULL << 24,
				1ULL << 32,
				(1ULL << 40) + 5,
				U64_MAX - 1,
				U64_MAX };
#define N ARRAY_SIZE(index_of)
static int item[N];

TEST(sparse_indices)
{
	struct radix_tree t;
	u64 seed = 17;
	bool in[N] = { false };

	radix_boot_init();
	radix_init(&t);
	for (int step = 0; step < 4000; step++) {
		unsigned i = test_random(&seed) % N;
		u64 at, want;
		unsigned k;

		if (in[i]) {
			assert_int_equal(radix_insert(&t, index_of[i], &item[i]), -EEXIST);
			assert_ptr_equal(radix_delete(&t, index_of[i]), &item[i]);
		} else {
			assert_null(radix_delete(&t, index_of[i]));
			assert_int_equal(radix_insert(&t, index_of[i], &item[i]), 0);
		}
		in[i] = !in[i];
		for (k = 0; k < N; k++)
			assert_ptr_equal(radix_lookup(&t, index_of[k]), in[k] ? &item[k] : NULL);
		/* The first at or after a random place. */
		at = want = index_of[test_random(&seed) % N];
		for (k = 0; k < N && !(in[k] && index_of[k] >= want); k++)
			;
		if (k == N) {
			assert_null(radix_next(&t, &at));
		} else {
			assert_ptr_equal(radix_next(&t, &at), &item[k]);
			assert_true(at == index_of[k]);
		}
	}
	for (unsigned i = 0; i < N; i++)
		if (in[i])
			radix_delete(&t, index_of[i]);
	assert_true(radix_empty(&t));
}

TEST(tags)
{
	struct radix_tree t;
	u64 at = 0;

	radix_init(&t);
	for (unsigned i = 0; i < N; i++)
		assert_int_equal(radix_insert(&t, index_of[i], &item[i]), 0);
	assert_false(radix_tagged(&t, RADIX_TAG_DIRTY));
	radix_tag_set(&t, index_of[3], RADIX_TAG_DIRTY);
	radix_tag_set(&t, index_of[8], RADIX_TAG_DIRTY);
	assert_true(radix_tag_get(&t, index_of[8], RADIX_TAG_DIRTY));
	assert_false(radix_tag_get(&t, index_of[8], RADIX_TAG_WRITEBACK));
	assert_ptr_equal(radix_next_tagged(&t, &at, RADIX_TAG_DIRTY), &item[3]);
	at++;
	assert_ptr_equal(radix_next_tagged(&t, &at, RADIX_TAG_DIRTY), &item[8]);
	at++;
	assert_null(radix_next_tagged(&t, &at, RADIX_TAG_DIRTY));
	radix_tag_clear(&t, index_of[3], RADIX_TAG_DIRTY);
	radix_delete(&t, index_of[8]);
	assert_false(radix_tagged(&t, RADIX_TAG_DIRTY));
	for (unsigned i = 0; i < N; i++)
		radix_delete(&t, index_of[i]);
}

static void fill(void *arg)
{
	struct radix_tree t;

	radix_init(&t);
	for (unsigned i = 0; i < N; i++) {
		int err = radix_insert(&t, index_of[i], &item[i]);

		assert_true(err == 0 || err == -ENOMEM);
		assert_ptr_equal(radix_lookup(&t, index_of[i]), err ? NULL : &item[i]);
	}
	for (unsigned i = 0; i < N; i++)
		radix_delete(&t, index_of[i]);
	assert_true(radix_empty(&t));
}

TEST(no_memory)
{
	assert_true(fail_alloc_each(fill, NULL) > 5);
}

TEST(ids_lowest_first)
{
	struct idr idr;

	idr_init(&idr, 3, 200);
	for (int i = 3; i <= 200; i++)
		assert_int_equal(idr_alloc(&idr), i);
	assert_int_equal(idr_alloc(&idr), -ENOSPC);
	idr_remove(&idr, 77);
	idr_remove(&idr, 44);
	assert_int_equal(idr_alloc(&idr), 44);
	assert_int_equal(idr_alloc(&idr), 77);
	assert_int_equal(idr_alloc(&idr), -ENOSPC);
	for (u32 i = 3; i <= 200; i++)
		idr_remove(&idr, i);
	assert_int_equal(idr_alloc(&idr), 3);
	idr_fini(&idr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sparse_indices),
		cmocka_unit_test(tags),
		cmocka_unit_test(no_memory),
		cmocka_unit_test(ids_lowest_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
