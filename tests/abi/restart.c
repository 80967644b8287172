/*
 * signal(7), "Interruption of system calls": one row for each call that waits.
 * A handler without SA_RESTART makes every one EINTR; with it those marked go on.
 * SIGSTOP and SIGCONT without a handler disturb nobody but the two that the man
 * page names.
 */
#include "abi_test.h"
#include <linux/futex.h>
#include <poll.h>
#include <pty.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

static int pipe_fd[2], full_fd[2], event_fd, timer_fd, signal_fd, epoll_fd, pty_fd, lock_fd;
static uint32_t word;
static sigset_t blocked;

static long do_read(void)
{
	char c;
	return read(pipe_fd[0], &c, 1);
}

static long do_write(void)
{
	return write(full_fd[1], "x", 1);
}

static long do_readv(void)
{
	char c;
	struct {
		void *base;
		size_t len;
	} v = { &c, 1 };
	return syscall(SYS_readv, pipe_fd[0], &v, 1);
}

static long do_tty(void)
{
	char c;
	return read(pty_fd, &c, 1);
}

static long do_fifo(void)
{
	return open("fifo", O_RDONLY);
}

static long do_eventfd(void)
{
	uint64_t n;
	return read(event_fd, &n, 8);
}

static long do_timerfd(void)
{
	uint64_t n;
	return read(timer_fd, &n, 8);
}

static long do_signalfd(void)
{
	char buf[128];
	return read(signal_fd, buf, 128);
}

static long do_wait(void)
{
	return wait4(-1, NULL, 0, NULL);
}

static long do_waitid(void)
{
	return waitid(P_ALL, 0, NULL, WEXITED);
}

static long do_flock(void)
{
	return flock(lock_fd, LOCK_EX);
}

static long do_setlkw(void)
{
	struct flock l = { .l_type = F_WRLCK };
	return fcntl(lock_fd, F_SETLKW, &l);
}

static long do_futex(void)
{
	return syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL);
}

static long do_futex_bitset(void)
{
	return syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 1);
}

static long do_futex_timed(void)
{
	struct timespec t = { 30, 0 };
	return syscall(SYS_futex, &word, FUTEX_WAIT, 0, &t);
}

static long do_poll(void)
{
	return syscall(SYS_poll, NULL, 0, 30000);
}

static long do_poll_forever(void)
{
	return syscall(SYS_poll, NULL, 0, -1);
}

static long do_ppoll(void)
{
	return syscall(SYS_ppoll, NULL, 0, NULL, NULL, 8);
}

static long do_ppoll_timed(void)
{
	struct timespec t = { 30, 0 };
	return syscall(SYS_ppoll, NULL, 0, &t, NULL, 8);
}

static long do_select(void)
{
	return syscall(SYS_select, 0, NULL, NULL, NULL, NULL);
}

static long do_pselect(void)
{
	struct timespec t = { 30, 0 };
	return syscall(SYS_pselect6, 0, NULL, NULL, NULL, &t, NULL);
}

static long do_epoll(void)
{
	struct epoll_event e;
	return syscall(SYS_epoll_wait, epoll_fd, &e, 1, -1);
}

static long do_epoll_pwait(void)
{
	struct epoll_event e;
	return syscall(SYS_epoll_pwait, epoll_fd, &e, 1, 30000, NULL, 8);
}

static long do_epoll_pwait2(void)
{
	struct epoll_event e;
	struct timespec t = { 30, 0 };
	return syscall(SYS_epoll_pwait2, epoll_fd, &e, 1, &t, NULL, 8);
}

static long do_nanosleep(void)
{
	struct timespec t = { 30, 0 };
	return syscall(SYS_nanosleep, &t, NULL);
}

static long do_clock_nanosleep(void)
{
	struct timespec t = { 30, 0 };
	return syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &t, NULL);
}

static long do_clock_nanosleep_abs(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += 30;
	return syscall(SYS_clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL);
}

static long do_pause(void)
{
	return syscall(SYS_pause);
}

static long do_sigsuspend(void)
{
	uint64_t none = 0;
	return syscall(SYS_rt_sigsuspend, &none, 8);
}

static long do_sigtimedwait(void)
{
	uint64_t set = 1ull << (SIGUSR2 - 1);
	struct timespec t = { 30, 0 };
	return syscall(SYS_rt_sigtimedwait, &set, NULL, &t, 8);
}

static long do_sigwaitinfo(void)
{
	uint64_t set = 1ull << (SIGUSR2 - 1);
	return syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, 8);
}

