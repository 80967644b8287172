/* memory_map_cases - what makes a mapping: mmap, mremap, seals, limits; and what smaps says of
 * it; see memory_cases.h. */
#include "memory_cases.h"

TEST_TIMEOUT(mapped_ranges, 200, SYS_mmap)
{
	static const int kinds[] = { MAP_PRIVATE, MAP_SHARED, MAP_SHARED_VALIDATE, 0, 4, 15 };
	static const int extras[] = { 0,
				      MAP_FIXED,
				      MAP_FIXED_NOREPLACE,
				      MAP_FIXED | MAP_FIXED_NOREPLACE,
				      MAP_FIXED | MAP_GROWSDOWN,
				      MAP_FIXED | MAP_SYNC,
				      MAP_FIXED | MAP_LOCKED,
				      MAP_FIXED | MAP_POPULATE,
				      MAP_FIXED | MAP_NORESERVE,
				      MAP_FIXED | MAP_STACK,
				      MAP_FIXED | MAP_DENYWRITE,
				      MAP_FIXED | MAP_EXECUTABLE,
				      MAP_FIXED | MAP_NONBLOCK,
				      MAP_FIXED | 0x4000000,
				      MAP_FIXED | 0x8000000,
				      MAP_FIXED | 0x40000000,
				      MAP_FIXED | (int)0x80000000,
				      MAP_32BIT,
				      MAP_FIXED | 0x80 };
	begin();
	joined = true;
	const int fds[] = { -1, file_fd, read_fd, seal_fd, zero_fd, pipe_fd[0], dir_fd, 999 };

	for (unsigned k = 0; k < 6; k++)
		for (unsigned e = 0; e < sizeof(extras) / sizeof(*extras); e++)
			for (unsigned f = 0; f < 9; f++) {
				int flags = kinds[k] | extras[e] | (f ? 0 : MAP_ANONYMOUS);

				if (f == 8)
					flags |= MAP_ANONYMOUS;
				CASE(mmap(arena + 3 * PAGE, 2 * PAGE, f == 2 ? PROT_READ : RW,
					  flags, f == 8 ? file_fd : fds[f], 0),
				     "mmap kind %d flags %x fd %u", kinds[k], extras[e], f);
			}
	end(0x5d6049ae7857e36a);
}

TEST_TIMEOUT(mapped_places, 120, SYS_mmap)
{
	static const long places[] = { 0,
				       1,
				       4095,
				       4096,
				       0x10000,
				       0xffff,
				       0x0000100000004000,
				       0x0000100000004001,
				       0x00007fffffffe000,
				       0x00007ffffffff000,
				       0x00007ffffffff001,
				       0x0000800000000000,
				       -4096,
				       -1,
				       (long)0x8000000000000000 };
	static const unsigned long lens[] = {
		0, 1, PAGE, 2 * PAGE, 0x7ffffffff000, 0x800000000000, -4096ul, -4095ul, -1ul
	};
	static const long offsets[] = { 0,    1, 4096, 0x7ffffffffffff000, (long)0x8000000000000000,
					-4096 };
	static const int hows[] = { 0, MAP_FIXED, MAP_FIXED_NOREPLACE };

	begin();
	CHECK_OK(setresuid(1000, 1000, 1000));
	for (unsigned p = 0; p < sizeof(places) / sizeof(*places); p++)
		for (unsigned l = 0; l < sizeof(lens) / sizeof(*lens); l++)
			for (unsigned h = 0; h < 3; h++) {
				/* What is replaced must not be the program itself. */
				if (h && lens[l] > 2 * PAGE && lens[l] < 0x800000000000)
					continue;
				if (h && places[p] == -1) /* a place that reads as an error */
					continue;
				if (hows[h] == MAP_FIXED && (places[p] & 0xfffffffffff) != 0x4000 &&
				    places[p] > 0xffff && places[p] < 0x7ffffffff000)
					continue;
				CASE(mmap((void *)places[p], lens[l], PROT_READ,
					  ANON | MAP_NORESERVE | hows[h], -1, 0),
				     "mmap %lx %lx %x", places[p], lens[l], hows[h]);
			}
	for (unsigned o = 0; o < 6; o++)
		for (unsigned l = 0; l < sizeof(lens) / sizeof(*lens); l++) {
			CASE(syscall(SYS_mmap, arena + 4 * PAGE, lens[l], PROT_READ, MAP_SHARED,
				     file_fd, offsets[o]),
			     "mmap file %lx %lx", lens[l], offsets[o]);
			CASE(syscall(SYS_mmap, arena + 4 * PAGE, lens[l], PROT_READ, ANON, -1,
				     offsets[o]),
			     "mmap anon %lx %lx", lens[l], offsets[o]);
		}
	end(0x8c6f149d88c3d81f);
}

