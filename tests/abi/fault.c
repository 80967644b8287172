/*
 * fault.c - threads that fault while others change the address space
 *
 * A fault may find its region without a lock, so what could go wrong is an entry
 * set for a region that is no more, one that fork or mremap did not see, or a
 * page-table page that was freed under the reader.  Each page that is written
 * says who wrote it and is read again.
 */
#include "abi_test.h"
#include <pthread.h>
#include <sched.h>
#include <sys/random.h>

enum { PAGE = 4096, SPAN = 2 << 20, WORKERS = 3 };

static double stop_at;
static char *volatile shared_map;    /* what the changer is changing, NULL: nothing */
static volatile int looked[WORKERS]; /* times that a toucher looked at it */

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static char *anon_at(void *at, size_t len, int flags)
{
	char *map = mmap(at, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1,
			 0);

	CHECK(map != MAP_FAILED);
	return map;
}

/* Writes and checks pages of its own in a region that stays, pages dropped in between. */
static void *fault_own_pages(void *arg)
{
	long me = (long)arg + 1;
	long *map = (long *)anon_at(NULL, 64 * PAGE, 0);

	for (long round = 1; seconds() < stop_at; round++) {
		for (int i = 0; i < 64; i++) {
			CHECK_EQ(map[i * 512], 0);
			map[i * 512] = me << 32 | round;
		}
		sched_yield();
		for (int i = 0; i < 64; i++)
			CHECK_EQ(map[i * 512], me << 32 | round);
		CHECK_OK(madvise(map, 64 * PAGE, MADV_DONTNEED));
	}
	return NULL;
}

static void run(void *(*change)(void *))
{
	pthread_t t[WORKERS + 1];

	stop_at = seconds() + 1.5;
	for (long i = 0; i < WORKERS; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, fault_own_pages, (void *)i), 0);
	CHECK_EQ(pthread_create(&t[WORKERS], NULL, change, NULL), 0);
	for (int i = 0; i <= WORKERS; i++)
		pthread_join(t[i], NULL);
}

/* Regions and whole page tables beside the workers' come and go. */
static void *map_and_unmap_tables(void *arg)
{
	while (seconds() < stop_at) {
		char *map = anon_at(NULL, 8 * SPAN, 0);

		for (int i = 0; i < 8; i++)
			map[i * SPAN] = 1;
		CHECK_OK(munmap(map, 8 * SPAN));
	}
	return arg;
}

TEST_TIMEOUT(faults_beside_unmapping, 60, SYS_munmap)
{
	CHECK_CHILD(run(map_and_unmap_tables));
}

/* By system calls, which say EFAULT instead of raising SIGSEGV. */
static void touch(char *at, bool write)
{
	static int null = -1;

	if (write) {
		(void)!getrandom(at, 1, 0);
	} else {
		if (null < 0)
			null = open("/dev/urandom", O_RDWR);
		(void)!pwrite(null, at, 1, 0); /* reads *at */
	}
}

/* Two who touch every page of a region that a third one unmaps, protects and cuts. */
static void *touch_shared(void *arg)
{
	unsigned seed = (long)arg + 7;

	while (seconds() < stop_at) {
		char *map = shared_map;

		looked[(long)arg]++;
		for (int i = 0; map && i < 64; i++) {
			seed = seed * 1103515245 + 12345;
			touch(map + (seed >> 20) % 128 * PAGE, seed & 0x10000);
		}
	}
	return NULL;
}

/* Nobody touches any more what was shared. */
static void withdraw(void)
{
	shared_map = NULL;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (int i = 1; i < WORKERS; i++) {
		int before = looked[i];

		while (looked[i] < before + 2 && seconds() < stop_at)
			sched_yield();
	}
}

