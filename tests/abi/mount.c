/* mount(2), umount(2), mount_namespaces(7), pivot_root(2), proc(5): what mounts do to each other. */
#include "abi_test.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/statfs.h>

static void touch(const char *name)
{
	close(CHECK_OK(open(name, O_CREAT | O_RDWR, 0644)));
}

static bool exists(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0;
}

/* What /proc/self/mountinfo says of a mount point below the working directory. */
struct info {
	int count; /* mounts there; the rest is of the last */
	int shared, master, from;
	bool unbindable;
	char root[256], options[256];
};

static struct info info_at(const char *where)
{
	struct info info = { 0 };
	FILE *file = fopen("/proc/self/mountinfo", "r");
	char line[2048], root[256], at[256], rest[1024];
	char *word;

	CHECK(file != NULL);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%*d %*d %*s %255s %255s %1023[^\n]", root, at, rest) != 3)
			continue;
		if (strcmp(at, where) != 0)
			continue;
		info = (struct info){ .count = info.count + 1 };
		strcpy(info.root, root);
		word = strtok(rest, " ");
		strcpy(info.options, word);
		while ((word = strtok(NULL, " ")) && strcmp(word, "-") != 0) {
			sscanf(word, "shared:%d", &info.shared);
			sscanf(word, "master:%d", &info.master);
			sscanf(word, "propagate_from:%d", &info.from);
			if (strcmp(word, "unbindable") == 0)
				info.unbindable = true;
		}
	}
	fclose(file);
	return info;
}

static struct info info_of(const char *name)
{
	char cwd[256], at[600];

	CHECK(getcwd(cwd, sizeof(cwd)) != NULL);
	snprintf(at, sizeof(at), "%s/%s", cwd, name);
	return info_at(at);
}

static void mount_tmpfs(const char *name)
{
	if (!exists(name))
		CHECK_OK(mkdir(name, 0755));
	CHECK_OK(mount(name, name, "tmpfs", 0, NULL));
}

static void bind_to(const char *from, const char *to)
{
	if (!exists(to))
		CHECK_OK(mkdir(to, 0755));
	CHECK_OK(mount(from, to, NULL, MS_BIND, NULL));
}

static int set_kind(const char *name, unsigned long kind)
{
	return mount(NULL, name, NULL, kind, NULL);
}

static void clean(const char *names)
{
	char name[2] = "";

	for (; *names; names++) {
		name[0] = *names;
		while (umount2(name, MNT_DETACH) == 0)
			;
	}
}

TEST(writers_keep_a_mount_writable, SYS_mount)
{
	const unsigned long ro = MS_REMOUNT | MS_RDONLY;
	int fd;

	mount_tmpfs("a");
	fd = CHECK_OK(open("a/f", O_CREAT | O_RDWR, 0600));
	CHECK_ERR(set_kind("a", ro), EBUSY);
	CHECK_ERR(set_kind("a", ro | MS_BIND), EBUSY);
	/* Another mount of it that nobody writes through. */
	bind_to("a", "b");
	CHECK_OK(set_kind("b", ro | MS_BIND));
	CHECK_ERR(open("b/f", O_RDWR), EROFS);
	CHECK_ERR(set_kind("b", ro), EBUSY);
	CHECK_OK(close(fd));
	/* A file that is still to be deleted, only read. */
	fd = CHECK_OK(open("a/f", O_RDONLY));
	CHECK_OK(unlink("a/f"));
	CHECK_ERR(set_kind("a", ro), EBUSY);
	CHECK_OK(close(fd));
	CHECK_OK(set_kind("a", ro));
	CHECK_ERR(open("a/g", O_CREAT | O_RDWR, 0600), EROFS);
	CHECK_OK(set_kind("a", MS_REMOUNT));
	fd = CHECK_OK(open("a", O_TMPFILE | O_RDWR, 0600));
	CHECK_ERR(set_kind("a", ro), EBUSY);
	CHECK_OK(close(fd));
	/* A shared mapping writes after its descriptor is gone. */
	fd = CHECK_OK(open("a/g", O_CREAT | O_RDWR, 0600));
	CHECK_OK(ftruncate(fd, 4096));
	void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED);
	CHECK_OK(close(fd));
	CHECK_ERR(set_kind("a", ro), EBUSY);
	CHECK_OK(munmap(map, 4096));
	CHECK_OK(set_kind("a", ro));
	clean("ba");
}

