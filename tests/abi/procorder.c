/*
 * Processes with odd arguments, as random calls on both kernels showed them: waitid(2),
 * clone(2), ioprio_set(2), prlimit(2), getpriority(2), process_vm_readv(2), kill(2).
 */
#include "abi_test.h"
#include <sched.h>
#include <sys/resource.h>
#include <sys/uio.h>

#define BAD ((void *)8)

static long waitid_(int type, int id, void *info, int options)
{
	return syscall(SYS_waitid, type, id, info, options, NULL);
}

TEST(waitid_writes_whatever_happens, SYS_waitid)
{
	siginfo_t info;

	CHECK_ERR(waitid_(P_ALL, 0, BAD, WEXITED), EFAULT);
	CHECK_ERR(waitid_(P_ALL, 0, BAD, 0), EFAULT);
	CHECK_ERR(waitid_(P_PIDFD, 1000, BAD, WEXITED), EFAULT);
	CHECK_ERR(waitid_(9, 0, NULL, WEXITED), EINVAL);
	CHECK_ERR(waitid_(P_ALL, 0, NULL, WEXITED), ECHILD);
	for (int i = 0; i < 3; i++) {
		memset(&info, 0x11, sizeof(info));
		CHECK_ERR(waitid_(i == 1 ? 9 : P_ALL, 0, &info, i ? WEXITED : 0),
			  i == 2 ? ECHILD : EINVAL);
		CHECK_EQ(info.si_signo, 0);
		CHECK_EQ(info.si_code, 0);
		CHECK_EQ(info.si_pid, 0);
		CHECK_EQ(info.si_status, 0);
		CHECK_EQ(((int *)&info)[3], 0x11111111); /* no field */
	}
}

TEST(clone_takes_any_exit_signal, SYS_clone)
{
	static const int signals[] = { 0, 65, 109, 255 };
	uint64_t all = ~0ull, pending;
	int status;

	CHECK_OK(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, 8));
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		long pid = CHECK_OK(syscall(SYS_clone, signals[i], NULL, NULL, NULL, 0));

		if (pid == 0)
			_exit(7);
		CHECK_ERR(waitpid((pid_t)pid, &status, 0), ECHILD);
		CHECK_EQ(waitpid((pid_t)pid, &status, __WCLONE), pid);
		CHECK_EQ(status, 7 << 8);
		CHECK_OK(syscall(SYS_rt_sigpending, &pending, 8));
		CHECK_EQ(pending, 0);
	}
}

#define WHO_USER	   3
#define BEST_EFFORT(level) (2 << 13 | (level))

/* Of users, 0 is root, but the caller to ioprio_get. */
TEST(ioprio_of_user_0_is_roots, SYS_ioprio_set, SYS_ioprio_get)
{
	CHECK_OK(setresuid(1000, 1000, 1000));
	CHECK_ERR(syscall(SYS_ioprio_set, WHO_USER, 0, BEST_EFFORT(1)), EPERM);
	CHECK_OK(syscall(SYS_ioprio_set, WHO_USER, 1000, BEST_EFFORT(7)));
	CHECK_EQ(syscall(SYS_ioprio_get, WHO_USER, 1000), BEST_EFFORT(7));
	CHECK_EQ(syscall(SYS_ioprio_get, WHO_USER, 0), BEST_EFFORT(7));
}

TEST(prlimit_looks_for_the_process_first, SYS_prlimit64)
{
	const int none = 4000000;

	CHECK_ERR(syscall(SYS_prlimit64, none, 16, BAD, NULL), EFAULT);
	CHECK_ERR(syscall(SYS_prlimit64, none, 16, NULL, BAD), ESRCH);
	CHECK_ERR(syscall(SYS_prlimit64, 0, 16, NULL, BAD), EINVAL);
	CHECK_OK(setresuid(1000, 1000, 1000));
	CHECK_ERR(syscall(SYS_prlimit64, 1, 16, NULL, NULL), EPERM);
}

/* A child that has ended and was not waited for. */
static pid_t zombie(void)
{
	siginfo_t info;
	pid_t pid = fork();

	if (pid == 0) {
		setpgid(0, 0);
		_exit(0);
	}
	CHECK_OK(pid);
	CHECK_OK(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
	return pid;
}

TEST(zombies_have_a_priority, SYS_getpriority, SYS_setpriority)
{
	pid_t pid = zombie();

	CHECK_EQ(syscall(SYS_getpriority, PRIO_PROCESS, pid), 20);
	CHECK_EQ(syscall(SYS_getpriority, PRIO_PGRP, pid), 20);
	CHECK_OK(syscall(SYS_setpriority, PRIO_PGRP, pid, 5));
	CHECK_EQ(syscall(SYS_getpriority, PRIO_PGRP, pid), 15);
	CHECK_EQ(syscall(SYS_getpriority, PRIO_PROCESS, pid), 15);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	CHECK_ERR(syscall(SYS_getpriority, PRIO_PGRP, pid), ESRCH);
}

TEST(zombies_have_no_memory, SYS_process_vm_readv)
{
	struct iovec mine = { &(char){ 0 }, 1 }, theirs = { &mine, 1 };
	pid_t pid;

	CHECK_OK(setresuid(1000, 1000, 1000)); /* which made it undumpable */
	pid = zombie();
	CHECK_ERR(syscall(SYS_process_vm_readv, pid, &mine, 1, &theirs, 1, 0), ESRCH);
	CHECK_ERR(syscall(SYS_kcmp, pid, pid, 2, 0, 0), EPERM); /* it is as it was before */
	CHECK_ERR(syscall(SYS_process_vm_readv, getppid(), &mine, 1, &theirs, 1, 0), EPERM);
}

TEST(zombies_have_an_io_priority, SYS_ioprio_set, SYS_ioprio_get)
{
	pid_t pid = zombie();

	CHECK_OK(setpriority(PRIO_PROCESS, (id_t)pid, -20));
	CHECK_EQ(syscall(SYS_ioprio_get, 2, pid), BEST_EFFORT(0));
}

struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t rest[3];
};

