/*
 * memory_cases.h - some thousand calls about memory, each on the same arena
 *
 * The arena is sixteen pages of every kind of mapping, with holes.  Each case lays it anew,
 * makes one call, and writes a line: the call, its result, and what /proc/self/maps then
 * shows of the arena, a letter for each page and a bar where a region begins.  The lines of
 * a family were compared with those of Debian's Linux 6.1; the test compares their hash.
 * With `memory_cases=1` in the environment (a word on the kernel's command line) they are
 * printed.
 */
#pragma once
#include "abi_test.h"
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/resource.h>

enum { PAGE = 4096, PAGES = 16 };

/* Bytes from the arena's start. */
struct range {
	long start, len;
};

static char *const arena = (char *)0x100000000000;
static int file_fd, read_fd, seal_fd, mem_fd, zero_fd, pipe_fd[2], dir_fd;
static bool loud, joined;
static uint64_t hash;
static unsigned ncases;

static void say(const char *format, ...)
{
	char text[256];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	for (int i = 0; i < n; i++)
		hash = (hash ^ (unsigned char)text[i]) * 1099511628211u;
	if (loud)
		fputs(text, stdout);
}

static void begin(void)
{
	loud = getenv("memory_cases");
	/* The hint is taken only where addresses are that long. */
	if (mmap((void *)(1ul << 52), PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	    (void *)(1ul << 52))
		abi_skip("addresses of 57 bits");
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	hash = 14695981039346656037u;
	mkdir("/tmp", 01777);
	file_fd = CHECK_OK(open("/tmp/cases", O_RDWR | O_CREAT | O_TRUNC, 0600));
	CHECK_OK(ftruncate(file_fd, 6000));
	read_fd = CHECK_OK(open("/tmp/cases", O_RDONLY));
	mem_fd = CHECK_OK(memfd_create("cases", MFD_ALLOW_SEALING));
	CHECK_OK(ftruncate(mem_fd, 4 * PAGE));
	seal_fd = CHECK_OK(memfd_create("sealed", MFD_ALLOW_SEALING));
	CHECK_OK(ftruncate(seal_fd, 4 * PAGE));
	CHECK_OK(fcntl(seal_fd, F_ADD_SEALS, F_SEAL_WRITE));
	zero_fd = CHECK_OK(open("/dev/zero", O_RDWR));
	dir_fd = CHECK_OK(open("/", O_RDONLY));
	CHECK_OK(pipe(pipe_fd));
}

static void end(uint64_t want)
{
	if (loud)
		printf("%u cases, hash 0x%lx\n", ncases, (unsigned long)hash);
	fflush(stdout);
	if (hash != want)
		abi_fail(__FILE__, __LINE__, "%u cases, hash 0x%lx", ncases, (unsigned long)hash);
}

static void lay(int page, int n, int prot, int flags, int fd)
{
	char *at = arena + page * PAGE;

	if (mmap(at, n * PAGE, prot, flags | MAP_FIXED, fd, 0) != at)
		abi_fail(__FILE__, __LINE__, "page %d: %s", page, strerror(errno));
}

#define RW   (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static void lay_arena(void)
{
	CHECK_OK(munmap(arena - 32 * PAGE, 96 * PAGE));
	lay(0, 4, RW, ANON, -1);
	lay(6, 2, RW, MAP_SHARED | MAP_ANONYMOUS, -1);
	lay(8, 2, PROT_READ, MAP_PRIVATE, file_fd);
	lay(10, 2, RW, MAP_SHARED, file_fd);
	lay(12, 1, PROT_NONE, ANON, -1);
	lay(13, 1, PROT_READ, MAP_SHARED, seal_fd);
	lay(15, 1, PROT_READ | PROT_EXEC, ANON, -1);
	*(volatile char *)arena = 1;
	*(volatile char *)(arena + 6 * PAGE) = 1;
}

/*
 * A letter for each page of [from, to): its rights, upper case where shared.  @joined: no bar
 * between neighbours of the same rights, as Linnet joins moved anonymous memory more often.
 */
static void look(int from, int to)
{
	static char maps[1 << 16];
	char show[256];
	int fd = CHECK_OK(open("/proc/self/maps", O_RDONLY)), len = 0, n;

	while ((n = read(fd, maps + len, sizeof(maps) - 1 - len)) > 0)
		len += n;
	close(fd);
	maps[len] = 0;
	memset(show, 0, sizeof(show));
	for (char *line = maps; *line; line = strchr(line, '\n') + 1) {
		unsigned long start, stop;
		char perms[5];

		CHECK_EQ(sscanf(line, "%lx-%lx %4s", &start, &stop, perms), 3);
		for (int i = from; i < to; i++) {
			unsigned long at = (unsigned long)arena + (long)i * PAGE;
			int bits = (perms[0] == 'r') + 2 * (perms[1] == 'w') +
				   4 * (perms[2] == 'x');

			if (at >= start && at < stop) {
				show[2 * (i - from)] = at == start ? '|' : 0;
				show[2 * (i - from) + 1] = (perms[3] == 's' ? "NRWBXYVA" :
									      "nrwbxyva")[bits];
			}
		}
	}
	for (int i = 0; i < to - from; i++) {
		if (show[2 * i] && !(joined && i && show[2 * i + 1] == show[2 * i - 1]))
			say("|");
		say("%c", show[2 * i + 1] ? show[2 * i + 1] : '.');
	}
}

static void result_of(long ret)
{
	int error = errno;
	long page = (ret - (long)arena) / PAGE;

	ncases++;
	if (ret >= 0 && ret < 65536)
		say(" = %ld ", ret);
	else if (ret == -1)
		say(" = %s ", strerrorname_np(error));
	else if (page >= -32 && page < 64)
		say(" = page %ld ", page);
	else
		say(" = elsewhere ");
}

/* One case: the words, then the call, then the arena. */
#define CASE(call, ...)                                                                            \
	do {                                                                                       \
		lay_arena();                                                                       \
		say(__VA_ARGS__);                                                                  \
		errno = 0;                                                                         \
		result_of((long)(call));                                                           \
		look(-2, PAGES + 2);                                                               \
		say("\n");                                                                         \
	} while (0)
