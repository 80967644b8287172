/*
 * par - one operation on one worker, on two, on four, up to the processors there are
 *
 * A case is many short rounds, and each round is run by every team in turn, one
 * right after another: what the host does meanwhile meets all of them, and the
 * ratio of two teams in one round says what the second worker brought.  Each
 * (case, team, round) is reported as a case of its own, "par_CASE:WORKERS:ROUND",
 * in picoseconds of wall time by all operations; the marks let a plugin take
 * QEMU's CPU time beside it (clock.c, times.py).  Workers are threads of this
 * process, or processes where the case says so.
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

enum { ROUNDS = 7, MAX_WORKERS = 64, MAX_TEAMS = 7 };

/* In shared memory, for workers that are processes. */
struct team {
	pthread_barrier_t start, end;
	unsigned workers;
	unsigned count; /* operations of each worker in a round; 0: stop */
	struct worker {
		struct team *team;
		unsigned number;
		pthread_t thread;
	} worker[MAX_WORKERS];
};
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
	{ .processes = true, .prepare = file_prepare, .work = open_work },
	{ .processes = true, .prepare = file_prepare, .work = open_same_work },
};

static void *work(void *arg)
{
	struct worker *self = arg;
	struct team *team = self->team;
	const struct par *par = &pars[current->param];

	if (par->prepare)
		par->prepare(self->number);
	for (;;) {
		pthread_barrier_wait(&team->start);
		if (!team->count)
			return NULL;
		par->work(self->number, team->count);
		pthread_barrier_wait(&team->end);
	}
}
static void start_worker(struct worker *worker)
{
	if (!pars[current->param].processes) {
		must(pthread_create(&worker->thread, NULL, work, worker) == 0, "thread");
		return;
	}
	pid_t pid = fork();
	must(pid >= 0, "fork");
	if (pid == 0) {
		work(worker);
		_exit(0);
	}
}
static void start_team(struct team *team, unsigned workers)
{
	pthread_barrierattr_t attr;

	pthread_barrierattr_init(&attr);
	pthread_barrierattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&team->start, &attr, workers + 1);
	pthread_barrier_init(&team->end, &attr, workers + 1);
	team->workers = workers;
	for (unsigned i = 0; i < workers; i++) {
		team->worker[i] = (struct worker){ .team = team, .number = i };
		start_worker(&team->worker[i]);
	}
}
static void end_team(struct team *team)
{
	team->count = 0;
	pthread_barrier_wait(&team->start);
	for (unsigned i = 0; i < team->workers && !pars[current->param].processes; i++)
		pthread_join(team->worker[i].thread, NULL);
}
static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}
static void run_round(struct team *team, unsigned n, unsigned round)
{
	const struct par *par = &pars[current->param];
	uint64_t before, took;
	char name[64];

	if (par->before)
		par->before(team->workers, n);
	team->count = n;
	BENCH_MARK(3);
	before = now_ns();
	pthread_barrier_wait(&team->start);
	pthread_barrier_wait(&team->end);
	took = now_ns() - before;
	BENCH_MARK(4);
	BENCH_MARK(5);
	if (par->after)
		par->after(team->workers, n);
	snprintf(name, sizeof(name), "%s:%u:%u", current->name, team->workers, round);
	report(name, took * 1000, (uint64_t)n * team->workers);
}
static void par_run(unsigned n)
{
	struct team *teams = mmap(NULL, MAX_TEAMS * sizeof(*teams), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned processors = sysconf(_SC_NPROCESSORS_ONLN), count = 0;

	must(teams != MAP_FAILED && processors <= MAX_WORKERS, "par");
	for (unsigned workers = 1; workers <= processors; workers *= 2)
		start_team(&teams[count++], workers);
	for (unsigned round = 0; round < ROUNDS; round++)
		for (unsigned i = 0; i < count; i++)
			run_round(&teams[i], n, round);
	for (unsigned i = 0; i < count; i++)
		end_team(&teams[i]);
	while (pars[current->param].processes && wait(NULL) > 0)
		;
}

/* Counts that make a round some twenty milliseconds in an emulator: what starts and ends a round is little beside it. */
const struct bench par_benches[] = {
	{ "par_control", 400000, NULL, par_run, 0, true },
	{ "par_getpid", 150000, NULL, par_run, 1, true },
	{ "par_fault", 6000, NULL, par_run, 2, true },
	{ "par_open_close", 10000, NULL, par_run, 3, true },
	{ "par_open_close_same", 10000, NULL, par_run, 4, true },
	{ "par_create_unlink", 3000, NULL, par_run, 5, true },
	{ "par_pread_4k", 12000, NULL, par_run, 6, true },
	{ "par_pipe", 16000, NULL, par_run, 7, true },
	{ "par_pipe_pairs", 1000, NULL, par_run, 8, true },
	{ "par_mmap_munmap", 8000, NULL, par_run, 9, true },
	{ "par_mmap_touch_processes", 800, NULL, par_run, 10, true },
	{ "par_pipe_new_processes", 8000, NULL, par_run, 11, true },
	{ "par_fork_processes", 100, NULL, par_run, 12, true },
	{ "par_open_close_processes", 10000, NULL, par_run, 13, true },
	{ "par_open_close_same_processes", 10000, NULL, par_run, 14, true },
	{ 0 },
};
