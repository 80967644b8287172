/* Threads as the kernel sees them: exec and exit among many, pidfds, timers, signalfd. */
#include "abi_test.h"
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <sys/timerfd.h>

static volatile int ticks;

static void count_tick(int signo)
{
	ticks++;
}

static void *sleep_on(void *unused)
{
	for (;;)
		pause();
	return NULL;
}

static void *burn_on(void *unused)
{
	for (;;)
		ticks++;
	return NULL;
}

static void *exec_true(void *unused)
{
	execl("/bin/true", "true", NULL);
	_exit(9);
}

TEST(exec_in_a_thread_ends_the_others, SYS_execve)
{
	CHECK_CHILD({
		pthread_t thread;

		for (int i = 0; i < 3; i++) {
			pthread_create(&thread, NULL, sleep_on, NULL);
			pthread_create(&thread, NULL, burn_on, NULL);
		}
		pthread_create(&thread, NULL, exec_true, NULL);
		pause();
		_exit(8);
	});
}

static void *exit_group_on(void *code)
{
	usleep(10000);
	_exit((int)(long)code);
}

TEST(exit_group_ends_all_threads, SYS_exit_group)
{
	int status = CHILD({
		pthread_t thread;

		for (int i = 0; i < 4; i++)
			pthread_create(&thread, NULL, i & 1 ? burn_on : sleep_on, NULL);
		pthread_create(&thread, NULL, exit_group_on, (void *)7L);
		pause();
	});

	CHECK_EQ(WEXITSTATUS(status), 7);
}

static void *exit_later(void *unused)
{
	usleep(50000);
	syscall(SYS_exit, 6);
	return NULL;
}

TEST(process_outlives_its_leader, SYS_wait4)
{
	int status, fast = 0;
	pid_t pid = CHECK_OK(fork());

	if (pid == 0) {
		pthread_t thread;

		pthread_create(&thread, NULL, exit_later, NULL);
		syscall(SYS_exit, 5);
	}
	while (waitpid(pid, &status, WNOHANG) == 0)
		fast++, usleep(1000);
	CHECK(fast > 5);
	CHECK(WIFEXITED(status));
}

TEST(fatal_signal_ends_all_threads, SYS_kill)
{
	CHECK_KILLED(SIGTERM, {
		pthread_t thread;

		for (int i = 0; i < 4; i++)
			pthread_create(&thread, NULL, i & 1 ? burn_on : sleep_on, NULL);
		kill(getpid(), SIGTERM);
		pause();
	});
}

TEST(stop_reaches_every_thread, SYS_kill)
{
	pid_t pid = CHECK_OK(fork());
	int status;

	if (pid == 0) {
		pthread_t thread;

		for (int i = 0; i < 3; i++)
			pthread_create(&thread, NULL, i & 1 ? burn_on : sleep_on, NULL);
		pause();
		_exit(0);
	}
	usleep(20000);
	for (int i = 0; i < 5; i++) {
		CHECK_OK(kill(pid, SIGSTOP));
		CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
		CHECK(WIFSTOPPED(status));
		CHECK_OK(kill(pid, SIGCONT));
		CHECK_EQ(waitpid(pid, &status, WCONTINUED), pid);
		CHECK(WIFCONTINUED(status));
	}
	CHECK_OK(kill(pid, SIGKILL));
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(WTERMSIG(status), SIGKILL);
}

TEST(stopped_process_can_be_killed, SYS_kill)
{
	pid_t pid = CHECK_OK(fork());
	int status;

	if (pid == 0)
		for (;;)
			pause();
	CHECK_OK(kill(pid, SIGSTOP));
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK_OK(kill(pid, SIGTERM)); /* waits for the continuation */
	CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
	CHECK_OK(kill(pid, SIGCONT));
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(WTERMSIG(status), SIGTERM);
}

/* --- pidfd --- */

