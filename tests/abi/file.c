/* open(2), read(2), write(2), lseek(2), dup(2), fcntl(2), vectors, truncate, fallocate, sendfile. */
#include "abi_test.h"
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

static int make_file(const char *name, const char *text)
{
	int fd = CHECK_OK(open(name, O_CREAT | O_RDWR | O_TRUNC, 0644));

	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

TEST(open_flags, SYS_open, SYS_openat)
{
	CHECK_ERR(open("none", O_RDONLY), ENOENT);
	close(make_file("f", "abc"));
	CHECK_ERR(open("f", O_CREAT | O_EXCL | O_RDWR, 0600), EEXIST);
	CHECK_ERR(open("f", O_DIRECTORY), ENOTDIR);
	CHECK_ERR(open("f/", O_RDONLY), ENOTDIR);
	CHECK_ERR(open(".", O_WRONLY), EISDIR);
	CHECK_ERR(open("", O_RDONLY), ENOENT);
	CHECK_OK(symlink("f", "l"));
	CHECK_ERR(open("l", O_NOFOLLOW), ELOOP);
	CHECK_OK(open("l", O_NOFOLLOW | O_PATH));
	CHECK_ERR(open((char *)8, O_RDONLY), EFAULT);
	int fd = CHECK_OK(open("f", O_RDWR | O_TRUNC | O_APPEND | O_NONBLOCK));
	CHECK_EQ(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK | O_TRUNC),
		 O_RDWR | O_APPEND | O_NONBLOCK);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 0);
}

TEST(lowest_descriptor_is_taken, SYS_dup, SYS_dup2, SYS_dup3, SYS_fcntl)
{
	int a = CHECK_OK(dup(0)), b = CHECK_OK(dup(0)), c = CHECK_OK(dup(0));

	CHECK_OK(close(b));
	CHECK_EQ(dup(0), b);
	CHECK_EQ(dup2(a, c), c);
	CHECK_EQ(dup2(a, a), a);
	CHECK_ERR(dup3(a, a, 0), EINVAL);
	CHECK_ERR(dup3(a, c, O_NONBLOCK), EINVAL);
	CHECK_ERR(dup2(999, c), EBADF);
	CHECK_EQ(dup3(a, c, O_CLOEXEC), c);
	CHECK_EQ(fcntl(c, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(a, F_DUPFD, 100), 100);
	CHECK_EQ(fcntl(a, F_DUPFD_CLOEXEC, 100), 101);
	CHECK_ERR(fcntl(a, F_DUPFD, -1), EINVAL);
	CHECK_ERR(fcntl(a, 9999, 0), EINVAL);
	CHECK_ERR(close(100000), EBADF);
}

TEST(close_range_closes_and_marks, SYS_close_range)
{
	int a = CHECK_OK(fcntl(0, F_DUPFD, 50)), b = CHECK_OK(fcntl(0, F_DUPFD, 60));

	CHECK_OK(syscall(SYS_close_range, 55, 65, 4));
	CHECK_EQ(fcntl(b, F_GETFD), FD_CLOEXEC);
	CHECK_OK(syscall(SYS_close_range, 50, 65, 0));
	CHECK_ERR(fcntl(a, F_GETFD), EBADF);
	CHECK_ERR(fcntl(b, F_GETFD), EBADF);
	CHECK_ERR(syscall(SYS_close_range, 65, 50, 0), EINVAL);
	CHECK_ERR(syscall(SYS_close_range, 50, 65, 64), EINVAL);
}

TEST(read_write_and_seek, SYS_lseek)
{
	char buf[16] = "";
	int fd = make_file("f", "0123456789");

	CHECK_EQ(read(fd, buf, 4), 4);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 4);
	CHECK_EQ(lseek(fd, -2, SEEK_END), 8);
	CHECK_EQ(read(fd, buf, 16), 2);
	CHECK_EQ(read(fd, buf, 16), 0);
	CHECK_ERR(lseek(fd, -1, SEEK_SET), EINVAL);
	CHECK_ERR(lseek(fd, 0, 77), EINVAL);
	CHECK_EQ(lseek(fd, 20, SEEK_SET), 20);
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(pread(fd, buf, 16, 15), 6);
	CHECK_EQ(buf[0], 0);
	CHECK_EQ(buf[5], 'x');
	CHECK_ERR(pread(fd, buf, 1, -1), EINVAL);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_ERR(read(fd, (void *)8, 1), EFAULT);
	int wo = CHECK_OK(open("f", O_WRONLY));
	CHECK_ERR(read(wo, buf, 1), EBADF);
	CHECK_ERR(write(open("f", O_RDONLY), buf, 1), EBADF);
	int dir = CHECK_OK(open(".", O_RDONLY));
	CHECK_ERR(read(dir, buf, 1), EISDIR);
	int fds[2];
	CHECK_OK(pipe(fds));
	CHECK_ERR(lseek(fds[0], 0, SEEK_SET), ESPIPE);
	CHECK_ERR(pread(fds[0], buf, 1, 0), ESPIPE);
}

