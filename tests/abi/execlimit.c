/* execve(2): sizes of arguments, files in use, who runs as whom, threads, bad pointers. */
#include "exec_help.h"
#include <pthread.h>
#include <sys/auxv.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* --- sizes ------------------------------------------------------------------------------------ */

/* Does ./true run with "true" and @n - 1 arguments of @len bytes each, the last of @last; errno or 0. */
static int run_with(rlim_t stack, size_t n, size_t len, size_t last)
{
	static char *argv[70000], *text, *end;
	volatile int error = 0;
	int status;
	pid_t pid;

	if (!text) {
		text = malloc(1 << 18);
		memset(text, 'x', 1 << 18);
		end = text + (1 << 18) - 1;
		*end = 0;
	}
	CHECK(n < 69999);
	for (size_t i = 0; i < n; i++)
		argv[i] = end - len + 1;
	argv[n] = NULL;
	argv[0] = "true";
	argv[n - 1] = end - last + 1;
	pid = vfork();
	if (pid == 0) {
		struct rlimit limit = { stack, RLIM_INFINITY }, was;

		getrlimit(RLIMIT_STACK, &was);
		limit.rlim_max = was.rlim_max;
		setrlimit(RLIMIT_STACK, &limit);
		execve("./true", argv, no_env);
		error = errno;
		_exit(0);
	}
	CHECK(pid > 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return error ? error : WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : 0;
}

/* Runs whatever its stack is. */
static void make_true(void)
{
	copy_file("/bin/busybox", "true");
}

/*
 * Strings with their NULs, the file's name, and 8 bytes for each pointer to
 * argv and envp must fit into a quarter of the stack's limit, 6 MiB at most,
 * 128 KiB at least; one string into 128 KiB.
 */
TEST(arguments_fill_a_quarter_of_the_stack, SYS_execve)
{
	static const struct {
		rlim_t stack;
		size_t limit;
	} cases[] = { { 1 << 20, 1 << 18 },
		      { 8 << 20, 2 << 20 },
		      { 1 << 18, 1 << 17 },
		      { RLIM_INFINITY, 6 << 20 } };

	make_true();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const size_t len = 65536, name = sizeof("./true");
		size_t n = cases[i].limit / len + 1, last;

		last = cases[i].limit - (n - 2) * len - n * 8 - name - sizeof("true");
		CHECK_EQ(run_with(cases[i].stack, n, len, last), 0);
		CHECK_EQ(run_with(cases[i].stack, n, len, last + 1), E2BIG);
	}
	CHECK_EQ(run_with(8 << 20, 2, 100, 131072), 0);
	CHECK_EQ(run_with(8 << 20, 2, 100, 131073), E2BIG);
	/* Many small ones: pointers count most. */
	CHECK_EQ(run_with(1 << 18, 131072 / 9 - 2, 1, 1), 0);
	CHECK_EQ(run_with(1 << 18, 131072 / 9 + 1, 1, 1), E2BIG);
}

/* Strings must fit into the stack's limit, 8 bytes at its end and the rest of its last page apart. */
TEST(small_stacks_bound_arguments, SYS_execve)
{
	const size_t names = sizeof("./true") + sizeof("true");

	make_true();
	for (size_t stack = 4096; stack <= 65536; stack *= 2) {
		size_t most = stack - 8 - names;

		CHECK(run_with(stack, 2, 1, most) != E2BIG);
		CHECK_EQ(run_with(stack, 2, 1, most + 1), E2BIG);
		CHECK_EQ(run_with(stack + 4095, 2, 1, most + 1), E2BIG);
	}
	CHECK(run_with(0, 2, 1, 4096 - 8 - names) != E2BIG);
	CHECK_EQ(run_with(0, 2, 1, 4096 - 8 - names + 1), E2BIG);
	/* That pointers to them do not fit is found too late. */
	CHECK_EQ(run_with(65536, 10000, 1, 1), 1000 + SIGSEGV);
	CHECK_EQ(run_with(131072, 10000, 1, 1), 0);
}

