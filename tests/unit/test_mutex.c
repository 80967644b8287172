/* sched/mutex with threads that contend: exclusion, order, signals. */
#include "tests/unit/holder.h"
#include "arch/host/host.h"
#include "sched/mutex.h"
#include "sched/sched.h"

static struct mutex mutex;

static int take_mutex(void)
{
	mutex_lock(&mutex);
	return 0;
}
static int take_interruptible(void)
{
	return mutex_lock_interruptible(&mutex);
}
static int take_killable(void)
{
	return mutex_lock_killable(&mutex);
}
static void give_mutex(void)
{
	assert_true(mutex_held(&mutex));
	mutex_unlock(&mutex);
}
static int fresh(void **state)
{
	mutex_init(&mutex, LOCK_SUPERBLOCK);
	turn = 0;
	return 0;
}

TEST(mutex_goes_round_in_order)
{
	struct holder h[4];

	for (int i = 0; i < 4; i++)
		start(&h[i], take_mutex, give_mutex);
	assert_false(mutex_trylock(&mutex));
	for (int i = 0; i < 4; i++) {
		assert_true(h[i].has);
		for (int j = i + 1; j < 4; j++)
			assert_false(h[j].has);
		finish(&h[i]);
		host_settle();
	}
	assert_false(mutex_is_locked(&mutex));
}

TEST(a_waiter_that_was_overtaken_gets_it_next_time)
{
	struct holder h;

	mutex_lock(&mutex);
	start(&h, take_mutex, give_mutex);
	mutex_unlock(&mutex); /* wakes it, */
	mutex_lock(&mutex);   /* but it has not run yet */
	host_settle();
	assert_false(h.has);
	mutex_unlock(&mutex);
	assert_true(mutex_is_locked(&mutex)); /* its own already */
	assert_false(mutex_trylock(&mutex));
	host_settle();
	assert_true(h.has);
	finish(&h);
}

TEST(signals_end_the_wait_by_mode)
{
	struct holder h[3];

	mutex_lock(&mutex);
	start(&h[0], take_interruptible, give_mutex);
	start(&h[1], take_killable, give_mutex);
	start(&h[2], take_mutex, give_mutex);
	for (int i = 0; i < 3; i++)
		thread_interrupt(h[i].thread);
	host_settle();
	assert_int_equal(h[0].err, -ERESTARTSYS);
	assert_int_equal(h[1].err, 0);
	for (int i = 1; i < 3; i++)
		thread_interrupt_kill(h[i].thread);
	host_settle();
	assert_int_equal(h[1].err, -ERESTARTSYS);
	assert_false(h[2].has);
	mutex_unlock(&mutex);
	host_settle();
	assert_true(h[2].has);
	for (int i = 0; i < 3; i++)
		finish(&h[i]);
	assert_false(mutex_is_locked(&mutex));
}

/* The last waiter leaves by a signal: the mutex is as if nobody had waited. */
TEST(no_waiter_left)
{
	struct holder h;

	mutex_lock(&mutex);
	start(&h, take_interruptible, give_mutex);
	thread_interrupt(h.thread);
	host_settle();
	finish(&h);
	assert_int_equal(mutex.owner, (unsigned long)current);
	mutex_unlock(&mutex);
}

TEST(mistakes_panic)
{
	mutex_lock(&mutex);
	assert_true(HOST_EXPECT_PANIC(mutex_lock(&mutex)));
	mutex_unlock(&mutex);
	assert_true(HOST_EXPECT_PANIC(mutex_unlock(&mutex)));
}

TEST(ranks_are_checked)
{
	struct mutex outer, inner;

	mutex_init(&outer, LOCK_RENAME);
	mutex_init(&inner, LOCK_PIPE);
	mutex_lock(&inner);
	assert_true(HOST_EXPECT_PANIC(mutex_lock(&outer)));
	assert_true(mutex_trylock(&outer)); /* a try cannot deadlock */
	mutex_unlock(&outer);
	mutex_unlock(&inner);
	mutex_lock(&outer);
	mutex_lock(&inner);
	mutex_unlock(&inner);
	mutex_unlock(&outer);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(mutex_goes_round_in_order, fresh),
		cmocka_unit_test_setup(a_waiter_that_was_overtaken_gets_it_next_time, fresh),
		cmocka_unit_test_setup(signals_end_the_wait_by_mode, fresh),
		cmocka_unit_test_setup(no_waiter_left, fresh),
		cmocka_unit_test_setup(mistakes_panic, fresh),
		cmocka_unit_test_setup(ranks_are_checked, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return host_threads_main(run);
}
