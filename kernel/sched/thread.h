/* sched/thread.h - a flow of control with a kernel stack.
 *
 * Life: thread_new() (not runnable, one reference for the creator, one for being alive)
 * -> thread_start() -> runs -> thread_exit().  The stack is freed by the next thread of
 * that CPU, the struct after the last thread_put() and a grace period.
 */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"
#include "lib/atomic.h"
#include "lib/list.h"
#include "lib/rbtree.h"
#include "core/refcount.h"
#include "core/spinlock.h"
#include "core/percpu.h"
#include "arch/api/thread.h"
#include "arch/api/upcalls.h" /* WORK_* */
#include "mem/defer.h"
#include "sched/timer.h"

struct arch_space;

/* thread->state */
enum thread_state {
	THREAD_RUNNING, /* running or in a run queue */
	THREAD_SLEEP_INTERRUPTIBLE,
	THREAD_SLEEP_KILLABLE,
	THREAD_SLEEP_UNINTERRUPTIBLE,
	THREAD_STOPPED, /* job control or ptrace: only thread_resume, WORK_KILL */
	THREAD_WAKING,	/* on its way to a run queue */
	THREAD_NEW,
	THREAD_DEAD,
};

/* How a sleep may end early. */
enum sleep_mode {
	SLEEP_UNINTERRUPTIBLE = 0,
	SLEEP_INTERRUPTIBLE = 1, /* WORK_SIGNAL: -ERESTARTSYS */
	SLEEP_KILLABLE = 2,	 /* WORK_KILL: -ERESTARTSYS */
};
#define DEADLINE_NONE S64_MAX

/* Left by a call that returned -ERESTART_RESTARTBLOCK, for restart_syscall(2). */
struct restart_block {
	long (*fn)(struct restart_block *block);
	union {
		struct {
			int clock;
			void __user *remain;
			ktime_t deadline_ns;
		} nanosleep;
		struct {
			u32 __user *word;
			u32 value, flags, bitset;
			ktime_t deadline_ns;
		} futex;
		struct {
			void __user *fds;
			int nfds;
			ktime_t deadline_ns;
		} poll;
	};
};

/* Scheduling entity.  [q] lock of the run queue of thread->cpu */
struct sched_entity {
	struct rb_node node;	  /* [q] in the fair tree */
	struct list_node rt_node; /* [q] in a real-time list */
	u64 vruntime;		  /* [q] ns of a nice-0 thread */
	s64 vlag;		  /* [q] ahead (+) or behind when it went to sleep */
	u64 exec_start_ns;	  /* [q] since when it runs, not yet accounted */
	u64 slice_start_ns;	  /* [q] sum_exec_ns when it was picked */
	u64 account_ns;		  /* [q] sum_exec_ns already in its CPU's statistics */
	u64 sum_exec_ns;	  /* [q] written; read anywhere */
	u32 weight;		  /* [q] */
	u32 inv_weight;		  /* [q] 2^32 / weight */
	u32 burst_ns;		  /* [q] how long it runs before it sleeps, on average */
	bool queued;		  /* [q] in the tree or a list (not while current) */
};

#define THREAD_NAME_LEN 16

/* Fields: [I] immutable  [a] atomic  [q] run queue lock of .cpu  [T] the thread itself
 * [w] written by the thread, cleared by a waker under [q] */
struct thread {
	/* struct thread_head of mem/uio.h: these two first. */
	struct atomic work;	  /* [a] WORK_*; entry code tests it */
	u32 nofault_depth;	  /* [T] user faults fail instead of being served */
	u32 state;		  /* [w] enum thread_state */
	u32 cpu;		  /* [q] run queue it belongs to */
	struct arch_thread arch;  /* [T] registers, FPU, TLS */
	void *kstack;		  /* [I] lowest address */
	struct arch_space *space; /* [T] user address space; NULL: kernel thread */
	u64 minor_faults;	  /* [T] written; read anywhere */
	u64 major_faults;	  /* [T] the same */
	u32 anon_pages;		  /* [T] new in space, not yet counted there (vm/) */
	u32 touched;		  /* [T] pages that it first wrote to, one behind the other, */
	u64 touch_next;		  /* [T] up to here (vm/fault_anon.c) */
	void *owner;		  /* [I] proc's struct task, or NULL */
	bool on_rq;		  /* [q] queued or current */
	u8 on_cpu;		  /* [q] its context is live on a CPU; racy reads to spin */
	bool sleep_timed_out;	  /* [q] the sleep timer fired */
	bool idle;		  /* [I] a CPU's idle thread */
	bool kernel;		  /* [I] never goes to user mode */
	u8 policy;		  /* [q] SCHED_*; FIFO while it is lent a priority */
	bool reset_on_fork;	  /* [q] */
	s8 nice;		  /* [q] */
	u8 rt_priority;		  /* [q] 1..99 of FIFO and RR, else 0; loan included */
	u8 own_policy;		  /* [q] what was set, and sched_getscheduler(2) tells */
	u8 own_rt_priority;	  /* [q] the same */
	u8 lent_priority;	  /* [q] by those who wait for its PI futexes; 0: none */
	struct sched_entity se;
	struct cpumask affinity;	  /* [q] */
	struct timer sleep_timer;	  /* [T] */
	struct restart_block restart;	  /* [T] */
	u64 user_ticks, system_ticks;	  /* [q] samples */
	u64 utime_ns, stime_ns;		  /* [q] last answer of thread_cputime: never decreases */
	u64 nvcsw, nivcsw;		  /* [q] voluntary and other context switches */
	u64 start_ns;			  /* [I] clock_monotonic_ns at creation */
	u64 start_boottime_ns;		  /* [I] */
	void (*entry)(void *arg);	  /* [I] */
	void *entry_arg;		  /* [I] */
	void (*release)(struct thread *); /* [I] last reference gone (after a grace period) */
	struct refcount refs;		  /* [a] */
	struct rcu_head rcu;
	char name[THREAD_NAME_LEN]; /* racy: set whole, for people */
#if CONFIG_DEBUG
	struct held_locks held; /* [T] sleeping locks, core/lockrank.h */
#endif
};

