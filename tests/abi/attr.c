/* stat(2), chmod(2), chown(2), utime(2) and their kin, called as they are: the C library has other ways. */
#include "abi_test.h"
#include <dirent.h>
#include <grp.h>
#include <stddef.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <utime.h>

static int make(const char *name, int mode)
{
	int fd = CHECK_OK(syscall(SYS_open, name, O_CREAT | O_EXCL | O_RDWR, 0600));

	CHECK_OK(syscall(SYS_fchmod, fd, mode));
	return fd;
}

static struct stat look(const char *name)
{
	struct stat st;

	CHECK_OK(fstatat(AT_FDCWD, name, &st, AT_SYMLINK_NOFOLLOW));
	return st;
}

TEST(stat_of_a_descriptor_and_of_a_link, SYS_fstat, SYS_lstat)
{
	struct stat st, link, same;
	int fd = make("file", 0640), end[2];

	CHECK_EQ(write(fd, "hello", 5), 5);
	CHECK_OK(symlink("file", "link"));
	CHECK_OK(syscall(SYS_fstat, fd, &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0640);
	CHECK_EQ(st.st_size, 5);
	CHECK_EQ(st.st_nlink, 1);
	CHECK_OK(syscall(SYS_lstat, "link", &link));
	CHECK_EQ(link.st_mode, S_IFLNK | 0777);
	CHECK_EQ(link.st_size, 4);
	CHECK(link.st_ino != st.st_ino && link.st_dev == st.st_dev);
	CHECK_OK(syscall(SYS_lstat, "file", &same));
	CHECK_EQ(same.st_ino, st.st_ino);
	CHECK_OK(unlink("file"));
	CHECK_OK(syscall(SYS_fstat, fd, &st));
	CHECK_EQ(st.st_nlink, 0);
	CHECK_OK(pipe(end));
	CHECK_OK(syscall(SYS_fstat, end[0], &st));
	CHECK(S_ISFIFO(st.st_mode) && st.st_size == 0);
	CHECK_ERR(syscall(SYS_fstat, 99, &st), EBADF);
	CHECK_ERR(syscall(SYS_fstat, fd, (void *)-4096), EFAULT);
	CHECK_ERR(syscall(SYS_lstat, "file", &st), ENOENT);
	CHECK_ERR(syscall(SYS_lstat, "", &st), ENOENT);
	CHECK_ERR(syscall(SYS_lstat, "link/x", &st), ENOENT);
	CHECK_ERR(syscall(SYS_lstat, "link", (void *)-4096), EFAULT);
}

TEST(creat_truncates_and_opens_to_write, SYS_creat)
{
	char c;
	int fd;

	umask(022);
	fd = CHECK_OK(syscall(SYS_creat, "file", 0666));
	CHECK_EQ(look("file").st_mode, S_IFREG | 0644);
	CHECK_EQ(write(fd, "abc", 3), 3);
	CHECK_ERR(read(fd, &c, 1), EBADF);
	CHECK_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_WRONLY);
	fd = CHECK_OK(syscall(SYS_creat, "file", 0600));
	CHECK_EQ(look("file").st_size, 0);
	CHECK_EQ(look("file").st_mode, S_IFREG | 0644);
	CHECK_ERR(syscall(SYS_creat, ".", 0600), EISDIR);
	CHECK_ERR(syscall(SYS_creat, "none/file", 0600), ENOENT);
}

