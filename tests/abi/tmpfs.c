/* tmpfs(5), rename(2): limits, options and whiteouts of a tmpfs. */
#include "abi_test.h"
#include <dirent.h>
#include <linux/fs.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>

static struct statfs usage(void)
{
	struct statfs fs;

	CHECK_OK(statfs("m", &fs));
	return fs;
}

static void begin(const char *options)
{
	CHECK_OK(mkdir("m", 0755));
	CHECK_OK(mount("t", "m", "tmpfs", 0, options));
}

static int remount(const char *options)
{
	return mount(NULL, "m", NULL, MS_REMOUNT, options);
}

static void touch(const char *name)
{
	close(CHECK_OK(open(name, O_CREAT | O_RDWR, 0644)));
}

TEST(options_set_the_root_and_the_limits, SYS_mount)
{
	static const char *const bad[] = { "size=x",	   "size=1x",	     "mode=999", "uid=-1",
					   "uid=x",	   "gid=4294967295", "huge=foo", "foo=1",
					   "nr_inodes=1%", "size=" };
	static char buf[65536];
	struct stat st;
	int fd;

	begin("size=1m,nr_inodes=10,mode=0700,uid=0x5,gid=6");
	CHECK_OK(stat("m", &st));
	CHECK_EQ(st.st_mode & 07777, 0700);
	CHECK_EQ(st.st_uid, 5);
	CHECK_EQ(st.st_gid, 6);
	CHECK_EQ(usage().f_blocks, 256);
	CHECK_EQ(usage().f_files, 10);
	CHECK_EQ(usage().f_ffree, 9);
	CHECK_OK(remount("nr_inodes=20,mode=0755,uid=7"));
	CHECK_EQ(usage().f_files, 20);
	CHECK_OK(stat("m", &st));
	CHECK_EQ(st.st_mode & 07777, 0700);
	fd = CHECK_OK(open("m/f", O_CREAT | O_RDWR, 0600));
	CHECK_EQ(write(fd, buf, sizeof(buf)), sizeof(buf));
	CHECK_EQ(usage().f_bfree, 256 - 16);
	CHECK_ERR(remount("size=32k"), EINVAL);
	CHECK_ERR(remount("nr_inodes=1"), EINVAL);
	CHECK_OK(remount("size=64k"));
	CHECK_EQ(usage().f_bfree, 0);
	CHECK_ERR(pwrite(fd, buf, 1, 65536), ENOSPC);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_ERR(remount(bad[i]), EINVAL);
	close(fd);
	CHECK_OK(umount("m"));
}

TEST(each_link_counts_as_an_inode, SYS_mount)
{
	begin("size=64k,nr_inodes=4");
	touch("m/a");
	touch("m/b");
	touch("m/c");
	CHECK_EQ(usage().f_ffree, 0);
	CHECK_ERR(open("m/d", O_CREAT | O_RDWR, 0600), ENOSPC);
	CHECK_ERR(mkdir("m/d", 0700), ENOSPC);
	CHECK_ERR(symlink("x", "m/s"), ENOSPC);
	CHECK_ERR(link("m/a", "m/l"), ENOSPC);
	CHECK_OK(rename("m/a", "m/z"));
	CHECK_OK(rename("m/z", "m/b"));
	CHECK_EQ(usage().f_ffree, 1);
	CHECK_OK(link("m/b", "m/q"));
	CHECK_EQ(usage().f_ffree, 0);
	CHECK_OK(rename("m/c", "m/q"));
	CHECK_EQ(usage().f_ffree, 1);
	int fd = CHECK_OK(open("m", O_TMPFILE | O_RDWR, 0600));
	char name[64];
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	CHECK_OK(linkat(AT_FDCWD, name, AT_FDCWD, "m/t", AT_SYMLINK_FOLLOW));
	CHECK_EQ(usage().f_ffree, 0);
	close(fd);
	CHECK_OK(unlink("m/t"));
	CHECK_EQ(usage().f_ffree, 1);
	CHECK_OK(umount("m"));
}

