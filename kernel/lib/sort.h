/* In-place heap sort: no recursion, no allocation, n log n at worst. */
#pragma once

#include "lib/types.h"

void sort(void *base, size_t count, size_t size, int (*cmp)(const void *, const void *));