TEST(links_are_read, SYS_readlink, SYS_readlinkat)
{
	char buf[16];
	int dir = CHECK_OK(open(".", O_RDONLY | O_DIRECTORY)), link;

	CHECK_OK(symlink("to/nowhere", "link"));
	memset(buf, 'z', sizeof(buf));
	CHECK_EQ(syscall(SYS_readlink, "link", buf, sizeof(buf)), 10);
	CHECK_EQ(memcmp(buf, "to/nowherez", 11), 0); /* no NUL */
	CHECK_EQ(syscall(SYS_readlink, "link", buf, 3), 3);
	CHECK_ERR(syscall(SYS_readlink, "link", buf, 0), EINVAL);
	CHECK_ERR(syscall(SYS_readlink, "link", buf, -1), EINVAL);
	CHECK_ERR(syscall(SYS_readlink, ".", buf, 5), EINVAL);
	CHECK_ERR(syscall(SYS_readlink, "none", buf, 5), ENOENT);
	CHECK_ERR(syscall(SYS_readlink, "link", (void *)-4096, 5), EFAULT);
	CHECK_EQ(syscall(SYS_readlinkat, dir, "link", buf, 5), 5);
	link = CHECK_OK(open("link", O_PATH | O_NOFOLLOW));
	CHECK_EQ(syscall(SYS_readlinkat, link, "", buf, sizeof(buf)), 10);
	CHECK_ERR(syscall(SYS_readlinkat, dir, "", buf, 5), ENOENT);
	CHECK_ERR(syscall(SYS_readlinkat, AT_FDCWD, "", buf, 5), ENOENT);
	CHECK_ERR(syscall(SYS_readlinkat, 99, "link", buf, 5), EBADF);
	CHECK_ERR(syscall(SYS_readlinkat, dir, "link/", buf, 5), ENOENT);
}

TEST(modes_change, SYS_chmod, SYS_fchmod, SYS_fchmodat)
{
	int fd = make("file", 0600), path = CHECK_OK(open("file", O_PATH)),
	    here = CHECK_OK(open(".", O_RDONLY));

	CHECK_OK(symlink("file", "link"));
	CHECK_OK(syscall(SYS_chmod, "link", 07777));
	CHECK_EQ(look("file").st_mode, S_IFREG | 07777);
	CHECK_EQ(look("link").st_mode, S_IFLNK | 0777);
	CHECK_OK(syscall(SYS_fchmod, fd, 0170123)); /* only the low bits count */
	CHECK_EQ(look("file").st_mode, S_IFREG | 0123);
	CHECK_OK(syscall(SYS_fchmodat, here, "file", 0456));
	CHECK_EQ(look("file").st_mode, S_IFREG | 0456);
	CHECK_ERR(syscall(SYS_fchmod, path, 0600), EBADF);
	CHECK_ERR(syscall(SYS_fchmod, 99, 0600), EBADF);
	CHECK_ERR(syscall(SYS_chmod, "none", 0600), ENOENT);
	CHECK_ERR(syscall(SYS_fchmodat, here, "", 0600), ENOENT);
	CHECK_OK(chmod(".", 0777));
	CHECK_OK(chown("file", 1000, 77));
	CHECK_CHILD({
		CHECK_OK(setgid(1000));
		CHECK_OK(setuid(1000));
		/* Of another group: the set-group-ID bit goes. */
		CHECK_OK(syscall(SYS_chmod, "file", 02755));
		CHECK_EQ(look("file").st_mode, S_IFREG | 0755);
	});
	CHECK_CHILD({
		CHECK_OK(setuid(1001));
		CHECK_ERR(syscall(SYS_chmod, "file", 0600), EPERM);
		CHECK_ERR(syscall(SYS_fchmod, fd, 0600), EPERM);
		CHECK_ERR(syscall(SYS_fchmodat, here, "file", 0600), EPERM);
	});
}

