/* splice(2), tee(2), vmsplice(2): bytes from pipe to pipe, to files and back, with several readers. */
#include "abi_test.h"
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

enum { TOTAL = 3 << 20 };

static int in_pipe[2], out_pipe[2], file_fd;
static unsigned char seen[TOTAL / 4];
static volatile long direct, spliced;

static void mark(const unsigned *words, long bytes)
{
	CHECK_EQ(bytes % 4, 0);
	for (long i = 0; i < bytes / 4; i++) {
		CHECK(words[i] < TOTAL / 4);
		__atomic_fetch_add(&seen[words[i]], 1, __ATOMIC_RELAXED);
	}
}

static void *produce(void *arg)
{
	static unsigned words[256];
	unsigned next = 0;

	while (next < TOTAL / 4) {
		for (int i = 0; i < 256; i++)
			words[i] = next++;
		CHECK_EQ(write(in_pipe[1], words, sizeof(words)), sizeof(words));
	}
	close(in_pipe[1]);
	return NULL;
}

static void *read_directly(void *arg)
{
	static unsigned words[256];
	long n;

	while ((n = read(in_pipe[0], words, sizeof(words))) > 0) {
		mark(words, n);
		direct += n;
	}
	CHECK_EQ(n, 0);
	return NULL;
}

/* Two readers of one pipe, one of them splice: each byte goes out once. */
TEST(splice_and_read_share_a_pipe, SYS_splice)
{
	static unsigned words[TOTAL / 4];
	pthread_t producer, reader;
	long n, len = 0;

	CHECK_OK(pipe(in_pipe));
	file_fd = CHECK_OK(open("f", O_CREAT | O_RDWR, 0600));
	CHECK_EQ(pthread_create(&producer, NULL, produce, NULL), 0);
	CHECK_EQ(pthread_create(&reader, NULL, read_directly, NULL), 0);
	while ((n = CHECK_OK(splice(in_pipe[0], NULL, file_fd, NULL, 4096, 0))) > 0)
		len += n;
	pthread_join(producer, NULL);
	pthread_join(reader, NULL);
	CHECK_EQ(pread(file_fd, words, len, 0), len);
	mark(words, len);
	CHECK_EQ(len + direct, TOTAL);
	for (int i = 0; i < TOTAL / 4; i++)
		CHECK_EQ(seen[i], 1);
}

TEST(splice_moves_between_pipes_and_files, SYS_splice)
{
	loff_t at = 2;
	char buf[16] = "";
	int a[2], b[2];

	file_fd = CHECK_OK(open("f", O_CREAT | O_RDWR, 0600));
	CHECK_EQ(write(file_fd, "0123456789", 10), 10);
	CHECK_OK(pipe(a));
	CHECK_OK(pipe(b));
	CHECK_EQ(splice(file_fd, &at, a[1], NULL, 5, 0), 5);
	CHECK_EQ(at, 7);
	CHECK_EQ(lseek(file_fd, 0, SEEK_CUR), 10);
	CHECK_EQ(splice(a[0], NULL, b[1], NULL, 3, 0), 3);
	CHECK_EQ(read(b[0], buf, 16), 3);
	CHECK_EQ(memcmp(buf, "234", 3), 0);
	at = 20;
	CHECK_EQ(splice(a[0], NULL, file_fd, &at, 100, 0), 2);
	CHECK_EQ(at, 22);
	CHECK_EQ(pread(file_fd, buf, 4, 19), 3);
	CHECK_EQ(memcmp(buf,
			"\0"
			"56",
			3),
		 0);
	CHECK_ERR(splice(a[0], NULL, b[1], NULL, 1, SPLICE_F_NONBLOCK), EAGAIN);
	CHECK_ERR(splice(a[0], &at, b[1], NULL, 1, 0), ESPIPE);
	CHECK_ERR(splice(a[0], NULL, a[1], NULL, 1, 0), EINVAL);
	CHECK_ERR(splice(file_fd, NULL, file_fd, NULL, 1, 0), EINVAL);
	CHECK_ERR(splice(a[1], NULL, b[1], NULL, 1, 0), EBADF);
	CHECK_ERR(splice(a[0], NULL, b[1], NULL, 1, 16), EINVAL);
	CHECK_EQ(splice(a[0], NULL, b[1], NULL, 0, 0), 0);
	CHECK_OK(close(a[1]));
	CHECK_EQ(splice(a[0], NULL, b[1], NULL, 1, 0), 0);
}

