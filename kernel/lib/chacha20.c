/* ChaCha20 block function.  Source: RFC 8439, 2.1 to 2.3. */
#include "lib/chacha20.h"
#include "lib/annotate.h"
#include "lib/bitops.h"
#include "lib/string.h"

static __always_inline void quarter(u32 *a, u32 *b, u32 *c, u32 *d)
{
	*a += *b;
	*d = rol32(*d ^ *a, 16);
	*c += *d;
	*b = rol32(*b ^ *c, 12);
	*a += *b;
	*d = rol32(*d ^ *a, 8);
	*c += *d;
	*b = rol32(*b ^ *c, 7);
}

void chacha20_block(u32 state[16], u8 out[64])
{
	u32 x[16];

	memcpy(x, state, sizeof(x));
	for (int i = 0; i < 10; i++) {
		quarter(x + 0, x + 4, x + 8, x + 12);
		quarter(x + 1, x + 5, x + 9, x + 13);
		quarter(x + 2, x + 6, x + 10, x + 14);
		quarter(x + 3, x + 7, x + 11, x + 15);
		quarter(x + 0, x + 5, x + 10, x + 15);
		quarter(x + 1, x + 6, x + 11, x + 12);
		quarter(x + 2, x + 7, x + 8, x + 13);
		quarter(x + 3, x + 4, x + 9, x + 14);
	}
	for (int i = 0; i < 16; i++)
		x[i] += state[i];
	memcpy(out, x, sizeof(x));
	state[12]++;
	memzero_explicit(x, sizeof(x));
}

void chacha20_init(u32 state[16], const u8 key[32], const u8 nonce[12], u32 counter)
{
	state[0] = 0x61707865; /* "expand 32-byte k" */
	state[1] = 0x3320646e;
	state[2] = 0x79622d32;
	state[3] = 0x6b206574;
	memcpy(state + 4, key, 32);
	state[12] = counter;
	memcpy(state + 13, nonce, 12);
}
