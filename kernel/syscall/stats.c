/*
 * stats.c - how often each system call is made and how long it takes.
 *
 * While /proc/linnet/syscalls is on, every call goes through trace_syscall(), which tells
 * the begin and the end of each.  While it is off nothing here is reached: upcall_syscall()
 * tests the one word that the tracer needs anyway.
 *
 * Locking: the array is allocated once, at the first start, and stays.  Its numbers are
 * atomic, each for itself: a reader may see a call counted whose time is not yet in.
 */
#include "syscall/stats.h"
#include "abi/unistd.h"
#include "lib/atomic.h"
#include "lib/bitops.h"
#include "lib/errno.h"
#include "mem/kmap.h"
#include "syscall/dispatch.h"
#include "syscall/trace.h"

struct counters {
	struct atomic64 count, errors, total_ns, max_ns;
	struct atomic64 buckets[SYSCALL_STAT_BUCKETS];
};

static struct counters *counters; /* [a] SYSCALL_COUNT of them; NULL until the first start */

static void reset(struct counters *all)
{
	for (unsigned nr = 0; nr < SYSCALL_COUNT; nr++) {
		struct counters *c = &all[nr];

		atomic64_set(&c->count, 0);
		atomic64_set(&c->errors, 0);
		atomic64_set(&c->total_ns, 0);
		atomic64_set(&c->max_ns, 0);
		for (unsigned i = 0; i < SYSCALL_STAT_BUCKETS; i++)
			atomic64_set(&c->buckets[i], 0);
	}
}

int syscall_stats_start(void)
{
	struct counters *old = load_acquire(&counters), *new = old;

	if (!old) {
		new = vmalloc(SYSCALL_COUNT * sizeof(*new));
		if (!new)
			return -ENOMEM;
		reset(new);
		if (cmpxchg(&counters, NULL, new) != NULL) /* another started */
			vfree(new);
	} else {
		reset(old);
	}
	trace_activate(TRACE_STATS, true);
	return 0;
}

void syscall_stats_stop(void)
{
	trace_activate(TRACE_STATS, false);
}

unsigned syscall_stat_bucket(u64 ns)
{
	unsigned bits = ns > 1 ? 64 - (unsigned)__builtin_clzll(ns - 1) : 0;

	if (bits <= SYSCALL_STAT_FIRST)
		return 0;
	return min(bits - SYSCALL_STAT_FIRST, SYSCALL_STAT_BUCKETS - 1u);
}

void syscall_stat_begin(u64 nr)
{
	struct counters *all = load_acquire(&counters);

	if (all && nr < SYSCALL_COUNT)
		atomic64_inc(&all[nr].count);
}

void syscall_stat_end(u64 nr, long ret, u64 ns)
{
	struct counters *all = load_acquire(&counters);
	s64 max;

	if (!all || nr >= SYSCALL_COUNT)
		return;
	if (ret < 0 && ret > -4096)
		atomic64_inc(&all[nr].errors);
	atomic64_add(&all[nr].total_ns, (s64)ns);
	atomic64_inc(&all[nr].buckets[syscall_stat_bucket(ns)]);
	max = atomic64_read(&all[nr].max_ns);
	while ((s64)ns > max && !atomic64_try_cmpxchg(&all[nr].max_ns, &max, (s64)ns))
		;
}

unsigned syscall_stat_count(void)
{
	return SYSCALL_COUNT;
}

const char *syscall_stat_read(unsigned nr, struct syscall_stat *out)
{
	struct counters *all = load_acquire(&counters);
	const char *name;

	if (!all || nr >= SYSCALL_COUNT || !atomic64_read(&all[nr].count))
		return NULL;
	out->count = (u64)atomic64_read(&all[nr].count);
	out->errors = (u64)atomic64_read(&all[nr].errors);
	out->total_ns = (u64)atomic64_read(&all[nr].total_ns);
	out->max_ns = (u64)atomic64_read(&all[nr].max_ns);
	for (unsigned i = 0; i < SYSCALL_STAT_BUCKETS; i++)
		out->buckets[i] = (u64)atomic64_read(&all[nr].buckets[i]);
	name = syscall_name(nr);
	return name ? name : "?";
}
