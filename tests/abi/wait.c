/* poll(2), select(2), epoll(7), eventfd(2), futex(2), sleeping and clocks. */
#include "abi_test.h"
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/time.h>

static long long now_ns(int clock)
{
	struct timespec ts;

	CHECK_OK(clock_gettime(clock, &ts));
	return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

TEST(poll_tells_readiness, SYS_poll)
{
	int fd[2];
	struct pollfd set[3];
	long long start;

	CHECK_OK(pipe(fd));
	set[0] = (struct pollfd){ fd[0], POLLIN, 0 };
	set[1] = (struct pollfd){ fd[1], POLLOUT, 0 };
	set[2] = (struct pollfd){ -1, POLLIN, 7 };
	CHECK_EQ(poll(set, 3, -1), 1);
	CHECK_EQ(set[0].revents, 0);
	CHECK_EQ(set[1].revents, POLLOUT);
	CHECK_EQ(set[2].revents, 0);
	start = now_ns(CLOCK_MONOTONIC);
	CHECK_EQ(poll(set, 1, 30), 0);
	CHECK(now_ns(CLOCK_MONOTONIC) - start >= 30000000);
	CHECK_EQ(write(fd[1], "x", 1), 1);
	CHECK_EQ(poll(set, 1, -1), 1);
	CHECK_EQ(set[0].revents, POLLIN);
	close(fd[1]);
	CHECK_EQ(poll(set, 2, -1), 2);
	CHECK_EQ(set[0].revents, POLLIN | POLLHUP);
	CHECK_EQ(set[1].revents, POLLNVAL);
	CHECK_ERR(poll((void *)8, 1, 0), EFAULT);
}

TEST(poll_wakes_when_another_writes, SYS_poll)
{
	int fd[2];

	CHECK_OK(pipe(fd));
	if (fork() == 0) {
		usleep(20000);
		CHECK_EQ(write(fd[1], "x", 1), 1);
		_exit(0);
	}
	struct pollfd set = { fd[0], POLLIN, 0 };
	CHECK_EQ(poll(&set, 1, 5000), 1);
}

TEST(select_sets_and_clears_bits, SYS_select, SYS_pselect6)
{
	int fd[2];
	fd_set in, out;
	struct timeval tv = { 0, 20000 };

	CHECK_OK(pipe(fd));
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(fd[0], &in);
	FD_SET(fd[1], &out);
	CHECK_EQ(select(fd[1] + 1, &in, &out, NULL, NULL), 1);
	CHECK(!FD_ISSET(fd[0], &in));
	CHECK(FD_ISSET(fd[1], &out));
	FD_SET(fd[0], &in);
	CHECK_EQ(select(fd[0] + 1, &in, NULL, NULL, &tv), 0);
	CHECK_EQ(tv.tv_usec, 0);
	FD_SET(20, &in);
	CHECK_ERR(select(21, &in, NULL, NULL, &tv), EBADF);
	CHECK_ERR(select(-1, NULL, NULL, NULL, &tv), EINVAL);
}

static void ignore(int sig)
{
}

TEST(ppoll_swaps_the_mask, SYS_ppoll)
{
	struct timespec ts = { 0, 10000000 };
	sigset_t set, empty;

	signal(SIGUSR1, ignore);
	sigemptyset(&empty);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	kill(getpid(), SIGUSR1);
	CHECK_EQ(ppoll(NULL, 0, &ts, NULL), 0);
	CHECK_ERR(ppoll(NULL, 0, &ts, &empty), EINTR);
}

TEST(epoll_levels_edges_and_oneshot, SYS_epoll_ctl)
{
	int ep = CHECK_OK(epoll_create1(EPOLL_CLOEXEC)), fd[2];
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = 42 }, got[4];

	CHECK_OK(pipe(fd));
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd[0], &event));
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_ADD, fd[0], &event), EEXIST);
	CHECK_EQ(epoll_wait(ep, got, 4, 0), 0);
	CHECK_EQ(write(fd[1], "ab", 2), 2);
	CHECK_EQ(epoll_wait(ep, got, 4, -1), 1);
	CHECK_EQ(got[0].data.u64, 42);
	CHECK_EQ(got[0].events, EPOLLIN);
	CHECK_EQ(epoll_wait(ep, got, 4, 0), 1);
	event.events = EPOLLIN | EPOLLET;
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_MOD, fd[0], &event));
	CHECK_EQ(epoll_wait(ep, got, 4, 0), 1);
	CHECK_EQ(epoll_wait(ep, got, 4, 0), 0);
	CHECK_EQ(write(fd[1], "c", 1), 1);
	CHECK_EQ(epoll_wait(ep, got, 4, 0), 1);
	event.events = EPOLLIN | EPOLLONESHOT;
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_MOD, fd[0], &event));
	CHECK_EQ(epoll_wait(ep, got, 4, 0), 1);
	CHECK_EQ(write(fd[1], "d", 1), 1);
	CHECK_EQ(epoll_wait(ep, got, 4, 0), 0);
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_DEL, fd[0], NULL));
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_DEL, fd[0], NULL), ENOENT);
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_ADD, ep, &event), EINVAL);
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_ADD, 999, &event), EBADF);
	CHECK_ERR(epoll_ctl(ep, 9, fd[0], &event), EINVAL);
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_ADD, open("f", O_CREAT | O_RDWR, 0600), &event), EPERM);
	CHECK_ERR(epoll_wait(ep, got, 0, 0), EINVAL);
	CHECK_ERR(epoll_create1(4), EINVAL);
}

