#pragma once
/* Threads of the host build never enter user mode: one, or coroutines (thread.c). */
#include "lib/types.h"

struct user_regs {
	u64 nr, arg[6], ret, ip, sp;
};

struct arch_thread {
	struct user_regs regs;
	struct host_coroutine *coroutine; /* thread.c */
};

static inline struct user_regs *arch_thread_regs(const struct arch_thread *thread)
{
	return (struct user_regs *)&thread->regs;
}
static inline long regs_syscall_nr(const struct user_regs *regs)
{
	return (long)regs->nr;
}
static inline u64 regs_arg(const struct user_regs *regs, unsigned n)
{
	return regs->arg[n];
}
static inline long regs_return(const struct user_regs *regs)
{
	return (long)regs->ret;
}
static inline void regs_set_return(struct user_regs *regs, long value)
{
	regs->ret = value;
}
static inline u64 regs_ip(const struct user_regs *regs)
{
	return regs->ip;
}
static inline u64 regs_sp(const struct user_regs *regs)
{
	return regs->sp;
}
