/* fs/epoll and fs/poll: level, edge, oneshot, exclusive, nests, files that go. */
#include "tests/unit/unit.h"
#include "tests/unit/fail_alloc.h"
#include "tests/unit/fs_stub.h"
#include "tests/unit/host_threads.h"
#include "arch/host/host.h"
#include "abi/fcntl.h"
#include "fs/epoll.h"
#include "fs/fdtable.h"
#include "fs/file.h"
#include "fs/poll.h"
#include "sched/sched.h"
#include "sched/waitq.h"
#include <linux/poll.h>

#define MS 1000000ll

/* A file whose readiness the test sets. */
struct source {
	struct waitq wait, other; /* two queues, as some files have */
	u32 events;
	unsigned asked;
	bool slow; /* asking it sleeps */
	struct file *file;
};

static u32 source_poll(struct file *file, struct poll_table *pt)
{
	struct source *s = file->priv;

	s->asked++;
	poll_wait(pt, &s->wait);
	poll_wait(pt, &s->other);
	while (s->slow)
		host_settle();
	return s->events;
}
static const struct file_ops source_ops = { .poll = source_poll, .name = "source" };
static const struct file_ops plain_ops = { .name = "plain" };

static void source_init(struct source *s)
{
	*s = (struct source){ 0 };
	waitq_init(&s->wait);
	waitq_init(&s->other);
	assert_int_equal(file_new_anon("source", &source_ops, s, O_RDWR, &s->file), 0);
}

static void raise_events(struct source *s, u32 events)
{
	s->events |= events;
	waitq_wake_events(&s->wait, events);
}

static int add(struct file *ep, struct file *file, int fd, u32 events)
{
	struct epoll_event ev = { .events = events, .data = fd };

	return epoll_control(ep, EPOLL_CTL_ADD, file, fd, &ev);
}

static struct epoll_event got[64];

static long wait_for(struct file *ep, int max, ktime_t timeout_ns)
{
	return epoll_wait_events(ep, got, max, timeout_ns ? host_clock_ns + timeout_ns : 0);
}

static struct file *ep;
static struct source src[4];

static int fresh(void **state)
{
	assert_int_equal(epoll_new(0, &ep), 0);
	for (int i = 0; i < 4; i++)
		source_init(&src[i]);
	return 0;
}

static int over(void **state)
{
	for (int i = 0; i < 4; i++) {
		src[i].slow = false;
		if (src[i].file)
			file_put_now(src[i].file);
	}
	file_put_now(ep);
	return 0;
}

TEST(level_edge_oneshot)
{
	assert_int_equal(add(ep, src[0].file, 0, EPOLLIN), 0);
	assert_int_equal(add(ep, src[1].file, 1, EPOLLIN | EPOLLET), 0);
	assert_int_equal(add(ep, src[2].file, 2, EPOLLIN | EPOLLONESHOT), 0);
	assert_int_equal(wait_for(ep, 64, 0), 0);
	for (int i = 0; i < 3; i++)
		raise_events(&src[i], EPOLLIN);
	assert_int_equal(wait_for(ep, 64, 0), 3);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(got[i].data, i); /* in the order they came */
		assert_int_equal(got[i].events, EPOLLIN);
	}
	assert_int_equal(wait_for(ep, 64, 0), 1);
	assert_int_equal(got[0].data, 0);
	raise_events(&src[1], EPOLLIN);
	raise_events(&src[2], EPOLLIN);
	assert_int_equal(wait_for(ep, 64, 0), 2);
	struct epoll_event again = { .events = EPOLLIN | EPOLLONESHOT, .data = 22 };
	assert_int_equal(epoll_control(ep, EPOLL_CTL_MOD, src[2].file, 2, &again), 0);
	src[0].events = 0;
	assert_int_equal(wait_for(ep, 64, 0), 1);
	assert_int_equal(got[0].data, 22);
	assert_int_equal(wait_for(ep, 64, 0), 0);
}

TEST(only_what_is_wanted_and_errors_always)
{
	assert_int_equal(add(ep, src[0].file, 0, EPOLLOUT), 0);
	raise_events(&src[0], EPOLLIN);
	assert_int_equal(wait_for(ep, 64, 0), 0);
	raise_events(&src[0], EPOLLHUP | EPOLLERR);
	assert_int_equal(wait_for(ep, 64, 0), 1);
	assert_int_equal(got[0].events, EPOLLHUP | EPOLLERR);
}

