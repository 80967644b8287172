/* Corners of the file calls: trailing slashes, offsets at the end of the world, flags that are passed over. */
#include "abi_test.h"
#include <linux/openat2.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/xattr.h>

static int make_file(const char *name)
{
	int fd = CHECK_OK(open(name, O_CREAT | O_RDWR | O_TRUNC, 0644));

	CHECK_EQ(write(fd, "0123456789", 10), 10);
	return fd;
}

TEST(creating_with_a_slash_is_eisdir, SYS_open, SYS_openat)
{
	close(make_file("f"));
	CHECK_OK(symlink("nowhere", "dangling"));
	CHECK_ERR(open("f/", O_CREAT | O_RDWR, 0644), EISDIR);
	CHECK_ERR(open("new/", O_CREAT | O_RDWR, 0644), EISDIR);
	CHECK_ERR(open("dangling/", O_CREAT | O_RDWR, 0644), EISDIR);
	CHECK_ERR(access("nowhere", F_OK), ENOENT);
	CHECK_ERR(open("f/", O_RDWR), ENOTDIR);
}

TEST(anybody_makes_a_whiteout, SYS_mknod, SYS_mknodat)
{
	umask(0);
	CHECK_OK(mkdir("d", 0777));
	CHECK_OK(chdir("d"));
	CHECK_CHILD({
		CHECK_OK(setresuid(1000, 1000, 1000));
		CHECK_OK(mknod("w", S_IFCHR, makedev(0, 0)));
		CHECK_ERR(mknod("c", S_IFCHR, makedev(1, 3)), EPERM);
		CHECK_ERR(mknod("b", S_IFBLK, makedev(0, 0)), EPERM);
		CHECK_OK(mknod("p", S_IFIFO | 0600, 0));
	});
}

TEST(hard_links_to_foreign_files_are_refused, SYS_link, SYS_linkat)
{
	close(make_file("f"));
	close(make_file("open_to_all"));
	CHECK_OK(chmod("open_to_all", 0666));
	CHECK_OK(chmod(".", 0777));
	CHECK_CHILD({
		CHECK_OK(setresuid(1000, 1000, 1000));
		CHECK_ERR(link("f", "l"), EPERM);
		CHECK_OK(link("open_to_all", "l"));
	});
	CHECK_OK(link("f", "l2"));
}

/* proc(5), protected_symlinks: Debian's kernel has it on. */
TEST(links_of_others_in_sticky_directories_are_not_followed, SYS_open, SYS_openat)
{
	umask(0);
	close(make_file("f"));
	CHECK_OK(mkdir("s", 01777));
	CHECK_OK(chmod("s", 01777));
	CHECK_OK(symlink("../f", "s/roots"));
	CHECK_OK(symlink("../f", "s/theirs"));
	CHECK_OK(lchown("s/theirs", 1000, 1000));
	CHECK_OK(open("s/roots", O_RDONLY));
	CHECK_ERR(open("s/theirs", O_RDONLY), EACCES);
	CHECK_ERR(open("s/theirs", O_RDWR | O_CREAT, 0600), EACCES);
	CHECK_OK(open("s/theirs", O_PATH | O_NOFOLLOW));
	CHECK_OK(chmod("s", 0777));
	CHECK_OK(open("s/theirs", O_RDONLY));
}

TEST(offsets_do_not_wrap, SYS_lseek, SYS_pread64, SYS_pwrite64)
{
	int fd = make_file("f");
	const off_t end = 0x7fffffffffffffff;
	char c;

	CHECK_EQ(lseek(fd, end, SEEK_SET), end);
	CHECK_ERR(lseek(fd, 1, SEEK_CUR), EINVAL);
	CHECK_ERR(pread(fd, &c, 1, end), EINVAL);
	CHECK_ERR(pwrite(fd, &c, 1, end), EINVAL);
	CHECK_EQ(pread(fd, &c, 0, end), 0);
}

