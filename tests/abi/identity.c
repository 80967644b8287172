/* The calls that ask who one is, and those that wait, yield or set a timer. */
#include "abi_test.h"
#include <asm/prctl.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/time.h>
#include <sys/uio.h>

TEST(numbers_are_told, SYS_getpid, SYS_gettid, SYS_getppid, SYS_getpgrp)
{
	pid_t me = syscall(SYS_getpid);

	CHECK(me > 1);
	CHECK_EQ(syscall(SYS_gettid), me);
	CHECK_EQ(syscall(SYS_getpgrp), me);
	CHECK_CHILD(CHECK_EQ(syscall(SYS_getppid), me));
}

TEST(ids_are_four, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid)
{
	CHECK_CHILD({
		CHECK_OK(setresgid(11, 12, 13));
		CHECK_OK(setresuid(21, 22, 23));
		CHECK_EQ(syscall(SYS_getuid), 21);
		CHECK_EQ(syscall(SYS_geteuid), 22);
		CHECK_EQ(syscall(SYS_getgid), 11);
		CHECK_EQ(syscall(SYS_getegid), 12);
	});
}

static void nothing(int sig)
{
}

TEST(alarm_ends_a_pause, SYS_alarm, SYS_pause)
{
	signal(SIGALRM, nothing);
	CHECK_EQ(syscall(SYS_alarm, 100), 0);
	CHECK_EQ(syscall(SYS_alarm, 1), 100);
	CHECK_ERR(syscall(SYS_pause), EINTR);
	CHECK_EQ(syscall(SYS_alarm, 0), 0);
}

TEST(interval_timers_are_told, SYS_getitimer, SYS_setitimer)
{
	struct itimerval set = { { 5, 0 }, { 50, 0 } }, got;

	for (int which = ITIMER_REAL; which <= ITIMER_PROF; which++) {
		CHECK_OK(syscall(SYS_getitimer, which, &got));
		CHECK_EQ(got.it_value.tv_sec, 0);
		CHECK_OK(setitimer(which, &set, NULL));
		CHECK_OK(syscall(SYS_getitimer, which, &got));
		CHECK(got.it_value.tv_sec >= 45 && got.it_value.tv_sec <= 50);
		CHECK_EQ(got.it_interval.tv_sec, 5);
		CHECK_CHILD({ /* not inherited */
			      CHECK_OK(syscall(SYS_getitimer, which, &got));
			      CHECK_EQ(got.it_value.tv_sec, 0);
		});
		CHECK_OK(setitimer(which, NULL, NULL)); /* zeroes: off */
		CHECK_OK(syscall(SYS_getitimer, which, &got));
		CHECK_EQ(got.it_value.tv_sec, 0);
	}
	CHECK_ERR(syscall(SYS_getitimer, 3, &got), EINVAL);
	CHECK_ERR(syscall(SYS_getitimer, 0, 8), EFAULT);
	CHECK_ERR(syscall(SYS_setitimer, 3, &set, NULL), EINVAL);
	set.it_value.tv_usec = 1000000;
	CHECK_ERR(syscall(SYS_setitimer, 0, &set, NULL), EINVAL);
}

static volatile int turns;

static void *take_turns(void *arg)
{
	while (turns < 1000) {
		if ((turns & 1) == (arg != NULL))
			turns++;
		else
			CHECK_EQ(syscall(SYS_sched_yield), 0);
	}
	return NULL;
}

TEST(threads_yield_to_each_other, SYS_sched_yield)
{
	pthread_t thread;

	CHECK_EQ(pthread_create(&thread, NULL, take_turns, NULL), 0);
	take_turns((void *)1);
	pthread_join(thread, NULL);
	CHECK(turns >= 1000);
}

TEST(the_word_to_clear_is_set, SYS_set_tid_address)
{
	static int word = 5;

	CHECK_EQ(syscall(SYS_set_tid_address, &word), syscall(SYS_gettid));
	CHECK_EQ(word, 5);
}

TEST(nothing_to_restart, SYS_restart_syscall)
{
	CHECK_ERR(syscall(SYS_restart_syscall), EINTR);
}

static __thread int thread_value;

