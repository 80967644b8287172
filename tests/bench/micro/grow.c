/* grow - the same operation among more and more of its kind */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "micro.h"

static void room_for(unsigned n)
{
	struct rlimit limit = { n + 1000, n + 1000 };
	setrlimit(RLIMIT_NOFILE, &limit);
	setrlimit(RLIMIT_SIGPENDING, &limit);
	setrlimit(RLIMIT_NPROC, &limit);
}
static void grow_files_setup(void)
{
	room_for(current->param);
	file_setup();
	for (unsigned i = 0; i < current->param; i++)
		must(open("/tmp/file", O_RDONLY) >= 0, "open");
}
static void grow_maps_setup(void)
{
	/* Every other page, so that nothing merges. */
	char *base = mmap(NULL, current->param * 8192ul, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	must(base != MAP_FAILED, "mmap");
	for (unsigned i = 0; i < current->param / 2; i++)
		must(mprotect(base + i * 8192ul, 4096, PROT_READ) == 0, "mprotect");
}
/* A file of which each page is mapped by itself, backwards so that nothing merges. */
static void grow_mappings_setup(void)
{
	unsigned n = current->param;

	fds[0] = open("/tmp/mapped", O_RDWR | O_CREAT, 0600);
	must(fds[0] >= 0 && ftruncate(fds[0], (n + 1) * 4096ul) == 0, "file");
	for (unsigned i = n; i-- > 0;)
		must(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fds[0], (n - i) * 4096ul) !=
			     MAP_FAILED,
		     "mmap");
}
/* The last page goes and comes back. */
static void grow_mappings_run(unsigned n)
{
	while (n--) {
		must(ftruncate(fds[0], current->param * 4096ul) == 0, "ftruncate");
		must(ftruncate(fds[0], (current->param + 1) * 4096ul) == 0, "ftruncate");
	}
}
static void grow_processes_setup(void)
{
	room_for(current->param);
	must(pipe(fds) == 0, "pipe");
	for (unsigned i = 0; i < current->param; i++) {
		pid_t pid = fork();
		must(pid >= 0, "fork");
		if (pid == 0) {
			close(fds[1]);
			read(fds[0], buf, 1); /* till the measuring process is gone */
			_exit(0);
		}
	}
}
static char new_names[64][32]; /* many: in a hash table a name alone has luck or has none */
static void grow_entries_setup(void)
{
	char name[64];
	for (unsigned i = 0; i < sizeof(new_names) / sizeof(new_names[0]); i++)
		snprintf(new_names[i], sizeof(new_names[i]), "/tmp/many/new%u", i);
	mkdir("/tmp/many", 0755);
	must(mount("many", "/tmp/many", "tmpfs", 0, "nr_inodes=0") == 0, "mount");
	for (unsigned i = 0; i < current->param; i++) {
		snprintf(name, sizeof(name), "/tmp/many/entry%u", i);
		must(mknod(name, S_IFREG | 0644, 0) == 0, "mknod");
	}
}
static void grow_entries_run(unsigned n)
{
	while (n--) {
		const char *name = new_names[n % sizeof(new_names) / sizeof(new_names[0])];
		close(open(name, O_CREAT | O_WRONLY, 0644));
		unlink(name);
	}
}
static timer_t one_timer;
static void grow_timers_setup(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_NONE };
	room_for(current->param);
	for (unsigned i = 0; i <= current->param; i++) {
		struct itimerspec at = { .it_value = { 1000 + i % 977, i } };
		must(timer_create(CLOCK_MONOTONIC, &event, &one_timer) == 0, "timer_create");
		must(timer_settime(one_timer, 0, &at, NULL) == 0, "timer_settime");
	}
}
static void grow_timers_run(unsigned n)
{
	while (n--) {
		struct itimerspec at = { .it_value = { 500 + n % 7, 0 } };
		timer_settime(one_timer, 0, &at, NULL);
	}
}

static void grow_timer_create_run(unsigned n)
{
	struct sigevent event = { .sigev_notify = SIGEV_NONE };
	timer_t timer;

	while (n--) {
		must(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0, "timer_create");
		timer_delete(timer);
	}
}

const struct bench grow_benches[] = {
	{ "grow_open_close_files_10", 300, grow_files_setup, open_run, 10 },
	{ "grow_open_close_files_1000", 300, grow_files_setup, open_run, 1000 },
	{ "grow_open_close_files_100000", 300, grow_files_setup, open_run, 100000 },
	{ "grow_mmap_munmap_maps_10", 200, grow_maps_setup, mmap_run, 10 },
	{ "grow_mmap_munmap_maps_1000", 200, grow_maps_setup, mmap_run, 1000 },
	{ "grow_mmap_munmap_maps_50000", 200, grow_maps_setup, mmap_run, 50000 },
	{ "grow_truncate_mappings_10", 200, grow_mappings_setup, grow_mappings_run, 10 },
	{ "grow_truncate_mappings_1000", 200, grow_mappings_setup, grow_mappings_run, 1000 },
	{ "grow_truncate_mappings_10000", 200, grow_mappings_setup, grow_mappings_run, 10000 },
	{ "grow_fork_exit_wait_processes_10", 30, grow_processes_setup, fork_run, 10 },
	{ "grow_fork_exit_wait_processes_100", 30, grow_processes_setup, fork_run, 100 },
	{ "grow_fork_exit_wait_processes_1000", 30, grow_processes_setup, fork_run, 1000 },
	{ "grow_create_unlink_entries_10", 5000, grow_entries_setup, grow_entries_run, 10 },
	{ "grow_create_unlink_entries_1000", 5000, grow_entries_setup, grow_entries_run, 1000 },
	{ "grow_create_unlink_entries_100000", 5000, grow_entries_setup, grow_entries_run, 100000 },
	{ "grow_timer_settime_timers_10", 300, grow_timers_setup, grow_timers_run, 10 },
	{ "grow_timer_settime_timers_1000", 300, grow_timers_setup, grow_timers_run, 1000 },
	{ "grow_timer_settime_timers_100000", 300, grow_timers_setup, grow_timers_run, 100000 },
	{ "grow_timer_create_timers_10", 300, grow_timers_setup, grow_timer_create_run, 10 },
	{ "grow_timer_create_timers_1000", 300, grow_timers_setup, grow_timer_create_run, 1000 },
	{ "grow_timer_create_timers_100000", 300, grow_timers_setup, grow_timer_create_run,
	  100000 },
	{ 0 },
};