/* --- files in use ------------------------------------------------------------------------------ */

TEST(running_programs_are_not_written, SYS_execve, SYS_execveat)
{
	char *hold[] = { "hold", "--hold", NULL };
	int fd, out[2], dead;
	char c;
	pid_t pid;

	copy_file("/init", "program");
	fd = CHECK_OK(open("program", O_WRONLY));
	CHECK_OUTPUT(exec_plainly, "./program", "E26");
	CHECK_OK(close(fd));
	fd = CHECK_OK(open("program", O_RDWR));
	void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED);
	CHECK_OK(close(fd));
	CHECK_OUTPUT(exec_plainly, "./program", "E26");
	CHECK_OK(munmap(map, 4096));
	CHECK_OK(pipe2(out, O_CLOEXEC));
	pid = CHECK_OK(fork());
	if (pid == 0) {
		dup2(out[1], 1);
		execve("./program", hold, no_env);
		_exit(1);
	}
	CHECK_EQ(read(out[0], &c, 1), 1);
	CHECK_ERR(open("program", O_WRONLY), ETXTBSY);
	CHECK_ERR(open("program", O_RDWR), ETXTBSY);
	CHECK_ERR(open("program", O_RDONLY | O_TRUNC), ETXTBSY);
	CHECK_ERR(truncate("program", 0), ETXTBSY);
	fd = CHECK_OK(open("program", O_RDONLY));
	CHECK_OK(close(fd));
	CHECK_OK(chmod("program", 0700));
	CHECK_OK(rename("program", "other"));
	CHECK_ERR(open("other", O_WRONLY), ETXTBSY);
	CHECK_OK(kill(pid, SIGKILL));
	CHECK_EQ(waitpid(pid, &dead, 0), pid);
	fd = CHECK_OK(open("other", O_WRONLY));
	CHECK_OK(close(fd));
}

/* A script counts as a file that runs only while it is looked at. */
TEST(scripts_and_writers, SYS_execve)
{
	int fd, out[2], status;
	char c;
	pid_t pid;

	write_text("script", "#!/bin/sh\necho; sleep 1000\n");
	fd = CHECK_OK(open("script", O_WRONLY));
	CHECK_OUTPUT(exec_plainly, "./script", "E26");
	CHECK_OK(close(fd));
	CHECK_OK(pipe2(out, O_CLOEXEC));
	pid = CHECK_OK(fork());
	if (pid == 0) {
		dup2(out[1], 1);
		execl("./script", "script", NULL);
		_exit(1);
	}
	CHECK_EQ(read(out[0], &c, 1), 1);
	fd = CHECK_OK(open("script", O_WRONLY));
	CHECK_OK(kill(pid, SIGKILL));
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_OK(close(fd));
	copy_file("/init", "interpreter");
	write_text("script", "#!./interpreter\n");
	fd = CHECK_OK(open("interpreter", O_WRONLY));
	CHECK_OUTPUT(exec_plainly, "./script", "E26");
}

/* --- who it runs as --------------------------------------------------------------------------- */

/* One entry of the auxiliary vector of @name, a copy of this program, run by an ordinary user. */
static unsigned long aux_of(const char *name, unsigned long type, bool no_new_privs)
{
	char number[20], *argv[] = { "abi", "--print-aux", number, NULL }, buf[40] = "";
	int out[2], status;
	pid_t pid;

	snprintf(number, sizeof(number), "%lu", type);
	CHECK_OK(pipe(out));
	pid = CHECK_OK(fork());
	if (pid == 0) {
		dup2(out[1], 1);
		if (no_new_privs)
			prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (setgid(1000) || setuid(1000))
			_exit(2);
		execve(name, argv, no_env);
		_exit(1);
	}
	close(out[1]);
	CHECK_OK(read(out[0], buf, sizeof(buf) - 1));
	close(out[0]);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	return strtoul(buf, NULL, 0);
}