TEST(segment_bases_are_moved, SYS_arch_prctl)
{
	unsigned long fs = 0, gs = 1, seen;

	thread_value = 3;
	CHECK_OK(syscall(SYS_arch_prctl, ARCH_GET_FS, &fs));
	CHECK(fs != 0);
	CHECK_OK(syscall(SYS_arch_prctl, ARCH_SET_GS, &fs));
	CHECK_OK(syscall(SYS_arch_prctl, ARCH_GET_GS, &gs));
	CHECK_EQ(gs, (unsigned long)&fs);
	asm volatile("mov %%gs:0,%0" : "=r"(seen));
	CHECK_EQ(seen, fs);
	CHECK_ERR(syscall(SYS_arch_prctl, ARCH_SET_GS, 1ul << 63), EPERM);
	CHECK_ERR(syscall(SYS_arch_prctl, ARCH_GET_FS, 8), EFAULT);
	CHECK_ERR(syscall(SYS_arch_prctl, 0x9999, 8), EINVAL);
	CHECK_EQ(thread_value, 3);
}

/* Numbers stay apart and found however many there are, and whichever go first. */
TEST(many_timers_are_told_apart, SYS_timer_create, SYS_timer_settime, SYS_timer_gettime,
     SYS_timer_delete)
{
	enum { MANY = 400 };
	static int ids[MANY];
	struct itimerspec got, set = { .it_value = { 0, 0 } };
	int i, again;

	for (i = 0; i < MANY; i++) {
		CHECK_OK(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &ids[i]));
		CHECK(i == 0 || ids[i] != ids[i - 1]);
		set.it_value.tv_sec = 10000 + 100 * i;
		CHECK_OK(syscall(SYS_timer_settime, ids[i], 0, &set, NULL));
	}
	for (i = 1; i < MANY; i += 2)
		CHECK_OK(syscall(SYS_timer_delete, ids[i]));
	for (i = 0; i < MANY; i++) {
		if (i % 2) {
			CHECK_ERR(syscall(SYS_timer_gettime, ids[i], &got), EINVAL);
			continue;
		}
		CHECK_OK(syscall(SYS_timer_gettime, ids[i], &got));
		CHECK(got.it_value.tv_sec > 9950 + 100 * i &&
		      got.it_value.tv_sec <= 10000 + 100 * i);
	}
	CHECK_OK(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &again));
	for (i = 0; i < MANY; i += 2)
		CHECK(again != ids[i]);
	CHECK_ERR(syscall(SYS_timer_delete, -1), EINVAL);
}

TEST(timers_are_set_told_and_deleted, SYS_timer_create, SYS_timer_settime, SYS_timer_gettime,
     SYS_timer_delete)
{
	struct itimerspec set = { { 5, 0 }, { 50, 0 } }, got;
	int id, other;

	CHECK_OK(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &id));
	CHECK_OK(syscall(SYS_timer_create, CLOCK_REALTIME, NULL, &other));
	CHECK(id != other);
	CHECK_OK(syscall(SYS_timer_settime, id, 0, &set, NULL));
	CHECK_OK(syscall(SYS_timer_gettime, id, &got));
	CHECK(got.it_value.tv_sec >= 45 && got.it_value.tv_sec <= 50);
	CHECK_EQ(got.it_interval.tv_sec, 5);
	set.it_value.tv_nsec = -1;
	CHECK_ERR(syscall(SYS_timer_settime, id, 0, &set, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_timer_settime, id, 0, NULL, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_timer_gettime, id, 8), EFAULT);
	CHECK_OK(syscall(SYS_timer_delete, id));
	CHECK_ERR(syscall(SYS_timer_delete, id), EINVAL);
	CHECK_ERR(syscall(SYS_timer_gettime, id, &got), EINVAL);
	CHECK_ERR(syscall(SYS_timer_create, 99, NULL, &id), EINVAL);
	CHECK_CHILD(CHECK_ERR(syscall(SYS_timer_delete, other), EINVAL)); /* not inherited */
}

TEST(signalfd_in_its_first_form, SYS_signalfd)
{
	uint64_t set = 1ull << (40 - 1);
	int fd = CHECK_OK(syscall(SYS_signalfd, -1, &set, 8));

	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	CHECK_ERR(syscall(SYS_signalfd, -1, &set, 7), EINVAL);
}

