/*
 * par - one operation on as many workers as there are processors
 *
 * The figure is wall time by the number of all operations, in picoseconds: with
 * twice the processors it halves where nothing is shared.  On a host that has
 * other work, marks round each round let a plugin take QEMU's CPU time instead
 * (clock.c, times.py).  A case is many short rounds, of which the quickest
 * counts.  Workers are threads of this process, or processes where the name
 * says so and where each has a partner.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mark.h"
#include "micro.h"

enum { ROUNDS = 6, MAX_WORKERS = 64 };

/* In shared memory, for workers that are processes. */
static struct shared {
	pthread_barrier_t start, end;
	unsigned count; /* operations of each worker in a round; 0: stop */
} *shared;
static char *pages; /* count of each worker, mapped anew for each round */
static __thread int in[2], out[2];
static __thread char path[32];
static __thread char byte;

static void control_work(unsigned worker, unsigned n)
{
	while (n--)
		__asm__ volatile(".rept 98\n inc %%rax\n .endr" ::: "rax", "cc");
}
static void getpid_work(unsigned worker, unsigned n)
{
	getpid_run(n);
}
static void map_pages(unsigned workers, unsigned n)
{
	pages = mmap(NULL, workers * n * 4096ul, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	must(pages != MAP_FAILED, "mmap");
}
static void unmap_pages(unsigned workers, unsigned n)
{
	munmap(pages, workers * n * 4096ul);
}
static void fault_work(unsigned worker, unsigned n)
{
	char *mine = pages + worker * n * 4096ul;

	for (unsigned i = 0; i < n; i++)
		mine[i * 4096ul] = 1;
}
/* All files in one directory; each worker has its own. */
static void file_prepare(unsigned worker)
{
	mkdir("/tmp/par", 0755);
	snprintf(path, sizeof(path), "/tmp/par/file%u", worker);
	in[0] = open(path, O_CREAT | O_RDWR, 0644);
	must(in[0] >= 0 && write(in[0], buf, 4096) == 4096, path);
}
static void open_work(unsigned worker, unsigned n)
{
	while (n--)
		close(open(path, O_RDONLY));
}
static void open_same_work(unsigned worker, unsigned n)
{
	while (n--)
		close(open("/tmp/par/file0", O_RDONLY));
}
static void pread_work(unsigned worker, unsigned n)
{
	char page[4096];

	while (n--)
		pread(in[0], page, sizeof(page), 0);
}
static void create_prepare(unsigned worker)
{
	file_prepare(worker);
	snprintf(path, sizeof(path), "/tmp/par/new%u", worker);
}
static void create_work(unsigned worker, unsigned n)
{
	while (n--) {
		close(open(path, O_CREAT | O_WRONLY, 0644));
		unlink(path);
	}
}
static void pipe_prepare(unsigned worker)
{
	must(pipe(in) == 0, "pipe");
}
static void pipe_work(unsigned worker, unsigned n)
{
	while (n--) {
		write(in[1], &byte, 1);
		read(in[0], &byte, 1);
	}
}
static void pair_prepare(unsigned worker)
{
	must(pipe(in) == 0 && pipe(out) == 0, "pipe");
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (read(out[0], &byte, 1) == 1)
			write(in[1], &byte, 1);
		_exit(0);
	}
}
static void pair_work(unsigned worker, unsigned n)
{
	while (n--) {
		write(out[1], &byte, 1);
		read(in[0], &byte, 1);
	}
}
static void mmap_work(unsigned worker, unsigned n)
{
	mmap_run(n);
}
static void mmap_touch_work(unsigned worker, unsigned n)
{
	mmap_touch_run(n);
}
static void pipe_new_work(unsigned worker, unsigned n)
{
	int fd[2];

	while (n--) {
		must(pipe(fd) == 0, "pipe");
		close(fd[0]);
		close(fd[1]);
	}
}
static void fork_work(unsigned worker, unsigned n)
{
	fork_run(n);
}