TEST(set_id_bits_and_what_stops_them, SYS_execve)
{
	CHECK_OK(chmod(".", 0755));
	CHECK_OK(mkdir("m", 0755));
	CHECK_OK(mount("t", "m", "tmpfs", 0, "mode=755"));
	copy_file("/init", "m/aux");
	CHECK_OK(chown("m/aux", 33, 44));
	CHECK_EQ(aux_of("./m/aux", AT_EUID, false), 1000);
	CHECK_EQ(aux_of("./m/aux", AT_SECURE, false), 0);
	CHECK_OK(chmod("m/aux", 04755));
	CHECK_EQ(aux_of("./m/aux", AT_EUID, false), 33);
	CHECK_EQ(aux_of("./m/aux", AT_UID, false), 1000);
	CHECK_EQ(aux_of("./m/aux", AT_EGID, false), 1000);
	CHECK_EQ(aux_of("./m/aux", AT_SECURE, false), 1);
	CHECK_OK(chmod("m/aux", 02755));
	CHECK_EQ(aux_of("./m/aux", AT_EUID, false), 1000);
	CHECK_EQ(aux_of("./m/aux", AT_EGID, false), 44);
	CHECK_EQ(aux_of("./m/aux", AT_GID, false), 1000);
	CHECK_EQ(aux_of("./m/aux", AT_SECURE, false), 1);
	CHECK_OK(chmod("m/aux", 02745)); /* mandatory locking once, nothing now */
	CHECK_EQ(aux_of("./m/aux", AT_EGID, false), 1000);
	CHECK_EQ(aux_of("./m/aux", AT_SECURE, false), 0);
	CHECK_OK(chmod("m/aux", 06755));
	CHECK_EQ(aux_of("./m/aux", AT_EUID, true), 1000);
	CHECK_EQ(aux_of("./m/aux", AT_EGID, true), 1000);
	CHECK_EQ(aux_of("./m/aux", AT_SECURE, true), 0);
	CHECK_OK(mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND | MS_NOSUID, NULL));
	CHECK_EQ(aux_of("./m/aux", AT_EUID, false), 1000);
	CHECK_EQ(aux_of("./m/aux", AT_EGID, false), 1000);
	CHECK_EQ(aux_of("./m/aux", AT_SECURE, false), 0);
	CHECK_OK(mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND, NULL));
	CHECK_EQ(aux_of("./m/aux", AT_EUID, false), 33);
	CHECK_OK(umount2("m", MNT_DETACH));
}

TEST(noexec_mounts, SYS_execve, SYS_mmap)
{
	int fd;

	CHECK_OK(mkdir("m", 0755));
	CHECK_OK(mount("t", "m", "tmpfs", MS_NOEXEC, "mode=755"));
	copy_file("/init", "m/printargs");
	write_text("m/script", "#!/bin/true\n");
	write_text("script", "#!./m/printargs\n");
	CHECK_OUTPUT(exec_plainly, "./m/printargs", "E13");
	CHECK_OUTPUT(exec_plainly, "./m/script", "E13");
	CHECK_OUTPUT(exec_plainly, "./script", "E13");
	fd = CHECK_OK(open("m/printargs", O_RDONLY));
	CHECK_AT(fd, "", AT_EMPTY_PATH, "E13");
	CHECK_ERR(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED ? -1 :
											      0,
		  EPERM);
	CHECK_OK(mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND, NULL));
	CHECK_OUTPUT(exec_plainly, "./m/script", "");
	close(fd);
	CHECK_OK(umount2("m", MNT_DETACH));
}

/* --- threads, vfork, the program's own file --------------------------------------------------- */

static void *exec_in_thread(void *arg)
{
	char *argv[] = { "sh", "-c", "echo $$; ls /proc/self/task | wc -l", NULL };

	usleep(20000);
	execve("/bin/busybox", argv, no_env);
	_exit(1);
}

