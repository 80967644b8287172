/* execve(2): arguments, scripts, close-on-exec, broken files; credentials(7); /proc as programs read it. */
#include "abi_test.h"
#include <elf.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <grp.h>

static void write_file(const char *name, const void *data, size_t len, int mode)
{
	int fd = CHECK_OK(open(name, O_CREAT | O_WRONLY | O_TRUNC, 0755));

	CHECK_EQ(write(fd, data, len), len);
	CHECK_OK(fchmod(fd, mode));
	CHECK_OK(close(fd));
}

static int exec_status(const char *path, char **argv)
{
	char *env[] = { "A=b", NULL };

	return CHILD({
		       execve(path, argv, env);
		       _exit(errno == ENOEXEC ? 100 :
			     errno == EACCES  ? 101 :
			     errno == ENOENT  ? 102 :
			     errno == EINVAL  ? 103 :
			     errno == E2BIG   ? 104 :
			     errno == ELOOP   ? 105 :
						120);
	       }) >>
	       8;
}

TEST(programs_run_with_their_arguments, SYS_execve)
{
	char *argv[] = { "sh", "-c", "test \"$0$1$A\" = xyb && exit 11", "x", "y", NULL };

	CHECK_EQ(exec_status("/bin/busybox", argv), 11);
}

TEST(scripts_name_their_interpreter, SYS_execve)
{
	char *argv[] = { "ignored", "arg", NULL };
	const char *text =
		"#! /bin/sh -u\ntest \"$0\" = ./script && test \"$1\" = arg && exit 12\n";
	const char *second = "#!./script\n";

	write_file("script", text, strlen(text), 0755);
	CHECK_EQ(exec_status("./script", argv), 12);
	write_file("noexec", text, strlen(text), 0644);
	CHECK_EQ(exec_status("./noexec", argv), 101);
	write_file("missing", "#!/no/such\n", 11, 0755);
	CHECK_EQ(exec_status("./missing", argv), 102);
	write_file("loop", "#!./loop\n", 9, 0755);
	CHECK_EQ(exec_status("./loop", argv), 105);
	(void)second;
}

TEST(broken_files_are_refused, SYS_execve)
{
	char *argv[] = { "x", NULL };
	Elf64_Ehdr header = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1 },
			      .e_type = ET_EXEC,
			      .e_machine = EM_X86_64,
			      .e_version = 1,
			      .e_phentsize = sizeof(Elf64_Phdr),
			      .e_phnum = 1,
			      .e_phoff = 64 };
	char buf[200] = "";

	write_file("empty", "", 0, 0755);
	CHECK_EQ(exec_status("./empty", argv), 100);
	write_file("text", "plain text", 10, 0755);
	CHECK_EQ(exec_status("./text", argv), 100);
	memcpy(buf, &header, sizeof(header));
	write_file("truncated", buf, 70, 0755);
	CHECK(exec_status("./truncated", argv) >= 100);
	header.e_machine = EM_ARM;
	memcpy(buf, &header, sizeof(header));
	write_file("arm", buf, 200, 0755);
	CHECK_EQ(exec_status("./arm", argv), 100);
	CHECK_EQ(exec_status(".", argv), 101);
	CHECK_EQ(exec_status("./none", argv), 102);
}

TEST(too_many_arguments_are_refused, SYS_execve)
{
	static char big[140000];
	char *argv[] = { "sh", "-c", ":", big, NULL };

	memset(big, 'x', sizeof(big) - 1);
	CHECK_EQ(exec_status("/bin/busybox", argv), 104);
	big[131000] = 0;
	CHECK_EQ(exec_status("/bin/busybox", argv), 0);
}

TEST(descriptors_close_on_exec, SYS_execve)
{
	char *argv[] = { "sh", "-c",
			 "test -e /proc/self/fd/50 && test ! -e /proc/self/fd/51 && exit 13",
			 NULL };

	CHECK_EQ(dup2(0, 50), 50);
	CHECK_EQ(dup3(0, 51, O_CLOEXEC), 51);
	CHECK_EQ(exec_status("/bin/busybox", argv), 13);
}

static void on_usr2(int sig)
{
}

TEST(signals_reset_on_exec_but_ignored_stay, SYS_execve)
{
	char *argv[] = { "sh", "-c", "kill -USR1 $$; kill -USR2 $$; exit 14", NULL };

	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, on_usr2);
	CHECK_EQ(CHILD(execv("/bin/busybox", argv)), SIGUSR2);
}

