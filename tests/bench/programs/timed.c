/*
 * timed - what whole programs cost, in ticks of the time stamp counter
 *
 *	timed [CASE ...]	(as pid 1: words behind "--", then power-off)
 *
 * Each case is a command for the shell and one that makes its surroundings,
 * which is not timed.  Both run twice, and the second run counts, so that files
 * have been read before.  A line a case, as micro prints them: under -icount a
 * tick is an instruction, of the kernel, the programs and their libraries.
 * Programs write to files and /dev/null, never to the console; what they say on
 * standard error goes there when one fails.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
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

struct program {
	const char *name, *before, *command;
};

/* /data is made by make-root.py: tree/ (files), lines (text), project/ (C), sql. */
static const struct program programs[] = {
	{ "control", NULL, NULL },
	{ "shell_loop", NULL,
	  "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); [ -e /data/lines ] && echo $i >out; done" },
	{ "shell_commands", NULL, "i=0; while [ $i -lt 60 ]; do i=$((i+1)); /bin/true; done" },
	{ "shell_pipeline", NULL,
	  "i=0; while [ $i -lt 20 ]; do i=$((i+1)); "
	  "echo a b c | cat | tr a-z A-Z | wc -w >out; done" },
	{ "tar_create", NULL, "tar cf x.tar -C /data tree" },
	{ "tar_extract", "rm -rf new; mkdir new; tar cf x.tar -C /data tree",
	  "tar xf x.tar -C new" },
	{ "find_grep", NULL, "find /data/tree -type f | xargs grep -l needle >out" },
	{ "cp_rm", "rm -rf new", "cp -a /data/tree new; rm -rf new" },
	{ "sort", NULL, "sort /data/lines >out" },
	{ "awk", NULL, "gawk '{ n[$2]++ } END { for (w in n) print w, n[w] }' /data/lines >out" },
	{ "make_tcc", "rm -rf project; cp -r /data/project .", "make -s -j2 -C project >out" },
	{ "sqlite", "rm -f x.db", "sqlite3 x.db </data/sql >out" },
	{ "hackbench_pipes", NULL, "hackbench -p -g 2 -f 5 -l 100 >out" },
	{ "hackbench_threads", NULL, "hackbench -p -T -g 2 -f 5 -l 100 >out" },
};

static int shell(const char *command)
{
	int status;
	pid_t pid = vfork();

	if (pid == 0) {
		execl("/bin/dash", "sh", "-c", command, NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return status;
}

static void control(void)
{
	for (unsigned n = 0; n < 1000; n++)
		__asm__ volatile(".rept 98\n nop\n .endr" ::: "memory");
}

static void measure(const struct program *program)
{
	uint64_t ticks = 0;
	int status = 0;

	for (int round = 0; round < 2 && status == 0; round++) {
		uint64_t before;

		if (program->before)
			status = shell(program->before);
		BENCH_MARK(3);
		before = __rdtsc();
		if (program->command)
			status |= shell(program->command);
		else
			control();
		ticks = __rdtsc() - before;
		BENCH_MARK(4);
	}
	BENCH_MARK(5);
	if (status)
		printf("failed %s: status %#x\n", program->name, status);
	else
		printf("bench %s %llu\n", program->name,
		       (unsigned long long)(program->command ? ticks : ticks / 1000));
	fflush(stdout);
}

static bool is_wanted(const char *name, int n, char **words)
{
	for (int i = 0; i < n; i++)
		if (strcmp(words[i], name) == 0)
			return true;
	return n == 0;
}

int main(int argc, char **argv)
{
	if (getpid() == 1) {
		mount("dev", "/dev", "devtmpfs", 0, NULL);
		mount("proc", "/proc", "proc", 0, NULL);
		mount("tmp", "/tmp", "tmpfs", 0, NULL);
	}
	setenv("PATH", "/usr/bin:/bin", 1);
	setenv("LC_ALL", "C", 1);
	if (chdir("/tmp") != 0)
		return 1;
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (is_wanted(programs[i].name, argc - 1, argv + 1))
			measure(&programs[i]);
	puts("bench end 0");
	fflush(stdout);
	if (getpid() == 1)
		reboot(RB_POWER_OFF);
	return 0;
}
