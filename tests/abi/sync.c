/* fsync(2), sync(2), sync_file_range(2), readahead(2), msync(2), mlock(2), mlockall(2). */
#include "abi_test.h"
#include <sys/mount.h>
#include <sys/resource.h>

static char *map(size_t pages)
{
	char *at = mmap(NULL, pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			0);

	CHECK(at != MAP_FAILED);
	return at;
}

/* Kilobytes of this process's memory that are locked, as /proc says. */
static long locked_kb(void)
{
	char buf[4096], *line;
	int fd = CHECK_OK(open("/proc/self/status", O_RDONLY)),
	    n = CHECK_OK(read(fd, buf, sizeof(buf) - 1));

	close(fd);
	buf[n] = 0;
	line = strstr(buf, "VmLck:");
	CHECK(line != NULL);
	return atol(line + 6);
}

TEST(files_are_synced, SYS_fsync, SYS_fdatasync, SYS_sync, SYS_syncfs)
{
	int fd = CHECK_OK(open("file", O_CREAT | O_RDWR, 0600)), end[2],
	    path = CHECK_OK(open("file", O_PATH)), ro;

	CHECK_EQ(write(fd, "data", 4), 4);
	CHECK_OK(syscall(SYS_fsync, fd));
	CHECK_OK(syscall(SYS_fdatasync, fd));
	ro = CHECK_OK(open("file", O_RDONLY));
	CHECK_OK(syscall(SYS_fsync, ro));
	CHECK_OK(syscall(SYS_syncfs, ro));
	CHECK_EQ(syscall(SYS_sync), 0);
	CHECK_OK(pipe(end));
	CHECK_ERR(syscall(SYS_fsync, end[1]), EINVAL);
	CHECK_ERR(syscall(SYS_fdatasync, end[0]), EINVAL);
	CHECK_OK(syscall(SYS_syncfs, end[0]));
	CHECK_ERR(syscall(SYS_fsync, path), EBADF);
	CHECK_ERR(syscall(SYS_fdatasync, 99), EBADF);
	CHECK_ERR(syscall(SYS_syncfs, path), EBADF);
	CHECK_OK(syscall(SYS_fsync, CHECK_OK(open(".", O_RDONLY))));
}

TEST(sync_is_a_call, SYS_sync)
{
	CHECK_EQ(syscall(SYS_sync), 0);
}

TEST(ranges_are_synced, SYS_sync_file_range)
{
	int fd = CHECK_OK(open("file", O_CREAT | O_RDWR, 0600)), end[2];

	CHECK_EQ(write(fd, "data", 4), 4);
	CHECK_OK(syscall(SYS_sync_file_range, fd, 0L, 0L, 7));
	CHECK_OK(syscall(SYS_sync_file_range, fd, 100L, 100L, 0));
	CHECK_ERR(syscall(SYS_sync_file_range, fd, 0L, 0L, 8), EINVAL);
	CHECK_ERR(syscall(SYS_sync_file_range, fd, INT64_MAX - 10, 100L, 7), EINVAL);
	CHECK_ERR(syscall(SYS_sync_file_range, fd, -1L, 0L, 1), EINVAL);
	CHECK_ERR(syscall(SYS_sync_file_range, fd, 0L, -1L, 1), EINVAL);
	CHECK_ERR(syscall(SYS_sync_file_range, 99, 0L, 0L, 1), EBADF);
	CHECK_OK(pipe(end));
	CHECK_ERR(syscall(SYS_sync_file_range, end[0], 0L, 0L, 1), ESPIPE);
}

TEST(readahead_wants_a_readable_file, SYS_readahead)
{
	int fd = CHECK_OK(open("file", O_CREAT | O_RDWR, 0600)), end[2],
	    wo = CHECK_OK(open("file", O_WRONLY));

	CHECK_EQ(write(fd, "data", 4), 4);
	CHECK_ERR(syscall(SYS_readahead, wo, 0L, 4096L), EBADF);
	CHECK_ERR(syscall(SYS_readahead, 99, 0L, 4096L), EBADF);
	CHECK_OK(pipe(end));
	CHECK_ERR(syscall(SYS_readahead, end[0], 0L, 4096L), EINVAL);
	CHECK_ERR(syscall(SYS_readahead, CHECK_OK(open(".", O_RDONLY)), 0L, 4096L), EINVAL);
}

TEST(mappings_are_synced, SYS_msync)
{
	int fd = CHECK_OK(open("file", O_CREAT | O_RDWR, 0600));
	char *at, got[5] = "";

	CHECK_OK(ftruncate(fd, 8192));
	at = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(at != MAP_FAILED);
	memcpy(at + 4096, "data", 4);
	CHECK_OK(syscall(SYS_msync, at, 8192L, MS_SYNC));
	CHECK_EQ(pread(fd, got, 4, 4096), 4);
	CHECK_EQ(strcmp(got, "data"), 0);
	CHECK_OK(syscall(SYS_msync, at, 1L, MS_ASYNC | MS_INVALIDATE));
	CHECK_OK(syscall(SYS_msync, at, 0L, MS_SYNC));
	CHECK_OK(syscall(SYS_msync, at, 8192L, 0));
	CHECK_ERR(syscall(SYS_msync, at + 1, 100L, MS_SYNC), EINVAL);
	CHECK_ERR(syscall(SYS_msync, at, 100L, MS_SYNC | MS_ASYNC), EINVAL);
	CHECK_ERR(syscall(SYS_msync, at, 100L, 8), EINVAL);
	CHECK_OK(munmap(at + 4096, 4096));
	CHECK_ERR(syscall(SYS_msync, at, 8192L, MS_SYNC), ENOMEM);
	CHECK_ERR(syscall(SYS_msync, at, -4096L, MS_SYNC), ENOMEM);
	CHECK_OK(mlock(at, 4096));
	CHECK_ERR(syscall(SYS_msync, at, 4096L, MS_INVALIDATE), EBUSY);
}

