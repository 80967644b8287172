/*
 * fuzz - random system calls, to find what hurts the kernel
 *
 *	fuzz SECONDS SEED [PROCESSES]
 *
 * Process 1 keeps PROCESSES workers alive, each a few threads that make random calls for at most
 * two seconds.  The calls and the kinds of their arguments come from the kernel's own table.def,
 * so a call that is added there is covered.  What a worker does follows from SEED and the
 * worker's number alone, as far as its threads do not race.  A worker may die of anything; the
 * machine must not: at the end the supervisor looks whether memory and processes came back, and
 * says so in its last line:
 *
 *	fuzz: N workers, N calls, lost N kB, N processes left
 *
 * No claim is made on any result.  A quarter of the workers are root, without the calls that by
 * right end or cripple the machine.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef uint64_t u64;

enum { PAGE = 4096, ARENA_PAGES = 16, THREADS = 3, WORKER_MS = 2000 };

struct call {
	int nr;
	const char *name, *types; /* "int, char __user *, size_t" */
	int nargs;
};

#define SYSCALL0(nr, name, ...) { nr, #name, "", 0 },
#define SYSCALL1(nr, name, ...) { nr, #name, #__VA_ARGS__, 1 },
#define SYSCALL2(nr, name, ...) { nr, #name, #__VA_ARGS__, 2 },
#define SYSCALL3(nr, name, ...) { nr, #name, #__VA_ARGS__, 3 },
#define SYSCALL4(nr, name, ...) { nr, #name, #__VA_ARGS__, 4 },
#define SYSCALL5(nr, name, ...) { nr, #name, #__VA_ARGS__, 5 },
#define SYSCALL6(nr, name, ...) { nr, #name, #__VA_ARGS__, 6 },
#define SYSCALL_REGS(nr, name)	{ nr, #name, "u64, u64, u64, u64, u64, u64", 6 },
static const struct call calls[] = {
#include "../../kernel/syscall/table.def"
};
enum { NCALLS = sizeof(calls) / sizeof(calls[0]) };

struct shared {
	u64 calls; /* [a] made by all workers */
};
static struct shared *shared;
static char *arena; /* ARENA_PAGES; what is around it is not mapped */
static const char *const paths[] = {
	"f",
	"g",
	"d",
	"d/f",
	"l",
	"loop",
	"fifo",
	".",
	"..",
	"",
	"/",
	"d/../d/f",
	"nodir/x",
	"f/x",
	"/tmp",
	"/dev/null",
	"/dev/zero",
	"/dev/ptmx",
	"/dev/full",
	"/dev/tty",
	"/init",
	"/proc",
	"/proc/self/fd",
	"/proc/self/maps",
	"/proc/self/mem",
	"/proc/self/stat",
	"/proc/self/exe",
	"/proc/self/root/tmp",
	"/proc/meminfo",
	"/proc/self/cwd",
	"/proc/self/task",
	"/proc/self/status",
	"/proc/self/environ",
	"/proc/self/oom_score_adj",
	"/proc/self/comm",
	"/dev/shm",
	"/dev/pts/0",
	"/dev/random",
	"/dev/fd/5",
	"/proc/1/stat",
	"/proc/cpuinfo",
	"tmpfs",
	"proc",
	"user.x",
	"trusted.x",
	"security.selinux",
};

/* --- random numbers ------------------------------------------------------------ */

