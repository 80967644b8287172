/*
 * race.c - who comes between
 *
 * Each test is named after a race that was lost once: between a look and what
 * is done about it another thread does something.  They want several
 * processors; a debug kernel, where freed memory is filled, tells more.
 */
#include "abi_test.h"
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/timerfd.h>

static volatile bool done;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* A thread that does @fn until end_beside(). */
static pthread_t beside;

static void begin_beside(void *(*fn)(void *), void *arg)
{
	done = false;
	CHECK_EQ(pthread_create(&beside, NULL, fn, arg), 0);
}

static void end_beside(void)
{
	done = true;
	pthread_join(beside, NULL);
}

/* ---- epoll ---- */

static void *harvest(void *arg)
{
	struct epoll_event got;

	while (!done)
		epoll_wait(*(int *)arg, &got, 1, 0);
	return NULL;
}

/* What is ready all the time is so for poll too, while epoll_wait() has it off the list. */
TEST(epoll_is_ready_while_another_harvests, SYS_epoll_wait)
{
	struct epoll_event event = { .events = EPOLLIN }, got;
	int ep = CHECK_OK(epoll_create1(0)), missed = 0;
	struct pollfd pfd = { .fd = ep, .events = POLLIN };
	double end = now() + 1;

	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, eventfd(1, 0), &event));
	begin_beside(harvest, &ep);
	while (now() < end) {
		CHECK_EQ(poll(&pfd, 1, 3000), 1);
		CHECK_EQ(epoll_wait(ep, &got, 1, 3000), 1);
		missed += epoll_wait(ep, &got, 1, 0) != 1;
	}

	end_beside();
	CHECK(missed < 5); /* Linux, too, can look at the wrong moments */
}

/* Its table of descriptors grows, or goes away, while a ring is looked for in it. */
static void *fill_epoll(void *arg)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fd[200], *inner = arg;

	for (int i = 0; i < 200; i++)
		fd[i] = eventfd(0, 0);
	while (!done) {
		for (int i = 0; i < 200; i++)
			epoll_ctl(*inner, EPOLL_CTL_ADD, fd[i], &event);
		for (int i = 0; i < 200; i++)
			epoll_ctl(*inner, EPOLL_CTL_DEL, fd[i], &event);
	}
	return NULL;
}

TEST(epoll_grows_while_a_ring_is_looked_for, SYS_epoll_ctl)
{
	struct epoll_event event = { .events = EPOLLIN };
	int outer = CHECK_OK(epoll_create1(0)), inner;
	double end = now() + 1;

	while (now() < end) {
		inner = CHECK_OK(epoll_create1(0));
		begin_beside(fill_epoll, &inner);
		for (int i = 0; i < 50; i++) {
			CHECK_OK(epoll_ctl(outer, EPOLL_CTL_ADD, inner, &event));
			CHECK_ERR(epoll_ctl(inner, EPOLL_CTL_ADD, outer, &event), ELOOP);
			CHECK_OK(epoll_ctl(outer, EPOLL_CTL_DEL, inner, &event));
		}

		end_beside();
		close(inner);
		for (int fd = inner + 1; fd < inner + 210; fd++)
			close(fd);
	}
}

/* Layers of epolls, each watching all of the next: the ways through them are many. */
TEST(epolls_in_layers_are_walked_once, SYS_epoll_ctl)
{
	enum { LAYERS = 4, WIDTH = 60 };
	struct epoll_event event = { .events = EPOLLIN };
	int fd[LAYERS][WIDTH], err = 0;
	double begin = now();

	for (int layer = 0; layer < LAYERS; layer++)
		for (int i = 0; i < WIDTH; i++)
			fd[layer][i] = CHECK_OK(epoll_create1(0));
	/* Linux refuses at some point; either way it takes no minutes. */
	for (int layer = LAYERS - 1; layer > 0 && !err; layer--)
		for (int n = 0; n < WIDTH * WIDTH && !err; n++)
			err = epoll_ctl(fd[layer - 1][n / WIDTH], EPOLL_CTL_ADD,
					fd[layer][n % WIDTH], &event);
	CHECK(!err || errno == EINVAL);
	CHECK(now() - begin < 15);
}

/* ---- files ---- */