TEST_TIMEOUT(moved_ranges, 300, SYS_mremap)
{
	static const struct range from[] = {
		{ 0, PAGE },
		{ 0, 4 * PAGE },
		{ PAGE, 2 * PAGE },
		{ 3 * PAGE, PAGE },
		{ 3 * PAGE, 2 * PAGE },
		{ 4 * PAGE, PAGE },
		{ 6 * PAGE, 2 * PAGE },
		{ 6 * PAGE, 0 },
		{ 0, 0 },
		{ 8 * PAGE, 2 * PAGE },
		{ 8 * PAGE, 0 },
		{ 11 * PAGE, PAGE },
		{ 12 * PAGE, PAGE },
		{ 13 * PAGE, PAGE },
		{ 15 * PAGE, PAGE },
		{ 1, PAGE },
		{ 0, PAGE + 1 },
		{ 0, -1 },
		{ 7 * PAGE, 3 * PAGE },
	};
	static const unsigned long sizes[] = { 0, 1, PAGE, 2 * PAGE, 5 * PAGE, -1ul, -4096ul };
	static const long to[] = { 20 * PAGE,	  4 * PAGE,	  1 * PAGE,
				   20 * PAGE + 1, 0x7ffffffff000, -0x100000000000 };

	begin();
	joined = true;
	for (unsigned f = 0; f < sizeof(from) / sizeof(*from); f++)
		for (unsigned s = 0; s < sizeof(sizes) / sizeof(*sizes); s++)
			for (int flags = 0; flags < 9; flags++)
				for (unsigned t = 0; t < ((flags & 6) ? 6 : 1); t++)
					CASE(syscall(SYS_mremap, arena + from[f].start, from[f].len,
						     sizes[s], flags, arena + to[t]),
					     "mremap %lx %lx %lx %d %lx", from[f].start,
					     from[f].len, sizes[s], flags, to[t]);
	end(0x20761dbded4e9590);
}

TEST_TIMEOUT(sealed_files, 200, SYS_fcntl)
{
	begin();
	for (int seals = 0; seals < 64; seals++)
		for (int how = 0; how < 8; how++) {
			int fd = CHECK_OK(memfd_create("s", MFD_ALLOW_SEALING)), got;
			char *at = arena + 4 * PAGE;
			void *map = MAP_FAILED;

			lay_arena();
			CHECK_OK(ftruncate(fd, 2 * PAGE));
			if (how & 4)
				map = mmap(at, PAGE, how & 1 ? RW : PROT_READ,
					   (how & 2 ? MAP_PRIVATE : MAP_SHARED) | MAP_FIXED, fd, 0);
			errno = 0;
			say("seals %x how %d", seals, how);
			result_of(fcntl(fd, F_ADD_SEALS, seals));
			got = fcntl(fd, F_GET_SEALS);
			say("now %x", got);
			if (!(how & 4)) {
				map = mmap(at, PAGE, how & 1 ? RW : PROT_READ,
					   (how & 2 ? MAP_PRIVATE : MAP_SHARED) | MAP_FIXED, fd, 0);
				result_of((long)map);
			}
			if (map != MAP_FAILED)
				result_of(mprotect(at, PAGE, RW));
			look(3, 6);
			result_of(ftruncate(fd, PAGE));
			result_of(ftruncate(fd, 4 * PAGE));
			result_of(write(fd, "x", 1));
			result_of(fallocate(fd, 3, 0, PAGE));
			result_of(fcntl(fd, F_ADD_SEALS, 1));
			say("\n");
			close(fd);
		}
	end(0xf83c95a83f425935);
}

static int limit_which;
static rlim_t limit_bytes;

static void set_limit(rlim_t bytes)
{
	struct rlimit limit = { bytes, RLIM_INFINITY };

	CHECK_OK(setrlimit(limit_which, &limit));
}

