/* proc(5): hidepid=, gid= and subset= of a mount of procfs; link counts. */
#include "abi_test.h"
#include <dirent.h>
#include <grp.h>
#include <sys/mount.h>
#include <sys/xattr.h>

static pid_t foreign; /* root's */

static void begin(const char *options)
{
	if (!foreign) {
		foreign = CHECK_OK(fork());
		if (foreign == 0) {
			pause();
			_exit(0);
		}
		CHECK_OK(chmod(".", 0755));
		CHECK_OK(mkdir("p", 0755));
	}
	CHECK_OK(mount("proc", "p", "proc", 0, options));
}

static int errno_of(const char *below, pid_t pid)
{
	struct stat st;
	char name[64];

	snprintf(name, sizeof(name), "p/%d%s", pid, below);
	errno = 0;
	return stat(name, &st) ? errno : 0;
}

static bool listed(pid_t pid)
{
	DIR *dir = opendir("p");
	struct dirent *entry;
	bool found = false;

	CHECK(dir != NULL);
	while ((entry = readdir(dir)))
		found |= atoi(entry->d_name) == pid;
	closedir(dir);
	return found;
}

static void become_user(gid_t group)
{
	CHECK_OK(setgroups(group != 0, &group));
	CHECK_OK(setresgid(2000, 2000, 2000));
	CHECK_OK(setresuid(2000, 2000, 2000));
}

TEST(hidepid_guards_what_lies_below, SYS_mount)
{
	begin("hidepid=1");
	CHECK_CHILD({
		become_user(0);
		CHECK_EQ(errno_of("", foreign), 0);
		CHECK_EQ(errno_of("/status", foreign), EPERM);
		CHECK_EQ(errno_of("/fd", foreign), EPERM);
		CHECK(listed(foreign));
		CHECK_EQ(errno_of("/status", getpid()), 0);
		CHECK_OK(open("p/self/status", O_RDONLY));
		CHECK_OK(open("p/version", O_RDONLY));
	});
	CHECK_EQ(errno_of("/status", foreign), 0);
	CHECK_OK(umount("p"));
}

TEST(hidepid_hides_names, SYS_mount)
{
	static const char *const options[] = { "hidepid=2", "hidepid=invisible", "hidepid=4",
					       "hidepid=ptraceable" };

	for (unsigned i = 0; i < 4; i++) {
		begin(options[i]);
		CHECK_CHILD({
			become_user(0);
			CHECK_EQ(errno_of("", foreign), ENOENT);
			CHECK(!listed(foreign));
			CHECK(listed(getpid()));
			CHECK_EQ(errno_of("/status", getpid()), 0);
		});
		CHECK(listed(foreign));
		CHECK_OK(umount("p"));
	}
}

TEST(a_group_may_see_all, SYS_mount)
{
	begin("hidepid=2,gid=77");
	CHECK_CHILD({
		become_user(77);
		CHECK_EQ(errno_of("/status", foreign), 0);
		CHECK(listed(foreign));
	});
	CHECK_CHILD({
		become_user(78);
		CHECK_EQ(errno_of("/status", foreign), ENOENT);
	});
	CHECK_OK(mount(NULL, "p", NULL, MS_REMOUNT, "hidepid=0"));
	CHECK_CHILD({
		become_user(78);
		CHECK_EQ(errno_of("/status", foreign), 0);
	});
	CHECK_ERR(mount(NULL, "p", NULL, MS_REMOUNT, "hidepid=3"), EINVAL);
	CHECK_ERR(mount(NULL, "p", NULL, MS_REMOUNT, "gid=x"), EINVAL);
	CHECK_ERR(mount(NULL, "p", NULL, MS_REMOUNT, "subset=foo"), EINVAL);
	CHECK_OK(umount("p"));
}