static void *cut_and_write(void *arg)
{
	int fd = *(int *)arg;

	while (!done) {
		CHECK_OK(ftruncate(fd, 0));
		CHECK_EQ(pwrite(fd, "m", 1, 0), 1);
	}
	return NULL;
}

/* Never the zero of a hole: the file has its byte, or none. */
TEST(file_is_cut_short_while_it_is_read, SYS_ftruncate)
{
	int fd = CHECK_OK(open("f", O_CREAT | O_RDWR, 0600));
	double end = now() + 2;
	char c;

	begin_beside(cut_and_write, &fd);
	while (now() < end)
		if (CHECK_OK(pread(fd, &c, 1, 0)) == 1)
			CHECK_EQ(c, 'm');
	end_beside();
}

/* ---- timers ---- */

static timer_t timer;
static const struct itimerspec soon = { .it_value = { 0, 20000 } };

static void *set_timer(void *arg)
{
	while (!done)
		timer_settime(timer, 0, &soon, NULL);
	return NULL;
}

/* Set anew on another processor while its callback waits for a lock, and then gone. */
TEST(timer_goes_while_it_fires_elsewhere, SYS_timer_settime)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	double end = now() + 2;

	signal(SIGUSR1, SIG_IGN);
	CHECK_OK(timer_create(CLOCK_MONOTONIC, &event, &timer));
	begin_beside(set_timer, NULL);
	while (now() < end) {
		timer_t old = timer, next;

		CHECK_OK(timer_create(CLOCK_MONOTONIC, &event, &next));
		for (int i = 0; i < 20; i++)
			CHECK_OK(timer_settime(old, 0, &soon, NULL));
		timer = next;
		CHECK_OK(timer_delete(old));
	}

	end_beside();
	CHECK_OK(timer_settime(timer, 0, &soon, NULL));
}

static void *set_timerfd(void *arg)
{
	while (!done)
		timerfd_settime(*(int *)arg, 0, &soon, NULL);
	return NULL;
}

TEST(timerfd_closes_while_it_fires_elsewhere, SYS_timerfd_settime)
{
	double end = now() + 2;
	int fd = CHECK_OK(timerfd_create(CLOCK_MONOTONIC, 0));

	begin_beside(set_timerfd, &fd);
	while (now() < end) {
		int old = fd, next = CHECK_OK(timerfd_create(CLOCK_MONOTONIC, 0));

		for (int i = 0; i < 20; i++)
			CHECK_OK(timerfd_settime(old, 0, &soon, NULL));
		fd = next;
		CHECK_OK(close(old));
	}

	end_beside();
	CHECK_OK(timerfd_settime(fd, 0, &soon, NULL));
}

/* ---- stop, end and wait ---- */

static void *end_soon(void *arg)
{
	for (volatile int i = 0; i < 2000; i++)
		;
	syscall(SYS_exit, 0);
	return NULL;
}

/* umount(2) waits for every processor to let go: also for those that just go to sleep. */
TEST_TIMEOUT(unmounting_while_processors_fall_asleep, 60, SYS_mount)
{
	CHECK_OK(mkdir("/tmp/asleep", 0755));
	for (int i = 0; i < 300; i++) {
		CHECK_OK(mount("asleep", "/tmp/asleep", "tmpfs", 0, NULL));
		CHECK_OK(umount("/tmp/asleep"));
	}
	CHECK_OK(rmdir("/tmp/asleep"));
}

/* A thread that ends in a stop tells the parent of it, when the process may be gone. */
TEST_TIMEOUT(process_is_killed_while_it_stops_and_a_thread_ends, 60, SYS_kill, SYS_wait4)
{
	for (int round = 0; round < 20; round++) {
		pid_t pid = fork();
		int status;

		CHECK(pid >= 0);
		if (pid == 0) {
			pthread_t thread;

			for (;;) {
				for (int i = 0; i < 4; i++)
					if (!pthread_create(&thread, NULL, end_soon, NULL))
						pthread_detach(thread);
				sched_yield();
			}
		}
		for (int i = 0; i < 10; i++) {
			CHECK_OK(kill(pid, SIGSTOP));
			sched_yield();
			CHECK_OK(kill(pid, SIGCONT));
		}
		CHECK_OK(kill(pid, SIGSTOP));
		CHECK_OK(kill(pid, SIGKILL));
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK(WIFSIGNALED(status));
	}
}

/* ---- record locks ---- */

