/*
 * arch/api/thread.h on a Linux process: threads are coroutines, on one CPU in virtual time.
 *
 * So sched/ runs for real in a test: a thread that sleeps switches to another, and where
 * all sleep, the clock jumps to the next timer.  Nothing depends on the host's scheduler;
 * every run is the same.  The flow of control that calls host_threads_run() is the idle
 * thread; the test runs as a thread beside those it makes.
 *
 * The stacks that mem/kmap gives out are too small for the sanitizers: each coroutine has
 * one of its own.
 */
#include <sanitizer/common_interface_defs.h>
#include <stdlib.h>
#include <ucontext.h>
#include "arch/host/host.h"
#include "arch/api/smp.h"
#include "arch/api/space.h"
#include "arch/api/thread.h"
#include "arch/api/time.h"
#include "arch/api/upcalls.h"

#define STACK_SIZE (1ul << 20)

struct host_coroutine {
	ucontext_t context;
	void *stack; /* NULL: the process's own */
	const void *bottom;
	size_t size;
	void *fake_stack; /* the address sanitizer's */
	void (*fn)(void *arg);
	void *arg;
};

static struct host_coroutine process_stack;
static struct host_coroutine *arriving;	    /* during a switch: who comes */
static struct host_coroutine *leaving;	    /* ... and who goes */
static ktime_t timer_deadline_ns = S64_MAX; /* what the hardware timer is set for */

/* The first thing on the new stack of a switch. */
static void arrived(void)
{
	__sanitizer_finish_switch_fiber(arriving->fake_stack, &leaving->bottom, &leaving->size);
}

static void coroutine_start(void)
{
	struct host_coroutine *self = arriving;

	arrived();
	upcall_thread_start();
	arch_irq_enable();
	self->fn(self->arg);
	upcall_thread_exit();
}

void arch_thread_init(struct arch_thread *thread, void (*fn)(void *arg), void *arg, void *stack_top)
{
	struct host_coroutine *co = calloc(1, sizeof(*co));

	co->stack = malloc(STACK_SIZE);
	co->bottom = co->stack;
	co->size = STACK_SIZE;
	co->fn = fn;
	co->arg = arg;
	getcontext(&co->context);
	co->context.uc_stack.ss_sp = co->stack;
	co->context.uc_stack.ss_size = STACK_SIZE;
	makecontext(&co->context, coroutine_start, 0);
	*thread = (struct arch_thread){ .coroutine = co };
}

void arch_thread_fini(struct arch_thread *thread)
{
	free(thread->coroutine->stack);
	free(thread->coroutine);
	thread->coroutine = NULL;
}

void arch_thread_adopt(struct arch_thread *thread, void *stack_top)
{
	*thread = (struct arch_thread){ .coroutine = &process_stack };
}

void arch_thread_switch(struct arch_thread *prev, struct arch_thread *next)
{
	leaving = prev->coroutine;
	arriving = next->coroutine;
	__sanitizer_start_switch_fiber(&leaving->fake_stack, arriving->bottom, arriving->size);
	swapcontext(&leaving->context, &arriving->context);
	arrived();
}

/* ---- one CPU, its timer, no user mode ---- */

void arch_timer_set(ktime_t deadline_ns)
{
	timer_deadline_ns = deadline_ns;
}
void arch_timer_stop(void)
{
	timer_deadline_ns = S64_MAX;
}
void arch_ipi_resched(unsigned cpu)
{
}
bool arch_irq_from_user(void)
{
	return false;
}
void arch_space_switch(struct arch_space *space)
{
}
void arch_space_switch_kernel(void)
{
}

void host_timers_run(ktime_t until_ns)
{
	while (timer_deadline_ns <= until_ns) {
		host_clock_ns = max(host_clock_ns, timer_deadline_ns);
		timer_deadline_ns = S64_MAX;
		arch_irq_disable();
		upcall_irq_timer();
		arch_irq_enable();
	}
	host_clock_ns = max(host_clock_ns, until_ns);
}

bool host_idle(void)
{
	if (timer_deadline_ns == S64_MAX)
		return false;
	host_timers_run(timer_deadline_ns);
	return true;
}