static void *drain_slowly(void *arg)
{
	char buf[512];
	long n, total = 0;

	usleep(20000);
	while ((n = read(out_pipe[0], buf, sizeof(buf))) > 0)
		total += n;
	return (void *)total;
}

TEST(splice_waits_for_room, SYS_splice)
{
	static char buf[65536];
	pthread_t thread;
	void *total;
	long n, sum = 0;

	CHECK_OK(pipe(in_pipe));
	CHECK_OK(pipe(out_pipe));
	CHECK_EQ(write(out_pipe[1], buf, sizeof(buf)), sizeof(buf));
	CHECK_EQ(write(in_pipe[1], buf, 10000), 10000);
	CHECK_ERR(splice(in_pipe[0], NULL, out_pipe[1], NULL, 10000, SPLICE_F_NONBLOCK), EAGAIN);
	CHECK_EQ(pthread_create(&thread, NULL, drain_slowly, NULL), 0);
	while (sum < 10000) {
		n = CHECK_OK(splice(in_pipe[0], NULL, out_pipe[1], NULL, 10000 - sum, 0));
		sum += n;
	}
	CHECK_OK(close(out_pipe[1]));
	pthread_join(thread, &total);
	CHECK_EQ((long)total, 75536);
	close(out_pipe[0]);
	signal(SIGPIPE, SIG_IGN);
	CHECK_EQ(write(in_pipe[1], buf, 10), 10);
	CHECK_OK(pipe(out_pipe));
	close(out_pipe[0]);
	CHECK_ERR(splice(in_pipe[0], NULL, out_pipe[1], NULL, 10, 0), EPIPE);
	CHECK_EQ(read(in_pipe[0], buf, 100), 10); /* nothing was taken */
}

TEST(tee_copies_and_leaves, SYS_tee)
{
	char buf[16];
	int a[2], b[2];

	CHECK_OK(pipe(a));
	CHECK_OK(pipe(b));
	CHECK_EQ(write(a[1], "abcdef", 6), 6);
	CHECK_EQ(tee(a[0], b[1], 4, 0), 4);
	CHECK_EQ(read(b[0], buf, 16), 4);
	CHECK_EQ(memcmp(buf, "abcd", 4), 0);
	CHECK_EQ(tee(a[0], b[1], 100, 0), 6);
	CHECK_EQ(read(a[0], buf, 16), 6);
	CHECK_ERR(tee(a[0], b[1], 1, SPLICE_F_NONBLOCK), EAGAIN);
	CHECK_ERR(tee(a[0], a[1], 1, 0), EINVAL);
	CHECK_ERR(tee(a[0], 0, 1, 16), EINVAL);
	CHECK_EQ(tee(a[0], b[1], 0, 0), 0);
	close(a[1]);
	CHECK_EQ(tee(a[0], b[1], 1, 0), 0);
}

TEST(vmsplice_gives_memory, SYS_vmsplice)
{
	char buf[16] = "";
	struct iovec iov[2] = { { "hello ", 6 }, { "world", 5 } }, into = { buf, 16 };
	int fd[2];

	CHECK_OK(pipe(fd));
	CHECK_EQ(vmsplice(fd[1], iov, 2, 0), 11);
	CHECK_EQ(vmsplice(fd[0], &into, 1, 0), 11);
	CHECK_EQ(memcmp(buf, "hello world", 11), 0);
	CHECK_EQ(vmsplice(fd[1], iov, 0, 0), 0);
	CHECK_ERR(vmsplice(fd[1], iov, 1, 16), EINVAL);
	CHECK_ERR(vmsplice(CHECK_OK(open("/dev/null", O_WRONLY)), iov, 1, 0), EBADF);
	close(fd[0]);
	signal(SIGPIPE, SIG_IGN);
	CHECK_ERR(vmsplice(fd[1], iov, 1, 0), EPIPE);
}

