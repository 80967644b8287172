/*
 * micro - what one operation costs, in ticks of the time stamp counter
 *
 *   micro [xN] [CASE ...]        (as pid 1: words behind "--", then power-off)
 *
 * xN repeats each case N times as often.  Without CASE all cases run but those
 * named grow_* and par_*; "grow" and "par" select these: the same operation with
 * more and more of its kind about (its setup is not timed), and one operation
 * on as many threads as there are processors, in nanoseconds of wall time by
 * the number of operations (without -icount).
 *
 * A line a case: "bench CASE TICKS".  Under `-icount shift=0` a tick is one
 * guest instruction, so the figures are exact and the same on every run; the
 * caller's own loop is in them, as it would be in any program.  Each case is
 * run once to warm up, then COUNT times between two readings.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

struct bench {
	const char *name;
	unsigned count; /* operations between the two readings */
	void (*setup)(void);
	void (*run)(unsigned count);
	unsigned param; /* grow: how many there are; par: what to do */
};
static const struct bench *current;

static int fd_a, fd_b, fds[2], back[2], epfd;
static char buf[65536];
static char *area;
static pid_t child;
static const char *self = "/init";
/* A case that times a part of itself leaves ticks and operations here. */
static uint64_t timed_ticks, timed_count;

static void must(bool ok, const char *what)
{
	if (!ok) {
		perror(what);
		_exit(1);
	}
}

static void control(unsigned n)
{
	/* A loop of known length: 100 instructions an iteration. */
	while (n--)
		__asm__ volatile(".rept 98\n nop\n .endr" ::: "memory");
}

static void getpid_run(unsigned n)
{
	while (n--)
		syscall(SYS_getpid);
}

static void zero_setup(void)
{
	fd_a = open("/dev/zero", O_RDONLY);
	must(fd_a >= 0, "/dev/zero");
}
static void read_run(unsigned n)
{
	while (n--)
		read(fd_a, buf, 1);
}
static void null_setup(void)
{
	fd_a = open("/dev/null", O_WRONLY);
	must(fd_a >= 0, "/dev/null");
}
static void write_run(unsigned n)
{
	while (n--)
		write(fd_a, buf, 1);
}

static void file_setup(void)
{
	fd_a = open("/tmp/file", O_RDWR | O_CREAT, 0644);
	must(fd_a >= 0 && write(fd_a, buf, 65536) == 65536, "/tmp/file");
	mkdir("/tmp/a", 0755), mkdir("/tmp/a/b", 0755), mkdir("/tmp/a/b/c", 0755);
	mkdir("/tmp/a/b/c/d", 0755), mkdir("/tmp/a/b/c/d/e", 0755), mkdir("/tmp/a/b/c/d/e/f", 0755);
	close(open("/tmp/a/b/c/d/e/f/g", O_CREAT | O_RDWR, 0644));
}
static void stat_run(unsigned n)
{
	struct stat st;
	while (n--)
		stat("/tmp/file", &st);
}
static void stat8_run(unsigned n)
{
	struct stat st;
	while (n--)
		stat("/tmp/a/b/c/d/e/f/g", &st);
}
static void fstat_run(unsigned n)
{
	struct stat st;
	while (n--)
		fstat(fd_a, &st);
}
static void open_run(unsigned n)
{
	while (n--)
		close(open("/tmp/file", O_RDONLY));
}
static void pread4k_run(unsigned n)
{
	while (n--)
		pread(fd_a, buf, 4096, 0);
}
static void pwrite4k_run(unsigned n)
{
	while (n--)
		pwrite(fd_a, buf, 4096, 0);
}
static void create_run(unsigned n)
{
	while (n--) {
		close(open("/tmp/new", O_CREAT | O_WRONLY, 0644));
		unlink("/tmp/new");
	}
}
static void dir_setup(void)
{
	char name[64];
	mkdir("/tmp/dir", 0755);
	for (int i = 0; i < 998; i++) {
		snprintf(name, sizeof(name), "/tmp/dir/entry%d", i);
		close(open(name, O_CREAT | O_WRONLY, 0644));
	}
	fd_a = open("/tmp/dir", O_RDONLY | O_DIRECTORY);
}
static void getdents_run(unsigned n)
{
	while (n--) {
		lseek(fd_a, 0, SEEK_SET);
		while (syscall(SYS_getdents64, fd_a, buf, sizeof(buf)) > 0)
			;
	}
}

