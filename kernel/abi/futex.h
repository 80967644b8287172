/* futex(2), robust lists. */
#pragma once

#include <linux/futex.h>
#include "lib/types.h"

static_assert(sizeof(struct robust_list_head) == 24, "robust list ABI");
static_assert(sizeof(struct futex_waitv) == 24, "futex_waitv ABI");
