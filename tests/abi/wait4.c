/* wait4(2), waitid(2): every option, every kind of target. */
#include "abi_test.h"
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#define NOTHREAD 0x20000000
#define WALL	 0x40000000
#define WCLONE	 0x80000000

static int waitid_raw(int type, int id, siginfo_t *info, int options)
{
	return syscall(SYS_waitid, type, id, info, options, NULL);
}

static pid_t spawn_exit(int status)
{
	pid_t pid = CHECK_OK(fork());

	if (pid == 0)
		_exit(status);
	return pid;
}

static pid_t spawn_pause(void)
{
	pid_t pid = CHECK_OK(fork());

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

TEST(wait_options_are_checked, SYS_wait4, SYS_waitid)
{
	siginfo_t info;

	CHECK_ERR(wait4(-1, NULL, 0x100, NULL), EINVAL);
	CHECK_ERR(wait4(-1, NULL, WEXITED, NULL), EINVAL);
	CHECK_ERR(wait4(-1, NULL, WNOWAIT, NULL), EINVAL);
	CHECK_ERR(wait4(-1, NULL, 0, NULL), ECHILD);
	CHECK_ERR(wait4(-1, NULL, WNOHANG, NULL), ECHILD);
	CHECK_ERR(wait4(0, NULL, 0, NULL), ECHILD);
	CHECK_ERR(wait4(1, NULL, 0, NULL), ECHILD);
	CHECK_ERR(wait4(0x80000000, NULL, 0, NULL), ESRCH);
	CHECK_ERR(waitid_raw(P_ALL, 0, &info, 0), EINVAL);
	CHECK_ERR(waitid_raw(P_ALL, 0, &info, WNOHANG), EINVAL);
	CHECK_ERR(waitid_raw(P_ALL, 0, &info, WEXITED | 0x100), EINVAL);
	CHECK_ERR(waitid_raw(9, 0, &info, WEXITED), EINVAL);
	CHECK_ERR(waitid_raw(P_PID, 0, &info, WEXITED), EINVAL);
	CHECK_ERR(waitid_raw(P_PID, -1, &info, WEXITED), EINVAL);
	CHECK_ERR(waitid_raw(P_PGID, -1, &info, WEXITED), EINVAL);
	CHECK_ERR(waitid_raw(P_PIDFD, -1, &info, WEXITED), EINVAL);
	CHECK_ERR(waitid_raw(P_PIDFD, 150, &info, WEXITED), EBADF);
	CHECK_ERR(waitid_raw(P_PIDFD, 0, &info, WEXITED), EBADF);
	CHECK_ERR(waitid_raw(P_ALL, 0, &info, WEXITED), ECHILD);
	CHECK_ERR(waitid_raw(P_PGID, 0, &info, WEXITED), ECHILD);
	CHECK_ERR(waitid_raw(P_PID, 1, &info, WEXITED), ECHILD);
}

TEST(wait_goes_by_group, SYS_wait4, SYS_waitid)
{
	pid_t a = spawn_exit(1), b = spawn_pause(), c = spawn_exit(3);
	siginfo_t info;
	int status;

	CHECK_OK(setpgid(b, b));
	CHECK_ERR(setpgid(b, 0x7fffffff), EPERM);
	CHECK_EQ(waitpid(-b, &status, WNOHANG), 0);
	CHECK_OK(kill(b, SIGTERM));
	CHECK_OK(waitid_raw(P_PGID, b, &info, WEXITED | WNOWAIT));
	CHECK_EQ(info.si_pid, b);
	CHECK_EQ(info.si_code, CLD_KILLED);
	CHECK_EQ(info.si_status, SIGTERM);
	CHECK_EQ(waitpid(-b, &status, 0), b);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(waitpid(a, &status, 0), a);
	CHECK_OK(waitid_raw(P_PGID, 0, &info, WEXITED));
	CHECK_EQ(info.si_pid, c);
	CHECK_EQ(info.si_status, 3);
	CHECK_EQ(info.si_signo, SIGCHLD);
}

TEST(waitid_leaves_what_it_finds_nothing_for, SYS_waitid)
{
	pid_t child = spawn_pause();
	siginfo_t info;

	memset(&info, 0x55, sizeof(info));
	CHECK_OK(waitid_raw(P_ALL, 0, &info, WEXITED | WNOHANG));
	CHECK_EQ(info.si_pid, 0);
	CHECK_EQ(info.si_signo, 0);
	CHECK_EQ(info.si_code, 0);
	CHECK_EQ(info.si_errno, 0);
	CHECK_EQ(info.si_status, 0);
	CHECK_EQ(((int *)&info)[31], 0x55555555);
	CHECK_OK(waitid_raw(P_ALL, 0, NULL, WEXITED | WNOHANG));
	CHECK_ERR(waitid_raw(P_ALL, 0, (void *)8, WEXITED | WNOHANG), EFAULT);
	CHECK_OK(kill(child, SIGKILL));
	/* The child is reaped although its siginfo has no place to go. */
	CHECK_ERR(waitid_raw(P_PID, child, (void *)8, WEXITED), EFAULT);
	CHECK_ERR(waitid_raw(P_PID, child, NULL, WEXITED), ECHILD);
}

TEST(stops_and_continuations_are_waited_for, SYS_wait4, SYS_waitid, SYS_kill)
{
	pid_t child = spawn_pause();
	siginfo_t info;
	int status;

	CHECK_OK(setpgid(child, 0)); /* or it would be in an orphaned group */
	CHECK_EQ(wait4(child, &status, WNOHANG | WUNTRACED | WCONTINUED, NULL), 0);
	CHECK_OK(kill(child, SIGTSTP));
	CHECK_OK(waitid_raw(P_PID, child, &info, WSTOPPED | WNOWAIT));
	CHECK_EQ(info.si_code, CLD_STOPPED);
	CHECK_EQ(info.si_status, SIGTSTP);
	CHECK_OK(waitid_raw(P_PID, child, &info, WSTOPPED));
	CHECK_OK(waitid_raw(P_PID, child, &info, WSTOPPED | WNOHANG));
	CHECK_EQ(info.si_pid, 0);
	CHECK_OK(kill(child, SIGCONT));
	CHECK_OK(waitid_raw(P_PID, child, &info, WCONTINUED | WNOWAIT));
	CHECK_EQ(info.si_code, CLD_CONTINUED);
	CHECK_EQ(info.si_status, SIGCONT);
	CHECK_EQ(wait4(child, &status, WCONTINUED, NULL), child);
	CHECK_EQ(status, 0xffff);
	CHECK(WIFCONTINUED(status));
	CHECK_OK(kill(child, SIGSTOP));
	CHECK_EQ(wait4(child, &status, WUNTRACED, NULL), child);
	CHECK_EQ(status, SIGSTOP << 8 | 0x7f);
	/* Killed while it is stopped. */
	CHECK_OK(kill(child, SIGKILL));
	CHECK_EQ(wait4(child, &status, 0, NULL), child);
	CHECK_EQ(status, SIGKILL);
}

TEST(a_stopped_child_that_was_continued_is_no_news, SYS_wait4, SYS_kill)
{
	pid_t child = spawn_pause();
	int status;

	CHECK_OK(kill(child, SIGSTOP));
	CHECK_EQ(wait4(child, &status, WUNTRACED, NULL), child);
	CHECK_OK(kill(child, SIGCONT));
	CHECK_EQ(wait4(child, &status, WCONTINUED, NULL), child);
	CHECK_EQ(wait4(child, &status, WUNTRACED | WCONTINUED | WNOHANG, NULL), 0);
	/* A SIGCONT to a running one is no news either. */
	CHECK_OK(kill(child, SIGCONT));
	CHECK_EQ(wait4(child, &status, WCONTINUED | WNOHANG, NULL), 0);
	CHECK_OK(kill(child, SIGKILL));
}

static volatile sig_atomic_t chld_count, chld_code, chld_status;

static void on_chld(int sig, siginfo_t *info, void *context)
{
	chld_count++;
	chld_code = info->si_code;
	chld_status = info->si_status;
}

/* The news and the signal about it come in no set order. */
static void expect_chld(int count, int code, int status)
{
	for (int i = 0; i < 2000 && chld_count < count; i++)
		usleep(1000);
	CHECK_EQ(chld_count, count);
	CHECK_EQ(chld_code, code);
	CHECK_EQ(chld_status, status);
}

static void catch_chld(int flags)
{
	struct sigaction action = { .sa_sigaction = on_chld, .sa_flags = flags | SA_SIGINFO };

	CHECK_OK(sigaction(SIGCHLD, &action, NULL));
}

TEST(nocldstop_hides_stops_only, SYS_rt_sigaction, SYS_wait4)
{
	pid_t child = spawn_pause();
	int status;

	catch_chld(SA_NOCLDSTOP | SA_RESTART);
	CHECK_OK(kill(child, SIGSTOP));
	CHECK_EQ(wait4(child, &status, WUNTRACED, NULL), child);
	CHECK_OK(kill(child, SIGCONT));
	CHECK_EQ(wait4(child, &status, WCONTINUED, NULL), child);
	usleep(50000);
	CHECK_EQ(chld_count, 0);
	catch_chld(SA_RESTART);
	CHECK_OK(kill(child, SIGSTOP));
	CHECK_EQ(wait4(child, &status, WUNTRACED, NULL), child);
	expect_chld(1, CLD_STOPPED, SIGSTOP);
	CHECK_OK(kill(child, SIGCONT));
	CHECK_EQ(wait4(child, &status, WCONTINUED, NULL), child);
	expect_chld(2, CLD_CONTINUED, SIGCONT);
	CHECK_OK(kill(child, SIGKILL));
	CHECK_EQ(wait4(child, &status, 0, NULL), child);
	expect_chld(3, CLD_KILLED, SIGKILL);
}

TEST(nocldwait_leaves_no_zombies_but_signals, SYS_rt_sigaction, SYS_wait4)
{
	catch_chld(SA_NOCLDWAIT);
	spawn_exit(0);
	while (waitpid(-1, NULL, 0) != -1 || errno != ECHILD)
		CHECK(errno == EINTR);
	expect_chld(1, CLD_EXITED, 0);
}

/* A child with another exit signal is one that __WCLONE asks for. */
static pid_t spawn_with_signal(int sig)
{
	pid_t pid = CHECK_OK(syscall(SYS_clone, sig, NULL, NULL, NULL, 0));

	if (pid == 0)
		_exit(5);
	return pid;
}

TEST(wclone_and_wall_choose_by_exit_signal, SYS_wait4, SYS_clone)
{
	pid_t plain = spawn_exit(1), odd;
	int status;

	signal(SIGUSR1, SIG_IGN);
	odd = spawn_with_signal(SIGUSR1);
	CHECK_ERR(wait4(odd, &status, 0, NULL), ECHILD);
	CHECK_ERR(wait4(plain, &status, WCLONE, NULL), ECHILD);
	CHECK_EQ(wait4(-1, &status, 0, NULL), plain);
	CHECK_EQ(wait4(-1, &status, WCLONE, NULL), odd);
	CHECK_EQ(WEXITSTATUS(status), 5);
	odd = spawn_with_signal(0);
	plain = spawn_exit(2);
	CHECK_EQ(wait4(odd, &status, WALL, NULL), odd);
	CHECK_EQ(wait4(-1, &status, WALL | WCLONE, NULL), plain);
}

static void *spawner(void *arg)
{
	*(volatile pid_t *)arg = spawn_exit(9);
	pause();
	return NULL;
}

TEST(nothread_sees_the_own_threads_children_only, SYS_wait4)
{
	volatile pid_t child = 0;
	pthread_t thread;
	siginfo_t info;
	int status;

	CHECK_EQ(pthread_create(&thread, NULL, spawner, (void *)&child), 0);
	while (!child)
		sched_yield();
	CHECK_OK(waitid_raw(P_PID, child, &info, WEXITED | WNOWAIT));
	CHECK_ERR(wait4(-1, &status, NOTHREAD, NULL), ECHILD);
	CHECK_ERR(wait4(child, &status, NOTHREAD | WNOHANG, NULL), ECHILD);
	CHECK_EQ(wait4(-1, &status, 0, NULL), child);
	child = spawn_exit(4);
	CHECK_EQ(wait4(-1, &status, NOTHREAD, NULL), child);
}

static void *spawner_of_mortal(void *arg)
{
	pid_t pid = CHECK_OK(fork());

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGUSR2);
		*(volatile pid_t *)arg = getpid();
		for (;;)
			pause();
	}
	while (!*(volatile pid_t *)arg)
		usleep(1000);
	return NULL;
}

