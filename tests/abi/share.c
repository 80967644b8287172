/*
 * What threads share only if they want to: descriptors, and root, working directory and umask.
 * clone(2) CLONE_FILES and CLONE_FS, unshare(2), close_range(2) CLOSE_RANGE_UNSHARE, /proc/PID/task.
 */
#include "abi_test.h"
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

static volatile int shared_fd, result;
static pthread_barrier_t barrier;

static void meet(void)
{
	pthread_barrier_wait(&barrier);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static pthread_t start(void *(*fn)(void *))
{
	pthread_t thread;

	pthread_barrier_init(&barrier, NULL, 2);
	CHECK_EQ(pthread_create(&thread, NULL, fn, NULL), 0);
	return thread;
}

static void *unshare_files(void *arg)
{
	result = unshare(CLONE_FILES);
	close(shared_fd);
	meet(); /* 1 */
	meet(); /* 2: the other looked, and closed 0 */
	if (!is_open(0))
		result = -2;
	return NULL;
}

TEST(a_thread_unshares_its_descriptors, SYS_unshare)
{
	shared_fd = CHECK_OK(dup(0));
	pthread_t thread = start(unshare_files);

	meet();
	CHECK(is_open(shared_fd));
	CHECK_OK(close(0));
	meet();
	pthread_join(thread, NULL);
	CHECK_EQ(result, 0);
}

static void *close_range_unshared(void *arg)
{
	result = syscall(SYS_close_range, shared_fd, ~0u, 2 /* CLOSE_RANGE_UNSHARE */);
	if (is_open(shared_fd))
		result = -2;
	return NULL;
}

TEST(close_range_unshares_in_a_thread, SYS_close_range)
{
	shared_fd = CHECK_OK(fcntl(0, F_DUPFD, 150));
	pthread_t thread = start(close_range_unshared);

	pthread_join(thread, NULL);
	CHECK_EQ(result, 0);
	CHECK(is_open(shared_fd));
}

static void *unshare_fs(void *arg)
{
	char cwd[4096], link[64];
	ssize_t n;

	result = unshare(CLONE_FS);
	if (chdir("/proc") || umask(0123) != 022)
		result = -3;
	snprintf(link, sizeof(link), "/proc/self/task/%d/cwd", (int)syscall(SYS_gettid));
	n = readlink(link, cwd, sizeof(cwd));
	if (n != 5 || memcmp(cwd, "/proc", 5))
		result = -4;
	meet();
	meet();
	return NULL;
}

TEST(a_thread_unshares_its_working_directory, SYS_unshare)
{
	char before[4096], after[4096];
	ssize_t n;

	umask(022);
	CHECK(getcwd(before, sizeof(before)));
	pthread_t thread = start(unshare_fs);

	meet();
	CHECK(getcwd(after, sizeof(after)));
	CHECK_EQ(strcmp(before, after), 0);
	n = CHECK_OK(readlink("/proc/self/cwd", after, sizeof(after)));
	CHECK_EQ(n, strlen(before));
	CHECK_EQ(umask(022), 022);
	meet();
	pthread_join(thread, NULL);
	CHECK_EQ(result, 0);
}

TEST(unshare_of_memory_wants_one_thread, SYS_unshare)
{
	CHECK_OK(unshare(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM));
	CHECK_OK(unshare(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD));
	CHECK_ERR(unshare(CLONE_PARENT), EINVAL);
	CHECK_CHILD({
		result = 1;
		pthread_t thread = start(unshare_fs);
		meet();
		CHECK_ERR(unshare(CLONE_VM), EINVAL);
		CHECK_ERR(unshare(CLONE_SIGHAND), EINVAL);
		CHECK_ERR(unshare(CLONE_THREAD), EINVAL);
		meet();
		pthread_join(thread, NULL);
	});
}

/* A thread without CLONE_FILES and CLONE_FS; it runs on memory, without TLS of its own. */
static int lone_thread(void *arg)
{
	char path[64], text[64];
	int fd = dup(0);

	result = fd;
	syscall(SYS_close, shared_fd);
	snprintf(path, sizeof(path), "/proc/self/task/%d/fd/%d", (int)syscall(SYS_gettid),
		 shared_fd);
	if (syscall(SYS_readlink, path, text, sizeof(text)) >= 0)
		result = -5;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", shared_fd);
	if (syscall(SYS_readlink, path, text, sizeof(text)) < 0)
		result = -6;
	snprintf(path, sizeof(path), "/proc/thread-self/fd/%d", fd);
	if (syscall(SYS_readlink, path, text, sizeof(text)) < 0)
		result = -7;
	syscall(SYS_chdir, "/");
	syscall(SYS_exit, 0);
	return 0;
}

TEST(a_thread_is_born_with_descriptors_of_its_own, SYS_clone)
{
	static char stack[65536] __attribute__((aligned(16)));
	static volatile pid_t tid = 1;
	char cwd[4096];

	shared_fd = CHECK_OK(fcntl(0, F_DUPFD, 100));
	result = -1;
	int own = CHECK_OK(dup(0)); /* the lowest free one, taken and given back */
	CHECK_OK(close(own));
	CHECK_OK(clone(lone_thread, stack + sizeof(stack),
		       CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_CHILD_CLEARTID |
			       CLONE_PARENT_SETTID,
		       NULL, &tid, NULL, &tid));
	while (tid)
		usleep(1000);
	CHECK_EQ(result, own);
	CHECK(is_open(shared_fd));
	CHECK(!is_open(own));
	CHECK(getcwd(cwd, sizeof(cwd)));
	CHECK(strcmp(cwd, "/") != 0);
}

/* What only a thread has open goes when the thread ends, and is seen under task/. */
static void *reader_end(void *arg)
{
	char c;

	CHECK_OK(unshare(CLONE_FILES));
	close(shared_fd);
	meet();
	meet(); /* the other closed its copy of the read end */
	CHECK_EQ(read(result, &c, 1), 1);
	return NULL;
}

TEST(a_private_table_closes_with_its_thread, SYS_unshare)
{
	int fd[2];

	CHECK_OK(pipe(fd));
	result = fd[0];
	shared_fd = fd[1];
	pthread_t thread = start(reader_end);
	meet();
	CHECK_OK(close(fd[0]));
	meet();
	CHECK_EQ(write(fd[1], "x", 1), 1);
	pthread_join(thread, NULL);
	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < 1000 && write(fd[1], "x", 1) == 1; i++)
		usleep(1000);
	CHECK_ERR(write(fd[1], "x", 1), EPIPE);
}

