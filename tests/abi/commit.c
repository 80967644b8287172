/*
 * Committed memory: when it is counted, and what a strict limit refuses.  proc(5), mmap(2),
 * Documentation/mm/overcommit-accounting.
 */
#include "abi_test.h"
#include <setjmp.h>

#define PAGE 4096ul
#define RW   (PROT_READ | PROT_WRITE)

static char *map(size_t pages, int prot, int flags, int fd)
{
	return (char *)CHECK_OK(mmap(NULL, pages * PAGE, prot, flags, fd, 0));
}

/* KiB. */
static long meminfo(const char *name)
{
	FILE *file = fopen("/proc/meminfo", "r");
	char line[200], *end;
	long kib = -1;

	CHECK(file != NULL);
	while (kib < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ':')
			kib = strtol(line + strlen(name) + 1, &end, 10);
	fclose(file);
	CHECK(kib >= 0);
	return kib;
}

/* What is shared counts once, for whoever has it mapped, until it is gone altogether. */
TEST(shared_memory_is_committed_once, SYS_mmap)
{
	enum { KIB = 64 << 10, PAGES = KIB / 4, NEAR = 20 << 10 };
	int zero = CHECK_OK(open("/dev/zero", O_RDWR));

	for (int anonymous = 0; anonymous < 2; anonymous++) {
		int how = MAP_SHARED | (anonymous ? MAP_ANONYMOUS : 0), status;
		int fd = anonymous ? -1 : zero;
		long before = meminfo("Committed_AS");
		char *shared = map(PAGES, PROT_READ | PROT_WRITE, how, fd);
		pid_t child;

		CHECK(labs(meminfo("Committed_AS") - before - KIB) < NEAR);
		child = CHECK_OK(fork());
		if (child == 0) {
			pause();
			_exit(0);
		}
		CHECK(labs(meminfo("Committed_AS") - before - KIB) < NEAR);
		CHECK_OK(munmap(shared, (size_t)PAGES * PAGE));
		CHECK(labs(meminfo("Committed_AS") - before - KIB) < NEAR);
		CHECK_OK(kill(child, SIGKILL));
		CHECK_EQ(waitpid(child, &status, 0), child);
		CHECK(labs(meminfo("Committed_AS") - before) < NEAR);
		map(PAGES, PROT_READ | PROT_WRITE, how | MAP_NORESERVE, fd);
		CHECK(labs(meminfo("Committed_AS") - before) < NEAR);
	}
	CHECK_ERR((long)mmap(NULL, 1ul << 40, PROT_READ | PROT_WRITE, MAP_SHARED, zero, 0), ENOMEM);
}

/* What was not committed as a whole is as it fills, by whatever means, until it goes. */
static void fills(int fd, char *at, long before)
{
	enum { KIB = 8 << 10, NEAR = 2 << 10 };
	size_t size = (size_t)KIB << 10;
	long shmem = meminfo("Shmem"), cached = meminfo("Cached");

	CHECK(labs(meminfo("Committed_AS") - before) < NEAR);
	if (at)
		memset(at, 1, size);
	else
		for (char page[PAGE] = "x"; size; size -= PAGE)
			CHECK_EQ(write(fd, page, PAGE), PAGE);
	CHECK(labs(meminfo("Committed_AS") - before - KIB) < NEAR);
	CHECK(labs(meminfo("Shmem") - shmem - KIB) < NEAR);
	CHECK(labs(meminfo("Cached") - cached - KIB) < NEAR);
}

