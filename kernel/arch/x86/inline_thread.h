#pragma once
/* struct user_regs, struct arch_thread and the accessors of arch/api/thread.h. */
#include "lib/types.h"
#include "lib/annotate.h"

/* The registers of user mode (and of any interrupted context) in the order of
 * Linux's struct pt_regs, which is the order entry.S pushes them in.
 */
struct user_regs {
	u64 r15, r14, r13, r12, bp, bx; /* the fast exit leaves these alone */
	u64 r11, r10, r9, r8, ax, cx, dx, si, di;
	u64 orig_ax;		   /* system call number; -1 elsewhere */
	u64 ip, cs, flags, sp, ss; /* what iretq takes */
};
static_assert(sizeof(struct user_regs) == 21 * 8, "struct pt_regs");

/* Fields: [T] the thread itself, or who holds it stopped  [s] arch_thread_switch */
struct arch_thread {
	u64 sp;		/* [s] kernel stack pointer while not running */
	u64 stack_top;	/* [I] */
	u64 fs_base;	/* [s] while not running; live in the CPU else */
	u64 gs_base;	/* [s] */
	void *fpu;	/* [I] XSAVE area; NULL: never was in user mode */
	u32 fpu_cpu;	/* [s] CPU whose registers last held this state */
	u32 trap_nr;	/* [T] last exception, for signal frames */
	u64 trap_error; /* [T] */
	u64 trap_addr;	/* [T] */
};

static inline struct user_regs *arch_thread_regs(const struct arch_thread *thread)
{
	return (struct user_regs *)thread->stack_top - 1;
}

static inline long regs_syscall_nr(const struct user_regs *regs)
{
	return (long)regs->orig_ax;
}

static inline void regs_set_syscall_nr(struct user_regs *regs, long nr)
{
	regs->orig_ax = (u64)nr;
}

static inline u64 regs_arg(const struct user_regs *regs, unsigned n)
{
	switch (n) {
	case 0:
		return regs->di;
	case 1:
		return regs->si;
	case 2:
		return regs->dx;
	case 3:
		return regs->r10;
	case 4:
		return regs->r8;
	default:
		return regs->r9;
	}
}

static inline void regs_set_arg(struct user_regs *regs, unsigned n, u64 value)
{
	switch (n) {
	case 0:
		regs->di = value;
		break;
	case 1:
		regs->si = value;
		break;
	case 2:
		regs->dx = value;
		break;
	case 3:
		regs->r10 = value;
		break;
	case 4:
		regs->r8 = value;
		break;
	default:
		regs->r9 = value;
		break;
	}
}

static inline long regs_return(const struct user_regs *regs)
{
	return (long)regs->ax;
}

static inline void regs_set_return(struct user_regs *regs, long value)
{
	regs->ax = (u64)value;
}

static inline u64 regs_ip(const struct user_regs *regs)
{
	return regs->ip;
}

static inline u64 regs_sp(const struct user_regs *regs)
{
	return regs->sp;
}

static inline void regs_set_ip(struct user_regs *regs, u64 ip)
{
	regs->ip = ip;
}

static inline void regs_set_sp(struct user_regs *regs, u64 sp)
{
	regs->sp = sp;
}

/* The SYSCALL instruction is two bytes long. */
static inline void regs_restart(struct user_regs *regs)
{
	regs->ax = regs->orig_ax;
	regs->ip -= 2;
}

static inline void regs_restart_with(struct user_regs *regs, long nr)
{
	regs->ax = (u64)nr;
	regs->ip -= 2;
}

void regs_start(struct user_regs *regs, u64 ip, u64 sp);
