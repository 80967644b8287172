/* par - one operation on as many threads as there are processors */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "micro.h"

enum { PAR_GETPID, PAR_FAULT, PAR_OPEN, PAR_PIPE };
static pthread_barrier_t start_line;

static void *par_thread(void *arg)
{
	unsigned n = (unsigned)(size_t)arg;
	char name[64], byte = 0, *map;
	int pair[2];

	snprintf(name, sizeof(name), "/tmp/par%d", (int)syscall(SYS_gettid));
	must(pipe(pair) == 0, "pipe");
	close(open(name, O_CREAT | O_WRONLY, 0644));
	pthread_barrier_wait(&start_line);
	switch (current->param) {
	case PAR_GETPID:
		getpid_run(n);
		break;
	case PAR_FAULT:
		for (unsigned round = 0; round < n / 256; round++) {
			map = mmap(NULL, 256 * 4096, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			for (unsigned i = 0; i < 256; i++)
				map[i * 4096] = 1;
			munmap(map, 256 * 4096);
		}
		break;
	case PAR_OPEN:
		while (n--)
			close(open(name, O_RDONLY));
		break;
	case PAR_PIPE:
		while (n--) {
			write(pair[1], &byte, 1);
			read(pair[0], &byte, 1);
		}
		break;
	}
	return NULL;
}
static uint64_t now_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}
static void par_run(unsigned n)
{
	unsigned cpus = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t threads[64];
	uint64_t before;

	pthread_barrier_init(&start_line, NULL, cpus + 1);
	for (unsigned i = 0; i < cpus; i++)
		must(pthread_create(&threads[i], NULL, par_thread, (void *)(size_t)n) == 0,
		     "thread");
	before = now_ns();
	pthread_barrier_wait(&start_line);
	for (unsigned i = 0; i < cpus; i++)
		pthread_join(threads[i], NULL);
	timed_ticks = now_ns() - before;
	timed_count = (uint64_t)n * cpus;
}

const struct bench par_benches[] = {
	{ "par_getpid", 200000, NULL, par_run, PAR_GETPID },
	{ "par_fault", 25600, NULL, par_run, PAR_FAULT },
	{ "par_open_close", 20000, file_setup, par_run, PAR_OPEN },
	{ "par_pipe", 50000, NULL, par_run, PAR_PIPE },
	{ 0 },
};