TEST(subset_pid_shows_processes_alone, SYS_mount)
{
	struct dirent *entry;
	int others = 0;
	DIR *dir;

	begin("subset=pid");
	CHECK_EQ(errno_of("/status", foreign), 0);
	CHECK_OK(open("p/self/status", O_RDONLY));
	CHECK_OK(open("p/thread-self/comm", O_RDONLY));
	CHECK_ERR(open("p/version", O_RDONLY), ENOENT);
	CHECK_ERR(open("p/sys/kernel/osrelease", O_RDONLY), ENOENT);
	dir = opendir("p");
	while ((entry = readdir(dir)))
		others += entry->d_name[0] > '9';
	closedir(dir);
	CHECK_EQ(others, 2);
	CHECK_OK(umount2("p", MNT_DETACH));
}

TEST(link_counts_of_proc, SYS_newfstatat, SYS_stat)
{
	struct stat st;
	int before;

	CHECK_OK(stat("/proc/sys/kernel", &st));
	CHECK_EQ(st.st_nlink, 1);
	CHECK_OK(stat("/proc/self", &st));
	CHECK(st.st_nlink > 4);
	CHECK_OK(stat("/proc/self/fd", &st));
	CHECK_EQ(st.st_nlink, 2);
	CHECK_OK(stat("/proc", &st));
	before = st.st_nlink;
	pid_t child = CHECK_OK(fork());
	if (child == 0) {
		pause();
		_exit(0);
	}
	CHECK_OK(stat("/proc", &st));
	CHECK(st.st_nlink > before);
	CHECK_OK(kill(child, SIGKILL));
}

/* A name that is not there is not there; what is can be neither replaced nor removed. */
TEST(directories_of_processes_are_immutable, SYS_unlink, SYS_rmdir, SYS_rename, SYS_setxattr,
     SYS_openat, SYS_utimensat)
{
	static const char *const dirs[] = { "/proc/self", "/proc/thread-self" };
	char dir[64], name[80], other[80];
	struct statx stx;

	for (unsigned i = 0; i < 2; i++) {
		dir[CHECK_OK(readlink(dirs[i], dir + 6, 50)) + 6] = 0;
		memcpy(dir, "/proc/", 6);
		snprintf(name, sizeof(name), "%s/none", dir);
		CHECK_ERR(mkdir(name, 0755), ENOENT);
		CHECK_ERR(unlink(name), ENOENT);
		CHECK_ERR(open(name, O_CREAT | O_RDWR, 0644), ENOENT);
		CHECK_ERR(open(dir, O_TMPFILE | O_RDWR, 0600), EPERM);
		CHECK_ERR(setxattr(dir, "user.a", "x", 1, 0), EPERM);
		CHECK_ERR(utimensat(AT_FDCWD, dir, NULL, 0), EPERM);
		CHECK_ERR(unlink(dir), EPERM);
		CHECK_ERR(rmdir(dir), EPERM);
		snprintf(name, sizeof(name), "%s/status", dir);
		CHECK_ERR(mkdir(name, 0755), EEXIST);
		CHECK_ERR(unlink(name), EPERM);
		CHECK_ERR(rmdir(name), EPERM);
		snprintf(other, sizeof(other), "%s/fd", dir);
		CHECK_ERR(unlink(other), EPERM);
		CHECK_ERR(rmdir(other), EPERM);
		CHECK_ERR(rename(name, other), EPERM);
		CHECK_ERR(rename(other, name), EPERM);
		CHECK_OK(syscall(SYS_statx, AT_FDCWD, dir, 0, STATX_BASIC_STATS, &stx));
		CHECK_EQ(stx.stx_attributes & STATX_ATTR_IMMUTABLE, 0);
		CHECK_CHILD({
			become_user(0);
			CHECK_ERR(unlink(name), EPERM);
			CHECK_ERR(rmdir(other), EPERM);
		});
	}
	CHECK_ERR(unlink("/proc/sys"), EISDIR);
	CHECK_ERR(rmdir("/proc/version"), ENOTDIR);
}
