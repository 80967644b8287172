/* epoll(7), eventfd(2), timerfd_gettime(2): the calls with fewer or more arguments than the usual ones. */
#include "abi_test.h"
#include <linux/time_types.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

static void on_alarm(int sig)
{
}

TEST(epolls_are_made, SYS_epoll_create, SYS_epoll_create1)
{
	int fd = CHECK_OK(syscall(SYS_epoll_create, 1));

	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	CHECK_ERR(syscall(SYS_epoll_create, 0), EINVAL);
	CHECK_ERR(syscall(SYS_epoll_create, -1), EINVAL);
	fd = CHECK_OK(syscall(SYS_epoll_create1, EPOLL_CLOEXEC));
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(CHECK_OK(syscall(SYS_epoll_create1, 0)), F_GETFD), 0);
	CHECK_ERR(syscall(SYS_epoll_create1, 1), EINVAL);
	CHECK_ERR(syscall(SYS_epoll_create1, O_NONBLOCK), EINVAL);
}

/* An epoll that waits for the read end of a pipe. */
static int watch(int end[2])
{
	struct epoll_event event = { EPOLLIN, { .u64 = 0x1234567890 } };
	int fd = CHECK_OK(epoll_create1(0));

	CHECK_OK(pipe(end));
	CHECK_OK(epoll_ctl(fd, EPOLL_CTL_ADD, end[0], &event));
	return fd;
}

TEST(epoll_waits_with_another_mask, SYS_epoll_pwait)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct epoll_event event;
	uint64_t all = ~0ull, none = 0;
	sigset_t set;
	int end[2], fd = watch(end);

	CHECK_EQ(syscall(SYS_epoll_pwait, fd, &event, 1, 0, NULL, 8L), 0);
	CHECK_EQ(write(end[1], "x", 1), 1);
	CHECK_EQ(syscall(SYS_epoll_pwait, fd, &event, 1, -1, &all, 8L), 1);
	CHECK(event.events == EPOLLIN && event.data.u64 == 0x1234567890);
	CHECK_EQ(read(end[0], &event, 1), 1);
	/* Blocked outside, not during the wait. */
	CHECK_OK(sigaction(SIGALRM, &action, NULL));
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	CHECK_OK(raise(SIGALRM));
	CHECK_ERR(syscall(SYS_epoll_pwait, fd, &event, 1, -1, &none, 8L), EINTR);
	CHECK_OK(sigpending(&set));
	CHECK(!sigismember(&set, SIGALRM));
	CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &set));
	CHECK(sigismember(&set, SIGALRM));
	CHECK_ERR(syscall(SYS_epoll_pwait, fd, &event, 0, 0, NULL, 8L), EINVAL);
	CHECK_ERR(syscall(SYS_epoll_pwait, fd, &event, 1, 0, &none, 4L), EINVAL);
	CHECK_ERR(syscall(SYS_epoll_pwait, fd, &event, 1, 0, (void *)-4096, 8L), EFAULT);
	CHECK_ERR(syscall(SYS_epoll_pwait, end[0], &event, 1, 0, NULL, 8L), EINVAL);
	CHECK_ERR(syscall(SYS_epoll_pwait, 99, &event, 1, 0, NULL, 8L), EBADF);
}

TEST(epoll_waits_for_nanoseconds, SYS_epoll_pwait2)
{
	struct __kernel_timespec zero = { 0, 0 }, little = { 0, 20000000 }, bad = { 0, 1000000000 },
				 past = { -1, 0 };
	struct epoll_event event;
	struct timespec start, now;
	int end[2], fd = watch(end);

	CHECK_EQ(syscall(SYS_epoll_pwait2, fd, &event, 1, &zero, NULL, 8L), 0);
	CHECK_OK(clock_gettime(CLOCK_MONOTONIC, &start));
	CHECK_EQ(syscall(SYS_epoll_pwait2, fd, &event, 1, &little, NULL, 8L), 0);
	CHECK_OK(clock_gettime(CLOCK_MONOTONIC, &now));
	CHECK((now.tv_sec - start.tv_sec) * 1000000000 + now.tv_nsec - start.tv_nsec >= 20000000);
	CHECK_EQ(write(end[1], "x", 1), 1);
	CHECK_EQ(syscall(SYS_epoll_pwait2, fd, &event, 1, NULL, NULL, 8L), 1);
	CHECK_EQ(event.events, EPOLLIN);
	CHECK_ERR(syscall(SYS_epoll_pwait2, fd, &event, 1, &bad, NULL, 8L), EINVAL);
	CHECK_ERR(syscall(SYS_epoll_pwait2, fd, &event, 1, &past, NULL, 8L), EINVAL);
	CHECK_ERR(syscall(SYS_epoll_pwait2, fd, &event, 1, (void *)-4096, NULL, 8L), EFAULT);
	CHECK_ERR(syscall(SYS_epoll_pwait2, fd, &event, -1, &zero, NULL, 8L), EINVAL);
	CHECK_ERR(syscall(SYS_epoll_pwait2, fd, (void *)-4096, 1, &zero, NULL, 8L), EFAULT);
}

TEST(eventfd_without_flags, SYS_eventfd)
{
	uint64_t value;
	int fd = CHECK_OK(syscall(SYS_eventfd, 3));

	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	CHECK_EQ(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	value = 4;
	CHECK_EQ(write(fd, &value, 8), 8);
	CHECK_EQ(read(fd, &value, 8), 8);
	CHECK_EQ(value, 7);
}

TEST(timers_say_when, SYS_timerfd_gettime)
{
	struct itimerspec set = { { 5, 7 }, { 100, 0 } }, got;
	int fd = CHECK_OK(timerfd_create(CLOCK_MONOTONIC, 0));

	CHECK_OK(syscall(SYS_timerfd_gettime, fd, &got));
	CHECK(got.it_value.tv_sec == 0 && got.it_value.tv_nsec == 0);
	CHECK_OK(timerfd_settime(fd, 0, &set, NULL));
	CHECK_OK(syscall(SYS_timerfd_gettime, fd, &got));
	CHECK(got.it_value.tv_sec <= 100 && got.it_value.tv_sec >= 90);
	CHECK(got.it_interval.tv_sec == 5 && got.it_interval.tv_nsec == 7);
	set.it_value.tv_sec = set.it_interval.tv_sec = set.it_interval.tv_nsec = 0;
	set.it_value.tv_nsec = 1;
	CHECK_OK(timerfd_settime(fd, 0, &set, NULL));
	usleep(20000);
	CHECK_OK(syscall(SYS_timerfd_gettime, fd, &got)); /* over, and once only */
	CHECK(got.it_value.tv_sec == 0 && got.it_value.tv_nsec == 0);
	CHECK_ERR(syscall(SYS_timerfd_gettime, fd, (void *)-4096), EFAULT);
	CHECK_ERR(syscall(SYS_timerfd_gettime, 99, &got), EBADF);
	CHECK_ERR(syscall(SYS_timerfd_gettime, 1, &got), EINVAL);
}
