/* sysinfo(2). */
#pragma once

#include <linux/sysinfo.h>
#include "lib/types.h"

static_assert(sizeof(struct sysinfo) == 112, "sysinfo ABI");
