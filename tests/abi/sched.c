/* sched(7): policies, priorities, nice values, affinity. */
#include "abi_test.h"
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#define SCHED_FLAG_RESET_ON_FORK 1
#define SCHED_FLAG_KEEP_POLICY	 8
#define SCHED_FLAG_KEEP_PARAMS	 16

/* <linux/sched/types.h> does not go with <sched.h>. */
struct sched_attr {
	uint32_t size, sched_policy;
	uint64_t sched_flags;
	int32_t sched_nice;
	uint32_t sched_priority;
	uint64_t sched_runtime, sched_deadline, sched_period;
	uint32_t sched_util_min, sched_util_max;
};

static int set_policy(int pid, int policy, int priority)
{
	struct sched_param param = { priority };

	return syscall(SYS_sched_setscheduler, pid, policy, &param);
}

static int get_priority(void)
{
	struct sched_param param = { -1 };

	CHECK_OK(sched_getparam(0, &param));
	return param.sched_priority;
}

TEST(policies_are_set_and_told, SYS_sched_setscheduler, SYS_sched_getscheduler)
{
	CHECK_CHILD({
		CHECK_EQ(sched_getscheduler(0), SCHED_OTHER);
		CHECK_OK(set_policy(0, SCHED_FIFO, 10));
		CHECK_EQ(sched_getscheduler(0), SCHED_FIFO);
		CHECK_EQ(get_priority(), 10);
		CHECK_OK(set_policy(0, SCHED_RR | SCHED_RESET_ON_FORK, 99));
		CHECK_EQ(sched_getscheduler(0), SCHED_RR | SCHED_RESET_ON_FORK);
		CHECK_CHILD(CHECK_EQ(sched_getscheduler(0), SCHED_OTHER));
		CHECK_OK(set_policy(0, SCHED_FIFO, 1));
		CHECK_CHILD(CHECK_EQ(sched_getscheduler(0), SCHED_FIFO));
		CHECK_OK(set_policy(0, SCHED_BATCH, 0));
		CHECK_OK(set_policy(0, SCHED_IDLE, 0));
		CHECK_OK(set_policy(0, SCHED_OTHER, 0));
		CHECK_ERR(set_policy(0, SCHED_FIFO, 0), EINVAL);
		CHECK_ERR(set_policy(0, SCHED_FIFO, 100), EINVAL);
		CHECK_ERR(set_policy(0, SCHED_OTHER, 1), EINVAL);
		CHECK_ERR(set_policy(0, 4, 0), EINVAL);
		CHECK_ERR(set_policy(0, SCHED_DEADLINE, 0), EINVAL);
		CHECK_ERR(set_policy(0, -1, 0), EINVAL);
		CHECK_ERR(set_policy(-1, SCHED_OTHER, 0), EINVAL);
		CHECK_ERR(set_policy(4000000, SCHED_OTHER, 0), ESRCH);
		CHECK_ERR(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, NULL), EINVAL);
		CHECK_ERR(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, 1), EFAULT);
		CHECK_ERR(sched_getscheduler(-1), EINVAL);
		CHECK_ERR(sched_getscheduler(4000000), ESRCH);
	});
}

TEST(parameters_are_set_and_told, SYS_sched_setparam, SYS_sched_getparam)
{
	struct sched_param param = { 5 };

	CHECK_CHILD({
		CHECK_ERR(sched_setparam(0, &param), EINVAL);
		CHECK_OK(set_policy(0, SCHED_RR | SCHED_RESET_ON_FORK, 1));
		CHECK_OK(sched_setparam(0, &param));
		CHECK_EQ(get_priority(), 5);
		CHECK_EQ(sched_getscheduler(0), SCHED_RR | SCHED_RESET_ON_FORK);
		CHECK_ERR(sched_setparam(-1, &param), EINVAL);
		CHECK_ERR(sched_setparam(4000000, &param), ESRCH);
		CHECK_ERR(syscall(SYS_sched_setparam, 0, NULL), EINVAL);
		CHECK_ERR(syscall(SYS_sched_getparam, 0, NULL), EINVAL);
		CHECK_ERR(syscall(SYS_sched_getparam, 0, 1), EFAULT);
		CHECK_ERR(sched_getparam(4000000, &param), ESRCH);
	});
}

