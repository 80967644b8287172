/* proc(5): what /proc/PID/fdinfo says beyond position and flags; /proc/locks. */
#include "abi_test.h"
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>

static char text[16384];

static void slurp(const char *format, ...)
{
	char name[64];
	size_t len = 0;
	ssize_t n;
	va_list ap;
	int fd;

	va_start(ap, format);
	vsnprintf(name, sizeof(name), format, ap);
	va_end(ap);
	fd = CHECK_OK(open(name, O_RDONLY | O_CLOEXEC));
	while ((n = CHECK_OK(read(fd, text + len, sizeof(text) - 1 - len))) > 0)
		len += n;
	text[len] = 0;
	close(fd);
}

static void fdinfo(int fd)
{
	slurp("/proc/self/fdinfo/%d", fd);
	CHECK(strstr(text, "\nmnt_id:\t") && strstr(text, "\nino:\t"));
}

/* @text has the line. */
static bool line(const char *format, ...)
{
	char want[256] = "\n";
	va_list ap;

	va_start(ap, format);
	vsnprintf(want + 1, sizeof(want) - 2, format, ap);
	va_end(ap);
	strcat(want, "\n");
	return strstr(text, want);
}

TEST(fdinfo_of_an_eventfd, SYS_eventfd2)
{
	int fd = CHECK_OK(eventfd(300, EFD_NONBLOCK | EFD_CLOEXEC));

	fdinfo(fd);
	CHECK(line("flags:\t02004002"));
	CHECK(line("eventfd-count:              12c"));
	CHECK_OK(eventfd_write(fd, 0x1000));
	fdinfo(fd);
	CHECK(line("eventfd-count:             112c"));
}

TEST(fdinfo_of_a_timerfd, SYS_timerfd_create)
{
	struct itimerspec spec = { { 3, 5 }, { 1000, 0 } };
	int fd = CHECK_OK(timerfd_create(CLOCK_MONOTONIC, 0));

	fdinfo(fd);
	CHECK(line("clockid: 1\nticks: 0\nsettime flags: 00\nit_value: (0, 0)\n"
		   "it_interval: (0, 0)"));
	CHECK_OK(timerfd_settime(fd, 0, &spec, NULL));
	fdinfo(fd);
	CHECK(strstr(text, "it_value: (999, "));
	CHECK(line("it_interval: (3, 5)"));

	fd = CHECK_OK(timerfd_create(CLOCK_REALTIME, 0));
	spec = (struct itimerspec){ { 0, 0 }, { 4000000000, 7 } };
	CHECK_OK(timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, NULL));
	fdinfo(fd);
	CHECK(line("settime flags: 03"));

	/* Fired: no time is left until it is read. */
	fd = CHECK_OK(timerfd_create(CLOCK_BOOTTIME, 0));
	spec = (struct itimerspec){ { 0, 10000000 }, { 0, 10000000 } };
	CHECK_OK(timerfd_settime(fd, 0, &spec, NULL));
	usleep(55000);
	fdinfo(fd);
	CHECK(line("clockid: 7\nticks: 1\nsettime flags: 00\nit_value: (0, 0)\n"
		   "it_interval: (0, 10000000)"));
}

TEST(fdinfo_of_a_signalfd, SYS_signalfd4)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGKILL); /* cannot be had */
	sigaddset(&set, 64);
	fdinfo(CHECK_OK(signalfd(-1, &set, 0)));
	CHECK(line("sigmask:\t8000000000000200"));
}

TEST(fdinfo_of_an_epoll, SYS_epoll_create1, SYS_epoll_ctl)
{
	struct epoll_event event = { EPOLLIN | EPOLLET, { .u64 = 0x123456789abcdef0 } };
	int ep = CHECK_OK(epoll_create1(0)), ev = CHECK_OK(eventfd(0, 0)), p[2];
	struct stat st;

	CHECK_OK(pipe(p));
	fdinfo(ep);
	CHECK(!strstr(text, "tfd:"));
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, ev, &event));
	event = (struct epoll_event){ EPOLLOUT | EPOLLONESHOT, { .u64 = 7 } };
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, p[1], &event));
	CHECK_OK(dup2(p[0], 40));
	event.events = EPOLLIN;
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, 40, &event));
	fdinfo(ep);
	CHECK_OK(fstat(ev, &st));
	CHECK(line("tfd: %8d events: 80000019 data: 123456789abcdef0  pos:0 ino:%llx sdev:%x", ev,
		   (long long)st.st_ino, (int)st.st_dev));
	CHECK_OK(fstat(p[0], &st));
	CHECK(line("tfd: %8d events: 4000001c data:                7  pos:0 ino:%llx sdev:%x", p[1],
		   (long long)st.st_ino, (int)st.st_dev));
	CHECK(line("tfd:       40 events:       19 data:                7  pos:0 ino:%llx sdev:%x",
		   (long long)st.st_ino, (int)st.st_dev));
}

TEST(fdinfo_of_a_pidfd, SYS_pidfd_open)
{
	pid_t child = CHECK_OK(fork());
	int fd;

	if (child == 0)
		_exit(0);
	fd = CHECK_OK(syscall(SYS_pidfd_open, child, 0));
	fdinfo(fd);
	CHECK(line("Pid:\t%d\nNSpid:\t%d", child, child));
	CHECK_OK(waitpid(child, NULL, 0));
	fdinfo(fd);
	CHECK(line("Pid:\t-1\nNSpid:\t-1"));
}