static long do_vmsplice(void)
{
	struct {
		void *base;
		size_t len;
	} v = { &word, 4 };
	return syscall(SYS_vmsplice, full_fd[1], &v, 1, 0);
}

static long do_splice(void)
{
	return syscall(SYS_splice, pipe_fd[0], NULL, full_fd[1], NULL, 1, 0);
}

enum { RESTARTS = 1, STOP_ENDS = 2 };

static const struct row {
	const char *name;
	long (*call)(void);
	int nr;
	int how;
} rows[] = {
	{ "read of a pipe", do_read, SYS_read, RESTARTS },
	{ "readv of a pipe", do_readv, SYS_readv, RESTARTS },
	{ "write to a pipe", do_write, SYS_write, RESTARTS },
	{ "read of a terminal", do_tty, SYS_read, RESTARTS },
	{ "open of a FIFO", do_fifo, SYS_openat, RESTARTS },
	{ "read of an eventfd", do_eventfd, SYS_read, RESTARTS },
	{ "read of a timerfd", do_timerfd, SYS_read, RESTARTS },
	{ "read of a signalfd", do_signalfd, SYS_read, RESTARTS },
	{ "wait4", do_wait, SYS_wait4, RESTARTS },
	{ "waitid", do_waitid, SYS_waitid, RESTARTS },
	{ "flock", do_flock, SYS_flock, RESTARTS },
	{ "F_SETLKW", do_setlkw, SYS_fcntl, RESTARTS },
	{ "futex", do_futex, SYS_futex, RESTARTS },
	{ "futex bitset", do_futex_bitset, SYS_futex, RESTARTS },
	{ "futex with a timeout", do_futex_timed, SYS_futex, 0 },
	{ "poll", do_poll, SYS_poll, 0 },
	{ "poll without a timeout", do_poll_forever, SYS_poll, 0 },
	{ "ppoll", do_ppoll, SYS_ppoll, 0 },
	{ "ppoll with a timeout", do_ppoll_timed, SYS_ppoll, 0 },
	{ "select", do_select, SYS_select, 0 },
	{ "pselect6", do_pselect, SYS_pselect6, 0 },
	{ "epoll_wait", do_epoll, SYS_epoll_wait, STOP_ENDS },
	{ "epoll_pwait", do_epoll_pwait, SYS_epoll_pwait, STOP_ENDS },
	{ "epoll_pwait2", do_epoll_pwait2, SYS_epoll_pwait2, STOP_ENDS },
	{ "nanosleep", do_nanosleep, SYS_nanosleep, 0 },
	{ "clock_nanosleep", do_clock_nanosleep, SYS_clock_nanosleep, 0 },
	{ "clock_nanosleep to a time", do_clock_nanosleep_abs, SYS_clock_nanosleep, 0 },
	{ "pause", do_pause, SYS_pause, 0 },
	{ "rt_sigsuspend", do_sigsuspend, SYS_rt_sigsuspend, 0 },
	{ "rt_sigtimedwait", do_sigtimedwait, SYS_rt_sigtimedwait, STOP_ENDS },
	{ "rt_sigtimedwait without a timeout", do_sigwaitinfo, SYS_rt_sigtimedwait, STOP_ENDS },
	{ "splice", do_splice, SYS_splice, RESTARTS },
	{ "vmsplice", do_vmsplice, SYS_vmsplice, RESTARTS },
};

static int hits;

static void handler(int sig)
{
	hits++;
}

static void open_all(void)
{
	struct epoll_event e = { 0 };
	int master, pid;
	char buf[4096] = { 0 };

	CHECK_OK(pipe(pipe_fd));
	CHECK_OK(pipe2(full_fd, O_NONBLOCK));
	while (write(full_fd[1], buf, sizeof(buf)) > 0)
		;
	CHECK_OK(fcntl(full_fd[1], F_SETFL, 0));
	event_fd = CHECK_OK(eventfd(0, 0));
	timer_fd = CHECK_OK(timerfd_create(CLOCK_MONOTONIC, 0));
	CHECK_OK(sigprocmask(SIG_SETMASK, NULL, &blocked));
	sigaddset(&blocked, SIGWINCH);
	signal_fd = CHECK_OK(signalfd(-1, &blocked, 0));
	epoll_fd = CHECK_OK(epoll_create1(0));
	CHECK_OK(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, event_fd, &e));
	CHECK_OK(openpty(&master, &pty_fd, NULL, NULL, NULL));
	CHECK_OK(mkfifo("fifo", 0600));
	lock_fd = CHECK_OK(open("lock", O_RDWR | O_CREAT, 0600));
	/* Somebody else holds the locks, and is a child to wait for. */
	pid = fork();
	if (pid == 0) {
		struct flock l = { .l_type = F_WRLCK };
		int fd = open("lock", O_RDWR);

		flock(fd, LOCK_EX);
		fcntl(fd, F_SETLK, &l);
		write(event_fd, &(uint64_t){ 1 }, 8);
		for (;;)
			pause();
	}
	CHECK_EQ(read(event_fd, buf, 8), 8);
}