TEST(priority_ranges_are_told, SYS_sched_get_priority_max, SYS_sched_get_priority_min)
{
	CHECK_EQ(sched_get_priority_max(SCHED_FIFO), 99);
	CHECK_EQ(sched_get_priority_min(SCHED_RR), 1);
	CHECK_EQ(sched_get_priority_max(SCHED_OTHER), 0);
	CHECK_EQ(sched_get_priority_min(SCHED_BATCH), 0);
	CHECK_EQ(sched_get_priority_max(SCHED_IDLE), 0);
	CHECK_EQ(sched_get_priority_max(SCHED_DEADLINE), 0);
	CHECK_ERR(sched_get_priority_max(4), EINVAL);
	CHECK_ERR(sched_get_priority_min(-1), EINVAL);
	CHECK_ERR(sched_get_priority_min(SCHED_FIFO | SCHED_RESET_ON_FORK), EINVAL);
}

TEST(round_robin_interval_is_told, SYS_sched_rr_get_interval)
{
	struct timespec slice = { 9, 9 };

	CHECK_CHILD({
		CHECK_OK(sched_rr_get_interval(0, &slice));
		CHECK_EQ(slice.tv_sec, 0);
		CHECK_OK(set_policy(0, SCHED_RR, 1));
		CHECK_OK(sched_rr_get_interval(0, &slice));
		CHECK_EQ(slice.tv_nsec, 100000000);
		CHECK_OK(set_policy(0, SCHED_FIFO, 1));
		CHECK_OK(sched_rr_get_interval(0, &slice));
		CHECK_EQ(slice.tv_nsec, 0);
		CHECK_ERR(sched_rr_get_interval(-1, &slice), EINVAL);
		CHECK_ERR(sched_rr_get_interval(4000000, &slice), ESRCH);
		CHECK_ERR(syscall(SYS_sched_rr_get_interval, 0, NULL), EFAULT);
	});
}

TEST(attributes_are_set_and_told, SYS_sched_setattr, SYS_sched_getattr)
{
	struct sched_attr attr = { .size = sizeof(attr),
				   .sched_policy = SCHED_BATCH,
				   .sched_nice = 3 };
	struct {
		struct sched_attr attr;
		char more[16];
	} big = { .attr = { .size = sizeof(big) } };

	CHECK_CHILD({
		CHECK_OK(syscall(SYS_sched_setattr, 0, &attr, 0));
		memset(&attr, 0, sizeof(attr));
		CHECK_OK(syscall(SYS_sched_getattr, 0, &attr, sizeof(attr), 0));
		CHECK_EQ(attr.size, sizeof(attr));
		CHECK_EQ(attr.sched_policy, SCHED_BATCH);
		CHECK_EQ(attr.sched_nice, 3);
		CHECK_EQ(attr.sched_priority, 0);
		CHECK_EQ(attr.sched_flags, 0);
		CHECK_EQ(getpriority(PRIO_PROCESS, 0), 3);
		attr.sched_policy = SCHED_FIFO;
		attr.sched_priority = 7;
		attr.sched_flags = SCHED_FLAG_RESET_ON_FORK;
		CHECK_OK(syscall(SYS_sched_setattr, 0, &attr, 0));
		CHECK_EQ(sched_getscheduler(0), SCHED_FIFO | SCHED_RESET_ON_FORK);
		CHECK_EQ(get_priority(), 7);
		CHECK_OK(syscall(SYS_sched_getattr, 0, &attr, sizeof(attr), 0));
		CHECK_EQ(attr.sched_flags, SCHED_FLAG_RESET_ON_FORK);
		CHECK_EQ(attr.sched_priority, 7);
		attr.sched_flags = SCHED_FLAG_KEEP_POLICY;
		attr.sched_priority = 8;
		attr.sched_policy = SCHED_OTHER;
		CHECK_OK(syscall(SYS_sched_setattr, 0, &attr, 0));
		CHECK_EQ(sched_getscheduler(0), SCHED_FIFO | SCHED_RESET_ON_FORK);
		CHECK_EQ(get_priority(), 8);
		attr.sched_flags = SCHED_FLAG_KEEP_PARAMS;
		attr.sched_priority = 20;
		attr.sched_policy = SCHED_FIFO;
		CHECK_OK(syscall(SYS_sched_setattr, 0, &attr, 0));
		CHECK_EQ(get_priority(), 8);
		attr.sched_flags = 0x100;
		CHECK_ERR(syscall(SYS_sched_setattr, 0, &attr, 0), EINVAL);
		attr.sched_flags = 0;
		CHECK_ERR(syscall(SYS_sched_setattr, 0, &attr, 1), EINVAL);
		CHECK_ERR(syscall(SYS_sched_setattr, -1, &attr, 0), EINVAL);
		CHECK_ERR(syscall(SYS_sched_setattr, 4000000, &attr, 0), ESRCH);
		CHECK_ERR(syscall(SYS_sched_setattr, 0, NULL, 0), EINVAL);
		CHECK_ERR(syscall(SYS_sched_getattr, 0, &attr, 10, 0), EINVAL);
		CHECK_ERR(syscall(SYS_sched_getattr, 0, &attr, 8000, 0), EINVAL);
		CHECK_OK(syscall(SYS_sched_getattr, 0, &attr, 48, 0));
		CHECK_EQ(attr.size, 48);
		CHECK_OK(syscall(SYS_sched_getattr, 0, &big, sizeof(big), 0));
		CHECK_EQ(big.attr.size, 56);
		/* A bigger structure is fine while what is behind is zero. */
		big.attr.size = sizeof(big);
		CHECK_OK(syscall(SYS_sched_setattr, 0, &big, 0));
		big.more[3] = 1;
		CHECK_ERR(syscall(SYS_sched_setattr, 0, &big, 0), E2BIG);
		CHECK_EQ(big.attr.size, 56);
		attr.size = 20;
		CHECK_ERR(syscall(SYS_sched_setattr, 0, &attr, 0), E2BIG);
		CHECK_EQ(attr.size, 56);
	});
}

