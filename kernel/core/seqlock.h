/*
 * Sequence counter: readers never block the writer; they retry if it moved.
 * Writers are serialised by a lock of their own, with interrupts off if a reader
 * may be an interrupt.
 */
#pragma once

#include "arch/api/inline.h"
#include "lib/atomic.h"

struct seqcount {
	u32 v;
};

static inline u32 seq_read_begin(const struct seqcount *s)
{
	u32 v;

	while ((v = load_acquire(&s->v)) & 1)
		arch_cpu_relax();
	return v;
}
static inline bool seq_read_retry(const struct seqcount *s, u32 start)
{
	smp_rmb();
	return __atomic_load_n(&s->v, __ATOMIC_RELAXED) != start;
}
static inline void seq_write_begin(struct seqcount *s)
{
	WRITE_ONCE(s->v, s->v + 1);
	smp_wmb();
}
static inline void seq_write_end(struct seqcount *s)
{
	store_release(&s->v, s->v + 1);
}
