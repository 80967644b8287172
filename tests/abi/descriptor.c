/*
 * descriptor.c - threads of one process that open, move and close descriptors
 *
 * The table may be locked in pieces, grow while others use it, and be copied by a
 * fork: no descriptor is given twice, lost, or another file's.  Each file here says
 * in its size whose it is.
 */
#include "abi_test.h"
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { TEAM = 4, HELD = 40, BASE = 8, FAR = 5000 };

static atomic_int done, reach; /* new ones are asked for up to here; 0: the lowest */
static pthread_barrier_t barrier;

static int memory_file(off_t size)
{
	int fd = syscall(SYS_memfd_create, "descriptor", 0);

	CHECK(fd >= 0);
	CHECK_OK(ftruncate(fd, size));
	return fd;
}

static off_t size_of(int fd)
{
	struct stat st;

	CHECK_OK(fstat(fd, &st));
	return st.st_size;
}

static void more_descriptors(rlim_t count)
{
	struct rlimit limit = { count, count };

	CHECK_OK(setrlimit(RLIMIT_NOFILE, &limit));
}

/* Opens and closes in disorder, and looks whether each number still is the thread's own file. */
static void *open_and_close(void *arg)
{
	long me = (long)arg;
	unsigned random = 7 * me + 1;
	int held[HELD], count = 0;
	int mine = memory_file(1000 + me);

	for (int round = 0; round < 20000 && !done; round++) {
		random = random * 1103515245 + 12345;
		if (count < HELD && (random >> 16) % 3) {
			int least = reach ? (random >> 8) % reach : 0;

			CHECK_OK(held[count] = fcntl(mine, F_DUPFD, least));
			count++;
		} else if (count) {
			int at = (random >> 16) % count;

			CHECK_EQ(size_of(held[at]), 1000 + me);
			CHECK_OK(close(held[at]));
			held[at] = held[--count];
		}
	}
	while (count) {
		CHECK_EQ(size_of(held[--count]), 1000 + me);
		CHECK_OK(close(held[count]));
	}
	CHECK_OK(close(mine));
	return NULL;
}

static void run_team(void *(*work)(void *), int n, pthread_t *thread)
{
	for (long i = 0; i < n; i++)
		CHECK_OK(pthread_create(&thread[i], NULL, work, (void *)i));
}

static void end_team(int n, pthread_t *thread)
{
	for (int i = 0; i < n; i++)
		CHECK_OK(pthread_join(thread[i], NULL));
}

TEST_TIMEOUT(threads_open_and_close, 60, SYS_fcntl)
{
	pthread_t thread[TEAM];
	int before = memory_file(0);

	run_team(open_and_close, TEAM, thread);
	end_team(TEAM, thread);
	CHECK_EQ(memory_file(0), before + 1); /* all is free again */
}

static void grow_beside_threads(void)
{
	pthread_t thread[TEAM];
	int mine = memory_file(5);

	reach = 60;
	run_team(open_and_close, TEAM, thread);
	for (int size = 300; size < 40000; size *= 2) {
		for (int yield = 0; yield < 20; yield++)
			sched_yield();
		CHECK_EQ(dup2(mine, size), size);
		reach = size;
	}
	done = 1;
	end_team(TEAM, thread);
	for (int size = 300; size < 40000; size *= 2)
		CHECK_EQ(size_of(size), 5);
	CHECK_EQ(dup(mine), mine + 1);
}

/* The table is replaced by larger ones meanwhile; each child begins with a small one. */
TEST_TIMEOUT(table_grows_while_threads_open, 60, SYS_dup2, SYS_clone)
{
	more_descriptors(60000);
	for (int i = 0; i < 20; i++)
		CHECK_CHILD(grow_beside_threads());
}

/* --- A descriptor that moves is never nowhere ---------------------------------------- */

static void *move_to_and_fro(void *arg)
{
	int low = (int)(long)arg, high = low + FAR;

	while (!done) {
		CHECK_EQ(dup2(low, high), high);
		CHECK_OK(close(low));
		CHECK_EQ(dup2(high, low), low);
		CHECK_OK(close(high));
	}
	return NULL;
}