TEST(mountinfo_shows_the_part_that_is_bound, SYS_mount)
{
	mount_tmpfs("a");
	CHECK_OK(mkdir("a/sub", 0755));
	CHECK_OK(mkdir("a/sub/deep", 0755));
	touch("a/sub/file");
	touch("b");
	bind_to("a/sub/deep", "c");
	bind_to("a/sub/file", "b");
	CHECK_EQ(strcmp(info_of("a").root, "/"), 0);
	CHECK_EQ(strcmp(info_of("c").root, "/sub/deep"), 0);
	CHECK_EQ(strcmp(info_of("b").root, "/sub/file"), 0);
	CHECK_OK(rename("a/sub", "a/s b"));
	CHECK_EQ(strcmp(info_of("c").root, "/s\\040b/deep"), 0);
	CHECK_OK(rmdir("a/s b/deep"));
	CHECK_EQ(strcmp(info_of("c").root, "/s\\040b/deep//deleted"), 0);
	clean("cba");
}

TEST(unbindable_mounts_are_not_bound, SYS_mount)
{
	mount_tmpfs("a");
	mount_tmpfs("a/x");
	mount_tmpfs("a/y");
	CHECK_OK(mkdir("b", 0755));
	CHECK_OK(set_kind("a/x", MS_UNBINDABLE));
	CHECK(info_of("a/x").unbindable);
	CHECK_ERR(mount("a/x", "b", NULL, MS_BIND, NULL), EINVAL);
	CHECK_OK(mount("a", "b", NULL, MS_BIND | MS_REC, NULL));
	CHECK_EQ(info_of("b/x").count, 0);
	CHECK_EQ(info_of("b/y").count, 1);
	CHECK_OK(set_kind("a/x", MS_SLAVE));
	CHECK(info_of("a/x").unbindable);
	CHECK_OK(set_kind("a/x", MS_PRIVATE));
	CHECK(!info_of("a/x").unbindable);
	CHECK_ERR(set_kind("a/x", MS_PRIVATE | MS_SHARED), EINVAL);
	CHECK_ERR(set_kind("a/x", MS_PRIVATE | MS_RDONLY), EINVAL);
	CHECK_OK(mkdir("a/x/dir", 0755));
	CHECK_ERR(set_kind("a/x/dir", MS_PRIVATE), EINVAL);
	clean("ba");
}

TEST(peers_see_each_others_mounts, SYS_mount)
{
	struct info a, b;

	mount_tmpfs("a");
	CHECK_OK(set_kind("a", MS_SHARED));
	bind_to("a", "b");
	a = info_of("a");
	CHECK(a.shared > 0);
	CHECK_EQ(info_of("b").shared, a.shared);
	mount_tmpfs("a/m");
	touch("a/m/f");
	CHECK(exists("b/m/f"));
	a = info_of("a/m");
	b = info_of("b/m");
	CHECK(a.shared > 0 && a.shared != info_of("a").shared);
	CHECK_EQ(a.shared, b.shared);
	/* An open file in one of them is in the way of all. */
	int fd = CHECK_OK(open("a/m/f", O_RDONLY));
	CHECK_ERR(umount("b/m"), EBUSY);
	CHECK_OK(close(fd));
	CHECK_OK(umount("b/m"));
	CHECK_EQ(info_of("a/m").count, 0);
	CHECK(exists("a/m"));
	CHECK_OK(set_kind("b", MS_PRIVATE));
	mount_tmpfs("a/m");
	CHECK_EQ(info_of("b/m").count, 0);
	clean("ba");
}

TEST(slaves_follow_and_do_not_lead, SYS_mount)
{
	struct info c;

	mount_tmpfs("a");
	CHECK_OK(set_kind("a", MS_SHARED));
	bind_to("a", "b");
	bind_to("b", "c");
	CHECK_OK(set_kind("c", MS_SLAVE));
	c = info_of("c");
	CHECK_EQ(c.shared, 0);
	CHECK_EQ(c.master, info_of("a").shared);
	mount_tmpfs("a/m");
	c = info_of("c/m");
	CHECK_EQ(c.count, 1);
	CHECK_EQ(c.shared, 0);
	CHECK_EQ(c.master, info_of("b/m").shared);
	mount_tmpfs("c/s");
	CHECK_EQ(info_of("a/s").count, 0);
	/* A slave that has peers of its own. */
	CHECK_OK(set_kind("c", MS_SHARED));
	bind_to("c", "d");
	mount_tmpfs("b/n");
	c = info_of("c/n");
	CHECK(c.shared > 0);
	CHECK_EQ(c.shared, info_of("d/n").shared);
	CHECK_EQ(c.master, info_of("a/n").shared);
	CHECK_OK(umount("a/n"));
	CHECK_EQ(info_of("d/n").count + info_of("c/n").count + info_of("b/n").count, 0);
	/* The master's group ends. */
	CHECK_OK(umount2("a", MNT_DETACH));
	CHECK(info_of("c").master > 0);
	CHECK_OK(umount2("b", MNT_DETACH));
	CHECK_EQ(info_of("c").master, 0);
	CHECK(info_of("c").shared > 0);
	clean("dc");
}

