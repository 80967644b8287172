/*
 * gzip and raw deflate decoder (RFC 1951, 1952), from memory into a sink.
 * Never reads outside @src; the output window is the caller's.
 */
#pragma once

#include "lib/annotate.h"
#include "lib/types.h"

#define INFLATE_WINDOW 32768

/* Takes the next @len bytes of output; a negative errno stops the decoding. */
typedef int inflate_sink_fn(void *arg, const u8 *data, size_t len);

struct inflate; /* the decoder's state, about 72 KiB with its window */
size_t inflate_state_size(void);

/* @state: inflate_state_size() bytes, aligned to 8.  *consumed: bytes of @src used.
 * Return 0, -EINVAL (corrupt), -ENODATA (cut short), or what the sink returned. */
int inflate_raw(struct inflate *state, const void *src, size_t len, size_t *consumed,
		inflate_sink_fn *sink, void *arg) __must_check;
/* One gzip member: header, data, CRC and length checked (-EBADMSG if they differ). */
int inflate_gzip(struct inflate *state, const void *src, size_t len, size_t *consumed,
		 inflate_sink_fn *sink, void *arg) __must_check;
bool gzip_magic(const void *src, size_t len);
u32 crc32(u32 crc, const void *data, size_t len);
