/* Memory and strings. */
#pragma once

#include "lib/types.h"
#include "lib/kasan.h"

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *needle);
char *strcpy(char *dst, const char *src);
/* Always ends @dst with a NUL (if size > 0); returns strlen(src), so >= size means it was cut. */
size_t strlcpy(char *dst, const char *src, size_t size);
size_t strlcat(char *dst, const char *src, size_t size);
/* Not removed by the optimiser: for keys. */
void memzero_explicit(void *p, size_t n);

static inline bool str_eq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}
static inline bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

static inline bool char_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}
static inline bool char_is_digit(char c)
{
	return c >= '0' && c <= '9';
}
static inline bool char_is_print(char c)
{
	return c >= ' ' && c <= '~';
}

/* Written in assembler, so the compiler does not check what they touch. */
#if CONFIG_KASAN && !defined(KASAN_OFF)
static inline void *checked_memcpy(void *dst, const void *src, size_t n)
{
	kasan_check(src, n, false);
	kasan_check(dst, n, true);
	return memcpy(dst, src, n);
}
static inline void *checked_memmove(void *dst, const void *src, size_t n)
{
	kasan_check(src, n, false);
	kasan_check(dst, n, true);
	return memmove(dst, src, n);
}
static inline void *checked_memset(void *dst, int c, size_t n)
{
	kasan_check(dst, n, true);
	return memset(dst, c, n);
}
#define memcpy	checked_memcpy
#define memmove checked_memmove
#define memset	checked_memset
#endif
