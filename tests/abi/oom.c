/*
 * oom - programs that take memory until there is none, each in its own way
 *
 * The machine goes on, whoever takes most is the one that dies, and what it had
 * comes back: after the second time as much is free as before it.
 */
#include "abi_test.h"
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>

enum { PAGE = 4096, MIB = 1 << 20, LOST_KIB = 6 << 10 };

static char block[1 << 16];

static char *anon(size_t len)
{
	char *map = mmap(NULL, len, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return map == MAP_FAILED ? NULL : map;
}

static long free_kib(void)
{
	struct sysinfo info;

	usleep(200000); /* what is freed a little later */
	CHECK_OK(sysinfo(&info));
	return (long)(info.freeram * info.mem_unit / 1024);
}

static int run_in_group(void (*bomb)(void))
{
	int status;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		setpgid(0, 0);
		bomb();
		_exit(0);
	}
	(void)setpgid(pid, pid);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	(void)kill(-pid, SIGKILL);
	while (wait(NULL) > 0)
		;
	return status;
}

/* How the second one ended. */
static int bomb_twice(void (*bomb)(void))
{
	long before, after;
	int status;

	CHECK_OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
	(void)run_in_group(bomb);
	before = free_kib();
	status = run_in_group(bomb);
	after = free_kib();
	if (before - after > LOST_KIB)
		abi_fail(__FILE__, __LINE__, "%ld KiB free before, %ld after", before, after);
	CHECK_CHILD(;);
	return status;
}

static void take_memory(void)
{
	for (char *map; (map = anon(MIB));)
		memset(map, 1, MIB);
}

TEST_TIMEOUT(the_one_that_takes_all_dies, 90, SYS_wait4)
{
	int status = bomb_twice(take_memory);

	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void take_locked_memory(void)
{
	(void)mlockall(MCL_CURRENT | MCL_FUTURE);
	for (;;)
		if (!anon(MIB))
			usleep(1000);
}

TEST_TIMEOUT(locked_memory_is_no_shelter, 90, SYS_wait4)
{
	int status = bomb_twice(take_locked_memory);

	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* A page table for each page of zeroes that is read, 2 MiB apart. */
static void take_page_tables(void)
{
	char *map = anon(256ul << 30);

	for (size_t i = 0; map && i < 256ul << 30; i += 2 * MIB)
		(void)*(volatile char *)(map + i);
}

TEST_TIMEOUT(page_tables_count, 90, SYS_wait4)
{
	int status = bomb_twice(take_page_tables);

	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void take_shared_memory(void)
{
	size_t len = 1ul << 30;
	char *map = mmap(NULL, len, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	for (size_t i = 0; map != MAP_FAILED && i < len; i += PAGE)
		map[i] = 1;
}

TEST_TIMEOUT(shared_memory_goes_with_its_process, 90, SYS_wait4)
{
	int status = bomb_twice(take_shared_memory);

	CHECK(WIFSIGNALED(status));
}

static void take_by_many(void)
{
	for (int i = 0; i < 80; i++) {
		if (fork() == 0) {
			char *map = anon(4 * MIB);

			if (map)
				memset(map, 1, 4 * MIB);
			usleep(500000);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
}

TEST_TIMEOUT(many_small_ones_end, 120, SYS_wait4)
{
	(void)bomb_twice(take_by_many);
}

static void fill_pipes(void)
{
	struct rlimit limit = { 16384, 16384 };
	int fd[2];

	(void)setrlimit(RLIMIT_NOFILE, &limit);
	while (pipe2(fd, O_NONBLOCK) == 0)
		while (write(fd[1], block, sizeof(block)) > 0)
			;
}

TEST_TIMEOUT(full_pipes_come_back, 120, SYS_wait4)
{
	(void)bomb_twice(fill_pipes);
}

/* Clean pages of files give way: a memory that holds everything is had again and again. */
TEST_TIMEOUT(read_files_give_way, 60, SYS_wait4)
{
	CHECK_CHILD({
		int fd = CHECK_OK(open("/proc/self/exe", O_RDONLY));

		while (read(fd, block, sizeof(block)) > 0)
			;
	});
	(void)bomb_twice(take_memory);
	CHECK_CHILD({
		int fd = CHECK_OK(open("/proc/self/exe", O_RDONLY));

		CHECK(read(fd, block, sizeof(block)) == sizeof(block) &&
		      !memcmp(block, "\177ELF", 4));
	});
}
