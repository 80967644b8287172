/*
 * mem/fail.h - allocations that fail on purpose: `fail=` on the command line of a debug build.
 *
 *	fail=slab:1/100		one in a hundred of the objects, at random
 *	fail=page:1/1000	of the pages
 *	fail=slab:@500		the 500th, once
 *	fail=...,seed:7		other random numbers
 *
 * Only what a program other than process 1 asks for fails: kernel threads, interrupts and the
 * boot get what they want, so that what dies is a program, and the test that watches does not.
 */
#pragma once
#include "lib/annotate.h"
#include "lib/types.h"

enum fail_kind { FAIL_SLAB, FAIL_PAGE, FAIL_KINDS };

extern bool fail_armed; /* [I] once the boot is through */
void fail_init(void);	/* reads fail=; the boot is through */
bool fail_now(enum fail_kind kind);

static inline bool fail_alloc(enum fail_kind kind)
{
	return CONFIG_DEBUG && unlikely(READ_ONCE(fail_armed)) && fail_now(kind);
}
