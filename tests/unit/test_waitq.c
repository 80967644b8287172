/* sched/waitq, completion and sleeping: who is woken, in which order, and by what. */
#include "tests/unit/unit.h"
#include "tests/unit/host_threads.h"
#include "arch/host/host.h"
#include "sched/completion.h"
#include "sched/mutex.h"
#include "sched/sched.h"
#include "sched/waitq.h"

#define MS 1000000ll

static struct waitq wq;
static struct mutex lock;
static bool ready;

/* A thread that sleeps once, and what came of it. */
struct sleeper {
	struct thread *thread;
	bool exclusive;
	enum sleep_mode mode;
	ktime_t deadline_ns;
	int ret;
	ktime_t at_ns;	/* when it returned */
	unsigned order; /* 0: still asleep */
};
static unsigned woken;

static void sleep_once(void *arg)
{
	struct sleeper *s = arg;

	mutex_lock(&lock);
	s->ret = waitq_sleep_mode(&wq, &lock, s->deadline_ns, s->mode, s->exclusive);
	s->at_ns = host_clock_ns;
	assert_true(mutex_held(&lock));
	mutex_unlock(&lock);
	s->order = ++woken;
}

static void start(struct sleeper *s, bool exclusive, enum sleep_mode mode)
{
	*s = (struct sleeper){ .exclusive = exclusive, .mode = mode, .deadline_ns = DEADLINE_NONE };
	s->thread = host_spawn(sleep_once, s);
	host_settle();
	assert_int_equal(s->order, 0);
}

static int fresh(void **state)
{
	waitq_init(&wq);
	mutex_init(&lock, LOCK_SUPERBLOCK);
	woken = 0;
	ready = false;
	return 0;
}

TEST(wake_one_takes_all_shared_and_the_first_exclusive)
{
	struct sleeper s[5];

	for (int i = 0; i < 5; i++)
		start(&s[i], i % 2, SLEEP_INTERRUPTIBLE); /* 1 and 3 exclusive */
	waitq_wake_one(&wq);
	host_settle();
	assert_true(s[0].order && s[2].order && s[4].order && s[1].order);
	assert_int_equal(s[3].order, 0);
	waitq_wake_one(&wq);
	host_settle();
	assert_int_equal(s[3].order, 5);
	assert_false(waitq_active(&wq));
	for (int i = 0; i < 5; i++) {
		assert_int_equal(s[i].ret, 0);
		host_join(s[i].thread);
	}
}

TEST(wake_all_takes_all)
{
	struct sleeper s[4];

	for (int i = 0; i < 4; i++)
		start(&s[i], true, SLEEP_UNINTERRUPTIBLE);
	waitq_wake_all(&wq);
	host_settle();
	for (int i = 0; i < 4; i++) {
		assert_int_equal(s[i].order, i + 1); /* in the order they came */
		host_join(s[i].thread);
	}
}

TEST(deadlines_in_time)
{
	struct sleeper s = { .deadline_ns = host_clock_ns + 5 * MS, .mode = SLEEP_INTERRUPTIBLE };
	ktime_t start_ns = host_clock_ns;

	s.thread = host_spawn(sleep_once, &s);
	host_join(s.thread);
	assert_int_equal(s.ret, -ETIMEDOUT);
	assert_true(s.at_ns >= start_ns + 5 * MS && s.at_ns < start_ns + 6 * MS);
	assert_false(waitq_active(&wq));

	/* One that has passed costs no time. */
	s = (struct sleeper){ .deadline_ns = host_clock_ns, .mode = SLEEP_INTERRUPTIBLE };
	s.thread = host_spawn(sleep_once, &s);
	host_join(s.thread);
	assert_int_equal(s.ret, -ETIMEDOUT);
}

TEST(signals_by_mode)
{
	struct sleeper s[3];

	start(&s[0], false, SLEEP_UNINTERRUPTIBLE);
	start(&s[1], false, SLEEP_KILLABLE);
	start(&s[2], false, SLEEP_INTERRUPTIBLE);
	assert_int_equal(thread_state_char(s[0].thread), 'D');
	assert_int_equal(thread_state_char(s[1].thread), 'D');
	assert_int_equal(thread_state_char(s[2].thread), 'S');
	for (int i = 0; i < 3; i++)
		thread_interrupt(s[i].thread);
	host_settle();
	assert_int_equal(s[2].ret, -ERESTARTSYS);
	assert_true(s[2].order && !s[1].order && !s[0].order);
	for (int i = 0; i < 3; i++)
		if (!s[i].order)
			thread_interrupt_kill(s[i].thread);
	host_settle();
	assert_int_equal(s[1].ret, -ERESTARTSYS);
	assert_true(s[1].order && !s[0].order);
	waitq_wake_all(&wq);
	host_settle();
	assert_int_equal(s[0].ret, 0);
	for (int i = 0; i < 3; i++)
		host_join(s[i].thread);
}