TEST(users_need_leave_for_priorities, SYS_sched_setscheduler, SYS_setrlimit, SYS_prlimit64)
{
	CHECK_CHILD({
		struct rlimit limit = { 5, 5 };

		CHECK_OK(setrlimit(RLIMIT_RTPRIO, &limit));
		CHECK_OK(setuid(1000));
		CHECK_ERR(set_policy(0, SCHED_FIFO, 6), EPERM);
		CHECK_OK(set_policy(0, SCHED_FIFO, 5));
		CHECK_OK(set_policy(0, SCHED_RR, 2));
		CHECK_OK(set_policy(0, SCHED_OTHER, 0));
		CHECK_ERR(set_policy(1, SCHED_OTHER, 0), EPERM);
	});
	CHECK_CHILD({
		CHECK_OK(setuid(1000));
		CHECK_ERR(set_policy(0, SCHED_FIFO, 1), EPERM);
		CHECK_OK(set_policy(0, SCHED_IDLE, 0));
		CHECK_ERR(set_policy(0, SCHED_OTHER, 0), EPERM);
		CHECK_OK(set_policy(0, SCHED_IDLE | SCHED_RESET_ON_FORK, 0));
		CHECK_ERR(set_policy(0, SCHED_IDLE, 0), EPERM);
	});
	CHECK_CHILD({
		struct rlimit limit = { 0, 0 };

		/* Lowering, and staying, is free. */
		CHECK_OK(set_policy(0, SCHED_FIFO, 5));
		CHECK_OK(setrlimit(RLIMIT_RTPRIO, &limit));
		CHECK_OK(setuid(1000));
		CHECK_OK(set_policy(0, SCHED_FIFO, 3));
		CHECK_ERR(set_policy(0, SCHED_FIFO, 4), EPERM);
		CHECK_ERR(set_policy(0, SCHED_RR, 3), EPERM);
	});
}

TEST(nice_values_are_clamped_and_limited, SYS_setpriority, SYS_getpriority)
{
	CHECK_CHILD({
		CHECK_EQ(syscall(SYS_getpriority, PRIO_PROCESS, 0), 20);
		CHECK_OK(setpriority(PRIO_PROCESS, 0, 100));
		CHECK_EQ(syscall(SYS_getpriority, PRIO_PROCESS, 0), 1);
		CHECK_OK(setpriority(PRIO_PROCESS, getpid(), -100));
		CHECK_EQ(syscall(SYS_getpriority, PRIO_PROCESS, getpid()), 40);
		CHECK_CHILD(CHECK_EQ(getpriority(PRIO_PROCESS, 0), -20));
		CHECK_ERR(setpriority(3, 0, 0), EINVAL);
		CHECK_ERR(getpriority(-1, 0), EINVAL);
		CHECK_ERR(setpriority(PRIO_PROCESS, 4000000, 0), ESRCH);
		CHECK_ERR(setpriority(PRIO_PGRP, 4000000, 0), ESRCH);
		CHECK_ERR(getpriority(PRIO_USER, 4000000), ESRCH);
		CHECK_OK(setpgid(0, 0));
		CHECK_OK(setpriority(PRIO_PGRP, 0, 5));
		CHECK_EQ(getpriority(PRIO_PGRP, getpgrp()), 5);
	});
	CHECK_CHILD({
		struct rlimit limit = { 18, 18 }; /* nice 2 */

		CHECK_OK(setrlimit(RLIMIT_NICE, &limit));
		CHECK_OK(setpriority(PRIO_PROCESS, 0, 10));
		CHECK_OK(setuid(1000));
		CHECK_ERR(setpriority(PRIO_PROCESS, 0, 1), EACCES);
		CHECK_OK(setpriority(PRIO_PROCESS, 0, 2));
		CHECK_ERR(setpriority(PRIO_PROCESS, 1, 19), EPERM);
		CHECK_OK(setpriority(PRIO_USER, 0, 12));
		CHECK_EQ(getpriority(PRIO_USER, 1000), 12);
	});
}

