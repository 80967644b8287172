/* execve(2): "#!" lines, their limits and nesting; execveat(2): programs and scripts by descriptor. */
#include "exec_help.h"

/* --- #! --------------------------------------------------------------------------------------- */

static void run_script(void *name)
{
	char *argv[] = { "zero", "one", "two", NULL };

	execve(name, argv, no_env);
}

static char *run_text(const char *text, size_t len)
{
	write_file("script", text, len, 0755);
	return output_of(run_script, "./script");
}

TEST(interpreter_lines, SYS_execve)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "#!./printargs\n", "./printargs|./script|one|two|" },
		{ "#!./printargs", "./printargs|./script|one|two|" },
		{ "#! ./printargs\nmore", "./printargs|./script|one|two|" },
		{ "#!  \t ./printargs \t a b\t c \t\n", "./printargs|a b\t c|./script|one|two|" },
		{ "#!./printargs -x", "./printargs|-x|./script|one|two|" },
		{ "#!./printargs\r\n", "E2" },
		{ "#!./printargs \r\n", "./printargs|\r|./script|one|two|" },
		{ "#!./printargs\v\n", "E2" },
		{ "#!\n", "E8" },
		{ "#!", "E13" },
		{ "#", "E8" },
		{ "#! \t \n./printargs\n", "E8" },
		{ "# !./printargs\n", "E8" },
		{ " #!./printargs\n", "E8" },
		{ "#!printargs\n", "printargs|./script|one|two|" },
		{ "#!./none\n", "E2" },
		{ "#!.\n", "E13" },
		{ "#!/\n", "E13" },
		{ "#!./plain\n", "E13" },
		{ "#!./printargs/\n", "E20" },
		{ "#!./printargs/x\n", "E20" },
		{ "#!./text\n", "E8" },
		{ "#!./script\n", "E40" },
		{ "#!/dev/null\n", "E13" },
	};
	char *out;

	CHECK_OK(symlink("/init", "printargs"));
	write_file("plain", "x", 1, 0644);
	write_text("text", "plain text");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		out = run_text(rows[i].text, strlen(rows[i].text));
		if (strcmp(out, rows[i].want) != 0)
			abi_fail(__FILE__, __LINE__, "%s: \"%s\", not \"%s\"", rows[i].text, out,
				 rows[i].want);
	}
	CHECK_EQ(strcmp(run_text("#!./printargs\0x\n", 16), "./printargs|./script|one|two|"), 0);
	CHECK_EQ(strcmp(run_text("#!./printargs a\0b\n", 18), "./printargs|a|./script|one|two|"),
		 0);
	CHECK_EQ(strcmp(run_text("#!\0./printargs\n", 15), "E13"), 0);
	CHECK_EQ(strcmp(run_text("#! \0./printargs\n", 16), "E13"), 0);
	/* Blanks behind a name that no newline ends are an empty argument. */
	CHECK_EQ(strcmp(run_text("#!./printargs  ", 15), "./printargs||./script|one|two|"), 0);
}

/* The line is looked at for 256 bytes: a name cut there is none, an argument is shorter. */
TEST(long_interpreter_lines, SYS_execve)
{
	static const char *const behind[] = { "\n", "", "\nmore", " a\n", "   " };
	static const char plain[] = "|./script|one|two|", a[] = "|a|./script|one|two|",
			  empty[] = "||./script|one|two|",
			  *want[][5] = {
				  { plain, plain, plain, a, empty },	 /* 251 bytes */
				  { plain, plain, plain, a, plain },	 /* 252 */
				  { plain, plain, plain, a, plain },	 /* 253 */
				  { plain, plain, plain, plain, plain }, /* 254 */
				  { plain, plain, plain, plain, plain }, /* 255 */
				  { "E8", "E8", "E8", "E8", "E8" },	 /* 256 */
				  { "E8", "E8", "E8", "E8", "E8" },	 /* 257 */
			  };
	char text[400], *out;

	CHECK_OK(symlink("/init", "printargs"));
	for (int len = 251; len <= 257; len++) {
		memset(text, '/', sizeof(text));
		memcpy(text, "#!.", 3);
		memcpy(text + len - 9, "printargs", 9);
		for (int i = 0; i < 5; i++) {
			strcpy(text + len, behind[i]);
			out = run_text(text, strlen(text));
			if (strcmp(*out == 'E' ? out : strchr(out, '|'), want[len - 251][i]) != 0)
				abi_fail(__FILE__, __LINE__, "%d bytes and %d: %s", len, i, out);
		}
	}
	memset(text, 'a', sizeof(text));
	memcpy(text, "#!./printargs ", 14);
	out = run_text(text, 400);
	CHECK_EQ(strcspn(strchr(out, '|') + 1, "|"), 255 - 14);
	memset(text, ' ', sizeof(text));
	memcpy(text, "#!", 2);
	CHECK_EQ(strcmp(run_text(text, 300), "E8"), 0);
	strcpy(text + 200, "./printargs\n");
	CHECK_EQ(strcmp(run_text(text, 212), "./printargs|./script|one|two|"), 0);
	memset(text + 200, ' ', 100);
	strcpy(text + 245, "./printargs\n");
	CHECK_EQ(strcmp(run_text(text, 257), "E8"), 0);
	memset(text, 0, sizeof(text));
	strcpy(text, "#!./printargs");
	CHECK_EQ(strcmp(run_text(text, 300), "./printargs|./script|one|two|"), 0);
}

