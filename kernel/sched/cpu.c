/* sched/cpu.c - a CPU joins: its idle thread, and what it does for ever.
 *
 * The flow of control that brought a CPU up becomes its idle thread.  So kmain() must not sleep: it
 * starts a thread for what does, and ends in sched_idle_loop().
 */
#include "sched/sched_internal.h"
#include "arch/api/inline.h"
#include "arch/api/irq.h"
#include "arch/api/time.h"
#include "core/panic.h"

DEFINE_PERCPU_STATIC(struct thread, idle_thread);

void sched_idle_loop(void)
{
	struct thread *self = current;

	assert(self->idle);
	arch_irq_enable();
	for (;;) {
		schedule();
		arch_irq_disable();
		if (thread_work_test(self, WORK_RESCHED) || rq_this()->nr_running)
			arch_irq_enable();
		else
			arch_idle();
	}
}

/* This CPU's flow of control becomes its idle thread. */
static void cpu_setup(unsigned cpu)
{
	struct runqueue *rq = rq_this();
	struct thread *idle = this_cpu_ptr(idle_thread);

	spin_init(&rq->lock, LOCK_RUNQUEUE);
	list_init(&rq->rt);
	rq->cpu = cpu;
	rq->curr = rq->idle = idle;
	thread_boot_init(idle);
	idle->cpu = cpu;
	idle->se.exec_start_ns = arch_clock_ns();
	this_cpu(current_thread) = idle;
	arch_thread_adopt(&idle->arch, __builtin_frame_address(0));
	tick_init(rq);
	timer_cpu_init();
	rcu_cpu_init();
	store_release(&rq->online, true);
	cpumask_set(&sched_idle_mask, cpu);
}

void sched_init(void)
{
	cpu_setup(0);
}

void upcall_cpu_online(unsigned cpu)
{
	cpu_setup(cpu);
	cpu_set_online(cpu);
	sched_idle_loop();
}