TEST(affinity_is_set_and_told, SYS_sched_setaffinity, SYS_sched_getaffinity)
{
	unsigned long mask[128] = { 0 }, one[1] = { 1 };
	long size = CHECK_OK(syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask));

	CHECK(size >= 8 && size % 8 == 0);
	CHECK(mask[0] & 1);
	CHECK_ERR(syscall(SYS_sched_getaffinity, 0, 7, mask), EINVAL);
	CHECK_ERR(syscall(SYS_sched_getaffinity, 0, 0, mask), EINVAL);
	CHECK_ERR(syscall(SYS_sched_getaffinity, 4000000, 8, mask), ESRCH);
	CHECK_ERR(syscall(SYS_sched_getaffinity, -1, 8, mask), ESRCH);
	CHECK_ERR(syscall(SYS_sched_getaffinity, 0, 8, 8), EFAULT);
	CHECK_CHILD({
		CHECK_OK(syscall(SYS_sched_setaffinity, 0, 8, one));
		CHECK_EQ(syscall(SYS_sched_getaffinity, 0, 8, mask), 8);
		CHECK_EQ(mask[0], 1);
		CHECK_CHILD({
			CHECK_EQ(syscall(SYS_sched_getaffinity, 0, 8, mask), 8);
			CHECK_EQ(mask[0], 1);
		});
		unsigned cpu = 99;
		CHECK_OK(syscall(SYS_getcpu, &cpu, NULL, NULL));
		CHECK_EQ(cpu, 0);
		one[0] = 0;
		CHECK_ERR(syscall(SYS_sched_setaffinity, 0, 8, one), EINVAL);
		one[0] = 1ul << 63;
		CHECK_ERR(syscall(SYS_sched_setaffinity, 0, 8, one), EINVAL);
		one[0] = -1;
		CHECK_OK(syscall(SYS_sched_setaffinity, 0, 1, one));
		CHECK_ERR(syscall(SYS_sched_setaffinity, 4000000, 8, one), ESRCH);
		CHECK_ERR(syscall(SYS_sched_setaffinity, 0, 8, NULL), EFAULT);
		CHECK_OK(setuid(1000));
		CHECK_ERR(syscall(SYS_sched_setaffinity, 1, 8, one), EPERM);
		CHECK_OK(syscall(SYS_sched_getaffinity, 1, 8, mask));
	});
}

static void *thread_nice(void *arg)
{
	CHECK_OK(setpriority(PRIO_PROCESS, 0, 7));
	*(int *)arg = syscall(SYS_gettid);
	pause();
	return NULL;
}

/* Nice values and policies are of the thread; the others keep theirs. */
TEST(priorities_are_of_the_thread, SYS_setpriority)
{
	pthread_t thread;
	volatile int tid = 0;

	CHECK_EQ(pthread_create(&thread, NULL, thread_nice, (void *)&tid), 0);
	while (!tid)
		sched_yield();
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 0);
	CHECK_EQ(getpriority(PRIO_PROCESS, tid), 7);
	CHECK_OK(set_policy(tid, SCHED_BATCH, 0));
	CHECK_EQ(sched_getscheduler(0), SCHED_OTHER);
	CHECK_EQ(sched_getscheduler(tid), SCHED_BATCH);
}

TEST(getcpu_tells_node_and_cpu, SYS_getcpu)
{
	unsigned cpu = 99, node = 99;

	CHECK_OK(syscall(SYS_getcpu, &cpu, &node, NULL));
	CHECK(cpu < 64);
	CHECK_EQ(node, 0);
	CHECK_OK(syscall(SYS_getcpu, NULL, NULL, NULL));
	CHECK_ERR(syscall(SYS_getcpu, 1, NULL, NULL), EFAULT);
	CHECK_EQ(syscall(SYS_sched_yield), 0);
}
