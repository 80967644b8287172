/*
 * Memory and strings, in plain C.
 *
 * The mem* functions are weak: an architecture replaces those that it does better.
 * Words are moved through memcpy() of a constant 8 bytes, which compilers turn into
 * one load or store; the pragma keeps gcc from recognising a loop here as a call to the
 * very function it is in.
 */
#include "lib/string.h"
#include "lib/annotate.h"

#ifdef __clang__
#pragma clang attribute push(__attribute__((no_builtin)), apply_to = function)
#else
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

static __always_inline u64 load8(const void *p)
{
	u64 v;

	__builtin_memcpy(&v, p, 8);
	return v;
}

static __always_inline void store8(void *p, u64 v)
{
	__builtin_memcpy(p, &v, 8);
}

/* Up to 16 bytes: both ends are read before either is written, so overlap is fine. */
static __always_inline void copy_short(u8 *d, const u8 *s, size_t n)
{
	if (n >= 8) {
		u64 a = load8(s), b = load8(s + n - 8);

		store8(d, a);
		store8(d + n - 8, b);
	} else if (n >= 4) {
		u32 a, b;

		__builtin_memcpy(&a, s, 4);
		__builtin_memcpy(&b, s + n - 4, 4);
		__builtin_memcpy(d, &a, 4);
		__builtin_memcpy(d + n - 4, &b, 4);
	} else if (n) {
		u8 a = s[0], b = s[n / 2], c = s[n - 1];

		d[0] = a;
		d[n / 2] = b;
		d[n - 1] = c;
	}
}

__weak void *memcpy(void *dst, const void *src, size_t n)
{
	u8 *d = dst;
	const u8 *s = src;

	for (; n > 32; n -= 32, d += 32, s += 32) {
		u64 a = load8(s), b = load8(s + 8), c = load8(s + 16), e = load8(s + 24);

		store8(d, a);
		store8(d + 8, b);
		store8(d + 16, c);
		store8(d + 24, e);
	}
	if (n > 16) {
		store8(d, load8(s));
		store8(d + 8, load8(s + 8));
		d += 16, s += 16, n -= 16;
	}
	copy_short(d, s, n);
	return dst;
}

__weak void *memmove(void *dst, const void *src, size_t n)
{
	u8 *d = dst;
	const u8 *s = src;

	if (d == s)
		return dst;
	if (n <= 16) {
		copy_short(d, s, n);
	} else if ((uintptr_t)d - (uintptr_t)s >= n) {
		/* Forward is right; word by word even where the two are close. */
		for (; n > 16; n -= 8, d += 8, s += 8)
			store8(d, load8(s));
		copy_short(d, s, n);
	} else {
		for (; n > 16; n -= 8)
			store8(d + n - 8, load8(s + n - 8));
		copy_short(d, s, n);
	}
	return dst;
}

__weak void *memset(void *dst, int c, size_t n)
{
	u64 v = (u8)c * 0x0101010101010101ULL;
	u8 *d = dst;

	if (n < 8) {
		while (n--)
			*d++ = c;
		return dst;
	}
	store8(d + n - 8, v);
	for (; n > 8; n -= 8, d += 8)
		store8(d, v);
	return dst;
}

__weak int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *p = a, *q = b;

	for (; n >= 8 && load8(p) == load8(q); n -= 8)
		p += 8, q += 8;
	for (; n; n--, p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}

void *memchr(const void *s, int c, size_t n)
{
	for (const u8 *p = s; n; n--, p++)
		if (*p == (u8)c)
			return (void *)p;
	return NULL;
}

__weak size_t strlen(const char *s)
{
	const char *p = s;

	while (*p)
		p++;
	return p - s;
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (u8)*a - (u8)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++)
		if (*a != *b || !*a)
			return (u8)*a - (u8)*b;
	return 0;
}

char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (!*s)
			return NULL;
	return (char *)s;
}

char *strrchr(const char *s, int c)
{
	const char *last = NULL;

	do {
		if (*s == (char)c)
			last = s;
	} while (*s++);
	return (char *)last;
}

char *strstr(const char *s, const char *needle)
{
	size_t len = strlen(needle);

	for (;; s++) {
		if (!strncmp(s, needle, len))
			return (char *)s;
		if (!*s)
			return NULL;
	}
}

char *strcpy(char *dst, const char *src)
{
	memcpy(dst, src, strlen(src) + 1);
	return dst;
}

size_t strlcpy(char *dst, const char *src, size_t size)
{
	size_t len = strlen(src);

	if (size) {
		size_t n = min(len, size - 1);

		memcpy(dst, src, n);
		dst[n] = 0;
	}
	return len;
}

size_t strlcat(char *dst, const char *src, size_t size)
{
	size_t used = strnlen(dst, size);

	return used + strlcpy(dst + used, src, size - used);
}

void memzero_explicit(void *p, size_t n)
{
	memset(p, 0, n);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	/* The volatile access makes the memory observable. */
	if (n)
		*(volatile u8 *)p = 0;
}

#ifdef __clang__
#pragma clang attribute pop
#endif