TEST(pidfd_polls_signals_and_waits, SYS_pidfd_open)
{
	pid_t pid = CHECK_OK(fork());
	struct pollfd poll_fd;
	siginfo_t info;
	int fd;

	if (pid == 0)
		for (;;)
			pause();
	fd = CHECK_OK(syscall(SYS_pidfd_open, pid, 0));
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	poll_fd = (struct pollfd){ fd, POLLIN, 0 };
	CHECK_EQ(poll(&poll_fd, 1, 0), 0);
	CHECK_OK(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
	CHECK_OK(syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0));
	CHECK_EQ(poll(&poll_fd, 1, 5000), 1);
	memset(&info, 0, sizeof(info));
	CHECK_OK(waitid(3 /* P_PIDFD */, fd, &info, WEXITED));
	CHECK_EQ(info.si_pid, pid);
	CHECK_EQ(info.si_code, CLD_KILLED);
	CHECK_ERR(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0), ESRCH);
	CHECK_ERR(syscall(SYS_pidfd_open, 0, 0), EINVAL);
	CHECK_ERR(syscall(SYS_pidfd_open, 1 << 21, 0), ESRCH);
	CHECK_ERR(syscall(SYS_pidfd_open, getpid(), 1), EINVAL);
	CHECK_ERR(syscall(SYS_pidfd_send_signal, 0, SIGTERM, NULL, 0), EBADF);
}

TEST(clone_gives_a_pidfd, SYS_clone3)
{
	int fd = -1;
	struct clone_args args = { .flags = CLONE_PIDFD,
				   .pidfd = (uint64_t)&fd,
				   .exit_signal = SIGCHLD };
	pid_t pid = CHECK_OK(syscall(SYS_clone3, &args, sizeof(args)));
	struct pollfd poll_fd;

	if (pid == 0)
		_exit(0);
	poll_fd = (struct pollfd){ fd, POLLIN, 0 };
	CHECK_EQ(poll(&poll_fd, 1, 5000), 1);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
}

TEST(pidfd_getfd_copies_a_descriptor, SYS_pidfd_getfd)
{
	int self = CHECK_OK(syscall(SYS_pidfd_open, getpid(), 0)), pipe_fd[2], copy;
	char c;

	CHECK_OK(pipe(pipe_fd));
	copy = CHECK_OK(syscall(SYS_pidfd_getfd, self, pipe_fd[0], 0));
	CHECK_EQ(write(pipe_fd[1], "x", 1), 1);
	CHECK_EQ(read(copy, &c, 1), 1);
	CHECK_ERR(syscall(SYS_pidfd_getfd, self, 900, 0), EBADF);
}

/* --- timers --- */

TEST(posix_timer_counts_overruns, SYS_timer_create, SYS_timer_getoverrun)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
	struct itimerspec spec = { { 0, 1000000 }, { 0, 1000000 } };
	sigset_t set;
	siginfo_t info;
	timer_t id;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	event.sigev_value.sival_int = 77;
	CHECK_OK(timer_create(CLOCK_MONOTONIC, &event, &id));
	CHECK_OK(timer_settime(id, 0, &spec, NULL));
	usleep(30000);
	CHECK_EQ(sigwaitinfo(&set, &info), SIGRTMIN);
	CHECK_EQ(info.si_code, SI_TIMER);
	CHECK_EQ(info.si_value.sival_int, 77);
	CHECK(info.si_overrun >= 5);
	CHECK_EQ(timer_getoverrun(id), info.si_overrun);
	CHECK_OK(timer_delete(id));
	CHECK_ERR(syscall(SYS_timer_gettime, 12345, &spec), EINVAL);
	CHECK_ERR(timer_create(99, &event, &id), EINVAL);
	event.sigev_signo = 99;
	CHECK_ERR(timer_create(CLOCK_MONOTONIC, &event, &id), EINVAL);
}

/* However many a process has, each is found by its number, and no number is given twice. */
TEST(many_posix_timers_keep_their_numbers, SYS_timer_create, SYS_timer_delete)
{
	enum { MANY = 300 };
	struct sigevent event = { .sigev_notify = SIGEV_NONE };
	struct itimerspec spec = {}, now;
	int id[MANY];

	for (int i = 0; i < MANY; i++) {
		CHECK_OK(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id[i]));
		spec.it_value.tv_sec = 1000 + i;
		CHECK_OK(syscall(SYS_timer_settime, id[i], 0, &spec, NULL));
		for (int j = 0; j < i; j++)
			CHECK(id[i] != id[j]);
		if (i % 3 == 2) {
			CHECK_OK(syscall(SYS_timer_delete, id[i - 1]));
			CHECK_ERR(syscall(SYS_timer_gettime, id[i - 1], &now), EINVAL);
		}
	}
	for (int i = 0; i < MANY; i++) {
		if (i % 3 == 1)
			continue;
		CHECK_OK(syscall(SYS_timer_gettime, id[i], &now));
		CHECK(now.it_value.tv_sec >= 990 + i && now.it_value.tv_sec <= 1000 + i);
		CHECK_OK(syscall(SYS_timer_delete, id[i]));
	}
	CHECK_ERR(syscall(SYS_timer_delete, id[0]), EINVAL);
	CHECK_ERR(syscall(SYS_timer_delete, -1), EINVAL);
}