TEST(owners_change, SYS_chown, SYS_fchown, SYS_lchown, SYS_fchownat)
{
	int fd = make("file", 06755), here = CHECK_OK(open(".", O_RDONLY));
	gid_t groups[] = { 500 };

	CHECK_OK(symlink("file", "link"));
	CHECK_OK(syscall(SYS_chown, "link", 10, 20));
	CHECK(look("file").st_uid == 10 && look("file").st_gid == 20);
	CHECK_EQ(look("link").st_uid, 0);
	CHECK_EQ(look("file").st_mode, S_IFREG | 0755); /* set-ID bits go, root's chown too */
	CHECK_OK(syscall(SYS_lchown, "link", 11, -1));
	CHECK(look("link").st_uid == 11 && look("link").st_gid == 0);
	CHECK_EQ(look("file").st_uid, 10);
	CHECK_OK(syscall(SYS_fchown, fd, -1, 21));
	CHECK(look("file").st_uid == 10 && look("file").st_gid == 21);
	CHECK_OK(syscall(SYS_fchownat, here, "link", 12, 22, AT_SYMLINK_NOFOLLOW));
	CHECK(look("link").st_uid == 12 && look("link").st_gid == 22);
	CHECK_OK(syscall(SYS_fchownat, fd, "", 13, -1, AT_EMPTY_PATH));
	CHECK_EQ(look("file").st_uid, 13);
	CHECK_ERR(syscall(SYS_fchownat, fd, "", 13, -1, 0), ENOENT);
	CHECK_ERR(syscall(SYS_fchownat, here, "file", 13, -1, 0x8000), EINVAL);
	CHECK_ERR(syscall(SYS_fchown, 99, 1, 1), EBADF);
	CHECK_ERR(syscall(SYS_chown, "none", 1, 1), ENOENT);
	CHECK_OK(chmod(".", 0777));
	CHECK_OK(syscall(SYS_chown, "file", 1000, 1000));
	CHECK_CHILD({
		CHECK_OK(setgroups(1, groups));
		CHECK_OK(setgid(1000));
		CHECK_OK(setuid(1000));
		CHECK_OK(syscall(SYS_chown, "file", -1, 500));
		CHECK_OK(syscall(SYS_fchown, fd, 1000, 1000));
		CHECK_ERR(syscall(SYS_chown, "file", -1, 501), EPERM);
		CHECK_ERR(syscall(SYS_chown, "file", 1001, -1), EPERM);
		CHECK_ERR(syscall(SYS_lchown, "link", -1, 1000), EPERM);
		CHECK_ERR(syscall(SYS_fchownat, here, "file", 1001, -1, 0), EPERM);
	});
}

TEST(times_change, SYS_utime, SYS_utimes, SYS_futimesat)
{
	struct utimbuf seconds = { 1000, 2000 };
	struct timeval micro[2] = { { 3000, 1 }, { 4000, 999999 } },
		       bad[2] = { { 1, 1000000 }, { 1, 0 } };
	int fd = make("file", 0644), here = CHECK_OK(open(".", O_RDONLY));
	struct stat st;
	time_t now = time(NULL);

	CHECK_OK(symlink("file", "link"));
	CHECK_OK(syscall(SYS_utime, "link", &seconds));
	st = look("file");
	CHECK(st.st_atime == 1000 && st.st_mtime == 2000 && st.st_mtim.tv_nsec == 0);
	CHECK(st.st_ctime >= now - 1);
	CHECK_OK(syscall(SYS_utimes, "file", micro));
	st = look("file");
	CHECK(st.st_atime == 3000 && st.st_atim.tv_nsec == 1000);
	CHECK(st.st_mtime == 4000 && st.st_mtim.tv_nsec == 999999000);
	micro[0].tv_sec = 5000;
	CHECK_OK(syscall(SYS_futimesat, here, "file", micro));
	CHECK_EQ(look("file").st_atime, 5000);
	micro[0].tv_sec = 6000;
	CHECK_OK(syscall(SYS_futimesat, fd, NULL, micro)); /* the descriptor itself */
	CHECK_EQ(look("file").st_atime, 6000);
	CHECK_OK(syscall(SYS_utime, "file", NULL));
	CHECK(look("file").st_mtime >= now - 1);
	CHECK_ERR(syscall(SYS_utimes, "file", bad), EINVAL);
	CHECK_ERR(syscall(SYS_futimesat, here, "file", bad), EINVAL);
	CHECK_ERR(syscall(SYS_utime, "none", NULL), ENOENT);
	CHECK_ERR(syscall(SYS_utime, "file", (void *)-4096), EFAULT);
	CHECK_ERR(syscall(SYS_utimes, "file", (void *)-4096), EFAULT);
	CHECK_ERR(syscall(SYS_futimesat, 99, "file", micro), EBADF);
	CHECK_OK(chmod("file", 0666));
	CHECK_OK(chmod(".", 0777));
	CHECK_CHILD({
		CHECK_OK(setuid(1000));
		CHECK_OK(syscall(SYS_utime, "file", NULL)); /* who may write may say "now" */
		CHECK_ERR(syscall(SYS_utime, "file", &seconds), EPERM);
		CHECK_OK(syscall(SYS_utimes, "file", NULL));
		CHECK_ERR(syscall(SYS_utimes, "file", micro), EPERM);
	});
	CHECK_OK(chmod("file", 0644));
	CHECK_CHILD({
		CHECK_OK(setuid(1000));
		CHECK_ERR(syscall(SYS_utime, "file", NULL), EACCES);
	});
}

