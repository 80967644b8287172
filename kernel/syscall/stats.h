/* stats.h - how often each system call is made and how long it takes; see stats.c. */
#pragma once
#include "lib/annotate.h"
#include "lib/types.h"

#define SYSCALL_STAT_FIRST   6	/* the first bucket: up to 2^6 ns */
#define SYSCALL_STAT_BUCKETS 26 /* the last: all above 2^30 ns */

struct syscall_stat {
	u64 count;    /* calls begun */
	u64 errors;   /* that returned -1 to -4095, restarts included */
	u64 total_ns; /* of those that returned, sleep included */
	u64 max_ns;
	u64 buckets[SYSCALL_STAT_BUCKETS]; /* up to 2^(SYSCALL_STAT_FIRST + i) ns */
};

/* From 0; no harm when it counts already.  -ENOMEM. */
int syscall_stats_start(void) __must_check;
void syscall_stats_stop(void);

/* How many there are; the name of call @nr and its figures, or NULL if it was not made. */
unsigned syscall_stat_count(void);
const char *syscall_stat_read(unsigned nr, struct syscall_stat *out);

/* By the tracer: call @nr begins; it returned @ret after @ns. */
void syscall_stat_begin(u64 nr);
void syscall_stat_end(u64 nr, long ret, u64 ns);
/* The bucket of a latency. */
unsigned syscall_stat_bucket(u64 ns);