TEST(processor_time_timers_fire, SYS_setitimer)
{
	struct itimerval value = { { 0, 0 }, { 0, 20000 } }, left;

	signal(SIGVTALRM, count_tick);
	signal(SIGPROF, count_tick);
	CHECK_OK(setitimer(ITIMER_VIRTUAL, &value, NULL));
	CHECK_OK(getitimer(ITIMER_VIRTUAL, &left));
	CHECK(left.it_value.tv_sec == 0 && left.it_value.tv_usec > 0);
	CHECK_OK(setitimer(ITIMER_PROF, &value, NULL));
	while (ticks < 2)
		;
	CHECK_OK(getitimer(ITIMER_PROF, &left));
	CHECK_EQ(left.it_value.tv_usec, 0);
	CHECK_ERR(setitimer(7, &value, NULL), EINVAL);
	value.it_value.tv_usec = 1000000;
	CHECK_ERR(setitimer(ITIMER_REAL, &value, NULL), EINVAL);
}

TEST(processor_time_limit_signals_then_kills, SYS_prlimit64)
{
	int status = CHILD({
		struct rlimit limit = { 1, 2 };

		signal(SIGXCPU, count_tick);
		setrlimit(RLIMIT_CPU, &limit);
		while (ticks < 100)
			;
		_exit(0);
	});

	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGKILL);
}