TEST(links_name_what_has_no_path, SYS_readlink, SYS_readlinkat)
{
	sigset_t none;
	struct {
		int fd;
		const char *name;
	} all[5] = { { eventfd(0, 0), "eventfd" },
		     { timerfd_create(CLOCK_MONOTONIC, 0), "timerfd" },
		     { epoll_create1(0), "eventpoll" },
		     { syscall(SYS_pidfd_open, getpid(), 0), "pidfd" } };

	sigemptyset(&none);
	all[4].fd = signalfd(-1, &none, 0);
	all[4].name = "signalfd";
	for (int i = 0; i < 5; i++) {
		char link[32], got[64] = "", want[64];

		snprintf(link, sizeof(link), "/proc/self/fd/%d", all[i].fd);
		snprintf(want, sizeof(want), "anon_inode:[%s]", all[i].name);
		CHECK_OK(readlink(link, got, sizeof(got) - 1));
		CHECK(strcmp(got, want) == 0);
	}
}

static int lock_range(int fd, int cmd, int type, off_t start, off_t len)
{
	struct flock l = { .l_type = type, .l_start = start, .l_len = len };

	return fcntl(fd, cmd, &l);
}

static char where[64]; /* MAJOR:MINOR:INODE of the file */

static int locked_file(void)
{
	int fd = CHECK_OK(open("locked", O_RDWR | O_CREAT, 0600));
	struct stat st;

	CHECK_OK(fstat(fd, &st));
	snprintf(where, sizeof(where), "%02x:%02x:%llu", major(st.st_dev), minor(st.st_dev),
		 (long long)st.st_ino);
	return fd;
}

TEST(fdinfo_lists_the_locks_of_the_opening, SYS_flock, SYS_fcntl)
{
	int fd = locked_file(), other = locked_file();
	pid_t me = getpid();

	CHECK_OK(flock(fd, LOCK_SH));
	CHECK_OK(lock_range(fd, F_SETLK, F_WRLCK, 10, 5));
	CHECK_OK(lock_range(fd, F_OFD_SETLK, F_RDLCK, 100, 0));
	fdinfo(dup(fd));
	CHECK(line("lock:\t1: FLOCK  ADVISORY  READ %d %s 0 EOF", me, where));
	CHECK(line("lock:\t2: POSIX  ADVISORY  WRITE %d %s 10 14", me, where));
	CHECK(line("lock:\t3: OFDLCK ADVISORY  READ -1 %s 100 EOF", where));
	fdinfo(other);
	CHECK(!strstr(text, "lock:"));
	CHECK_CHILD({ /* the process's own are not inherited */
		      fdinfo(fd);
		      CHECK(line("lock:\t2: OFDLCK ADVISORY  READ -1 %s 100 EOF", where));
		      CHECK(!strstr(text, "POSIX"));
	});
	CHECK_OK(flock(fd, LOCK_UN));
	fdinfo(fd);
	CHECK(!strstr(text, "FLOCK"));
}

/* Waits till the process @pid sleeps. */
static void until_asleep(pid_t pid)
{
	do {
		usleep(2000);
		slurp("/proc/%d/stat", pid);
	} while (!strstr(text, ") S "));
}

/* The number that begins the line that goes on as @rest; 0: there is none. */
static int numbered(const char *format, ...)
{
	char rest[128], *at;
	va_list ap;

	va_start(ap, format);
	vsnprintf(rest, sizeof(rest), format, ap);
	va_end(ap);
	at = strstr(text, rest);
	if (!at || at < text + 3)
		return 0;
	for (at -= 2; at > text && at[-1] != '\n'; at--)
		;
	return atoi(at);
}

TEST(proc_locks_lists_holders_and_waiters, SYS_flock, SYS_fcntl)
{
	int fd = locked_file(), held;
	pid_t me = getpid(), reader, writer;

	CHECK_OK(flock(fd, LOCK_SH));
	CHECK_OK(lock_range(fd, F_SETLK, F_WRLCK, 10, 5));
	reader = CHECK_OK(fork());
	if (reader == 0) {
		lock_range(fd, F_SETLKW, F_RDLCK, 0, 12);
		_exit(0);
	}
	writer = CHECK_OK(fork());
	if (writer == 0) {
		flock(locked_file(), LOCK_EX);
		_exit(0);
	}
	until_asleep(reader);
	until_asleep(writer);
	slurp("/proc/locks");
	held = numbered("POSIX  ADVISORY  WRITE %d %s 10 14\n", me, where);
	CHECK(held > 0);
	CHECK_EQ(numbered("-> POSIX  ADVISORY  READ %d %s 0 11\n", reader, where), held);
	held = numbered("FLOCK  ADVISORY  READ %d %s 0 EOF\n", me, where);
	CHECK(held > 0);
	CHECK_EQ(numbered("-> FLOCK  ADVISORY  WRITE %d %s 0 EOF\n", writer, where), held);
	CHECK_OK(lock_range(fd, F_SETLK, F_UNLCK, 0, 0));
	CHECK_OK(waitpid(reader, NULL, 0));
	CHECK_OK(flock(fd, LOCK_UN));
	CHECK_OK(waitpid(writer, NULL, 0));
	slurp("/proc/locks");
	CHECK(!strstr(text, where));
}

/* The lock of a process that ended lives on with the open file, under its number. */
TEST(proc_locks_names_the_dead, SYS_flock)
{
	int fd = locked_file();
	pid_t child = CHECK_OK(fork());

	if (child == 0)
		_exit(flock(fd, LOCK_EX) != 0);
	CHECK_OK(waitpid(child, NULL, 0));
	CHECK_ERR(flock(locked_file(), LOCK_SH | LOCK_NB), EWOULDBLOCK);
	slurp("/proc/locks");
	CHECK(numbered("FLOCK  ADVISORY  WRITE %d %s 0 EOF\n", child, where) > 0);
	fdinfo(fd);
	CHECK(line("lock:\t1: FLOCK  ADVISORY  WRITE %d %s 0 EOF", child, where));
}