TEST(errors_of_control)
{
	struct epoll_event ev = { .events = EPOLLIN };
	struct file *plain;

	assert_int_equal(file_new_anon("plain", &plain_ops, NULL, O_RDWR, &plain), 0);
	assert_int_equal(add(ep, plain, 5, EPOLLIN), -EPERM);
	file_put_now(plain);
	assert_int_equal(add(ep, ep, 5, EPOLLIN), -EINVAL);
	assert_int_equal(add(src[0].file, src[1].file, 5, EPOLLIN), -EINVAL);
	assert_int_equal(add(ep, src[0].file, 0, EPOLLIN), 0);
	assert_int_equal(add(ep, src[0].file, 0, EPOLLIN), -EEXIST);
	assert_int_equal(add(ep, src[0].file, 1, EPOLLIN), 0); /* another descriptor of it */
	assert_int_equal(epoll_control(ep, EPOLL_CTL_MOD, src[1].file, 0, &ev), -ENOENT);
	assert_int_equal(epoll_control(ep, EPOLL_CTL_DEL, src[1].file, 0, NULL), -ENOENT);
	assert_int_equal(epoll_control(ep, 77, src[0].file, 0, &ev), -EINVAL);
	assert_int_equal(epoll_control(ep, EPOLL_CTL_DEL, src[0].file, 0, NULL), 0);
	assert_int_equal(epoll_control(ep, EPOLL_CTL_DEL, src[0].file, 0, NULL), -ENOENT);
	assert_int_equal(add(ep, src[1].file, 0, EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT), -EINVAL);
	assert_int_equal(add(ep, src[1].file, 0, EPOLLIN | EPOLLEXCLUSIVE), 0);
	assert_int_equal(epoll_control(ep, EPOLL_CTL_MOD, src[1].file, 0, &ev), -EINVAL);
	assert_int_equal(epoll_wait_events(src[0].file, got, 1, 0), -EINVAL);
}

TEST(what_does_not_fit_comes_next)
{
	bool seen[4] = { false };

	for (int i = 0; i < 4; i++) {
		assert_int_equal(add(ep, src[i].file, i, EPOLLIN), 0);
		raise_events(&src[i], EPOLLIN);
	}
	for (int i = 0; i < 4; i++) {
		assert_int_equal(wait_for(ep, 1, 0), 1);
		assert_false(seen[got[0].data]); /* round and round */
		seen[got[0].data] = true;
	}
}

TEST(bad_user_memory_loses_nothing)
{
	for (int i = 0; i < 2; i++) {
		assert_int_equal(add(ep, src[i].file, i, EPOLLIN | EPOLLET), 0);
		raise_events(&src[i], EPOLLIN);
	}
	host_user_fault_range(got, sizeof(got));
	assert_int_equal(wait_for(ep, 2, 0), -EFAULT);
	host_user_fault_range(&got[1], sizeof(got[1]));
	assert_int_equal(wait_for(ep, 2, 0), 1);
	host_user_fault_range(NULL, 0);
	assert_int_equal(wait_for(ep, 2, 0), 1);
	assert_int_equal(wait_for(ep, 2, 0), 0);
}

struct waiting {
	long ret;
	ktime_t timeout_ns;
	struct epoll_event ev;
	bool done;
};

static void do_wait(void *arg)
{
	struct waiting *w = arg;

	w->ret = epoll_wait_events(ep, &w->ev, 1,
				   w->timeout_ns ? host_clock_ns + w->timeout_ns : DEADLINE_NONE);
	w->done = true;
}

TEST(sleepers_events_timeouts_signals)
{
	struct waiting w[2] = { { 0 } };
	struct thread *t[2];
	ktime_t start = host_clock_ns;

	assert_int_equal(wait_for(ep, 1, 7 * MS), 0);
	assert_true(host_clock_ns >= start + 7 * MS);
	assert_int_equal(add(ep, src[0].file, 0, EPOLLIN | EPOLLET), 0);
	for (int i = 0; i < 2; i++)
		t[i] = host_spawn(do_wait, &w[i]);
	host_settle();
	raise_events(&src[0], EPOLLIN);
	host_settle();
	assert_int_equal(w[0].done + w[1].done, 1); /* one edge, one sleeper */
	for (int i = 0; i < 2; i++)
		if (!w[i].done)
			thread_interrupt(t[i]);
	for (int i = 0; i < 2; i++)
		host_join(t[i]);
	assert_int_equal(w[0].ret + w[1].ret, 1 - EINTR);
}