TEST(objects_without_a_position_can_be_seeked, SYS_lseek)
{
	int fd[2];

	CHECK_EQ(lseek(CHECK_OK(eventfd(0, 0)), 5, SEEK_SET), 0);
	CHECK_EQ(lseek(CHECK_OK(timerfd_create(CLOCK_MONOTONIC, 0)), 5, SEEK_SET), 0);
	CHECK_OK(pipe(fd));
	CHECK_ERR(lseek(fd[0], 0, SEEK_CUR), ESPIPE);
	CHECK_ERR(lseek(CHECK_OK(open("/proc/self/status", O_RDONLY)), 0, SEEK_END), EINVAL);
}

TEST(rwf_flags, SYS_preadv2, SYS_pwritev2)
{
	char buf[8];
	struct iovec iov = { buf, 8 }, none = { buf, 0 };
	int fd = make_file("f"), ev = CHECK_OK(eventfd(0, 0)), p[2];

	CHECK_EQ(preadv2(fd, &iov, 1, 0, RWF_DSYNC | RWF_SYNC | RWF_APPEND | RWF_HIPRI), 8);
	CHECK_ERR(preadv2(fd, &iov, 1, 0, RWF_NOWAIT), EOPNOTSUPP);
	CHECK_ERR(pwritev2(fd, &iov, 1, 0, 0x4000), EOPNOTSUPP);
	CHECK_EQ(pwritev2(fd, &none, 1, 0, 0x4000), 0);
	CHECK_EQ(pwritev2(fd, &iov, 1, 0, RWF_APPEND), 8);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 18);
	CHECK_ERR(preadv2(ev, &iov, 1, -1, RWF_NOWAIT), EAGAIN);
	CHECK_EQ(preadv2(CHECK_OK(open("/dev/zero", O_RDONLY)), &iov, 1, -1, RWF_NOWAIT), 8);
	CHECK_OK(pipe(p));
	CHECK_ERR(pwritev2(p[1], &iov, 1, -1, RWF_NOWAIT), EOPNOTSUPP);
}

TEST(fallocate_modes_that_stand_alone, SYS_fallocate)
{
	int fd = make_file("f"), p[2];

	CHECK_ERR(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_KEEP_SIZE, 0, 4096), EINVAL);
	CHECK_ERR(fallocate(fd, FALLOC_FL_INSERT_RANGE | FALLOC_FL_KEEP_SIZE, 0, 4096), EINVAL);
	CHECK_ERR(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, 4096), EOPNOTSUPP);
	CHECK_ERR(fallocate(CHECK_OK(eventfd(0, 0)), 0, 0, 1), ENODEV);
	CHECK_OK(pipe(p));
	CHECK_ERR(fallocate(p[1], 0, 0, 1), ESPIPE);
}

TEST(statx_answers_what_was_asked, SYS_statx)
{
	struct statx x;

	close(make_file("f"));
	CHECK_OK(statx(AT_FDCWD, "f", 0, STATX_BASIC_STATS, &x));
	CHECK_EQ(x.stx_mask & STATX_BTIME, 0);
	CHECK_OK(statx(AT_FDCWD, "f", 0, STATX_ALL, &x));
	CHECK_EQ(x.stx_mask & (STATX_BASIC_STATS | STATX_BTIME), STATX_BASIC_STATS | STATX_BTIME);
	CHECK(x.stx_btime.tv_sec || x.stx_btime.tv_nsec);
	CHECK(x.stx_attributes_mask & STATX_ATTR_NODUMP);
	CHECK_OK(statx(AT_FDCWD, "/proc/version", 0, STATX_ALL, &x));
	CHECK_EQ(x.stx_mask & STATX_BTIME, 0);
	CHECK_EQ(x.stx_attributes_mask & STATX_ATTR_NODUMP, 0);
	CHECK_ERR(statx(AT_FDCWD, "f", 0, 0x80000000u, &x), EINVAL);
	CHECK_ERR(statx(AT_FDCWD, "f", AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC, 0, &x), EINVAL);
}

TEST(hints_are_remembered, SYS_fcntl)
{
	int fd = make_file("f");
	uint64_t hint = 9;

	CHECK_OK(fcntl(fd, F_GET_RW_HINT, &hint));
	CHECK_EQ(hint, 0);
	hint = 2;
	CHECK_OK(fcntl(fd, F_SET_RW_HINT, &hint));
	hint = 0;
	CHECK_OK(fcntl(fd, F_GET_RW_HINT, &hint));
	CHECK_EQ(hint, 2);
	hint = 6;
	CHECK_ERR(fcntl(fd, F_SET_RW_HINT, &hint), EINVAL);
}

