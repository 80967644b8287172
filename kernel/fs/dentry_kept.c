/*
 * dentry_kept.c - references to dentries, taken and put.
 *
 * Threads that open one file, or make names in one directory, side by side would write to one
 * counter: a cache line that goes from processor to processor with each call.  So a processor
 * keeps some references of the names that it put last, and gives them to who asks for one of
 * them next.  They are counted in refs as anybody's.
 *
 * A directory's references are kept from the start, those of another name from when two
 * processors have met at its counter: a file that one thread makes, uses and removes never
 * comes here.
 *
 * Each processor has a few slots; where a dentry's references are kept is told by its address.
 * A slot is the address and, in the bits below its alignment, how many.  The processor changes
 * its slots by compare-and-swap, since another may empty one:
 *
 * What cannot be found any more (unlink, the end of a file system) must go with its last user,
 * not when its slot is wanted.  Its DENTRY_KEEP is taken away first, together with DENTRY_HASHED,
 * without which it does not come back, and the slots are looked
 * at then; who puts a reference fills the slot first and looks at the flag then.  One of the
 * two sees the other.  kept_by says whose slots to look at: none, one processor's, or all;
 * a file that one thread makes and removes costs nobody else a line.
 *
 * Whoever is here does not sleep, so what it looks at is not freed (RCU).
 */
#include "core/panic.h"
#include "core/percpu.h"
#include "fs/dcache_internal.h"
#include "fs/dentry.h"

#define KEPT_SLOTS 8
#define KEPT_MAX   (DENTRY_ALIGN - 1) /* of one dentry, by one processor */
#define KEPT_MANY  0xff /* kept_by: more than one processor; else 0 or its number + 1 */

static_assert(MAX_CPUS < KEPT_MANY, "a number + 1 fits");

struct kept_slots {
	uintptr_t slot[KEPT_SLOTS]; /* [a] dentry + how many of its references */
} __aligned(64);
DEFINE_PERCPU_STATIC(struct kept_slots, kept);

static inline uintptr_t *slot_of(struct kept_slots *slots, const struct dentry *d)
{
	return &slots->slot[(uintptr_t)d / (KEPT_MAX + 1) % KEPT_SLOTS];
}

/* How many the slot has of @d's, if @slot is its; else more than KEPT_MAX. */
static inline uintptr_t kept_count(uintptr_t slot, const struct dentry *d)
{
	return slot - (uintptr_t)d;
}

/* One of those that this processor keeps. */
static inline bool kept_take(struct dentry *d)
{
	uintptr_t *slot = slot_of(this_cpu_ptr(kept), d), was = READ_ONCE(*slot);

	return kept_count(was, d) - 1 < KEPT_MAX && cmpxchg(slot, was, was - 1) == was;
}

/* Is this processor one of those that kept_by names? */
static inline bool kept_here(const struct dentry *d)
{
	u8 by = READ_ONCE(d->kept_by);

	return likely(by == (u8)(cpu_id() + 1)) || by == KEPT_MANY;
}

static void kept_mark_here(struct dentry *d)
{
	u8 by = READ_ONCE(d->kept_by), seen;

	while (!kept_here(d)) {
		seen = cmpxchg(&d->kept_by, by, by ? KEPT_MANY : (u8)(cpu_id() + 1));
		if (seen == by)
			break;
		by = seen;
	}
}

/*
 * The caller's reference becomes a kept one, in a slot that is @d's already.  False: it still
 * is the caller's, who looks further.
 */
static inline bool kept_add(struct dentry *d)
{
	uintptr_t *slot = slot_of(this_cpu_ptr(kept), d), was = READ_ONCE(*slot);

	return likely(kept_count(was, d) < KEPT_MAX) && likely(kept_here(d)) &&
	       likely(cmpxchg(slot, was, was + 1) == was) &&
	       (likely(READ_ONCE(d->flags) & DENTRY_KEEP) || !kept_take(d));
}

static __noinline void put_last_of_many(struct dentry *d, unsigned n)
{
	if (atomic_sub_return(&d->refs, (int)n) == 0)
		dentry_put_last(d);
}

/* The slot is @d's from now on; what another dentry had there is put. */
static __noinline void kept_replace(struct dentry *d)
{
	uintptr_t *slot = slot_of(this_cpu_ptr(kept), d), was = READ_ONCE(*slot);

	if (kept_count(was, d) == KEPT_MAX) {
		put_last_of_many(d, 1);
		return;
	}
	kept_mark_here(d);
	if (kept_count(was, d) < KEPT_MAX || cmpxchg(slot, was, (uintptr_t)d) != was)
		was = 0;
	if (!kept_add(d))
		put_last_of_many(d, 1);
	if (was & KEPT_MAX)
		put_last_of_many((struct dentry *)(was & ~(uintptr_t)KEPT_MAX), was & KEPT_MAX);
}

/* What @slot has of @d's references is nobody's but the caller's now. */
static unsigned kept_empty(uintptr_t *slot, const struct dentry *d)
{
	uintptr_t was = READ_ONCE(*slot), seen;

	while (kept_count(was, d) <= KEPT_MAX) {
		seen = cmpxchg(slot, was, 0);
		if (seen == was)
			return was & KEPT_MAX;
		was = seen;
	}
	return 0;
}

/* The flag, then the slots: kept_add() goes the other way. */
void dentry_unkeep(struct dentry *d)
{
	unsigned n = 0, by = READ_ONCE(d->kept_by);

	if (by == KEPT_MANY)
		for (unsigned cpu = 0; cpu < cpu_possible_count; cpu++)
			n += kept_empty(slot_of(&per_cpu(kept, cpu), d), d);
	else if (by)
		n = kept_empty(slot_of(&per_cpu(kept, by - 1), d), d);
	if (n && atomic_sub_return(&d->refs, (int)n) <= 0)
		panic("dentry %p: kept references outlived the last", d);
}

/* --- Taking and putting -------------------------------------------------- */

void dentry_get_kept(struct dentry *dentry)
{
	if (!kept_take(dentry))
		atomic_inc(&dentry->refs);
}

/* Two processors came to one counter.  Not what cannot be found any more. */
static void keep_from_now(struct dentry *d)
{
	u32 flags = READ_ONCE(d->flags), seen;

	while ((flags & (DENTRY_HASHED | DENTRY_DONTCACHE | DENTRY_KEEP)) == DENTRY_HASHED) {
		seen = cmpxchg(&d->flags, flags, flags | dentry_keep_flag());
		if (seen == flags)
			break;
		flags = seen;
	}
}

static __noinline bool get_live_slow(struct dentry *dentry)
{
	int refs = atomic_read(&dentry->refs);

	keep_from_now(dentry);
	while (refs >= 0)
		if (atomic_try_cmpxchg(&dentry->refs, &refs, refs + 1))
			return true;
	return false;
}

bool dentry_get_live(struct dentry *dentry)
{
	int refs;

	if ((READ_ONCE(dentry->flags) & DENTRY_KEEP) && likely(kept_take(dentry)))
		return true;
	refs = atomic_read(&dentry->refs);
	if (likely(refs >= 0) && likely(atomic_try_cmpxchg(&dentry->refs, &refs, refs + 1)))
		return true;
	return get_live_slow(dentry);
}

bool dentry_drop_ref(struct dentry *d)
{
	if ((READ_ONCE(d->flags) & DENTRY_KEEP) && kept_add(d))
		return false;
	return atomic_sub_return(&d->refs, 1) == 0;
}

void dentry_put_kept(struct dentry *dentry)
{
	if (unlikely(!kept_add(dentry)))
		kept_replace(dentry);
}