/* prctl(2): "the parent" is the thread that made the child. */
TEST(parent_death_is_the_threads, SYS_prctl)
{
	volatile pid_t *child = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
				     -1, 0);
	pthread_t thread;
	int status;

	CHECK_EQ(pthread_create(&thread, NULL, spawner_of_mortal, (void *)child), 0);
	pthread_join(thread, NULL);
	CHECK_EQ(waitpid(*child, &status, 0), *child);
	CHECK_EQ(status, SIGUSR2);
}

static void *set_in_thread(void *arg)
{
	int sig = -1;

	CHECK_OK(prctl(PR_GET_PDEATHSIG, &sig));
	CHECK_EQ(sig, 0);
	CHECK_OK(prctl(PR_SET_PDEATHSIG, SIGTERM));
	return NULL;
}

/* The setting is the thread's too; fork(2) clears it, execve(2) does not. */
TEST(parent_death_signal_is_the_threads, SYS_prctl)
{
	pthread_t thread;
	int sig = -1;

	CHECK_OK(prctl(PR_SET_PDEATHSIG, SIGUSR1));
	CHECK_EQ(pthread_create(&thread, NULL, set_in_thread, NULL), 0);
	pthread_join(thread, NULL);
	CHECK_OK(prctl(PR_GET_PDEATHSIG, &sig));
	CHECK_EQ(sig, SIGUSR1);
	CHECK_CHILD({
		CHECK_OK(prctl(PR_GET_PDEATHSIG, &sig));
		CHECK_EQ(sig, 0);
	});
	CHECK_ERR(prctl(PR_SET_PDEATHSIG, 65), EINVAL);
	CHECK_ERR(prctl(PR_SET_PDEATHSIG, -1), EINVAL);
	CHECK_ERR(prctl(PR_GET_PDEATHSIG, NULL), EFAULT);
}

