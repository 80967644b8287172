/* The device numbers that programs see (new_encode_dev, huge in 64 bits). */
#pragma once

#include "lib/types.h"

static inline u32 dev_major(u64 dev)
{
	return ((dev >> 8) & 0xfff) | ((dev >> 32) & ~0xfffULL);
}
static inline u32 dev_minor(u64 dev)
{
	return (dev & 0xff) | ((dev >> 12) & ~0xffULL);
}
static inline u64 dev_make(u32 maj, u32 min)
{
	return (min & 0xff) | (u64)(maj & 0xfff) << 8 | (u64)(min & ~0xffU) << 12 |
	       (u64)(maj & ~0xfffU) << 32;
}