static void *wait_for_lock(void *arg)
{
	struct flock lock = { .l_type = F_WRLCK };
	int fd = *(int *)arg;

	return fcntl(fd, F_SETLKW, &lock) < 0 ? (void *)(long)errno : NULL;
}

/* A lock that is granted when its descriptor is closed already does not stay. */
TEST(descriptor_closes_while_its_lock_is_waited_for, SYS_fcntl)
{
	struct flock lock = { .l_type = F_WRLCK };
	int fd = CHECK_OK(open("f", O_CREAT | O_RDWR, 0600)), ready[2], go[2], status;
	pthread_t thread;
	void *error;
	pid_t holder;
	char byte;

	CHECK_OK(pipe(ready));
	CHECK_OK(pipe(go));
	holder = CHECK_OK(fork());
	if (holder == 0) {
		CHECK_OK(fcntl(fd, F_SETLK, &lock));
		CHECK_EQ(write(ready[1], "x", 1), 1);
		CHECK_EQ(read(go[0], &byte, 1), 1);
		_exit(0);
	}
	CHECK_EQ(read(ready[0], &byte, 1), 1);
	CHECK_EQ(pthread_create(&thread, NULL, wait_for_lock, &fd), 0);
	usleep(100000);
	CHECK_OK(close(fd));
	CHECK_EQ(write(go[1], "x", 1), 1);
	CHECK_EQ(pthread_join(thread, &error), 0);
	CHECK_EQ((long)error, EBADF);
	CHECK_EQ(waitpid(holder, &status, 0), holder);
	CHECK_CHILD({
		fd = CHECK_OK(open("f", O_RDWR));
		CHECK_OK(fcntl(fd, F_GETLK, &lock));
		CHECK_EQ(lock.l_type, F_UNLCK);
	});
}

/* ---- timers ---- */

static volatile int next_timer;

static void *delete_next(void *arg)
{
	while (!done)
		(void)!syscall(SYS_timer_delete, next_timer);
	return arg;
}

/* Numbers go up by one: who guesses the next deletes a timer before its maker has heard of it. */
TEST(timer_is_deleted_while_it_is_made, SYS_timer_create)
{
	struct sigevent event = { .sigev_notify = SIGEV_NONE };
	double end = now() + 1;
	int id;

	CHECK_OK(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id));
	next_timer = id + 1;
	begin_beside(delete_next, NULL);
	while (now() < end) {
		CHECK_OK(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id));
		CHECK_EQ(id, next_timer);
		next_timer = id + 1;
		(void)!syscall(SYS_timer_delete, id);
	}
	end_beside();
}

/* ---- credentials ---- */

/* As itself with another real uid, and with timers and children that are charged to it. */
static void *change_uid(void *arg)
{
	uid_t first = (uid_t)(long)arg;
	struct sigevent event = { .sigev_notify = SIGEV_NONE };
	int id;

	for (int i = 0; i < 400; i++) {
		CHECK_OK(syscall(SYS_setresuid, first + i % 3, -1, -1));
		CHECK_OK(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id));
		CHECK_OK(syscall(SYS_timer_delete, id));
	}
	return NULL;
}

/* Threads have real uids of their own: nobody's record goes while it is charged, and no charge stays. */
TEST_TIMEOUT(threads_change_their_real_uid_at_once, 60, SYS_setresuid)
{
	const struct rlimit none = { 1, 1 }, one = { 2, 2 };
	int status;

	CHECK_CHILD({
		pthread_t threads[4];

		for (long i = 0; i < 4; i++)
			CHECK_EQ(pthread_create(&threads[i], NULL, change_uid, (void *)(4001 + i)),
				 0);
		for (int i = 0; i < 4; i++)
			CHECK_EQ(pthread_join(threads[i], NULL), 0);
		CHECK_EQ(getuid(), 0);
	});
	for (uid_t uid = 4001; uid < 4007; uid++)
		CHECK_CHILD({
			pid_t pid;

			CHECK_OK(setrlimit(RLIMIT_NPROC, &one));
			CHECK_OK(setresuid(uid, uid, uid));
			pid = CHECK_OK(fork());
			if (pid == 0)
				_exit(0);
			CHECK_EQ(waitpid(pid, &status, 0), pid);
			CHECK_OK(setrlimit(RLIMIT_NPROC, &none));
			CHECK_ERR(fork(), EAGAIN);
		});
}
