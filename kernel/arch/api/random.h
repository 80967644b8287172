#pragma once
#include "lib/types.h"
/* Processor randomness. */
bool arch_random_u64(u64 *out); /* RDSEED, else RDRAND; false: neither */
u64 arch_random_weak(void);	/* timing and state: for mixing only */