static void *change_shared(void *arg)
{
	size_t len = 128 * PAGE;
	unsigned char resident[128];

	for (unsigned round = 0; seconds() < stop_at; round++) {
		char *map = anon_at(NULL, len, 0), *to;

		shared_map = map;
		for (int i = 0; i < 128 && round % 8; i++)
			if (__atomic_load_n(&map[i * PAGE], __ATOMIC_RELAXED))
				break;
		switch (round % 8) {
		case 0:
			CHECK_OK(mprotect(map + 32 * PAGE, 32 * PAGE, PROT_READ));
			CHECK_OK(mprotect(map + 40 * PAGE, 8 * PAGE, PROT_NONE));
			CHECK_OK(mprotect(map, len, PROT_READ | PROT_WRITE));
			break;
		case 1:
			to = anon_at(NULL, len, 0);
			CHECK(mremap(map, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
			shared_map = map = to;
			sched_yield();
			break;
		case 2:
			for (int i = 0; i < 128; i += 2)
				CHECK_OK(munmap(map + i * PAGE, PAGE));
			break;
		case 3:
			CHECK_CHILD(for (int i = 0; i < 128; i++) map[i * PAGE] = 1);
			break;
		case 4: /* from both ends */
			for (int i = 0; i < 64; i++)
				CHECK_OK(munmap(map + (i & 1 ? 127 - i / 2 : i / 2) * PAGE, PAGE));
			break;
		}
		CHECK_OK(munmap(map, len));
		withdraw();
		/* Nothing is left of the region that was here, nothing set too late. */
		CHECK(anon_at(map, len, MAP_FIXED) == map);
		CHECK_OK(mincore(map, len, resident));
		for (int i = 0; i < 128 && seconds() < stop_at; i++)
			CHECK_EQ(resident[i], 0);
		CHECK_OK(munmap(map, len));
	}
	shared_map = NULL;
	return arg;
}

TEST_TIMEOUT(faults_in_what_changes, 60, SYS_mremap, SYS_mprotect)
{
	CHECK_CHILD(pthread_t t[WORKERS]; stop_at = seconds() + 3;
		    for (long i = 1; i < WORKERS; i++)
			    CHECK_EQ(pthread_create(&t[i], NULL, touch_shared, (void *)i), 0);
		    /* Last: it maps at fixed places, where no stack may come to lie. */
		    CHECK_EQ(pthread_create(&t[0], NULL, change_shared, NULL), 0);
		    for (int i = 0; i < WORKERS; i++) pthread_join(t[i], NULL));
}

/*
 * Three count in pages of their own while a fourth forks: no count may be lost to
 * a copy made too early, and a child sees each page as it was at one time.
 */
static void *count_up(void *arg)
{
	volatile long *page = arg;
	long n = 0;

	while (seconds() < stop_at) {
		for (int i = 0; i < 200; i++) {
			CHECK_EQ(page[0], n);
			page[511] = ++n;
			page[0] = n;
		}
	}
	return NULL;
}

TEST_TIMEOUT(no_store_is_lost_while_forking, 60, SYS_clone)
{
	long *pages = (long *)anon_at(NULL, WORKERS * PAGE, 0);

	CHECK_CHILD(pthread_t t[WORKERS]; stop_at = seconds() + 3;
		    for (long i = 0; i < WORKERS; i++)
			    CHECK_EQ(pthread_create(&t[i], NULL, count_up, pages + i * 512), 0);
		    while (seconds() < stop_at) CHECK_CHILD(for (int i = 0; i < WORKERS; i++) {
			    long last = pages[i * 512 + 511];
			    long first = pages[i * 512];

			    CHECK(last == first || last == first + 1);
		    });
		    for (int i = 0; i < WORKERS; i++) pthread_join(t[i], NULL));
}

/* A mapped file that shrinks, grows and is unmapped under its readers. */
static int fd;

static void *read_file_pages(void *arg)
{
	while (seconds() < stop_at) {
		char *map = shared_map;

		for (int i = 0; map && i < 64; i++)
			touch(map + i * PAGE, i & 1);
	}
	return arg;
}

static void *change_file(void *arg)
{
	while (seconds() < stop_at) {
		char *map = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		CHECK(map != MAP_FAILED);
		CHECK_EQ(pwrite(fd, "x", 1, 20 * PAGE), 1);
		shared_map = map;
		sched_yield();
		CHECK_OK(ftruncate(fd, 8 * PAGE));
		CHECK_OK(ftruncate(fd, 64 * PAGE));
		sched_yield();
		CHECK_OK(munmap(map, 64 * PAGE));
		/* The last reference goes with the mapping, the inode with it. */
		CHECK_OK(close(fd));
		fd = CHECK_OK(memfd_create("f", 0));
		CHECK_OK(ftruncate(fd, 64 * PAGE));
	}
	shared_map = NULL;
	return arg;
}

TEST_TIMEOUT(faults_in_a_file_that_goes, 60, SYS_memfd_create, SYS_ftruncate)
{
	CHECK_CHILD(pthread_t t[WORKERS]; stop_at = seconds() + 3;
		    fd = CHECK_OK(memfd_create("f", 0)); CHECK_OK(ftruncate(fd, 64 * PAGE));
		    CHECK_EQ(pthread_create(&t[0], NULL, change_file, NULL), 0);
		    for (long i = 1; i < WORKERS; i++)
			    CHECK_EQ(pthread_create(&t[i], NULL, read_file_pages, (void *)i), 0);
		    for (int i = 0; i < WORKERS; i++) pthread_join(t[i], NULL));
}

/*
 * All map and unmap for a while, one grows a stack, and then all meet: one that the last to let
 * go of the address space did not wake is missing there.
 */
static pthread_barrier_t meeting;
static volatile bool last_meeting;

static void map_for_a_while(unsigned times)
{
	while (times--)
		CHECK_OK(munmap(anon_at(NULL, 16 * PAGE, 0), 16 * PAGE));
}

static void grow_a_stack(unsigned pages)
{
	char *low = (char *)0x200000000000, *top = low + 64 * PAGE;

	anon_at(top, PAGE, MAP_GROWSDOWN | MAP_FIXED);
	for (unsigned i = 0; i <= pages; i++)
		touch(top - i * PAGE, true);
	CHECK_EQ(top[-(long)pages * PAGE + 1], 0);
	CHECK_OK(munmap(low, 65 * PAGE));
}

static void *meet_again(void *arg)
{
	unsigned seed = (long)arg + 1;

	while (!last_meeting) {
		seed = seed * 1103515245 + 12345;
		arg ? map_for_a_while(1 + (seed >> 20) % 32) : grow_a_stack((seed >> 20) % 32);
		pthread_barrier_wait(&meeting);
		if (!arg)
			last_meeting = seconds() > stop_at;
		pthread_barrier_wait(&meeting);
	}
	return NULL;
}

TEST_TIMEOUT(nobody_is_left_waiting_for_the_address_space, 60, SYS_munmap)
{
	enum { ALL = 4 };

	CHECK_CHILD(pthread_t t[ALL]; stop_at = seconds() + 3;
		    CHECK_EQ(pthread_barrier_init(&meeting, NULL, ALL), 0);
		    for (long i = 0; i < ALL; i++)
			    CHECK_EQ(pthread_create(&t[i], NULL, meet_again, (void *)i), 0);
		    for (int i = 0; i < ALL; i++) pthread_join(t[i], NULL));
}