static void *sleep_in_thread(void *arg)
{
	pause();
	return NULL;
}

static void exec_from_a_thread(void *arg)
{
	pthread_t thread;

	for (int i = 0; i < 4; i++)
		pthread_create(&thread, NULL, sleep_in_thread, NULL);
	pthread_create(&thread, NULL, exec_in_thread, NULL);
	printf("%d ", getpid());
	fflush(stdout);
	pause();
}

TEST(any_thread_may_exec, SYS_execve)
{
	int before, after;

	char *out = output_of(exec_from_a_thread, NULL);
	CHECK_EQ(sscanf(out, "%d %d", &before, &after), 2);
	CHECK_EQ(before, after);
}

TEST(vfork_and_failures_of_exec, SYS_execve)
{
	volatile int error = 0, i;
	int status;
	pid_t pid;

	for (i = 0; i < 20; i++) {
		pid = vfork();
		if (pid == 0) {
			execve(i % 2 ? "./none" : ".", one_arg, no_env);
			error = errno;
			_exit(7);
		}
		CHECK(pid > 0);
		CHECK_EQ(error, i % 2 ? ENOENT : EACCES);
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK_EQ(status, 7 << 8);
	}
}

static void show_exe(void *arg)
{
	char *argv[] = { "ls", "-l", "/proc/self/exe", NULL };

	if (unlink("./ls") == 0)
		execve("/proc/self/fd/60", argv, no_env);
}

TEST(programs_without_a_name, SYS_execve, SYS_readlink)
{
	char path[200], cwd[100];
	char *out;
	int fd;

	copy_file("/bin/busybox", "ls");
	fd = CHECK_OK(open("ls", O_RDONLY | O_CLOEXEC));
	CHECK_EQ(dup3(fd, 60, O_CLOEXEC), 60);
	CHECK_OK(close(fd));
	out = output_of(show_exe, NULL);
	snprintf(path, sizeof(path), "/proc/self/exe -> %s/ls (deleted)\n",
		 getcwd(cwd, sizeof(cwd)));
	if (!strstr(out, path))
		abi_fail(__FILE__, __LINE__, "%s lacks %s", out, path);
	/* And the program itself can be run again by that name. */
	CHECK_CHILD({
		execve("/proc/self/exe", one_arg, no_env);
		_exit(1);
	});
}

/* --- bad pointers ------------------------------------------------------------------------------ */

TEST(bad_pointers_to_exec, SYS_execve, SYS_execveat)
{
	char *bad = (char *)-4096, *argv[] = { "x", bad, NULL };
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char **vector;
	static char long_name[5000];

	CHECK_OK(munmap(page + 4096, 4096));
	vector = (char **)(page + 4096) - 2;
	vector[0] = vector[1] = "x";
	CHECK_ERR(execve(bad, one_arg, no_env), EFAULT);
	CHECK_ERR(execve(NULL, one_arg, no_env), EFAULT);
	CHECK_ERR(execve("/bin/true", (char **)bad, no_env), EFAULT);
	CHECK_ERR(execve("/bin/true", argv, no_env), EFAULT);
	CHECK_ERR(execve("/bin/true", one_arg, argv), EFAULT);
	CHECK_ERR(execve("/bin/true", vector, no_env), EFAULT);
	CHECK_ERR(execve("/bin/true", one_arg, vector), EFAULT);
	memset(long_name, 'a', sizeof(long_name) - 1);
	CHECK_ERR(execve(long_name, one_arg, no_env), ENAMETOOLONG);
	long_name[4095] = 0;
	CHECK_ERR(execve(long_name, one_arg, no_env), ENAMETOOLONG);
	long_name[255] = 0;
	CHECK_ERR(execve(long_name, one_arg, no_env), ENOENT);
	CHECK_ERR(execve("", one_arg, no_env), ENOENT);
	write_text("text", "text");
	CHECK_ERR(execve("./text", one_arg, no_env), ENOEXEC);
}
