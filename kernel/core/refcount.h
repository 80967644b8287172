/* Reference counts.  A get from 0, or an overflow, is a bug and panics. */
#pragma once

#include "core/panic.h"
#include "lib/annotate.h"
#include "lib/atomic.h"

struct refcount {
	struct atomic v;
};

#define REFCOUNT_INIT(n) { ATOMIC_INIT(n) }

static inline void refcount_init(struct refcount *r, int n)
{
	atomic_set(&r->v, n);
}
static inline int refcount_read(const struct refcount *r)
{
	return atomic_read(&r->v);
}

static inline void refcount_get(struct refcount *r)
{
	int old = __atomic_fetch_add(&r->v.v, 1, __ATOMIC_RELAXED);

	if (unlikely(old <= 0))
		panic("refcount_get of %d", old);
}

/* True if these were the last references: the caller frees. */
static inline bool refcount_put_many(struct refcount *r, int n) __must_check;
static inline bool refcount_put_many(struct refcount *r, int n)
{
	int left = __atomic_sub_fetch(&r->v.v, n, __ATOMIC_ACQ_REL);

	if (unlikely(left < 0))
		panic("refcount_put of %d", left + n);
	return left == 0;
}

static inline bool refcount_put(struct refcount *r) __must_check;
static inline bool refcount_put(struct refcount *r)
{
	return refcount_put_many(r, 1);
}

static inline bool refcount_get_unless_zero(struct refcount *r) __must_check;
static inline bool refcount_get_unless_zero(struct refcount *r)
{
	return atomic_inc_not_zero(&r->v);
}