TEST(timerfd_counts_and_polls, SYS_timerfd_create, SYS_timerfd_settime)
{
	int fd = CHECK_OK(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
	struct itimerspec spec = { { 0, 2000000 }, { 0, 2000000 } }, now;
	struct pollfd poll_fd = { fd, POLLIN, 0 };
	uint64_t n;

	CHECK_ERR(read(fd, &n, sizeof(n)), EAGAIN);
	CHECK_OK(timerfd_settime(fd, 0, &spec, NULL));
	CHECK_EQ(poll(&poll_fd, 1, 2000), 1);
	usleep(20000);
	CHECK_EQ(read(fd, &n, sizeof(n)), 8);
	CHECK(n >= 5);
	CHECK_OK(timerfd_gettime(fd, &now));
	CHECK_EQ(now.it_interval.tv_nsec, 2000000);
	CHECK(now.it_value.tv_nsec > 0 && now.it_value.tv_nsec <= 2000000);
	memset(&spec, 0, sizeof(spec));
	CHECK_OK(timerfd_settime(fd, 0, &spec, NULL));
	CHECK_ERR(read(fd, &n, sizeof(n)), EAGAIN);
	CHECK_ERR(read(fd, &n, 4), EINVAL);
	CHECK_ERR(timerfd_settime(0, 0, &spec, NULL), EINVAL);
	CHECK_ERR(timerfd_create(55, 0), EINVAL);
}

/* --- signalfd --- */

TEST(signalfd_reads_and_polls, SYS_signalfd4)
{
	struct signalfd_siginfo got;
	struct pollfd poll_fd;
	struct epoll_event event = { .events = EPOLLIN };
	sigset_t set;
	int fd, epoll;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGCHLD);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	fd = CHECK_OK(signalfd(-1, &set, SFD_NONBLOCK));
	poll_fd = (struct pollfd){ fd, POLLIN, 0 };
	CHECK_ERR(read(fd, &got, sizeof(got)), EAGAIN);
	CHECK_EQ(poll(&poll_fd, 1, 0), 0);
	CHECK_OK(kill(getpid(), SIGUSR1));
	CHECK_EQ(poll(&poll_fd, 1, 0), 1);
	CHECK_EQ(read(fd, &got, sizeof(got)), sizeof(got));
	CHECK_EQ(got.ssi_signo, SIGUSR1);
	CHECK_EQ(got.ssi_pid, getpid());
	CHECK_ERR(read(fd, &got, 10), EINVAL);

	epoll = CHECK_OK(epoll_create1(0));
	CHECK_OK(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
	CHECK_EQ(epoll_wait(epoll, &event, 1, 0), 0);
	if (CHECK_OK(fork()) == 0)
		_exit(3);
	CHECK_EQ(epoll_wait(epoll, &event, 1, 5000), 1);
	CHECK_EQ(read(fd, &got, sizeof(got)), sizeof(got));
	CHECK_EQ(got.ssi_signo, SIGCHLD);
	CHECK_EQ(got.ssi_status, 3);
}

/* --- shared parts --- */

static int child_chdir(void *unused)
{
	return chdir("/") || close(100);
}

TEST(clone_shares_what_it_is_told, SYS_clone)
{
	static char stack[65536] __attribute__((aligned(16)));
	char where[4096];
	int status;
	pid_t pid;

	CHECK_OK(dup2(1, 100));
	pid = CHECK_OK(
		clone(child_chdir, stack + sizeof(stack), CLONE_FS | CLONE_FILES | SIGCHLD, NULL));
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK(getcwd(where, sizeof(where)) && strcmp(where, "/") == 0);
	CHECK_ERR(fcntl(100, F_GETFD), EBADF);
}

TEST(exit_without_sigchld_wants_wclone, SYS_wait4)
{
	static char stack[65536] __attribute__((aligned(16)));
	int status;
	pid_t pid = CHECK_OK(clone(child_chdir, stack + sizeof(stack), 0, NULL));

	CHECK_ERR(waitpid(pid, &status, 0), ECHILD);
	CHECK_EQ(waitpid(pid, &status, __WCLONE), pid);
	pid = CHECK_OK(clone(child_chdir, stack + sizeof(stack), 0, NULL));
	CHECK_EQ(waitpid(pid, &status, __WALL), pid);
}

TEST(ignored_sigchld_leaves_no_zombie, SYS_wait4)
{
	signal(SIGCHLD, SIG_IGN);
	if (CHECK_OK(fork()) == 0)
		_exit(0);
	CHECK_ERR(wait(NULL), ECHILD);
}

/* Threads and processes come and go on all processors, and signals among them. */
static void *come_and_go(void *unused)
{
	for (int i = 0; i < 40; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			if (i & 1)
				execl("/bin/true", "true", NULL);
			_exit(0);
		}
		if (i % 4 == 0)
			kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR1);
	}
	return NULL;
}

TEST_TIMEOUT(threads_fork_exec_and_signal, 60, SYS_tgkill)
{
	pthread_t thread[4];

	signal(SIGUSR1, count_tick);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&thread[i], NULL, come_and_go, NULL), 0);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_join(thread[i], NULL), 0);
	CHECK(ticks >= 100);
	CHECK_ERR(wait(NULL), ECHILD);
}

static void burn_real_time(double seconds)
{
	struct sched_param param = { .sched_priority = 10 };
	struct timespec start, now;

	CHECK_OK(sched_setscheduler(0, SCHED_FIFO, &param));
	clock_gettime(CLOCK_MONOTONIC, &start);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while (now.tv_sec - start.tv_sec + (now.tv_nsec - start.tv_nsec) / 1e9 < seconds);
}

/* sched(7): of each second, real-time threads get 0.95 s. */
TEST_TIMEOUT(real_time_threads_leave_some_time_to_others, 60, SYS_sched_setscheduler)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN) + 1;
	struct timespec start, now;
	pid_t pid[65];
	int status;

	CHECK(n <= 65);
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (long i = 0; i < n; i++) {
		pid[i] = CHECK_OK(fork());
		if (pid[i] == 0) {
			burn_real_time(12);
			_exit(0);
		}
	}
	usleep(1500000); /* all burn by now */
	for (long i = 0; i < n; i++)
		CHECK_OK(kill(pid[i], SIGKILL));
	clock_gettime(CLOCK_MONOTONIC, &now);
	CHECK(now.tv_sec - start.tv_sec < 9);
	for (long i = 0; i < n; i++) {
		CHECK_EQ(waitpid(pid[i], &status, 0), pid[i]);
		CHECK(WIFSIGNALED(status));
	}
}
