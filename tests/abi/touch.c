/*
 * touch.c - new pages written to in a row
 *
 * A kernel may give a thread that goes through new memory more pages than it has
 * touched: not beyond the mapping, not over what is there, not where the program
 * said that touches tell nothing or that pages must not come early.
 */
#include "abi_test.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { PAGE = 4096, PAGES = 64, TEAM = 3, ROUNDS = 60 };

static char *anon(void *at, size_t pages, int prot, int flags)
{
	char *map = mmap(at, pages * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	CHECK(map != MAP_FAILED);
	return map;
}

static void touch(char *map, int pages)
{
	for (int i = 0; i < pages; i++)
		((volatile char *)map)[i * PAGE] = (char)(i + 1);
}

static int resident(char *map, int pages)
{
	unsigned char there[4 * PAGES];
	int count = 0;

	CHECK_OK(mincore(map, pages * PAGE, there));
	for (int i = 0; i < pages; i++)
		count += there[i] & 1;
	return count;
}

TEST(touches_stay_in_their_mapping, SYS_mmap)
{
	char *map = anon(NULL, 3 * PAGES, PROT_NONE, MAP_NORESERVE);
	char *behind = map + PAGES * PAGE;

	anon(map, PAGES, PROT_READ | PROT_WRITE, MAP_FIXED);
	/* Not one mapping with the first, but with equal rights. */
	CHECK(mmap(behind, PAGES * PAGE, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == behind);
	touch(map, PAGES);
	CHECK_EQ(resident(map, PAGES), PAGES);
	CHECK_EQ(resident(behind, 2 * PAGES), 0);
	for (int i = 0; i < PAGES; i++)
		for (int at = 0; at < PAGE; at++)
			CHECK_EQ(map[i * PAGE + at], at ? 0 : i + 1);
}

TEST(pages_that_are_there_stay, SYS_mmap)
{
	char *map = anon(NULL, PAGES, PROT_READ | PROT_WRITE, 0);

	for (int i = 30; i < PAGES; i += 17)
		map[i * PAGE + 1] = (char)i;
	CHECK_EQ(map[33 * PAGE], 0); /* read alone: the page of zeroes */
	touch(map, PAGES);
	/* A child has what the page table says, this process may have translations from before. */
	CHECK_CHILD(for (int i = 0; i < PAGES; i++) {
		CHECK_EQ(map[i * PAGE], i + 1);
		CHECK_EQ(map[i * PAGE + 1], i % 17 == 13 && i >= 30 ? i : 0);
	});
}

/* Each of these holds what was touched, and nothing else. */
TEST(no_page_comes_early, SYS_madvise, SYS_mlock2)
{
	char *map = anon(NULL, PAGES, PROT_READ | PROT_WRITE, 0);

	CHECK_OK(madvise(map, PAGES * PAGE, MADV_NOHUGEPAGE));
	touch(map, 50);
	CHECK_EQ(resident(map, PAGES), 50);

	map = anon(NULL, PAGES, PROT_READ | PROT_WRITE, 0);
	CHECK_OK(madvise(map, PAGES * PAGE, MADV_RANDOM));
	touch(map, 50);
	CHECK_EQ(resident(map, PAGES), 50);

	map = anon(NULL, PAGES, PROT_READ | PROT_WRITE, 0);
	CHECK_OK(mlock2(map, PAGES * PAGE, MLOCK_ONFAULT));
	touch(map, 50);
	CHECK_EQ(resident(map, PAGES), 50);
}

/* Up and down, and here and there: what comes early is a part of what was touched. */
TEST(few_pages_come_early, SYS_mmap)
{
	char *map = anon(NULL, 4 * PAGES, PROT_READ | PROT_WRITE, 0);

	for (int i = PAGES; --i >= 0;)
		((volatile char *)map)[i * PAGE] = 1;
	for (int i = PAGES + 1; i < 4 * PAGES; i += 2)
		((volatile char *)map)[i * PAGE] = 1;
	CHECK(resident(map, 4 * PAGES) <= PAGES + 3 * PAGES / 2 + 1);
}

/* --- Threads ------------------------------------------------------------------------ */

static char *volatile rows;
static pthread_barrier_t barrier;

/* Each has its own word in every page, and finds it again. */
static void *touch_with_others(void *arg)
{
	long me = (long)arg;

	for (long round = 1; round <= ROUNDS; round++) {
		pthread_barrier_wait(&barrier);
		for (int i = 0; i < PAGES; i++)
			((atomic_long *)(rows + i * PAGE))[me] = round;
		pthread_barrier_wait(&barrier);
		for (int i = 0; i < PAGES; i++)
			for (int who = 0; who < TEAM; who++)
				CHECK_EQ(((atomic_long *)(rows + i * PAGE))[who], round);
		if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
			CHECK_OK(madvise(rows, PAGES * PAGE, MADV_DONTNEED));
	}
	return NULL;
}

TEST_TIMEOUT(threads_touch_the_same_pages, 60, SYS_mmap)
{
	pthread_t thread[TEAM];

	rows = anon(NULL, PAGES, PROT_READ | PROT_WRITE, 0);
	pthread_barrier_init(&barrier, NULL, TEAM);
	for (long i = 0; i < TEAM; i++)
		CHECK_OK(pthread_create(&thread[i], NULL, touch_with_others, (void *)i));
	for (int i = 0; i < TEAM; i++)
		CHECK_OK(pthread_join(thread[i], NULL));
	CHECK_OK(munmap(rows, PAGES * PAGE));
}

static atomic_int done;

/* Goes through it again and again; some of it is another mapping at times. */
static void *touch_what_changes(void *arg)
{
	(void)arg;
	while (!done)
		touch(rows, PAGES);
	return NULL;
}

/* A page that is set too late, for a mapping that is no more, would hide the file from who writes to its mapping. */
TEST_TIMEOUT(touches_beside_a_mapping_that_changes, 60, SYS_mmap, SYS_memfd_create)
{
	int fd = syscall(SYS_memfd_create, "words", 0);
	pthread_t thread[2];
	char *part, *view;

	CHECK(fd >= 0);
	CHECK_OK(ftruncate(fd, PAGES / 2 * PAGE));
	view = mmap(NULL, PAGES / 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(view != MAP_FAILED);
	rows = anon(NULL, PAGES, PROT_READ | PROT_WRITE, 0);
	part = rows + PAGES / 2 * PAGE;
	for (int i = 0; i < 2; i++)
		CHECK_OK(pthread_create(&thread[i], NULL, touch_what_changes, NULL));
	for (int round = 1; round <= ROUNDS * 10; round++) {
		anon(rows, PAGES, PROT_READ | PROT_WRITE, MAP_FIXED);
		for (int i = 0; i < round % 64; i++)
			sched_yield();
		CHECK(mmap(part, PAGES / 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			   fd, 0) == part);
		for (int i = 0; i < PAGES / 2; i++)
			((volatile int *)(part + i * PAGE))[2] = round;
		for (int i = 0; i < PAGES / 2; i++)
			CHECK_EQ(((volatile int *)(view + i * PAGE))[2], round);
	}
	done = 1;
	for (int i = 0; i < 2; i++)
		CHECK_OK(pthread_join(thread[i], NULL));
}
