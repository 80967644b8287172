/* The run queue, timers and policies for real on one CPU in virtual time.  A switch is a
 * function call that returns: after schedule(), whoever was chosen is current. */
#include "tests/unit/unit.h"
#include "arch/host/host.h"

#include "sched/sched.c"
#include "sched/runqueue.c"
#include "sched/wake.c"
#include "sched/cpu.c"
#include "sched/balance.c"
#include "sched/policy.c"
#include "sched/account.c"
#include "sched/timer.c"

static ktime_t hardware = S64_MAX;
static bool in_user = true;
static int reaped;

void arch_timer_set(ktime_t deadline_ns)
{
	hardware = deadline_ns;
}
void arch_timer_stop(void)
{
	hardware = S64_MAX;
}
void arch_ipi_resched(unsigned cpu)
{
}
bool arch_irq_from_user(void)
{
	return in_user;
}
void arch_thread_adopt(struct arch_thread *thread, void *stack_top)
{
}
void arch_thread_switch(struct arch_thread *prev, struct arch_thread *next)
{
}
void arch_space_switch(struct arch_space *space)
{
}
void arch_space_switch_kernel(void)
{
}
void rcu_cpu_init(void)
{
}
void clock_tick(void)
{
}
void thread_reap(struct thread *thread)
{
	reaped++;
}
void thread_boot_init(struct thread *t)
{
	memset(t, 0, sizeof(*t));
	t->idle = t->kernel = true;
	t->on_rq = true;
	t->affinity = CPUMASK_ALL;
	thread_set_weight(t);
}

static void make(struct thread *t, int nice)
{
	memset(t, 0, sizeof(*t));
	t->state = THREAD_NEW;
	t->affinity = CPUMASK_ALL;
	t->nice = (s8)nice;
	t->se.vruntime = rq_this()->min_vruntime;
	thread_set_weight(t);
	thread_start(t);
}

/* Let @ns pass: timer interrupts, and schedule() on the way back to user mode. */
static void run_for(ktime_t ns)
{
	ktime_t end = host_clock_ns + ns;

	while (host_clock_ns < end) {
		if (thread_work_test(current, WORK_RESCHED))
			schedule();
		if (hardware > end) {
			host_clock_ns = end;
			break;
		}
		host_clock_ns = max(hardware, host_clock_ns);
		hardware = S64_MAX;
		arch_irq_disable();
		upcall_irq_timer();
		arch_irq_enable();
	}
}

static void sleep_now(void)
{
	current->state = THREAD_SLEEP_INTERRUPTIBLE;
	schedule();
}

static int boot(void **state)
{
	cpu_set_online(0);
	sched_init();
	sched_start_ticks();
	return 0;
}

/* Everybody but the idle thread sleeps. */
static int settle(void **state)
{
	while (!current->idle)
		sleep_now();
	return 0;
}

TEST(wakes_and_sleeps)
{
	struct thread a;

	assert_true(current->idle);
	make(&a, 0);
	assert_true(thread_work_test(current, WORK_RESCHED));
	schedule();
	assert_ptr_equal(current, &a);
	assert_false(sched_wake(&a)); /* awake */
	sleep_now();
	assert_true(current->idle);
	assert_int_equal(a.nvcsw, 1);
	assert_true(sched_wake(&a));
	assert_false(sched_wake(&a));
	schedule();
	assert_ptr_equal(current, &a);
	/* A wake-up between the decision and schedule() is not lost. */
	a.state = THREAD_SLEEP_INTERRUPTIBLE;
	assert_true(sched_wake(&a));
	schedule();
	assert_ptr_equal(current, &a);
}

TEST(equal_threads_share_equally)
{
	struct thread t[4];
	u64 least = U64_MAX, most = 0;

	for (int i = 0; i < 4; i++)
		make(&t[i], 0);
	run_for(4 * NSEC_PER_SEC);
	rq_account(rq_this(), host_clock_ns);
	for (int i = 0; i < 4; i++) {
		least = min(least, t[i].se.sum_exec_ns);
		most = max(most, t[i].se.sum_exec_ns);
	}
	assert_true(least > 980 * NSEC_PER_MSEC && most < 1020 * NSEC_PER_MSEC);
}

TEST(nice_weights_divide)
{
	struct thread a, b;
	u64 ratio;

	make(&a, 0);
	make(&b, 5);
	run_for(10 * NSEC_PER_SEC);
	rq_account(rq_this(), host_clock_ns);
	ratio = a.se.sum_exec_ns * 100 / b.se.sum_exec_ns; /* 1024 / 335 = 3.05 */
	assert_in_range(ratio, 290, 322);
}

TEST(yield_alternates)
{
	struct thread a, b, *last;

	make(&a, 0);
	make(&b, 0);
	schedule();
	for (int i = 0; i < 100; i++) {
		last = current;
		host_clock_ns += 1000;
		sched_yield();
		assert_ptr_not_equal(current, last);
	}
}

TEST(sleeper_preempts_hog_but_cannot_hoard)
{
	struct thread hog, sleeper;

	make(&hog, 0);
	make(&sleeper, 0);
	schedule();
	while (current != &sleeper)
		run_for(NSEC_PER_MSEC);
	sleep_now();
	assert_ptr_equal(current, &hog);
	run_for(10 * NSEC_PER_SEC);
	sched_wake(&sleeper);
	assert_true(thread_work_test(&hog, WORK_RESCHED));
	schedule();
	assert_ptr_equal(current, &sleeper);
	/* Ten seconds asleep buy a slice or two, not ten seconds. */
	run_for(100 * NSEC_PER_MSEC);
	rq_account(rq_this(), host_clock_ns);
	assert_true(sleeper.se.sum_exec_ns < 70 * NSEC_PER_MSEC);
}