/* Debug builds: order and counts of sleeping locks (mutex and rwsem), core/lockrank.h.
 * _want is before taking one; _waited after a wait that failed for @err, or did not.
 */
void mutex_debug_want(const void *lock, int rank, enum lock_want want);
void mutex_debug_waited(const void *lock, int err);
void mutex_debug_release(const void *lock);

DECLARE_PERCPU(struct thread *, current_thread);
#ifndef current
#define current this_cpu(current_thread)
#endif

/* A kernel thread, not started.  NULL: no memory. */
struct thread *thread_new(const char *name, void (*fn)(void *arg), void *arg) __must_check;
/* Same in one step, the creator's reference dropped; -ENOMEM. */
int thread_spawn(const char *name, void (*fn)(void *arg), void *arg) __must_check;
/* A thread that will enter user mode: @fn runs first, on its own stack, below the room for
 * its user_regs.  The struct is the caller's (embedded in a task), zeroed; @release is called
 * when it may be freed.  Inherits policy, nice and affinity from @like (may be NULL).  Two
 * references: the caller's, and one for being alive that thread_exit() drops.  -ENOMEM. */
int thread_init_user(struct thread *thread, const struct thread *like, struct arch_space *space,
		     void (*fn)(void *arg), void *arg, void *owner,
		     void (*release)(struct thread *)) __must_check;
/* Undo thread_init_user() of a thread never started (stack, FPU; not the struct). */
void thread_fini_unstarted(struct thread *thread);
void thread_start(struct thread *thread);
void thread_exit(void) __noreturn;
static inline void thread_get(struct thread *thread)
{
	refcount_get(&thread->refs);
}
void thread_put(struct thread *thread);
/* Highest address of the stack: user_regs lie right below. */
static inline void *thread_stack_top(const struct thread *thread)
{
	return (char *)thread->kstack + 4 * PAGE_SIZE;
}

void thread_set_name(struct thread *thread, const char *name);

/* Set work bits and make sure that they are seen: an IPI when it runs in user mode elsewhere. */
void thread_work_set(struct thread *thread, u32 bits);
static inline void thread_work_clear(struct thread *thread, u32 bits)
{
	atomic_and(&thread->work, (int)~bits);
}
static inline bool thread_work_test(const struct thread *thread, u32 bits)
{
	return (u32)READ_ONCE(thread->work.v) & bits;
}
/* WORK_SIGNAL, and end an interruptible sleep. */
void thread_interrupt(struct thread *thread);
/* WORK_SIGNAL | WORK_KILL, and end an interruptible or killable sleep or a stop. */
void thread_interrupt_kill(struct thread *thread);

/* Sleep; the caller set thread_sleep_prepare() (waitq_prepare does) and then found its
 * condition false.  0: woken.  -ETIMEDOUT.  -ERESTARTSYS: signal. */
int thread_sleep(ktime_t deadline_ns, enum sleep_mode mode);
static inline void thread_sleep_prepare(enum sleep_mode mode)
{
	static const u8 state[] = { THREAD_SLEEP_UNINTERRUPTIBLE, THREAD_SLEEP_INTERRUPTIBLE,
				    THREAD_SLEEP_KILLABLE };
	WRITE_ONCE(current->state, state[mode]);
	smp_mb();
}
static inline void thread_sleep_cancel(void)
{
	WRITE_ONCE(current->state, THREAD_RUNNING);
}
/* Sleep until a time, whatever wakes: 0 at the deadline, -ERESTARTSYS. */
int thread_sleep_until(ktime_t deadline_ns, enum sleep_mode mode);
/* A signal that ends a sleep of this mode is there. */
static inline bool thread_sleep_interrupted(enum sleep_mode mode)
{
	return (mode == SLEEP_INTERRUPTIBLE && thread_work_test(current, WORK_SIGNAL)) ||
	       (mode == SLEEP_KILLABLE && thread_work_test(current, WORK_KILL));
}

/* Exact run time in ns, up to now; and its user/system split. */
u64 thread_runtime_ns(struct thread *thread);
void thread_cputime(struct thread *thread, u64 *utime_ns, u64 *stime_ns);
/* The user registers of a thread that sleeps or is stopped.  False: it runs or has ended.  Sleeps. */
bool thread_peek_regs(struct thread *thread, struct user_regs *regs);
/* One letter of /proc/pid/stat: R S D T Z. */
char thread_state_char(const struct thread *thread);

void thread_boot_init(struct thread *boot); /* the boot CPU's thread becomes current */
