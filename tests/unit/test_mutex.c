/* sched/mutex and sched/rwsem with threads that contend: exclusion, order, signals. */
#include "tests/unit/unit.h"
#include "tests/unit/host_threads.h"
#include "arch/host/host.h"
#include "sched/mutex.h"
#include "sched/rwsem.h"
#include "sched/sched.h"

static struct mutex mutex;
static struct rwsem sem;
static unsigned turn;

/* A thread that takes a lock, holds it until told, and lets go. */
struct holder {
	struct thread *thread;
	int (*take)(void);
	void (*give)(void);
	bool has, let_go;
	unsigned order;
	int err;
};

static void hold(void *arg)
{
	struct holder *h = arg;

	h->err = h->take();
	if (h->err)
		return;
	h->has = true;
	h->order = ++turn;
	while (!h->let_go)
		host_settle();
	h->has = false;
	h->give();
}

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
static int take_read(void)
{
	rwsem_read_lock(&sem);
	return 0;
}
static void give_read(void)
{
	rwsem_read_unlock(&sem);
}
static int take_write(void)
{
	rwsem_write_lock(&sem);
	return 0;
}
static int take_write_killable(void)
{
	return rwsem_write_lock_killable(&sem);
}
static void give_write(void)
{
	assert_true(rwsem_write_held(&sem));
	rwsem_write_unlock(&sem);
}
static void give_downgraded(void)
{
	rwsem_downgrade(&sem);
	host_settle();
	rwsem_read_unlock(&sem);
}

static void start(struct holder *h, int (*take)(void), void (*give)(void))
{
	*h = (struct holder){ .take = take, .give = give };
	h->thread = host_spawn(hold, h);
	host_settle();
}

static void finish(struct holder *h)
{
	h->let_go = true;
	host_join(h->thread);
}

static int fresh(void **state)
{
	mutex_init(&mutex, LOCK_SUPERBLOCK);
	rwsem_init(&sem, LOCK_VM_SPACE);
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

TEST(readers_share_and_a_waiting_writer_stops_new_ones)
{
	struct holder r[2], w, late[2];

	start(&r[0], take_read, give_read);
	start(&r[1], take_read, give_read);
	assert_true(r[0].has && r[1].has);
	start(&w, take_write, give_write);
	start(&late[0], take_read, give_read);
	start(&late[1], take_read, give_read);
	assert_false(w.has || late[0].has || late[1].has);
	assert_false(rwsem_read_trylock(&sem));
	finish(&r[0]);
	host_settle();
	assert_false(w.has);
	finish(&r[1]);
	host_settle();
	assert_true(w.has && !late[0].has);
	finish(&w);
	host_settle();
	assert_true(late[0].has && late[1].has);
	finish(&late[0]);
	finish(&late[1]);
	assert_int_equal(sem.count, 0);
}

TEST(a_killed_writer_lets_the_readers_behind_it_in)
{
	struct holder r, w, late;

	start(&r, take_read, give_read);
	start(&w, take_write_killable, give_write);
	start(&late, take_read, give_read);
	thread_interrupt(w.thread); /* not deadly */
	host_settle();
	assert_int_equal(w.err, 0);
	thread_interrupt_kill(w.thread);
	host_settle();
	assert_int_equal(w.err, -ERESTARTSYS);
	assert_true(late.has);
	finish(&r);
	finish(&w);
	finish(&late);
	assert_int_equal(sem.count, 0);
}

TEST(downgraded_writers_share)
{
	struct holder w, r;

	start(&w, take_write, give_downgraded);
	start(&r, take_read, give_read);
	assert_false(r.has);
	finish(&w);
	assert_true(r.has);
	finish(&r);
	assert_true(rwsem_write_trylock(&sem));
	assert_false(rwsem_read_trylock(&sem));
	rwsem_write_unlock(&sem);
}

/* --- at random ------------------------------------------------------------------ */

static u64 seed = 7;
static int readers, writers;
static unsigned finished;

static void wander(void *arg)
{
	for (int i = 0; i < 200; i++) {
		bool write = test_random(&seed) % 3 == 0;

		if (write ? take_write_killable() : take_read())
			continue;
		write ? writers++ : readers++;
		assert_true(writers == 0 || (writers == 1 && readers == 0));
		if (test_random(&seed) % 2)
			host_settle();
		assert_true(writers == 0 || (writers == 1 && readers == 0));
		if (write && test_random(&seed) % 2) {
			writers--;
			readers++;
			rwsem_downgrade(&sem);
			host_settle();
			write = false;
		}
		write ? writers-- : readers--;
		write ? give_write() : give_read();
		if (test_random(&seed) % 4 == 0)
			host_settle();
	}
	finished++;
}

TEST(at_random)
{
	struct thread *t[6];

	for (int i = 0; i < 6; i++)
		t[i] = host_spawn(wander, NULL);
	while (finished < 6) {
		struct thread *victim = t[test_random(&seed) % 6];

		host_settle();
		if (victim->state != THREAD_DEAD)
			thread_interrupt_kill(victim);
		host_settle();
		thread_work_clear(victim, WORK_SIGNAL | WORK_KILL);
	}
	for (int i = 0; i < 6; i++)
		host_join(t[i]);
	assert_int_equal(sem.count, 0);
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
		cmocka_unit_test_setup(readers_share_and_a_waiting_writer_stops_new_ones, fresh),
		cmocka_unit_test_setup(a_killed_writer_lets_the_readers_behind_it_in, fresh),
		cmocka_unit_test_setup(downgraded_writers_share, fresh),
		cmocka_unit_test_setup(at_random, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return host_threads_main(run);
}
