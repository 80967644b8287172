/* exec_help.h - programs, scripts and what they say, for the tests of execve(2). */
#pragma once
#include "abi_test.h"

#define HELPER static __attribute__((unused))

HELPER char *no_env[] = { NULL };
HELPER char *one_arg[] = { "printargs", NULL };

HELPER void write_file(const char *name, const void *data, size_t len, int mode)
{
	int fd = CHECK_OK(open(name, O_CREAT | O_WRONLY | O_TRUNC, 0755));

	CHECK_EQ(write(fd, data, len), len);
	CHECK_OK(fchmod(fd, mode));
	CHECK_OK(close(fd));
}

HELPER void write_text(const char *name, const char *text)
{
	write_file(name, text, strlen(text), 0755);
}

HELPER void copy_file(const char *from, const char *to)
{
	static char buf[1 << 16];
	int in = CHECK_OK(open(from, O_RDONLY)),
	    out = CHECK_OK(open(to, O_CREAT | O_WRONLY | O_TRUNC, 0755));
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		CHECK_EQ(write(out, buf, n), n);
	CHECK_OK(close(in));
	CHECK_OK(close(out));
}

/* What the program wrote to its standard output; "E2" when it did not run, "S9" when killed. */
HELPER char *output_of(void (*run)(void *), void *arg)
{
	static char out[70000];
	size_t len = 0;
	int fd[2], status;
	ssize_t n;
	pid_t pid;

	CHECK_OK(pipe(fd));
	pid = CHECK_OK(fork());
	if (pid == 0) {
		dup2(fd[1], 1);
		close(fd[0]);
		close(fd[1]);
		run(arg);
		dprintf(1, "E%d", errno);
		_exit(0);
	}
	close(fd[1]);
	while ((n = read(fd[0], out + len, sizeof(out) - 1 - len)) > 0)
		len += n;
	out[len] = 0;
	close(fd[0]);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		snprintf(out, sizeof(out), "S%d", WTERMSIG(status));
	return out;
}

HELPER void exec_plainly(void *path)
{
	execve(path, one_arg, no_env);
}

#define CHECK_OUTPUT(run, arg, want)                                                               \
	do {                                                                                       \
		char *out_ = output_of(run, arg);                                                  \
		if (strcmp(out_, want) != 0)                                                       \
			abi_fail(__FILE__, __LINE__, "\"%.200s\", not \"%s\"", out_, want);        \
	} while (0)

/* execveat(2) */
struct at {
	int fd, flags;
	const char *path;
};

HELPER void exec_at(void *arg)
{
	struct at *at = arg;
	char *argv[] = { "zero", "one", NULL };

	syscall(SYS_execveat, at->fd, at->path, argv, no_env, at->flags);
}

#define CHECK_AT(fd, path, flags, want)                                                            \
	CHECK_OUTPUT(exec_at, &((struct at){ fd, flags, path }), want)
