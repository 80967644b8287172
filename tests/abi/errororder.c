/*
 * Which error a call gives where several things are wrong, as random calls on both
 * kernels showed it: readv(2), splice(2), vmsplice(2), sendfile(2), xattr(7), open(2).
 */
#include "abi_test.h"
#include <linux/fs.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/xattr.h>

#define BAD ((void *)1)
#define END 0x7fffffffffffffff /* no byte lies behind it */

static char byte[16];
static struct iovec one = { byte, 10 }, none = { byte, 0 };

static int file(int flags)
{
	return CHECK_OK(open("f", O_CREAT | flags, 0600));
}

static long preadv2_(int fd, void *v, off_t at, int flags)
{
	return syscall(SYS_preadv2, fd, v, 1, at, 0, flags);
}

static long pwritev2_(int fd, void *v, off_t at, int flags)
{
	return syscall(SYS_pwritev2, fd, v, 1, at, 0, flags);
}

TEST(vectors_are_checked_in_order, SYS_readv, SYS_writev)
{
	int w = file(O_WRONLY), r = file(O_RDONLY), null = CHECK_OK(open("/dev/null", O_RDWR));
	int epoll = CHECK_OK(epoll_create1(0)), p[2];

	CHECK_OK(pipe(p));
	CHECK_ERR(syscall(SYS_readv, w, BAD, 1), EFAULT);
	CHECK_ERR(syscall(SYS_readv, w, &one, 2000), EINVAL);
	CHECK_ERR(syscall(SYS_readv, w, &none, 1), EBADF);
	CHECK_ERR(syscall(SYS_writev, r, BAD, 1), EFAULT);
	CHECK_ERR(syscall(SYS_readv, epoll, &none, 1), EINVAL);
	CHECK_ERR(preadv2_(p[1], BAD, 0, 64), ESPIPE);
	CHECK_ERR(pwritev2_(null, &one, END, 64), EINVAL);
	CHECK_ERR(pwritev2_(null, &one, END, 0), EINVAL);
	CHECK_ERR(pwritev2_(w, &one, END, 0), EINVAL);
	CHECK_EQ(pwritev2_(w, &none, END, 64), 0);
	CHECK_ERR(pwritev2_(null, &one, 0, 64), EOPNOTSUPP);
	CHECK_EQ(preadv2_(CHECK_OK(open("/dev/urandom", O_RDONLY)), &one, 0, RWF_NOWAIT), 10);
}

TEST(o_direct_is_for_pipes_only, SYS_fcntl, SYS_openat)
{
	static const char *const names[] = { "f",
					     "p",
					     "d",
					     "/dev/null",
					     "/dev/zero",
					     "/dev/urandom",
					     "/dev/ptmx",
					     "/proc",
					     "/proc/self/stat",
					     "/dev/random",
					     "/proc/self/fd" };
	int p[2];

	CHECK_OK(close(file(O_RDWR)));
	CHECK_OK(mkfifo("p", 0600));
	CHECK_OK(mkdir("d", 0700));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		CHECK_ERR(open(names[i], O_RDONLY | O_NONBLOCK | O_DIRECT), EINVAL);
		int fd = CHECK_OK(open(names[i], O_RDONLY | O_NONBLOCK));

		if (i == 1)
			CHECK_OK(fcntl(fd, F_SETFL, O_DIRECT));
		else
			CHECK_ERR(fcntl(fd, F_SETFL, O_DIRECT), EINVAL);
	}
	CHECK_OK(pipe(p));
	CHECK_OK(fcntl(p[1], F_SETFL, O_DIRECT));
	CHECK_ERR(fcntl(CHECK_OK(eventfd(0, 0)), F_SETFL, O_DIRECT), EINVAL);
}

TEST(flags_of_open_come_before_the_directory, SYS_openat)
{
	CHECK_ERR(openat(1000, "x", O_TMPFILE | O_RDONLY, 0600), EINVAL);
	CHECK_ERR(openat(1000, BAD, O_TMPFILE | O_RDONLY, 0600), EINVAL);
	CHECK_ERR(openat(1000, "x", O_CREAT | O_DIRECTORY | O_RDWR, 0600), EINVAL);
	CHECK_ERR(openat(1000, BAD, O_CREAT | O_DIRECTORY | O_RDWR, 0600), EINVAL);
	CHECK_ERR(openat(1000, BAD, O_RDWR), EFAULT);
	CHECK_ERR(openat(1000, "x", O_RDWR), EBADF);
}