TEST(memory_is_locked_and_unlocked, SYS_mlock, SYS_munlock, SYS_mlock2)
{
	char *at = map(4);
	unsigned char in[4];
	long before = locked_kb();

	CHECK_OK(syscall(SYS_mlock, at + 4096, 4096L));
	CHECK_EQ(locked_kb() - before, 4);
	CHECK_OK(mincore(at, 4 * 4096, in));
	CHECK_EQ(in[1] & 1, 1);
	CHECK_OK(syscall(SYS_mlock, at + 4095, 2L)); /* the pages that it touches */
	CHECK_EQ(locked_kb() - before, 8);
	CHECK_OK(syscall(SYS_munlock, at, 1L));
	CHECK_EQ(locked_kb() - before, 4);
	CHECK_OK(syscall(SYS_munlock, at, 4 * 4096L));
	CHECK_EQ(locked_kb() - before, 0);
	CHECK_OK(syscall(SYS_mlock2, at + 2 * 4096, 4096L, 1)); /* MLOCK_ONFAULT */
	CHECK_EQ(locked_kb() - before, 4);
	CHECK_OK(mincore(at, 4 * 4096, in));
	CHECK_EQ(in[2] & 1, 0);
	CHECK_OK(syscall(SYS_mlock2, at + 2 * 4096, 4096L, 0));
	CHECK_OK(mincore(at, 4 * 4096, in));
	CHECK_EQ(in[2] & 1, 1);
	CHECK_ERR(syscall(SYS_mlock2, at, 4096L, 2), EINVAL);
	CHECK_OK(syscall(SYS_mlock, at, 0L));
	CHECK_OK(munmap(at + 4096, 4096));
	CHECK_ERR(syscall(SYS_mlock, at, 3 * 4096L), ENOMEM);
	CHECK_ERR(syscall(SYS_munlock, at, 3 * 4096L), ENOMEM);
	CHECK_CHILD({
		struct rlimit limit = { 8192, 8192 };
		CHECK_OK(setrlimit(RLIMIT_MEMLOCK, &limit));
		CHECK_OK(setuid(1000));
		at = map(4);
		CHECK_OK(syscall(SYS_munlock, at, 4 * 4096L));
		CHECK_OK(syscall(SYS_mlock, at, 8192L));
		CHECK_ERR(syscall(SYS_mlock, at, 3 * 4096L), ENOMEM);
		CHECK_OK(syscall(SYS_mlock, at, 8192L)); /* counted once */
		CHECK_OK(syscall(SYS_munlock, at, 8192L));
		CHECK_OK(syscall(SYS_mlock2, at + 8192, 8192L, 1));
	});
	CHECK_CHILD({
		struct rlimit limit = { 0, 0 };
		CHECK_OK(setrlimit(RLIMIT_MEMLOCK, &limit));
		CHECK_OK(setuid(1000));
		CHECK_ERR(syscall(SYS_mlock, at, 4096L), EPERM);
		CHECK_ERR(syscall(SYS_mlock2, at, 4096L, 0), EPERM);
	});
}

TEST(a_whole_space_is_locked, SYS_mlockall, SYS_munlockall)
{
	unsigned char in[2];
	char *at;

	CHECK_ERR(syscall(SYS_mlockall, 0), EINVAL);
	CHECK_ERR(syscall(SYS_mlockall, 8), EINVAL);
	CHECK_ERR(syscall(SYS_mlockall, MCL_ONFAULT), EINVAL);
	CHECK_OK(syscall(SYS_mlockall, MCL_FUTURE));
	at = map(2);
	CHECK_OK(mincore(at, 8192, in));
	CHECK_EQ(in[1] & 1, 1);
	CHECK(locked_kb() >= 8);
	CHECK_OK(syscall(SYS_mlockall, MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT));
	at = map(2);
	CHECK_OK(mincore(at, 8192, in));
	CHECK_EQ(in[1] & 1, 0);
	CHECK_CHILD(CHECK_EQ(locked_kb(), 0)); /* not inherited */
	CHECK_OK(syscall(SYS_munlockall));
	CHECK_EQ(locked_kb(), 0);
	CHECK_CHILD({
		struct rlimit limit = { 8192, 8192 };
		CHECK_OK(setrlimit(RLIMIT_MEMLOCK, &limit));
		CHECK_OK(setuid(1000));
		CHECK_ERR(syscall(SYS_mlockall, MCL_CURRENT), ENOMEM);
		CHECK_OK(syscall(SYS_munlockall));
		limit.rlim_cur = limit.rlim_max = 0;
		CHECK_OK(setrlimit(RLIMIT_MEMLOCK, &limit));
		CHECK_ERR(syscall(SYS_mlockall, MCL_CURRENT), EPERM);
	});
}
