/* sched/rwsem with threads that contend: exclusion, who comes first, signals. */
#include "tests/unit/holder.h"
#include "core/percpu.h"
#include "sched/rwsem.h"
#include "sched/sched.h"

static struct rwsem sem;

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

static int fresh(void **state)
{
	rwsem_init(&sem, LOCK_VM_SPACE);
	turn = 0;
	return 0;
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

/* --- who comes first -------------------------------------------------------------- */

/* rwsem.c: OVERTAKE_MAX */
enum { OVERTAKE_MAX = 64 };

TEST(a_sleeper_is_overtaken_so_often_and_no_more)
{
	struct holder h;

	rwsem_write_lock(&sem);
	start(&h, take_write, give_write);
	h.let_go = true;
	for (int i = 0; i < OVERTAKE_MAX; i++) {
		rwsem_write_unlock(&sem); /* wakes it the first time, but it has not run yet */
		rwsem_write_lock(&sem);
		assert_int_equal(h.order, 0);
	}
	rwsem_write_unlock(&sem);
	assert_false(rwsem_is_locked(&sem));
	rwsem_write_lock(&sem); /* behind it */
	assert_int_equal(h.order, 1);
	rwsem_write_unlock(&sem);
	host_join(h.thread);
	assert_int_equal(sem.count, 0);
}

TEST(who_was_overtaken_awake_is_next)
{
	struct holder w, late;

	rwsem_write_lock(&sem);
	start(&w, take_write, give_write);
	rwsem_write_unlock(&sem);
	rwsem_write_lock(&sem);
	host_settle(); /* it tries and loses */
	assert_false(w.has);
	rwsem_write_unlock(&sem);
	start(&late, take_write, give_write); /* runs after the one that was woken */
	assert_true(w.has && !late.has);
	finish(&w);
	host_settle();
	assert_true(late.has);
	finish(&late);
	assert_int_equal(sem.count, 0);
}

/* Readers do not pass a writer that waits, not even past one another. */
TEST(readers_overtake_only_a_free_lock)
{
	struct holder w, r;

	rwsem_write_lock(&sem);
	start(&w, take_write, give_write);
	rwsem_write_unlock(&sem);
	rwsem_read_lock(&sem);
	assert_false(rwsem_read_trylock(&sem));
	start(&r, take_read, give_read);
	assert_false(w.has || r.has);
	rwsem_read_unlock(&sem);
	host_settle();
	assert_true(w.has && !r.has);
	finish(&w);
	host_settle();
	assert_true(r.has);
	finish(&r);
	assert_int_equal(sem.count, 0);
}

TEST(a_killed_trier_wakes_the_next)
{
	struct holder h[2];

	rwsem_write_lock(&sem);
	start(&h[0], take_write_killable, give_write);
	start(&h[1], take_write, give_write);
	rwsem_write_unlock(&sem);
	rwsem_write_lock(&sem);
	thread_interrupt_kill(h[0].thread);
	host_settle();
	assert_int_equal(h[0].err, -ERESTARTSYS);
	rwsem_write_unlock(&sem);
	host_settle();
	assert_true(h[1].has);
	finish(&h[0]);
	finish(&h[1]);
	assert_int_equal(sem.count, 0);
}

/* As if there were two processors: a newcomer spins, in vain, and queues. */
TEST(a_spinner_that_gives_up_is_woken)
{
	struct holder h[3];

	cpu_set_online(1);
	rwsem_write_lock(&sem);
	for (int i = 0; i < 3; i++)
		start(&h[i], i == 1 ? take_read : take_write, i == 1 ? give_read : give_write);
	assert_int_equal(sem.count, RWSEM_WRITER | RWSEM_WAITERS);
	rwsem_write_unlock(&sem);
	assert_int_equal(sem.count, RWSEM_TRYING | RWSEM_WAITERS);
	for (int i = 0; i < 3; i++) {
		host_settle();
		assert_true(h[i].has);
		h[i].let_go = true;
		while (h[i].has)
			host_settle();
	}
	cpumask_clear(&cpu_online_mask, 1);
	for (int i = 0; i < 3; i++)
		host_join(h[i].thread);
	assert_int_equal(sem.count, 0);
}

/* --- turns ------------------------------------------------------------------------ */

TEST(turns_are_counted_while_one_waits_for_another_that_waited)
{
	struct holder h[4];

	rwsem_write_lock(&sem);
	start(&h[0], take_write, give_write);
	assert_int_equal(sem.turns, 0);
	rwsem_write_unlock(&sem);
	host_settle();
	for (unsigned i = 1; i < 4; i++) {
		assert_true(h[i - 1].has);
		assert_true(sem.count & RWSEM_WAITED);
		start(&h[i], take_write, give_write);
		assert_int_equal(sem.turns, i);
		finish(&h[i - 1]);
		host_settle();
	}
	finish(&h[3]);
	assert_int_equal(sem.count, 0);
	rwsem_write_lock(&sem);
	assert_int_equal(sem.count, RWSEM_WRITER);
	start(&h[0], take_write, give_write);
	assert_int_equal(sem.turns, 0);
	rwsem_write_unlock(&sem);
	finish(&h[0]);
	assert_int_equal(sem.count, 0);
}

/* A reader's unlock knows a queue by the count, where nothing of the writer may be left. */
TEST(a_writer_that_waited_and_downgraded_wakes_the_next)
{
	struct holder w, late;

	rwsem_write_lock(&sem);
	start(&w, take_write, give_downgraded);
	start(&late, take_write, give_write);
	rwsem_write_unlock(&sem);
	host_settle();
	assert_true(w.has && (sem.count & RWSEM_WAITED));
	finish(&w);
	host_settle();
	assert_true(late.has);
	finish(&late);
	assert_int_equal(sem.count, 0);
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
		cmocka_unit_test_setup(readers_share_and_a_waiting_writer_stops_new_ones, fresh),
		cmocka_unit_test_setup(a_killed_writer_lets_the_readers_behind_it_in, fresh),
		cmocka_unit_test_setup(downgraded_writers_share, fresh),
		cmocka_unit_test_setup(a_sleeper_is_overtaken_so_often_and_no_more, fresh),
		cmocka_unit_test_setup(who_was_overtaken_awake_is_next, fresh),
		cmocka_unit_test_setup(readers_overtake_only_a_free_lock, fresh),
		cmocka_unit_test_setup(a_killed_trier_wakes_the_next, fresh),
		cmocka_unit_test_setup(a_spinner_that_gives_up_is_woken, fresh),
		cmocka_unit_test_setup(turns_are_counted_while_one_waits_for_another_that_waited,
				       fresh),
		cmocka_unit_test_setup(a_writer_that_waited_and_downgraded_wakes_the_next, fresh),
		cmocka_unit_test_setup(at_random, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return host_threads_main(run);
}
