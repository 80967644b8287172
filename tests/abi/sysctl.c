/* /proc/sys: what the settings say and do.  proc(5), Documentation/admin-guide/sysctl. */
#include "exec_help.h"
#include <grp.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>

static void path_of(const char *name, char *path)
{
	sprintf(path, "/proc/sys/%s", name);
}

static const char *setting(const char *name)
{
	static char text[200];
	char path[100];
	ssize_t n;
	int fd;

	path_of(name, path);
	fd = CHECK_OK(open(path, O_RDONLY));
	n = CHECK_OK(read(fd, text, sizeof(text) - 1));
	close(fd);
	CHECK(n > 0 && text[n - 1] == '\n');
	text[n - 1] = 0;
	return text;
}

/* 0, or the errno of the write. */
static int try_set(const char *name, const char *value)
{
	char path[100];
	int fd, err = 0;

	path_of(name, path);
	fd = CHECK_OK(open(path, O_WRONLY));
	if (write(fd, value, strlen(value)) < 0)
		err = errno;
	close(fd);
	return err;
}

/* Runs BODY in a child while the setting has VALUE. */
#define WITH(name, value, ...)                                                                     \
	do {                                                                                       \
		char old_[200];                                                                    \
		strcpy(old_, setting(name));                                                       \
		CHECK_EQ(try_set(name, value), 0);                                                 \
		int how_ = CHILD(__VA_ARGS__);                                                     \
		CHECK_EQ(try_set(name, old_), 0);                                                  \
		CHECK_EQ(how_, 0);                                                                 \
	} while (0)

static void become_user(void)
{
	CHECK_OK(setgroups(0, NULL));
	CHECK_OK(setresgid(2000, 2000, 2000));
	CHECK_OK(setresuid(2000, 2000, 2000));
}

TEST(sysctl_values, SYS_openat)
{
	CHECK(!strcmp(setting("kernel/arch"), "x86_64"));
	CHECK(!strcmp(setting("fs/overflowuid"), "65534"));
	CHECK(!strcmp(setting("fs/overflowgid"), "65534"));
	CHECK(!strcmp(setting("fs/mount-max"), "100000"));
	CHECK(!strcmp(setting("kernel/randomize_va_space"), "2"));
	CHECK(!strcmp(setting("kernel/dmesg_restrict"), "1"));
	CHECK(!strcmp(setting("kernel/kptr_restrict"), "0"));
	CHECK(!strcmp(setting("vm/swappiness"), "60"));
	CHECK_EQ(try_set("vm/swappiness", "60"), 0);
	CHECK_EQ(try_set("vm/swappiness", "201"), EINVAL);
	CHECK(!strcmp(setting("vm/legacy_va_layout"), "0"));
	CHECK(!strcmp(setting("vm/oom_kill_allocating_task"), "0"));
	CHECK(!strcmp(setting("vm/panic_on_oom"), "0"));
	CHECK_EQ(try_set("fs/mount-max", "0"), EINVAL);
	CHECK_EQ(try_set("fs/nr_open", "5"), EINVAL);
	CHECK_EQ(try_set("fs/protected_regular", "3"), EINVAL);
	CHECK_EQ(try_set("kernel/dmesg_restrict", "2"), EINVAL);
}

/* A new file and a new terminal are counted. */
TEST(sysctl_counts, SYS_openat)
{
	long before, unused, after;
	int ptys = atoi(setting("kernel/pty/nr")), fd;

	CHECK_EQ(sscanf(setting("fs/inode-nr"), "%ld\t%ld", &before, &unused), 2);
	for (int i = 0; i < 100; i++) {
		char name[16];

		sprintf(name, "f%d", i);
		CHECK_OK(close(CHECK_OK(open(name, O_CREAT | O_WRONLY, 0600))));
	}
	CHECK_EQ(sscanf(setting("fs/inode-nr"), "%ld\t%ld", &after, &unused), 2);
	CHECK(before > 0 && after >= before + 90);
	CHECK_EQ(sscanf(setting("fs/inode-state"), "%ld\t%ld\t0\t0\t0\t0\t0", &after, &unused), 2);
	fd = CHECK_OK(open("/dev/ptmx", O_RDWR | O_NOCTTY));
	CHECK_EQ(atoi(setting("kernel/pty/nr")), ptys + 1);
	close(fd);
}