TEST(a_full_tmpfs_writes_what_fits, SYS_mount)
{
	static char buf[16384];
	struct iovec iov[2] = { { buf, 4096 }, { buf, 4096 } };
	struct stat st;
	int fd;

	begin("size=16k");
	fd = CHECK_OK(open("m/f", O_CREAT | O_RDWR, 0600));
	CHECK_EQ(write(fd, buf, 10000), 10000);
	CHECK_EQ(write(fd, buf, 10000), 6384);
	CHECK_ERR(write(fd, buf, 1), ENOSPC);
	CHECK_OK(ftruncate(fd, 100000));
	char *map = mmap(NULL, 100000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED);
	CHECK_KILLED(SIGBUS, map[90000] = 1);
	CHECK_OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
	CHECK_EQ(usage().f_bfree, 1);
	CHECK_EQ(pwrite(fd, buf, 10, 50000), 10);
	CHECK_OK(munmap(map, 100000));
	CHECK_OK(ftruncate(fd, 0));
	CHECK_ERR(fallocate(fd, 0, 0, 32768), ENOSPC);
	CHECK_EQ(usage().f_bfree, 4);
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_size, 0);
	CHECK_OK(fallocate(fd, 0, 0, 12288));
	CHECK_EQ(pwritev(fd, iov, 2, 12288), 4096);
	close(fd);
	CHECK_OK(umount("m"));
}

static int whiteout(const char *from, const char *to, unsigned flags)
{
	return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_WHITEOUT | flags);
}

TEST(a_whiteout_takes_the_old_name, SYS_renameat2)
{
	struct stat st;

	begin("nr_inodes=6,mode=0777");
	touch("m/a");
	touch("m/b");
	CHECK_OK(whiteout("m/a", "m/c", 0));
	CHECK_OK(lstat("m/a", &st));
	CHECK_EQ(st.st_mode, S_IFCHR);
	CHECK_EQ(st.st_rdev, 0);
	CHECK_ERR(open("m/a", O_RDONLY), ENXIO);
	CHECK_OK(lstat("m/c", &st));
	CHECK(S_ISREG(st.st_mode));
	CHECK_OK(whiteout("m/b", "m/c", 0));
	CHECK_EQ(usage().f_ffree, 2);
	CHECK_ERR(whiteout("m/c", "m/a", RENAME_NOREPLACE), EEXIST);
	CHECK_ERR(whiteout("m/c", "m/a", RENAME_EXCHANGE), EINVAL);
	CHECK_OK(stat("m", &st));
	CHECK_EQ(st.st_size, 100);
	CHECK_OK(whiteout("m/c", "m/x", RENAME_NOREPLACE));
	CHECK_OK(whiteout("m/x", "m/x", 0));
	CHECK_OK(lstat("m/x", &st));
	CHECK(S_ISREG(st.st_mode));
	CHECK_OK(mkdir("m/d", 0755));
	CHECK_ERR(whiteout("m/d", "m/e", 0), ENOSPC);
	CHECK_OK(stat("m/d", &st));
	CHECK_OK(unlink("m/a"));
	CHECK_OK(whiteout("m/d", "m/e", 0));
	CHECK_OK(stat("m/e", &st));
	CHECK(S_ISDIR(st.st_mode));
	CHECK_OK(unlink("m/b"));
	CHECK_OK(chmod(".", 0755));
	CHECK_OK(chmod("m", 0777));
	CHECK_CHILD({
		CHECK_OK(setresuid(1000, 1000, 1000));
		CHECK_OK(rename("m/x", "m/y"));
		CHECK_OK(whiteout("m/y", "m/x", 0));
		CHECK_OK(lstat("m/y", &st));
		CHECK_EQ(st.st_uid, 1000);
	});
	CHECK_OK(umount("m"));
}

/* The first root is a tmpfs too, with its usual mode; this archive does not change it. */
TEST(the_first_root_is_sticky, SYS_newfstatat, SYS_stat)
{
	struct stat st;

	CHECK_OK(stat("/", &st));
	CHECK_EQ(st.st_mode, S_IFDIR | 01777);
}

static unsigned long free_blocks(void)
{
	struct statfs st;

	CHECK_OK(statfs(".", &st));
	return st.f_bfree;
}

