/*
 * What the calls on names say where several things are wrong with their arguments, as random
 * calls on both kernels showed it: openat2(2), linkat(2), rename(2), mknod(2), utimensat(2),
 * stat(2), umount2(2), xattr(7), path_resolution(7).
 */
#include "abi_test.h"
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/xattr.h>

#define BAD	 ((const char *)1)
#define NO_FD	 1000
#define PATH_LEN 4096 /* one more than fits */

static char long_name[257], long_path[PATH_LEN + 1];

static void prepare(void)
{
	memset(long_name, 'n', 256);
	memset(long_path, '/', PATH_LEN);
	CHECK_OK(chmod(".", 0755)); /* some ask as another user */
	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(close(CHECK_OK(open("f", O_CREAT | O_RDWR, 0644))));
	CHECK_OK(symlink("f", "l"));
}

static int openat2_(int dfd, const char *name, uint64_t flags, uint64_t resolve)
{
	struct open_how how = { .flags = flags, .resolve = resolve };

	return syscall(SYS_openat2, dfd, name, &how, sizeof(how));
}

/* An empty name is wrong before a bad descriptor is. */
TEST(an_empty_name_is_seen_first, SYS_openat, SYS_newfstatat, SYS_unlinkat, SYS_mkdirat, SYS_linkat)
{
	struct stat st;

	CHECK_ERR(openat(NO_FD, "", O_RDONLY), ENOENT);
	CHECK_ERR(openat2_(NO_FD, "", O_RDONLY, 0), ENOENT);
	CHECK_ERR(syscall(SYS_newfstatat, NO_FD, "", &st, 0), ENOENT);
	CHECK_ERR(unlinkat(NO_FD, "", 0), ENOENT);
	CHECK_ERR(mkdirat(NO_FD, "", 0755), ENOENT);
	CHECK_ERR(symlinkat("", NO_FD, "n"), ENOENT);
	CHECK_ERR(symlinkat("", AT_FDCWD, BAD), ENOENT);
	CHECK_ERR(linkat(NO_FD, "", AT_FDCWD, "n", 0), ENOENT);
	CHECK_ERR(fchownat(NO_FD, "", 0, 0, 0), ENOENT);
	CHECK_ERR(syscall(SYS_readlinkat, NO_FD, "", &st, 10), EBADF);
	CHECK_ERR(syscall(SYS_newfstatat, NO_FD, "", &st, AT_EMPTY_PATH), EBADF);
}

TEST(the_old_name_is_found_first, SYS_linkat, SYS_renameat2)
{
	prepare();
	CHECK_ERR(linkat(AT_FDCWD, "none", NO_FD, "n", 0), ENOENT);
	CHECK_ERR(linkat(AT_FDCWD, "f/x", AT_FDCWD, BAD, 0), ENOTDIR);
	CHECK_ERR(linkat(NO_FD, "f", AT_FDCWD, BAD, 0), EBADF);
	CHECK_ERR(linkat(AT_FDCWD, "none", AT_FDCWD, long_path, 0), ENOENT);
	CHECK_ERR(linkat(AT_FDCWD, "f", AT_FDCWD, BAD, 0), EFAULT);
	/* rename(2): its directory, not the name itself. */
	CHECK_ERR(renameat(AT_FDCWD, "none/x", NO_FD, "n"), ENOENT);
	CHECK_ERR(renameat(AT_FDCWD, "f/x", AT_FDCWD, BAD), ENOTDIR);
	CHECK_ERR(renameat(AT_FDCWD, "none/x", AT_FDCWD, long_path), ENOENT);
	CHECK_ERR(renameat(AT_FDCWD, "none", NO_FD, "n"), EBADF);
	CHECK_ERR(renameat(AT_FDCWD, "none", AT_FDCWD, BAD), EFAULT);
	/* Flags that do not go together, before either. */
	CHECK_ERR(syscall(SYS_renameat2, NO_FD, BAD, NO_FD, BAD, 3), EINVAL);
}

