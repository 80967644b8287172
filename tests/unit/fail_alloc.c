/* See fail_alloc.h. */
#include "tests/unit/unit.h"
#include "tests/unit/fail_alloc.h"
#include "arch/host/host.h"

#define RUNS_MAX 10000

unsigned fail_alloc_each(fail_alloc_body *body, void *arg)
{
	for (unsigned nth = 1; nth < RUNS_MAX; nth++) {
		long before = host_alloc_outstanding();
		bool failed;

		host_alloc_fail_nth(nth);
		body(arg);
		failed = host_alloc_failed();
		host_alloc_fail_nth(0);
		if (host_alloc_outstanding() != before)
			fail_msg("allocation %u failed: %ld objects leaked", nth,
				 host_alloc_outstanding() - before);
		if (!failed)
			return nth - 1;
	}
	fail_msg("no end of allocations");
	return 0;
}
