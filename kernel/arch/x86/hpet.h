#pragma once
/* The High Precision Event Timer's main counter. */
#include "lib/types.h"

bool hpet_init(void); /* maps it and lets it run; false: there is none */
u64 hpet_ticks(void); /* the low 32 bits */
u64 hpet_hz(void);
bool hpet_is_64bit(void);
u64 hpet_ns(void); /* 64 bits: since it started */
