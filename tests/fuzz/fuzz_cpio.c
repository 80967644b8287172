/* lib/cpio: any archive ends, and what it yields lies inside it. */
#include "tests/fuzz/fuzz.h"
#include "lib/cpio.h"

void fuzz_one(const u8 *data, size_t len)
{
	struct cpio_reader r;
	struct cpio_entry e;
	unsigned entries = 0;
	int err;

	cpio_init(&r, data, len);
	while ((err = cpio_next(&r, &e)) > 0) {
		const u8 *name = (const u8 *)e.name;

		entries++;
		expect(name >= data && name + e.name_len < data + len);
		expect(strlen(e.name) == e.name_len);
		expect(e.size == 0 || (e.data >= data && e.size <= len));
		expect(e.size == 0 || e.data + e.size <= data + len);
		expect(r.pos <= len);
	}
	expect(err == 0 || err == -EINVAL);
	expect(entries <= len / 110);
}

size_t fuzz_sample(unsigned n, u8 *buf, size_t room)
{
	static const char *const names[] = { "dir", "dir/file", "padded", "TRAILER!!!" };
	size_t at = 0;

	if (n > 3)
		return 0;
	for (unsigned i = 0; i < 4; i++) {
		size_t name_size = strlen(names[i]) + 1 + (n == 2 ? 40 : 0);
		size_t size = i == 1 || i == 2 ? 7 * n : 0;

		at += sprintf((char *)buf + at,
			      "07070%u%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x",
			      1 + (n == 3), i, 0100644, 0, 0, 1, 7, size, 0, 0, 0, 0, name_size, 0);
		memset(buf + at, 0, name_size);
		strcpy((char *)buf + at, names[i]);
		at = ALIGN_UP(at + name_size, 4);
		memset(buf + at, 'x', size);
		at = ALIGN_UP(at + size, 4);
	}
	return at;
}
