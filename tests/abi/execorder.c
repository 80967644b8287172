/*
 * execve(2), execveat(2): which errno, where several things are wrong.  The vectors are counted
 * first; then come the strings, the environment's before argv's and the last one first; then the
 * file, descriptor and flags.
 */
#include "exec_help.h"
#include <sys/resource.h>

#define BAD	((char *)8)
#define KINDS	((int)(sizeof(vectors) / sizeof(vectors[0])))
#define LIMIT	(128 << 10) /* for strings and pointers, with the smallest stack */
#define ENTRIES (LIMIT / 8 + 512)

static char long_text[131073 + 1]; /* longer than a string may be */
static char half_text[LIMIT / 2 + 1];
static char *no_arg[] = { NULL }, *fine[] = { "true", NULL }, *bad[] = { "true", BAD, NULL },
	    *bad_first[] = { BAD, NULL }, *too_long[] = { "true", long_text, NULL },
	    *long_bad[] = { "true", long_text, BAD, NULL },
	    *bad_long[] = { "true", BAD, long_text, NULL },
	    *too_much[] = { "true", half_text, half_text, NULL }, *too_many[ENTRIES + 1];

/* What is passed, and what is wrong with it: a vector, a string, the number, the length. */
static struct {
	char **vector;
	char kind; /* '.' nothing  'v' vector  'n' number  's' string  'l' length */
} vectors[] = {
	{ fine, '.' },
	{ NULL, '.' },
	{ no_arg, '.' },
	{ (char **)BAD, 'v' },
	{ bad, 's' },
	{ bad_first, 's' },
	{ too_long, 'l' },
	{ long_bad, 's' },
	{ bad_long, 'l' },
	{ too_many, 'n' },
	{ too_much, 'l' },
	{ NULL, 'v' /* ends nowhere */ },
	{ NULL, 'v' /* ... after too many */ },
};

/* A vector of @n entries and no end, in front of a hole. */
static char **endless(size_t n)
{
	size_t len = n * sizeof(char *);
	char *at = (char *)CHECK_OK(
		mmap(NULL, len + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

	CHECK_EQ(len % 4096, 0);
	CHECK_OK(munmap(at + len, 4096));
	for (size_t i = 0; i < n; i++)
		((char **)at)[i] = "";
	return (char **)at;
}

static void prepare(void)
{
	memset(long_text, 'x', sizeof(long_text) - 1);
	memset(half_text, 'x', sizeof(half_text) - 1);
	for (int i = 0; i < ENTRIES; i++)
		too_many[i] = "";
	vectors[KINDS - 2].vector = endless(512);
	vectors[KINDS - 1].vector = endless(ENTRIES);
	copy_file("/bin/busybox", "true");
	write_text("script", "#!./true\n");
	write_text("stray", "#!./none\n");
	write_text("text", "hello\n");
	write_file("noexec", "x", 1, 0644);
}

/* The errno, 0 if it runs. */
static int exec_errno(int fd, const char *path, char **argv, char **envp, int flags)
{
	volatile int error = 0;
	pid_t pid = vfork();

	if (pid == 0) {
		struct rlimit was, limit;

		getrlimit(RLIMIT_STACK, &was);
		limit = (struct rlimit){ LIMIT, was.rlim_max };
		setrlimit(RLIMIT_STACK, &limit);
		syscall(SYS_execveat, fd, path, argv, envp, flags);
		error = errno;
		_exit(0);
	}
	CHECK(pid > 0);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	return error;
}

static int wanted(char argv, char envp, int file)
{
	if (argv == 'v' || envp == 'v')
		return EFAULT;
	if (argv == 'n' || envp == 'n')
		return E2BIG;
	if (envp != '.')
		return envp == 's' ? EFAULT : E2BIG;
	if (argv != '.')
		return argv == 's' ? EFAULT : E2BIG;
	return file;
}

static void all_pairs(int fd, const char *path, int flags, int file)
{
	for (int a = 0; a < KINDS; a++) {
		for (int e = 0; e < KINDS; e++) {
			int want = wanted(vectors[a].kind, vectors[e].kind, file);
			int got = exec_errno(fd, path, vectors[a].vector, vectors[e].vector, flags);

			if (got != want)
				abi_fail(__FILE__, __LINE__, "%s, argv %d, envp %d: %d, not %d",
					 path, a, e, got, want);
		}
	}
}

TEST_TIMEOUT(arguments_are_read_before_the_file, 120, SYS_execveat)
{
	prepare();
	all_pairs(AT_FDCWD, "./true", 0, 0);
	all_pairs(AT_FDCWD, "./script", 0, 0);
	all_pairs(AT_FDCWD, "./none", 0, ENOENT);
	all_pairs(AT_FDCWD, "./stray", 0, ENOENT);
	all_pairs(AT_FDCWD, "./noexec", 0, EACCES);
	all_pairs(AT_FDCWD, "./text", 0, ENOEXEC);
}

TEST_TIMEOUT(arguments_are_read_before_descriptor_and_flags, 60, SYS_execveat)
{
	int pipe_fd[2];

	prepare();
	CHECK_OK(pipe(pipe_fd));
	all_pairs(1000, "true", 0, EBADF);
	all_pairs(AT_FDCWD, "./true", 1, EINVAL);
	all_pairs(1000, "true", 1, EINVAL);
	all_pairs(pipe_fd[0], "true", AT_EMPTY_PATH, ENOTDIR);
	all_pairs(pipe_fd[0], "", AT_EMPTY_PATH, EACCES);
	/* The name comes before everything. */
	for (int i = 0; i < KINDS; i++) {
		CHECK_EQ(exec_errno(1000, BAD, vectors[i].vector, no_env, 1), EFAULT);
		CHECK_EQ(exec_errno(1000, "", vectors[i].vector, no_env, 1), ENOENT);
	}
}
