/* Byte ring: block moves, in at most two pieces. */
#include "lib/ring.h"

u32 ring_put(struct ring *r, const void *src, u32 n)
{
	u32 at = r->head & (r->size - 1), first;

	n = min(n, ring_free(r));
	first = min(n, r->size - at);
	memcpy(r->buf + at, src, first);
	memcpy(r->buf, (const u8 *)src + first, n - first);
	r->head += n;
	return n;
}

u32 ring_get(struct ring *r, void *dst, u32 n)
{
	u32 at = r->tail & (r->size - 1), first;

	n = min(n, ring_used(r));
	first = min(n, r->size - at);
	memcpy(dst, r->buf + at, first);
	memcpy((u8 *)dst + first, r->buf, n - first);
	r->tail += n;
	return n;
}
