/* ChaCha20 block function (RFC 8439). */
#pragma once

#include "lib/types.h"

/* @state: 4 constants, 8 key words, counter, 3 nonce words.  Writes 64 bytes, counter++ . */
void chacha20_block(u32 state[16], u8 out[64]);
void chacha20_init(u32 state[16], const u8 key[32], const u8 nonce[12], u32 counter);
