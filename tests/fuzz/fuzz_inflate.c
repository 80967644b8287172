/* lib/inflate: any stream ends, within its buffers. */
#include "tests/fuzz/fuzz.h"
#include "lib/inflate.h"

#define OUTPUT_MAX (1u << 20)

static int count(void *arg, const u8 *data, size_t len)
{
	size_t *total = arg;
	u8 sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += data[i]; /* the sanitizer looks at each */
	*total += len + (sum & 0);
	return *total > OUTPUT_MAX ? -ENOSPC : 0;
}

void fuzz_one(const u8 *data, size_t len)
{
	static struct inflate *state;
	size_t total = 0, used = 0;
	int err;

	if (!state)
		state = malloc(inflate_state_size());
	memset(state, 0xa5, inflate_state_size());
	err = gzip_magic(data, len) ? inflate_gzip(state, data, len, &used, count, &total) :
				      inflate_raw(state, data, len, &used, count, &total);
	expect(err == 0 || err == -EINVAL || err == -ENODATA || err == -EBADMSG || err == -ENOSPC);
	expect(err || used <= len);
}

/* gzip -9 of "a rose is a rose is a rose\n"; stored and fixed blocks of deflate. */
size_t fuzz_sample(unsigned n, u8 *buf, size_t room)
{
	static const u8 gzip[] = {
		0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x4b,
		0x54, 0x28, 0xca, 0x2f, 0x4e, 0x55, 0xc8, 0x2c, 0x56, 0x48, 0x44,
		0x50, 0x5c, 0x00, 0x3d, 0x55, 0x5b, 0xc5, 0x1b, 0x00, 0x00, 0x00
	};
	static const u8 stored[] = { 0x01, 0x05, 0x00, 0xfa, 0xff, 'h', 'e', 'l', 'l', 'o' };
	static const u8 dynamic[] = { 0x05, 0xc0, 0x81, 0x00, 0x00, 0x00, 0x00, 0x00,
				      0x90, 0xff, 0x6b, 0x04, 0x00, 0x00, 0x00 };
	static const struct {
		const u8 *data;
		size_t len;
	} samples[] = { { gzip, sizeof(gzip) },
			{ gzip + 10, sizeof(gzip) - 18 },
			{ stored, sizeof(stored) },
			{ dynamic, sizeof(dynamic) } };

	if (n >= ARRAY_SIZE(samples))
		return 0;
	memcpy(buf, samples[n].data, samples[n].len);
	return samples[n].len;
}