TEST(long_link_texts_take_a_block, SYS_symlink, SYS_symlinkat)
{
	static char text[4001];
	struct stat st;

	memset(text, 'x', 4000);
	CHECK_OK(symlink(text, "long"));
	CHECK_OK(lstat("long", &st));
	CHECK_EQ(st.st_blocks, 8);
	text[100] = 0;
	CHECK_OK(symlink(text, "short"));
	CHECK_OK(lstat("short", &st));
	CHECK_EQ(st.st_blocks, 0);
}

TEST(trusted_attributes_are_hidden, SYS_listxattr, SYS_setxattr)
{
	char list[64];

	close(make_file("f"));
	CHECK_OK(chmod("f", 0666));
	CHECK_OK(setxattr("f", "trusted.a", "x", 1, 0));
	CHECK_ERR(setxattr("f", "trusted.", "x", 1, 0), EINVAL);
	CHECK_EQ(listxattr("f", list, sizeof(list)), 10);
	CHECK_OK(chmod(".", 0755));
	CHECK_CHILD({
		CHECK_OK(setresuid(1000, 1000, 1000));
		CHECK_EQ(listxattr("f", list, sizeof(list)), 0);
		CHECK_ERR(getxattr("f", "trusted.a", list, 1), ENODATA);
	});
}

/* openat2(2): EAGAIN wherever only the file system could say that a name is not there. */
TEST(a_cached_lookup_that_misses_is_eagain, SYS_openat2)
{
	struct open_how how = { .flags = O_RDONLY, .resolve = RESOLVE_CACHED };

	close(make_file("f"));
	CHECK_OK(syscall(SYS_openat2, AT_FDCWD, "f", &how, sizeof(how)));
	CHECK_ERR(syscall(SYS_openat2, AT_FDCWD, "none", &how, sizeof(how)), EAGAIN);
	CHECK_ERR(syscall(SYS_openat2, AT_FDCWD, "none/f", &how, sizeof(how)), EAGAIN);
	CHECK_OK(unlink("f"));
	CHECK_ERR(syscall(SYS_openat2, AT_FDCWD, "f", &how, sizeof(how)), EAGAIN);
}

TEST(a_nameless_file_gets_one_first_name, SYS_linkat)
{
	int fd = CHECK_OK(open(".", O_TMPFILE | O_RDWR, 0600));

	CHECK_OK(linkat(fd, "", AT_FDCWD, "t", AT_EMPTY_PATH));
	CHECK_OK(unlink("t"));
	CHECK_ERR(linkat(fd, "", AT_FDCWD, "t", AT_EMPTY_PATH), ENOENT);
	fd = CHECK_OK(open(".", O_TMPFILE | O_EXCL | O_RDWR, 0600));
	CHECK_ERR(linkat(fd, "", AT_FDCWD, "t", AT_EMPTY_PATH), ENOENT);
}

TEST(a_running_program_is_not_cut, SYS_open, SYS_openat)
{
	char buf[65536];
	int from = CHECK_OK(open("/bin/busybox", O_RDONLY)), to, n;
	pid_t child;

	to = CHECK_OK(open("sleep", O_CREAT | O_WRONLY, 0755));
	while ((n = CHECK_OK(read(from, buf, sizeof(buf)))) > 0)
		CHECK_EQ(write(to, buf, n), n);
	CHECK_EQ(WEXITSTATUS(CHILD({
			 execl("sleep", "sleep", "0", NULL);
			 _exit(errno);
		 })),
		 ETXTBSY);
	CHECK_OK(close(to));
	child = CHECK_OK(vfork());
	if (child == 0) {
		execl("sleep", "sleep", "100", NULL);
		_exit(1);
	}
	CHECK_ERR(open("sleep", O_RDONLY | O_TRUNC), ETXTBSY);
	CHECK_ERR(open("sleep", O_WRONLY), ETXTBSY);
	CHECK_ERR(truncate("sleep", 0), ETXTBSY);
	CHECK_OK(kill(child, SIGKILL));
}

