/* lib/inflate: what gzip packs comes out again, at every level and kind of data; damage and
 * cuts at every place end in an error, within the buffers (the sanitizer watches). */
#include "tests/unit/unit.h"
#include <unistd.h>
#include "lib/inflate.h"

struct output {
	u8 *data;
	size_t len, room;
};

static int collect(void *arg, const u8 *data, size_t len)
{
	struct output *o = arg;

	if (len > o->room - o->len)
		return -ENOSPC;
	memcpy(o->data + o->len, data, len);
	o->len += len;
	return 0;
}

/* Packs with the gzip of the machine.  The result is malloc'ed to its exact size. */
static u8 *pack(const u8 *data, size_t len, const char *options, size_t *packed)
{
	char in[] = "/tmp/unit-inflate-XXXXXX", command[128];
	u8 *buf = malloc(len * 2 + 4096), *exact;
	int fd = mkstemp(in);
	FILE *f;

	assert_int_equal(write(fd, data, len), len);
	close(fd);
	snprintf(command, sizeof(command), "gzip %s -c < %s", options, in);
	f = popen(command, "r");
	*packed = fread(buf, 1, len * 2 + 4096, f);
	assert_int_equal(pclose(f), 0);
	unlink(in);
	exact = malloc(*packed);
	memcpy(exact, buf, *packed);
	free(buf);
	return exact;
}

static int unpack(const u8 *src, size_t len, struct output *o, size_t *used)
{
	struct inflate *state = malloc(inflate_state_size());
	int err;

	memset(state, 0xa5, inflate_state_size());
	err = inflate_gzip(state, src, len, used, collect, o);
	free(state);
	return err;
}

/* Kinds of data: 0 zeros, 1 random, 2 text-like, 3 long repeats at long distances, 4 few symbols. */
static u8 *make(int kind, size_t len)
{
	u8 *p = malloc(len + 1);
	u64 seed = 1234 + kind;

	for (size_t i = 0; i < len; i++)
		switch (kind) {
		case 0:
			p[i] = 0;
			break;
		case 1:
			p[i] = test_random(&seed);
			break;
		case 2:
			p[i] = "etaoin shrdlu,.\nETAOIN"[test_random(&seed) % 5 *
							 (test_random(&seed) % 5)];
			break;
		case 3:
			p[i] = i >= 32768 ? p[i - 32768 + (i & 0x1000 ? 7 : 0)] :
					    test_random(&seed);
			break;
		default:
			p[i] = test_random(&seed) % 37 ? 'a' : 'b' + i % 200;
			break;
		}
	return p;
}

TEST(round_trips)
{
	static const size_t sizes[] = { 0, 1, 2, 100, 32767, 65536, 300001 };
	static const char *const options[] = { "-1", "-6 -n", "-9" };

	for (int kind = 0; kind < 5; kind++)
		for (unsigned s = 0; s < ARRAY_SIZE(sizes); s++)
			for (unsigned opt = 0; opt < ARRAY_SIZE(options); opt++) {
				u8 *data = make(kind, sizes[s]);
				size_t packed, used;
				u8 *gz = pack(data, sizes[s], options[opt], &packed);
				struct output o = { malloc(sizes[s] + 1), 0, sizes[s] };

				assert_true(gzip_magic(gz, packed));
				assert_int_equal(unpack(gz, packed, &o, &used), 0);
				assert_int_equal(used, packed);
				assert_int_equal(o.len, sizes[s]);
				assert_memory_equal(o.data, data, sizes[s]);
				free(o.data);
				free(gz);
				free(data);
			}
}

/* Bytes behind the member are left for the next one. */
TEST(stops_at_the_end_of_the_member)
{
	u8 *data = make(2, 5000), buf[5000];
	struct output o = { buf, 0, sizeof(buf) };
	size_t packed, used;
	u8 *gz = pack(data, 5000, "-6", &packed), *two = malloc(packed * 2);

	memcpy(two, gz, packed);
	memcpy(two + packed, gz, packed);
	assert_int_equal(unpack(two, packed * 2, &o, &used), 0);
	assert_int_equal(used, packed);
	free(two);
	free(gz);
	free(data);
}