static void pipe_setup(void)
{
	must(pipe(fds) == 0, "pipe");
}
static void pipe_run(unsigned n)
{
	while (n--) {
		write(fds[1], buf, 1);
		read(fds[0], buf, 1);
	}
}
static void pingpong_setup(void)
{
	must(pipe(fds) == 0 && pipe(back) == 0, "pipe");
	child = fork();
	if (child == 0) {
		close(fds[1]);
		while (read(fds[0], buf, 1) == 1)
			write(back[1], buf, 1);
		_exit(0);
	}
	close(fds[0]);
	close(back[1]);
}
static void pingpong_run(unsigned n)
{
	while (n--) {
		write(fds[1], buf, 1);
		read(back[0], buf, 1);
	}
}
/*
 * Two processes that take turns.  Each counts its own yields in a shared page;
 * the figure is the time of all by the lesser of the two counts, so a pair is
 * a yield of each with a switch there and one back, and a kernel that lets one
 * of them yield to itself pays for it.
 */
static volatile uint32_t *turns;
static void yield_setup(void)
{
	turns = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	child = fork();
	if (child == 0)
		for (;;) {
			turns[16]++;
			sched_yield();
		}
	while (turns[16] == 0) /* it runs */
		sched_yield();
}
static void yield_run(unsigned n)
{
	uint32_t mine = 0, start = turns[16];
	uint64_t before = __rdtsc();

	while (mine < n || turns[16] - start < n) {
		mine++;
		sched_yield();
	}
	timed_ticks = __rdtsc() - before;
	timed_count = mine < turns[16] - start ? mine : turns[16] - start;
}

static uint32_t *words;
static void futex_word_wait(uint32_t *word, uint32_t want)
{
	uint32_t now;
	while ((now = __atomic_load_n(word, __ATOMIC_ACQUIRE)) != want)
		syscall(SYS_futex, word, FUTEX_WAIT, now, NULL, NULL, 0);
}
static void futex_word_set(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}
static void futex_setup(void)
{
	words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	child = fork();
	if (child == 0) {
		for (;;) {
			futex_word_wait(&words[0], 1);
			words[0] = 0;
			futex_word_set(&words[16], 1);
		}
	}
}
static void futex_run(unsigned n)
{
	while (n--) {
		futex_word_set(&words[0], 1);
		futex_word_wait(&words[16], 1);
		words[16] = 0;
	}
}

static void *nothing(void *arg)
{
	return arg;
}
static void thread_run(unsigned n)
{
	pthread_t thread;
	while (n--) {
		must(pthread_create(&thread, NULL, nothing, NULL) == 0, "thread");
		pthread_join(thread, NULL);
	}
}
static void fork_run(unsigned n)
{
	while (n--) {
		pid_t pid = fork();
		if (pid == 0)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
}
/* The program started is this one, of 0.8 MB with a C library; or one of a few instructions. */
static void exec_least_setup(void)
{
	self = "/exit";
	must(access(self, X_OK) == 0, self);
}
static void vfork_exec_run(unsigned n)
{
	while (n--) {
		pid_t pid = vfork();
		if (pid == 0) {
			execl(self, self, "--exit", NULL);
			_exit(1);
		}
		waitpid(pid, NULL, 0);
	}
}
static void fork_exec_run(unsigned n)
{
	while (n--) {
		pid_t pid = fork();
		if (pid == 0) {
			execl(self, self, "--exit", NULL);
			_exit(1);
		}
		waitpid(pid, NULL, 0);
	}
}

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
static void mmap_run(unsigned n)
{
	while (n--) {
		char *map = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				 -1, 0);
		munmap(map, 65536);
	}
}
static void mmap_touch_run(unsigned n)
{
	while (n--) {
		char *map = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				 -1, 0);
		for (int i = 0; i < 16; i++)
			map[i * 4096] = 1;
		munmap(map, 65536);
	}
}