TEST(slaves_of_who_leaves_go_to_others, SYS_mount)
{
	mount_tmpfs("a");
	CHECK_OK(set_kind("a", MS_SLAVE));
	CHECK_EQ(info_of("a").master, 0);
	CHECK_OK(set_kind("a", MS_SHARED));
	bind_to("a", "b");
	CHECK_OK(set_kind("b", MS_SLAVE));
	bind_to("b", "d"); /* a slave of the same master */
	CHECK_EQ(info_of("d").master, info_of("a").shared);
	CHECK_OK(set_kind("b", MS_SHARED));
	bind_to("b", "e");
	CHECK_OK(set_kind("e", MS_SLAVE));
	CHECK_EQ(info_of("e").master, info_of("b").shared);
	CHECK_OK(set_kind("b", MS_PRIVATE));
	CHECK_EQ(info_of("e").master, info_of("a").shared);
	CHECK_OK(set_kind("a", MS_PRIVATE));
	CHECK_EQ(info_of("e").master + info_of("d").master, 0);
	/* The least free number. */
	CHECK_OK(set_kind("a", MS_SHARED));
	CHECK_OK(set_kind("b", MS_SHARED));
	int second = info_of("b").shared;
	CHECK_OK(set_kind("b", MS_PRIVATE));
	CHECK_OK(set_kind("d", MS_SHARED));
	CHECK_EQ(info_of("d").shared, second);
	clean("edba");
}

TEST(trees_propagate_whole, SYS_mount)
{
	struct info y;

	mount_tmpfs("a");
	mount_tmpfs("a/x");
	CHECK_OK(set_kind("a", MS_SHARED | MS_REC));
	CHECK(info_of("a/x").shared > 0);
	CHECK_OK(mkdir("b", 0755));
	CHECK_OK(mount("a", "b", NULL, MS_BIND | MS_REC, NULL));
	CHECK_EQ(info_of("b/x").shared, info_of("a/x").shared);
	mount_tmpfs("a/x/y");
	CHECK_EQ(info_of("b/x/y").count, 1);
	CHECK_OK(set_kind("b", MS_SLAVE | MS_REC));
	y = info_of("b/x/y");
	CHECK_EQ(y.shared, 0);
	CHECK_EQ(y.master, info_of("a/x/y").shared);
	CHECK_OK(umount2("a/x", MNT_DETACH));
	CHECK_EQ(info_of("b/x").count + info_of("b/x/y").count, 0);
	/* What is bound into a shared mount is shared from then on. */
	mount_tmpfs("c");
	mount_tmpfs("c/z");
	CHECK_OK(mkdir("a/k", 0755));
	CHECK_OK(mount("c", "a/k", NULL, MS_BIND | MS_REC, NULL));
	CHECK(info_of("a/k/z").shared > 0);
	CHECK_EQ(info_of("b/k/z").master, info_of("a/k/z").shared);
	CHECK_EQ(info_of("c").shared, 0);
	clean("cba");
}

TEST(binds_of_a_part_get_what_they_show, SYS_mount)
{
	mount_tmpfs("a");
	CHECK_OK(mkdir("a/p", 0755));
	CHECK_OK(set_kind("a", MS_SHARED));
	bind_to("a/p", "b");
	mount_tmpfs("a/r");
	mount_tmpfs("a/p/q");
	CHECK_EQ(info_of("b/q").shared, info_of("a/p/q").shared);
	CHECK_EQ(info_of("b").count, 1);
	mount_tmpfs("a/p");
	CHECK_EQ(info_of("b").count, 2);
	CHECK_OK(umount("a/p"));
	CHECK_EQ(info_of("b").count, 1);
	CHECK_EQ(info_of("b/q").count, 1);
	clean("ba");
}

TEST(what_propagates_slides_under_what_is_there, SYS_mount)
{
	mount_tmpfs("a");
	CHECK_OK(mkdir("a/m", 0755));
	CHECK_OK(set_kind("a", MS_SHARED));
	bind_to("a", "b");
	CHECK_OK(set_kind("b", MS_SLAVE));
	mount_tmpfs("b/m");
	touch("b/m/own");
	mount_tmpfs("a/m");
	CHECK_EQ(info_of("b/m").count, 2);
	CHECK(exists("b/m/own"));
	CHECK_OK(umount("a/m"));
	CHECK_EQ(info_of("b/m").count, 1);
	CHECK(exists("b/m/own"));
	CHECK_OK(umount("b/m"));
	CHECK(!exists("b/m/own"));
	/* A slave's copy that has something mounted stays. */
	mount_tmpfs("a/m");
	mount_tmpfs("b/m/z");
	CHECK_OK(umount("a/m"));
	CHECK_EQ(info_of("b/m/z").count, 1);
	clean("ba");
}

