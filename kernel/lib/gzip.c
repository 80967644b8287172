/*
 * gzip members: a header, a deflate stream (lib/inflate.c), its CRC and length.
 *
 * Source: RFC 1952.
 */
#include "lib/inflate.h"
#include "lib/bitops.h"
#include "lib/errno.h"
#include "lib/string.h"

enum { GZ_TEXT = 1, GZ_HCRC = 2, GZ_EXTRA = 4, GZ_NAME = 8, GZ_COMMENT = 16, GZ_RESERVED = 0xe0 };

bool gzip_magic(const void *src, size_t len)
{
	const u8 *p = src;

	return len >= 3 && p[0] == 0x1f && p[1] == 0x8b && p[2] == 8;
}

/* Length of the header; -EINVAL or -ENODATA. */
static long gzip_header(const u8 *p, size_t len)
{
	size_t pos = 10;

	if (len < 10)
		return -ENODATA;
	if (!gzip_magic(p, len) || p[3] & GZ_RESERVED)
		return -EINVAL;
	if (p[3] & GZ_EXTRA) {
		if (len - pos < 2)
			return -ENODATA;
		pos += 2 + get_le16(p + pos);
		if (pos > len)
			return -ENODATA;
	}
	for (int flag = GZ_NAME; flag <= GZ_COMMENT; flag <<= 1) {
		const u8 *nul;

		if (!(p[3] & flag))
			continue;
		nul = memchr(p + pos, 0, len - pos);
		if (!nul)
			return -ENODATA;
		pos = nul + 1 - p;
	}
	if (p[3] & GZ_HCRC)
		pos += 2;
	return pos > len ? -ENODATA : (long)pos;
}

struct gzip_sink {
	inflate_sink_fn *sink;
	void *arg;
	u32 crc, size;
};

static int gzip_sink(void *arg, const u8 *data, size_t len)
{
	struct gzip_sink *g = arg;

	g->crc = crc32(g->crc, data, len);
	g->size += len;
	return g->sink(g->arg, data, len);
}

int inflate_gzip(struct inflate *s, const void *src, size_t len, size_t *consumed,
		 inflate_sink_fn *sink, void *arg)
{
	struct gzip_sink g = { .sink = sink, .arg = arg };
	const u8 *p = src;
	long header = gzip_header(p, len);
	int err;

	*consumed = 0;
	if (header < 0)
		return header;
	err = inflate_raw(s, p + header, len - header, consumed, gzip_sink, &g);
	*consumed += header;
	if (err)
		return err;
	if (len - *consumed < 8)
		return -ENODATA;
	p += *consumed;
	*consumed += 8;
	return get_le32(p) == g.crc && get_le32(p + 4) == g.size ? 0 : -EBADMSG;
}