/* A short link lies in its inode; a long one takes a block, and there may be none. */
TEST(a_long_link_takes_a_block, SYS_symlink, SYS_symlinkat)
{
	unsigned long before;
	char text[1000];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = 0;
	CHECK_OK(mkdir("m", 0755));
	CHECK_OK(mount("m", "m", "tmpfs", 0, "size=64k"));
	CHECK_OK(chdir("m"));
	before = free_blocks();
	CHECK_OK(symlink("short", "s"));
	CHECK_EQ(free_blocks(), before);
	CHECK_OK(symlink(text, "l"));
	CHECK_EQ(free_blocks(), before - 1);
	CHECK_OK(unlink("l"));
	CHECK_EQ(free_blocks(), before);
	for (int i = 0; i < 16; i++) {
		char name[8];

		snprintf(name, sizeof(name), "%d", i);
		CHECK_OK(symlink(text, name));
	}
	CHECK_ERR(symlink(text, "l"), ENOSPC);
	CHECK_OK(symlink("short", "t"));
	CHECK_OK(chdir(".."));
	CHECK_OK(umount2("m", MNT_DETACH));
}

/* --- names made by several processors --- */

enum { MADE = 64 };

/* Goes to the n-th of the processors that there are. */
static void run_on(int n)
{
	cpu_set_t all, one;

	CPU_ZERO(&all);
	for (int i = 0; i < sysconf(_SC_NPROCESSORS_ONLN); i++)
		CPU_SET(i, &all);
	CPU_ZERO(&one);
	CPU_SET(n % CPU_COUNT(&all), &one);
	CHECK_OK(sched_setaffinity(0, sizeof(one), &one));
}

static void make_on(int cpu, const char *prefix, int number)
{
	char name[32];

	run_on(cpu);
	snprintf(name, sizeof(name), "m/d/%s%d", prefix, number);
	touch(name);
}

static long read_some(int fd, char buf[192])
{
	return CHECK_OK(syscall(SYS_getdents64, fd, buf, 192));
}

/* Where reading stood after each name leads to the next one. */
static void check_positions(int fd)
{
	static char names[MADE + 2][32];
	static long offsets[MADE + 2];
	char buf[192];
	long n;
	int count = 0;

	while ((n = read_some(fd, buf)) > 0)
		for (long at = 0; at < n;) {
			struct dirent *e = (struct dirent *)(buf + at);

			CHECK(count < MADE + 2);
			snprintf(names[count], sizeof(names[0]), "%.31s", e->d_name);
			offsets[count++] = e->d_off;
			at += e->d_reclen;
		}
	CHECK_EQ(count, MADE + 2);
	for (int i = 0; i < count; i++) {
		CHECK_OK(lseek(fd, offsets[i], SEEK_SET));
		n = read_some(fd, buf);
		CHECK_EQ(n > 0, i < count - 1);
		if (n > 0)
			CHECK(!strcmp(((struct dirent *)buf)->d_name, names[i + 1]));
	}
	CHECK_OK(lseek(fd, 0, SEEK_SET));
}

TEST(a_directory_that_several_processors_write, SYS_getdents64)
{
	int seen[MADE] = {}, fd, round = 0;
	char buf[192], name[32];
	long n;

	begin("mode=0755");
	CHECK_OK(mkdir("m/d", 0755));
	for (int i = 0; i < MADE; i++)
		make_on(i / 3, "n", i);
	fd = CHECK_OK(open("m/d", O_RDONLY | O_DIRECTORY));
	check_positions(fd);
	/* Names that stay are read once, whatever comes and goes meanwhile. */
	while ((n = read_some(fd, buf)) > 0) {
		for (long at = 0; at < n;) {
			struct dirent *e = (struct dirent *)(buf + at);
			int i = atoi(e->d_name + 1);

			at += e->d_reclen;
			if (e->d_name[0] != 'n')
				continue;
			CHECK_EQ(seen[i]++, 0);
			run_on(i);
			snprintf(name, sizeof(name), "m/d/n%d", i);
			if (i % 2)
				CHECK_OK(unlink(name));
		}
		make_on(round, "x", round);
		round++;
	}
	for (int i = 0; i < MADE; i++)
		CHECK_EQ(seen[i], 1);
	for (int i = 0; i < round; i++) {
		snprintf(name, sizeof(name), "m/d/x%d", i);
		CHECK_OK(unlink(name));
	}
	for (int i = 0; i < MADE; i += 2) {
		CHECK_ERR(rmdir("m/d"), ENOTEMPTY);
		snprintf(name, sizeof(name), "m/d/n%d", i);
		CHECK_OK(unlink(name));
	}
	CHECK_OK(rmdir("m/d"));
	close(fd);
	CHECK_OK(umount("m"));
}