TEST(pidfd_is_waited_on, SYS_waitid, SYS_pidfd_open)
{
	pid_t child = spawn_pause();
	int fd = CHECK_OK(syscall(SYS_pidfd_open, child, 0));
	int fast = CHECK_OK(syscall(SYS_pidfd_open, child, O_NONBLOCK));
	int one = CHECK_OK(syscall(SYS_pidfd_open, 1, 0));
	struct pollfd set = { fd, POLLIN, 0 };
	siginfo_t info;

	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_ERR(waitid_raw(P_PIDFD, one, &info, WEXITED), ECHILD);
	CHECK_ERR(waitid_raw(P_PIDFD, fast, &info, WEXITED), EAGAIN);
	CHECK_OK(waitid_raw(P_PIDFD, fd, &info, WEXITED | WNOHANG));
	CHECK_EQ(poll(&set, 1, 0), 0);
	CHECK_OK(syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0));
	CHECK_EQ(poll(&set, 1, 5000), 1);
	CHECK_EQ(set.revents, POLLIN);
	CHECK_OK(waitid_raw(P_PIDFD, fast, &info, WEXITED));
	CHECK_EQ(info.si_pid, child);
	CHECK_ERR(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0), ESRCH);
	CHECK_ERR(waitid_raw(P_PIDFD, fd, &info, WEXITED), ECHILD);
	CHECK_ERR(syscall(SYS_pidfd_open, child, 0), ESRCH);
	CHECK_ERR(syscall(SYS_pidfd_open, 0, 0), EINVAL);
	CHECK_ERR(syscall(SYS_pidfd_open, -1, 0), EINVAL);
	CHECK_ERR(syscall(SYS_pidfd_open, 1, 1), EINVAL);
	CHECK_ERR(read(fd, &info, 1), EINVAL);
	CHECK_ERR(ioctl(fd, 0x5401), ENOTTY);
}