TEST(append_always_writes_at_the_end, SYS_open, SYS_openat)
{
	char buf[8] = "";

	close(make_file("f", "ab"));
	int fd = CHECK_OK(open("f", O_RDWR | O_APPEND));
	CHECK_EQ(write(fd, "c", 1), 1);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(write(fd, "d", 1), 1);
	CHECK_EQ(pread(fd, buf, 8, 0), 4);
	CHECK_EQ(memcmp(buf, "abcd", 4), 0);
}

TEST(vectors_move_all_parts, SYS_readv, SYS_writev, SYS_preadv, SYS_pwritev)
{
	char a[3], b[5];
	struct iovec iov[2] = { { a, 3 }, { b, 5 } };
	int fd = make_file("f", "abcdefgh");

	CHECK_EQ(readv(fd, iov, 2), 8);
	CHECK_EQ(memcmp(b, "defgh", 5), 0);
	CHECK_EQ(pwritev(fd, iov, 2, 1), 8);
	CHECK_EQ(preadv(fd, iov, 2, 6), 3);
	CHECK_EQ(memcmp(a, "fgh", 3), 0);
	CHECK_ERR(readv(fd, iov, -1), EINVAL);
	CHECK_ERR(readv(fd, iov, 1025), EINVAL);
	iov[0].iov_len = -1;
	CHECK_ERR(writev(fd, iov, 2), EINVAL);
}

TEST(preadv2_refuses_unknown_flags, SYS_preadv2)
{
	char a[8];
	struct iovec iov = { a, 8 };
	int fd = make_file("f", "abcdefgh");

	CHECK_EQ(syscall(SYS_preadv2, fd, &iov, 1, 0, 0, 0), 8);
	CHECK_EQ(preadv2(fd, &iov, 1, -1, 0), 8);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 8);
	CHECK_ERR(preadv2(fd, &iov, 1, 0, 0x4000), EOPNOTSUPP);
}

TEST(truncate_and_holes, SYS_ftruncate, SYS_truncate)
{
	char buf[8];
	int fd = make_file("f", "abcdefgh");
	struct stat st;

	CHECK_OK(ftruncate(fd, 3));
	CHECK_OK(ftruncate(fd, 5000));
	CHECK_EQ(pread(fd, buf, 8, 0), 8);
	CHECK_EQ(memcmp(buf, "abc\0\0\0\0\0", 8), 0);
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_size, 5000);
	CHECK_OK(truncate("f", 0));
	CHECK_EQ(read(fd, buf, 8), 0);
	CHECK_ERR(ftruncate(fd, -1), EINVAL);
	CHECK_ERR(truncate(".", 0), EISDIR);
	CHECK_ERR(ftruncate(open("f", O_RDONLY), 0), EINVAL);
}

TEST(fallocate_allocates_and_punches, SYS_fallocate)
{
	int fd = make_file("f", "abcdefgh");
	struct stat st;
	char buf[8];

	CHECK_OK(fallocate(fd, 0, 0, 10000));
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_size, 10000);
	CHECK_OK(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 20000));
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_size, 10000);
	CHECK_OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 2, 3));
	CHECK_EQ(pread(fd, buf, 8, 0), 8);
	CHECK_EQ(memcmp(buf, "ab\0\0\0fgh", 8), 0);
	CHECK_ERR(fallocate(fd, 0, -1, 4), EINVAL);
	CHECK_ERR(fallocate(fd, 0, 0, 0), EINVAL);
	CHECK_ERR(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 4), EOPNOTSUPP);
}

TEST(data_and_holes_are_found, SYS_lseek)
{
	int fd = CHECK_OK(open("f", O_CREAT | O_RDWR, 0600));

	CHECK_OK(ftruncate(fd, 3 * 4096));
	CHECK_EQ(pwrite(fd, "x", 1, 4096), 1);
	CHECK_EQ(lseek(fd, 0, SEEK_DATA), 4096);
	CHECK_EQ(lseek(fd, 4096, SEEK_HOLE), 8192);
	CHECK_ERR(lseek(fd, 8192, SEEK_DATA), ENXIO);
}

