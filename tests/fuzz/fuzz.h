#pragma once
/*
 * Fuzzed parsers: one file for each, with two functions.
 *
 * `make unit-test` runs each for a second on inputs that main.c makes by damaging the
 * samples, the same in every run; `make fuzz` gives them to libFuzzer for as long as asked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/types.h"
#include "lib/annotate.h"
#include "lib/errno.h"

/* One input, any bytes.  What must hold is checked by expect(); the sanitizers see the rest. */
void fuzz_one(const u8 *data, size_t len);
/* The @n-th valid input, to start from; 0: there are no more. */
size_t fuzz_sample(unsigned n, u8 *buf, size_t room);

#define expect(what)                                                                               \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what);         \
			abort();                                                                   \
		}                                                                                  \
	} while (0)