/* The last component's length is its file system's business. */
TEST(a_long_name_is_seen_late, SYS_renameat, SYS_rename)
{
	prepare();
	CHECK_ERR(rename(".", long_name), EBUSY);
	CHECK_ERR(rename("none", long_name), ENOENT);
	CHECK_ERR(rename("f", long_name), ENAMETOOLONG);
	CHECK_ERR(rename(long_name, ".."), EBUSY);
	CHECK_ERR(rename("/proc/none", long_name), EXDEV);
	CHECK_ERR(renameat(AT_FDCWD, "d/..", AT_FDCWD, long_name), EBUSY);
	CHECK_ERR(mkdir(long_name, 0755), ENAMETOOLONG);
	CHECK_ERR(open(long_name, O_CREAT | O_RDWR, 0600), ENAMETOOLONG);
	CHECK_ERR(unlink(long_name), ENAMETOOLONG);
}

TEST(mknod_looks_at_the_type_first, SYS_mknodat)
{
	struct stat st;

	CHECK_ERR(syscall(SYS_mknodat, NO_FD, "n", S_IFDIR | 0755, 0), EPERM);
	CHECK_ERR(syscall(SYS_mknodat, AT_FDCWD, BAD, S_IFLNK, 0), EINVAL);
	CHECK_ERR(syscall(SYS_mknodat, AT_FDCWD, "", 0150000, 0), EINVAL);
	/* A device number is for devices. */
	CHECK_OK(syscall(SYS_mknodat, AT_FDCWD, "n", S_IFREG | 0600, 0x103));
	CHECK_OK(stat("n", &st));
	CHECK_EQ(st.st_rdev, 0);
}

TEST(times_are_looked_at_behind_the_name, SYS_utimensat, SYS_futimesat)
{
	struct timespec bad[2] = { { 0, -1 }, { 0, UTIME_OMIT } };

	prepare();
	CHECK_ERR(syscall(SYS_utimensat, AT_FDCWD, "none", bad, 0), ENOENT);
	CHECK_ERR(syscall(SYS_utimensat, AT_FDCWD, "f/x", bad, 0), ENOTDIR);
	CHECK_ERR(syscall(SYS_utimensat, NO_FD, NULL, bad, 0), EBADF);
	CHECK_ERR(syscall(SYS_utimensat, AT_FDCWD, "f", bad, 0), EINVAL);
	CHECK_ERR(syscall(SYS_utimensat, AT_FDCWD, "none", BAD, 0), EFAULT);
	CHECK_ERR(syscall(SYS_futimesat, AT_FDCWD, NULL, NULL), EFAULT);
	CHECK_ERR(syscall(SYS_futimesat, NO_FD, NULL, NULL), EBADF);
}

TEST(stat_takes_the_flags_of_statx, SYS_newfstatat)
{
	struct stat st;

	prepare();
	CHECK_OK(syscall(SYS_newfstatat, AT_FDCWD, "f", &st, 0x2000));
	CHECK_OK(syscall(SYS_newfstatat, AT_FDCWD, "f", &st, 0x6000));
	CHECK_ERR(syscall(SYS_newfstatat, AT_FDCWD, "f", &st, 0x8000), EINVAL);
}

/* What O_PATH does not know it ignores, O_TMPFILE too; openat2(2) does not. */
TEST(o_path_ignores_o_tmpfile, SYS_openat, SYS_openat2)
{
	prepare();
	CHECK_OK(close(CHECK_OK(openat(AT_FDCWD, "d", O_PATH | O_TMPFILE))));
	CHECK_ERR(openat(AT_FDCWD, "f", O_PATH | O_TMPFILE), ENOTDIR);
	CHECK_ERR(openat(AT_FDCWD, "none", O_PATH | O_TMPFILE), ENOENT);
	CHECK_ERR(openat2_(AT_FDCWD, "d", O_PATH | O_TMPFILE, 0), EINVAL);
}

