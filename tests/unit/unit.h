#pragma once
/* What every unit test includes first: cmocka and what it needs, then the kernel's types. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "lib/types.h"
#include "lib/annotate.h"
#include "lib/errno.h"

#define TEST(name) static void name(void **test_state)

/* A small generator, the same in every run; print the seed when a random test fails. */
static inline u64 test_random(u64 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}