TEST(select_takes_a_descriptor_of_a_path, SYS_select, SYS_pselect6)
{
	struct timeval now = { 0 };
	fd_set sets[3];
	int fd;

	CHECK_OK(close(file(O_RDWR)));
	fd = CHECK_OK(open("f", O_PATH));
	for (int i = 0; i < 3; i++) {
		FD_ZERO(&sets[i]);
		FD_SET(fd, &sets[i]);
	}
	CHECK_EQ(select(fd + 1, &sets[0], &sets[1], &sets[2], &now), 3);
	CHECK(FD_ISSET(fd, &sets[0]) && FD_ISSET(fd, &sets[1]) && FD_ISSET(fd, &sets[2]));
	CHECK_OK(close(fd));
	CHECK_ERR(select(fd + 1, &sets[0], &sets[1], &sets[2], &now), EBADF);
}

TEST(splice_checks_in_order, SYS_splice)
{
	int p[2], event = CHECK_OK(eventfd(0, EFD_NONBLOCK)), w = file(O_WRONLY);
	off_t at = 0;

	CHECK_OK(pipe2(p, O_NONBLOCK));
	CHECK_ERR(splice(p[1], &at, p[1], NULL, 5, 0), ESPIPE); /* not EBADF, not EINVAL */
	CHECK_ERR(splice(p[0], NULL, p[0], &at, 5, 0), ESPIPE);
	CHECK_ERR(splice(event, BAD, p[1], NULL, 5, 0), EFAULT);
	CHECK_ERR(splice(event, &at, p[1], NULL, 5, 0), EINVAL);
	CHECK_ERR(splice(p[0], NULL, event, BAD, 5, 0), EFAULT);
	CHECK_ERR(splice(p[0], NULL, event, &at, 5, 0), EINVAL);
	CHECK_ERR(splice(w, BAD, p[1], NULL, 5, 0), EFAULT);
	CHECK_ERR(splice(w, &at, p[1], NULL, 5, 0), EBADF);
	CHECK_ERR(splice(event, NULL, w, NULL, 5, 0), EINVAL);
}

TEST(sendfile_checks_in_order, SYS_sendfile)
{
	int p[2], event = CHECK_OK(eventfd(0, EFD_NONBLOCK)), r = file(O_RDONLY);
	off_t at = 0, before = -1, end = END;

	CHECK_OK(pipe2(p, O_NONBLOCK));
	CHECK_ERR(syscall(SYS_sendfile, 1000, 1001, BAD, 8), EFAULT);
	CHECK_ERR(sendfile(1000, p[0], &at, 8), ESPIPE);
	CHECK_ERR(sendfile(1000, p[1], &at, 8), EBADF);
	CHECK_ERR(sendfile(1000, r, &before, 8), EINVAL);
	CHECK_ERR(sendfile(1000, r, &end, 8), EINVAL);
	CHECK_ERR(sendfile(1000, r, NULL, 8), EBADF);
	CHECK_ERR(sendfile(file(O_WRONLY), p[0], NULL, 0), EINVAL);
	CHECK_EQ(sendfile(file(O_WRONLY), event, NULL, 0), 0);
	CHECK_ERR(sendfile(file(O_WRONLY | O_APPEND), r, NULL, 8), EINVAL);
}

TEST(vmsplice_checks_in_order, SYS_vmsplice)
{
	int p[2], null = CHECK_OK(open("/dev/null", O_RDWR));

	CHECK_OK(pipe2(p, O_NONBLOCK));
	CHECK_EQ(vmsplice(null, &none, 1, 0), 0);
	CHECK_EQ(vmsplice(null, &one, 0, 0), 0);
	CHECK_ERR(vmsplice(null, BAD, 1, 0), EFAULT);
	CHECK_ERR(vmsplice(null, &one, 1, 0), EBADF);
	CHECK_ERR(vmsplice(1000, BAD, 1, 0), EBADF);
	CHECK_ERR(vmsplice(CHECK_OK(open("/dev/null", O_ACCMODE)), BAD, 1, 0), EBADF);
	CHECK_ERR(vmsplice(1000, BAD, 1, 64), EINVAL);
	CHECK_ERR(vmsplice(p[0], &one, 1, SPLICE_F_NONBLOCK), EAGAIN);
}

static void tick(int sig)
{
}

/* Its own flag says whether it waits, and not the file's. */
TEST(vmsplice_waits_by_its_flag, SYS_vmsplice)
{
	struct sigaction action = { .sa_handler = tick };
	struct timespec soon = { 0, 1000000 };
	struct itimerspec every = { soon, soon };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	timer_t timer;
	int p[2];

	CHECK_OK(sigaction(SIGUSR1, &action, NULL));
	CHECK_OK(timer_create(CLOCK_MONOTONIC, &event, &timer));
	CHECK_OK(timer_settime(timer, 0, &every, NULL));
	CHECK_OK(pipe2(p, O_NONBLOCK));
	CHECK_ERR(vmsplice(p[0], &one, 1, 0), EINTR);
	CHECK_OK(fcntl(p[0], F_SETFL, 0));
	CHECK_ERR(vmsplice(p[0], &one, 1, SPLICE_F_NONBLOCK), EAGAIN);
	while (write(p[1], byte, sizeof(byte)) > 0)
		;
	CHECK_ERR(vmsplice(p[1], &one, 1, SPLICE_F_NONBLOCK), EAGAIN);
	CHECK_ERR(vmsplice(p[1], &one, 1, 0), EINTR);
	CHECK_EQ(vmsplice(p[0], &one, 1, SPLICE_F_NONBLOCK), 10);
}

