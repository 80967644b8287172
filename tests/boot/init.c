/* init of the boot tests: says what the kernel gave it, then does as it is told.
 *
 * First come the lines
 *	init pid=1
 *	arg 0 [/init]		one for each argument
 *	env [HOME=/]		one for each string of the environment
 *	ready
 * then each argument that begins with @ is done in turn:
 *	@cmdline		[the line], as /proc/cmdline has it
 *	@tree:PATH		one line for each entry under PATH
 *	@mutate:PATH		change a file and read it back
 *	@zero:PATH		OK if PATH has no byte but 0
 *	@cpus			runs on every CPU
 *	@mem			MiB of RAM
 *	@free			KiB of it that are free
 *	@remove:DIR		the files in it
 *	@touch:MIB		write that much memory
 *	@fds			what 0, 1 and 2 are
 *	@file:PATH		the first 4 KiB of a file, line by line
 *	@affinity		which CPUs it may use
 *	@auxv			whether there is a vDSO
 *	@avx			whether the kernel manages extended registers
 *	@rate			the TSC's frequency by the guest's clock, over 20 ms
 *	@write:PATH:TEXT	into an existing file
 *	@crash:WORD		into /proc/linnet/crash, with an address of this program
 *	@spin			a child for each other CPU that never stops
 *	@reap			how each child ended
 *	@uname @uptime
 *	@sleep:MS @exit:N @kill:SIGNAL @reboot:off|restart|halt
 * At the end it exits with status 0.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* FNV-1a, 32 bits */
static unsigned hash(unsigned h, const void *buf, size_t len)
{
	const unsigned char *p = buf;

	while (len--)
		h = (h ^ *p++) * 16777619u;
	return h;
}

#define HASH_START 2166136261u

static unsigned hash_read(const char *path, long *len)
{
	static char buf[65536];
	unsigned h = HASH_START;
	int fd = open(path, O_RDONLY);
	ssize_t n;

	*len = fd < 0 ? -errno : 0;
	while (fd >= 0 && (n = read(fd, buf, sizeof(buf))) != 0) {
		if (n < 0) {
			*len = -errno;
			break;
		}
		h = hash(h, buf, n);
		*len += n;
	}
	close(fd);
	return h;
}