static char state_of(int pid)
{
	char path[64], buf[256] = { 0 }, *p;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return 'X';
	read(fd, buf, sizeof(buf) - 1);
	close(fd);
	p = strrchr(buf, ')');
	return p ? p[2] : '?';
}

/* A child in the call; the result comes through a pipe. */
static int start(const struct row *row, int flags, int *result_fd)
{
	int fd[2], pid;

	CHECK_OK(pipe(fd));
	pid = CHECK_OK(fork());
	if (pid == 0) {
		struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
		long out[2];
		int child;

		sigaction(SIGUSR1, &action, NULL);
		child = fork();
		if (child == 0)
			for (;;)
				pause();
		out[0] = row->call();
		out[1] = errno;
		kill(child, SIGKILL);
		write(fd[1], out, sizeof(out));
		_exit(0);
	}
	close(fd[1]);
	*result_fd = fd[0];
	usleep(5000);
	while (state_of(pid) != 'S')
		usleep(1000);
	usleep(2000);
	return pid;
}

/* The call's errno, or 0 where it goes on waiting. */
static int outcome(int pid, int fd)
{
	struct pollfd set = { fd, POLLIN, 0 };
	long out[2] = { 0 };

	if (poll(&set, 1, 30) == 1) {
		CHECK_EQ(read(fd, out, sizeof(out)), sizeof(out));
		CHECK_EQ(out[0], -1);
	}
	close(fd);
	return (int)out[1];
}

static void end(int pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

#define FOR_EACH_ROW(row)                                                                          \
	for (const struct row *row = rows; row < rows + sizeof(rows) / sizeof(rows[0]); row++)

#define CHECK_ROW(row, got, want)                                                                  \
	do {                                                                                       \
		int got_ = (got);                                                                  \
		if (got_ != (want))                                                                \
			abi_fail(__FILE__, __LINE__, "%s: %s, wanted %s", (row)->name,             \
				 strerror(got_), strerror(want));                                  \
	} while (0)

TEST_TIMEOUT(handlers_interrupt_every_wait, 60, SYS_rt_sigaction)
{
	open_all();
	FOR_EACH_ROW(row)
	{
		int fd, pid = start(row, 0, &fd);

		CHECK_OK(kill(pid, SIGUSR1));
		CHECK_ROW(row, outcome(pid, fd), EINTR);
		end(pid);
	}
}

TEST_TIMEOUT(sa_restart_goes_by_the_table, 60, SYS_rt_sigaction)
{
	open_all();
	FOR_EACH_ROW(row)
	{
		int fd, pid = start(row, SA_RESTART, &fd);

		CHECK_OK(kill(pid, SIGUSR1));
		CHECK_ROW(row, outcome(pid, fd), row->how & RESTARTS ? 0 : EINTR);
		end(pid);
	}
}

TEST_TIMEOUT(stop_and_continue_end_few, 60, SYS_kill)
{
	open_all();
	FOR_EACH_ROW(row)
	{
		int fd, pid = start(row, 0, &fd);

		CHECK_OK(kill(pid, SIGSTOP));
		while (state_of(pid) != 'T')
			usleep(1000);
		CHECK_OK(kill(pid, SIGCONT));
		CHECK_ROW(row, outcome(pid, fd), row->how & STOP_ENDS ? EINTR : 0);
		end(pid);
	}
}

TEST_TIMEOUT(ignored_signals_disturb_nobody, 60, SYS_kill)
{
	open_all();
	FOR_EACH_ROW(row)
	{
		int fd, pid = start(row, 0, &fd);

		CHECK_OK(kill(pid, SIGWINCH));
		CHECK_OK(kill(pid, SIGURG));
		CHECK_OK(kill(pid, SIGCONT));
		CHECK_ROW(row, outcome(pid, fd), 0);
		end(pid);
	}
}
