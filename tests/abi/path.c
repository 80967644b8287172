/* path_resolution(7), stat(2), rename(2), link(2), unlink(2), mkdir(2), permissions, getdents64(2), mount(2). */
#include "abi_test.h"
#include <dirent.h>
#include <linux/fs.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

static void touch(const char *name)
{
	close(CHECK_OK(open(name, O_CREAT | O_RDWR, 0644)));
}

TEST(symlinks_are_followed_to_a_limit, SYS_symlink, SYS_symlinkat)
{
	struct stat st;
	char buf[16];

	touch("f");
	CHECK_OK(symlink("f", "l"));
	CHECK_OK(stat("l", &st));
	CHECK(S_ISREG(st.st_mode));
	CHECK_OK(lstat("l", &st));
	CHECK(S_ISLNK(st.st_mode));
	CHECK_EQ(st.st_size, 1);
	CHECK_EQ(readlink("l", buf, 16), 1);
	CHECK_ERR(readlink("f", buf, 16), EINVAL);
	CHECK_OK(symlink("loop", "loop"));
	CHECK_ERR(stat("loop", &st), ELOOP);
	CHECK_ERR(symlink("x", "l"), EEXIST);
	CHECK_ERR(symlink("", "m"), ENOENT);
}

TEST(names_and_lengths, SYS_mkdir, SYS_mkdirat)
{
	char name[300];
	struct stat st;

	memset(name, 'n', sizeof(name));
	name[255] = 0;
	CHECK_OK(mkdir(name, 0755));
	name[255] = 'n';
	name[256] = 0;
	CHECK_ERR(mkdir(name, 0755), ENAMETOOLONG);
	CHECK_OK(mkdir("d/", 0755));
	CHECK_ERR(mkdir("d", 0755), EEXIST);
	CHECK_ERR(mkdir("d/.", 0755), EEXIST);
	CHECK_ERR(mkdir("no/d", 0755), ENOENT);
	CHECK_OK(stat("d/../d/.", &st));
	CHECK_EQ(st.st_nlink, 2);
	touch("f");
	CHECK_ERR(stat("f/x", &st), ENOTDIR);
	CHECK_ERR(stat("f/.", &st), ENOTDIR);
}

TEST(directories_are_removed_when_empty, SYS_rmdir, SYS_unlinkat)
{
	CHECK_OK(mkdir("d", 0755));
	touch("d/f");
	CHECK_ERR(rmdir("d"), ENOTEMPTY);
	CHECK_ERR(unlink("d"), EISDIR);
	CHECK_ERR(rmdir("d/f"), ENOTDIR);
	CHECK_ERR(rmdir("d/."), EINVAL);
	CHECK_ERR(rmdir("/"), EBUSY);
	CHECK_OK(unlink("d/f"));
	CHECK_OK(rmdir("d"));
	CHECK_ERR(rmdir("d"), ENOENT);
}

TEST(renames_replace_and_refuse, SYS_rename, SYS_renameat, SYS_renameat2)
{
	struct stat a, b;

	touch("a");
	touch("b");
	CHECK_OK(stat("a", &a));
	CHECK_OK(rename("a", "b"));
	CHECK_OK(stat("b", &b));
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_ERR(stat("a", &a), ENOENT);
	CHECK_OK(mkdir("d", 0755));
	CHECK_ERR(rename("b", "d"), EISDIR);
	CHECK_ERR(rename("d", "b"), ENOTDIR);
	CHECK_ERR(rename("d", "d/e"), EINVAL);
	touch("a");
	CHECK_ERR(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_NOREPLACE), EEXIST);
	CHECK_OK(renameat2(AT_FDCWD, "a", AT_FDCWD, "d", RENAME_EXCHANGE));
	CHECK_OK(stat("a", &a));
	CHECK(S_ISDIR(a.st_mode));
	CHECK_ERR(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_NOREPLACE | RENAME_EXCHANGE),
		  EINVAL);
	CHECK_OK(mkdir("full", 0755));
	touch("full/x");
	CHECK_ERR(rename("a", "full"), ENOTEMPTY);
}

TEST(hard_links_count, SYS_link, SYS_linkat)
{
	struct stat st;

	touch("a");
	CHECK_OK(link("a", "b"));
	CHECK_OK(stat("a", &st));
	CHECK_EQ(st.st_nlink, 2);
	CHECK_OK(unlink("a"));
	CHECK_OK(stat("b", &st));
	CHECK_EQ(st.st_nlink, 1);
	CHECK_OK(mkdir("d", 0755));
	CHECK_ERR(link("d", "e"), EPERM);
	CHECK_ERR(link("b", "b"), EEXIST);
	int fd = CHECK_OK(open(".", O_TMPFILE | O_RDWR, 0600));
	char proc[64];
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	CHECK_OK(linkat(AT_FDCWD, proc, AT_FDCWD, "t", AT_SYMLINK_FOLLOW));
	CHECK_OK(stat("t", &st));
}