static unsigned hash_mapped(const char *path, size_t len)
{
	int fd = open(path, O_RDONLY);
	void *map = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	unsigned h;

	close(fd);
	if (map == MAP_FAILED)
		return 0;
	h = hash(HASH_START, map, len);
	munmap(map, len);
	return h;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void tree(const char *path)
{
	static struct {
		unsigned long ino;
		char path[512];
	} links[64];
	static unsigned nlinks;
	static const char types[] = "?pc?d?b?-?l?s???";
	struct stat st;
	char text[4096];
	unsigned i;

	if (lstat(path, &st)) {
		printf("entry %s errno=%d\n", path, errno);
		return;
	}
	printf("entry %s %c%04o %u:%u", path, types[st.st_mode >> 12 & 15], st.st_mode & 07777,
	       st.st_uid, st.st_gid);
	if (!S_ISDIR(st.st_mode))
		printf(" nlink=%lu", (unsigned long)st.st_nlink);
	printf(" mtime=%lld", (long long)st.st_mtime);
	if (S_ISREG(st.st_mode)) {
		long len;
		unsigned h = hash_read(path, &len);

		printf(" size=%lld read=%ld hash=%08x", (long long)st.st_size, len, h);
		if (st.st_size && hash_mapped(path, st.st_size) != h)
			printf(" MAPPED DIFFERS");
	}
	if (S_ISLNK(st.st_mode)) {
		ssize_t n = readlink(path, text, sizeof(text) - 1);

		text[n < 0 ? 0 : n] = 0;
		printf(" size=%lld -> %s", (long long)st.st_size, text);
	}
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		printf(" dev=%u:%u", major(st.st_rdev), minor(st.st_rdev));
	if (!S_ISDIR(st.st_mode) && st.st_nlink > 1) {
		for (i = 0; i < nlinks && links[i].ino != st.st_ino; i++)
			;
		if (i < nlinks) {
			printf(" same=%s", links[i].path);
		} else if (i < 64) {
			links[i].ino = st.st_ino;
			snprintf(links[i].path, sizeof(links[i].path), "%s", path);
			nlinks++;
		}
	}
	printf("\n");
	if (S_ISDIR(st.st_mode)) {
		DIR *dir = opendir(path);
		struct dirent *d;
		char **names = NULL;
		unsigned count = 0;

		while (dir && (d = readdir(dir))) {
			if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
				continue;
			names = realloc(names, (count + 1) * sizeof(*names));
			names[count++] = strdup(d->d_name);
		}
		if (dir)
			closedir(dir);
		qsort(names, count, sizeof(*names), by_name);
		for (i = 0; i < count; i++) {
			snprintf(text, sizeof(text), "%s/%s", strcmp(path, "/") ? path : "",
				 names[i]);
			tree(text);
		}
	}
}

/* Writes into the middle, appends, cuts, grows: a file of the archive is like any other. */
static void mutate(const char *path)
{
	struct stat st;
	char *map, *old, *now;
	long len;
	int fd = open(path, O_RDWR);

	if (fd < 0 || fstat(fd, &st)) {
		printf("mutate %s errno=%d\n", path, errno);
		return;
	}
	len = st.st_size;
	old = malloc(len + 8192);
	now = malloc(len + 8192);
	if (pread(fd, old, len, 0) != len)
		printf("mutate: short read\n");
	map = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		printf("mutate: mmap errno=%d\n", errno);
	memcpy(old + len / 2, "MUTATED", 7);
	if (pwrite(fd, "MUTATED", 7, len / 2) != 7)
		printf("mutate: pwrite errno=%d\n", errno);
	memset(old + len, 'x', 5000);
	if (pwrite(fd, old + len, 5000, len) != 5000)
		printf("mutate: append errno=%d\n", errno);
	if (pread(fd, now, len + 8192, 0) != len + 5000 || memcmp(old, now, len + 5000))
		printf("mutate: read back differs\n");
	if (map != MAP_FAILED && memcmp(old, map, len))
		printf("mutate: the mapping differs\n");
	if (ftruncate(fd, 10) || ftruncate(fd, 5000))
		printf("mutate: ftruncate errno=%d\n", errno);
	memset(old + 10, 0, 4990);
	if (pread(fd, now, len + 8192, 0) != 5000 || memcmp(old, now, 5000))
		printf("mutate: truncated file differs\n");
	close(fd);
	if (rename(path, "/renamed") || unlink("/renamed") || !access(path, F_OK))
		printf("mutate: rename, unlink errno=%d\n", errno);
	printf("mutate %s done\n", path);
}

static void zero(const char *path)
{
	static char buf[65536];
	int fd = open(path, O_RDONLY);
	long len = 0, bad = 0;
	ssize_t n, i;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		for (i = 0; i < n; i++)
			bad += buf[i] != 0;
		len += n;
	}
	printf("zero %s len=%ld bad=%ld\n", path, len, bad);
	close(fd);
}