TEST(epolls_nest_but_not_in_a_ring, SYS_epoll_ctl)
{
	int a = CHECK_OK(epoll_create1(0)), b = CHECK_OK(epoll_create1(0)), fd[2];
	struct epoll_event event = { .events = EPOLLIN }, got;

	CHECK_OK(pipe(fd));
	CHECK_OK(epoll_ctl(a, EPOLL_CTL_ADD, b, &event));
	CHECK_ERR(epoll_ctl(b, EPOLL_CTL_ADD, a, &event), ELOOP);
	CHECK_OK(epoll_ctl(b, EPOLL_CTL_ADD, fd[0], &event));
	CHECK_EQ(epoll_wait(a, &got, 1, 0), 0);
	CHECK_EQ(write(fd[1], "x", 1), 1);
	CHECK_EQ(epoll_wait(a, &got, 1, -1), 1);
	close(fd[0]);
	CHECK_EQ(epoll_wait(b, &got, 1, 0), 0);
}

TEST(eventfd_counts, SYS_eventfd2)
{
	int fd = CHECK_OK(eventfd(3, EFD_NONBLOCK));
	uint64_t value = 4;

	CHECK_EQ(write(fd, &value, 8), 8);
	CHECK_EQ(read(fd, &value, 8), 8);
	CHECK_EQ(value, 7);
	CHECK_ERR(read(fd, &value, 8), EAGAIN);
	CHECK_ERR(read(fd, &value, 4), EINVAL);
	value = -1;
	CHECK_ERR(write(fd, &value, 8), EINVAL);
	value = -2;
	CHECK_EQ(write(fd, &value, 8), 8);
	value = 1;
	CHECK_ERR(write(fd, &value, 8), EAGAIN);
	fd = CHECK_OK(eventfd(2, EFD_SEMAPHORE));
	CHECK_EQ(read(fd, &value, 8), 8);
	CHECK_EQ(value, 1);
	CHECK_ERR(eventfd(0, 2), EINVAL);
}

static uint32_t word;

static long futex(uint32_t *addr, int op, uint32_t value, const void *timeout, uint32_t *addr2,
		  uint32_t value3)
{
	return syscall(SYS_futex, addr, op, value, timeout, addr2, value3);
}

static void *wait_word(void *arg)
{
	return (void *)futex(&word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

TEST(futex_waits_and_wakes, SYS_futex)
{
	struct timespec ts = { 0, 10000000 };
	pthread_t threads[3];
	uint32_t other = 0;

	CHECK_ERR(futex(&word, FUTEX_WAIT, 1, NULL, NULL, 0), EAGAIN);
	CHECK_ERR(futex(&word, FUTEX_WAIT, 0, &ts, NULL, 0), ETIMEDOUT);
	CHECK_ERR(futex((uint32_t *)((char *)&word + 1), FUTEX_WAIT, 0, NULL, NULL, 0), EINVAL);
	CHECK_ERR(futex((uint32_t *)8, FUTEX_WAIT, 0, NULL, NULL, 0), EFAULT);
	CHECK_ERR(futex(&word, 99, 0, NULL, NULL, 0), ENOSYS);
	CHECK_ERR(futex(&word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0), EINVAL);
	CHECK_EQ(futex(&word, FUTEX_WAKE, 10, NULL, NULL, 0), 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, wait_word, NULL), 0);
	usleep(100000);
	CHECK_EQ(futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0), 1);
	CHECK_EQ(futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)10, &other, 0), 2);
	CHECK_ERR(futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)10, &other, 5), EAGAIN);
	CHECK_EQ(futex(&word, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0), 0);
	CHECK_EQ(futex(&other, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0), 1);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	CHECK_EQ(futex(&word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, &other,
		       FUTEX_OP(FUTEX_OP_ADD, 5, FUTEX_OP_CMP_EQ, 0)),
		 0);
	CHECK_EQ(other, 5);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static long counter;

