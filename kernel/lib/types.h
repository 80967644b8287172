/* Scalar types, sizes and the handful of macros every file uses. */
#pragma once

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64; /* unsigned long long, as in the UAPI: print with %llu */
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;
typedef __kernel_ssize_t ssize_t;
typedef unsigned long uintptr_t;

typedef u64 paddr_t; /* physical address */
typedef u64 vaddr_t; /* virtual address, kernel's or a process's */
typedef u64 pfn_t;   /* paddr_t >> PAGE_SHIFT */
typedef s64 ktime_t; /* nanoseconds */

#define U32_MAX 0xffffffffU
#define U64_MAX 0xffffffffffffffffULL
#define S32_MAX 0x7fffffff
#define S64_MAX 0x7fffffffffffffffLL
#define S64_MIN (-S64_MAX - 1)
#ifndef INT_MAX
#define INT_MAX	  0x7fffffff
#define INT_MIN	  (-INT_MAX - 1)
#define UINT_MAX  0xffffffffU
#define LONG_MAX  0x7fffffffffffffffL
#define LONG_MIN  (-LONG_MAX - 1)
#define ULONG_MAX 0xffffffffffffffffUL
#endif
#ifndef SIZE_MAX
#define SIZE_MAX (~(size_t)0)
#endif
#define SSIZE_MAX_    0x7fffffffffffffffL

#define PAGE_SHIFT    12
#define PAGE_SIZE     4096UL
#define PAGE_MASK     (~(PAGE_SIZE - 1))

#define NSEC_PER_SEC  1000000000LL
#define NSEC_PER_MSEC 1000000LL
#define NSEC_PER_USEC 1000LL

#define KIB(n)	      ((n) * 1024ULL)
#define MIB(n)	      ((n) * 1024ULL * 1024)
#define GIB(n)	      ((n) * 1024ULL * 1024 * 1024)
#define BIT(n)	      (1ULL << (n))

#ifndef static_assert
#define static_assert _Static_assert
#endif

#define ARRAY_SIZE(a)			(sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))

#define min(a, b)                                                                                  \
	({                                                                                         \
		__auto_type min_a = (a);                                                           \
		__auto_type min_b = (b);                                                           \
		min_a < min_b ? min_a : min_b;                                                     \
	})
#define max(a, b)                                                                                  \
	({                                                                                         \
		__auto_type max_a = (a);                                                           \
		__auto_type max_b = (b);                                                           \
		max_a > max_b ? max_a : max_b;                                                     \
	})
#define min_t(t, a, b)                                                                             \
	({                                                                                         \
		t min_a = (a);                                                                     \
		t min_b = (b);                                                                     \
		min_a < min_b ? min_a : min_b;                                                     \
	})
#define max_t(t, a, b)                                                                             \
	({                                                                                         \
		t max_a = (a);                                                                     \
		t max_b = (b);                                                                     \
		max_a > max_b ? max_a : max_b;                                                     \
	})
#define clamp(v, lo, hi) min(max(v, lo), hi)
#define swap(a, b)                                                                                 \
	do {                                                                                       \
		__auto_type swap_t = (a);                                                          \
		(a) = (b);                                                                         \
		(b) = swap_t;                                                                      \
	} while (0)

#define ALIGN_UP(x, a)	   (((x) + ((__typeof__(x))(a) - 1)) & ~((__typeof__(x))(a) - 1))
#define ALIGN_DOWN(x, a)   ((x) & ~((__typeof__(x))(a) - 1))
#define IS_ALIGNED(x, a)   (((x) & ((__typeof__(x))(a) - 1)) == 0)
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define ROUND_UP(n, d)	   (DIV_ROUND_UP(n, d) * (d))
#define IS_POW2(x)	   ((x) != 0 && ((x) & ((x) - 1)) == 0)

/* One untorn access that the compiler neither repeats nor invents. */
#define READ_ONCE(x)	 (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