static void cpus(void)
{
	cpu_set_t all, one;
	int i, ran = 0;

	sched_getaffinity(0, sizeof(all), &all);
	for (i = 0; i < CPU_SETSIZE; i++) {
		if (!CPU_ISSET(i, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(i, &one);
		if (!sched_setaffinity(0, sizeof(one), &one) && sched_getcpu() == i)
			ran++;
	}
	sched_setaffinity(0, sizeof(all), &all);
	printf("cpus %d ran %d\n", CPU_COUNT(&all), ran);
}

static void memory(void)
{
	struct sysinfo si;

	if (sysinfo(&si))
		printf("sysinfo errno=%d\n", errno);
	printf("mem %llu\n", (unsigned long long)si.totalram * si.mem_unit >> 20);
}

static void touch(size_t mib)
{
	size_t i, len = mib << 20;
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (i = 0; p != MAP_FAILED && i < len; i += 4096)
		p[i] = (char)(i >> 12);
	for (i = 0; p != MAP_FAILED && i < len; i += 4096)
		if (p[i] != (char)(i >> 12))
			break;
	printf("touch %zu %s\n", mib, p != MAP_FAILED && i >= len ? "ok" : "BAD");
	munmap(p, len);
}

static void show_cmdline(void)
{
	char line[8192];
	int fd;
	ssize_t n;

	mkdir("/proc", 0755);
	if (mount("proc", "/proc", "proc", 0, NULL) && errno != EBUSY)
		printf("mount /proc errno=%d\n", errno);
	fd = open("/proc/cmdline", O_RDONLY);
	n = read(fd, line, sizeof(line) - 1);
	line[n < 0 ? 0 : n] = 0;
	printf("cmdline [%s]\n", line);
	close(fd);
}

static void fds(void)
{
	struct stat st;
	int i;

	for (i = 0; i < 4; i++) {
		if (fstat(i, &st))
			printf("fd %d errno=%d\n", i, errno);
		else
			printf("fd %d dev=%u:%u tty=%d flags=%x\n", i, major(st.st_rdev),
			       minor(st.st_rdev), isatty(i), fcntl(i, F_GETFL) & O_ACCMODE);
	}
}

static void file(const char *path)
{
	char text[4097], *line, *rest = text;
	int fd;
	ssize_t n;

	mkdir("/proc", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	fd = open(path, O_RDONLY);
	n = read(fd, text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = 0;
	while ((line = strsep(&rest, "\n")))
		printf("file %s\n", line);
	close(fd);
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		printf("write errno=%d\n", errno);
	else
		printf("written\n");
	close(fd);
}

static void write_file(const char *arg)
{
	char path[256];
	size_t n = strcspn(arg, ":");

	snprintf(path, sizeof(path), "%.*s", (int)n, arg);
	mkdir("/proc", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	write_text(path, arg[n] ? arg + n + 1 : "");
}

static void crash(const char *word)
{
	char text[64];

	snprintf(text, sizeof(text), "%s %#lx", word, (unsigned long)write_text);
	mkdir("/proc", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	write_text("/proc/linnet/crash", text);
}

static void spin(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	while (n-- > 1)
		if (!fork())
			for (;;)
				;
	usleep(50000);
}

static void affinity(void)
{
	cpu_set_t set;
	int i;

	sched_getaffinity(0, sizeof(set), &set);
	printf("affinity");
	for (i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &set))
			printf(" %d", i);
	printf("\n");
}

static unsigned long long tsc_at(struct timespec *ts)
{
	unsigned long long t0, t1, best = -1ULL, tsc = 0;
	struct timespec now;
	int i;

	/* The reading that took the shortest. */
	for (i = 0; i < 50; i++) {
		t0 = __builtin_ia32_rdtsc();
		clock_gettime(CLOCK_MONOTONIC, &now);
		t1 = __builtin_ia32_rdtsc();
		if (t1 - t0 < best) {
			best = t1 - t0;
			tsc = t0 + best / 2;
			*ts = now;
		}
	}
	return tsc;
}

static void rate(void)
{
	struct timespec a, b;
	unsigned long long start = tsc_at(&a), end;

	do {
		end = tsc_at(&b);
	} while ((b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec - a.tv_nsec < 20000000);
	printf("rate %.0f kHz\n",
	       (end - start) * 1e6 /
		       ((b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec - a.tv_nsec));
}

static void remove_files(const char *dir)
{
	char name[600];
	struct dirent *e;
	int n = 0;
	DIR *d = opendir(dir);

	while (d && (e = readdir(d))) {
		snprintf(name, sizeof(name), "%s/%s", dir, e->d_name);
		n += unlink(name) == 0;
	}
	if (d)
		closedir(d);
	printf("removed %d\n", n);
}

static void do_command(const char *cmd)
{
	const char *arg = strchr(cmd, ':');
	size_t len = arg ? (size_t)(arg - cmd) : strlen(cmd);
	long number;

	arg = arg ? arg + 1 : "";
	number = atol(arg);
#define IS(word) (len == sizeof(word) - 1 && !memcmp(cmd, word, len))
	if (IS("cmdline")) {
		show_cmdline();
	} else if (IS("tree")) {
		tree(arg);
	} else if (IS("mutate")) {
		mutate(arg);
	} else if (IS("zero")) {
		zero(arg);
	} else if (IS("cpus")) {
		cpus();
	} else if (IS("mem")) {
		memory();
	} else if (IS("free")) {
		struct sysinfo info;

		usleep(100000); /* what waits for a grace period */
		sysinfo(&info);
		printf("free %lu\n", info.freeram * info.mem_unit / 1024);
	} else if (IS("remove")) {
		remove_files(arg);
	} else if (IS("touch")) {
		touch(number);
	} else if (IS("file")) {
		file(arg);
	} else if (IS("write")) {
		write_file(arg);
	} else if (IS("crash")) {
		crash(arg);
	} else if (IS("reap")) {
		int status;

		while (wait(&status) > 0)
			printf("reaped signal %d\n", WTERMSIG(status));
	} else if (IS("spin")) {
		spin();
	} else if (IS("affinity")) {
		affinity();
	} else if (IS("auxv")) {
		printf("vdso %s\n", getauxval(AT_SYSINFO_EHDR) ? "there" : "none");
	} else if (IS("avx")) {
		unsigned a = 1, b, c = 0, d;

		asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
		printf("osxsave %u\n", c >> 27 & 1);
	} else if (IS("rate")) {
		rate();
	} else if (IS("fds")) {
		fds();
	} else if (IS("uname")) {
		struct utsname u;

		uname(&u);
		printf("uname %s %s %s\n", u.sysname, u.release, u.machine);
	} else if (IS("uptime")) {
		struct timespec ts;

		clock_gettime(CLOCK_MONOTONIC, &ts);
		printf("uptime %ld ms\n", ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
	} else if (IS("sleep")) {
		usleep(number * 1000);
		printf("slept\n");
	} else if (IS("exit")) {
		fflush(stdout);
		_exit(number);
	} else if (IS("kill")) {
		/* init has no default actions for signals sent to it: die of a fault instead. */
		fflush(stdout);
		if (number == SIGSEGV)
			*(volatile char *)8 = 1;
		if (number == SIGILL)
			__builtin_trap();
		kill(getpid(), number);
		printf("survived signal %ld\n", number);
	} else if (IS("reboot")) {
		fflush(stdout);
		reboot(*arg == 'o' ? RB_POWER_OFF : *arg == 'r' ? RB_AUTOBOOT : RB_HALT_SYSTEM);
		printf("reboot errno=%d\n", errno);
	} else {
		printf("unknown command %s\n", cmd);
	}
}

int main(int argc, char **argv, char **envp)
{
	int i;

	if (argc > 1 && !strcmp(argv[1], "@silent"))
		return argc > 2 ? atoi(argv[2]) : 0;
	printf("init pid=%d\n", (int)getpid());
	for (i = 0; i < argc; i++)
		printf("arg %d [%s]\n", i, argv[i]);
	for (i = 0; envp[i]; i++)
		printf("env [%s]\n", envp[i]);
	printf("ready\n");
	for (i = 1; i < argc; i++) {
		fflush(stdout);
		if (argv[i][0] == '@')
			do_command(argv[i] + 1);
	}
	fflush(stdout);
	return 0;
}
