/*
 * Formatted output: d i u o x X c s p %, flags - + space # 0, width, precision,
 * hh h l ll z t j.  %s of NULL prints (null).  No floating point, no %n.
 * Return as in C: the length the whole text would have had.
 */
#pragma once

#include <stdarg.h>
#include "lib/annotate.h"
#include "lib/types.h"

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap) __printf(3, 0);
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
/* The same, but returns what is in @buf (at most size - 1): safe for `len += `. */
int scnprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
int vscnprintf(char *buf, size_t size, const char *fmt, va_list ap) __printf(3, 0);
