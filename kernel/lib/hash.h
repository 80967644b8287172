/* Hashes for tables (not for secrets). */
#pragma once

#include "lib/types.h"

static inline u64 hash_u64(u64 x)
{
	x ^= x >> 32;
	x *= 0x9e3779b97f4a7c15ULL;
	return x ^ (x >> 29);
}

static inline u64 hash_ptr(const void *p)
{
	return hash_u64((uintptr_t)p);
}
static inline u64 hash_mix(u64 h, u64 x)
{
	return hash_u64(h ^ (x + 0x9e3779b97f4a7c15ULL));
}

u64 hash_bytes(const void *data, size_t len, u64 seed);
/* Keyed (SipHash-1-3): for tables whose keys strangers choose. */
u64 hash_keyed(const void *data, size_t len, const u64 key[2]);