TEST(open_file_lives_after_unlink, SYS_unlink, SYS_unlinkat)
{
	int fd = CHECK_OK(open("f", O_CREAT | O_RDWR, 0600));
	struct stat st;

	CHECK_OK(unlink("f"));
	CHECK_EQ(write(fd, "abc", 3), 3);
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_nlink, 0);
	CHECK_EQ(st.st_size, 3);
}

TEST(permissions_bind_users, SYS_faccessat, SYS_access, SYS_faccessat2)
{
	CHECK_OK(chmod(".", 0755));
	touch("f");
	CHECK_OK(chmod("f", 0600));
	CHECK_OK(mkdir("closed", 0700));
	CHECK_OK(mkdir("sticky", 0777));
	CHECK_OK(chmod("sticky", 01777));
	touch("sticky/root");
	CHECK_CHILD({
		CHECK_OK(setgid(1000));
		CHECK_OK(setuid(1000));
		CHECK_ERR(open("f", O_RDONLY), EACCES);
		CHECK_ERR(access("f", R_OK), EACCES);
		CHECK_OK(access("f", F_OK));
		CHECK_ERR(open("closed/x", O_RDONLY), EACCES);
		CHECK_ERR(unlink("sticky/root"), EPERM);
		CHECK_ERR(open("new", O_CREAT | O_RDWR, 0600), EACCES);
		CHECK_ERR(chmod("f", 0666), EPERM);
		CHECK_ERR(chown("f", 1000, -1), EPERM);
		touch("sticky/mine");
		CHECK_OK(unlink("sticky/mine"));
	});
	CHECK_ERR(access("f", 8), EINVAL);
	CHECK_ERR(access("f", X_OK), EACCES);
}

TEST(stat_tells_all, SYS_newfstatat, SYS_stat)
{
	struct stat st;

	touch("f");
	CHECK_OK(chmod("f", 04751));
	CHECK_OK(chown("f", 12, 34));
	CHECK_OK(stat("f", &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0751);
	CHECK_EQ(st.st_uid, 12);
	CHECK_EQ(st.st_gid, 34);
	CHECK_EQ(st.st_blksize, 4096);
	CHECK_OK(stat("/dev/null", &st));
	CHECK(S_ISCHR(st.st_mode));
	CHECK_EQ(st.st_rdev, makedev(1, 3));
	CHECK_ERR(fstatat(AT_FDCWD, "f", &st, 0x8000000), EINVAL);
	CHECK_ERR(fstatat(AT_FDCWD, "", &st, 0), ENOENT);
	int fd = open("f", O_PATH);
	CHECK_OK(fstatat(fd, "", &st, AT_EMPTY_PATH));
	CHECK_EQ(st.st_uid, 12);
}

TEST(statx_fills_its_mask, SYS_statx)
{
	struct statx stx;

	touch("f");
	CHECK_OK(statx(AT_FDCWD, "f", 0, STATX_BASIC_STATS, &stx));
	CHECK_EQ(stx.stx_mask & STATX_BASIC_STATS, STATX_BASIC_STATS);
	CHECK_EQ(stx.stx_nlink, 1);
	CHECK_ERR(statx(AT_FDCWD, "f", 0, 0x80000000u, &stx), EINVAL);
}

TEST(times_are_set, SYS_utimensat)
{
	struct timespec ts[2] = { { 100, 5 }, { 200, 7 } };
	struct stat st;

	touch("f");
	CHECK_OK(utimensat(AT_FDCWD, "f", ts, 0));
	CHECK_OK(stat("f", &st));
	CHECK_EQ(st.st_atim.tv_sec, 100);
	CHECK_EQ(st.st_mtim.tv_nsec, 7);
	ts[0].tv_nsec = UTIME_OMIT;
	ts[1].tv_nsec = UTIME_NOW;
	CHECK_OK(utimensat(AT_FDCWD, "f", ts, 0));
	CHECK_OK(stat("f", &st));
	CHECK_EQ(st.st_atim.tv_sec, 100);
	CHECK(st.st_mtim.tv_sec > 1000000000);
	ts[0].tv_nsec = 1000000000;
	CHECK_ERR(utimensat(AT_FDCWD, "f", ts, 0), EINVAL);
}

TEST(directory_lists_each_entry_once, SYS_getdents64)
{
	bool found[300] = { false };
	char name[32];
	int count = 0;

	CHECK_OK(mkdir("d", 0755));
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "d/%d", i);
		touch(name);
	}
	DIR *dir = opendir("d");
	CHECK(dir != NULL);
	for (struct dirent *entry; (entry = readdir(dir));) {
		if (entry->d_name[0] == '.')
			continue;
		int i = atoi(entry->d_name);
		CHECK(!found[i]);
		CHECK_EQ(entry->d_type, DT_REG);
		found[i] = true;
		count++;
		snprintf(name, sizeof(name), "d/%d", i);
		CHECK_OK(unlink(name));
	}
	CHECK_EQ(count, 300);
	closedir(dir);
	CHECK_OK(rmdir("d"));
	int fd = CHECK_OK(open(".", O_RDONLY));
	char small[8];
	CHECK_ERR(syscall(SYS_getdents64, fd, small, 8), EINVAL);
	CHECK_ERR(syscall(SYS_getdents64, 0, small, 8), ENOTDIR);
}