TEST_TIMEOUT(fork_beside_a_descriptor_that_moves, 60, SYS_dup2, SYS_clone)
{
	pthread_t thread;
	int low = fcntl(memory_file(77), F_DUPFD, BASE);

	CHECK_EQ(low, BASE);
	more_descriptors(2 * FAR);
	CHECK_OK(pthread_create(&thread, NULL, move_to_and_fro, (void *)(long)low));
	for (int i = 0; i < 300; i++)
		CHECK_CHILD(struct stat st; int there = 0;
			    if (fstat(low, &st) == 0) there += st.st_size == 77;
			    if (fstat(low + FAR, &st) == 0) there += st.st_size == 77;
			    CHECK(there >= 1));
	done = 1;
	CHECK_OK(pthread_join(thread, NULL));
}

/* --- The lowest, with others -------------------------------------------------------- */

/* Takes what is lowest and gives it back: never above what all threads together could hold. */
static void *lowest_of_few(void *arg)
{
	int mine = *(int *)arg;

	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 20000; i++) {
		int fd = dup(mine);

		CHECK(fd > mine && fd <= mine + TEAM);
		CHECK_OK(close(fd));
	}
	return NULL;
}

TEST_TIMEOUT(lowest_descriptor_beside_others, 60, SYS_dup)
{
	pthread_t thread[TEAM];
	int last = memory_file(1);

	/* The threads' own are on the edge of what a table may be divided into. */
	while (last % 8 != 5)
		CHECK_OK(last = dup(last));
	pthread_barrier_init(&barrier, NULL, TEAM);
	for (int i = 0; i < TEAM; i++)
		CHECK_OK(pthread_create(&thread[i], NULL, lowest_of_few, &last));
	end_team(TEAM, thread);
}

/* --- Numbers, one after another ------------------------------------------------------- */

TEST(lowest_of_many, SYS_dup, SYS_close_range)
{
	static const int holes[] = { 8, 63, 64, 511, 512, 513, 4095, 4096, 9000 };
	enum { HOLES = sizeof(holes) / sizeof(holes[0]), ALL = 10000 };
	int mine = memory_file(3);

	more_descriptors(ALL);
	for (int fd, last = mine; (fd = dup(mine)) >= 0; last = fd)
		CHECK(fd > last);
	CHECK_ERR(dup(mine), EMFILE);
	for (int fd = 0; fd < ALL; fd++)
		CHECK_EQ(fcntl(fd, F_GETFD) & ~FD_CLOEXEC, 0);
	for (int i = HOLES; --i >= 0;)
		CHECK_OK(close(holes[i]));
	CHECK_EQ(fcntl(mine, F_DUPFD, 65), 511);
	CHECK_EQ(fcntl(mine, F_DUPFD, 4096), 4096);
	CHECK_EQ(fcntl(mine, F_DUPFD_CLOEXEC, 9000), 9000);
	CHECK_ERR(fcntl(mine, F_DUPFD, 9001), EMFILE);
	for (int i = 0; i < HOLES; i++)
		if (holes[i] != 511 && holes[i] != 4096 && holes[i] != 9000)
			CHECK_EQ(dup(mine), holes[i]);
	CHECK_ERR(dup(mine), EMFILE);
	CHECK_EQ(fcntl(9000, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(8999, F_GETFD), 0);

	CHECK_OK(syscall(SYS_close_range, 600, 700, 0));
	CHECK_OK(syscall(SYS_close_range, 5000, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */));
	CHECK_EQ(fcntl(5000, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(4999, F_GETFD), 0);
	CHECK_ERR(fcntl(700, F_GETFD), EBADF);
	CHECK_EQ(fcntl(701, F_GETFD), 0);
	for (int fd = 600; fd <= 700; fd++)
		CHECK_EQ(dup(mine), fd);
	CHECK_ERR(dup(mine), EMFILE);
}