static void on_signal(int sig)
{
	(void)sig;
}
static void sigaction_run(unsigned n)
{
	struct sigaction act = { .sa_handler = on_signal };
	while (n--)
		sigaction(SIGUSR1, &act, NULL);
}
static void signal_setup(void)
{
	signal(SIGUSR1, on_signal);
	fd_b = getpid();
}
static void signal_run(unsigned n)
{
	while (n--)
		syscall(SYS_kill, fd_b, SIGUSR1);
}

static void many_fds(void)
{
	struct rlimit limit = { 2048, 4096 };
	setrlimit(RLIMIT_NOFILE, &limit);
}
static void epoll_setup(void)
{
	many_fds();
	epfd = epoll_create1(0);
	for (int i = 0; i < 1000; i++) {
		struct epoll_event event = { .events = EPOLLIN };
		int fd = eventfd(i == 500, 0);
		must(fd >= 0 && epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event) == 0, "epoll");
	}
}
static void epoll_run(unsigned n)
{
	struct epoll_event event;
	while (n--)
		must(epoll_wait(epfd, &event, 1, -1) == 1, "epoll_wait");
}
static fd_set select_set;
static int select_max;
static void select_setup(void)
{
	FD_ZERO(&select_set);
	for (int i = 0; i < 100; i++) {
		int fd = eventfd(i == 99, 0);
		must(fd >= 0 && fd < FD_SETSIZE, "eventfd");
		FD_SET(fd, &select_set);
		select_max = fd;
	}
}
static void select_run(unsigned n)
{
	while (n--) {
		fd_set set = select_set;
		must(select(select_max + 1, &set, NULL, NULL, NULL) == 1, "select");
	}
}
static void clock_run(unsigned n)
{
	struct timespec ts;
	while (n--)
		clock_gettime(CLOCK_MONOTONIC, &ts);
}