static void *count_up(void *arg)
{
	for (int i = 0; i < 20000; i++) {
		pthread_mutex_lock(&mutex);
		counter++;
		if (i % 1000 == 0)
			pthread_cond_broadcast(&cond);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

TEST(threads_share_a_mutex, SYS_futex, SYS_clone, SYS_clone3)
{
	pthread_t threads[8];

	for (int i = 0; i < 8; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, count_up, NULL), 0);
	pthread_mutex_lock(&mutex);
	while (counter < 1000)
		pthread_cond_wait(&cond, &mutex);
	pthread_mutex_unlock(&mutex);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	CHECK_EQ(counter, 160000);
}

TEST(robust_mutex_tells_of_a_dead_owner, SYS_set_robust_list)
{
	pthread_mutex_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_t attr;
	size_t len;
	void *head;

	CHECK_OK(syscall(SYS_get_robust_list, 0, &head, &len));
	CHECK_ERR(syscall(SYS_set_robust_list, head, 5), EINVAL);
	CHECK_OK(syscall(SYS_set_robust_list, head, len));
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(shared, &attr);
	CHECK_CHILD(pthread_mutex_lock(shared));
	CHECK_EQ(pthread_mutex_lock(shared), EOWNERDEAD);
}

TEST(sleeps_last, SYS_clock_nanosleep, SYS_nanosleep)
{
	long long start = now_ns(CLOCK_MONOTONIC);
	struct timespec ts = { 0, 15000000 };

	CHECK_OK(nanosleep(&ts, NULL));
	CHECK(now_ns(CLOCK_MONOTONIC) - start >= 15000000);
	start = now_ns(CLOCK_MONOTONIC) + 15000000;
	ts = (struct timespec){ start / 1000000000, start % 1000000000 };
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL), 0);
	CHECK(now_ns(CLOCK_MONOTONIC) >= start);
	CHECK_EQ(clock_nanosleep(77, 0, &ts, NULL), EINVAL);
}

TEST(clocks_agree, SYS_clock_getres, SYS_gettimeofday)
{
	struct timespec ts;
	struct timeval tv;

	CHECK_OK(syscall(SYS_clock_getres, CLOCK_MONOTONIC, &ts));
	CHECK_EQ(ts.tv_nsec, 1);
	CHECK_OK(syscall(SYS_gettimeofday, &tv, NULL));
	CHECK(llabs(tv.tv_sec - now_ns(CLOCK_REALTIME) / 1000000000) <= 1);
	CHECK(now_ns(CLOCK_BOOTTIME) >= now_ns(CLOCK_MONOTONIC) - 1000000000);
	CHECK(now_ns(CLOCK_MONOTONIC_COARSE) <= now_ns(CLOCK_MONOTONIC));
	CHECK_ERR(syscall(SYS_clock_gettime, 77, &ts), EINVAL);
	long long a = now_ns(CLOCK_THREAD_CPUTIME_ID), b = now_ns(CLOCK_THREAD_CPUTIME_ID);
	CHECK(b >= a);
	for (int i = 0; i < 10000; i++) {
		b = now_ns(CLOCK_MONOTONIC);
		CHECK(b >= (i ? a : b));
		a = b;
	}
}

/* epoll(7): an edge is new input, not that somebody took some of it. */
TEST(taking_part_of_a_pipe_is_no_edge, SYS_epoll_ctl)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int ep = CHECK_OK(epoll_create1(0)), fd[2];
	char c;

	CHECK_OK(pipe(fd));
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd[0], &event));
	CHECK_EQ(write(fd[1], "ab", 2), 2);
	CHECK_EQ(epoll_wait(ep, &event, 1, 0), 1);
	CHECK_EQ(read(fd[0], &c, 1), 1);
	CHECK_EQ(epoll_wait(ep, &event, 1, 0), 0);
	CHECK_EQ(write(fd[1], "c", 1), 1);
	CHECK_EQ(epoll_wait(ep, &event, 1, 0), 1);
}

TEST(what_is_always_ready_cannot_be_watched, SYS_epoll_ctl)
{
	static const char *const names[] = { "/dev/null", "/dev/zero", "/dev/full", "/tmp",
					     "/proc" };
	struct epoll_event event = { .events = EPOLLIN };
	int ep = CHECK_OK(epoll_create1(0));

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_ADD, CHECK_OK(open(names[i], O_RDONLY)), &event),
			  EPERM);
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, CHECK_OK(open("/proc/version", O_RDONLY)), &event));
}

static volatile int let_in;

static void note_signal(int sig)
{
	let_in++;
}

/* A signal that only the call's mask lets through ends it, even without any time to wait;
 * with something ready it stays pending. */
TEST(a_mask_lets_a_signal_in_without_waiting, SYS_ppoll, SYS_pselect6)
{
	sigset_t usr, none;
	struct timespec now = { 0, 0 };
	struct pollfd pollfd = { .events = POLLIN };
	int p[2];

	CHECK_OK(pipe(p));
	sigemptyset(&none);
	sigemptyset(&usr);
	sigaddset(&usr, SIGUSR1);
	CHECK_OK(sigprocmask(SIG_BLOCK, &usr, NULL));
	signal(SIGUSR1, note_signal);
	pollfd.fd = p[0];
	raise(SIGUSR1);
	CHECK_ERR(ppoll(&pollfd, 1, &now, &none), EINTR);
	CHECK_EQ(let_in, 1);
	raise(SIGUSR1);
	CHECK_ERR(pselect(0, NULL, NULL, NULL, &now, &none), EINTR);
	CHECK_EQ(let_in, 2);
	raise(SIGUSR1);
	CHECK_EQ(write(p[1], "x", 1), 1);
	CHECK_EQ(ppoll(&pollfd, 1, &now, &none), 1);
	CHECK_EQ(let_in, 2);
	CHECK_OK(sigprocmask(SIG_UNBLOCK, &usr, NULL));
	CHECK_EQ(let_in, 3);
}