/* An event that came before the signal is not lost, nor is the signal. */
TEST(a_wake_up_wins_over_a_signal)
{
	struct sleeper s;

	start(&s, true, SLEEP_INTERRUPTIBLE);
	waitq_wake_one(&wq);
	thread_interrupt(s.thread);
	host_settle();
	assert_int_equal(s.ret, 0);
	assert_true(thread_work_test(s.thread, WORK_SIGNAL));
	host_join(s.thread);
}

static bool refuse(struct waiter *waiter, u32 events)
{
	woken++;
	return false;
}
static bool accept(struct waiter *waiter, u32 events)
{
	woken += 100;
	return true;
}

TEST(a_waiter_that_refuses_leaves_the_event_to_the_next)
{
	struct waiter w[3];

	waiter_init_fn(&w[0], refuse, true);
	waiter_init_fn(&w[1], accept, true);
	waiter_init_fn(&w[2], accept, true);
	for (int i = 0; i < 3; i++)
		waitq_add(&wq, &w[i]);
	waitq_wake_one(&wq);
	assert_int_equal(woken, 101);
	waitq_remove(&wq, &w[1]);
	waitq_remove(&wq, &w[1]); /* twice does no harm */
	waitq_wake_one(&wq);
	assert_int_equal(woken, 202);
	waitq_remove(&wq, &w[0]);
	waitq_remove(&wq, &w[2]);
	assert_false(waitq_active(&wq));
}

TEST(only_those_who_wait_for_the_event)
{
	struct waiter w[3];

	for (int i = 0; i < 3; i++) {
		waiter_init_fn(&w[i], accept, false);
		w[i].events = i; /* 0: everything */
		waitq_add(&wq, &w[i]);
	}
	waitq_wake_events(&wq, 1);
	assert_int_equal(woken, 200);
	waitq_wake_events_all(&wq, 4);
	assert_int_equal(woken, 300);
	waitq_wake_all(&wq);
	assert_int_equal(woken, 600);
	for (int i = 0; i < 3; i++)
		waitq_remove(&wq, &w[i]);
}

static struct spinlock spin;
static int spin_ret;

static void sleep_spin(void *arg)
{
	spin_lock(&spin);
	while (!ready && !spin_ret)
		spin_ret = waitq_sleep_spin(&wq, &spin, DEADLINE_NONE);
	spin_unlock(&spin);
}

TEST(sleep_under_a_spin_lock)
{
	struct thread *t;

	spin_init(&spin, LOCK_THREAD_LEAF);
	t = host_spawn(sleep_spin, NULL);
	host_settle();
	spin_lock(&spin); /* released while it sleeps */
	spin_unlock(&spin);
	waitq_wake_all(&wq); /* for nothing: it looks, and sleeps again */
	host_settle();
	assert_true(waitq_active(&wq));
	ready = true;
	waitq_wake_all(&wq);
	host_join(t);
	assert_int_equal(spin_ret, 0);
}

static struct completion done;
static unsigned passed;

static void await(void *arg)
{
	completion_wait(&done);
	passed++;
}

TEST(completions_count)
{
	struct thread *t[3];

	completion_init(&done);
	passed = 0;
	for (int i = 0; i < 3; i++)
		t[i] = host_spawn(await, NULL);
	host_settle();
	complete(&done);
	host_settle();
	assert_int_equal(passed, 1);
	complete(&done);
	complete(&done);
	complete(&done);
	host_settle();
	assert_int_equal(passed, 3);
	/* One is left over. */
	assert_int_equal(completion_wait_timeout(&done, host_clock_ns, SLEEP_INTERRUPTIBLE), 0);
	assert_int_equal(completion_wait_timeout(&done, host_clock_ns + MS, SLEEP_INTERRUPTIBLE),
			 -ETIMEDOUT);
	for (int i = 0; i < 3; i++)
		host_join(t[i]);
}

TEST(sleep_until_outlasts_wake_ups_but_not_signals)
{
	ktime_t start_ns = host_clock_ns;
	struct thread *self = current;

	assert_int_equal(thread_sleep_until(start_ns + 3 * MS, SLEEP_INTERRUPTIBLE), 0);
	assert_true(host_clock_ns >= start_ns + 3 * MS);
	thread_interrupt(self);
	assert_int_equal(thread_sleep_until(host_clock_ns + MS, SLEEP_INTERRUPTIBLE), -ERESTARTSYS);
	thread_work_clear(self, WORK_SIGNAL);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(wake_one_takes_all_shared_and_the_first_exclusive, fresh),
		cmocka_unit_test_setup(wake_all_takes_all, fresh),
		cmocka_unit_test_setup(deadlines_in_time, fresh),
		cmocka_unit_test_setup(signals_by_mode, fresh),
		cmocka_unit_test_setup(a_wake_up_wins_over_a_signal, fresh),
		cmocka_unit_test_setup(a_waiter_that_refuses_leaves_the_event_to_the_next, fresh),
		cmocka_unit_test_setup(only_those_who_wait_for_the_event, fresh),
		cmocka_unit_test_setup(sleep_under_a_spin_lock, fresh),
		cmocka_unit_test_setup(completions_count, fresh),
		cmocka_unit_test_setup(sleep_until_outlasts_wake_ups_but_not_signals, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return host_threads_main(run);
}