/* A zombie can be signalled, opened and asked about until it is waited for. */
TEST(zombies_are_still_there, SYS_kill, SYS_getpgid, SYS_waitid)
{
	pid_t child = spawn_exit(0);
	siginfo_t info;

	CHECK_OK(waitid_raw(P_PID, child, &info, WEXITED | WNOWAIT));
	CHECK_OK(kill(child, SIGKILL));
	CHECK_OK(kill(child, 0));
	CHECK_EQ(getpgid(child), getpgrp());
	CHECK_EQ(getsid(child), getsid(0));
	CHECK_OK(syscall(SYS_pidfd_open, child, 0));
	CHECK_OK(waitid_raw(P_PID, child, &info, WEXITED));
	CHECK_EQ(info.si_code, CLD_EXITED);
	CHECK_ERR(kill(child, 0), ESRCH);
	CHECK_ERR(getpgid(child), ESRCH);
}

TEST(usage_of_the_child_is_told, SYS_wait4, SYS_getrusage)
{
	struct rusage usage, mine;
	pid_t child = fork();
	int status;

	if (child == 0) {
		static char p[4 << 20];

		for (int i = 0; i < sizeof(p); i += 4096)
			*(volatile char *)(p + i) = 1;
		for (volatile int i = 0; i < 20000000; i++)
			;
		_exit(0);
	}
	CHECK_EQ(wait4(child, &status, 0, &usage), child);
	CHECK(usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec > 0);
	CHECK(usage.ru_minflt > 10);
	CHECK(usage.ru_maxrss >= 4096);
	CHECK_OK(getrusage(RUSAGE_CHILDREN, &mine));
	CHECK(mine.ru_minflt >= usage.ru_minflt);
	CHECK(mine.ru_maxrss >= usage.ru_maxrss);
	CHECK_OK(getrusage(RUSAGE_SELF, &mine));
	CHECK_OK(getrusage(1 /* RUSAGE_THREAD */, &mine));
	CHECK_ERR(getrusage(2, &mine), EINVAL);
	CHECK_ERR(getrusage(-3, &mine), EINVAL);
	CHECK_ERR(syscall(SYS_getrusage, RUSAGE_SELF, NULL), EFAULT);
}

