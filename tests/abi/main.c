/*
 * abi - runs the ABI tests that are linked into it
 *
 *   abi [--deny] [--list] [FILE | FILE.NAME ...]
 *
 * One line a test on standard output: "ok FILE.NAME", "not ok FILE.NAME: why",
 * "skip FILE.NAME: why"; the last line counts them as "N passed, N failed, N skipped".  With
 * --deny a seccomp filter refuses the calls that the test names, and a test
 * that passes all the same is the failure.
 *
 * As pid 1 it mounts what tests need, ends what a test leaves behind (processes
 * outside its group, files in /tmp) and powers the machine off at the end; words
 * come from the kernel's command line behind "--".
 */
#include "abi_test.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>

extern const struct abi_test __start_abi_tests[], __stop_abi_tests[];

enum { EXIT_SKIP = 77, REPORT_FD = 200 };

static char report[512];

void abi_fail(const char *file, int line, const char *format, ...)
{
	va_list args;
	int len = snprintf(report, sizeof(report), "%s:%d: ", file, line);

	va_start(args, format);
	vsnprintf(report + len, sizeof(report) - len, format, args);
	va_end(args);
	(void)!write(REPORT_FD, report, strlen(report));
	_exit(1);
}

void abi_skip(const char *reason)
{
	(void)!write(REPORT_FD, reason, strlen(reason));
	_exit(EXIT_SKIP);
}

static void deny(const int *calls)
{
	struct sock_filter filter[70];
	struct sock_fprog program = { .filter = filter };
	size_t n = 0;

	filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						   offsetof(struct seccomp_data, nr));
	for (; *calls >= 0 && n < 60; calls++) {
		filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, *calls, 0, 1);
		filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
							   SECCOMP_RET_ERRNO | ENOSYS);
	}
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	program.len = n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		abi_skip("no seccomp");
}

static void base_name(const struct abi_test *test, char *name, size_t size)
{
	const char *slash = strrchr(test->file, '/');

	snprintf(name, size, "%s", slash ? slash + 1 : test->file);
	if (strchr(name, '.'))
		*strchr(name, '.') = 0;
}

/* In a child: a directory of its own, a process group of its own. */
static void __attribute__((noreturn)) run_child(const struct abi_test *test, bool denied,
						int report_fd)
{
	char dir[] = "/tmp/abi.XXXXXX";

	dup2(report_fd, REPORT_FD);
	fcntl(REPORT_FD, F_SETFD, FD_CLOEXEC);
	setpgid(0, 0);
	if (!mkdtemp(dir) || chdir(dir))
		abi_fail(__FILE__, __LINE__, "no directory in /tmp: %s", strerror(errno));
	if (denied)
		deny(test->calls);
	test->run();
	_exit(0);
}

/*
 * As pid 1, before each test: nothing that an earlier one left, killed or denied
 * half-way, takes memory or time from it.
 */
static void fresh_tmp(void)
{
	if (getpid() != 1)
		return;
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
	while (umount2("/tmp", MNT_DETACH) == 0)
		;
	mount("tmp", "/tmp", "tmpfs", 0, NULL);
	chmod("/tmp", 01777);
}

static int run(const struct abi_test *test, bool denied)
{
	char why[512] = "", file[64];
	struct timespec start, now, pause = { 0, 1000000 };
	int pipe_fd[2], status, len = 0, got;
	bool timed_out = false;
	pid_t pid;

	base_name(test, file, sizeof(file));
	if (pipe2(pipe_fd, O_CLOEXEC | O_NONBLOCK))
		return 1;
	fflush(stdout);
	fresh_tmp();
	clock_gettime(CLOCK_MONOTONIC, &start);
	pid = fork();
	if (pid == 0)
		run_child(test, denied, pipe_fd[1]);
	close(pipe_fd[1]);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - start.tv_sec > test->timeout_s) {
			timed_out = true;
			kill(pid, SIGKILL);
		}
		nanosleep(&pause, NULL);
	}
	kill(-pid, SIGKILL);
	while ((got = read(pipe_fd[0], why + len, sizeof(why) - 1 - len)) > 0)
		len += got;
	close(pipe_fd[0]);
	if (timed_out)
		snprintf(why, sizeof(why), "took over %u seconds", test->timeout_s);
	else if (WIFSIGNALED(status))
		snprintf(why, sizeof(why), "ended by signal %d", WTERMSIG(status));

	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SKIP) {
		printf("skip %s.%s: %s\n", file, test->name, why);
		return EXIT_SKIP;
	}
	if (status == 0 && !timed_out) {
		printf(denied ? "not ok %s.%s: passed without the call\n" : "ok %s.%s\n", file,
		       test->name);
		return denied;
	}
	printf(denied ? "ok %s.%s: denied: %s\n" : "not ok %s.%s: %s\n", file, test->name, why);
	return !denied;
}

static bool selected(const struct abi_test *test, int argc, char **argv)
{
	char file[64], full[160];
	bool any = false;

	base_name(test, file, sizeof(file));
	snprintf(full, sizeof(full), "%s.%s", file, test->name);
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] == '-')
			continue;
		any = true;
		if (strcmp(argv[i], file) == 0 || strcmp(argv[i], full) == 0)
			return true;
	}
	return !any;
}

static void init_machine(void)
{
	mkdir("/proc", 0755);
	mkdir("/dev", 0755);
	mkdir("/tmp", 01777);
	mkdir("/sys", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	mkdir("/dev/pts", 0755);
	mount("devpts", "/dev/pts", "devpts", 0, NULL);
	setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin", 0);
}

int main(int argc, char **argv)
{
	unsigned counts[3] = { 0 };
	bool denied = false, list = false;

	if (argc == 2 && strcmp(argv[1], "--print-euid") == 0)
		return printf("%d\n", (int)geteuid()) < 0;
	if (argc == 3 && strcmp(argv[1], "--print-aux") == 0)
		return printf("%lu\n", getauxval(strtoul(argv[2], NULL, 10))) < 0;
	if (argc > 0 && strstr(argv[0], "printargs")) {
		for (int i = 0; i < argc; i++)
			printf("%s|", argv[i]);
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "--hold") == 0) /* as it was executed, until killed */
		return write(1, "x", 1) != 1 || pause();
	if (getpid() == 1)
		init_machine();
	for (int i = 1; i < argc; i++) {
		denied |= strcmp(argv[i], "--deny") == 0;
		list |= strcmp(argv[i], "--list") == 0;
	}
	for (const struct abi_test *test = __start_abi_tests; test < __stop_abi_tests; test++) {
		char file[64];
		int result;

		if (!selected(test, argc, argv))
			continue;
		base_name(test, file, sizeof(file));
		if (list) {
			printf("%s.%s\n", file, test->name);
			continue;
		}
		result = run(test, denied);
		counts[result == 0 ? 0 : result == EXIT_SKIP ? 2 : 1]++;
	}
	printf("%u passed, %u failed, %u skipped\n", counts[0], counts[1], counts[2]);
	fflush(stdout);
	if (getpid() == 1) {
		sync();
		reboot(RB_POWER_OFF);
	}
	return counts[1] != 0;
}
