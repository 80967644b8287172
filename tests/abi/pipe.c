/* pipe(7), pipe2(2): the ends, end of file, EPIPE, capacity, atomic writes. */
#include "abi_test.h"

static volatile sig_atomic_t sigpipes;

static void count_sigpipe(int signal)
{
	sigpipes += signal == SIGPIPE;
}

TEST(write_without_reader_fails_with_epipe, SYS_pipe, SYS_pipe2)
{
	int fd[2];

	CHECK_OK(pipe(fd));
	CHECK_OK(close(fd[0]));
	signal(SIGPIPE, count_sigpipe);
	CHECK_ERR(write(fd[1], "x", 1), EPIPE);
	CHECK_EQ(sigpipes, 1);
}

TEST(read_after_last_writer_is_end_of_file, SYS_pipe, SYS_pipe2)
{
	char buf[4];
	int fd[2];

	CHECK_OK(pipe(fd));
	CHECK_EQ(write(fd[1], "ab", 2), 2);
	CHECK_OK(close(fd[1]));
	CHECK_EQ(read(fd[0], buf, sizeof(buf)), 2);
	CHECK_EQ(memcmp(buf, "ab", 2), 0);
	CHECK_EQ(read(fd[0], buf, sizeof(buf)), 0);
}

TEST(unknown_flag_is_refused, SYS_pipe2)
{
	int fd[2] = { -7, -7 };

	CHECK_ERR(pipe2(fd, 1 << 30), EINVAL);
	CHECK_ERR(syscall(SYS_pipe2, (int *)8, 0), EFAULT);
	CHECK_EQ(fd[0], -7);
	CHECK_OK(pipe2(fd, O_CLOEXEC | O_NONBLOCK));
	CHECK_EQ(fcntl(fd[0], F_GETFD), FD_CLOEXEC);
	CHECK(fcntl(fd[1], F_GETFL) & O_NONBLOCK);
}

TEST(nonblocking_ends_say_eagain, SYS_pipe2)
{
	char buf[4096] = "";
	long total = 0, n;
	int fd[2];

	CHECK_OK(pipe2(fd, O_NONBLOCK));
	CHECK_ERR(read(fd[0], buf, 1), EAGAIN);
	while ((n = write(fd[1], buf, sizeof(buf))) > 0)
		total += n;
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(total, 65536);
	CHECK_EQ(fcntl(fd[0], F_GETPIPE_SZ), 65536);
	CHECK_EQ(fcntl(fd[0], F_SETPIPE_SZ, 131072), 131072);
	CHECK_EQ(write(fd[1], buf, sizeof(buf)), sizeof(buf));
}

TEST(blocked_reader_is_woken, SYS_pipe, SYS_pipe2)
{
	int fd[2];
	char c = 0;

	CHECK_OK(pipe(fd));
	CHECK_CHILD({
		if (fork() == 0) {
			usleep(20000);
			CHECK_EQ(write(fd[1], "q", 1), 1);
			_exit(0);
		}
		CHECK_EQ(read(fd[0], &c, 1), 1);
		CHECK_EQ(c, 'q');
	});
}

TEST(large_transfer_arrives_whole, SYS_pipe, SYS_pipe2)
{
	static unsigned char buf[300000];
	size_t got = 0;
	int fd[2];

	CHECK_OK(pipe(fd));
	if (fork() == 0) {
		for (size_t i = 0; i < sizeof(buf); i++)
			buf[i] = i * 7;
		_exit(write(fd[1], buf, sizeof(buf)) != sizeof(buf));
	}
	close(fd[1]);
	while (got < sizeof(buf)) {
		ssize_t n = CHECK_OK(read(fd[0], buf + got, sizeof(buf) - got));

		CHECK(n > 0);
		got += n;
	}
	for (size_t i = 0; i < sizeof(buf); i++)
		CHECK_EQ(buf[i], (unsigned char)(i * 7));
}
