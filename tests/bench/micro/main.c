/*
 * micro - what one operation costs, in ticks of the time stamp counter
 *
 *   micro [xN] [CASE ...]        (as pid 1: words behind "--", then power-off)
 *
 * xN repeats each case N times as often.  Without CASE all cases run but those
 * named grow_* and par_*; "grow" and "par" select these: the same operation with
 * more and more of its kind about (its setup is not timed), and one operation
 * on more and more processors, which makes its own rounds and reports (par.c).
 *
 * Two lines a case: "operations CASE N" and "bench CASE TICKS".  Under `-icount shift=0` a tick is one
 * guest instruction, so the figures are exact and the same on every run; the
 * caller's own loop is in them, as it would be in any program.  Each case is
 * run once to warm up, then COUNT times between two readings.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#include "mark.h"
#include "micro.h"

static const struct bench *const families[] = {
	calls_benches,	files_benches,	ipc_benches,  process_benches,
	memory_benches, events_benches, grow_benches, par_benches,
};

const struct bench *current;

int fd_a, fds[2];
char buf[65536];
pid_t child;
const char *self = "/init";
/* A case that times a part of itself leaves ticks and operations here. */
uint64_t timed_ticks, timed_count;

void must(bool ok, const char *what)
{
	if (!ok) {
		perror(what);
		_exit(1);
	}
}

static unsigned times = 1;

void report(const char *name, uint64_t ticks, uint64_t operations)
{
	printf("operations %s %llu\n", name, (unsigned long long)operations);
	printf("bench %s %llu\n", name, (unsigned long long)(ticks / operations));
	fflush(stdout);
}

static void run_one(const struct bench *bench)
{
	uint64_t before, ticks;
	unsigned count = bench->count * times;

	current = bench;
	if (bench->rounds) {
		bench->run(count);
		return;
	}
	if (bench->setup)
		bench->setup();
	bench->run(count);
	timed_count = 0;
	BENCH_MARK(3);
	before = __rdtsc();
	bench->run(count);
	ticks = __rdtsc() - before;
	BENCH_MARK(4);
	BENCH_MARK(5);
	if (!timed_count) {
		timed_ticks = ticks;
		timed_count = count;
	}
	report(bench->name, timed_ticks, timed_count);
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
}

/* By name, or by the word before the first '_' of a special family; without words all that are not special. */
static bool is_wanted(const char *name, int n, char **words)
{
	bool special = strncmp(name, "grow_", 5) == 0 || strncmp(name, "par_", 4) == 0;
	size_t family = strcspn(name, "_");

	for (int i = 0; i < n; i++)
		if (strcmp(words[i], name) == 0 ||
		    (special && strlen(words[i]) == family && strncmp(name, words[i], family) == 0))
			return true;
	return n == 0 && !special;
}

static void run_family(const struct bench *bench, int n, char **words)
{
	for (; bench->name; bench++) {
		pid_t pid;

		if (!is_wanted(bench->name, n, words))
			continue;
		pid = fork();
		if (pid == 0) {
			run_one(bench);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
}

static void make_root(void)
{
	mkdir("/tmp", 0777), mkdir("/dev", 0755), mkdir("/proc", 0755);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("tmp", "/tmp", "tmpfs", 0, NULL);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--exit") == 0)
		return 0;
	if (getpid() == 1)
		make_root();
	else
		self = "/proc/self/exe";
	if (argc > 1 && argv[1][0] == 'x') {
		times = atoi(argv[1] + 1);
		argc--, argv++;
	}
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		run_family(families[i], argc - 1, argv + 1);
	puts("bench end 0");
	fflush(stdout);
	if (getpid() == 1)
		reboot(RB_POWER_OFF);
	return 0;
}
