/* sched/thread.c - threads come, sleep and go.
 *
 * References: one for whoever made the thread, one for being alive (dropped by the CPU that
 * switched away from the dead thread).  The last one frees the struct after a grace period, so
 * that wakers may hold a bare pointer across a short piece of code.
 */
#include "sched/thread.h"
#include "sched/sched_internal.h"
#include "sched/rcu.h"
#include "arch/api/smp.h"
#include "arch/api/time.h"
#include "core/panic.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/kmap.h"
#include "mem/slab.h"
#include "mem/uio.h"

static_assert(offsetof(struct thread, work) == offsetof(struct thread_head, work), "head");
static_assert(offsetof(struct thread, nofault_depth) == offsetof(struct thread_head, nofault_depth),
	      "head");

static void sleep_expired(struct timer *timer)
{
	struct thread *t = container_of(timer, struct thread, sleep_timer);

	WRITE_ONCE(t->sleep_timed_out, true);
	sched_wake(t);
}

static void thread_common_init(struct thread *t)
{
	t->cpu = cpu_id();
	t->policy = t->own_policy = SCHED_OTHER;
	t->affinity = CPUMASK_ALL;
	t->start_ns = t->start_boottime_ns = arch_clock_ns();
	timer_init(&t->sleep_timer, sleep_expired);
	thread_set_weight(t);
}

void thread_boot_init(struct thread *t)
{
	memset(t, 0, sizeof(*t));
	thread_common_init(t);
	t->state = THREAD_RUNNING;
	t->idle = t->kernel = true;
	t->on_rq = true;
	t->on_cpu = 1;
	refcount_init(&t->refs, 1);
	strlcpy(t->name, "idle", sizeof(t->name));
}

static int thread_setup(struct thread *t, void (*fn)(void *arg), void *arg,
			void (*release)(struct thread *))
{
	t->kstack = kstack_alloc();
	if (!t->kstack)
		return -ENOMEM;
	thread_common_init(t);
	t->state = THREAD_NEW;
	t->se.vruntime = READ_ONCE(rq_this()->min_vruntime);
	t->entry = fn;
	t->entry_arg = arg;
	t->release = release;
	refcount_init(&t->refs, 2);
	arch_thread_init(&t->arch, fn, arg, thread_stack_top(t));
	return 0;
}

static void thread_release_kernel(struct thread *t)
{
	kfree(t);
}

struct thread *thread_new(const char *name, void (*fn)(void *arg), void *arg)
{
	struct thread *t = kzalloc(sizeof(*t));

	if (!t)
		return NULL;
	if (thread_setup(t, fn, arg, thread_release_kernel)) {
		kfree(t);
		return NULL;
	}
	t->kernel = true;
	strlcpy(t->name, name, sizeof(t->name));
	return t;
}

int thread_spawn(const char *name, void (*fn)(void *arg), void *arg)
{
	struct thread *t = thread_new(name, fn, arg);

	if (!t)
		return -ENOMEM;
	thread_start(t);
	thread_put(t);
	return 0;
}

int thread_init_user(struct thread *t, const struct thread *like, struct arch_space *space,
		     void (*fn)(void *arg), void *arg, void *owner,
		     void (*release)(struct thread *))
{
	int err = thread_setup(t, fn, arg, release);

	if (err)
		return err;
	t->space = space;
	t->owner = owner;
	if (like) {
		sched_fork(t, like);
		__builtin_memcpy(t->name, like->name, sizeof(t->name)); /* two moves, no call */
	}
	return 0;
}

void thread_fini_unstarted(struct thread *t)
{
	assert(t->state == THREAD_NEW);
	arch_thread_fini(&t->arch);
	kstack_free(t->kstack);
	t->kstack = NULL;
}

static void thread_free_rcu(struct rcu_head *head)
{
	struct thread *t = container_of(head, struct thread, rcu);

	t->release(t);
}

void thread_put(struct thread *t)
{
	if (refcount_put(&t->refs))
		call_rcu(&t->rcu, thread_free_rcu);
}

/* The CPU has left @t for good; called by the thread it switched to. */
void thread_reap(struct thread *t)
{
	void *stack = t->kstack;

	arch_thread_fini(&t->arch);
	t->kstack = NULL;
	kstack_free(stack);
	thread_put(t);
}

void thread_set_name(struct thread *t, const char *name)
{
	char padded[THREAD_NAME_LEN] = { 0 };

	strlcpy(padded, name, sizeof(padded));
	memcpy(t->name, padded, sizeof(padded));
}