/* A vector that names nothing was never freed: 16 KiB a call. */
TEST(vmsplice_of_nothing_keeps_nothing, SYS_vmsplice)
{
	static struct iovec empty[1024];
	int p[2];

	CHECK_OK(pipe(p));
	for (int i = 0; i < 30000; i++)
		CHECK_EQ(vmsplice(p[1], empty, 1024, 0), 0);
}

TEST(files_without_a_name_have_no_attributes, SYS_fsetxattr, SYS_fgetxattr)
{
	int p[2], fds[2];

	CHECK_OK(pipe(p));
	fds[0] = p[0];
	fds[1] = CHECK_OK(eventfd(0, 0));
	for (int i = 0; i < 2; i++) {
		int fd = fds[i];

		CHECK_ERR(fsetxattr(fd, "", "x", 1, 0), ERANGE);
		CHECK_ERR(fsetxattr(fd, "user.a", "x", 1, 9), EINVAL);
		CHECK_ERR(fsetxattr(fd, "user.a", "x", 1 << 20, 0), E2BIG);
		CHECK_ERR(fsetxattr(fd, "user.a", BAD, 1, 0), EFAULT);
		CHECK_ERR(fsetxattr(fd, "user.a", "x", 1, 0), EPERM);
		CHECK_ERR(fsetxattr(fd, "trusted.a", "x", 1, 0), EOPNOTSUPP);
		CHECK_ERR(fgetxattr(fd, "", byte, 1), ERANGE);
		CHECK_ERR(fgetxattr(fd, "user.a", byte, 1), ENODATA);
		CHECK_ERR(fgetxattr(fd, "trusted.a", byte, 1), EOPNOTSUPP);
		CHECK_ERR(fremovexattr(fd, ""), ERANGE);
		CHECK_ERR(fremovexattr(fd, "user.a"), EPERM);
		CHECK_ERR(fremovexattr(fd, "trusted.a"), EOPNOTSUPP);
		CHECK_EQ(flistxattr(fd, byte, sizeof(byte)), 0);
		CHECK_EQ(flistxattr(fd, NULL, 0), 0);
	}
}

TEST(alarm_clocks_want_a_capability, SYS_timerfd_create, SYS_timerfd_settime)
{
	struct itimerspec soon = { { 0, 0 }, { 0, 1000 } };
	uint64_t n = 0;

	for (int clock = CLOCK_REALTIME_ALARM; clock <= CLOCK_BOOTTIME_ALARM; clock++) {
		int fd = CHECK_OK(timerfd_create(clock, 0));

		CHECK_OK(timerfd_settime(fd, 0, &soon, NULL));
		CHECK_EQ(read(fd, &n, sizeof(n)), sizeof(n));
		CHECK_EQ(n, 1);
	}
	CHECK_CHILD({
		CHECK_OK(setuid(1000));
		CHECK_ERR(timerfd_create(CLOCK_BOOTTIME_ALARM, 1), EINVAL);
		CHECK_ERR(timerfd_create(CLOCK_BOOTTIME_ALARM, 0), EPERM);
	});
}

TEST(the_descriptor_comes_first, SYS_sync_file_range, SYS_fallocate, SYS_epoll_ctl)
{
	struct epoll_event event = { 0 };
	int epoll = CHECK_OK(epoll_create1(0)), p[2];

	CHECK_OK(pipe(p));
	CHECK_ERR(sync_file_range(1000, -1, 0, 64), EBADF);
	CHECK_ERR(sync_file_range(p[0], 0, 0, 64), EINVAL);
	CHECK_ERR(sync_file_range(p[0], 0, 0, 0), ESPIPE);
	CHECK_ERR(fallocate(p[0], 4, 0, 10), EOPNOTSUPP); /* NO_HIDE_STALE is nobody's */
	CHECK_ERR(epoll_ctl(epoll, EPOLL_CTL_ADD, CHECK_OK(open("/dev/urandom", O_RDONLY)), &event),
		  EPERM);
	CHECK_OK(epoll_ctl(epoll, EPOLL_CTL_ADD, CHECK_OK(open("/dev/random", O_RDONLY)), &event));
	CHECK_ERR(syscall(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0,
			  &(struct timespec){ 0, 1 }, 0),
		  EOPNOTSUPP);
}