static long setattr(pid_t pid, unsigned policy, uint64_t flags, int nice)
{
	struct attr attr = { 48, policy, flags, nice, 0, { 0 } };

	return syscall(SYS_sched_setattr, pid, &attr, 0);
}

TEST(setattr_of_an_idle_thread_has_no_nice, SYS_sched_setattr)
{
	CHECK_ERR(setattr(4000000, SCHED_OTHER, 1 << 20, 0), ESRCH);
	CHECK_ERR(setattr(0, SCHED_OTHER, 1 << 20, 0), EINVAL);
	CHECK_OK(setattr(0, SCHED_IDLE, 0, 17));
	CHECK_EQ(syscall(SYS_getpriority, PRIO_PROCESS, 0), 20);
	CHECK_OK(setattr(0, SCHED_BATCH, 0, 17));
	CHECK_EQ(syscall(SYS_getpriority, PRIO_PROCESS, 0), 3);
	CHECK_OK(setresuid(1000, 1000, 1000));
	CHECK_ERR(setattr(0, SCHED_BATCH, 0, -12), EPERM);
	CHECK_OK(setattr(0, SCHED_IDLE, 0, -12));
}

TEST(getcpu_writes_what_it_can, SYS_getcpu)
{
	unsigned node = 99;

	CHECK_ERR(syscall(SYS_getcpu, BAD, &node, NULL), EFAULT);
	CHECK_EQ(node, 0);
}

TEST(clone3_looks_at_flags_before_rights, SYS_clone3)
{
	int number = 1;
	uint64_t args[11] = { [8] = (uint64_t)&number, [9] = 1 };

	CHECK_OK(setresuid(1000, 1000, 1000));
	CHECK_ERR(syscall(SYS_clone3, args, sizeof(args)), EPERM);
	args[0] = CLONE_SIGHAND;
	CHECK_ERR(syscall(SYS_clone3, args, sizeof(args)), EINVAL);
	args[0] = 0x400000000;
	CHECK_ERR(syscall(SYS_clone3, args, sizeof(args)), EINVAL);
}

#define WHO_PROCESS 1
#define WHO_GROUP   2

/* Their priority went with them, and none can be given to them. */
TEST(ioprio_of_the_dead, SYS_ioprio_get, SYS_ioprio_set)
{
	int hold[2];
	pid_t pid;

	CHECK_OK(pipe(hold));
	pid = CHECK_OK(fork());
	if (pid == 0) {
		char c;

		close(hold[1]);
		(void)!read(hold[0], &c, 1);
		_exit(0);
	}
	CHECK_OK(setpgid(pid, pid));
	CHECK_OK(syscall(SYS_ioprio_set, WHO_PROCESS, pid, BEST_EFFORT(1)));
	CHECK_EQ(syscall(SYS_ioprio_get, WHO_PROCESS, pid), BEST_EFFORT(1));
	CHECK_EQ(syscall(SYS_ioprio_get, WHO_GROUP, pid), BEST_EFFORT(1));
	close(hold[1]);
	CHECK_OK(waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT));
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(syscall(SYS_ioprio_get, WHO_PROCESS, pid), 0);
		CHECK_EQ(syscall(SYS_ioprio_get, WHO_GROUP, pid), BEST_EFFORT(4));
		CHECK_OK(syscall(SYS_ioprio_set, i ? WHO_GROUP : WHO_PROCESS, pid, BEST_EFFORT(2)));
	}
	CHECK_ERR(syscall(SYS_ioprio_set, WHO_PROCESS, pid, 5 << 13), EINVAL);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	CHECK_ERR(syscall(SYS_ioprio_get, WHO_GROUP, pid), ESRCH);
}

/* Of a group who joined it last hears first, as those tell who run in the order in which they woke. */
TEST(a_group_hears_from_the_newest, SYS_kill, SYS_setpgid)
{
	struct sched_param low = { 1 }, high = { 2 };
	sigset_t wanted;
	char order[4] = "", c;
	int hear[2], ready[2], got;
	pid_t pid[3];
	cpu_set_t cpu;

	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	CHECK_OK(sched_setaffinity(0, sizeof(cpu), &cpu));
	CHECK_OK(sched_setscheduler(0, SCHED_FIFO, &high));
	sigemptyset(&wanted);
	sigaddset(&wanted, SIGUSR1);
	CHECK_OK(sigprocmask(SIG_BLOCK, &wanted, NULL));
	CHECK_OK(pipe(hear));
	CHECK_OK(pipe(ready));
	for (int i = 0; i < 3; i++) {
		pid[i] = CHECK_OK(fork());
		if (pid[i] == 0) {
			c = (char)('0' + i);
			sched_setscheduler(0, SCHED_FIFO, &low);
			(void)!write(ready[1], &c, 1);
			sigwait(&wanted, &got);
			(void)!write(hear[1], &c, 1);
			_exit(0);
		}
		CHECK_OK(setpgid(pid[i], pid[0]));
		CHECK_EQ(read(ready[0], &c, 1), 1);
	}
	usleep(100000); /* they wait */
	CHECK_OK(kill(-pid[0], SIGUSR1));
	for (int i = 0; i < 3; i++)
		CHECK_EQ(read(hear[0], order + i, 1), 1);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(waitpid(pid[i], NULL, 0), pid[i]);
	if (strcmp(order, "210"))
		abi_fail(__FILE__, __LINE__, "in the order %s", order);
}