TEST(every_cut_is_an_error)
{
	u8 *data = make(4, 3000), buf[3000];
	size_t packed, used;
	u8 *gz = pack(data, 3000, "-9", &packed);

	for (size_t n = 0; n < packed; n++) {
		struct output o = { buf, 0, sizeof(buf) };
		u8 *cut = malloc(n + 1); /* its own object, so that reading on is seen */

		memcpy(cut, gz, n);
		cut = realloc(cut, n ? n : 1);
		assert_int_not_equal(unpack(cut, n, &o, &used), 0);
		free(cut);
	}
	free(gz);
	free(data);
}

TEST(damage_never_leaves_the_buffers)
{
	u64 seed = 4711;
	u8 *out = malloc(1 << 20);

	for (int kind = 1; kind < 5; kind++) {
		u8 *data = make(kind, 4000);
		size_t packed, used;
		u8 *gz = pack(data, 4000, "-6", &packed), *bad = malloc(packed);

		for (int i = 0; i < 4000; i++) {
			struct output o = { out, 0, 1 << 20 };
			int flips = 1 + test_random(&seed) % 4, err;

			memcpy(bad, gz, packed);
			while (flips--)
				bad[10 + test_random(&seed) % (packed - 10)] ^=
					1 << test_random(&seed) % 8;
			err = unpack(bad, packed, &o, &used);
			/* Undamaged in effect only if the bytes are. */
			if (!err) {
				assert_int_equal(o.len, 4000);
				assert_memory_equal(o.data, data, 4000);
			}
		}
		free(bad);
		free(gz);
		free(data);
	}
	free(out);
}

/* Streams of random bits reach the corners that damaged files do not. */
TEST(noise_never_leaves_the_buffers)
{
	struct inflate *state = malloc(inflate_state_size());
	u8 *out = malloc(1 << 20), *noise = malloc(300);
	u64 seed = 815;
	size_t used;

	for (int i = 0; i < 60000; i++) {
		struct output o = { out, 0, 1 << 20 };

		for (int k = 0; k < 300; k++)
			noise[k] = test_random(&seed) >> 20;
		noise[0] = (noise[0] & ~6) | (i % 3) << 1;
		(void)!inflate_raw(state, noise, 300, &used, collect, &o);
		assert_true(used <= 300);
	}
	free(noise);
	free(out);
	free(state);
}

TEST(rejects_what_is_wrong)
{
	struct inflate *state = malloc(inflate_state_size());
	struct output o = { NULL, 0, 0 };
	size_t used;
	/* stored block whose length and complement differ; type 3; distance too far back. */
	static const u8 stored[] = { 1, 5, 0, 0, 0, 'h' }, type3[] = { 7 },
			far[] = { 0x03, 0x02, 0, 0 };
	static const u8 reserved[] = { 0x1f, 0x8b, 8, 0x80, 0, 0, 0, 0, 0, 0, 3, 0 };

	assert_int_equal(inflate_raw(state, stored, sizeof(stored), &used, collect, &o), -EINVAL);
	assert_int_equal(inflate_raw(state, type3, 1, &used, collect, &o), -EINVAL);
	assert_int_equal(inflate_raw(state, far, sizeof(far), &used, collect, &o), -EINVAL);
	assert_int_equal(inflate_raw(state, far, 0, &used, collect, &o), -ENODATA);
	assert_int_equal(inflate_gzip(state, reserved, sizeof(reserved), &used, collect, &o),
			 -EINVAL);
	assert_int_equal(crc32(0, "123456789", 9), 0xcbf43926);
	free(state);
}

TEST(the_sink_can_stop)
{
	u8 *data = make(1, 200000), buf[10];
	struct output o = { buf, 0, sizeof(buf) };
	size_t packed, used;
	u8 *gz = pack(data, 200000, "-1", &packed);

	assert_int_equal(unpack(gz, packed, &o, &used), -ENOSPC);
	free(gz);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips),
		cmocka_unit_test(stops_at_the_end_of_the_member),
		cmocka_unit_test(every_cut_is_an_error),
		cmocka_unit_test(damage_never_leaves_the_buffers),
		cmocka_unit_test(noise_never_leaves_the_buffers),
		cmocka_unit_test(rejects_what_is_wrong),
		cmocka_unit_test(the_sink_can_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
