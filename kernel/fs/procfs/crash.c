/*
 * crash.c - /proc/linnet/crash: the kernel does what it must not, on request.
 *
 * What Linux has as the module lkdtm.  Each word is a mistake that a kernel can make or an
 * access that its own page tables must refuse; all but those that say otherwise end in a
 * panic.  So tests see what a panic shows from each place, and that the hardening is on
 * in the image that people run.  Root alone may write here, who can end the machine anyway.
 *
 *	echo stack > /proc/linnet/crash
 */
#include "arch/api/boot_info.h"
#include "arch/api/smp.h"
#include "arch/api/space.h"
#include "arch/api/time.h"
#include "core/clock.h"
#include "core/panic.h"
#include "core/stackprotect.h"
#include "fs/procfs/procfs_internal.h"
#include "lib/bitops.h"
#include "lib/errno.h"
#include "lib/parse.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "sched/timer.h"

#define RET_INSN 0xc3

static void crash_panic(u64 arg)
{
	panic("asked for, with %#llx", arg);
}

static void crash_assert(u64 arg)
{
	assert(arg == 1 && arg == 2);
}

static void crash_null(u64 arg)
{
	*(volatile int *)(arg & 0xff8) = 1;
}

static void crash_trap(u64 arg)
{
	__builtin_trap();
}

/* ---- stacks ---- */

static __noinline u64 recurse(volatile u64 *last, u64 depth)
{
	volatile u64 frame[32];

	frame[depth & 31] = depth;
	if (depth == U64_MAX)
		return 0;
	return recurse(frame, depth + 1) + frame[depth & 15] + last[0];
}

static void crash_stack(u64 arg)
{
	volatile u64 first[32] = { arg };

	recurse(first, 0);
}

static __noinline void overrun(volatile char *buf, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf[i] = 0x41;
}

static void crash_canary(u64 arg)
{
	char buf[32];

	overrun(buf, 64);
}

/* ---- contexts ---- */

static void panic_in_timer(struct timer *timer)
{
	panic("asked for, in an interrupt");
}

static void crash_irq(u64 arg)
{
	static struct timer timer;

	timer_init(&timer, panic_in_timer);
	timer_arm(&timer, clock_monotonic_ns());
	arch_delay_ns(NSEC_PER_SEC);
}

static void hang(void *arg)
{
	for (;;)
		arch_cpu_relax();
}

/* The others have interrupts off when the end comes. */
static void crash_hang(u64 arg)
{
	smp_call_function_mask(arch_online_cpus(), hang, NULL, false);
	arch_delay_ns(10 * NSEC_PER_MSEC);
	panic("asked for, with the others deaf");
}

static void panic_here_too(void *arg)
{
	panic("asked for, everywhere");
}

static void crash_everywhere(u64 arg)
{
	smp_call_function_mask(arch_online_cpus(), panic_here_too, NULL, false);
	panic_here_too(NULL);
}

/* The panic itself meets a trap: what it is to print is at no address. */
static void crash_nested(u64 arg)
{
	panic("asked for, with %s", (const char *)BIT(63));
}

/* ---- what the page tables must refuse ---- */

static void crash_text(u64 arg)
{
	*(volatile u8 *)(u64)crash_text = RET_INSN;
}

/* The same page, by the direct map. */
static void crash_alias(u64 arg)
{
	paddr_t pa;

	if (arch_kernel_lookup((u64)crash_alias, &pa))
		*(volatile u8 *)phys_to_virt(pa) = RET_INSN;
}

static void crash_rodata(u64 arg)
{
	static const char constant[] = "constant";

	*(volatile char *)(u64)constant = 'C';
}

static void crash_ro_after_init(u64 arg)
{
	*(volatile unsigned long *)&__stack_chk_guard = 0;
}

static void crash_exec(u64 arg)
{
	static u8 code[] = { RET_INSN };

	((void (*)(void))(u64)code)();
}

static void crash_exec_heap(u64 arg)
{
	u8 *code = kmalloc(64);

	if (!code)
		return;
	*code = RET_INSN;
	((void (*)(void))(u64)code)();
	kfree(code);
}

/* @arg: an address of the program, which is mapped. */
static void crash_user_read(u64 arg)
{
	(void)*(volatile char *)arg;
}

static void crash_user_exec(u64 arg)
{
	((void (*)(void))arg)();
}

static const struct {
	const char *word;
	void (*crash)(u64 arg);
} crashes[] = {
	{ "panic", crash_panic },
	{ "assert", crash_assert },
	{ "null", crash_null },
	{ "trap", crash_trap },
	{ "stack", crash_stack },
	{ "canary", crash_canary },
	{ "irq", crash_irq },
	{ "hang", crash_hang },
	{ "everywhere", crash_everywhere },
	{ "nested", crash_nested },
	{ "text", crash_text },
	{ "alias", crash_alias },
	{ "rodata", crash_rodata },
	{ "ro_after_init", crash_ro_after_init },
	{ "exec", crash_exec },
	{ "exec_heap", crash_exec_heap },
	{ "user_read", crash_user_read },
	{ "user_exec", crash_user_exec },
};

/* "word" or "word number".  EINVAL: another word.  What comes back otherwise did no harm. */
int proc_crash_write(const struct proc_node *node, char *text, size_t len)
{
	char *space;
	u64 arg = 0;

	while (len > 0 && char_is_space(text[len - 1]))
		text[--len] = 0;
	space = strchr(text, ' ');
	if (space) {
		*space = 0;
		if (parse_u64(space + 1, 0, &arg))
			return -EINVAL;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(crashes); i++)
		if (str_eq(crashes[i].word, text)) {
			crashes[i].crash(arg);
			return 0;
		}
	return -EINVAL;
}
