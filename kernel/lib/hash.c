/* Hashes over bytes: a fast one, and SipHash-1-3 for keys that strangers choose. */
#include "lib/hash.h"
#include "lib/bitops.h"
#include "lib/string.h"

u64 hash_bytes(const void *data, size_t len, u64 seed)
{
	const u8 *p = data;
	u64 h = seed ^ (len * 0x9e3779b97f4a7c15ULL), tail = 0;

	for (; len >= 8; len -= 8, p += 8)
		h = (rol64(h, 23) ^ get_le64(p)) * 0x9e3779b97f4a7c15ULL;
	while (len--)
		tail = tail << 8 | p[len];
	return hash_u64((rol64(h, 23) ^ tail) * 0x9e3779b97f4a7c15ULL);
}

static void sip_round(u64 v[4])
{
	v[0] += v[1];
	v[1] = rol64(v[1], 13);
	v[1] ^= v[0];
	v[0] = rol64(v[0], 32);
	v[2] += v[3];
	v[3] = rol64(v[3], 16);
	v[3] ^= v[2];
	v[0] += v[3];
	v[3] = rol64(v[3], 21);
	v[3] ^= v[0];
	v[2] += v[1];
	v[1] = rol64(v[1], 17);
	v[1] ^= v[2];
	v[2] = rol64(v[2], 32);
}

u64 hash_keyed(const void *data, size_t len, const u64 key[2])
{
	u64 v[4] = { key[0] ^ 0x736f6d6570736575ULL, key[1] ^ 0x646f72616e646f6dULL,
		     key[0] ^ 0x6c7967656e657261ULL, key[1] ^ 0x7465646279746573ULL };
	const u8 *p = data;
	size_t left = len;
	u64 m;

	for (; left >= 8; left -= 8, p += 8) {
		m = get_le64(p);
		v[3] ^= m;
		sip_round(v);
		v[0] ^= m;
	}
	m = 0;
	while (left--)
		m = m << 8 | p[left];
	m |= (u64)len << 56;
	v[3] ^= m;
	sip_round(v);
	v[0] ^= m;
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
