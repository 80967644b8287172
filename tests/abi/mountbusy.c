/*
 * umount(2), unlink(2): who counts as a user of a mount or of a file while references go from
 * processor to processor.
 */
#include "abi_test.h"
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/statfs.h>

enum { MOVERS = 3 };

static volatile int *stop;

/* Onto the next processor of those there are. */
static void hop(void)
{
	static int cpu;
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one) < 0)
		cpu = -1; /* beyond the last */
	cpu++;
}

static void mount_with_directories(void)
{
	CHECK_OK(mkdir("m", 0755));
	CHECK_OK(mount("m", "m", "tmpfs", 0, NULL));
	CHECK_OK(mkdir("m/a", 0755));
	CHECK_OK(mkdir("m/b", 0755));
	close(CHECK_OK(open("m/f", O_CREAT | O_RDWR, 0644)));
}

static pid_t start(void (*run)(void))
{
	pid_t pid = CHECK_OK(fork());

	if (pid == 0) {
		run();
		_exit(0);
	}
	return pid;
}

/* Always in the mount; each chdir(2) takes one reference and then gives one up. */
static void move_about(void)
{
	while (!*stop) {
		CHECK_OK(chdir("../a"));
		hop();
		CHECK_OK(chdir("../b"));
		hop();
	}
}

static void open_and_close(void)
{
	while (!*stop) {
		int fd = open("m/f", O_RDWR);

		hop();
		if (fd >= 0)
			close(fd);
		hop();
	}
}

static void start_all(pid_t *pids, bool inside)
{
	stop = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(stop != MAP_FAILED);
	for (int i = 0; i < MOVERS; i++)
		pids[i] = start(open_and_close);
	if (!inside)
		return;
	CHECK_OK(chdir("m/a"));
	pids[MOVERS] = start(move_about);
	CHECK_OK(chdir("../.."));
}

static void end_all(const pid_t *pids, int n)
{
	int status;

	*stop = 1;
	for (int i = 0; i < n; i++) {
		CHECK_OK(waitpid(pids[i], &status, 0));
		CHECK_EQ(status, 0);
	}
}

TEST(one_who_moves_about_in_it_keeps_it_busy, SYS_umount2)
{
	pid_t pids[MOVERS + 1];

	mount_with_directories();
	start_all(pids, true);
	for (int i = 0; i < 300; i++)
		CHECK_ERR(umount("m"), EBUSY);
	end_all(pids, MOVERS + 1);
	CHECK_OK(umount("m"));
	CHECK_ERR(access("m/f", F_OK), ENOENT);
}

TEST(remount_sees_a_writer_that_moves_about, SYS_mount)
{
	const unsigned long ro = MS_REMOUNT | MS_BIND | MS_RDONLY;
	pid_t pids[MOVERS];
	int fd, extra, done = 0;

	mount_with_directories();
	start_all(pids, false);
	fd = CHECK_OK(open("m/f", O_WRONLY));
	for (int i = 0; i < 200; i++) {
		CHECK_ERR(mount(NULL, "m", NULL, ro, NULL), EBUSY);
		extra = CHECK_OK(open("m/f", O_WRONLY));
		hop();
		CHECK_OK(close(fd));
		fd = extra;
	}
	CHECK_OK(close(fd));
	for (int i = 0; i < 2000 && !done; i++) {
		done = mount(NULL, "m", NULL, ro, NULL) == 0;
		sched_yield();
	}
	end_all(pids, MOVERS);
	if (!done)
		CHECK_OK(mount(NULL, "m", NULL, ro, NULL));
	CHECK_ERR(open("m/f", O_WRONLY), EROFS);
	CHECK_OK(umount("m"));
}

/* The file system goes with its last user, wherever that is: its number is free again. */
TEST(a_lazy_umount_ends_with_the_last_user, SYS_umount2)
{
	struct stat first, st;
	int fds[8];

	for (int round = 0; round < 20; round++) {
		mount_with_directories();
		CHECK_OK(stat("m", round ? &st : &first));
		if (round)
			CHECK_EQ(st.st_dev, first.st_dev);
		for (int i = 0; i < 8; i++) {
			fds[i] = CHECK_OK(open("m/f", O_RDWR));
			hop();
		}
		CHECK_OK(umount2("m", MNT_DETACH));
		CHECK_OK(rmdir("m"));
		for (int i = 0; i < 8; i++) {
			CHECK_EQ(write(fds[i], "x", 1), 1);
			hop();
			CHECK_OK(close(fds[i]));
		}
	}
}

TEST(users_race_with_umount, SYS_umount2)
{
	pid_t pids[MOVERS];
	int done = 0;

	mount_with_directories();
	start_all(pids, false);
	for (int i = 0; i < 200; i++) {
		if (umount("m") < 0) {
			CHECK_EQ(errno, EBUSY);
			continue;
		}
		done++;
		CHECK_OK(mount("m", "m", "tmpfs", 0, NULL));
		close(CHECK_OK(open("m/f", O_CREAT | O_RDWR, 0644)));
	}
	end_all(pids, MOVERS);
	CHECK_OK(umount("m"));
	CHECK_ERR(access("m/f", F_OK), ENOENT);
}

/* ---- What was unlinked goes with its last user ---- */

static struct statfs usage(void)
{
	struct statfs fs;

	CHECK_OK(statfs("m", &fs));
	return fs;
}

static void check_usage(const struct statfs *was)
{
	struct statfs is = usage();

	CHECK_EQ(is.f_bfree, was->f_bfree);
	CHECK_EQ(is.f_ffree, was->f_ffree);
}

