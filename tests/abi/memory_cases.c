/* memory_cases - what takes a range that is there: munmap, mprotect, madvise, mincore, msync,
 * mlock; see memory_cases.h. */
#include "memory_cases.h"

/* Ranges in bytes from the arena's start. */
static const struct range ranges[] = {
	{ 0, 0 },
	{ 0, 1 },
	{ 0, 4096 },
	{ 0, 4097 },
	{ 1, 4096 },
	{ 4096, 8192 },
	{ 0, 4 * PAGE },
	{ 3 * PAGE, PAGE },
	{ 3 * PAGE, 2 * PAGE },
	{ 4 * PAGE, PAGE },
	{ 4 * PAGE, 3 * PAGE },
	{ 5 * PAGE, 2 * PAGE },
	{ 6 * PAGE, PAGE },
	{ 7 * PAGE, 2 * PAGE },
	{ 8 * PAGE, PAGE },
	{ 9 * PAGE, PAGE },
	{ 9 * PAGE, 2 * PAGE },
	{ 10 * PAGE, PAGE },
	{ 11 * PAGE, PAGE },
	{ 11 * PAGE, 2 * PAGE },
	{ 12 * PAGE, PAGE },
	{ 12 * PAGE, 2 * PAGE },
	{ 13 * PAGE, PAGE },
	{ 13 * PAGE, 2 * PAGE },
	{ 15 * PAGE, PAGE },
	{ 15 * PAGE, 2 * PAGE },
	{ 0, PAGES *PAGE },
	{ 0, -1 },
	{ 0, -PAGE },
	{ 4 * PAGE, -4096 - 1 },
	{ 2 * PAGE, 0x7fffffffffff },
	{ -1 * PAGE, 2 * PAGE },
	{ 0x700000000000, PAGE },
	{ -0x100000000000, PAGE },
	{ (long)(0x8000000000000000ul - 0x100000000000ul), PAGE },
};
#define for_each_range(r)                                                                          \
	for (const struct range *r = ranges; r < ranges + sizeof(ranges) / sizeof(*ranges); r++)
#define AT(r) (arena + (r)->start)

TEST_TIMEOUT(unmapped_ranges, 120, SYS_munmap)
{
	begin();
	for_each_range(r)
		if (r->len != 0x7fffffffffff)
			CASE(munmap(AT(r), r->len), "munmap %lx %lx", r->start, r->len);
	end(0xaef0499daf4151e9);
}

TEST_TIMEOUT(protected_ranges, 120, SYS_mprotect)
{
	static const int prots[] = { 0,		 1,	     2,		 3,	     4,
				     5,		 6,	     7,		 8,	     9,
				     0x10,	 0x100,	     0x01000000, 0x01000001, 0x02000000,
				     0x02000003, 0x03000003, -1 };

	begin();
	for_each_range(r)
		for (unsigned i = 0; i < sizeof(prots) / sizeof(*prots); i++)
			CASE(mprotect(AT(r), r->len, prots[i]), "mprotect %lx %lx %x", r->start,
			     r->len, prots[i]);
	end(0x701ab8fcc271147c);
}

TEST_TIMEOUT(advised_ranges, 200, SYS_madvise)
{
	begin();
	for_each_range(r)
		for (int advice = -1; r->len != 0x7fffffffffff && advice < 28; advice++)
			CASE(madvise(AT(r), r->len, advice), "madvise %lx %lx %d", r->start, r->len,
			     advice);
	CASE(madvise(arena, PAGE, 99), "madvise 99");
	CASE(madvise(arena, PAGE, 102), "madvise 102");
	end(0x1d93bc150b678e8c);
}

TEST_TIMEOUT(resident_ranges, 120, SYS_mincore)
{
	static unsigned char vec[4096];

	begin();
	for_each_range(r) {
		memset(vec, 9, sizeof(vec));
		if (r->len > 0 && r->len > 0x1000000)
			CASE(mincore(AT(r), r->len, (void *)8), "mincore %lx %lx", r->start,
			     r->len);
		else
			CASE(mincore(AT(r), r->len, vec), "mincore %lx %lx", r->start, r->len);
		if (r->start >= 6 * PAGE) /* anonymous pages may come with a neighbour */
			for (int i = 0; i < 8; i++)
				say("%d", vec[i]);
		say("\n");
	}
	CASE(mincore(arena, PAGE, (void *)1), "mincore to nowhere");
	CASE(mincore(arena + 4 * PAGE, PAGE, (void *)1), "mincore of nothing to nowhere");
	end(0xd65fe05a8df8a054);
}

TEST_TIMEOUT(synced_ranges, 120, SYS_msync)
{
	begin();
	for_each_range(r)
		for (int flags = -1; flags < 10; flags++)
			CASE(msync(AT(r), r->len, flags), "msync %lx %lx %d", r->start, r->len,
			     flags);
	end(0x1d6b46804487dd24);
}

static void locked(void)
{
	char text[4096], *at;
	int fd = CHECK_OK(open("/proc/self/status", O_RDONLY));
	int n = CHECK_OK(read(fd, text, sizeof(text) - 1));

	close(fd);
	text[n] = 0;
	at = strstr(text, "VmLck:");
	CHECK(at);
	say("locked %d kB\n", atoi(at + 6));
}

static void lock_families(void)
{
	for_each_range(r) {
		CASE(syscall(SYS_mlock, AT(r), r->len), "mlock %lx %lx", r->start, r->len);
		locked();
		for (int flags = 0; flags < 4; flags++) {
			CASE(syscall(SYS_mlock2, AT(r), r->len, flags), "mlock2 %lx %lx %d",
			     r->start, r->len, flags);
			locked();
		}
		lay_arena();
		(void)mlock(arena, 4 * PAGE);
		say("munlock %lx %lx", r->start, r->len);
		errno = 0;
		result_of(munlock(AT(r), r->len));
		look(0, PAGES);
		locked();
	}
}

TEST_TIMEOUT(locked_ranges, 200, SYS_mlock2)
{
	begin();
	lock_families();
	end(0xb544ce64b15337cf);
}

TEST_TIMEOUT(locked_ranges_within_a_limit, 200, SYS_mlock2)
{
	static const rlim_t limits[] = { 0, PAGE, 2 * PAGE + 1, 8 * PAGE };

	begin();
	CHECK_OK(setresuid(1000, 1000, 1000));
	for (int i = 3; i >= 0; i--) {
		struct rlimit limit = { limits[i], 8 * PAGE };

		CHECK_OK(setrlimit(RLIMIT_MEMLOCK, &limit));
		lock_families();
		for (int flags = -1; flags < 9; flags++) {
			CASE(mlockall(flags), "mlockall %d", flags);
			(void)munlockall();
		}
		CASE(mmap(arena + 4 * PAGE, PAGE, RW, ANON | MAP_LOCKED | MAP_FIXED, -1, 0),
		     "mmap locked");
		CASE(mmap(arena + 4 * PAGE, 2 * PAGE, RW, ANON | MAP_LOCKED | MAP_FIXED, -1, 0),
		     "mmap locked 2");
	}
	end(0x87a5f6f8e26b58a1);
}
