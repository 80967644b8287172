/* mmap(2) and its kin. */
#pragma once

#include <asm/mman.h>
#include <linux/mman.h>
#include "lib/types.h"

static_assert(MAP_ANONYMOUS == 0x20 && MAP_GROWSDOWN == 0x100, "x86 mmap flags");