TEST(exclusive_wakes_one_of_two_epolls)
{
	struct file *second;

	assert_int_equal(epoll_new(0, &second), 0);
	assert_int_equal(add(ep, src[0].file, 0, EPOLLIN | EPOLLEXCLUSIVE), 0);
	assert_int_equal(add(second, src[0].file, 0, EPOLLIN | EPOLLEXCLUSIVE), 0);
	struct waiting w = { 0 };
	struct thread *t = host_spawn(do_wait, &w);

	host_settle();
	src[0].asked = 0;
	raise_events(&src[0], EPOLLIN);
	host_join(t);
	assert_int_equal(w.ret, 1);
	assert_int_equal(src[0].asked, 1);
	assert_int_equal(epoll_wait_events(second, got, 1, 0), 0);
	file_put_now(second);
}

TEST(files_that_go_leave_the_set)
{
	assert_int_equal(add(ep, src[0].file, 0, EPOLLIN), 0);
	assert_int_equal(add(ep, src[0].file, 1, EPOLLIN), 0);
	raise_events(&src[0], EPOLLIN);
	assert_int_equal(wait_for(ep, 4, 0), 2);
	file_put_now(src[0].file);
	src[0].file = NULL;
	assert_int_equal(wait_for(ep, 4, 0), 0);
	assert_false(waitq_active(&src[0].wait) || waitq_active(&src[0].other));
}

