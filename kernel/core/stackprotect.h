/* The stack protector's canary: random from here on.  Only for a function that never returns
 * (its own canary would not match any more). */
#pragma once

#include "core/random.h"

extern unsigned long __stack_chk_guard;

static inline __attribute__((always_inline)) void stack_protector_init(void)
{
	/* The zero byte stops string functions from copying the canary. */
	__stack_chk_guard = random_u64() & ~0xffUL;
}
