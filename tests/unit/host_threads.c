/* See host_threads.h: the boot of sched/, kernel stacks and panic's view of them. */
#include "tests/unit/unit.h"
#include "tests/unit/fail_alloc.h"
#include "tests/unit/host_threads.h"
#include "arch/host/host.h"
#include "core/panic.h"
#include "mem/kmap.h"
#include "mem/slab.h"
#include "sched/rcu.h"
#include "sched/sched.h"
#include "sched/work.h"

static int (*test_run)(void);
static int test_result;
static bool test_done;

void *kstack_alloc(void)
{
	return kmalloc(16); /* the coroutine has a stack of its own */
}
void kstack_free(void *stack)
{
	kfree(stack);
}

void clock_tick(void)
{
}

static void run(void *arg)
{
	test_result = test_run();
	test_done = true;
}

void host_threads_boot(void)
{
	cpu_set_online(0);
	sched_init();
	work_boot_init();
	rcu_init();
	sched_start_ticks();
	fail_alloc_settle = rcu_barrier;
}

void host_threads_idle(void)
{
	do
		schedule();
	while (thread_work_test(current, WORK_RESCHED) || host_idle());
}

int host_threads_main(int (*fn)(void))
{
	test_run = fn;
	host_threads_boot();
	if (thread_spawn("test", run, NULL))
		return 1;
	host_threads_idle();
	if (!test_done)
		panic("every thread sleeps for ever");
	return test_result;
}

struct thread *host_spawn(void (*fn)(void *arg), void *arg)
{
	struct thread *thread = thread_new("helper", fn, arg);

	assert_non_null(thread);
	thread_start(thread);
	return thread;
}

/* The others run whenever this one sleeps; a nanosecond passes only when none can. */
void host_settle(void)
{
	thread_sleep_until(host_clock_ns + 1, SLEEP_UNINTERRUPTIBLE);
}

void host_join(struct thread *thread)
{
	ktime_t wait_ns = 1;

	for (; READ_ONCE(thread->state) != THREAD_DEAD; wait_ns *= 2)
		thread_sleep_until(host_clock_ns + wait_ns, SLEEP_UNINTERRUPTIBLE);
	thread_put(thread);
}