static volatile int sigpipes;

static void count_sigpipe(int sig)
{
	sigpipes++;
}

static void *close_reader(void *arg)
{
	usleep(30000);
	close(in_pipe[0]);
	return NULL;
}

/* A write that the last reader's leaving cuts short tells both: how much, and SIGPIPE. */
TEST(a_write_cut_short_raises_sigpipe, SYS_write)
{
	static char buf[100000];
	pthread_t thread;

	CHECK_OK(pipe(in_pipe));
	signal(SIGPIPE, count_sigpipe);
	CHECK_EQ(pthread_create(&thread, NULL, close_reader, NULL), 0);
	CHECK_EQ(write(in_pipe[1], buf, sizeof(buf)), 65536);
	pthread_join(thread, NULL);
	CHECK_EQ(sigpipes, 1);
}

/* What Linux 6.1 neither splices nor sends, though it can be read or written. */
TEST(splice_refuses_what_linux_refuses, SYS_splice, SYS_sendfile)
{
	int p[2], fd, out = CHECK_OK(open("/tmp/splice_out", O_CREAT | O_RDWR, 0600));
	int ev = CHECK_OK(eventfd(5, EFD_NONBLOCK));
	static const char *const devices[] = { "/dev/zero", "/dev/full" };

	CHECK_OK(pipe2(p, O_NONBLOCK));
	CHECK_EQ(write(p[1], "abcd", 4), 4);
	CHECK_EQ(write(out, "abcd", 4), 4);
	for (unsigned i = 0; i < 2; i++) {
		off_t start = 0;

		fd = CHECK_OK(open(devices[i], O_RDWR));
		CHECK_ERR(splice(fd, NULL, p[1], NULL, 8, 0), EINVAL);
		CHECK_ERR(splice(p[0], NULL, fd, NULL, 1, 0), EINVAL);
		CHECK_ERR(sendfile(out, fd, NULL, 4), EINVAL);
		CHECK_ERR(sendfile(fd, out, &start, 4), EINVAL);
		close(fd);
	}
	CHECK_ERR(splice(ev, NULL, p[1], NULL, 8, 0), EINVAL);
	CHECK_ERR(splice(p[0], NULL, ev, NULL, 8, 0), EINVAL);
	fd = CHECK_OK(open("/dev/null", O_RDWR));
	CHECK_ERR(splice(fd, NULL, p[1], NULL, 8, 0), EINVAL);
	CHECK_EQ(splice(p[0], NULL, fd, NULL, 1, 0), 1);
	close(fd);
	fd = CHECK_OK(open("/tmp", O_RDONLY | O_DIRECTORY));
	CHECK_ERR(splice(fd, NULL, p[1], NULL, 8, 0), EINVAL);
	close(fd);
	CHECK_OK(unlink("/tmp/splice_out"));
}

/* copy_file_range(2): an offset that wraps is EOVERFLOW, another negative one EINVAL. */
TEST(copy_file_range_checks_offsets, SYS_copy_file_range)
{
	int fd = CHECK_OK(open("/tmp/cfr", O_CREAT | O_RDWR, 0600));
	loff_t at = -6;

	CHECK_EQ(write(fd, "0123456789", 10), 10);
	CHECK_ERR(copy_file_range(fd, &at, fd, NULL, 6, 0), EOVERFLOW);
	CHECK_ERR(copy_file_range(fd, &at, fd, NULL, 1, 0), EINVAL);
	CHECK_ERR(copy_file_range(fd, NULL, fd, &at, 11, 0), EOVERFLOW);
	CHECK_ERR(copy_file_range(fd, NULL, fd, &at, 5, 0), EINVAL);
	CHECK_OK(unlink("/tmp/cfr"));
}
