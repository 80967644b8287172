/*
 * lib/kasan.h - finding bad accesses to kernel memory (KASAN=1, a debug build).
 *
 * The compiler calls __asan_load4() and its kin before each access; they look at a shadow byte
 * for each eight bytes of the direct map (mem/kasan.c).  The allocators say which bytes may be
 * touched.  What is not the direct map (the image, stacks, vmalloc) is not watched.
 *
 * Source: "AddressSanitizer: A Fast Address Sanity Checker", USENIX ATC 2012, for the encoding.
 */
#pragma once

#include "lib/types.h"

/* Shadow bytes: 0 is good, 1 to 7 are good that far, and these are bad. */
#define KASAN_REDZONE	  0xfc /* behind an object, or behind what was asked of it */
#define KASAN_FREE_OBJECT 0xfb
#define KASAN_FREE_PAGE	  0xff

#if CONFIG_KASAN
/* @p is 8-byte aligned in these two.  Outside of the direct map they do nothing. */
void kasan_poison(const void *p, size_t len, u8 why);
void kasan_unpoison(const void *p, size_t len);
/* Panics unless all of [p, p + len) may be touched.  A macro, so that the compiler does not take
 * the call for a read of what is about to be written. */
void kasan_check_range(unsigned long addr, size_t len, bool write);
#define kasan_check(p, len, write) kasan_check_range((unsigned long)(p), len, write)
#else
static inline void kasan_poison(const void *p, size_t len, u8 why)
{
}
static inline void kasan_unpoison(const void *p, size_t len)
{
}
static inline void kasan_check(const void *p, size_t len, bool write)
{
}
#endif