TEST(file_size_limit_signals, SYS_write, SYS_pwrite64)
{
	struct rlimit limit = { 1000, RLIM_INFINITY };
	static char buf[2000];
	int fd = make_file("f", "");

	signal(SIGXFSZ, SIG_IGN);
	CHECK_OK(setrlimit(RLIMIT_FSIZE, &limit));
	CHECK_EQ(write(fd, buf, 2000), 1000);
	CHECK_ERR(write(fd, buf, 1), EFBIG);
}

TEST(sendfile_copies_between_files, SYS_sendfile)
{
	int in = make_file("in", "0123456789"), out = CHECK_OK(open("out", O_CREAT | O_RDWR, 0600));
	off_t at = 2;
	char buf[16];

	CHECK_EQ(sendfile(out, in, &at, 4), 4);
	CHECK_EQ(at, 6);
	CHECK_EQ(lseek(in, 0, SEEK_CUR), 0);
	CHECK_EQ(sendfile(out, in, NULL, 100), 10);
	CHECK_EQ(pread(out, buf, 16, 0), 14);
	CHECK_EQ(memcmp(buf, "23450123456789", 14), 0);
}

TEST(copy_file_range_copies, SYS_copy_file_range)
{
	int in = make_file("in", "0123456789"), out = CHECK_OK(open("out", O_CREAT | O_RDWR, 0600));
	loff_t from = 3, to = 1;
	char buf[16];

	CHECK_EQ(copy_file_range(in, &from, out, &to, 4, 0), 4);
	CHECK_EQ(from, 7);
	CHECK_EQ(pread(out, buf, 16, 0), 5);
	CHECK_EQ(memcmp(buf, "\0003456", 5), 0);
	CHECK_ERR(copy_file_range(in, NULL, out, NULL, 4, 1), EINVAL);
}

TEST(flock_excludes_other_openings, SYS_flock)
{
	int a = make_file("f", ""), b = CHECK_OK(open("f", O_RDWR));

	CHECK_OK(flock(a, LOCK_EX));
	CHECK_ERR(flock(b, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	CHECK_ERR(flock(b, LOCK_SH | LOCK_NB), EWOULDBLOCK);
	CHECK_OK(flock(a, LOCK_SH));
	CHECK_OK(flock(b, LOCK_SH | LOCK_NB));
	CHECK_OK(flock(a, LOCK_UN));
	CHECK_OK(close(a));
	CHECK_OK(flock(b, LOCK_EX | LOCK_NB));
	CHECK_ERR(flock(b, 77), EINVAL);
}

TEST(memfd_seals_hold, SYS_memfd_create)
{
	int fd = CHECK_OK(memfd_create("m", MFD_ALLOW_SEALING | MFD_CLOEXEC));

	CHECK_EQ(write(fd, "abc", 3), 3);
	CHECK_OK(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK));
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_WRITE | F_SEAL_SHRINK);
	CHECK_ERR(write(fd, "x", 1), EPERM);
	CHECK_ERR(ftruncate(fd, 0), EPERM);
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
	CHECK_ERR(memfd_create("m", 0x400), EINVAL);
}

TEST(umask_applies, SYS_umask)
{
	struct stat st;

	umask(027);
	close(CHECK_OK(open("f", O_CREAT | O_RDWR, 0666)));
	CHECK_OK(stat("f", &st));
	CHECK_EQ(st.st_mode & 07777, 0640);
	CHECK_EQ(umask(0), 027);
}

/* write(2): a buffer that ends in the middle is written as far as it goes. */
TEST(write_from_a_cut_buffer_is_short, SYS_write)
{
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = CHECK_OK(open("cut", O_RDWR | O_CREAT, 0600));
	char *end = pages + 4096, back[200];
	struct stat st;

	memset(pages, 'x', 4096);
	CHECK_OK(munmap(end, 4096));
	alarm(10); /* no loop in the kernel holds off a signal either */
	CHECK_EQ(write(fd, end - 100, 4096), 100);
	CHECK_ERR(write(fd, end, 4096), EFAULT);
	CHECK_EQ(pwrite(fd, end - 50, 5000, 8192), 50);
	CHECK_EQ(pwrite(fd, end - 50, 4096, 4096), 50);
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_size, 8242);
	CHECK_EQ(pread(fd, back, 200, 0), 200);
	CHECK(back[99] == 'x' && back[100] == 0);
	CHECK_EQ(pread(fd, back, 200, 8192), 50);
	CHECK_EQ(back[49], 'x');
}