TEST(moves_obey_propagation, SYS_mount)
{
	mount_tmpfs("a");
	CHECK_OK(mkdir("a/l", 0755));
	CHECK_OK(set_kind("a", MS_SHARED));
	bind_to("a", "b");
	mount_tmpfs("d");
	CHECK_OK(mount("d", "a/l", NULL, MS_MOVE, NULL));
	CHECK_EQ(info_of("d").count, 0);
	CHECK(info_of("a/l").shared > 0);
	CHECK_EQ(info_of("b/l").shared, info_of("a/l").shared);
	CHECK_ERR(mount("a/l", "d", NULL, MS_MOVE, NULL), EINVAL);
	mount_tmpfs("e");
	CHECK_OK(mkdir("a/q", 0755));
	CHECK_OK(set_kind("e", MS_UNBINDABLE));
	CHECK_ERR(mount("e", "a/q", NULL, MS_MOVE, NULL), EINVAL);
	CHECK_OK(mkdir("f", 0755));
	CHECK_OK(mount("a", "f", NULL, MS_MOVE, NULL));
	CHECK_EQ(info_of("f/l").shared, info_of("b/l").shared);
	CHECK_ERR(mount("f", "f/l", NULL, MS_MOVE, NULL), ELOOP);
	clean("febd");
}

TEST(the_nearest_master_in_sight_is_told, SYS_mount)
{
	mount_tmpfs("a");
	CHECK_OK(set_kind("a", MS_SHARED));
	bind_to("a", "b");
	CHECK_OK(set_kind("b", MS_SLAVE));
	CHECK_OK(set_kind("b", MS_SHARED));
	mount_tmpfs("r");
	CHECK_OK(mkdir("r/proc", 0755));
	CHECK_OK(mount("p", "r/proc", "proc", 0, NULL));
	bind_to("b", "r/c");
	CHECK_OK(set_kind("r/c", MS_SLAVE));
	bind_to("a", "r/a");
	CHECK_EQ(info_of("r/c").from, 0);
	CHECK_CHILD({
		struct info c;

		CHECK_OK(chroot("r"));
		CHECK_OK(chdir("/"));
		c = info_at("/c");
		CHECK(c.master > 0);
		CHECK_EQ(c.from, info_at("/a").shared);
		CHECK(c.from != c.master);
	});
	clean("rba");
}

static int look(struct pollfd *set)
{
	CHECK_EQ(poll(set, 2, 0), 2);
	CHECK_EQ(set[0].revents, set[1].revents);
	return set[0].revents;
}

TEST(changes_of_the_mount_table_can_be_polled, SYS_poll, SYS_epoll_wait)
{
	const int changed = POLLIN | POLLERR | POLLPRI;
	struct epoll_event event = { .events = EPOLLPRI | EPOLLET };
	struct pollfd set[2] = { { .events = POLLIN | POLLPRI }, { .events = POLLIN | POLLPRI } };
	int ep = CHECK_OK(epoll_create1(0));
	pid_t child;

	set[0].fd = CHECK_OK(open("/proc/self/mounts", O_RDONLY));
	set[1].fd = CHECK_OK(open("/proc/self/mountinfo", O_RDONLY));
	CHECK_EQ(look(set), POLLIN);
	mount_tmpfs("a");
	CHECK_EQ(look(set), changed);
	CHECK_EQ(look(set), POLLIN);
	CHECK_OK(set_kind("a", MS_REMOUNT | MS_BIND | MS_NOSUID));
	CHECK_EQ(look(set), changed);
	CHECK_OK(set_kind("a", MS_SHARED));
	CHECK_EQ(look(set), POLLIN);
	CHECK_OK(mkdir("b", 0755));
	CHECK_OK(mount("a", "b", NULL, MS_MOVE, NULL));
	CHECK_EQ(look(set), changed);
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, set[0].fd, &event));
	CHECK_EQ(epoll_wait(ep, &event, 1, 0), 0);
	child = CHECK_OK(fork());
	if (child == 0) {
		usleep(50000);
		_exit(umount("b"));
	}
	CHECK_EQ(epoll_wait(ep, &event, 1, 10000), 1);
	CHECK_EQ(event.events, EPOLLPRI | EPOLLERR);
	CHECK_EQ(waitpid(child, NULL, 0), child);
}