static u64 next(u64 *seed)
{
	u64 z = *seed += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static unsigned below(u64 *seed, unsigned n)
{
	return next(seed) % n;
}

/* --- arguments ------------------------------------------------------------------- */

static const u64 edges[] = {
	0,	     1,		 2,	     -1ull,    -2ull, 0x7fffffff, 0x80000000, 0xffffffff,
	0x100000000, 1ull << 63, ~0ull >> 1, PAGE - 1, PAGE,  PAGE + 1,	  1ull << 31, 1ull << 40,
	1ull << 47,  -4096ull,	 0x7ffff000, 255,      256,   65535,	  65536,
};

static const u64 bad_addresses[] = {
	0,
	1,
	8,
	PAGE - 1,
	65536,
	0x7fffffffefff,
	0x7ffffffff000,
	0x7ffffffffff8,
	0x800000000000,
	0xdead000000000000,
	0xffff800000000000,
	0xffff888000000000,
	0xffffc90000000000,
	0xffffffff80000000,
	0xffffffff81000000,
	0xffffffffff600000,
	-8ull,
	-1ull,
	-4096ull,
};

static u64 number(u64 *seed)
{
	switch (below(seed, 8)) {
	case 0:
		return edges[below(seed, sizeof(edges) / sizeof(edges[0]))];
	case 1:
		return 1ull << below(seed, 64);
	case 2:
		return below(seed, 70);
	case 3:
		return -(u64)below(seed, 300); /* AT_FDCWD too */
	case 4:
		return (1ull << below(seed, 32)) | 1ull << below(seed, 32) |
		       1ull << below(seed, 12);
	case 5:
		return next(seed) >> below(seed, 64);
	default:
		return below(seed, 40); /* descriptors, signals, commands */
	}
}

static u64 address(u64 *seed);

/* What the bytes at a pointer are: noise, numbers, a vector of buffers, a time, a path. */
static void fill(u64 *seed, char *at, size_t room)
{
	u64 *words = (u64 *)((uintptr_t)at & ~7ull);
	unsigned kind = below(seed, 6);

	if ((char *)words < at)
		words++;
	room = room < 96 ? room : 96;
	if (kind == 0) {
		const char *path = paths[below(seed, sizeof(paths) / sizeof(paths[0]))];

		snprintf(at, room, "%s", path);
		return;
	}
	for (unsigned i = 0; (char *)(words + i + 1) <= at + room; i++) {
		if (kind == 1)
			words[i] = next(seed);
		else if (kind == 2)
			words[i] = number(seed);
		else if (kind == 3)
			words[i] = i % 2 ? number(seed) : address(seed);
		else if (kind == 4)
			words[i] = i % 2 ? below(seed, 2000000) : 0; /* a short time */
		else
			words[i] = (u64)below(seed, 40) | (u64)below(seed, 4096) << 32; /* pollfd */
	}
}

static u64 address(u64 *seed)
{
	u64 page = below(seed, ARENA_PAGES) * PAGE;

	switch (below(seed, 8)) {
	case 0:
		return bad_addresses[below(seed, sizeof(bad_addresses) / sizeof(bad_addresses[0]))];
	case 1: /* cut by the end of the arena, or of a page */
		return (u64)arena + (below(seed, 2) ? ARENA_PAGES * PAGE : page) - below(seed, 64);
	case 2:
		return (u64)arena + page + below(seed, PAGE);
	case 3:
		return (u64)arena + page;
	default:
		return (u64)arena + page + below(seed, 64) * 8;
	}
}

static u64 pointer(u64 *seed)
{
	u64 at = address(seed), end = (u64)arena + (ARENA_PAGES - 4) * PAGE;

	if (at >= (u64)arena && at < end && below(seed, 4))
		fill(seed, (char *)at, end - at); /* the last four pages are not writable */
	return at;
}

static bool starts(const char *text, size_t len, const char *with)
{
	return len >= strlen(with) && strncmp(text, with, strlen(with)) == 0;
}

/* One argument whose C type is @type. */
static u64 argument(u64 *seed, const char *type, size_t len)
{
	if (memchr(type, '*', len)) {
		if (starts(type, len, "const char") && below(seed, 4)) {
			char *at = arena + below(seed, ARENA_PAGES - 5) * PAGE + below(seed, 64);

			strcpy(at, paths[below(seed, sizeof(paths) / sizeof(paths[0]))]);
			return (u64)at;
		}
		return pointer(seed);
	}
	if (starts(type, len, "u64") && below(seed, 2))
		return below(seed, 2) ? pointer(seed) : address(seed);
	if (starts(type, len, "size_t") && below(seed, 2))
		return below(seed, 3) ? below(seed, 256) : below(seed, 64) * PAGE;
	return number(seed);
}

static void arguments(u64 *seed, const struct call *call, u64 args[6])
{
	const char *type = call->types;

	for (int i = 0; i < 6; i++) {
		size_t len = strcspn(type, ",");

		args[i] = i < call->nargs ? argument(seed, type, len) : next(seed);
		type += len;
		type += strspn(type, ", ");
	}
	if (call->nr == SYS_ioctl && below(seed, 4))
		args[1] = below(seed, 2) ? 0x5400 + below(seed, 0x70) :
					   0x80045430 + below(seed, 10);
	if (call->nr == SYS_fcntl && below(seed, 2))
		args[1] = (below(seed, 2) ? 1024 : 0) + below(seed, 40);
}

/* Not by root: what ends or cripples the machine by right, the supervisor's life included. */
static bool is_too_powerful(long nr, const u64 args[6])
{
	switch (nr) {
	case SYS_reboot:
	case SYS_settimeofday:
	case SYS_clock_settime:
	case SYS_clock_adjtime:
	case SYS_adjtimex:
	case SYS_prlimit64:
	case SYS_setpriority:
	case SYS_sched_setaffinity:
	case SYS_sched_setscheduler:
	case SYS_sched_setattr:
	case SYS_sched_setparam:
	case SYS_syslog:
	case SYS_pivot_root:
	case SYS_fork: /* no limit holds root */
	case SYS_vfork:
	case SYS_clone:
	case SYS_clone3:
		return true;
	case SYS_mount:
	case SYS_umount2:
		return args[1] & 0xffff0000; /* keeps / and /proc where they are, mostly */
	default:
		return false;
	}
}

static void one_call(u64 *seed, bool root)
{
	unsigned pick = below(seed, NCALLS + 4);
	struct call other = { .nr = number(seed),
			      .types = "u64, u64, u64, u64, u64, u64",
			      .nargs = 6 };
	const struct call *call = pick < NCALLS ? &calls[pick] : &other;
	u64 args[6];
	long ret;

	if ((call->nr == SYS_exit || call->nr == SYS_exit_group || call->nr == SYS_rt_sigreturn) &&
	    below(seed, 50))
		return;
	arguments(seed, call, args);
	if (root && is_too_powerful(call->nr, args))
		return;
	ret = syscall(call->nr, args[0], args[1], args[2], args[3], args[4], args[5]);
	if (ret == 0 &&
	    (call->nr == SYS_fork || call->nr == SYS_vfork || call->nr == SYS_clone ||
	     call->nr == SYS_clone3) &&
	    below(seed, 8))
		syscall(SYS_exit, 0);
	__atomic_fetch_add(&shared->calls, 1, __ATOMIC_RELAXED);
}

/* --- a worker ---------------------------------------------------------------------- */

struct fuzz_thread {
	u64 seed;
	bool root;
};

static void *make_calls(void *arg)
{
	struct fuzz_thread *self = arg;

	for (;;)
		one_call(&self->seed, self->root);
	return NULL;
}

/* Changes under the calls' hands what they look at. */
static void flip(u64 *seed)
{
	for (;;) {
		char *page = arena + below(seed, ARENA_PAGES) * PAGE;

		switch (below(seed, 4)) {
		case 0:
			mprotect(page, PAGE, PROT_READ);
			break;
		case 1:
			mmap(page, PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
			break;
		case 2:
			munmap(page, PAGE);
			break;
		}
		sched_yield();
		mprotect(page, PAGE, PROT_READ | PROT_WRITE);
		mmap(page, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		     -1, 0);
		usleep(500);
	}
}

static void interrupt(int signo)
{
}

/* Descriptors of every kind, a directory with nodes of every kind, timers that interrupt. */
static void furnish(void)
{
	struct itimerval every = { { 0, 20000 }, { 0, 20000 } };
	struct sigaction act = { .sa_handler = interrupt };
	int fds[2], fd;

	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
	mkdir("d", 0777);
	symlink("d/f", "l");
	symlink("loop", "loop");
	mkfifo("fifo", 0666);
	(void)!write(open("f", O_RDWR | O_CREAT, 0666), paths, sizeof(paths));
	open("d/f", O_RDWR | O_CREAT | O_APPEND, 0666);
	(void)!pipe2(fds, O_NONBLOCK);
	(void)!pipe(fds);
	epoll_create1(0);
	eventfd(3, 0);
	timerfd_create(CLOCK_MONOTONIC, 0);
	fd = syscall(SYS_memfd_create, "m", MFD_ALLOW_SEALING);
	(void)!ftruncate(fd, 3 * PAGE);
	fd = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	unlockpt(fd);
	open(ptsname(fd) ? ptsname(fd) : "f", O_RDWR | O_NONBLOCK);
	open("/proc/self/status", O_RDONLY);
	open("/proc/self/task", O_RDONLY);
	open("/dev/zero", O_RDWR);
	open(".", O_RDONLY);
	open("l", O_PATH | O_NOFOLLOW);
	syscall(SYS_pidfd_open, getpid(), 0);
}

static void map_arena(void)
{
	int fd = open("short", O_RDWR | O_CREAT | O_TRUNC, 0666);
	char *end;

	arena = mmap(NULL, (ARENA_PAGES + 2) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	arena += PAGE;
	end = arena + (ARENA_PAGES - 4) * PAGE;
	mmap(arena, end - arena, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
	     -1, 0);
	(void)!ftruncate(fd, 100);
	mmap(end, 2 * PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0); /* the second: SIGBUS */
	mprotect(end + 2 * PAGE, PAGE, PROT_READ);
	close(fd);
}

static void __attribute__((noreturn)) worker(unsigned number, u64 seed)
{
	struct fuzz_thread threads[THREADS];
	char dir[32];
	bool root = number % 4 == 3;
	struct rlimit procs = { 20, 20 }, size = { 64 << 20, 64 << 20 },
		      as = { 1ull << 30, 1ull << 30 };

	seed += number * 0x9e3779b97f4a7c15;
	next(&seed);
	snprintf(dir, sizeof(dir), "/tmp/w%u", number);
	mkdir(dir, 0777);
	(void)!chdir(dir);
	setsid();
	setrlimit(RLIMIT_FSIZE, &size);
	setrlimit(RLIMIT_AS, &as);
	if (!root) {
		(void)!chown(dir, 1000 + number % 8, 100);
		setrlimit(RLIMIT_NPROC, &procs);
		(void)!setgid(100);
		(void)!setuid(1000 + number % 8);
	}
	map_arena();
	furnish();
	for (int i = 0; i < THREADS; i++) {
		pthread_t thread;

		threads[i] = (struct fuzz_thread){ next(&seed), root };
		if (i > 0)
			pthread_create(&thread, NULL, make_calls, &threads[i]);
	}
	if (number % 2) {
		pthread_t thread;

		pthread_create(&thread, NULL, make_calls, &threads[0]);
		flip(&seed);
	}
	make_calls(&threads[0]);
	_exit(0);
}

/* --- the supervisor -------------------------------------------------------------------- */

static u64 now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

static long meminfo_kb(const char *name)
{
	char line[128];
	long kb = 0;
	FILE *f = fopen("/proc/meminfo", "re");

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, name, strlen(name)) == 0)
			kb = atol(line + strlen(name) + 1);
	if (f)
		fclose(f);
	return kb;
}

/* Ends whatever is left but this process and @own others, and takes away the files. */
static int clean_up(int own)
{
	int left = 0;

	for (int i = 0; i < 300; i++) {
		DIR *dir = opendir("/proc");
		struct dirent *entry;

		left = 0;
		kill(-1, SIGKILL);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		while (dir && (entry = readdir(dir)))
			left += atoi(entry->d_name) > 1;
		if (dir)
			closedir(dir);
		if (left <= own)
			break;
		usleep(20000);
	}
	for (int i = 0; i < 50 && umount2("/tmp", MNT_DETACH) == 0; i++)
		;
	mount("tmp", "/tmp", "tmpfs", 0, "size=64m,mode=1777");
	usleep(300000);
	return left;
}

static unsigned run_workers(u64 until_ms, u64 seed, unsigned nprocs, unsigned first)
{
	struct {
		pid_t pid;
		u64 end_ms;
	} *procs = calloc(nprocs, sizeof(*procs));
	unsigned made = 0;

	while (now_ms() < until_ms) {
		pid_t ended;

		for (unsigned i = 0; i < nprocs; i++) {
			if (procs[i].pid > 0 && now_ms() > procs[i].end_ms)
				kill(procs[i].pid, SIGKILL);
			if (procs[i].pid > 0)
				continue;
			procs[i].pid = fork();
			if (procs[i].pid == 0)
				worker(first + made, seed);
			procs[i].end_ms = now_ms() + WORKER_MS;
			made++;
			if (made % 16 == 0) /* files of the past */
				umount2("/tmp", MNT_DETACH),
					mount("tmp", "/tmp", "tmpfs", 0, "size=64m,mode=1777");
		}
		usleep(5000);
		while ((ended = waitpid(-1, NULL, WNOHANG)) > 0)
			for (unsigned i = 0; i < nprocs; i++)
				if (procs[i].pid == ended)
					procs[i].pid = 0;
	}
	free(procs);
	return made;
}

int main(int argc, char **argv)
{
	u64 seconds = argc > 1 ? strtoull(argv[1], NULL, 0) : 10;
	u64 seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	unsigned nprocs = argc > 3 ? atoi(argv[3]) : 4, made;
	long before;
	int left, own, null;

	if (getpid() != 1)
		return 1;
	mount("proc", "/proc", "proc", 0, NULL);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	mkdir("/dev/pts", 0755);
	mount("devpts", "/dev/pts", "devpts", 0, NULL);
	shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	fcntl(1, F_DUPFD_CLOEXEC, 900); /* out of the workers' way */
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	own = clean_up(INT_MAX); /* the kernel's own threads */
	made = run_workers(now_ms() + seconds * 200, seed, nprocs,
			   0); /* what stays the first time */
	clean_up(own);
	before = meminfo_kb("MemFree:");
	made += run_workers(now_ms() + seconds * 800, seed, nprocs, made);
	left = clean_up(own) - own;
	dprintf(900, "\nfuzz: %u workers, %llu calls, lost %ld kB, %d processes left\n", made,
		(unsigned long long)shared->calls, before - meminfo_kb("MemFree:"), left);
	reboot(RB_POWER_OFF);
}
