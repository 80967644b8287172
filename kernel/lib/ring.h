/*
 * Byte ring over a caller's buffer of a power of two bytes.  head and tail run
 * free; their difference is the fill.  No locking of its own.
 */
#pragma once

#include "lib/string.h"
#include "lib/types.h"

struct ring {
	u8 *buf;
	u32 size; /* a power of two */
	u32 head; /* bytes ever put */
	u32 tail; /* bytes ever taken */
};

static inline void ring_init(struct ring *r, void *buf, u32 size)
{
	*r = (struct ring){ .buf = buf, .size = size };
}
static inline u32 ring_used(const struct ring *r)
{
	return r->head - r->tail;
}
static inline u32 ring_free(const struct ring *r)
{
	return r->size - ring_used(r);
}
static inline bool ring_empty(const struct ring *r)
{
	return r->head == r->tail;
}
static inline bool ring_full(const struct ring *r)
{
	return ring_used(r) == r->size;
}

static inline bool ring_putc(struct ring *r, u8 c)
{
	if (ring_full(r))
		return false;
	r->buf[r->head++ & (r->size - 1)] = c;
	return true;
}

static inline int ring_getc(struct ring *r)
{
	return ring_empty(r) ? -1 : r->buf[r->tail++ & (r->size - 1)];
}

/* Return how many bytes went in or came out. */
u32 ring_put(struct ring *r, const void *src, u32 n);
u32 ring_get(struct ring *r, void *dst, u32 n);