TEST(working_directory, SYS_chdir, SYS_fchdir)
{
	char buf[4096], old[4096];

	CHECK(getcwd(old, sizeof(old)) != NULL);
	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(chdir("d"));
	CHECK(getcwd(buf, sizeof(buf)) != NULL);
	CHECK_EQ(strcmp(buf + strlen(old), "/d"), 0);
	CHECK_ERR(syscall(SYS_getcwd, buf, 3), ERANGE);
	CHECK_ERR(chdir("none"), ENOENT);
	CHECK_OK(rmdir("../d"));
	CHECK_ERR(syscall(SYS_getcwd, buf, sizeof(buf)), ENOENT);
	CHECK_ERR(open("x", O_CREAT | O_RDWR, 0600), ENOENT);
	CHECK_OK(chdir(old));
}

TEST(mounts_hide_and_bind, SYS_mount)
{
	struct stat st;
	struct statfs fs;

	CHECK_OK(mkdir("m", 0755));
	CHECK_OK(mkdir("n", 0755));
	touch("m/below");
	CHECK_OK(mount("t", "m", "tmpfs", MS_NOSUID, "size=64k,mode=0711"));
	CHECK_ERR(stat("m/below", &st), ENOENT);
	CHECK_OK(stat("m", &st));
	CHECK_EQ(st.st_mode & 07777, 0711);
	CHECK_OK(statfs("m", &fs));
	CHECK_EQ(fs.f_type, 0x01021994);
	CHECK_EQ(fs.f_blocks, 16);
	touch("m/inside");
	CHECK_OK(mount("m", "n", NULL, MS_BIND, NULL));
	CHECK_OK(stat("n/inside", &st));
	CHECK_OK(mount(NULL, "n", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	CHECK_ERR(open("n/inside", O_RDWR), EROFS);
	CHECK_OK(open("m/inside", O_RDWR | O_CLOEXEC) > 0 ? 0 : -1);
	CHECK_OK(umount("n"));
	CHECK_ERR(umount("m"), EBUSY);
	CHECK_OK(umount2("m", MNT_DETACH));
	CHECK_OK(stat("m/below", &st));
	CHECK_ERR(umount("m"), EINVAL);
	CHECK_ERR(mount("x", "m", "nosuchfs", 0, NULL), ENODEV);
	CHECK_ERR(rename("m", "n/x/y"), ENOENT);
}

TEST(full_tmpfs_says_enospc, SYS_mount)
{
	static char buf[65536];
	int fd;

	CHECK_OK(mkdir("m", 0755));
	CHECK_OK(mount("t", "m", "tmpfs", 0, "size=32k"));
	fd = CHECK_OK(open("m/f", O_CREAT | O_RDWR, 0600));
	CHECK_EQ(write(fd, buf, sizeof(buf)), 32768);
	CHECK_ERR(write(fd, buf, 1), ENOSPC);
	CHECK_OK(ftruncate(fd, 0));
	CHECK_EQ(write(fd, buf, 4096), 4096);
	CHECK_OK(close(fd));
	CHECK_OK(umount("m"));
}

TEST(chroot_confines, SYS_chroot)
{
	CHECK_OK(mkdir("r", 0755));
	touch("r/f");
	CHECK_CHILD({
		struct stat st;
		CHECK_OK(chroot("r"));
		CHECK_OK(chdir("/"));
		CHECK_OK(stat("/f", &st));
		CHECK_OK(stat("/../../f", &st));
		CHECK_ERR(stat("/bin/busybox", &st), ENOENT);
	});
}
