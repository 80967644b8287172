/*
 * Backtraces: who called whom, from a stack.
 *
 * Builds with frame pointers (CONFIG_FRAME_POINTERS) follow the chain that they keep:
 *
 *	bp -> { caller's bp, return address } -> { ... } -> the end of the stack
 *
 * The others take every word on the kernel's stack that points into its code; some of these
 * are left over from calls that have returned.  A program's stack is followed by its frame
 * pointers, if it has them, with faults off: what is not in memory ends the walk.
 */
#include "arch/x86/traps.h"
#include "arch/x86/x86.h"
#include "arch/api/backtrace.h"
#include "arch/api/boot_info.h"
#include "arch/api/space.h"
#include "arch/api/user.h"
#include "mem/kmap.h"

#define FRAMES_MAX 512 /* more than a stack has, unless it runs over */

/* Where the stack that @sp lies in ends: the thread's, or a page's where it is not. */
static u64 stack_end(u64 sp)
{
	struct arch_thread *self = this_cpu(x86_current_arch);

	if (self && sp < self->stack_top && self->stack_top - sp <= KSTACK_SIZE)
		return self->stack_top;
	return (sp | (PAGE_SIZE - 1)) + 1;
}

/* Where to begin for @sp: a stack that ran over has it below its lowest page. */
static u64 stack_begin(u64 sp)
{
	struct arch_thread *self = this_cpu(x86_current_arch);

	sp = ALIGN_UP(sp, 8);
	if (self && kstack_guard_hit(sp) && self->stack_top - sp <= 2 * KSTACK_SIZE)
		return self->stack_top - KSTACK_SIZE;
	return sp;
}

/* May the word at @addr be read?  A backtrace must not fault: it may be a panic's. */
static bool readable(u64 addr)
{
	paddr_t pa;

	return (s64)addr >> 47 == -1 && addr < KERNEL_IO_BASE && arch_kernel_lookup(addr, &pa);
}

/* The chain that -fno-omit-frame-pointer keeps: {caller's bp, return address}. */
static void backtrace_frames(u64 bp, void (*emit)(u64 ip, void *arg), void *arg)
{
	u64 end = stack_end(bp);

	for (unsigned i = 0; i < FRAMES_MAX && !(bp & 7) && bp < end - 8 && readable(bp); i++) {
		const u64 *frame = (const u64 *)bp;

		if (!readable((u64)(frame + 1)) ||
		    !(frame[1] > (u64)text_start && frame[1] < (u64)text_end))
			return;
		emit(frame[1], arg);
		if (frame[0] <= bp)
			return;
		bp = frame[0];
	}
}

static void backtrace_scan(u64 sp, void (*emit)(u64 ip, void *arg), void *arg)
{
	u64 end = stack_end(sp);

	if (!readable(sp) || !readable(end - 8))
		return;
	for (unsigned found = 0; sp < end && found < FRAMES_MAX; sp += 8) {
		u64 word = *(const u64 *)sp;

		if (word > (u64)text_start && word < (u64)text_end) {
			emit(word, arg);
			found++;
		}
	}
}

void arch_backtrace(const struct user_regs *regs, void (*emit)(u64 ip, void *arg), void *arg)
{
	u64 bp = regs ? regs->bp : (u64)__builtin_frame_address(0);
	u64 sp = regs ? regs->sp : (u64)__builtin_frame_address(0);

	if (regs && regs->cs & 3)
		return;
	if (regs)
		emit(regs->ip, arg);
	if (sp < USER_SPACE_END)
		return;
	sp = stack_begin(sp);
	if (!CONFIG_FRAME_POINTERS)
		backtrace_scan(sp, emit, arg);
	else if (bp >= USER_SPACE_END) /* else at the very border: the program's own */
		backtrace_frames(bp, emit, arg);
}

void arch_user_backtrace(const struct user_regs *regs, unsigned max,
			 void (*emit)(u64 ip, void *arg), void *arg)
{
	u64 bp = regs->bp, frame[2];

	if (!max)
		return;
	emit(regs->ip, arg);
	while (--max && !(bp & 7) && bp >= regs->sp &&
	       !arch_copy_from_user(frame, (const void __user *)bp, sizeof(frame)) && frame[1]) {
		emit(frame[1], arg);
		if (frame[0] <= bp)
			return;
		bp = frame[0];
	}
}