TEST(memory_of_others_is_moved, SYS_process_vm_readv, SYS_process_vm_writev)
{
	static char here[16], there[16] = "there";
	struct iovec local = { here, 6 }, remote = { there, 6 };
	pid_t child = fork();

	if (child == 0) {
		strcpy(there, "child");
		for (;;)
			pause();
	}
	do
		CHECK_EQ(syscall(SYS_process_vm_readv, child, &local, 1, &remote, 1, 0), 6);
	while (strcmp(here, "child") != 0);
	strcpy(here, "given");
	CHECK_EQ(syscall(SYS_process_vm_writev, child, &local, 1, &remote, 1, 0), 6);
	memset(here, 0, sizeof(here));
	CHECK_EQ(syscall(SYS_process_vm_readv, child, &local, 1, &remote, 1, 0), 6);
	CHECK_EQ(strcmp(here, "given"), 0);
	CHECK_EQ(strcmp(there, "there"), 0);
	CHECK_ERR(syscall(SYS_process_vm_readv, child, &local, 1, &remote, 1, 1), EINVAL);
	CHECK_ERR(syscall(SYS_process_vm_readv, 4000000, &local, 1, &remote, 1, 0), ESRCH);
	remote.iov_base = (void *)8;
	CHECK_ERR(syscall(SYS_process_vm_readv, child, &local, 1, &remote, 1, 0), EFAULT);
	CHECK_CHILD({
		CHECK_OK(setuid(1000));
		remote.iov_base = there;
		CHECK_ERR(syscall(SYS_process_vm_readv, child, &local, 1, &remote, 1, 0), EPERM);
	});
	CHECK_OK(kill(child, SIGKILL));
}

TEST(execveat_takes_a_descriptor, SYS_execveat)
{
	char *argv[] = { "true", NULL }, *envp[] = { NULL };
	int status;

	status = CHILD({
		int fd = CHECK_OK(open("/bin/busybox", O_RDONLY | O_CLOEXEC));

		syscall(SYS_execveat, fd, "", argv, envp, AT_EMPTY_PATH);
	});
	CHECK_EQ(status, 0);
	status = CHILD({
		int dir = CHECK_OK(open("/bin", O_RDONLY | O_DIRECTORY));

		syscall(SYS_execveat, dir, "false", argv + 1, envp, 0);
		_exit(9);
	});
	CHECK(WEXITSTATUS(status) != 9);
	CHECK_ERR(syscall(SYS_execveat, AT_FDCWD, "/bin/true", argv, envp, AT_SYMLINK_NOFOLLOW),
		  ELOOP);
	CHECK_ERR(syscall(SYS_execveat, AT_FDCWD, "/bin/true", argv, envp, 1), EINVAL);
	CHECK_ERR(syscall(SYS_execveat, 150, "true", argv, envp, 0), EBADF);
	CHECK_ERR(syscall(SYS_execveat, 0, "", argv, envp, 0), ENOENT);
}

TEST(membarrier_tells_what_it_can, SYS_membarrier)
{
	long commands = CHECK_OK(syscall(SYS_membarrier, 0, 0, 0));

	CHECK(commands & 1); /* GLOBAL */
	CHECK(commands & 8); /* PRIVATE_EXPEDITED */
	CHECK_OK(syscall(SYS_membarrier, 1, 0, 0));
	CHECK_ERR(syscall(SYS_membarrier, 8, 0, 0), EPERM); /* register first */
	CHECK_OK(syscall(SYS_membarrier, 16, 0, 0));
	CHECK_OK(syscall(SYS_membarrier, 8, 0, 0));
	CHECK_ERR(syscall(SYS_membarrier, 1 << 20, 0, 0), EINVAL);
	CHECK_ERR(syscall(SYS_membarrier, 1, 1, 0), EINVAL);
}

/* timer_gettime(2): a timer with SIGEV_NONE runs, though nobody is told when it expires. */
TEST(silent_timers_show_what_is_left, SYS_timer_create)
{
	struct sigevent silent = { .sigev_notify = SIGEV_NONE };
	struct itimerspec once = { .it_value.tv_nsec = 20000000 };
	struct itimerspec often = { { 0, 10000000 }, { 0, 20000000 } }, now;
	struct timespec pause = { .tv_nsec = 25000000 };
	timer_t timer;

	CHECK_OK(timer_create(CLOCK_MONOTONIC, &silent, &timer));
	CHECK_OK(timer_settime(timer, 0, &once, NULL));
	CHECK_OK(timer_gettime(timer, &now));
	CHECK(now.it_value.tv_sec == 0 && now.it_value.tv_nsec <= 20000000);
	nanosleep(&pause, NULL);
	CHECK_OK(timer_gettime(timer, &now));
	CHECK(now.it_value.tv_sec == 0 && now.it_value.tv_nsec == 0);
	CHECK_OK(timer_settime(timer, 0, &often, NULL));
	nanosleep(&pause, NULL);
	CHECK_OK(timer_gettime(timer, &now));
	CHECK(now.it_value.tv_nsec > 0 && now.it_value.tv_nsec <= 10000000);
	CHECK_EQ(now.it_interval.tv_nsec, 10000000);
	CHECK_EQ(timer_getoverrun(timer), 0);
	CHECK_OK(timer_delete(timer));
}
