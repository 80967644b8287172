/* mem/fail.c - which allocation fails on purpose.  The words are in mem/fail.h.
 *
 * Locking: counters are atomic; that two CPUs may draw the same random number is harmless.
 */
#include "mem/fail.h"
#include "arch/api/inline.h"
#include "arch/api/irq.h"
#include "core/cmdline.h"
#include "core/hooks.h"
#include "core/log.h"
#include "lib/atomic.h"
#include "lib/parse.h"
#include "lib/string.h"

bool fail_armed;

static struct {
	u64 one_in; /* [I] 0: never */
	u64 nth;    /* [I] 0: none in particular */
	u64 asked;  /* [a] */
} fail[FAIL_KINDS];
static u64 fail_seed = 1; /* [a] xorshift64 */

/* One word: "slab:1/N", "page:@N", "seed:N".  Returns what follows it, NULL if it is none. */
static const char *take_word(const char *s)
{
	int kind = strncmp(s, "page:", 5) == 0 ? FAIL_PAGE : FAIL_SLAB;

	if (strncmp(s, "seed:", 5) == 0) {
		fail_seed = parse_prefix_u64(s + 5, &s, 0);
		fail_seed += !fail_seed;
		return s;
	}
	if (kind == FAIL_SLAB && strncmp(s, "slab:", 5) != 0)
		return NULL;
	s += 5;
	if (*s == '@')
		fail[kind].nth = parse_prefix_u64(s + 1, &s, 10);
	else if (s[0] == '1' && s[1] == '/')
		fail[kind].one_in = parse_prefix_u64(s + 2, &s, 10);
	else
		return NULL;
	return s;
}

void fail_init(void)
{
	const char *s = cmdline_get("fail");

	if (!s)
		return;
	if (!CONFIG_DEBUG) {
		log_err(MEM, "fail=: not a debug build, nothing will fail");
		return;
	}
	do {
		s = take_word(s);
	} while (s && *s == ',' && *++s);
	if (!s || *s)
		log_err(MEM, "fail=%s: not understood, nothing will fail", cmdline_get("fail"));
	else
		WRITE_ONCE(fail_armed, true);
}

static u64 draw(void)
{
	u64 x = READ_ONCE(fail_seed);

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	WRITE_ONCE(fail_seed, x);
	return x;
}

bool fail_now(enum fail_kind kind)
{
	u64 asked;
	int tid = 0;

	if (arch_in_irq() || !kernel_hooks.task_name)
		return false;
	(void)kernel_hooks.task_name(&tid);
	if (tid <= 1)
		return false;
	asked = __atomic_add_fetch(&fail[kind].asked, 1, __ATOMIC_RELAXED);
	if (asked == fail[kind].nth)
		return true;
	return fail[kind].one_in && draw() % fail[kind].one_in == 0;
}