TEST(auxiliary_vector_is_full, SYS_execve)
{
	CHECK_EQ(getauxval(AT_PAGESZ), 4096);
	CHECK_EQ(getauxval(AT_CLKTCK), 100);
	CHECK(getauxval(AT_PHDR) != 0);
	CHECK_EQ(getauxval(AT_PHENT), sizeof(Elf64_Phdr));
	CHECK(getauxval(AT_ENTRY) != 0);
	CHECK(getauxval(AT_RANDOM) != 0);
	CHECK(getauxval(AT_SYSINFO_EHDR) != 0);
	CHECK_EQ(memcmp((void *)getauxval(AT_SYSINFO_EHDR), "\177ELF", 4), 0);
	CHECK_EQ(strcmp((char *)getauxval(AT_PLATFORM), "x86_64"), 0);
	CHECK_EQ(getauxval(AT_SECURE), 0);
	CHECK(getauxval(AT_HWCAP) != 0);
	CHECK(strlen((char *)getauxval(AT_EXECFN)) > 0);
	/* The call itself is what is under test. */
	char *argv[] = { "true", NULL };
	CHECK_EQ(exec_status("/bin/busybox", argv), 0);
}

TEST(set_uid_programs_change_identity, SYS_execve)
{
	static char buf[1 << 20];
	int from = CHECK_OK(open("/proc/self/exe", O_RDONLY)),
	    to = CHECK_OK(open("suid", O_CREAT | O_WRONLY, 0755));
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		CHECK_EQ(write(to, buf, n), n);
	CHECK_OK(fchown(to, 33, 33));
	CHECK_OK(fchmod(to, 04755));
	CHECK_OK(close(to));
	CHECK_OK(chmod(".", 0755));
	char *id[] = { "abi", "--print-euid", NULL };
	CHECK_CHILD({
		int fd[2];
		char out[16] = "";
		CHECK_OK(pipe(fd));
		CHECK_OK(setgid(1000));
		CHECK_OK(setuid(1000));
		CHECK_CHILD({
			dup2(fd[1], 1);
			execv("./suid", id);
		});
		CHECK(read(fd[0], out, sizeof(out)) > 0);
		CHECK_EQ(atoi(out), 33);
	});
}

TEST(user_ids_move_by_the_rules, SYS_setresuid)
{
	uid_t r, e, s;

	CHECK_CHILD({
		CHECK_OK(setresuid(1, 2, 3));
		CHECK_OK(getresuid(&r, &e, &s));
		CHECK(r == 1 && e == 2 && s == 3);
		CHECK_OK(setresuid(-1, 3, -1));
		CHECK_EQ(geteuid(), 3);
		CHECK_ERR(setresuid(9, -1, -1), EPERM);
		CHECK_ERR(setgroups(0, NULL), EPERM);
	});
	CHECK_CHILD({
		gid_t groups[2] = { 5, 6 };
		gid_t got[4];
		CHECK_OK(setgroups(2, groups));
		CHECK_EQ(getgroups(4, got), 2);
		CHECK_EQ(got[1], 6);
		CHECK_ERR(getgroups(1, got), EINVAL);
	});
}

TEST(capabilities_bind, SYS_prctl)
{
	CHECK_EQ(prctl(PR_CAPBSET_READ, 0, 0, 0, 0), 1);
	CHECK_ERR(prctl(PR_CAPBSET_READ, 1000, 0, 0, 0), EINVAL);
	CHECK_CHILD({
		CHECK_OK(setuid(1000));
		CHECK_ERR(prctl(PR_CAPBSET_DROP, 0, 0, 0, 0), EPERM);
		CHECK_ERR(sethostname("x", 1), EPERM);
		CHECK_ERR(kill(1, SIGTERM), EPERM);
	});
}

static int read_proc(const char *name, char *buf, size_t len)
{
	int fd = CHECK_OK(open(name, O_RDONLY)), n = CHECK_OK(read(fd, buf, len - 1));

	buf[n] = 0;
	close(fd);
	return n;
}

TEST(proc_describes_the_process, SYS_open, SYS_openat)
{
	char buf[8192], comm[32];
	int pid, ppid;
	char state;

	read_proc("/proc/self/stat", buf, sizeof(buf));
	CHECK_EQ(sscanf(buf, "%d (%31[^)]) %c %d", &pid, comm, &state, &ppid), 4);
	CHECK_EQ(pid, getpid());
	CHECK_EQ(ppid, getppid());
	CHECK_EQ(state, 'R');
	read_proc("/proc/self/status", buf, sizeof(buf));
	CHECK(strstr(buf, "\nVmRSS:") != NULL);
	CHECK(strstr(buf, "\nSigBlk:") != NULL);
	read_proc("/proc/self/maps", buf, sizeof(buf));
	CHECK(strstr(buf, "[stack]") || strlen(buf) > 4000);
	read_proc("/proc/meminfo", buf, sizeof(buf));
	CHECK_EQ(strncmp(buf, "MemTotal:", 9), 0);
	read_proc("/proc/mounts", buf, sizeof(buf));
	CHECK(strstr(buf, " /proc proc ") != NULL);
	CHECK(readlink("/proc/self/exe", buf, sizeof(buf)) > 0);
	CHECK_OK(open("/proc/self/fd/0", O_RDONLY) >= 0 || errno == ENXIO || errno == EACCES ? 0 :
											       -1);
	CHECK_ERR(open("/proc/999999/stat", O_RDONLY), ENOENT);
}
