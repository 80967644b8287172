/*
 * micro - what one operation costs, in ticks of the time stamp counter
 *
 *   micro [CASE ...]        (as pid 1: words behind "--", then power-off)
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
#include <unistd.h>
#include <x86intrin.h>

struct bench {
	const char *name;
	unsigned count;			/* operations between the two readings */
	void (*setup)(void);
	void (*run)(unsigned count);
};

static int fd_a, fd_b, fds[2], back[2], epfd;
static char buf[65536];
static char *area;
static pid_t child;
static const char *self = "/init";

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

static void zero_setup(void) { fd_a = open("/dev/zero", O_RDONLY); must(fd_a >= 0, "/dev/zero"); }
static void read_run(unsigned n)
{
	while (n--)
		read(fd_a, buf, 1);
}
static void null_setup(void) { fd_a = open("/dev/null", O_WRONLY); must(fd_a >= 0, "/dev/null"); }
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

static void pipe_setup(void) { must(pipe(fds) == 0, "pipe"); }
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
static void yield_setup(void)
{
	child = fork();
	if (child == 0)
		for (;;)
			sched_yield();
}
static void yield_run(unsigned n)
{
	while (n--)
		sched_yield();
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

static void *nothing(void *arg) { return arg; }
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
	char *map = mmap(NULL, n * 4096ul, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(map != MAP_FAILED, "mmap");
	uint64_t before = __rdtsc();
	for (unsigned i = 0; i < n; i++)
		map[i * 4096ul] = 1;
	words = (void *)(__rdtsc() - before);
	munmap(map, n * 4096ul);
}
static void fault_one_run(unsigned n)
{
	uint64_t total = 0;
	while (n--) {
		char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		uint64_t before = __rdtsc();
		*map = 1;
		total += __rdtsc() - before;
		munmap(map, 4096);
	}
	words = (void *)total;
}
static void cow_setup(void)
{
	area = mmap(NULL, 256 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(area, 1, 256 * 4096);
}
static void cow_run(unsigned n)
{
	int status;
	uint64_t *ticks = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
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
	words = (void *)*ticks;
}
static void mmap_run(unsigned n)
{
	while (n--) {
		char *map = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		munmap(map, 65536);
	}
}
static void mmap_touch_run(unsigned n)
{
	while (n--) {
		char *map = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		for (int i = 0; i < 16; i++)
			map[i * 4096] = 1;
		munmap(map, 65536);
	}
}

static void on_signal(int sig) { (void)sig; }
static void sigaction_run(unsigned n)
{
	struct sigaction act = {.sa_handler = on_signal};
	while (n--)
		sigaction(SIGUSR1, &act, NULL);
}
static void signal_setup(void) { signal(SIGUSR1, on_signal); fd_b = getpid(); }
static void signal_run(unsigned n)
{
	while (n--)
		syscall(SYS_kill, fd_b, SIGUSR1);
}

static void many_fds(void)
{
	struct rlimit limit = {2048, 4096};
	setrlimit(RLIMIT_NOFILE, &limit);
}
static void epoll_setup(void)
{
	many_fds();
	epfd = epoll_create1(0);
	for (int i = 0; i < 1000; i++) {
		struct epoll_event event = {.events = EPOLLIN};
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

static const struct bench benches[] = {
	{"control", 1000, NULL, control},
	{"getpid", 1000, NULL, getpid_run},
	{"clock_gettime", 1000, NULL, clock_run},
	{"read_zero_1", 1000, zero_setup, read_run},
	{"write_null_1", 1000, null_setup, write_run},
	{"stat", 1000, file_setup, stat_run},
	{"stat_8_components", 1000, file_setup, stat8_run},
	{"fstat", 1000, file_setup, fstat_run},
	{"open_close", 1000, file_setup, open_run},
	{"pread_4k", 1000, file_setup, pread4k_run},
	{"pwrite_4k", 1000, file_setup, pwrite4k_run},
	{"create_unlink", 300, file_setup, create_run},
	{"getdents_1000", 20, dir_setup, getdents_run},
	{"pipe_write_read", 1000, pipe_setup, pipe_run},
	{"pipe_round_trip", 500, pingpong_setup, pingpong_run},
	{"yield_pair", 500, yield_setup, yield_run},
	{"futex_ping_pong", 500, futex_setup, futex_run},
	{"thread_create_join", 100, NULL, thread_run},
	{"fork_exit_wait", 50, NULL, fork_run},
	{"vfork_exec_wait", 50, NULL, vfork_exec_run},
	{"fork_exec_wait", 50, NULL, fork_exec_run},
	{"fault_anon", 256, NULL, fault_run},
	{"fault_anon_one", 50, NULL, fault_one_run},
	{"fault_cow", 256, cow_setup, cow_run},
	{"mmap_munmap_64k", 200, NULL, mmap_run},
	{"mmap_touch_munmap_64k", 100, NULL, mmap_touch_run},
	{"signal_install", 1000, NULL, sigaction_run},
	{"signal_deliver", 500, signal_setup, signal_run},
	{"epoll_wait_1000", 500, epoll_setup, epoll_run},
	{"select_100", 200, select_setup, select_run},
};

static void run_one(const struct bench *bench)
{
	uint64_t before, ticks;

	if (bench->setup)
		bench->setup();
	bench->run(bench->count);
	words = bench->setup == futex_setup ? words : NULL;
	before = __rdtsc();
	bench->run(bench->count);
	ticks = __rdtsc() - before;
	/* A case that times a part of itself leaves the figure in words. */
	if (words && bench->setup != futex_setup)
		ticks = (uint64_t)words;
	printf("bench %s %llu\n", bench->name, (unsigned long long)(ticks / bench->count));
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
	for (size_t i = 0; i < sizeof(benches) / sizeof(benches[0]); i++) {
		bool wanted = argc == 1;
		pid_t pid;

		for (int k = 1; k < argc; k++)
			wanted |= strcmp(argv[k], benches[i].name) == 0;
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
