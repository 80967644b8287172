/* lib/ring: what goes in comes out, across the end and across the counters' wrap. */
#include "tests/unit/unit.h"
#include "lib/ring.h"

TEST(bytes_keep_their_order)
{
	u8 store[64], in = 0, out = 0;
	struct ring r;
	u64 seed = 5;

	ring_init(&r, store, sizeof(store));
	r.head = r.tail = 0xffffff00U; /* about to wrap */
	for (int step = 0; step < 5000; step++) {
		u8 block[100];
		u32 n = test_random(&seed) % sizeof(block), room = ring_free(&r), used;

		for (u32 i = 0; i < n; i++)
			block[i] = in + i;
		assert_int_equal(ring_put(&r, block, n), min(n, room));
		in += min(n, room);
		used = ring_used(&r);
		n = test_random(&seed) % sizeof(block);
		assert_int_equal(ring_get(&r, block, n), min(n, used));
		for (u32 i = 0; i < min(n, used); i++)
			assert_int_equal(block[i], out++);
		if (ring_putc(&r, in))
			in++;
		assert_true(ring_used(&r) <= 64);
	}
	while (!ring_empty(&r))
		assert_int_equal(ring_getc(&r), out++);
	assert_int_equal(ring_getc(&r), -1);
	assert_int_equal(in, out);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(bytes_keep_their_order) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
