/* See fail_alloc.h. */
#include "tests/unit/unit.h"
#include "tests/unit/fail_alloc.h"
#include "arch/host/host.h"

#define RUNS_MAX 10000

void (*fail_alloc_settle)(void);

static long count(void)
{
	if (fail_alloc_settle)
		fail_alloc_settle();
	return host_alloc_outstanding();
}

unsigned fail_alloc_each(fail_alloc_body *body, void *arg)
{
	for (unsigned nth = 1; nth < RUNS_MAX; nth++) {
		long before = count(), after;
		bool failed;

		host_alloc_fail_nth(nth);
		body(arg);
		failed = host_alloc_failed();
		host_alloc_fail_nth(0);
		after = count();
		if (after != before)
			fail_msg("allocation %u failed: %ld objects leaked", nth, after - before);
		if (!failed)
			return nth - 1;
	}
	fail_msg("no end of allocations");
	return 0;
}
