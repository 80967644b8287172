/* memory - faults and mappings */
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#include "micro.h"

static char *area;

static void fault_run(unsigned n)
{
	n = n < 8192 ? n : 8192;
	char *map = mmap(NULL, n * 4096ul, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			 0);
	must(map != MAP_FAILED, "mmap");
	uint64_t before = __rdtsc();
	for (unsigned i = 0; i < n; i++)
		map[i * 4096ul] = 1;
	timed_ticks = __rdtsc() - before;
	timed_count = n;
	munmap(map, n * 4096ul);
}
static void fault_one_run(unsigned n)
{
	/* One isolated touch of a fresh mapping; a little of mmap's bookkeeping is still to do then. */
	uint64_t total = 0;
	timed_count = n;
	while (n--) {
		char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				 -1, 0);
		uint64_t before = __rdtsc();
		*map = 1;
		total += __rdtsc() - before;
		munmap(map, 4096);
	}
	timed_ticks = total;
}
static void cow_setup(void)
{
	area = mmap(NULL, 256 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(area, 1, 256 * 4096);
}
static void cow_run(unsigned n)
{
	int status;
	n = 256;
	uint64_t *ticks = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			       0);
	*ticks = 0;
	pid_t pid = fork();
	if (pid == 0) {
		uint64_t before = __rdtsc();
		for (unsigned i = 0; i < n; i++)
			area[i * 4096ul] = 2;
		*ticks = __rdtsc() - before;
		_exit(0);
	}
	waitpid(pid, &status, 0);
	timed_ticks = *ticks;
	timed_count = n;
	munmap(ticks, 4096);
}
void mmap_run(unsigned n)
{
	while (n--) {
		char *map = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				 -1, 0);
		munmap(map, 65536);
	}
}
void mmap_touch_run(unsigned n)
{
	while (n--) {
		char *map = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				 -1, 0);
		for (int i = 0; i < 16; i++)
			map[i * 4096] = 1;
		munmap(map, 65536);
	}
}

const struct bench memory_benches[] = {
	{ "fault_anon", 256, NULL, fault_run },
	{ "fault_anon_one", 50, NULL, fault_one_run },
	{ "fault_cow", 256, cow_setup, cow_run },
	{ "mmap_munmap_64k", 200, NULL, mmap_run },
	{ "mmap_touch_munmap_64k", 100, NULL, mmap_touch_run },
	{ 0 },
};