struct old_dirent {
	unsigned long ino, off;
	unsigned short len;
	char name[];
};

TEST(directories_are_read_in_the_old_form, SYS_getdents)
{
	_Alignas(8) char buf[256];
	unsigned seen = 0, n;
	long got;
	int fd;

	for (int i = 0; i < 20; i++) {
		snprintf(buf, sizeof(buf), "name%d", i);
		close(make(buf, 0600));
	}
	CHECK_OK(mkdir("dir", 0700));
	fd = CHECK_OK(open(".", O_RDONLY | O_DIRECTORY));
	for (n = 0; (got = CHECK_OK(syscall(SYS_getdents, fd, buf, sizeof(buf)))) > 0;)
		for (long at = 0; at < got; n++) {
			struct old_dirent *entry = (void *)(buf + at);
			int type = buf[at + entry->len - 1], number;

			CHECK(entry->ino != 0 && entry->len % 8 == 0 && at + entry->len <= got);
			CHECK_EQ(entry->ino, look(entry->name).st_ino);
			CHECK_EQ(type, entry->name[0] == 'n' ? DT_REG : DT_DIR);
			if (sscanf(entry->name, "name%d", &number) == 1)
				seen |= 1u << number;
			at += entry->len;
		}
	CHECK_EQ(n, 23);
	CHECK_EQ(seen, 0xfffff);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_ERR(syscall(SYS_getdents, fd, buf, 8), EINVAL);
	CHECK_ERR(syscall(SYS_getdents, fd, (void *)-4096, 256), EFAULT);
	CHECK_ERR(syscall(SYS_getdents, 99, buf, 256), EBADF);
	fd = CHECK_OK(open("name1", O_RDONLY));
	CHECK_ERR(syscall(SYS_getdents, fd, buf, 256), ENOTDIR);
}

TEST(the_working_directory_has_a_name, SYS_getcwd)
{
	char here[200], buf[200], deep[260];
	int len = CHECK_OK(syscall(SYS_getcwd, here, sizeof(here)));

	CHECK_EQ(len, strlen(here) + 1);
	CHECK_EQ(strncmp(here, "/tmp/abi.", 9), 0);
	CHECK_EQ(syscall(SYS_getcwd, buf, len), len);
	CHECK_ERR(syscall(SYS_getcwd, buf, len - 1), ERANGE);
	CHECK_ERR(syscall(SYS_getcwd, buf, 0), ERANGE);
	CHECK_ERR(syscall(SYS_getcwd, (void *)-4096, 100), EFAULT);
	CHECK_OK(mkdir("a", 0700));
	CHECK_OK(chdir("a"));
	snprintf(deep, sizeof(deep), "%s/a", here);
	CHECK_EQ(syscall(SYS_getcwd, buf, sizeof(buf)), len + 2);
	CHECK_EQ(strcmp(buf, deep), 0);
	CHECK_OK(rename("../a", "../b"));
	CHECK_OK(syscall(SYS_getcwd, buf, sizeof(buf)));
	CHECK_EQ(buf[len], 'b');
	CHECK_OK(rmdir("../b"));
	CHECK_ERR(syscall(SYS_getcwd, buf, sizeof(buf)), ENOENT);
	CHECK_OK(chdir("/"));
	CHECK_EQ(syscall(SYS_getcwd, buf, sizeof(buf)), 2);
	CHECK_EQ(strcmp(buf, "/"), 0);
}

/* The kernel reckons with access times, however far away they are. */
TEST(times_may_be_far_away, SYS_utimensat)
{
	struct timespec t[2] = { { .tv_sec = INT64_MIN / 2 }, { .tv_sec = INT64_MAX / 2 } };
	char byte;
	int fd;

	fd = CHECK_OK(open("/tmp/far", O_CREAT | O_RDWR, 0600));
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_OK(futimens(fd, t));
	CHECK_EQ(pread(fd, &byte, 1, 0), 1);
	CHECK_OK(unlink("/tmp/far"));
}
