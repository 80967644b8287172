/* sched/work and sched/rcu: deferred functions run once, in time, and can be taken back. */
#include "tests/unit/unit.h"
#include "tests/unit/fail_alloc.h"
#include "tests/unit/host_threads.h"
#include "arch/host/host.h"
#include "mem/slab.h"
#include "sched/completion.h"
#include "sched/rcu.h"
#include "sched/sched.h"
#include "sched/work.h"

#define MS 1000000ll

struct job {
	struct work work;
	unsigned ran, inside;
	ktime_t at_ns;
	struct completion *gate; /* waits there */
	bool again;
};

static void job_run(struct work *work)
{
	struct job *job = container_of(work, struct job, work);

	assert_int_equal(job->inside++, 0); /* never on two workers at once */
	job->at_ns = host_clock_ns;
	if (job->again) {
		job->again = false;
		assert_true(work_queue(work));
	}
	if (job->gate)
		completion_wait(job->gate);
	job->inside--;
	job->ran++;
}

static void job_init(struct job *job, struct completion *gate)
{
	*job = (struct job){ .gate = gate };
	work_init(&job->work, job_run);
}

TEST(runs_once_for_each_queueing)
{
	struct job job;

	job_init(&job, NULL);
	assert_true(work_queue(&job.work));
	assert_false(work_queue(&job.work));
	assert_int_equal(job.ran, 0);
	work_flush(&job.work);
	assert_int_equal(job.ran, 1);
	job.again = true;
	assert_true(work_queue(&job.work));
	work_flush(&job.work);
	assert_int_equal(job.ran, 3);
	work_flush(&job.work); /* nothing to wait for */
}

TEST(delays_and_queueing_at_once_instead)
{
	struct job job;
	ktime_t start = host_clock_ns;

	job_init(&job, NULL);
	assert_true(work_queue_delayed(&job.work, 10 * MS));
	assert_false(work_queue_delayed(&job.work, MS));
	work_flush(&job.work);
	assert_true(job.at_ns >= start + 10 * MS && job.at_ns < start + 11 * MS);

	start = host_clock_ns;
	assert_true(work_queue_delayed(&job.work, 10 * MS));
	assert_true(work_queue(&job.work));
	work_flush(&job.work);
	assert_int_equal(job.ran, 2);
	assert_true(job.at_ns < start + MS);
	thread_sleep_until(start + 20 * MS, SLEEP_UNINTERRUPTIBLE);
	assert_int_equal(job.ran, 2); /* the timer is gone */
}

TEST(cancelled_before_during_and_after)
{
	struct completion gate;
	struct job job;

	completion_init(&gate);
	job_init(&job, NULL);
	assert_false(work_cancel_sync(&job.work));
	work_queue_delayed(&job.work, MS);
	assert_true(work_cancel_sync(&job.work));
	work_queue(&job.work);
	assert_true(work_cancel_sync(&job.work));
	thread_sleep_until(host_clock_ns + 5 * MS, SLEEP_UNINTERRUPTIBLE);
	assert_int_equal(job.ran, 0);
	assert_true(work_queue(&job.work)); /* may be used again */
	work_flush(&job.work);
	assert_int_equal(job.ran, 1);

	job.gate = &gate;
	work_queue(&job.work);
	host_settle();
	assert_int_equal(job.inside, 1);
	complete(&gate);
	assert_false(work_cancel_sync(&job.work)); /* waits for it */
	assert_int_equal(job.ran, 2);
}

TEST(one_that_sleeps_does_not_hold_up_the_rest)
{
	struct completion gate;
	struct job slow[3], quick;

	completion_init(&gate);
	for (int i = 0; i < 3; i++) {
		job_init(&slow[i], &gate);
		work_queue(&slow[i].work);
	}
	job_init(&quick, NULL);
	work_queue(&quick.work);
	host_settle();
	assert_int_equal(quick.ran, 1);
	/* Queued again while it runs: later, not on another worker. */
	assert_true(work_queue(&slow[0].work));
	host_settle();
	assert_int_equal(slow[0].ran, 0);
	for (int i = 0; i < 4; i++)
		complete(&gate);
	for (int i = 0; i < 3; i++)
		work_flush(&slow[i].work);
	assert_int_equal(slow[0].ran, 2);
	assert_int_equal(slow[1].ran + slow[2].ran, 2);
}

/* --- RCU --------------------------------------------------------------------- */

struct object {
	struct rcu_head rcu;
	unsigned *count;
};

static void object_free(struct rcu_head *head)
{
	struct object *object = container_of(head, struct object, rcu);

	++*object->count;
	kfree(object);
}

TEST(callbacks_run_after_a_grace_period_and_barrier_waits_for_them)
{
	unsigned freed = 0;

	for (int i = 0; i < 3000; i++) {
		struct object *object = kzalloc(sizeof(*object));

		object->count = &freed;
		call_rcu(&object->rcu, object_free);
	}
	assert_int_equal(freed, 0); /* we did not sleep */
	rcu_barrier();
	assert_int_equal(freed, 3000);

	struct object *object = kzalloc(sizeof(*object));

	object->count = &freed;
	call_rcu(&object->rcu, object_free);
	thread_sleep_until(host_clock_ns + 10 * MS, SLEEP_UNINTERRUPTIBLE);
	assert_int_equal(freed, 3001); /* nobody had to ask */
}

/* --- without memory ------------------------------------------------------------- */

static void nothing(void *arg)
{
	++*(unsigned *)arg;
}

static void spawn(void *arg)
{
	unsigned ran = 0;
	int err = thread_spawn("t", nothing, &ran);

	host_settle();
	assert_true(err ? err == -ENOMEM && !ran : ran == 1);
}

TEST(threads_without_memory)
{
	assert_int_equal(fail_alloc_each(spawn, NULL), 2);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_once_for_each_queueing),
		cmocka_unit_test(delays_and_queueing_at_once_instead),
		cmocka_unit_test(cancelled_before_during_and_after),
		cmocka_unit_test(one_that_sleeps_does_not_hold_up_the_rest),
		cmocka_unit_test(callbacks_run_after_a_grace_period_and_barrier_waits_for_them),
		cmocka_unit_test(threads_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return host_threads_main(run);
}