/* The same under a limit, which the lines around it do not feel. */
#define LIMITED(call)                                                                              \
	do {                                                                                       \
		long ret_;                                                                         \
		int error_;                                                                        \
		lay_arena();                                                                       \
		set_limit(limit_bytes);                                                            \
		errno = 0;                                                                         \
		ret_ = (long)(call);                                                               \
		error_ = errno;                                                                    \
		set_limit(RLIM_INFINITY);                                                          \
		say("%d below %ld " #call, limit_which, (long)limit_bytes);                        \
		errno = error_;                                                                    \
		result_of(ret_);                                                                   \
		look(0, PAGES);                                                                    \
		say("\n");                                                                         \
	} while (0)

static void under_limit(void)
{
	char *at = arena + 4 * PAGE;

	LIMITED(mmap(at, PAGE, RW, ANON | MAP_FIXED, -1, 0));
	LIMITED(mmap(at, PAGE, PROT_READ, ANON | MAP_FIXED, -1, 0));
	LIMITED(mmap(at, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	LIMITED(mmap(arena, PAGE, RW, ANON | MAP_FIXED, -1, 0));
	LIMITED(mmap(arena + 3 * PAGE, 2 * PAGE, RW, ANON | MAP_FIXED, -1, 0));
	LIMITED(mmap(at, PAGE, RW, ANON | MAP_FIXED | MAP_GROWSDOWN, -1, 0));
	LIMITED(mprotect(arena + 8 * PAGE, PAGE, RW));
	LIMITED(mprotect(arena + 12 * PAGE, PAGE, RW));
	LIMITED(mprotect(arena + 15 * PAGE, PAGE, RW));
	LIMITED(mprotect(arena, PAGE, PROT_READ));
	LIMITED(mremap(arena, 4 * PAGE, 5 * PAGE, 0));
	LIMITED(mremap(arena + 6 * PAGE, 0, PAGE, MREMAP_MAYMOVE));
	LIMITED(mremap(arena, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, arena + 20 * PAGE));
	LIMITED(mremap(arena, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0));
	LIMITED(syscall(SYS_brk, syscall(SYS_brk, 0) + PAGE) == syscall(SYS_brk, 0));
	LIMITED(munmap(arena + PAGE, PAGE));
	LIMITED(madvise(arena, PAGE, MADV_DONTNEED));
}

TEST_TIMEOUT(limited_space, 120, SYS_prlimit64)
{
	static const int which[] = { RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK };

	begin();
	for (int w = 0; w < 3; w++) {
		limit_which = which[w];
		limit_bytes = 0;
		under_limit();
		limit_bytes = PAGE;
		under_limit();
	}
	end(0x8da0c2f05b74f25c);
}

/* smaps of the arena: names of the lines, the flags, and sizes. */
TEST_TIMEOUT(smaps_text, 60, SYS_mmap)
{
	static char text[1 << 18];
	int fd, len = 0, n;
	bool inside = false;

	begin();
	lay_arena();
	(void)mlock(arena, PAGE);
	(void)madvise(arena + PAGE, PAGE, MADV_DONTFORK);
	(void)madvise(arena + 2 * PAGE, PAGE, MADV_DONTDUMP);
	(void)madvise(arena + 6 * PAGE, PAGE, MADV_RANDOM);
	(void)madvise(arena + 8 * PAGE, PAGE, MADV_SEQUENTIAL);
	(void)madvise(arena + 15 * PAGE, PAGE, MADV_WIPEONFORK);
	(void)*(volatile char *)(arena + 8 * PAGE);
	(void)*(volatile char *)(arena + 10 * PAGE);
	fd = CHECK_OK(open("/proc/self/smaps", O_RDONLY));
	while ((n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += n;
	text[len] = 0;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		unsigned long start;
		char c;

		if (sscanf(line, "%lx%c", &start, &c) == 2 && c == '-') {
			inside = start >= (unsigned long)arena &&
				 start < (unsigned long)arena + PAGES * PAGE;
			if (inside)
				say("%lx %.4s\n", (start - (unsigned long)arena) / PAGE,
				    strchr(line, ' ') + 1);
		} else if (inside && !strncmp(line, "VmFlags:", 8)) {
			char *soft_dirty = strstr(line, " sd");

			say("%.*s\n", soft_dirty ? (int)(soft_dirty - line) : (int)strlen(line) - 1,
			    line);
		} else if (inside && strncmp(line, "ProtectionKey", 13)) {
			say("%s\n", line);
		}
	}
	end(0xb321544bedcca6d3);
}
