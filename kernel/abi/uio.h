/* struct iovec. */
#pragma once

#include <linux/uio.h>
#include "lib/types.h"

static_assert(sizeof(struct iovec) == 16, "iovec ABI");