TEST(epolls_that_go_leave_the_files)
{
	struct file *second;

	assert_int_equal(epoll_new(0, &second), 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(add(second, src[i % 4].file, i, EPOLLIN), 0);
	raise_events(&src[1], EPOLLIN);
	assert_int_equal(epoll_wait_events(second, got, 64, 0), 64);
	file_put_now(second);
	for (int i = 0; i < 4; i++)
		assert_false(waitq_active(&src[i].wait) || waitq_active(&src[i].other));
}

/* ---- nests ---- */

TEST(nests_and_loops)
{
	struct file *chain[7];

	for (int i = 0; i < 7; i++)
		assert_int_equal(epoll_new(0, &chain[i]), 0);
	assert_int_equal(add(chain[0], src[0].file, 0, EPOLLIN), 0);
	for (int i = 1; i < 5; i++)
		assert_int_equal(add(chain[i], chain[i - 1], i, EPOLLIN), 0);
	assert_int_equal(add(chain[5], chain[4], 5, EPOLLIN), -ELOOP); /* too deep */
	assert_int_equal(add(chain[0], chain[4], 4, EPOLLIN), -ELOOP); /* in a circle */
	assert_int_equal(add(chain[0], chain[1], 1, EPOLLIN), -ELOOP);
	assert_int_equal(epoll_wait_events(chain[4], got, 4, 0), 0);
	raise_events(&src[0], EPOLLIN);
	for (int i = 4; i >= 0; i--)
		assert_int_equal(epoll_wait_events(chain[i], got, 4, 0), 1);
	src[0].events = 0;
	for (int i = 4; i >= 0; i--)
		assert_int_equal(epoll_wait_events(chain[i], got, 4, 0), 0);
	for (int i = 0; i < 7; i++)
		file_put_now(chain[i]);
}

struct nesting {
	struct file *outer;
	int err;
	bool done;
};

static void do_nest(void *arg)
{
	struct nesting *n = arg;

	n->err = add(n->outer, ep, 9, EPOLLIN);
	n->done = true;
}

static void do_add_slow(void *arg)
{
	struct nesting *n = arg;

	n->err = add(ep, src[0].file, 0, EPOLLIN);
	n->done = true;
}

/* Who looks for loops walks the items of the epolls below: they must not change meanwhile. */
TEST(the_walk_for_loops_waits_for_changes_below)
{
	struct nesting slow = { 0 }, nest = { 0 };
	struct thread *t[2];

	assert_int_equal(epoll_new(0, &nest.outer), 0);
	src[0].slow = true;
	t[0] = host_spawn(do_add_slow, &slow);
	host_settle(); /* in the middle of changing ep */
	t[1] = host_spawn(do_nest, &nest);
	for (int i = 0; i < 5; i++)
		host_settle();
	assert_false(nest.done);
	src[0].slow = false;
	host_join(t[0]);
	host_join(t[1]);
	assert_int_equal(slow.err, 0);
	assert_int_equal(nest.err, 0);
	file_put_now(nest.outer);
}

/* ---- poll and select ---- */

static struct fdtable *fds;

static void do_raise(void *arg)
{
	host_settle();
	raise_events(arg, EPOLLIN);
}

TEST(poll_and_select)
{
	struct pollfd p[5] = { { .fd = -1, .events = POLLIN }, { .fd = 99, .events = POLLIN } };
	u64 in[1], out[1], except[1];
	struct thread *t;

	fds = fdtable_new();
	for (int i = 0; i < 3; i++) {
		file_get(src[i].file);
		assert_int_equal(fdtable_add(fds, src[i].file, false), i);
		p[i + 2] = (struct pollfd){ .fd = i, .events = POLLIN };
	}
	assert_int_equal(poll_files(fds, p, 5, 0), 1);
	assert_int_equal(p[1].revents, POLLNVAL);
	p[1].fd = -2;
	assert_int_equal(poll_files(fds, p, 5, host_clock_ns + MS), 0);
	t = host_spawn(do_raise, &src[2]);
	assert_int_equal(poll_files(fds, p, 5, DEADLINE_NONE), 1);
	assert_int_equal(p[4].revents, POLLIN);
	host_join(t);
	for (int i = 0; i < 4; i++)
		assert_false(waitq_active(&src[i].wait));
	thread_interrupt(current);
	src[2].events = 0;
	assert_int_equal(poll_files(fds, p, 5, DEADLINE_NONE), -ERESTARTNOHAND);
	in[0] = 7, out[0] = 5, except[0] = 1;
	assert_int_equal(select_files(fds, 3, in, out, except, DEADLINE_NONE), -ERESTARTNOHAND);
	assert_int_equal(in[0], 7); /* as they were */
	thread_work_clear(current, WORK_SIGNAL);
	t = host_spawn(do_raise, &src[0]);
	assert_int_equal(select_files(fds, 3, in, out, except, DEADLINE_NONE), 1);
	assert_int_equal(in[0], 1);
	assert_int_equal(out[0] | except[0], 0);
	host_join(t);
	in[0] = 1 << 9;
	assert_int_equal(select_files(fds, 10, in, NULL, NULL, 0), -EBADF);
	fdtable_put(fds);
}

/* ---- without memory ---- */

static void life(void *arg)
{
	struct file *e, *outer;
	int err = epoll_new(0, &e);

	if (err) {
		assert_int_equal(err, -ENOMEM);
		return;
	}
	for (int i = 0; i < 40; i++) {
		err = add(e, src[i % 4].file, i, EPOLLIN);
		assert_true(!err || err == -ENOMEM);
	}
	err = epoll_new(0, &outer);
	if (!err) {
		err = add(outer, e, 1, EPOLLIN);
		assert_true(!err || err == -ENOMEM);
		file_put_now(outer);
	}
	file_put_now(e);
	for (int i = 0; i < 4; i++)
		assert_false(waitq_active(&src[i].wait) || waitq_active(&src[i].other));
}

static void poll_life(void *arg)
{
	struct pollfd p[40];
	long n;

	for (int i = 0; i < 40; i++)
		p[i] = (struct pollfd){ .fd = i % 4, .events = POLLIN };
	n = poll_files(fds, p, 40, host_clock_ns + MS);
	assert_true(n == 0 || n == -ENOMEM);
	for (int i = 0; i < 4; i++)
		assert_false(waitq_active(&src[i].wait) || waitq_active(&src[i].other));
}

TEST(without_memory)
{
	assert_true(fail_alloc_each(life, NULL) > 80);
	fds = fdtable_new();
	for (int i = 0; i < 4; i++) {
		file_get(src[i].file);
		assert_int_equal(fdtable_add(fds, src[i].file, false), i);
	}
	assert_true(fail_alloc_each(poll_life, NULL) >= 2);
	fdtable_put(fds);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fresh, over)
static int run(void)
{
	const struct CMUnitTest tests[] = {
		T(level_edge_oneshot),
		T(only_what_is_wanted_and_errors_always),
		T(errors_of_control),
		T(what_does_not_fit_comes_next),
		T(bad_user_memory_loses_nothing),
		T(sleepers_events_timeouts_signals),
		T(exclusive_wakes_one_of_two_epolls),
		T(files_that_go_leave_the_set),
		T(epolls_that_go_leave_the_files),
		T(nests_and_loops),
		T(the_walk_for_loops_waits_for_changes_below),
		T(poll_and_select),
		T(without_memory),
	};
	int failed;

	epoll_init();
	fs_stub_init();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	fs_stub_fini();
	return failed;
}

int main(void)
{
	return host_threads_main(run);
}
