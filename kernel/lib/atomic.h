/*
 * Atomic counters and memory order, on the compiler's builtins.
 *
 * Plain reads and sets are relaxed; read-modify-write is sequentially
 * consistent, as on every CPU we run on it costs the same.
 */
#pragma once

#include "lib/types.h"

struct atomic {
	int v;
};
struct atomic64 {
	s64 v;
};

#define ATOMIC_INIT(n) { (n) }

#define DEFINE_ATOMIC_OPS(prefix, tag, type)                                                       \
	static inline type prefix##_read(const struct tag *a)                                      \
	{                                                                                          \
		return __atomic_load_n(&a->v, __ATOMIC_RELAXED);                                   \
	}                                                                                          \
	static inline type prefix##_read_acquire(const struct tag *a)                              \
	{                                                                                          \
		return __atomic_load_n(&a->v, __ATOMIC_ACQUIRE);                                   \
	}                                                                                          \
	static inline void prefix##_set(struct tag *a, type n)                                     \
	{                                                                                          \
		__atomic_store_n(&a->v, n, __ATOMIC_RELAXED);                                      \
	}                                                                                          \
	static inline void prefix##_set_release(struct tag *a, type n)                             \
	{                                                                                          \
		__atomic_store_n(&a->v, n, __ATOMIC_RELEASE);                                      \
	}                                                                                          \
	static inline void prefix##_add(struct tag *a, type n)                                     \
	{                                                                                          \
		__atomic_fetch_add(&a->v, n, __ATOMIC_SEQ_CST);                                    \
	}                                                                                          \
	static inline void prefix##_sub(struct tag *a, type n)                                     \
	{                                                                                          \
		__atomic_fetch_sub(&a->v, n, __ATOMIC_SEQ_CST);                                    \
	}                                                                                          \
	static inline void prefix##_inc(struct tag *a)                                             \
	{                                                                                          \
		prefix##_add(a, 1);                                                                \
	}                                                                                          \
	static inline void prefix##_dec(struct tag *a)                                             \
	{                                                                                          \
		prefix##_sub(a, 1);                                                                \
	}                                                                                          \
	static inline type prefix##_add_return(struct tag *a, type n)                              \
	{                                                                                          \
		return __atomic_add_fetch(&a->v, n, __ATOMIC_SEQ_CST);                             \
	}                                                                                          \
	static inline type prefix##_sub_return(struct tag *a, type n)                              \
	{                                                                                          \
		return __atomic_sub_fetch(&a->v, n, __ATOMIC_SEQ_CST);                             \
	}                                                                                          \
	static inline type prefix##_inc_return(struct tag *a)                                      \
	{                                                                                          \
		return prefix##_add_return(a, 1);                                                  \
	}                                                                                          \
	static inline type prefix##_dec_return(struct tag *a)                                      \
	{                                                                                          \
		return prefix##_sub_return(a, 1);                                                  \
	}                                                                                          \
	static inline type prefix##_fetch_add(struct tag *a, type n)                               \
	{                                                                                          \
		return __atomic_fetch_add(&a->v, n, __ATOMIC_SEQ_CST);                             \
	}                                                                                          \
	static inline bool prefix##_dec_and_test(struct tag *a)                                    \
	{                                                                                          \
		return __atomic_sub_fetch(&a->v, 1, __ATOMIC_SEQ_CST) == 0;                        \
	}                                                                                          \
	static inline type prefix##_xchg(struct tag *a, type n)                                    \
	{                                                                                          \
		return __atomic_exchange_n(&a->v, n, __ATOMIC_SEQ_CST);                            \
	}                                                                                          \
	/* True if @a held @old and now holds @n. */                                               \
	static inline bool prefix##_cmpxchg(struct tag *a, type old, type n)                       \
	{                                                                                          \
		return __atomic_compare_exchange_n(&a->v, &old, n, false, __ATOMIC_SEQ_CST,        \
						   __ATOMIC_RELAXED);                              \
	}                                                                                          \
	/* The same; on failure *@old becomes what was seen. */                                    \
	static inline bool prefix##_try_cmpxchg(struct tag *a, type *old, type n)                  \
	{                                                                                          \
		return __atomic_compare_exchange_n(&a->v, old, n, false, __ATOMIC_SEQ_CST,         \
						   __ATOMIC_RELAXED);                              \
	}                                                                                          \
	static inline void prefix##_or(struct tag *a, type n)                                      \
	{                                                                                          \
		__atomic_fetch_or(&a->v, n, __ATOMIC_SEQ_CST);                                     \
	}                                                                                          \
	static inline void prefix##_and(struct tag *a, type n)                                     \
	{                                                                                          \
		__atomic_fetch_and(&a->v, n, __ATOMIC_SEQ_CST);                                    \
	}                                                                                          \
	static inline type prefix##_fetch_or(struct tag *a, type n)                                \
	{                                                                                          \
		return __atomic_fetch_or(&a->v, n, __ATOMIC_SEQ_CST);                              \
	}                                                                                          \
	static inline type prefix##_fetch_and(struct tag *a, type n)                               \
	{                                                                                          \
		return __atomic_fetch_and(&a->v, n, __ATOMIC_SEQ_CST);                             \
	}                                                                                          \
	/* Add 1 unless the value is 0; false if it was. */                                        \
	static inline bool prefix##_inc_not_zero(struct tag *a)                                    \
	{                                                                                          \
		type old = prefix##_read(a);                                                       \
		while (old != 0)                                                                   \
			if (prefix##_try_cmpxchg(a, &old, old + 1))                                \
				return true;                                                       \
		return false;                                                                      \
	}

DEFINE_ATOMIC_OPS(atomic, atomic, int)
DEFINE_ATOMIC_OPS(atomic64, atomic64, s64)

#define smp_mb()	    __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_rmb()	    __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_wmb()	    __atomic_thread_fence(__ATOMIC_RELEASE)
#define load_acquire(p)	    __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define xchg(p, v)	    __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)
/* The value seen: equal to @old means the swap happened. */
#define cmpxchg(p, old, new)                                                                       \
	({                                                                                         \
		__typeof__(*(p)) cx_old = (old);                                                   \
		__atomic_compare_exchange_n(p, &cx_old, new, false, __ATOMIC_SEQ_CST,              \
					    __ATOMIC_RELAXED);                                     \
		cx_old;                                                                            \
	})