TEST(nested_scripts, SYS_execve)
{
	char name[32], text[64];

	CHECK_OK(symlink("/init", "printargs"));
	write_text("s0", "#!./printargs arg0\n");
	for (int i = 1; i < 8; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		snprintf(text, sizeof(text), "#!./s%d arg%d\n", i - 1, i);
		write_text(name, text);
	}
	CHECK_OUTPUT(run_script, "./s0", "./printargs|arg0|./s0|one|two|");
	CHECK_OUTPUT(run_script, "./s1", "./printargs|arg0|./s0|arg1|./s1|one|two|");
	CHECK_OUTPUT(run_script, "./s4",
		     "./printargs|arg0|./s0|arg1|./s1|arg2|./s2|arg3|./s3|arg4|./s4|one|two|");
	CHECK_OUTPUT(run_script, "./s5", "E40");
	CHECK_OUTPUT(run_script, "./s6", "E40");
	/* A symbolic link is named as it was called; without arguments nothing gives way. */
	CHECK_OK(symlink("s0", "link"));
	CHECK_OUTPUT(run_script, "./link", "./printargs|arg0|./link|one|two|");
}

static void without_argv(void *path)
{
	execve(path, NULL, NULL);
}

static void with_empty_argv(void *path)
{
	char *argv[] = { NULL };

	execve(path, argv, argv);
}

TEST(no_arguments_at_all, SYS_execve)
{
	CHECK_OK(symlink("/init", "printargs"));
	write_text("s0", "#!./printargs arg0\n");
	CHECK_OUTPUT(without_argv, "./s0", "./printargs|arg0|./s0|");
	CHECK_OUTPUT(with_empty_argv, "./s0", "./printargs|arg0|./s0|");
	write_text("sh", "#!/bin/cat /proc/self/cmdline\n");
	CHECK_OUTPUT(without_argv, "./sh", "/bin/cat");
}

/* --- execveat ---------------------------------------------------------------------------------- */