/* --- The same operation among more and more ---------------------------------------- */

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
static void grow_entries_setup(void)
{
	char name[64];
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
		close(open("/tmp/many/new", O_CREAT | O_WRONLY, 0644));
		unlink("/tmp/many/new");
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

/* --- All processors at once -------------------------------------------------------- */

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

static const struct bench benches[] = {
	{ "control", 1000, NULL, control },
	{ "getpid", 1000, NULL, getpid_run },
	{ "clock_gettime", 1000, NULL, clock_run },
	{ "read_zero_1", 1000, zero_setup, read_run },
	{ "write_null_1", 1000, null_setup, write_run },
	{ "stat", 1000, file_setup, stat_run },
	{ "stat_8_components", 1000, file_setup, stat8_run },
	{ "fstat", 1000, file_setup, fstat_run },
	{ "open_close", 1000, file_setup, open_run },
	{ "pread_4k", 1000, file_setup, pread4k_run },
	{ "pwrite_4k", 1000, file_setup, pwrite4k_run },
	{ "create_unlink", 300, file_setup, create_run },
	{ "getdents_1000", 20, dir_setup, getdents_run },
	{ "pipe_write_read", 1000, pipe_setup, pipe_run },
	{ "pipe_round_trip", 500, pingpong_setup, pingpong_run },
	{ "yield_pair", 500, yield_setup, yield_run },
	{ "futex_ping_pong", 500, futex_setup, futex_run },
	{ "thread_create_join", 100, NULL, thread_run },
	{ "fork_exit_wait", 50, NULL, fork_run },
	{ "vfork_exec_wait", 50, NULL, vfork_exec_run },
	{ "fork_exec_wait", 50, NULL, fork_exec_run },
	{ "vfork_exec_wait_least", 50, exec_least_setup, vfork_exec_run },
	{ "fork_exec_wait_least", 50, exec_least_setup, fork_exec_run },
	{ "fault_anon", 256, NULL, fault_run },
	{ "fault_anon_one", 50, NULL, fault_one_run },
	{ "fault_cow", 256, cow_setup, cow_run },
	{ "mmap_munmap_64k", 200, NULL, mmap_run },
	{ "mmap_touch_munmap_64k", 100, NULL, mmap_touch_run },
	{ "signal_install", 1000, NULL, sigaction_run },
	{ "signal_deliver", 500, signal_setup, signal_run },
	{ "epoll_wait_1000", 500, epoll_setup, epoll_run },
	{ "select_100", 200, select_setup, select_run },
	{ "grow_open_close_files_10", 300, grow_files_setup, open_run, 10 },
	{ "grow_open_close_files_1000", 300, grow_files_setup, open_run, 1000 },
	{ "grow_open_close_files_100000", 300, grow_files_setup, open_run, 100000 },
	{ "grow_mmap_munmap_maps_10", 200, grow_maps_setup, mmap_run, 10 },
	{ "grow_mmap_munmap_maps_1000", 200, grow_maps_setup, mmap_run, 1000 },
	{ "grow_mmap_munmap_maps_50000", 200, grow_maps_setup, mmap_run, 50000 },
	{ "grow_fork_exit_wait_processes_10", 30, grow_processes_setup, fork_run, 10 },
	{ "grow_fork_exit_wait_processes_100", 30, grow_processes_setup, fork_run, 100 },
	{ "grow_fork_exit_wait_processes_1000", 30, grow_processes_setup, fork_run, 1000 },
	{ "grow_create_unlink_entries_10", 200, grow_entries_setup, grow_entries_run, 10 },
	{ "grow_create_unlink_entries_1000", 200, grow_entries_setup, grow_entries_run, 1000 },
	{ "grow_create_unlink_entries_100000", 200, grow_entries_setup, grow_entries_run, 100000 },
	{ "grow_timer_settime_timers_10", 300, grow_timers_setup, grow_timers_run, 10 },
	{ "grow_timer_settime_timers_1000", 300, grow_timers_setup, grow_timers_run, 1000 },
	{ "grow_timer_settime_timers_100000", 300, grow_timers_setup, grow_timers_run, 100000 },
	{ "grow_timer_create_timers_10", 300, grow_timers_setup, grow_timer_create_run, 10 },
	{ "grow_timer_create_timers_1000", 300, grow_timers_setup, grow_timer_create_run, 1000 },
	{ "grow_timer_create_timers_100000", 300, grow_timers_setup, grow_timer_create_run,
	  100000 },
	{ "par_getpid", 200000, NULL, par_run, PAR_GETPID },
	{ "par_fault", 25600, NULL, par_run, PAR_FAULT },
	{ "par_open_close", 20000, file_setup, par_run, PAR_OPEN },
	{ "par_pipe", 50000, NULL, par_run, PAR_PIPE },
};

static unsigned times = 1;

static void run_one(const struct bench *bench)
{
	uint64_t before, ticks;

	unsigned count = bench->count * times;

	current = bench;
	if (bench->setup)
		bench->setup();
	bench->run(count);
	timed_count = 0;
	before = __rdtsc();
	bench->run(count);
	ticks = __rdtsc() - before;
	if (!timed_count) {
		timed_ticks = ticks;
		timed_count = count;
	}
	printf("bench %s %llu\n", bench->name, (unsigned long long)(timed_ticks / timed_count));
	fflush(stdout);
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--exit") == 0)
		return 0;
	if (getpid() == 1) {
		mkdir("/tmp", 0777), mkdir("/dev", 0755), mkdir("/proc", 0755);
		mount("dev", "/dev", "devtmpfs", 0, NULL);
		mount("proc", "/proc", "proc", 0, NULL);
		mount("tmp", "/tmp", "tmpfs", 0, NULL);
	} else {
		self = "/proc/self/exe";
	}
	if (argc > 1 && argv[1][0] == 'x') {
		times = atoi(argv[1] + 1);
		argc--, argv++;
	}
	for (size_t i = 0; i < sizeof(benches) / sizeof(benches[0]); i++) {
		const char *name = benches[i].name;
		bool special = strncmp(name, "grow_", 5) == 0 || strncmp(name, "par_", 4) == 0;
		bool wanted = argc == 1 && !special;
		pid_t pid;

		for (int k = 1; k < argc; k++)
			wanted |= strcmp(argv[k], name) == 0 ||
				  (special && strncmp(name, argv[k], strcspn(name, "_")) == 0 &&
				   strlen(argv[k]) == strcspn(name, "_"));
		if (!wanted)
			continue;
		pid = fork();
		if (pid == 0) {
			run_one(&benches[i]);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
	puts("bench end 0");
	fflush(stdout);
	if (getpid() == 1)
		reboot(RB_POWER_OFF);
	return 0;
}