TEST(creating_over_a_mount, SYS_openat, SYS_openat2)
{
	struct open_how how = { .flags = O_CREAT | O_EXCL | O_RDWR, .mode = 0600 };

	prepare();
	CHECK_OK(mount("t", "d", "tmpfs", 0, NULL));
	CHECK_ERR(openat(AT_FDCWD, "d", O_CREAT, 0600), EISDIR);
	CHECK_ERR(openat(AT_FDCWD, "d", O_CREAT | O_EXCL, 0600), EEXIST);
	CHECK_ERR(syscall(SYS_openat2, AT_FDCWD, "d", &how, sizeof(how)), EEXIST);
	how.resolve = RESOLVE_NO_XDEV;
	CHECK_ERR(syscall(SYS_openat2, AT_FDCWD, "d", &how, sizeof(how)), EXDEV);
	CHECK_OK(umount("d"));
}

TEST(a_magic_link_is_cut_to_the_buffer, SYS_readlink)
{
	char text[8] = "";

	CHECK_OK(chdir("/"));
	CHECK_EQ(syscall(SYS_readlink, "/proc/self/exe", text, 1), 1);
	CHECK_EQ(text[0], '/');
	CHECK_EQ(text[1], 0);
	CHECK_EQ(syscall(SYS_readlink, "/proc/self", text, 1), 1);
}

/* On a read-only mount nothing about the attribute is looked at, and whom the mode shuts out
 * does not learn which attributes there are. */
TEST(attributes_behind_permissions, SYS_setxattr, SYS_getxattr)
{
	char got[8];

	prepare();
	CHECK_OK(mount("t", "d", "tmpfs", MS_RDONLY, NULL));
	CHECK_ERR(setxattr("d", "", "v", 1, 0), EROFS);
	CHECK_ERR(setxattr("d", "user.a", "v", 1, 9), EROFS);
	CHECK_ERR(removexattr("d", ""), EROFS);
	CHECK_OK(umount("d"));
	CHECK_OK(chmod("f", 0600));
	CHECK_ERR(setxattr("f", "unknown", "v", 1, 0), EOPNOTSUPP);
	CHECK_OK(seteuid(1000));
	CHECK_ERR(setxattr("f", "unknown", "v", 1, 0), EACCES);
	CHECK_ERR(getxattr("f", "unknown", got, 8), EACCES);
	CHECK_ERR(getxattr("f", "system.unknown", got, 8), EOPNOTSUPP);
	CHECK_OK(seteuid(0));
}

TEST(mounts_ask_in_order, SYS_mount, SYS_umount2, SYS_pivot_root)
{
	prepare();
	CHECK_ERR(umount2(BAD, 32), EINVAL);
	CHECK_ERR(mount(long_path, "d", "tmpfs", 0, NULL), EINVAL);
	CHECK_ERR(mount("t", "d", long_path, 0, NULL), EINVAL);
	CHECK_ERR(mount("t", long_path, "tmpfs", 0, NULL), ENAMETOOLONG);
	CHECK_OK(seteuid(1000));
	CHECK_ERR(umount2("l", UMOUNT_NOFOLLOW), EPERM);
	CHECK_ERR(umount2("none", 0), ENOENT);
	CHECK_ERR(syscall(SYS_pivot_root, BAD, BAD), EPERM);
	CHECK_OK(seteuid(0));
}

static int exec_errno(int dfd, const char *name, int flags)
{
	static char *const none[] = { NULL };

	errno = 0;
	syscall(SYS_execveat, dfd, name, none, none, flags);
	return errno;
}

TEST(execveat_reads_the_name_first, SYS_execveat)
{
	CHECK_EQ(exec_errno(AT_FDCWD, "", 1), ENOENT);
	CHECK_EQ(exec_errno(AT_FDCWD, BAD, 1), EFAULT);
	CHECK_EQ(exec_errno(NO_FD, "none", 1), EINVAL);
}

/* The path where a file was made (0: it was there or it failed), beginning with errno. */
static const char *created(const char *name, uint64_t flags, uint64_t resolve)
{
	static const char *const where[] = { "new", "a/new", "a/b/new", "b/new" };
	struct open_how how = { .flags = O_CREAT | O_RDWR | flags,
				.mode = 0600,
				.resolve = resolve };
	int dfd = CHECK_OK(open("a", O_PATH));
	int fd = syscall(SYS_openat2, dfd, name, &how, sizeof(how)), err = errno;
	const char *found = fd < 0 ? strerrorname_np(err) : "nothing";

	close(dfd);
	close(fd);
	for (unsigned i = 0; i < 4; i++)
		if (unlink(where[i]) == 0)
			found = where[i];
	return found;
}