TEST(memory_without_a_reserve_is_committed_as_it_fills, SYS_mmap)
{
	enum { PAGES = 64 << 8, KIB = PAGES * 4, NEAR = 2 << 10 };
	const int how = MAP_SHARED | MAP_NORESERVE;
	int zero = CHECK_OK(open("/dev/zero", O_RDWR)), fd;
	long before = meminfo("Committed_AS");
	char *at;

	for (int i = 0; i < 3; i++) {
		fd = i == 2 ? CHECK_OK(syscall(SYS_memfd_create, "x", 0)) : i ? zero : -1;
		if (i == 2)
			CHECK_OK(ftruncate(fd, PAGES * PAGE));
		at = map(PAGES, RW, i ? how : how | MAP_ANONYMOUS, fd);
		fills(fd, at, before);
		CHECK_OK(madvise(at, 4 << 20, MADV_REMOVE));
		CHECK(labs(meminfo("Committed_AS") - before - (4 << 10)) < NEAR);
		CHECK_OK(munmap(at, PAGES * PAGE));
		if (i == 2)
			CHECK_OK(close(fd));
		CHECK(labs(meminfo("Committed_AS") - before) < NEAR);
	}
}

TEST(files_in_memory_are_committed_as_they_fill, SYS_ftruncate)
{
	enum { NEAR = 2 << 10 };
	long before = meminfo("Committed_AS");
	int fd = CHECK_OK(open("file", O_CREAT | O_RDWR, 0600));

	CHECK_OK(ftruncate(fd, 1 << 30));
	fills(fd, NULL, before);
	CHECK_OK(unlink("file"));
	CHECK_OK(close(fd));
	CHECK(labs(meminfo("Committed_AS") - before) < NEAR);
}

static void set(const char *name, const char *value)
{
	char path[100];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/vm/overcommit_%s", name);
	fd = CHECK_OK(open(path, O_WRONLY));
	CHECK_EQ(write(fd, value, strlen(value)), strlen(value));
	close(fd);
}

static long get(const char *name)
{
	char path[100], text[30] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/vm/overcommit_%s", name);
	fd = CHECK_OK(open(path, O_RDONLY));
	CHECK(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	return atol(text);
}

TEST(one_limit_takes_the_others_place, SYS_write)
{
	CHECK_EQ(get("ratio"), 50);
	CHECK_EQ(get("kbytes"), 0);
	set("kbytes", "1000");
	CHECK_EQ(get("ratio"), 0);
	CHECK_EQ(meminfo("CommitLimit"), 1000);
	set("ratio", "50");
	CHECK_EQ(get("kbytes"), 0);
	CHECK(meminfo("CommitLimit") > 1000);
	set("kbytes", "0");
	CHECK_EQ(get("ratio"), 0);
	set("ratio", "50");
}

static sigjmp_buf back;

static void jump(int signal)
{
	siglongjmp(back, 1);
}

/* With no room left no page is added; what was committed before is there. */
TEST(a_strict_limit_holds_for_files_in_memory, SYS_mmap)
{
	int memfd = CHECK_OK(syscall(SYS_memfd_create, "x", 0)), wrote, wrote_file, killed;
	int fd = CHECK_OK(open("file", O_CREAT | O_RDWR, 0600));
	char *own = map(1, RW, MAP_SHARED | MAP_ANONYMOUS, -1), *at;
	volatile char *none;

	CHECK_OK(ftruncate(memfd, 3 * PAGE));
	at = map(3, RW, MAP_SHARED, memfd);
	at[2 * PAGE] = 1;
	signal(SIGBUS, jump);
	set("kbytes", "1");
	set("memory", "2");
	errno = 0;
	wrote = pwrite(memfd, "x", 1, 0) < 0 ? errno : 0;
	wrote_file = pwrite(fd, "x", 1, 0) < 0 ? errno : 0;
	killed = sigsetjmp(back, 1);
	if (!killed)
		at[PAGE] = 1;
	own[0] = 1;
	at[2 * PAGE + 1] = 1;
	none = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	set("memory", "0");
	set("ratio", "50");
	CHECK_EQ(wrote, ENOSPC);
	CHECK_EQ(wrote_file, ENOSPC);
	CHECK_EQ(killed, 1);
	CHECK(none == MAP_FAILED);
	CHECK_EQ(pwrite(memfd, "x", 1, 0), 1);
	at[PAGE] = 1;
}