/* --- work, signals -------------------------------------------------------------- */

/* @t may be in user mode on another CPU: make it look at its work. */
static void nudge(const struct thread *t)
{
	if (READ_ONCE(t->on_cpu) && READ_ONCE(t->cpu) != cpu_id())
		arch_ipi_resched(READ_ONCE(t->cpu));
}

void thread_work_set(struct thread *t, u32 bits)
{
	u32 old = (u32)atomic_fetch_or(&t->work, (int)bits);

	if (t != current && bits & ~old & WORK_LOOP)
		nudge(t);
}

void thread_interrupt(struct thread *t)
{
	atomic_or(&t->work, WORK_SIGNAL);
	if (t != current && !sched_wake_state(t, 1u << THREAD_SLEEP_INTERRUPTIBLE))
		nudge(t);
}

void thread_interrupt_kill(struct thread *t)
{
	atomic_or(&t->work, WORK_SIGNAL | WORK_KILL);
	if (t != current &&
	    !sched_wake_state(t, 1u << THREAD_SLEEP_INTERRUPTIBLE | 1u << THREAD_SLEEP_KILLABLE |
					 1u << THREAD_STOPPED))
		nudge(t);
}

/* --- sleep ------------------------------------------------------------------------- */

int thread_sleep(ktime_t deadline_ns, enum sleep_mode mode)
{
	struct thread *self = current;
	bool timed_out = false;

	if (thread_sleep_interrupted(mode)) {
		thread_sleep_cancel();
		return -ERESTARTSYS;
	}
	if (deadline_ns == DEADLINE_NONE) {
		schedule();
	} else if (arch_clock_ns() >= deadline_ns) {
		thread_sleep_cancel();
		timed_out = true;
	} else {
		self->sleep_timed_out = false;
		timer_arm(&self->sleep_timer, deadline_ns);
		schedule();
		timer_cancel_sync(&self->sleep_timer);
		timed_out = READ_ONCE(self->sleep_timed_out);
	}
	if (thread_sleep_interrupted(mode))
		return -ERESTARTSYS;
	return timed_out ? -ETIMEDOUT : 0;
}

int thread_sleep_until(ktime_t deadline_ns, enum sleep_mode mode)
{
	for (;;) {
		int ret;

		thread_sleep_prepare(mode);
		ret = thread_sleep(deadline_ns, mode);
		if (ret == -ETIMEDOUT)
			return 0;
		if (ret)
			return ret;
	}
}

char thread_state_char(const struct thread *t)
{
	switch (READ_ONCE(t->state)) {
	case THREAD_SLEEP_INTERRUPTIBLE:
		return 'S';
	case THREAD_SLEEP_KILLABLE:
	case THREAD_SLEEP_UNINTERRUPTIBLE:
		return 'D';
	case THREAD_STOPPED:
		return 'T';
	case THREAD_DEAD:
		return 'Z';
	default:
		return 'R';
	}
}

/* --- registers of another thread --------------------------------------------------- */

enum peek { PEEK_TAKEN, PEEK_LEAVING, PEEK_RUNS };

/* Whoever wakes it takes the lock first: until then the stack with the registers stays.
 * Before it has left its processor it may still find that it need not sleep, and go on. */
static enum peek peek_regs(struct thread *t, struct user_regs *regs)
{
	enum peek found = PEEK_RUNS;
	unsigned long irq = arch_irq_save();
	struct runqueue *rq;

	rq_lock_of(t, &rq);
	if ((t->state >= THREAD_SLEEP_INTERRUPTIBLE && t->state <= THREAD_SLEEP_UNINTERRUPTIBLE) ||
	    t->state == THREAD_STOPPED)
		found = t->on_rq ? PEEK_LEAVING : PEEK_TAKEN;
	if (found == PEEK_TAKEN)
		*regs = *arch_thread_regs(&t->arch);
	spin_unlock(&rq->lock);
	arch_irq_restore(irq);
	return found;
}

/* Who has seen that it sleeps (thread_state_char()) shall not hear that it runs: the moment
 * between is waited for.  One that goes to sleep all the time and never stays there runs. */
bool thread_peek_regs(struct thread *t, struct user_regs *regs)
{
	enum peek found = peek_regs(t, regs);

	for (int tries = 0; found == PEEK_LEAVING && tries < 100; tries++) {
		(void)thread_sleep_until(arch_clock_ns() + NSEC_PER_MSEC / 4, SLEEP_KILLABLE);
		found = peek_regs(t, regs);
	}
	return found == PEEK_TAKEN;
}
