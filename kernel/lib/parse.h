/* Numbers from text. */
#pragma once

#include "lib/annotate.h"
#include "lib/types.h"

/* Whole string must be the number (a trailing newline is allowed).  base 0: 0x, 0 prefixes.
 * Return 0, -EINVAL, -ERANGE. */
int parse_u64(const char *s, unsigned base, u64 *out) __must_check;
int parse_s64(const char *s, unsigned base, s64 *out) __must_check;
/* As far as digits go; *end (may be NULL) is where they stop. */
u64 parse_prefix_u64(const char *s, const char **end, unsigned base);
/* "64M": K M G T P E suffix, any base prefix.  *end may be NULL. */
u64 parse_size(const char *s, const char **end);
/* "0-3,8": a set of numbers below 64, as bits. */
int parse_list(const char *s, u64 *out) __must_check;
/* n y 0 1 on off.  -EINVAL otherwise. */
int parse_bool(const char *s, bool *out) __must_check;
