/* Bit searches; ffs and fls count from 1, 0 means none; ctz, clz and ilog2 want x != 0. */
#pragma once

#include "lib/types.h"

#define bit_ffs(x) __builtin_ffsll(x)
static inline unsigned bit_fls(u64 x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}
static inline unsigned bit_ctz(u64 x)
{
	return __builtin_ctzll(x);
}
static inline unsigned bit_clz(u64 x)
{
	return __builtin_clzll(x);
}
static inline unsigned ilog2(u64 x)
{
	return 63 - __builtin_clzll(x);
}
static inline u64 roundup_pow2(u64 x)
{
	return x <= 1 ? 1 : 1ULL << bit_fls(x - 1);
}
static inline unsigned bit_count(u64 x)
{
	x -= (x >> 1) & 0x5555555555555555ULL;
	x = (x & 0x3333333333333333ULL) + ((x >> 2) & 0x3333333333333333ULL);
	return (((x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fULL) * 0x0101010101010101ULL) >> 56;
}

static inline u16 bswap16(u16 x)
{
	return __builtin_bswap16(x);
}
static inline u32 bswap32(u32 x)
{
	return __builtin_bswap32(x);
}
static inline u64 bswap64(u64 x)
{
	return __builtin_bswap64(x);
}
#define be16_to_cpu(x) bswap16(x)
#define be32_to_cpu(x) bswap32(x)
#define be64_to_cpu(x) bswap64(x)
#define cpu_to_be16(x) bswap16(x)
#define cpu_to_be32(x) bswap32(x)
#define cpu_to_be64(x) bswap64(x)
static inline u32 rol32(u32 x, unsigned n)
{
	return (x << n) | (x >> (32 - n));
}
static inline u64 rol64(u64 x, unsigned n)
{
	return (x << n) | (x >> (64 - n));
}

/* Unaligned little-endian accesses. */
static inline u16 get_le16(const void *p)
{
	u16 v;
	__builtin_memcpy(&v, p, 2);
	return v;
}
static inline u32 get_le32(const void *p)
{
	u32 v;
	__builtin_memcpy(&v, p, 4);
	return v;
}
static inline u64 get_le64(const void *p)
{
	u64 v;
	__builtin_memcpy(&v, p, 8);
	return v;
}