TEST(programs_by_descriptor, SYS_execveat)
{
	char want[100], dir[100];
	int fd, open_script, here, path_fd, pipe_fd[2], nobody;

	CHECK_OK(symlink("/init", "printargs"));
	copy_file("/init", "copy");
	write_text("script", "#!./printargs a\n");
	CHECK_OK(symlink("script", "link"));
	here = CHECK_OK(open(".", O_RDONLY | O_DIRECTORY));
	CHECK_AT(
		here, "script", 0,
		(snprintf(want, sizeof(want), "./printargs|a|/dev/fd/%d/script|one|", here), want));
	CHECK_AT(AT_FDCWD, "script", 0, "./printargs|a|script|one|");
	CHECK_AT(AT_FDCWD, "./link", 0, "./printargs|a|./link|one|");
	CHECK_AT(AT_FDCWD, "link", AT_SYMLINK_NOFOLLOW, "E40");
	CHECK_AT(here, "link", AT_SYMLINK_NOFOLLOW, "E40");
	CHECK_AT(AT_FDCWD, "script", AT_SYMLINK_NOFOLLOW, "./printargs|a|script|one|");
	CHECK_AT(-1, "script", 0, "E9");
	CHECK_AT(-1, "", AT_EMPTY_PATH, "E9");
	CHECK_AT(-1, "", 0, "E2");
	CHECK_AT(here, "", 0, "E2");
	CHECK_AT(AT_FDCWD, "", 0, "E2");
	CHECK_AT(AT_FDCWD, "", AT_EMPTY_PATH, "E13");
	CHECK_AT(here, "", AT_EMPTY_PATH, "E13");
	CHECK_AT(here, "script", AT_EMPTY_PATH | AT_NO_AUTOMOUNT, "E22");
	CHECK_AT(here, "script", AT_REMOVEDIR, "E22");
	CHECK_AT(here, "none", 0, "E2");
	snprintf(dir, sizeof(dir), "%s/script", getcwd(want, sizeof(want)));
	CHECK_AT(-1, dir, 0, (snprintf(want, sizeof(want), "./printargs|a|%s|one|", dir), want));
	open_script = CHECK_OK(open("script", O_RDONLY));
	CHECK_AT(
		open_script, "", AT_EMPTY_PATH,
		(snprintf(want, sizeof(want), "./printargs|a|/dev/fd/%d|one|", open_script), want));
	CHECK_AT(open_script, "x", 0, "E20");
	path_fd = CHECK_OK(open("script", O_PATH));
	CHECK_AT(path_fd, "", AT_EMPTY_PATH,
		 (snprintf(want, sizeof(want), "./printargs|a|/dev/fd/%d|one|", path_fd), want));
	/* The interpreter could not open it. */
	fd = CHECK_OK(open("script", O_RDONLY | O_CLOEXEC));
	CHECK_AT(fd, "", AT_EMPTY_PATH, "E2");
	CHECK_OK(fcntl(here, F_SETFD, FD_CLOEXEC));
	CHECK_AT(here, "script", 0, "E2");
	CHECK_AT(here, dir, 0, (snprintf(want, sizeof(want), "./printargs|a|%s|one|", dir), want));
	CHECK_OK(chmod("script", 0644));
	CHECK_AT(open_script, "", AT_EMPTY_PATH, "E13");
	CHECK_OK(pipe(pipe_fd));
	CHECK_AT(pipe_fd[0], "", AT_EMPTY_PATH, "E13");
	nobody = CHECK_OK(open("copy", O_WRONLY));
	CHECK_AT(nobody, "", AT_EMPTY_PATH, "E26");
	close(nobody);
	CHECK_OK(unlink("copy"));
}

static char comm_name[16];

static void cat_comm(void *arg)
{
	struct at *at = arg;
	char *argv[] = { "cat", "/proc/self/comm", NULL };

	dup2(1, 2);
	syscall(SYS_execveat, at->fd, at->path, argv, no_env, at->flags);
}

static const char *comm_of(int fd, const char *path, int flags)
{
	struct at at = { fd, flags, path };

	comm_name[0] = 0;
	sscanf(output_of(cat_comm, &at), "%15s", comm_name);
	return comm_name;
}

/* Its last part is the program's name, but what has none at all keeps its own. */
TEST(names_of_programs_by_descriptor, SYS_execveat)
{
	int fd = CHECK_OK(open("/bin/busybox", O_RDONLY | O_CLOEXEC)),
	    dir = CHECK_OK(open(".", O_RDONLY)), script;
	char proc[40];

	CHECK_OK(symlink("/bin/busybox", "alink"));
	write_text("script", "#!/bin/cat /proc/self/comm\n");
	script = CHECK_OK(open("script", O_RDONLY));
	CHECK_EQ(strcmp(comm_of(fd, "", AT_EMPTY_PATH), "busybox"), 0);
	CHECK_EQ(strcmp(comm_of(script, "", AT_EMPTY_PATH), "busybox"), 0);
	CHECK_EQ(strcmp(comm_of(dir, "alink", 0), "alink"), 0);
	CHECK_EQ(strcmp(comm_of(dir, "alink", AT_EMPTY_PATH), "alink"), 0);
	CHECK_EQ(strcmp(comm_of(dir, "script", 0), "script"), 0);
	CHECK_EQ(strcmp(comm_of(dir, "/bin/cat", 0), "cat"), 0);
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	CHECK_EQ(strcmp(comm_of(AT_FDCWD, proc, 0), strrchr(proc, '/') + 1), 0);
}