TEST(fifo_before_fair_and_by_priority)
{
	struct thread fair, low, high;

	make(&fair, -20);
	make(&low, 0);
	make(&high, 0);
	assert_int_equal(sched_set_policy(&low, SCHED_FIFO, 10, false), 0);
	assert_int_equal(sched_set_policy(&high, SCHED_FIFO, 20, false), 0);
	assert_int_equal(sched_set_policy(&high, SCHED_FIFO, 100, false), -EINVAL);
	assert_int_equal(sched_set_policy(&high, SCHED_OTHER, 1, false), -EINVAL);
	assert_int_equal(sched_set_policy(&high, 6, 0, false), -EINVAL);
	schedule();
	assert_ptr_equal(current, &high);
	run_for(NSEC_PER_SEC);
	assert_ptr_equal(current, &high);
	sleep_now();
	assert_ptr_equal(current, &low);
	sched_wake(&high);
	schedule();
	assert_ptr_equal(current, &high);
	sched_set_policy(&high, SCHED_OTHER, 0, false);
	schedule();
	assert_ptr_equal(current, &low);
	sleep_now();
	assert_true(current == &fair || current == &high);
}

TEST(round_robin_rotates)
{
	struct thread a, b;

	make(&a, 0);
	make(&b, 0);
	sched_set_policy(&a, SCHED_RR, 5, false);
	sched_set_policy(&b, SCHED_RR, 5, false);
	schedule();
	run_for(10 * SCHED_RR_SLICE_NS);
	rq_account(rq_this(), host_clock_ns);
	assert_true(a.se.sum_exec_ns > 3 * SCHED_RR_SLICE_NS);
	assert_true(b.se.sum_exec_ns > 3 * SCHED_RR_SLICE_NS);
}

TEST(tick_stops_alone_and_idle)
{
	struct thread a;
	u64 before, user, system;

	make(&a, 0);
	schedule();
	run_for(NSEC_PER_SEC);
	before = timer_irq_count(0);
	run_for(10 * NSEC_PER_SEC);
	assert_true(timer_irq_count(0) - before < 200);
	in_user = false;
	run_for(11 * NSEC_PER_SEC);
	in_user = true;
	thread_cputime(&a, &user, &system);
	assert_int_equal(user + system, a.se.sum_exec_ns);
	assert_true(user > 10 * NSEC_PER_SEC && system > 10 * NSEC_PER_SEC);
	sleep_now();
	run_for(NSEC_PER_SEC);
	before = timer_irq_count(0);
	run_for(100 * NSEC_PER_SEC);
	assert_int_equal(timer_irq_count(0), before);
}

TEST(dead_threads_are_reaped)
{
	struct thread a;

	make(&a, 0);
	schedule();
	reaped = 0;
	current->state = THREAD_DEAD;
	schedule();
	assert_true(current->idle);
	assert_int_equal(reaped, 1);
}

/* --- timers --------------------------------------------------------------------- */

static int fired[100], nfired;
static struct timer timers[100];

static void note(struct timer *t)
{
	assert_true(host_clock_ns >= t->deadline_ns);
	fired[nfired++] = (int)(t - timers);
}

TEST(timers_fire_in_order)
{
	u64 seed = 7;

	nfired = 0;
	for (int i = 0; i < 100; i++) {
		timer_init(&timers[i], note);
		timer_arm(&timers[i], host_clock_ns + 1000 + test_random(&seed) % 1000000);
	}
	for (int i = 0; i < 100; i += 3)
		assert_true(timer_cancel(&timers[i]));
	assert_false(timer_cancel(&timers[0]));
	timer_arm(&timers[1], host_clock_ns + 5000000); /* moved to the end */
	run_for(10000000);
	assert_int_equal(nfired, 66);
	for (int i = 1; i < nfired; i++)
		assert_true(timers[fired[i - 1]].deadline_ns <= timers[fired[i]].deadline_ns);
	assert_int_equal(fired[65], 1);
}

static void again(struct timer *t)
{
	if (++nfired < 5)
		timer_arm(t, t->deadline_ns + 1000);
}

TEST(timer_rearms_itself)
{
	struct timer t;

	nfired = 0;
	timer_init(&t, again);
	timer_arm(&t, host_clock_ns - 1);
	run_for(100000);
	assert_int_equal(nfired, 5);
	assert_false(timer_cancel_sync(&t));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(wakes_and_sleeps, settle),
		cmocka_unit_test_teardown(equal_threads_share_equally, settle),
		cmocka_unit_test_teardown(nice_weights_divide, settle),
		cmocka_unit_test_teardown(yield_alternates, settle),
		cmocka_unit_test_teardown(sleeper_preempts_hog_but_cannot_hoard, settle),
		cmocka_unit_test_teardown(fifo_before_fair_and_by_priority, settle),
		cmocka_unit_test_teardown(round_robin_rotates, settle),
		cmocka_unit_test_teardown(tick_stops_alone_and_idle, settle),
		cmocka_unit_test_teardown(dead_threads_are_reaped, settle),
		cmocka_unit_test_teardown(timers_fire_in_order, settle),
		cmocka_unit_test_teardown(timer_rearms_itself, settle),
	};

	return cmocka_run_group_tests(tests, boot, NULL);
}
