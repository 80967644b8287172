/* ipc/eventfd: the counter, its limits, who sleeps and who wakes. */
#include "tests/unit/unit.h"
#include "tests/unit/fail_alloc.h"
#include "tests/unit/fs_stub.h"
#include "tests/unit/host_threads.h"
#include "arch/host/host.h"
#include "abi/fdtypes.h"
#include "fs/file.h"
#include "fs/poll.h"
#include "ipc/eventfd.h"
#include "mem/uio.h"
#include "sched/sched.h"

static struct file *ev;

static long get(u64 *value, size_t len)
{
	struct uio uio;

	uio_init_kernel(&uio, value, len);
	return ev->ops->read(ev, &uio, NULL);
}

static long put(u64 value)
{
	struct uio uio;

	uio_init_kernel(&uio, &value, sizeof(value));
	return ev->ops->write(ev, &uio, NULL);
}

static void make(unsigned initial, int flags)
{
	if (ev)
		file_put_now(ev);
	assert_int_equal(eventfd_new(initial, flags, &ev), 0);
}

TEST(counts)
{
	u64 value;

	make(5, EFD_NONBLOCK);
	assert_int_equal(get(&value, 7), -EINVAL);
	assert_int_equal(get(&value, 8), 8);
	assert_int_equal(value, 5);
	assert_int_equal(get(&value, 8), -EAGAIN);
	assert_int_equal(put(0), 8);
	assert_int_equal(get(&value, 8), -EAGAIN);
	assert_int_equal(put(3), 8);
	assert_int_equal(put(4), 8);
	assert_int_equal(get(&value, 100), 8);
	assert_int_equal(value, 7);
	assert_int_equal(put(U64_MAX), -EINVAL);
	assert_int_equal(put(U64_MAX - 1), 8);
	assert_int_equal(put(1), -EAGAIN);
	assert_int_equal(file_poll(ev, NULL), EPOLLIN);
	assert_int_equal(get(&value, 8), 8);
	assert_true(value == U64_MAX - 1);
	assert_int_equal(file_poll(ev, NULL), EPOLLOUT);
}

TEST(semaphores)
{
	u64 value;

	make(2, EFD_NONBLOCK | EFD_SEMAPHORE);
	assert_int_equal(get(&value, 8), 8);
	assert_int_equal(value, 1);
	assert_int_equal(get(&value, 8), 8);
	assert_int_equal(get(&value, 8), -EAGAIN);
	struct file *none;
	assert_int_equal(eventfd_new(0, 1 << 20, &none), -EINVAL);
}

struct sleeper {
	u64 value;
	long ret;
	bool done;
};

static void reader(void *arg)
{
	struct sleeper *s = arg;

	s->ret = get(&s->value, 8);
	s->done = true;
}
static void writer(void *arg)
{
	struct sleeper *s = arg;

	s->ret = put(s->value);
	s->done = true;
}

TEST(sleeps_at_both_ends)
{
	struct sleeper r[2] = { { 0 } }, w = { .value = 2 };
	struct thread *t[3];
	u64 value;

	make(0, EFD_SEMAPHORE);
	for (int i = 0; i < 2; i++)
		t[i] = host_spawn(reader, &r[i]);
	host_settle();
	assert_false(r[0].done || r[1].done);
	assert_int_equal(put(1), 8);
	host_settle();
	assert_int_equal(r[0].done + r[1].done, 1); /* one token, one reader */
	assert_int_equal(put(U64_MAX - 1), 8);
	for (int i = 0; i < 2; i++)
		host_join(t[i]);
	assert_int_equal(put(1), 8); /* a reader took one */
	t[2] = host_spawn(writer, &w);
	host_settle();
	assert_false(w.done);
	assert_int_equal(get(&value, 8), 8);
	host_settle();
	assert_false(w.done); /* room for one, not for two */
	assert_int_equal(get(&value, 8), 8);
	host_join(t[2]);
	assert_int_equal(w.ret, 8);

	make(0, 0);
	r[0].done = false;
	t[0] = host_spawn(reader, &r[0]);
	host_settle();
	thread_interrupt(t[0]);
	host_join(t[0]);
	assert_int_equal(r[0].ret, -ERESTARTSYS);
}

static void life(void *arg)
{
	struct file *file;
	int err = eventfd_new(1, 0, &file);

	if (err)
		assert_int_equal(err, -ENOMEM);
	else
		file_put_now(file);
}

TEST(without_memory)
{
	assert_int_equal(fail_alloc_each(life, NULL), 2);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts),
		cmocka_unit_test(semaphores),
		cmocka_unit_test(sleeps_at_both_ends),
		cmocka_unit_test(without_memory),
	};
	int failed;

	fs_stub_init();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	if (ev)
		file_put_now(ev);
	fs_stub_fini();
	return failed;
}

int main(void)
{
	return host_threads_main(run);
}
