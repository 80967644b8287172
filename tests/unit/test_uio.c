/* mem/uio: bytes through vectors, faults in the middle, each allocation failing. */
#include "tests/unit/unit.h"
#include "tests/unit/fail_alloc.h"
#include "arch/host/host.h"
#include "mem/slab.h"
#include "mem/uio.h"

TEST(one_buffer)
{
	char buf[10] = "";
	struct uio u;

	uio_init_kernel(&u, buf, sizeof(buf));
	assert_int_equal(u.len, 10);
	assert_int_equal(copy_to_uio(&u, "hello", 5), 0);
	assert_int_equal(zero_uio(&u, 1), 0);
	assert_int_equal(u.len, 4);
	assert_string_equal(buf, "hello");
	assert_int_equal(copy_to_uio(&u, "12345", 5), -EFAULT);
}

TEST(vectors_of_every_shape)
{
	u64 seed = 8;

	for (int round = 0; round < 500; round++) {
		struct iovec v[12];
		struct uio u;
		u8 data[400], back[400];
		size_t total = 0, n = 1 + test_random(&seed) % 12, done = 0;

		for (size_t i = 0; i < n; i++) {
			v[i].iov_len = test_random(&seed) % 4 ? test_random(&seed) % 30 : 0;
			v[i].iov_base = malloc(v[i].iov_len + 1);
			total += v[i].iov_len;
		}
		for (size_t i = 0; i < sizeof(data); i++)
			data[i] = test_random(&seed);
		uio_init_kvec(&u, v, n);
		assert_int_equal(u.len, total);
		while (u.len) {
			size_t part = min(u.len, test_random(&seed) % 40 + 1);

			assert_int_equal(copy_to_uio(&u, data + done, part), 0);
			done += part;
		}
		assert_int_equal(done, total);
		if (total) {
			size_t less = test_random(&seed) % total;

			uio_rewind(&u, less);
			assert_int_equal(u.len, less);
			assert_int_equal(copy_from_uio(&u, back, less), 0);
			assert_memory_equal(back, data + total - less, less);
		}
		uio_init_kvec(&u, v, n);
		uio_advance(&u, total / 2);
		assert_int_equal(copy_from_uio(&u, back, total - total / 2), 0);
		assert_memory_equal(back, data + total / 2, total - total / 2);
		while (n--)
			free(v[n].iov_base);
	}
}

TEST(a_fault_in_the_middle_is_counted)
{
	char buf[100] = "";
	struct uio u;

	assert_int_equal(uio_init_user(&u, buf, sizeof(buf)), 0);
	host_user_fault_range(buf + 30, 10);
	assert_int_equal(copy_to_uio(&u, "0123456789012345678901234567890123456789", 40), -EFAULT);
	assert_true(u.len <= 100 && u.len >= 70);
	host_user_fault_range(NULL, 0);
	assert_int_equal(uio_init_user(&u, (void *)-64L, 100), -EFAULT);
}

static void import(void *arg)
{
	struct iovec *v = arg, fast[UIO_FAST_SEGS], *heap = NULL;
	struct uio u;
	int err = uio_init_iovec(&u, v, 20, fast, &heap);

	assert_true(err == 0 || err == -ENOMEM);
	kfree(heap);
}

TEST(user_vectors)
{
	struct iovec v[20], fast[UIO_FAST_SEGS], *heap = NULL;
	struct uio u;
	char byte;

	for (int i = 0; i < 20; i++)
		v[i] = (struct iovec){ &byte, 1 };
	assert_int_equal(fail_alloc_each(import, v), 1);
	assert_int_equal(uio_init_iovec(&u, v, UIO_MAX_SEGS + 1, fast, &heap), -EINVAL);
	assert_int_equal(uio_init_iovec(&u, v, 3, fast, &heap), 0);
	assert_null(heap);
	assert_int_equal(u.len, 3);
	v[1].iov_len = (size_t)-1;
	assert_int_equal(uio_init_iovec(&u, v, 3, fast, &heap), -EINVAL);
	v[1].iov_len = 1;
	host_user_fault_range(v, sizeof(v));
	assert_int_equal(uio_init_iovec(&u, v, 3, fast, &heap), -EFAULT);
	host_user_fault_range(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_buffer),
		cmocka_unit_test(vectors_of_every_shape),
		cmocka_unit_test(a_fault_in_the_middle_is_counted),
		cmocka_unit_test(user_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