static const struct par {
	bool processes;
	void (*prepare)(unsigned worker);
	void (*before)(unsigned workers, unsigned n);
	void (*work)(unsigned worker, unsigned n);
	void (*after)(unsigned workers, unsigned n);
} pars[] = {
	{ .work = control_work },
	{ .work = getpid_work },
	{ .before = map_pages, .work = fault_work, .after = unmap_pages },
	{ .prepare = file_prepare, .work = open_work },
	{ .prepare = file_prepare, .work = open_same_work },
	{ .prepare = create_prepare, .work = create_work },
	{ .prepare = file_prepare, .work = pread_work },
	{ .prepare = pipe_prepare, .work = pipe_work },
	{ .processes = true, .prepare = pair_prepare, .work = pair_work },
	{ .work = mmap_work },
	{ .processes = true, .work = mmap_touch_work },
	{ .processes = true, .work = pipe_new_work },
	{ .processes = true, .work = fork_work },
};

static void *worker(void *arg)
{
	unsigned number = (unsigned)(size_t)arg;
	const struct par *par = &pars[current->param];

	if (par->prepare)
		par->prepare(number);
	for (;;) {
		pthread_barrier_wait(&shared->start);
		if (!shared->count)
			return NULL;
		par->work(number, shared->count);
		pthread_barrier_wait(&shared->end);
	}
}
static void start_worker(unsigned number, pthread_t *thread)
{
	if (!pars[current->param].processes) {
		must(pthread_create(thread, NULL, worker, (void *)(size_t)number) == 0, "thread");
		return;
	}
	pid_t pid = fork();
	must(pid >= 0, "fork");
	if (pid == 0) {
		worker((void *)(size_t)number);
		_exit(0);
	}
}
static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}
static void make_shared(unsigned workers)
{
	pthread_barrierattr_t attr;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	must(shared != MAP_FAILED, "mmap");
	pthread_barrierattr_init(&attr);
	pthread_barrierattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&shared->start, &attr, workers + 1);
	pthread_barrier_init(&shared->end, &attr, workers + 1);
}
static uint64_t round_ns(const struct par *par, unsigned workers, unsigned n)
{
	uint64_t before, took;

	if (par->before)
		par->before(workers, n);
	shared->count = n;
	BENCH_MARK(3);
	before = now_ns();
	pthread_barrier_wait(&shared->start);
	pthread_barrier_wait(&shared->end);
	took = now_ns() - before;
	BENCH_MARK(4);
	if (par->after)
		par->after(workers, n);
	return took;
}
static void par_run(unsigned n)
{
	static uint64_t best = UINT64_MAX; /* of the warm-up too */
	unsigned workers = sysconf(_SC_NPROCESSORS_ONLN);
	const struct par *par = &pars[current->param];
	pthread_t threads[MAX_WORKERS];

	must(workers <= MAX_WORKERS, "too many processors");
	make_shared(workers);
	for (unsigned i = 0; i < workers; i++)
		start_worker(i, &threads[i]);
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint64_t took = round_ns(par, workers, n);
		best = took < best ? took : best;
	}
	shared->count = 0;
	pthread_barrier_wait(&shared->start);
	for (unsigned i = 0; i < workers && !par->processes; i++)
		pthread_join(threads[i], NULL);
	while (par->processes && wait(NULL) > 0)
		;
	timed_ticks = best * 1000;
	timed_count = (uint64_t)n * workers;
}

/* Counts that make a round some ten milliseconds in an emulator. */
const struct bench par_benches[] = {
	{ "par_control", 100000, NULL, par_run, 0 },
	{ "par_getpid", 50000, NULL, par_run, 1 },
	{ "par_fault", 1024, NULL, par_run, 2 },
	{ "par_open_close", 4000, NULL, par_run, 3 },
	{ "par_open_close_same", 4000, NULL, par_run, 4 },
	{ "par_create_unlink", 1500, NULL, par_run, 5 },
	{ "par_pread_4k", 4000, NULL, par_run, 6 },
	{ "par_pipe", 8000, NULL, par_run, 7 },
	{ "par_pipe_pairs", 1000, NULL, par_run, 8 },
	{ "par_mmap_munmap", 3000, NULL, par_run, 9 },
	{ "par_mmap_touch_processes", 300, NULL, par_run, 10 },
	{ "par_pipe_new_processes", 1500, NULL, par_run, 11 },
	{ "par_fork_processes", 100, NULL, par_run, 12 },
	{ 0 },
};
