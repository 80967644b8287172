/*
 * Random numbers.
 *
 * One secret key.  What comes in is mixed by key = ChaCha20(key ^ input), what goes out is
 * ChaCha20 output under a key that is replaced by the first half of the same block
 * before the rest is used ("fast key erasure"), so that who reads this memory later
 * cannot tell what was given out.  Small requests come from a per-CPU batch.
 *
 * Entropy: RDSEED or RDRAND where the CPU has one; else, or with random.trust_cpu=off beside it, the jitter between a counter and
 * memory accesses; then whatever entropy_add() brings (virtio-rng, interrupts, the boot loader).
 * Linux keeps getrandom(2) blocking until 256 bits are credited; here jitter counts as enough
 * at the first use, so it never blocks for long.
 * Locking: pool.lock (irq off).  Batches: their CPU, irq off.
 * Source: RFC 8439; D. J. Bernstein, "Fast-key-erasure random-number generators".
 */
#include "core/random.h"
#include "arch/api/random.h"
#include "core/cmdline.h"
#include "core/percpu.h"
#include "core/spinlock.h"
#include "lib/chacha20.h"
#include "lib/string.h"

#define JITTER_ROUNDS 512
#define READY_BITS    256

static struct {
	struct spinlock lock;
	bool seeded GUARDED_BY(&lock);		/* [l] set once; read without */
	u32 generation GUARDED_BY(&lock);	/* [l] of what was mixed in; read without */
	unsigned credit_bits GUARDED_BY(&lock); /* [l] */
	u8 key[32] GUARDED_BY(&lock);		/* [l] */
	u64 blocks GUARDED_BY(&lock);		/* [l] nonce: never the same block twice */
} pool = { .lock = SPINLOCK_INIT_RANK(LOCK_RANDOM) };

struct random_batch {
	u64 value[8];
	u32 left;
	u32 generation;
};
DEFINE_PERCPU_STATIC(struct random_batch, random_batch);

static void block_locked(u8 out[64]) REQUIRES(&pool.lock)
{
	u32 state[16];
	u8 nonce[12] = { 0 };

	memcpy(nonce, &pool.blocks, sizeof(pool.blocks));
	pool.blocks++;
	chacha20_init(state, pool.key, nonce, 0);
	chacha20_block(state, out);
	memzero_explicit(state, sizeof(state));
}

static void mix_locked(const u8 *data, size_t len) REQUIRES(&pool.lock)
{
	u8 block[64];

	while (len) {
		size_t n = min(len, sizeof(pool.key));

		for (size_t i = 0; i < n; i++)
			pool.key[i] ^= data[i];
		block_locked(block);
		memcpy(pool.key, block, sizeof(pool.key));
		data += n;
		len -= n;
	}
	memzero_explicit(block, sizeof(block));
}

/* A fresh key for the caller; the pool's is replaced. */
static void take_key_locked(u8 key[32]) REQUIRES(&pool.lock)
{
	u8 block[64];

	block_locked(block);
	memcpy(pool.key, block, 32);
	memcpy(key, block + 32, 32);
	memzero_explicit(block, sizeof(block));
}

static void seed_locked(void) REQUIRES(&pool.lock)
{
	u64 word[8] = { 0 };
	bool trusted = cmdline_get_bool("random.trust_cpu", true);
	unsigned nhard = 0;

	while (nhard < 4 && arch_random_u64(&word[nhard]))
		nhard++;
	word[4] = arch_cycles();
	word[5] = arch_random_weak();
	mix_locked((u8 *)word, sizeof(word));
	for (int i = 0; (nhard < 4 || !trusted) && i < JITTER_ROUNDS; i++) {
		u64 sample = arch_cycles();

		/* Touches pool memory by what the last round made: its timing varies. */
		mix_locked((u8 *)&sample, sizeof(sample));
	}
	memzero_explicit(word, sizeof(word));
	pool.credit_bits = READY_BITS;
	pool.generation++;
	WRITE_ONCE(pool.seeded, true);
}

void random_init(void)
{
	unsigned long flags = spin_lock_irqsave(&pool.lock);

	if (!pool.seeded)
		seed_locked();
	spin_unlock_irqrestore(&pool.lock, flags);
}

void entropy_add(const void *data, size_t len, unsigned bits)
{
	unsigned long flags = spin_lock_irqsave(&pool.lock);

	mix_locked(data, len);
	pool.credit_bits = min(pool.credit_bits + bits, 4096U);
	/* Batches made before are dropped once this is worth it. */
	if (bits)
		WRITE_ONCE(pool.generation, pool.generation + 1);
	spin_unlock_irqrestore(&pool.lock, flags);
}

bool random_ready(void)
{
	return READ_ONCE(pool.seeded) || READ_ONCE(pool.credit_bits) >= READY_BITS;
}

void random_bytes(void *buf, size_t len)
{
	u8 block[64], key[32];
	u8 *out = buf;
	u32 state[16];
	unsigned long flags;

	if (unlikely(!READ_ONCE(pool.seeded)))
		random_init();
	flags = spin_lock_irqsave(&pool.lock);
	take_key_locked(key);
	spin_unlock_irqrestore(&pool.lock, flags);

	chacha20_init(state, key, (const u8 *)"random_bytes", 0);
	while (len) {
		size_t n = min(len, sizeof(block));

		chacha20_block(state, block);
		memcpy(out, block, n);
		out += n;
		len -= n;
		if (state[12] == 0) /* 256 GiB: the counter is through */
			state[13]++;
	}
	memzero_explicit(block, sizeof(block));
	memzero_explicit(key, sizeof(key));
	memzero_explicit(state, sizeof(state));
}

u64 random_u64(void)
{
	unsigned long flags = arch_irq_save();
	struct random_batch *b = this_cpu_ptr(random_batch);
	u64 v;

	if (!b->left || b->generation != READ_ONCE(pool.generation)) {
		random_bytes(b->value, sizeof(b->value));
		b->generation = READ_ONCE(pool.generation);
		b->left = ARRAY_SIZE(b->value);
	}
	v = b->value[--b->left];
	b->value[b->left] = 0;
	arch_irq_restore(flags);
	return v;
}

u32 random_below(u32 bound)
{
	u32 low = bound ? -bound % bound : 0; /* 2^32 mod bound: reject this many */
	u64 product;

	/* Lemire's method: the high half is uniform once biased low halves are thrown away. */
	do {
		product = (u64)(u32)random_u64() * bound;
	} while ((u32)product < low);
	return product >> 32;
}