static void *exec_true(void *arg)
{
	char *argv[] = { "abi", "--print-euid", NULL };

	unshare(CLONE_FILES);
	int quiet = open("/dev/null", O_WRONLY);
	dup2(quiet, 1);
	execv("/proc/self/exe", argv);
	_exit(9);
}

/* A thread's own table is the process's after its execve; the others' is gone. */
TEST(exec_keeps_the_callers_descriptors, SYS_unshare, SYS_execve)
{
	int fd[2];
	char text[16];

	CHECK_OK(unshare(CLONE_FS));
	CHECK_OK(pipe(fd));
	CHECK_CHILD({
		pthread_t thread = start(exec_true);
		pthread_join(thread, NULL);
		_exit(8);
	});
	CHECK_OK(close(fd[1]));
	CHECK_EQ(read(fd[0], text, sizeof(text)), 0);
}

/* A record lock is its table's: it survives an execve in a process with threads. */
static void *just_end(void *arg)
{
	return NULL;
}

TEST(record_locks_survive_exec_after_threads, SYS_fcntl, SYS_execve)
{
	struct flock lock = { .l_type = F_WRLCK };
	int fd = CHECK_OK(open("f", O_CREAT | O_RDWR, 0600)), ready[2];
	char *argv[] = { "abi", "--hold", NULL };
	pid_t pid;
	char c;

	CHECK_OK(pipe(ready));
	pid = CHECK_OK(fork());
	if (pid == 0) {
		CHECK_OK(fcntl(fd, F_SETLK, &lock));
		pthread_t thread = start(just_end);
		pthread_join(thread, NULL);
		dup2(ready[1], 1);
		fcntl(fd, F_SETFD, 0);
		execv("/proc/self/exe", argv);
		_exit(9);
	}
	CHECK_OK(close(ready[1]));
	CHECK_EQ(read(ready[0], &c, 1), 1);
	CHECK_OK(fcntl(fd, F_GETLK, &lock));
	CHECK_EQ(lock.l_type, F_WRLCK);
	CHECK_EQ(lock.l_pid, pid);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
