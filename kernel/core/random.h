/* Random numbers: a ChaCha20 generator, keyed from hardware, jitter and events. */
#pragma once

#include "lib/types.h"

/* Seeds the generator; a first use before this does it too. */
void random_init(void);
void random_bytes(void *buf, size_t len);
u64 random_u64(void);
u32 random_below(u32 bound); /* uniform in [0, bound) */
/* Any event worth mixing in; @bits of credit (0 if unsure). */
void entropy_add(const void *data, size_t len, unsigned bits);
bool random_ready(void); /* getrandom(2) need not block */