static void write_page(const char *name)
{
	int fd = CHECK_OK(open(name, O_CREAT | O_RDWR, 0644));
	char page[4096] = "";

	CHECK_EQ(write(fd, page, sizeof(page)), (ssize_t)sizeof(page));
	CHECK_OK(close(fd));
}

TEST(file_goes_with_its_name_wherever_it_was_used, SYS_unlink, SYS_rmdir)
{
	struct statfs before;

	mount_with_directories();
	before = usage();
	for (int i = 0; i < 200; i++) {
		CHECK_OK(mkdir("m/d", 0755));
		for (int k = 0; k < i % 5; k++) {
			hop();
			write_page("m/d/x");
			write_page("m/d/y");
			for (int n = 0; n < i % 20; n++)
				CHECK_OK(close(CHECK_OK(open("m/d/x", O_RDONLY))));
			if (k % 2)
				CHECK_OK(rename("m/d/y", "m/d/x"));
		}
		unlink("m/d/x");
		unlink("m/d/y");
		CHECK_OK(rmdir("m/d"));
		check_usage(&before);
	}
	CHECK_OK(umount("m"));
}

/* Opens and closes whatever has the name at the moment. */
static void use_names(void)
{
	char name[8];

	for (unsigned i = 0; !*stop; i++) {
		int fd;

		snprintf(name, sizeof(name), "m/a/%u", i % 3);
		fd = open(name, i % 7 ? O_RDONLY : O_RDONLY | O_CREAT, 0644);
		if (i % 64 == 0)
			hop();
		if (fd >= 0)
			close(fd);
	}
}

static void take_names_away(void)
{
	char name[8], other[8];

	for (unsigned i = 0; !*stop; i++) {
		snprintf(name, sizeof(name), "m/a/%u", i % 3);
		snprintf(other, sizeof(other), "m/b/%u", i % 2);
		if (i % 5 == 0)
			rename(name, other);
		else if (i % 5 == 1)
			unlink(other);
		else
			unlink(name);
		if (i % 64 == 0)
			hop();
	}
}

TEST(names_go_while_they_are_used, SYS_unlink)
{
	struct statfs before;
	pid_t pids[4];

	mount_with_directories();
	before = usage();
	stop = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(stop != MAP_FAILED);
	for (int i = 0; i < 4; i++)
		pids[i] = start(i < 2 ? use_names : take_names_away);
	usleep(1500000);
	end_all(pids, 4);
	for (int i = 0; i < 3; i++) {
		char name[8];

		snprintf(name, sizeof(name), "m/a/%d", i);
		unlink(name);
		snprintf(name, sizeof(name), "m/b/%d", i);
		unlink(name);
	}
	check_usage(&before);
	CHECK_OK(rmdir("m/a"));
	CHECK_OK(rmdir("m/b"));
	CHECK_OK(unlink("m/f"));
	CHECK_EQ(usage().f_ffree, before.f_ffree + 3);
	CHECK_OK(umount("m"));
}

/* ---- Limits ---- */

enum { INODES = 150 };

static void make_all(int number, const char *how)
{
	char name[16];
	int n = 0, fd;

	hop();
	for (;; n++) {
		snprintf(name, sizeof(name), "m/%d.%d", number, n);
		fd = open(name, O_CREAT | O_EXCL | O_WRONLY, 0644);
		if (fd < 0)
			break;
		close(fd);
		if (n % 8 == 7)
			hop();
	}
	CHECK_EQ(errno, ENOSPC);
	while (*how && --n >= 0) {
		snprintf(name, sizeof(name), "m/%d.%d", number, n);
		CHECK_OK(unlink(name));
		if (n % 16 == 0)
			hop();
	}
}

/* nr_inodes is exact, whichever processors make the files and whichever remove them. */
TEST(files_are_as_many_as_may_be, SYS_mount, SYS_unlink)
{
	pid_t pids[4];
	int status;

	CHECK_OK(mkdir("m", 0755));
	CHECK_OK(mount("m", "m", "tmpfs", 0, "nr_inodes=150"));
	for (int round = 0; round < 30; round++) {
		for (int i = 0; i < 4; i++) {
			pids[i] = CHECK_OK(fork());
			if (pids[i] == 0) {
				make_all(i, i % 2 || round % 3 == 0 ? "and remove" : "");
				_exit(0);
			}
		}
		for (int i = 0; i < 4; i++) {
			CHECK_OK(waitpid(pids[i], &status, 0));
			CHECK_EQ(status, 0);
		}
		make_all(4, "");
		CHECK_EQ(usage().f_ffree, 0);
		CHECK_ERR(mkdir("m/d", 0755), ENOSPC);
		CHECK_ERR(mount(NULL, "m", NULL, MS_REMOUNT, "nr_inodes=149"), EINVAL);
		CHECK_ERR(mkdir("m/d", 0755), ENOSPC);
		for (int i = 0; i <= 4; i++) {
			for (int n = 0; n < INODES; n++) {
				char name[16];

				snprintf(name, sizeof(name), "m/%d.%d", i, n);
				if (unlink(name) < 0)
					break;
			}
			hop();
		}
		CHECK_EQ(usage().f_ffree, INODES - 1);
		CHECK_OK(mount(NULL, "m", NULL, MS_REMOUNT, "nr_inodes=2"));
		CHECK_OK(mkdir("m/d", 0755));
		hop();
		CHECK_ERR(mkdir("m/e", 0755), ENOSPC);
		CHECK_OK(rmdir("m/d"));
		CHECK_OK(mount(NULL, "m", NULL, MS_REMOUNT, "nr_inodes=150"));
	}
	CHECK_OK(umount("m"));
}