#define CHECK_CREATED(name, flags, resolve, what)                                                  \
	do {                                                                                       \
		const char *created_ = created(name, flags, resolve);                              \
		if (strcmp(created_, what))                                                        \
			abi_fail(__FILE__, __LINE__, "%s: %s", name, created_);                    \
	} while (0)

/* openat2(2): links at the end of what is created stay within the directory, too. */
TEST(creating_through_a_link_stays_inside, SYS_openat2)
{
	CHECK_OK(mkdir("a", 0755));
	CHECK_OK(mkdir("a/b", 0755));
	CHECK_OK(mkdir("b", 0755));
	CHECK_OK(symlink("../new", "a/b/up"));
	CHECK_OK(symlink("/new", "a/b/abs"));
	CHECK_OK(symlink("../../new", "a/b/out"));
	CHECK_OK(symlink("new", "a/b/here"));
	CHECK_OK(symlink("b/up", "a/chain"));
	CHECK_OK(symlink("/b/new", "a/b/absb"));
	CHECK_OK(symlink("../b", "a/b/me"));

	CHECK_CREATED("b/up", 0, 0, "a/new");
	CHECK_CREATED("b/out", 0, 0, "new");
	CHECK_CREATED("b/here", 0, RESOLVE_BENEATH, "a/b/new");
	CHECK_CREATED("b/up", 0, RESOLVE_BENEATH, "a/new");
	CHECK_CREATED("chain", 0, RESOLVE_BENEATH, "a/new");
	CHECK_CREATED("b/out", 0, RESOLVE_BENEATH, "EXDEV");
	CHECK_CREATED("b/abs", 0, RESOLVE_BENEATH, "EXDEV");
	CHECK_CREATED("b/me", 0, RESOLVE_BENEATH, "EISDIR");
	CHECK_CREATED("b/up", 0, RESOLVE_IN_ROOT, "a/new");
	CHECK_CREATED("b/out", 0, RESOLVE_IN_ROOT, "a/new");
	CHECK_CREATED("b/abs", 0, RESOLVE_IN_ROOT, "a/new");
	CHECK_CREATED("b/absb", 0, RESOLVE_IN_ROOT, "a/b/new");
	CHECK_CREATED("chain", 0, RESOLVE_IN_ROOT, "a/new");
	CHECK_CREATED("b/me", 0, RESOLVE_IN_ROOT, "EISDIR");
	CHECK_CREATED("b/up", O_EXCL, RESOLVE_IN_ROOT, "EEXIST");
}

/* That it may not be left is said before that ".." is a directory. */
TEST(creating_above_the_directory, SYS_openat2)
{
	CHECK_OK(mkdir("a", 0755));
	CHECK_OK(mkdir("a/b", 0755));
	CHECK_OK(symlink("..", "a/up"));
	CHECK_CREATED("..", 0, 0, "EISDIR");
	CHECK_CREATED("..", 0, RESOLVE_BENEATH, "EXDEV");
	CHECK_CREATED("..", O_EXCL, RESOLVE_BENEATH, "EXDEV");
	CHECK_CREATED("b/../..", 0, RESOLVE_BENEATH, "EXDEV");
	CHECK_CREATED("b/..", 0, RESOLVE_BENEATH, "EISDIR");
	CHECK_CREATED("up", 0, RESOLVE_BENEATH, "EXDEV");
	CHECK_CREATED("..", 0, RESOLVE_IN_ROOT, "EISDIR");
	CHECK_OK(mount("t", "a", "tmpfs", 0, NULL));
	CHECK_CREATED("..", 0, RESOLVE_NO_XDEV, "EXDEV");
	CHECK_CREATED("..", O_EXCL, RESOLVE_NO_XDEV, "EXDEV");
	CHECK_OK(umount("a"));
}
