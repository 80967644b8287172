/* events - signals, and waiting for one of many files */
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "micro.h"

static int epfd;
static pid_t self_pid;

static void on_signal(int sig)
{
	(void)sig;
}
static void sigaction_run(unsigned n)
{
	struct sigaction act = { .sa_handler = on_signal };
	while (n--)
		sigaction(SIGUSR1, &act, NULL);
}
static void signal_setup(void)
{
	signal(SIGUSR1, on_signal);
	self_pid = getpid();
}
static void signal_run(unsigned n)
{
	while (n--)
		syscall(SYS_kill, self_pid, SIGUSR1);
}

static void many_fds(void)
{
	struct rlimit limit = { 2048, 4096 };
	setrlimit(RLIMIT_NOFILE, &limit);
}
static void epoll_setup(void)
{
	many_fds();
	epfd = epoll_create1(0);
	for (int i = 0; i < 1000; i++) {
		struct epoll_event event = { .events = EPOLLIN };
		int fd = eventfd(i == 500, 0);
		must(fd >= 0 && epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event) == 0, "epoll");
	}
}
static void epoll_run(unsigned n)
{
	struct epoll_event event;
	while (n--)
		must(epoll_wait(epfd, &event, 1, -1) == 1, "epoll_wait");
}
static fd_set select_set;
static int select_max;
static void select_setup(void)
{
	FD_ZERO(&select_set);
	for (int i = 0; i < 100; i++) {
		int fd = eventfd(i == 99, 0);
		must(fd >= 0 && fd < FD_SETSIZE, "eventfd");
		FD_SET(fd, &select_set);
		select_max = fd;
	}
}
static void select_run(unsigned n)
{
	while (n--) {
		fd_set set = select_set;
		must(select(select_max + 1, &set, NULL, NULL, NULL) == 1, "select");
	}
}

const struct bench events_benches[] = {
	{ "signal_install", 1000, NULL, sigaction_run },
	{ "signal_deliver", 500, signal_setup, signal_run },
	{ "epoll_wait_1000", 500, epoll_setup, epoll_run },
	{ "select_100", 200, select_setup, select_run },
	{ 0 },
};