/* The mode binds root too, whatever its capabilities; /proc/sys belongs to root. */
TEST(sysctl_modes_bind_root, SYS_openat)
{
	CHECK_ERR(open("/proc/sys/kernel/ostype", O_WRONLY), EACCES);
	CHECK_ERR(open("/proc/sys/vm/drop_caches", O_RDONLY), EACCES);
	CHECK_CHILD({
		CHECK_OK(setresuid(2000, 2000, 2000));
		CHECK_ERR(open("/proc/sys/kernel/hostname", O_WRONLY), EACCES);
		CHECK_OK(open("/proc/sys/kernel/hostname", O_RDONLY));
	});
}

/* At the limit a mapping can still become shorter, but not two. */
TEST(sysctl_max_map_count, SYS_openat)
{
	char *map = mmap(NULL, 5 * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	WITH("vm/max_map_count", "50", {
		int made = 0;

		while (made < 100 && mmap(NULL, 4096, made & 1 ? PROT_READ : PROT_NONE,
					  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
			made++;
		CHECK_EQ(errno, ENOMEM);
		CHECK(made > 20 && made < 50);
		CHECK_ERR(munmap(map + 2 * 4096, 4096), ENOMEM);
		CHECK_OK(munmap(map, 4096));
		CHECK_OK(munmap(map + 4 * 4096, 4096));
	});
}

TEST(sysctl_nr_open, SYS_openat)
{
	struct rlimit limit = { 1024, 1024 };

	CHECK_OK(setrlimit(RLIMIT_NOFILE, &limit));
	WITH("fs/nr_open", "512", {
		struct rlimit more = { 600, 600 };

		CHECK_ERR(setrlimit(RLIMIT_NOFILE, &more), EPERM);
		CHECK_OK(dup2(0, 200));
		CHECK_ERR(dup2(0, 600), EBADF);
		CHECK_ERR(fcntl(0, F_DUPFD, 600), EMFILE);
	});
}

TEST(sysctl_mount_max, SYS_openat)
{
	CHECK_OK(mkdir("m", 0755));
	WITH("fs/mount-max", "1", CHECK_ERR(mount("t", "m", "tmpfs", 0, NULL), ENOSPC));
	CHECK_OK(mount("t", "m", "tmpfs", 0, NULL));
	CHECK_OK(umount("m"));
}

static void run_cat_maps(void *arg)
{
	execl("/bin/cat", "cat", "/proc/self/maps", NULL);
}

/* Where [stack] or [heap] begins, of a program just started. */
static unsigned long start_of(const char *what)
{
	char *maps = output_of(run_cat_maps, NULL), *at = strstr(maps, what);

	CHECK(at != NULL);
	while (at > maps && at[-1] != '\n')
		at--;
	return strtoul(at, NULL, 16);
}

TEST(sysctl_randomize_va_space, SYS_openat)
{
	CHECK(start_of("[stack]") != start_of("[stack]") ||
	      start_of("[stack]") != start_of("[stack]"));
	WITH("kernel/randomize_va_space", "0", {
		CHECK_EQ(start_of("[stack]"), start_of("[stack]"));
		CHECK_EQ(start_of("[heap]"), start_of("[heap]"));
	});
	WITH("kernel/randomize_va_space", "1", {
		unsigned long heap = start_of("[heap]");

		CHECK(start_of("[stack]") != start_of("[stack]") ||
		      start_of("[stack]") != start_of("[stack]"));
		CHECK_EQ(start_of("[heap]"), heap);
	});
}

TEST(sysctl_dmesg_restrict, SYS_openat)
{
	char buf[64];

	WITH("kernel/dmesg_restrict", "0", {
		become_user();
		CHECK_OK(syscall(SYS_syslog, 3, buf, sizeof(buf)));
		CHECK_OK(syscall(SYS_syslog, 10, NULL, 0));
		CHECK_ERR(syscall(SYS_syslog, 9, NULL, 0), EPERM);
		CHECK_OK(open("/dev/kmsg", O_RDONLY));
	});
	WITH("kernel/dmesg_restrict", "1", {
		CHECK_OK(syscall(SYS_syslog, 3, buf, sizeof(buf)));
		CHECK_OK(open("/dev/kmsg", O_RDONLY));
		become_user();
		CHECK_ERR(syscall(SYS_syslog, 3, buf, sizeof(buf)), EPERM);
		CHECK_ERR(syscall(SYS_syslog, 10, NULL, 0), EPERM);
		CHECK_ERR(open("/dev/kmsg", O_RDONLY), EPERM);
	});
}

TEST(sysctl_ns_last_pid, SYS_openat)
{
	char text[20];
	pid_t pid;

	CHECK_EQ(atoi(setting("kernel/ns_last_pid")) > 0, true);
	sprintf(text, "%d", getpid() + 500);
	CHECK_EQ(try_set("kernel/ns_last_pid", text), 0);
	pid = CHECK_OK(fork());
	if (pid == 0)
		_exit(0);
	CHECK_EQ(pid, getpid() + 501);
	CHECK_OK(waitpid(pid, NULL, 0));
	CHECK_CHILD({
		become_user();
		CHECK_EQ(try_set("kernel/ns_last_pid", "900"), EPERM);
	});
}

TEST(sysctl_threads_max, SYS_openat)
{
	char old[20];
	pid_t pid;
	int err;

	strcpy(old, setting("kernel/threads-max"));
	CHECK_EQ(try_set("kernel/threads-max", "1"), 0);
	pid = fork();
	err = errno;
	if (pid == 0)
		_exit(0);
	CHECK_EQ(try_set("kernel/threads-max", old), 0);
	CHECK_EQ(pid, -1);
	CHECK_EQ(err, EAGAIN);
}

/* reboot(2) and the setting are one. */
TEST(sysctl_ctrl_alt_del, SYS_openat)
{
	CHECK(!strcmp(setting("kernel/ctrl-alt-del"), "1"));
	CHECK_OK(reboot(RB_DISABLE_CAD));
	CHECK(!strcmp(setting("kernel/ctrl-alt-del"), "0"));
	CHECK_OK(reboot(RB_ENABLE_CAD));
	CHECK(!strcmp(setting("kernel/ctrl-alt-del"), "1"));
}

/* Three files of a user's in a directory of root's. */
static void make_common(int mode)
{
	umask(0);
	CHECK_OK(mkdir("d", mode));
	CHECK_OK(chmod("d", mode));
	CHECK_OK(chown("d", 0, 3000));
	CHECK_OK(chmod(".", 0755));
	CHECK_OK(mkfifo("d/fifo", 0666));
	CHECK_OK(mknod("d/file", S_IFREG | 0666, 0));
	CHECK_OK(mknod("d/roots", S_IFREG | 0666, 0));
	CHECK_OK(chown("d/fifo", 1000, 1000));
	CHECK_OK(chown("d/file", 1000, 1000));
}

static void check_common(const char *setting_name, const char *level, const char *name, int err)
{
	int create = O_CREAT | O_RDWR | O_NONBLOCK;

	WITH(setting_name, level, {
		if (err)
			CHECK_ERR(open(name, create, 0600), err);
		else
			CHECK_OK(open(name, create, 0600));
		CHECK_OK(open(name, O_RDWR | O_NONBLOCK));
		CHECK_OK(open("d/roots", create, 0600));
		CHECK_OK(setresuid(1000, 1000, 1000));
		CHECK_OK(open(name, create, 0600));
	});
}

TEST(sysctl_protected_in_a_directory_of_all, SYS_openat)
{
	make_common(01777);
	check_common("fs/protected_fifos", "0", "d/fifo", 0);
	check_common("fs/protected_fifos", "1", "d/fifo", EACCES);
	check_common("fs/protected_regular", "0", "d/file", 0);
	check_common("fs/protected_regular", "1", "d/file", EACCES);
	check_common("fs/protected_fifos", "1", "d/file", 0);
}

TEST(sysctl_protected_in_a_directory_of_a_group, SYS_openat)
{
	make_common(01775);
	check_common("fs/protected_fifos", "1", "d/fifo", 0);
	check_common("fs/protected_fifos", "2", "d/fifo", EACCES);
	check_common("fs/protected_regular", "1", "d/file", 0);
	check_common("fs/protected_regular", "2", "d/file", EACCES);
	CHECK_OK(chmod("d", 0777));
	check_common("fs/protected_regular", "2", "d/file", 0);
}

/* What a write of VALUE at OFFSET takes, or minus its errno. */
static int set_at(const char *name, const char *value, int n, off_t offset)
{
	char path[100];
	int fd, ret;

	path_of(name, path);
	fd = CHECK_OK(open(path, O_WRONLY));
	ret = pwrite(fd, value, n, offset);
	if (ret < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static int set(const char *name, const char *value)
{
	return set_at(name, value, strlen(value), 0);
}

/* One word is taken; the rest is for a next write. */
TEST(sysctl_numbers, SYS_openat)
{
	static const char *name = "vm/swappiness";

	CHECK_EQ(set(name, "6 5"), 2);
	CHECK_EQ(atoi(setting(name)), 6);
	CHECK_EQ(set(name, "71\n72\n"), 3);
	CHECK_EQ(atoi(setting(name)), 71);
	CHECK_EQ(set(name, "  68  \n"), 7);
	CHECK_EQ(atoi(setting(name)), 68);
	CHECK_EQ(set(name, "0x42"), 4);
	CHECK_EQ(atoi(setting(name)), 66);
	CHECK_EQ(set(name, "0103"), 4);
	CHECK_EQ(atoi(setting(name)), 67);
	CHECK_EQ(set(name, "67x"), -EINVAL);
	CHECK_EQ(set(name, "+5"), -EINVAL);
	CHECK_EQ(set(name, "-1"), -EINVAL);
	CHECK_EQ(set(name, "\n"), -EINVAL);
	CHECK_EQ(set_at(name,
			"60\0"
			"1",
			4, 0),
		 -EINVAL);
	CHECK_EQ(set(name, ""), 0);
	CHECK_EQ(set("kernel/panic", "-1"), 2);
	CHECK(!strcmp(setting("kernel/panic"), "-1"));
	CHECK_EQ(set("kernel/panic", "0"), 1);
	CHECK_EQ(atoi(setting(name)), 67);
	CHECK_EQ(set(name, "60"), 2);
}

/* Several writes make one value; a number is what the first one says. */
TEST(sysctl_writes_at_positions, SYS_openat)
{
	static const char *number = "vm/swappiness", *text = "kernel/hostname";
	char old[200], path[100];
	int fd;

	CHECK(!strcmp(setting("kernel/sysctl_writes_strict"), "1"));
	CHECK_EQ(set(number, "61"), 2);
	CHECK_EQ(set_at(number, "62", 2, 1), 2);
	CHECK_EQ(set_at(number, "rubbish", 7, 1), 7);
	CHECK(!strcmp(setting(number), "61"));
	strcpy(old, setting(text));
	CHECK_EQ(set(text, "first"), 5);
	CHECK_EQ(set_at(text, "XY", 2, 2), 2);
	CHECK(!strcmp(setting(text), "fiXY"));
	CHECK_EQ(set_at(text, "Z", 1, 9), 1);
	CHECK(!strcmp(setting(text), "fiXY"));
	path_of(text, path);
	fd = CHECK_OK(open(path, O_WRONLY));
	CHECK_EQ(write(fd, "one", 3), 3);
	CHECK_EQ(write(fd, "two\nthree", 9), 9);
	close(fd);
	CHECK(!strcmp(setting(text), "onetwo"));
	WITH("kernel/sysctl_writes_strict", "-1", {
		CHECK_EQ(set_at(number, "62", 2, 1), 2);
		CHECK(!strcmp(setting(number), "62"));
		CHECK_EQ(set_at(text, "XY", 2, 2), 2);
		CHECK(!strcmp(setting(text), "XY"));
	});
	CHECK_EQ(set("kernel/sysctl_writes_strict", "2"), -EINVAL);
	CHECK_EQ(set("kernel/sysctl_writes_strict", "-2"), -EINVAL);
	CHECK_EQ(set(text, old), strlen(old));
	CHECK_EQ(set(number, "60"), 2);
}
