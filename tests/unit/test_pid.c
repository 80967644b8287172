/* core/pid: numbers upwards, reuse after the wrap, groups that outlive their leader. */
#include "tests/unit/unit.h"
#include "tests/unit/fail_alloc.h"
#include "arch/host/host.h"
#include "core/pid.h"

static struct pid *new_pid(void)
{
	struct pid *pid;

	assert_int_equal(pid_alloc(&pid_table_root, &pid), 0);
	return pid;
}

TEST(numbers_go_up_and_are_not_reused_at_once)
{
	struct pid *a = new_pid(), *b = new_pid(), *c;
	int nr = a->nr;

	assert_int_equal(nr, 1);
	assert_int_equal(b->nr, 2);
	pid_abandon(a);
	c = new_pid();
	assert_int_equal(c->nr, 3);
	assert_null(pid_lookup(&pid_table_root, nr));
	a = pid_lookup(&pid_table_root, 2);
	assert_ptr_equal(a, b);
	pid_put(a);
	assert_null(pid_lookup(&pid_table_root, 0));
	assert_null(pid_lookup(&pid_table_root, -5));
	assert_null(pid_lookup(&pid_table_root, 0x7fffffff));
	pid_abandon(b);
	pid_abandon(c);
}

TEST(a_number_can_be_chosen)
{
	struct pid *pid, *other, *next = new_pid();
	int nr = next->nr;

	assert_int_equal(pid_alloc_number(&pid_table_root, 20000, &pid), 0);
	assert_int_equal(pid->nr, 20000);
	assert_int_equal(pid_alloc_number(&pid_table_root, 20000, &other), -EEXIST);
	assert_int_equal(pid_alloc_number(&pid_table_root, 0, &other), -EINVAL);
	assert_int_equal(pid_alloc_number(&pid_table_root, pid_table_max(&pid_table_root), &other),
			 -EINVAL);
	pid_abandon(next);
	next = new_pid();
	assert_int_equal(next->nr, nr + 1); /* the order of the others is not disturbed */
	pid_abandon(next);
	pid_abandon(pid);
}

TEST(a_group_keeps_its_number)
{
	struct pid *pid = new_pid(), *found;
	struct list_node leader, leader_group, member;
	int nr = pid->nr;

	pid_attach(pid, PID_TGID, &leader);
	pid_attach(pid, PID_PGID, &leader_group);
	pid_attach(pid, PID_PGID, &member);
	pid_detach(pid, &leader);
	pid_detach(pid, &leader_group);
	found = pid_lookup(&pid_table_root, nr);
	assert_ptr_equal(found, pid);
	pid_detach(pid, &member);
	assert_null(pid_lookup(&pid_table_root, nr));
	assert_int_equal(found->nr, nr); /* still ours to look at */
	pid_put(found);
	pid_put(pid);
}

TEST(full_table_and_wrap)
{
	static struct pid *all[1000];
	int n = 0, err;
	struct pid *pid;
	long before = host_alloc_outstanding();

	assert_int_equal(pid_table_set_max(&pid_table_root, 200), -EINVAL);
	assert_int_equal(pid_table_set_max(&pid_table_root, 700), 0);
	while ((err = pid_alloc(&pid_table_root, &pid)) == 0)
		all[n++] = pid;
	assert_int_equal(err, -EAGAIN);
	assert_true(n > 390 && n < 700);
	assert_int_equal(pid_table_last(&pid_table_root), 699);

	/* The next round starts at 300 and finds the one hole. */
	int hole = all[350]->nr;

	pid_abandon(all[350]);
	all[350] = new_pid();
	assert_int_equal(all[350]->nr, hole);

	/* In order, each once. */
	int walked = 0, last = 0;

	for (int nr = 1; (pid = pid_next(&pid_table_root, nr)); nr = last + 1) {
		assert_true(pid->nr > last);
		last = pid->nr;
		pid_put(pid);
		walked++;
	}
	assert_int_equal(walked, n);
	while (n)
		pid_abandon(all[--n]);
	assert_null(pid_next(&pid_table_root, 1));
	assert_int_equal(pid_table_set_max(&pid_table_root, PID_MAX_LIMIT), 0);
	assert_true(host_alloc_outstanding() - before <= 3); /* levels of the table stay */
}

static void alloc_one(void *arg)
{
	struct pid *pid;

	if (pid_alloc(&pid_table_root, &pid) == 0)
		pid_abandon(pid);
}

TEST(no_memory)
{
	assert_int_equal(fail_alloc_each(alloc_one, NULL), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_go_up_and_are_not_reused_at_once),
		cmocka_unit_test(a_number_can_be_chosen),
		cmocka_unit_test(a_group_keeps_its_number),
		cmocka_unit_test(full_table_and_wrap),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