/* Root and working directory of every process that had the old root. */
TEST(pivot_root_takes_everybody_along, SYS_pivot_root)
{
	int ready[2], go[2];
	char c;

	mount_tmpfs("r");
	CHECK_CHILD({
		pid_t other;
		int status;

		CHECK_OK(pipe(ready));
		CHECK_OK(pipe(go));
		CHECK_OK(chroot("r"));
		CHECK_OK(chdir("/"));
		touch("/before");
		mount_tmpfs("/n");
		CHECK_OK(mkdir("/n/old", 0755));
		touch("/n/after");
		other = CHECK_OK(fork());
		if (other == 0) {
			close(go[1]);
			CHECK_EQ(write(ready[1], "r", 1), 1);
			CHECK_EQ(read(go[0], &c, 1), 0);
			CHECK(exists("/after") && exists("after"));
			CHECK(exists("/old/before") && !exists("/before"));
			_exit(0);
		}
		CHECK_EQ(read(ready[0], &c, 1), 1);
		CHECK_ERR(syscall(SYS_pivot_root, "/n", "/"), EBUSY);
		CHECK_OK(set_kind("/n", MS_SHARED));
		CHECK_ERR(syscall(SYS_pivot_root, "/n", "/n/old"), EINVAL);
		CHECK_OK(set_kind("/n", MS_PRIVATE));
		CHECK_OK(syscall(SYS_pivot_root, "/n", "/n/old"));
		CHECK(exists("/after") && exists("after") && exists("/old/before"));
		close(go[1]);
		close(go[0]);
		CHECK_EQ(waitpid(other, &status, 0), other);
		CHECK_EQ(status, 0);
		CHECK_OK(umount2("/old", MNT_DETACH));
	});
	clean("r");
}

TEST(statfs_of_the_kernels_own, SYS_statfs, SYS_fstatfs)
{
	struct statfs fs;
	int fd[2];

	CHECK_OK(statfs("/proc", &fs));
	CHECK_EQ(fs.f_bsize, 4096);
	CHECK_EQ(fs.f_frsize, 4096);
	CHECK_EQ(fs.f_fsid.__val[0], 0);
	CHECK_EQ(fs.f_blocks, 0);
	CHECK_OK(statfs("/dev", &fs));
	CHECK(fs.f_blocks > 0 && fs.f_files > 0);
	CHECK_EQ(fs.f_flags & 2, 0);
	CHECK_OK(pipe(fd));
	CHECK_OK(fstatfs(fd[0], &fs));
	CHECK_EQ(fs.f_flags, 0x20);
}

/* The number of a file system that is gone is the next one's. */
TEST(device_numbers_are_used_again, SYS_mount)
{
	struct stat first, st;
	dev_t kept;

	mount_tmpfs("kept");
	CHECK_OK(stat("kept", &st));
	kept = st.st_dev;
	for (int i = 0; i < 50; i++) {
		mount_tmpfs("n");
		CHECK_OK(stat("n", i ? &st : &first));
		CHECK(i == 0 || st.st_dev == first.st_dev);
		CHECK(first.st_dev != kept);
		CHECK_OK(umount("n"));
	}
	mount_tmpfs("n");
	mount_tmpfs("m");
	CHECK_OK(stat("m", &st));
	CHECK(st.st_dev != first.st_dev && st.st_dev != kept);
	CHECK_OK(umount("n"));
	mount_tmpfs("o");
	CHECK_OK(stat("o", &st));
	CHECK_EQ(st.st_dev, first.st_dev);
	clean("mo");
	CHECK_OK(umount("kept"));
}

/* The rootfs stays where it is: that is said before what else is wrong. */
TEST(pivot_root_and_the_rootfs, SYS_pivot_root)
{
	CHECK_OK(chdir("/"));
	CHECK_ERR(syscall(SYS_pivot_root, ".", "."), EINVAL);
	CHECK_OK(mkdir("/tmp/n", 0755));
	CHECK_ERR(syscall(SYS_pivot_root, "/", "/tmp/n"), EINVAL);
	CHECK_OK(chdir("/tmp"));
	mount_tmpfs("m");
	CHECK_ERR(syscall(SYS_pivot_root, "m", "/"), EBUSY);
	CHECK_CHILD({
		CHECK_OK(chroot("m"));
		CHECK_OK(chdir("/"));
		CHECK_ERR(syscall(SYS_pivot_root, ".", "."), EBUSY);
	});
	clean("m");
}
