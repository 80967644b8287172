/*
 * dispatch.c - from registers to a function, and back to user mode.
 *
 * table.def yields one thunk per call that takes its arguments from the saved
 * registers, and the table that is indexed by number.  Numbers are bounded and
 * masked before use, so a mispredicted bound reads nothing.
 */
#include "syscall/dispatch.h"
#include "abi/signal.h"
#include "arch/api/thread.h"
#include "arch/api/upcalls.h"
#include "fs/file.h"
#include "lib/errno.h"
#include "proc/signal/signal_internal.h"
#include "sched/rcu.h"
#include "sched/sched.h"
#include "syscall/syscalls.h"
#include "syscall/trace.h"
#include "vm/fault.h"
#include "vm/space.h"

/* --- thunks and table ----------------------------------------------------------- */

#define A(type, n) ((type)regs_arg(regs, n))
#define THUNK(name, call)                                                                          \
	static long thunk_##name(struct user_regs *regs)                                           \
	{                                                                                          \
		return call;                                                                       \
	}
#define SYSCALL0(nr, name)	       THUNK(name, sys_##name())
#define SYSCALL1(nr, name, a)	       THUNK(name, sys_##name(A(a, 0)))
#define SYSCALL2(nr, name, a, b)       THUNK(name, sys_##name(A(a, 0), A(b, 1)))
#define SYSCALL3(nr, name, a, b, c)    THUNK(name, sys_##name(A(a, 0), A(b, 1), A(c, 2)))
#define SYSCALL4(nr, name, a, b, c, d) THUNK(name, sys_##name(A(a, 0), A(b, 1), A(c, 2), A(d, 3)))
#define SYSCALL5(nr, name, a, b, c, d, e)                                                          \
	THUNK(name, sys_##name(A(a, 0), A(b, 1), A(c, 2), A(d, 3), A(e, 4)))
#define SYSCALL6(nr, name, a, b, c, d, e, f)                                                       \
	THUNK(name, sys_##name(A(a, 0), A(b, 1), A(c, 2), A(d, 3), A(e, 4), A(f, 5)))
#define SYSCALL_REGS(nr, name) THUNK(name, sys_##name(regs))
#include "syscall/table.def"

static long not_there(struct user_regs *regs)
{
	return -ENOSYS;
}

#define SYSCALL_ANY(nr, name, ...) [nr] = thunk_##name,
static long (*const table[SYSCALL_COUNT])(struct user_regs *) = {
#include "syscall/table.def"
};

static_assert(IS_POW2(SYSCALL_COUNT), "the mask below");

long syscall_call(struct user_regs *regs)
{
	u64 nr = (u64)regs_syscall_nr(regs);
	long (*fn)(struct user_regs *);

	if (unlikely(nr >= SYSCALL_COUNT))
		return not_there(regs);
	fn = table[nr & (SYSCALL_COUNT - 1)];
	if (unlikely(!fn))
		return not_there(regs);
	return fn(regs);
}

long upcall_syscall(struct user_regs *regs)
{
	u64 nr = (u64)regs_syscall_nr(regs);
	long (*fn)(struct user_regs *);

	if (unlikely(trace_active))
		return trace_syscall(regs);
	if (unlikely(nr >= SYSCALL_COUNT))
		return -ENOSYS;
	fn = table[nr & (SYSCALL_COUNT - 1)];
	if (unlikely(!fn))
		return -ENOSYS;
	return fn(regs);
}

/* --- the way back -------------------------------------------------------------------- */

/* Until nothing that must be done now is left; arch tests the word again after. */
void upcall_return_to_user(struct user_regs *regs)
{
	u32 work = (u32)atomic_read(&current->work);

	if (work & WORK_FILE_PUT)
		file_run_deferred();
	if (work & WORK_RESCHED)
		schedule();
	if (work & (WORK_SIGNAL | WORK_KILL))
		signal_deliver(regs);
	if (work & WORK_RCU) {
		thread_work_clear(current, WORK_RCU);
		rcu_run_ready();
	}
}