enum { TOUCHED = 240 }; /* pages, less than a huge one */

static long faults_of(int who)
{
	struct rusage usage;

	CHECK_OK(getrusage(who, &usage));
	return usage.ru_minflt;
}

static long resident_pages(void)
{
	long size, resident;
	FILE *statm = fopen("/proc/self/statm", "r");

	CHECK(statm && fscanf(statm, "%ld %ld", &size, &resident) == 2);
	fclose(statm);
	return resident;
}

/* From the last to the first: of those that are touched in order a kernel may give several at once. */
static void *touch_pages(void *mapping)
{
	long before = faults_of(RUSAGE_THREAD);

	for (int i = TOUCHED; --i >= 0;)
		((volatile char *)mapping)[i * 4096] = 1;
	CHECK(faults_of(RUSAGE_THREAD) - before >= TOUCHED);
	return NULL;
}

/* A fault counts for the thread that had it, and for the process when that is gone. */
TEST(faults_are_counted_by_thread, SYS_getrusage)
{
	char *mapping = mmap(NULL, 4 * TOUCHED * 4096, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long mine = faults_of(RUSAGE_THREAD), all = faults_of(RUSAGE_SELF);
	long before, full;
	pthread_t thread[4];

	CHECK(mapping != MAP_FAILED);
	before = resident_pages();
	for (int i = 0; i < 4; i++)
		CHECK_EQ(
			pthread_create(&thread[i], NULL, touch_pages, mapping + i * TOUCHED * 4096),
			0);
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	CHECK(faults_of(RUSAGE_THREAD) - mine < TOUCHED);
	CHECK(faults_of(RUSAGE_SELF) - all >= 4 * TOUCHED);
	full = resident_pages();
	CHECK(full - before >= 4 * TOUCHED - 64);
	CHECK_OK(munmap(mapping, 4 * TOUCHED * 4096));
	CHECK(full - resident_pages() >= 2 * TOUCHED);
}

/* wait(2) NOTES: a core dump shows in the status; without one it does not. */
TEST(no_core_is_told_where_the_limit_is_zero, SYS_waitid)
{
	struct rlimit none = { 0, RLIM_INFINITY };
	siginfo_t info;
	pid_t child;

	CHECK_OK(setrlimit(RLIMIT_CORE, &none));
	child = fork();
	if (child == 0)
		raise(SIGQUIT);
	CHECK_OK(waitid_raw(P_PID, child, &info, WEXITED | WNOWAIT));
	CHECK_EQ(info.si_code, CLD_KILLED);
	CHECK_EQ(info.si_status, SIGQUIT);
}

static void *tell_number(void *arg)
{
	*(volatile pid_t *)arg = syscall(SYS_gettid);
	for (;;)
		pause();
	return NULL;
}

TEST(numbers_of_threads_find_their_process, SYS_getpgid, SYS_getsid)
{
	volatile pid_t tid = 0;
	pthread_t thread;

	CHECK_EQ(pthread_create(&thread, NULL, tell_number, (void *)&tid), 0);
	while (!tid)
		sched_yield();
	CHECK_EQ(getpgid(tid), getpgrp());
	CHECK_EQ(getsid(tid), getsid(0));
	CHECK_OK(kill(tid, 0));
	CHECK_ERR(setpgid(tid, 0), EINVAL);
	CHECK_ERR(syscall(SYS_pidfd_open, tid, 0), EINVAL);
	CHECK_ERR(syscall(SYS_tgkill, tid, tid, 0), ESRCH);
	CHECK_OK(syscall(SYS_tgkill, getpid(), tid, 0));
	CHECK_ERR(waitpid(tid, NULL, 0), ECHILD);
	CHECK_ERR(kill(4000000, 0), ESRCH);
	CHECK_ERR(getpgid(-1), ESRCH);
	CHECK_ERR(getsid(4000000), ESRCH);
}

TEST(groups_are_joined_by_the_rules, SYS_setpgid)
{
	pid_t child, other;
	int fd[2];
	char c;

	CHECK_ERR(setpgid(-1, 0), EINVAL);
	CHECK_ERR(setpgid(-1, 5), ESRCH);
	CHECK_ERR(setpgid(0, -1), EINVAL);
	CHECK_ERR(setpgid(4000000, 0), ESRCH);
	CHECK_ERR(setpgid(1, 0), ESRCH);
	CHECK_OK(pipe(fd));
	child = fork();
	if (child == 0) {
		setsid();
		write(fd[1], "x", 1);
		for (;;)
			pause();
	}
	read(fd[0], &c, 1);
	CHECK_ERR(setpgid(child, 0), EPERM); /* another session's */
	CHECK_ERR(setpgid(0, child), EPERM); /* ... group */
	other = spawn_pause();
	CHECK_OK(setpgid(other, 0));
	CHECK_EQ(getpgid(other), other);
	CHECK_OK(setpgid(0, other));
	CHECK_EQ(getpgrp(), other);
	CHECK_OK(setpgid(0, 0));
	CHECK_OK(setpgid(other, getpid()));
	CHECK_ERR(setpgid(other, other + 100000), EPERM);
	CHECK_OK(kill(other, SIGKILL));
	CHECK_OK(kill(child, SIGKILL));
	child = fork();
	if (child == 0) {
		fcntl(fd[1], F_SETFD, FD_CLOEXEC);
		execl("/bin/sleep", "sleep", "30", NULL);
	}
	close(fd[1]);
	CHECK_EQ(read(fd[0], &c, 1), 0); /* it executes */
	CHECK_ERR(setpgid(child, 0), EACCES);
	CHECK_OK(kill(child, SIGKILL));
	CHECK_CHILD({
		CHECK_OK(setsid());
		CHECK_ERR(setpgid(0, 0), EPERM);
		CHECK_ERR(setsid(), EPERM);
	});
}