TEST(allocating_is_writing, SYS_fallocate)
{
	struct stat st;
	int fd = make_file("f");

	CHECK_OK(fchmod(fd, 06755));
	CHECK_CHILD({
		CHECK_OK(setresuid(1000, 1000, 1000));
		CHECK_OK(fallocate(fd, 0, 0, 100));
	});
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_mode & 07777, 0755);
}

TEST(absurd_lengths_are_einval, SYS_sendfile)
{
	int fd = make_file("f"), p[2];

	CHECK_OK(pipe(p));
	CHECK_OK(lseek(fd, 0, SEEK_SET));
	CHECK_ERR(sendfile(p[1], fd, NULL, (size_t)-1), EINVAL);
	CHECK_EQ(sendfile(p[1], fd, NULL, 100), 10);
}

/* In /proc nothing can be made: what is not there is ENOENT, whatever the call. */
TEST(proc_has_no_room_for_names, SYS_mkdir, SYS_openat)
{
	CHECK_ERR(mkdir("/proc/none", 0755), ENOENT);
	CHECK_ERR(mkdir("/proc/self/none", 0755), ENOENT);
	CHECK_ERR(mkdir("/proc/sys", 0755), EEXIST);
	CHECK_ERR(symlink("a", "/proc/none"), ENOENT);
	CHECK_ERR(open("/proc/none", O_CREAT | O_RDWR, 0600), ENOENT);
	CHECK_ERR(open("/proc/self/fd/99", O_CREAT | O_RDWR, 0600), ENOENT);
	CHECK_ERR(rename("/proc/version", "/proc/none"), ENOENT);
	CHECK_ERR(link("/tmp", "/proc/none"), ENOENT);
}

/* EROFS comes before whether there is something to remove, and before EXDEV. */
TEST(a_read_only_mount_says_so_first, SYS_mount)
{
	CHECK_OK(mkdir("/tmp/ro", 0755));
	CHECK_OK(mount("ro", "/tmp/ro", "tmpfs", MS_RDONLY, NULL));
	CHECK_ERR(unlink("/tmp/ro/none"), EROFS);
	CHECK_ERR(rmdir("/tmp/ro/none"), EROFS);
	CHECK_ERR(rmdir("/tmp/ro/."), EINVAL);
	close(CHECK_OK(open("/tmp/ro_source", O_CREAT | O_RDWR, 0600)));
	CHECK_ERR(link("/tmp/ro_source", "/tmp/ro/x"), EROFS);
	CHECK_ERR(rename("/tmp/ro_source", "/tmp/ro/x"), EXDEV);
	CHECK_OK(unlink("/tmp/ro_source"));
	CHECK_OK(umount("/tmp/ro"));
	CHECK_OK(rmdir("/tmp/ro"));
}

/* memfd_create(2), F_SEAL_GROW: a write that would grow the file stops before that page. */
TEST(a_sealed_file_takes_no_part_of_a_page, SYS_memfd_create)
{
	int fd = CHECK_OK(memfd_create("sealed", MFD_ALLOW_SEALING));
	static char pages[3 * 4096];

	CHECK_OK(ftruncate(fd, 4096 + 100));
	CHECK_OK(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	CHECK_ERR(pwrite(fd, pages, 2, 4096 + 99), EPERM);
	CHECK_EQ(pwrite(fd, pages, 1, 4096 + 99), 1);
	CHECK_EQ(pwrite(fd, pages, sizeof(pages), 10), 4096 - 10);
	CHECK_ERR(pwrite(fd, pages, 1, 4096 + 100), EPERM);
}

/* posix_fadvise(2): only pipes and FIFOs are ESPIPE. */
TEST(advice_on_an_eventfd_is_taken, SYS_fadvise64)
{
	int p[2];

	CHECK_OK(pipe(p));
	CHECK_EQ(posix_fadvise(p[0], 0, 0, POSIX_FADV_NORMAL), ESPIPE);
	CHECK_EQ(posix_fadvise(CHECK_OK(eventfd(0, 0)), 0, 0, POSIX_FADV_NORMAL), 0);
}
